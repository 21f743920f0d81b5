//! Options of plugins: from attributes as written to values of the types the plugin declares.
//!
//! `mutate { add_tag => "${ENV:dev}" }` becomes the option `add_tag` holding a list of one text.
//! The steps are Logstash's: attributes of one name are merged, variables are substituted, types are
//! checked and coerced against the table (`schema`). What filters read here needs no further check
//! of its form. Source: Logstash 9.x, `config/mixin.rb`, as the vectors recorded it.

mod coerce;
mod inspect;
mod needs;
mod raw;
mod substitute;

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    config::{
        Config,
        ast::{
            Ast, Attribute, Block, Condition, ConditionKind, Operand, OperandKind, Plugin,
            SectionKind, Statement, Value, ValueKind,
        },
    },
    diagnostic::{Code, Diagnostic, Diagnostics, Span, Spanned},
    event::text::push_ruby_float,
    limits,
    program::schema::{Known, OptionSpec, OptionStatus, Schema, suggest},
};

pub use crate::program::schema::PluginKind;
pub use needs::{Needs, PathKind, PathNeed, VariableNeed};

/// Answers the value of a variable; `None` when it is not set.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Holds a number option.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Written with a point.
    Float(f64),
    /// Written without one.
    Int(i64),
}

impl Number {
    /// Reads a number of the grammar; the checks of the config have refused what does not fit.
    fn from_config(raw: &str) -> Self {
        raw.parse().map_or_else(|_| Self::Float(raw.parse().unwrap_or(0.0)), Self::Int)
    }

    /// Returns the value as a float.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "what the plugins do with such numbers")]
    pub const fn to_f64(self) -> f64 {
        match self {
            Self::Float(value) => value,
            Self::Int(value) => value as f64,
        }
    }

    /// Returns the value when it is an integer.
    #[must_use]
    pub const fn as_int(self) -> Option<i64> {
        match self {
            Self::Float(_) => None,
            Self::Int(value) => Some(value),
        }
    }

    /// Returns the text that Ruby prints: `1.50` is `1.5`, `007` is `7`, `1e16` is `1.0e+16`.
    #[must_use]
    pub fn to_text(self) -> String {
        match self {
            Self::Float(value) => {
                let mut text = String::new();
                push_ruby_float(value, &mut text);
                text
            }
            Self::Int(value) => value.to_string(),
        }
    }
}

/// Lists the forms of an option's value.
#[derive(Clone, Debug, PartialEq)]
pub enum OptionKind {
    /// A list.
    Array(Vec<OptionValue>),
    /// A boolean; only for options of that type.
    Bool(bool),
    /// A codec; only for options of that type.
    Codec(Box<PluginOptions>),
    /// Pairs in the order written; keys are `Text`.
    Hash(Vec<(OptionValue, OptionValue)>),
    /// A number and its text as Ruby prints it; for any type but `password`.
    Number(String, Number),
    /// A text.
    Text(String),
}

/// Holds the value of an option, or of an element or entry of one.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionValue {
    /// The value.
    pub kind: OptionKind,
    /// Where it was written, quotes and brackets included.
    pub span: Span,
    /// The text of a list or hash where a text is wanted.
    inspected: Option<String>,
}

impl OptionValue {
    const fn new(kind: OptionKind, span: Span) -> Self {
        Self { kind, span, inspected: None }
    }

    /// Returns the value as text; a list or a hash as Ruby's `inspect` writes it.
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        match &self.kind {
            OptionKind::Bool(true) => Cow::Borrowed("true"),
            OptionKind::Bool(false) => Cow::Borrowed("false"),
            OptionKind::Number(text, _) | OptionKind::Text(text) => Cow::Borrowed(text),
            OptionKind::Codec(codec) => Cow::Borrowed(&codec.name),
            OptionKind::Array(_) | OptionKind::Hash(_) => {
                if let Some(text) = &self.inspected {
                    return Cow::Borrowed(text);
                }
                let mut text = String::new();
                inspect::value(self, &mut text);
                Cow::Owned(text)
            }
        }
    }

    /// Returns where the text itself was written, without its quotes.
    ///
    /// Offsets into the text are offsets into this span, unless variables or escapes changed it.
    #[must_use]
    pub fn text_span(&self) -> Span {
        match &self.kind {
            OptionKind::Text(text) => {
                let width = usize::try_from(self.span.end - self.span.start).unwrap_or(0);
                if width == text.len() + 2 { self.span.part(1, width - 1) } else { self.span }
            }
            _ => self.span,
        }
    }

    /// Returns the number of bytes that a value of the type `bytes` means: `10 MiB`, `1024`.
    #[must_use]
    pub fn to_bytes(&self) -> Option<u64> {
        coerce::bytes(&self.to_text())
    }

    /// Makes the text of a list or hash, so that it can be borrowed.
    fn with_text(mut self) -> Self {
        if matches!(self.kind, OptionKind::Array(_) | OptionKind::Hash(_)) {
            let mut text = String::new();
            inspect::value(&self, &mut text);
            self.inspected = Some(text);
        }
        self
    }

    /// Returns the text of a scalar, or of a list or hash that `with_text` prepared.
    fn as_text(&self) -> Option<Spanned<&str>> {
        let text = match &self.kind {
            OptionKind::Bool(true) => "true",
            OptionKind::Bool(false) => "false",
            OptionKind::Number(text, _) | OptionKind::Text(text) => text,
            OptionKind::Codec(codec) => &codec.name,
            OptionKind::Array(_) | OptionKind::Hash(_) => self.inspected.as_deref()?,
        };
        Some(Spanned::new(text, self.span))
    }
}

/// Holds one option that was set.
#[derive(Clone, Debug, PartialEq)]
struct Setting {
    name: String,
    name_span: Span,
    value: OptionValue,
}

/// Holds the options of one plugin that were set, each of the type that the plugin declares.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginOptions {
    /// The kind of plugin.
    pub kind: PluginKind,
    /// The plugin's name.
    pub name: String,
    /// The whole plugin in the config.
    pub span: Span,
    /// Its name in the config.
    pub name_span: Span,
    settings: Vec<Setting>,
}

impl PluginOptions {
    /// Makes the options of a plugin of which none is set, as if it stood where `place` stands.
    pub(crate) fn unset(kind: PluginKind, name: &str, place: &Self) -> Self {
        let (span, name_span) = (place.span, place.name_span);
        Self { kind, name: name.to_owned(), span, name_span, settings: Vec::new() }
    }

    /// Returns the value of an option; `None` when it is not set.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&OptionValue> {
        self.settings.iter().find(|setting| setting.name == name).map(|setting| &setting.value)
    }

    /// Returns where the name of an option was written.
    #[must_use]
    pub fn option_span(&self, name: &str) -> Option<Span> {
        self.settings.iter().find(|setting| setting.name == name).map(|setting| setting.name_span)
    }

    /// Returns the names of the options that are set, in the order written.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.settings.iter().map(|setting| setting.name.as_str())
    }

    /// Tells whether an option is set.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Returns a text option; numbers as Ruby prints them, a hash as Ruby inspects it.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Spanned<&str>> {
        self.value(name)?.as_text()
    }

    /// Returns the elements of a list option as texts; a scalar is a list of one.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<Spanned<&str>> {
        match self.value(name) {
            None => Vec::new(),
            Some(OptionValue { kind: OptionKind::Array(elements), .. }) => {
                elements.iter().filter_map(OptionValue::as_text).collect()
            }
            Some(value) => value.as_text().into_iter().collect(),
        }
    }

    /// Returns the pairs of a hash option in the order written.
    #[must_use]
    pub fn pairs(&self, name: &str) -> Vec<(Spanned<&str>, &OptionValue)> {
        match self.value(name) {
            Some(OptionValue { kind: OptionKind::Hash(entries), .. }) => entries
                .iter()
                .filter_map(|(key, value)| key.as_text().map(|key| (key, value)))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Returns a boolean option; of a plugin whose options are not known, what the text `true` or `false` says.
    #[must_use]
    pub fn flag(&self, name: &str, default: bool) -> bool {
        match self.value(name).map(|value| &value.kind) {
            Some(OptionKind::Bool(flag)) => *flag,
            Some(OptionKind::Text(text)) => text.parse().unwrap_or(default),
            _ => default,
        }
    }

    /// Returns a number option.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<Spanned<Number>> {
        match self.value(name) {
            Some(OptionValue { kind: OptionKind::Number(_, number), span, .. }) => {
                Some(Spanned::new(*number, *span))
            }
            _ => None,
        }
    }

    /// Returns a codec option.
    #[must_use]
    pub fn codec(&self, name: &str) -> Option<&Self> {
        match self.value(name) {
            Some(OptionValue { kind: OptionKind::Codec(codec), .. }) => Some(codec),
            _ => None,
        }
    }

    /// Returns the id that the config gives the plugin.
    #[must_use]
    pub fn id(&self) -> Option<Spanned<&str>> {
        self.text("id")
    }
}

/// Holds the options of all plugins of a config.
#[derive(Clone, Debug)]
pub struct Resolved {
    ast: Ast,
    plugins: BTreeMap<Span, PluginOptions>,
}

impl Resolved {
    /// Returns the options of a plugin of the tree.
    ///
    /// `None` when the plugin is unknown or one of its values is wrong, both of which are reported.
    #[must_use]
    pub fn get(&self, plugin: &Plugin) -> Option<&PluginOptions> {
        self.plugins.get(&plugin.name.span)
    }

    /// Returns the tree with the variables of its conditions replaced.
    ///
    /// Values of options stay as they are written there; their values are in `get`.
    #[must_use]
    pub const fn ast(&self) -> &Ast {
        &self.ast
    }
}

/// Resolves the options of all plugins and the variables in conditions.
///
/// All that is wrong with options is added to `diagnostics`: unknown plugins and options, wrong
/// types, missing options, variables that are not set, ids that are not unique; at most about
/// `limits::CONFIG_PROBLEMS` of them.
#[must_use]
pub fn resolve(config: &Config, lookup: Lookup<'_>, diagnostics: &mut Diagnostics) -> Resolved {
    let schema = Schema::new();
    let mut resolver = Resolver {
        schema: &schema,
        lookup,
        errors: Vec::new(),
        ids: BTreeMap::new(),
        plugins: BTreeMap::new(),
    };
    let mut ast = config.ast().clone();
    for section in &mut ast.sections {
        let kind = match section.kind {
            SectionKind::Filter => PluginKind::Filter,
            SectionKind::Input => PluginKind::Input,
            SectionKind::Output => PluginKind::Output,
        };
        resolver.statements(kind, &mut section.body);
    }
    diagnostics.extend(resolver.errors);
    Resolved { ast, plugins: resolver.plugins }
}

/// Says that an option has been refused, and that the reason is among the errors.
struct Refused;

struct Resolver<'a> {
    schema: &'a Schema,
    lookup: Lookup<'a>,
    errors: Vec<Diagnostic>,
    ids: BTreeMap<String, Span>,
    plugins: BTreeMap<Span, PluginOptions>,
}

/// Says what to do instead of an option that people expect and that never was.
fn imagined(plugin: &str, option: &str) -> Option<&'static str> {
    match (plugin, option) {
        ("elasticsearch", "retry_when_unreachable") => Some(
            "an unreachable server is tried again without end in any case; did you mean \
             `resurrect_delay`, the seconds between tries?",
        ),
        _ => None,
    }
}

/// Names the options that begin with the same word, when no single one is near.
fn akin(name: &str, usable: &[&str]) -> Option<String> {
    let (word, _) = name.split_once('_')?;
    let is_akin = |option: &&&str| {
        option.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    let akin: Vec<String> =
        usable.iter().filter(is_akin).take(5).map(|option| format!("`{option}`")).collect();
    (word.len() > 2 && !akin.is_empty())
        .then(|| format!("the options that begin like it are {}", akin.join(", ")))
}

impl Resolver<'_> {
    fn statements(&mut self, kind: PluginKind, statements: &mut [Statement]) {
        for statement in statements {
            match statement {
                Statement::Branch(branch) => {
                    for arm in &mut branch.arms {
                        self.condition(&mut arm.condition);
                        self.statements(kind, &mut arm.block.body);
                    }
                    if let Some(Block { body, .. }) = &mut branch.otherwise {
                        self.statements(kind, body);
                    }
                }
                Statement::Plugin(plugin) => {
                    if let Some(options) = self.plugin(kind, plugin) {
                        self.plugins.insert(plugin.name.span, options);
                    }
                }
            }
        }
    }

    fn plugin(&mut self, kind: PluginKind, plugin: &Plugin) -> Option<PluginOptions> {
        if self.errors.len() >= limits::CONFIG_PROBLEMS {
            return None;
        }
        let name = plugin.name.text.as_str();
        let schema = self.schema;
        let known = if plugin.name.quote.is_some() {
            Known::Unknown { suggestion: None, other_kinds: Vec::new() }
        } else {
            schema.lookup(kind, name)
        };
        let own = match known {
            Known::Options(options) => Some(options),
            Known::NoOptions => None,
            Known::Unknown { suggestion, other_kinds } => {
                self.unknown_plugin(kind, plugin, suggestion, &other_kinds);
                return None;
            }
        };
        let mut settings = Vec::new();
        let mut is_sound = true;
        for attributes in by_name(&plugin.attributes) {
            let Some(first) = attributes.first() else { continue };
            if self.errors.len() >= limits::CONFIG_PROBLEMS {
                return None;
            }
            let spec = schema.option(kind, name, &first.name.text).copied();
            let spec = match (spec, own) {
                (Some(spec), _) => Some(spec),
                (None, None) => None,
                (None, Some(own)) => {
                    self.unknown_option(kind, plugin, first, own);
                    continue;
                }
            };
            if spec.is_some_and(|spec| spec.status == OptionStatus::Obsolete) {
                self.obsolete_option(plugin, first);
                continue;
            }
            match self.setting(spec.as_ref(), &attributes) {
                Ok(Some(value)) => settings.push(Setting {
                    name: first.name.text.clone(),
                    name_span: first.name.span,
                    value,
                }),
                Ok(None) => {}
                Err(Refused) => is_sound = false,
            }
        }
        for spec in own.unwrap_or_default() {
            let is_set = plugin.attributes.iter().any(|given| given.name.text == spec.name);
            if spec.is_required && !is_set {
                self.missing_option(kind, plugin, spec);
                is_sound = false;
            }
        }
        let options = PluginOptions {
            kind,
            name: name.to_owned(),
            span: plugin.span,
            name_span: plugin.name.span,
            settings,
        };
        if kind != PluginKind::Codec {
            self.note_id(&options);
        }
        is_sound.then_some(options)
    }

    /// Merges, substitutes and coerces one option; `Ok(None)` when it is set to nothing.
    fn setting(
        &mut self,
        spec: Option<&OptionSpec>,
        attributes: &[&Attribute],
    ) -> Result<Option<OptionValue>, Refused> {
        let before = self.errors.len();
        let mut raw = raw::merge(attributes, &mut self.errors).ok_or(Refused)?;
        substitute::value(&mut raw, self.lookup, &mut self.errors);
        if self.errors.len() > before {
            return Err(Refused);
        }
        let value = self.coerce(spec, raw)?;
        if self.errors.len() > before { Err(Refused) } else { Ok(value) }
    }

    fn unknown_plugin(
        &mut self,
        kind: PluginKind,
        plugin: &Plugin,
        suggestion: Option<&str>,
        other_kinds: &[PluginKind],
    ) {
        let name = &plugin.name.text;
        let message = format!("there is no {} plugin `{name}`", kind.as_str());
        let error = Diagnostic::error(Code::UnknownPlugin, plugin.name.span, message);
        let lower = name.to_ascii_lowercase();
        let help = if plugin.name.quote.is_some() {
            "the name of a plugin stands without quotes".to_owned()
        } else if let Some(other) = other_kinds.first() {
            let article = if *other == PluginKind::Codec || *other == PluginKind::Filter {
                "a"
            } else {
                "an"
            };
            format!("`{name}` is {article} {}", other.as_str())
        } else if let Some(suggestion) = suggestion {
            if suggestion == lower {
                format!("names are written in lower case: `{suggestion}`")
            } else {
                format!("did you mean `{suggestion}`?")
            }
        } else {
            "the plugins of Logstash that are known are listed in docs/filters.md".to_owned()
        };
        self.errors.push(error.with_help(help));
    }

    fn unknown_option(
        &mut self,
        kind: PluginKind,
        plugin: &Plugin,
        attribute: &Attribute,
        own: &[OptionSpec],
    ) {
        let name = &attribute.name.text;
        let names = own.iter().chain(self.schema.common(kind));
        let usable = names.filter(|spec| spec.status != OptionStatus::Obsolete);
        let usable: Vec<&str> = usable.map(|spec| spec.name).collect();
        let suggestion = suggest(name, usable.iter().copied());
        let help = imagined(&plugin.name.text, name)
            .map(str::to_owned)
            .or_else(|| suggestion.map(|suggestion| format!("did you mean `{suggestion}`?")))
            .or_else(|| akin(name, &usable));
        let message = format!("`{}` has no option `{name}`", plugin.name.text);
        let error = Diagnostic::error(Code::UnknownOption, attribute.name.span, message);
        self.errors.push(match help {
            Some(help) => error.with_help(help),
            None => error,
        });
    }

    fn obsolete_option(&mut self, plugin: &Plugin, attribute: &Attribute) {
        let message = format!(
            "the option `{}` of `{}` is obsolete and must not be set",
            attribute.name.text, plugin.name.text
        );
        let error = Diagnostic::error(Code::ObsoleteOption, attribute.name.span, message);
        let help = match attribute.name.text.as_str() {
            "type" | "tags" | "exclude_tags" => {
                "put the plugin into a conditional: `if [type] == \"x\" { .. }`"
            }
            _ => "Logstash has removed it; see the plugin's documentation for what replaced it",
        };
        self.errors.push(error.with_help(help));
    }

    fn missing_option(&mut self, kind: PluginKind, plugin: &Plugin, spec: &OptionSpec) {
        let message = format!(
            "the {} `{}` needs the option `{}`, {}",
            kind.as_str(),
            plugin.name.text,
            spec.name,
            spec.kind.as_str()
        );
        self.errors.push(Diagnostic::error(Code::MissingOption, plugin.name.span, message));
    }

    fn note_id(&mut self, options: &PluginOptions) {
        let Some(id) = options.id() else { return };
        if let Some(first) = self.ids.insert(id.value.to_owned(), id.span) {
            let message = format!("the id `{}` is given to two plugins", id.value);
            let error = Diagnostic::error(Code::DuplicateId, id.span, message)
                .with_label(first, "first here")
                .with_help("ids are unique in a pipeline");
            self.errors.push(error);
        }
    }

    fn condition(&mut self, condition: &mut Condition) {
        match &mut condition.kind {
            ConditionKind::And(parts) | ConditionKind::Or(parts) => {
                for part in parts {
                    self.condition(part);
                }
            }
            ConditionKind::Nand(pair) | ConditionKind::Xor(pair) => {
                for part in pair.iter_mut() {
                    self.condition(part);
                }
            }
            ConditionKind::Not(inner) => self.condition(inner),
            ConditionKind::Compare { left, right, .. } | ConditionKind::In { left, right, .. } => {
                self.operand(left);
                self.operand(right);
            }
            // Patterns are never substituted.
            ConditionKind::Match { left, .. } | ConditionKind::Truth(left) => self.operand(left),
        }
    }

    fn operand(&mut self, operand: &mut Operand) {
        match &mut operand.kind {
            OperandKind::Text(text) => self.constant(&mut text.text, operand.span),
            OperandKind::List(values) => {
                for value in values {
                    self.element(value);
                }
            }
            _ => {}
        }
    }

    fn element(&mut self, value: &mut Value) {
        match &mut value.kind {
            ValueKind::Array(values) => {
                for value in values {
                    self.element(value);
                }
            }
            ValueKind::Text(text) => self.constant(&mut text.text, value.span),
            _ => {}
        }
    }

    fn constant(&mut self, text: &mut String, span: Span) {
        if let Some(value) = substitute::whole(text, span, self.lookup, &mut self.errors) {
            *text = value;
        }
    }
}

/// Groups attributes by their names, in the order of the first of each.
fn by_name(attributes: &[Attribute]) -> Vec<Vec<&Attribute>> {
    let mut groups: Vec<Vec<&Attribute>> = Vec::new();
    let mut places = BTreeMap::new();
    for attribute in attributes {
        let place = *places.entry(attribute.name.text.as_str()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(attribute),
            None => groups.push(vec![attribute]),
        }
    }
    groups
}

#[cfg(test)]
mod tests;

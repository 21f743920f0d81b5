//! `sawlog filters` and `sawlog codecs`: the plugins that are built and their options, from the table
//! that compiles them.
//!
//! The pages docs/filters.md and docs/codecs.md are made of the same [`Plugin`]s.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use sawlog::{
    PluginDoc,
    program::{
        common_options, refusal,
        schema::{Known, OptionSpec, OptionStatus, OptionType, PluginKind, Schema, suggest},
    },
};
use serde_json::{Value, json};

use crate::{
    EXIT_DONE, EXIT_USAGE,
    args::{PluginArguments, TextOrJson},
    render,
};

/// Columns that a plugin's name takes in the list.
const NAME_COLUMNS: usize = 16;
/// Columns of running text.
const TEXT_COLUMNS: usize = 96;

/// Runs the command for one kind of plugin.
pub fn run(kind: PluginKind, arguments: &PluginArguments) -> u8 {
    let schema = Schema::new();
    let text = match (&arguments.name, arguments.format) {
        (None, TextOrJson::Text) => list(kind, &schema),
        (None, TextOrJson::Json) => {
            let plugins = schema.names(kind).map(|name| entry_json(kind, name, &schema));
            plugins.fold(String::new(), |mut out, plugin| {
                let _ = writeln!(out, "{plugin}");
                out
            })
        }
        (Some(name), format) => match (Plugin::find(kind, name, &schema), format) {
            (Some(plugin), TextOrJson::Text) => plugin.text(&schema),
            (Some(plugin), TextOrJson::Json) => format!("{}\n", plugin.json(&schema)),
            (None, _) => {
                let _ = io::stderr().write_all(missing(kind, name, &schema).as_bytes());
                return EXIT_USAGE;
            }
        },
    };
    let mut stdout = io::stdout();
    // A closed pipe has seen all that it wants.
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    EXIT_DONE
}

/// The plugins of a kind that are built, in alphabetical order, with what the docs say of them.
pub fn built(kind: PluginKind) -> Vec<(&'static str, &'static PluginDoc)> {
    match kind {
        PluginKind::Filter => sawlog::filters().collect(),
        PluginKind::Codec => sawlog::codecs().map(|codec| (codec.name, codec.doc)).collect(),
        PluginKind::Input | PluginKind::Output => Vec::new(),
    }
}

/// One plugin that is built.
#[derive(Debug)]
pub struct Plugin<'a> {
    /// Its kind.
    pub kind: PluginKind,
    /// Its name.
    pub name: &'static str,
    /// What the docs say of it.
    pub doc: &'static PluginDoc,
    /// Its own options, in alphabetical order.
    pub options: &'a [OptionSpec],
    /// What a codec does: `Reads.`, `Writes.` or both; nothing for a filter.
    pub directions: Option<&'static str>,
}

impl<'a> Plugin<'a> {
    /// Returns the plugin of this name, when it is built.
    pub fn find(kind: PluginKind, name: &str, schema: &'a Schema) -> Option<Self> {
        let (name, doc) = built(kind).into_iter().find(|(known, _)| *known == name)?;
        let options = match schema.lookup(kind, name) {
            Known::Options(options) => options,
            Known::NoOptions | Known::Unknown { .. } => &[],
        };
        let directions = (kind == PluginKind::Codec).then(|| directions_of(name)).flatten();
        Some(Self { kind, name, doc, options, directions })
    }

    /// What an option does.
    pub fn sentence(&self, option: &str) -> &'static str {
        let mut all = self.doc.options.iter();
        all.find(|(name, _)| *name == option).map_or("", |(_, sentence)| sentence)
    }

    fn text(&self, schema: &Schema) -> String {
        let mut out = format!("{}\n", self.name);
        wrap(&mut out, 2, self.doc.summary);
        if let Some(directions) = self.directions {
            let _ = writeln!(out, "  {directions}");
        }
        if !self.options.is_empty() {
            out.push_str("\noptions\n");
            for option in self.options {
                option_text(&mut out, option, self.sentence(option.name));
            }
        }
        let _ = writeln!(out, "\noptions of every {}", self.kind.as_str());
        for (name, sentence) in common_options(self.kind) {
            // A plugin's own row says more.
            if !self.options.iter().any(|own| own.name == *name)
                && let Some(option) = schema.common(self.kind).iter().find(|one| one.name == *name)
            {
                option_text(&mut out, option, sentence);
            }
        }
        out.push_str("\nexample\n");
        for line in self.doc.example.lines() {
            let _ = writeln!(out, "  {line}");
        }
        if !self.doc.differences.is_empty() {
            out.push_str("\ndiffers from Logstash\n");
            for (option, reason) in self.doc.differences {
                match *option {
                    "" => wrap(&mut out, 2, reason),
                    option => wrap(&mut out, 2, &format!("{option}: {reason}")),
                }
            }
        }
        out
    }

    fn json(&self, schema: &Schema) -> Value {
        let own = self.options.iter().map(|one| option_json(one, self.sentence(one.name)));
        let common = common_options(self.kind).iter().filter_map(|(name, sentence)| {
            let option = schema.common(self.kind).iter().find(|one| one.name == *name)?;
            Some(option_json(option, sentence))
        });
        let differences = self.doc.differences.iter().map(|(option, reason)| {
            json!({ "option": Some(*option).filter(|name| !name.is_empty()), "reason": reason })
        });
        json!({
            "name": self.name,
            "kind": self.kind.as_str(),
            "summary": self.doc.summary,
            "directions": self.directions,
            "example": self.doc.example,
            "options": own.collect::<Vec<_>>(),
            "common_options": common.collect::<Vec<_>>(),
            "differences": differences.collect::<Vec<_>>(),
        })
    }
}

fn directions_of(codec: &str) -> Option<&'static str> {
    let entry = sawlog::codecs().find(|entry| entry.name == codec)?;
    match (entry.decodes, entry.encodes) {
        (true, true) => Some("Reads and writes."),
        (true, false) => Some("Reads."),
        (false, true) => Some("Writes."),
        (false, false) => None,
    }
}

/// How much of a plugin of Logstash works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It works as in Logstash.
    Full,
    /// It works, but for what [`PluginDoc::differences`] lists.
    Differs,
    /// It is not run.
    None,
}

impl Support {
    /// Returns how much of a plugin works.
    pub fn of(kind: PluginKind, name: &str, schema: &Schema) -> Self {
        match Plugin::find(kind, name, schema) {
            None => Self::None,
            Some(plugin) if !plugin.doc.differences.is_empty() => Self::Differs,
            Some(_) => Self::Full,
        }
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "supported",
            Self::Differs => "differs",
            Self::None => "refused",
        }
    }
}

fn list(kind: PluginKind, schema: &Schema) -> String {
    let mut out = String::new();
    for (name, doc) in built(kind) {
        let _ = writeln!(out, "{name:NAME_COLUMNS$} {}", doc.summary);
    }
    let others: Vec<&str> = schema
        .names(kind)
        .filter(|name| Support::of(kind, name, schema) == Support::None)
        .collect();
    if !others.is_empty() {
        let kind = kind.as_str();
        let _ = writeln!(out, "\nnot supported (`sawlog {kind}s NAME` says why):");
        wrap(&mut out, 2, &others.join(" "));
    }
    out
}

fn entry_json(kind: PluginKind, name: &str, schema: &Schema) -> Value {
    let support = Support::of(kind, name, schema).as_str();
    if let Some(plugin) = Plugin::find(kind, name, schema) {
        return json!({ "name": name, "support": support, "summary": plugin.doc.summary });
    }
    let refusal = refusal(kind, name);
    json!({
        "name": name,
        "support": support,
        "reason": refusal.map_or("it is not built yet", |refusal| refusal.reason),
        "instead": refusal.map(|refusal| refusal.instead),
    })
}

/// Says what is known of a plugin that is not built.
fn missing(kind: PluginKind, name: &str, schema: &Schema) -> String {
    let word = kind.as_str();
    let shown = render::printable(name);
    if let Some(refusal) = refusal(kind, name) {
        return format!(
            "sawlog: the {word} `{shown}` is not supported: {}\n  use {}\n",
            refusal.reason, refusal.instead
        );
    }
    let Known::Unknown { suggestion, other_kinds } = schema.lookup(kind, name) else {
        return format!("sawlog: the {word} `{shown}` is not built yet\n");
    };
    let built = built(kind);
    let other = other_kinds
        .iter()
        .find(|other| matches!(other, PluginKind::Codec | PluginKind::Filter))
        .map(|other| format!("there is a {0} of this name: `sawlog {0}s {shown}`", other.as_str()));
    let hint = other
        .or_else(|| {
            let near = suggest(name, built.iter().map(|(name, _)| *name)).or(suggestion)?;
            Some(format!("did you mean `{near}`?"))
        })
        .unwrap_or_else(|| format!("`sawlog {word}s` lists all"));
    format!("sawlog: there is no {word} `{shown}`: {hint}\n")
}

fn option_text(out: &mut String, option: &OptionSpec, sentence: &str) {
    let mut facts = type_name(option);
    for fact in facts_of(option) {
        facts.push_str(", ");
        facts.push_str(fact);
    }
    if !option.default.is_empty() {
        let _ = write!(facts, ", default {}", option.default);
    }
    let _ = writeln!(out, "  {}  ({facts})", option.name);
    wrap(out, 6, sentence);
}

/// What is to be said of an option beside its type and default.
pub fn facts_of(option: &OptionSpec) -> Vec<&'static str> {
    let mut facts = Vec::new();
    if option.is_required {
        facts.push("required");
    }
    match option.status {
        OptionStatus::Current => (),
        OptionStatus::Deprecated => facts.push("deprecated"),
        OptionStatus::Obsolete => facts.push("removed: an error"),
    }
    if option.is_ours {
        facts.push("ours");
    }
    facts
}

/// The type of an option in a table: `string`, `list of numbers`, `a | b`.
pub fn type_name(option: &OptionSpec) -> String {
    let (one, several) = match option.kind {
        OptionType::Any => ("any", "any"),
        OptionType::Array => ("list", "lists"),
        OptionType::Boolean => ("boolean", "booleans"),
        OptionType::Bytes => ("bytes", "bytes"),
        OptionType::Charset => ("charset", "charsets"),
        OptionType::Codec => ("codec", "codecs"),
        OptionType::Duration => ("duration", "durations"),
        OptionType::Enum(words) => {
            let words = words.replace('|', " | ");
            return if option.is_list { format!("list of {words}") } else { words };
        }
        OptionType::FieldReference => ("field reference", "field references"),
        OptionType::Hash => ("hash", "hashes"),
        OptionType::Number => ("number", "numbers"),
        OptionType::Password => ("password", "passwords"),
        OptionType::Path => ("path", "paths"),
        OptionType::Text => ("string", "strings"),
        OptionType::Uri | OptionType::UriOrEmpty => ("URI", "URIs"),
    };
    if option.is_list { format!("list of {several}") } else { one.to_owned() }
}

fn option_json(option: &OptionSpec, sentence: &str) -> Value {
    let values = match option.kind {
        OptionType::Enum(words) => Some(words.split('|').collect::<Vec<_>>()),
        _ => None,
    };
    json!({
        "name": option.name,
        "type": type_name(option),
        "values": values,
        "required": option.is_required,
        "deprecated": option.status == OptionStatus::Deprecated,
        "removed": option.status == OptionStatus::Obsolete,
        "ours": option.is_ours,
        "default": Some(option.default).filter(|text| !text.is_empty()),
        "description": sentence,
    })
}

/// Writes a text in lines of at most [`TEXT_COLUMNS`].
fn wrap(out: &mut String, indent: usize, text: &str) {
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > TEXT_COLUMNS {
            out.push('\n');
            column = 0;
        }
        if column == 0 {
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
}

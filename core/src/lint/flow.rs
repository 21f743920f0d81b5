//! What reads and compares fields, judged by what the filters before have made of them.
//!
//! The filters are followed in the order in which events pass them; behind a branch holds what holds
//! behind all of its arms. A filter or an input that may set any field (`json` into the root, `ruby`,
//! a codec that reads fields) ends what is known, and with it the warnings.

use crate::config::ast::{Comparison, Condition, ConditionKind, Operand, SectionKind, Statement};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::event::EscapeStyle;
use crate::lint::compare::{Literal, converse};
use crate::lint::field::{Known, Origin, State, canonical, plain};
use crate::lint::{Cx, Findings, all_options, effects, option, references};
use crate::program::options::{PluginKind, PluginOptions};
use crate::program::schema::edits;

/// Fields copied for the arms of branches, and compared with a name, in all: stops generated configs
/// of thousands of branches and fields from taking minutes. Behind it all is silent.
const STEPS: usize = 2_000_000;

/// Inputs that make events of texts, and set no other fields than those of [`INPUT_FIELDS`].
const TEXT_INPUTS: [&str; 7] = ["exec", "file", "generator", "pipe", "stdin", "tcp", "udp"];

/// Codecs that make one field of a text.
const TEXT_CODECS: [&str; 3] = ["line", "multiline", "plain"];

/// Fields that inputs set by themselves, by the first of their names.
const INPUT_FIELDS: [&str; 26] = [
    "agent",
    "client",
    "command",
    "container",
    "ecs",
    "event",
    "fields",
    "fileset",
    "headers",
    "host",
    "http",
    "input",
    "kubernetes",
    "log",
    "message",
    "observer",
    "path",
    "port",
    "process",
    "sequence",
    "server",
    "service",
    "source",
    "type",
    "url",
    "user_agent",
];

/// Fields that the engine itself sets and reads.
const CORE_FIELDS: [&str; 4] = ["[@metadata]", "[@timestamp]", "[@version]", "[tags]"];

pub(super) fn check(cx: &Cx<'_>, found: &mut Findings) {
    let inputs: Vec<&PluginOptions> = all_options(cx.resolved)
        .into_iter()
        .filter(|options| options.kind == PluginKind::Input)
        .collect();
    let is_closed = !inputs.is_empty() && inputs.iter().all(|input| is_text(input));
    let style = cx.options.field_reference_escape_style;
    let mut state = State::new(!inputs.is_empty() && !is_closed);
    for input in inputs {
        for (key, value) in input.pairs("add_field") {
            if let Some(name) = canonical(key.value, style) {
                state.set(&name, Known::Text(value.span, Origin::Filter));
            }
        }
    }
    let mut walker = Walker { cx, found, style, is_closed, steps: STEPS };
    let sections = &cx.resolved.ast().sections;
    for wanted in [SectionKind::Filter, SectionKind::Output] {
        for section in sections.iter().filter(|section| section.kind == wanted) {
            walker.statements(&mut state, &section.body);
        }
    }
}

fn is_text(input: &PluginOptions) -> bool {
    TEXT_INPUTS.contains(&input.name.as_str())
        && input.codec("codec").is_none_or(|codec| TEXT_CODECS.contains(&codec.name.as_str()))
}

pub(super) struct Walker<'a, 'c> {
    pub(super) cx: &'a Cx<'c>,
    pub(super) found: &'a mut Findings,
    pub(super) style: EscapeStyle,
    /// Whether the inputs are known to set nothing but a text and [`INPUT_FIELDS`].
    is_closed: bool,
    steps: usize,
}

impl Walker<'_, '_> {
    fn statements(&mut self, state: &mut State, statements: &[Statement]) {
        for statement in statements {
            if state.has_ended {
                return;
            }
            match statement {
                Statement::Plugin(plugin) => match self.cx.resolved.get(plugin) {
                    Some(options) if options.kind == PluginKind::Filter => {
                        effects::filter(self, state, options);
                    }
                    Some(options) => self.templates(state, options),
                    None => state.open(),
                },
                Statement::Branch(branch) => {
                    let mut ends = Vec::with_capacity(branch.arms.len() + 1);
                    for arm in &branch.arms {
                        self.condition(state, &arm.condition);
                        ends.push(self.block(state, &arm.block.body));
                    }
                    let otherwise = branch.otherwise.as_ref().map(|block| block.body.as_slice());
                    ends.push(self.block(state, otherwise.unwrap_or_default()));
                    *state = State::merge(ends);
                }
            }
        }
    }

    fn block(&mut self, state: &State, body: &[Statement]) -> State {
        let mut inner = if self.spend(state.len() + 1) { state.clone() } else { State::new(true) };
        self.statements(&mut inner, body);
        inner
    }

    fn spend(&mut self, steps: usize) -> bool {
        let left = self.steps.checked_sub(steps);
        self.steps = left.unwrap_or(0);
        left.is_some()
    }

    /// Reads the fields in all templates of a plugin.
    pub(super) fn templates(&mut self, state: &State, options: &PluginOptions) {
        for (_, value) in option::templates(options) {
            option::each_text(value, &mut |text, value| {
                self.template(state, text, value.text_span());
            });
        }
    }

    /// Reads the fields of one template; `span` is the place of its text.
    pub(super) fn template(&mut self, state: &State, text: &str, span: Span) {
        for (start, inner) in references(text) {
            if inner.is_empty() || inner.starts_with(['+', '{']) || option::is_date_pattern(inner) {
                continue;
            }
            self.read(state, inner, span.part(start, start + inner.len() + 3));
        }
    }

    /// Reads a field, given by name or by a template of a name.
    pub(super) fn read(&mut self, state: &State, reference: &str, span: Span) {
        let Some(name) = canonical(reference, self.style) else { return };
        if is_core(&name) {
            return;
        }
        match state.get(&name) {
            None => self.never_set(state, &name, span),
            Some(Known::Removed(by)) => self.found.push(
                Diagnostic::warning(
                    Code::FieldRemoved,
                    span,
                    format!("`{}` is gone: it was removed before this reads it", plain(&name)),
                )
                .with_label(by, "removed here")
                .with_help("remove it after it is read, or read the field it was renamed to"),
            ),
            Some(_) => {}
        }
    }

    fn never_set(&mut self, state: &State, name: &str, span: Span) {
        if !self.spend(state.len() + 1) {
            return;
        }
        let shown = plain(name);
        let message = format!("nothing before this sets `{shown}`");
        let warning = Diagnostic::warning(Code::FieldNeverSet, span, message);
        let is_of_input = INPUT_FIELDS.contains(&first_name(name));
        if (!is_of_input || web_name(shown).is_some())
            && let Some(help) = self.other_name(name)
        {
            self.found.push(warning.with_help(help));
            return;
        }
        if is_of_input {
            return;
        }
        if let Some(near) = state.names().chain(["[message]"]).find(|other| is_near(name, other)) {
            self.found.push(warning.with_help(format!("did you mean `{}`?", plain(near))));
        } else if self.is_closed {
            self.found.push(warning.with_help(
                "the inputs give a text, and the filters before this set no such field: correct \
                 the name, or capture the field first",
            ));
        }
    }

    /// What the stock patterns call a field under the other `ecs_compatibility`.
    fn other_name(&self, name: &str) -> Option<String> {
        for pattern in self.cx.groks.values().flatten() {
            let mut names = pattern.other_names.iter();
            let is_name = |other: &str| canonical(other, self.style).as_deref() == Some(name);
            if pattern.captures.iter().any(|capture| is_name(&capture.field)) {
                continue;
            }
            let Some(at) = names.position(|other| is_name(other)) else { continue };
            let captures = || pattern.captures.iter().map(|capture| capture.field.as_str());
            // Where both sets capture the same things, they do so in the same order.
            let here = if pattern.other_names.len() == pattern.captures.len() {
                captures().nth(at)
            } else {
                web_name(plain(name)).filter(|here| captures().any(|field| field == *here))
            };
            let write = here.map_or_else(String::new, |field| format!("write {field}, or "));
            return Some(if pattern.is_ecs {
                format!(
                    "this is its name before ECS, and the pattern gives ECS names: {write}set \
                     ecs_compatibility => disabled in the grok"
                )
            } else {
                format!(
                    "this is its ECS name, and the pattern gives those before ECS: {write}set \
                     ecs_compatibility => v8 in the grok"
                )
            });
        }
        None
    }

    fn condition(&mut self, state: &State, condition: &Condition) {
        match &condition.kind {
            ConditionKind::And(parts) | ConditionKind::Or(parts) => {
                for part in parts {
                    self.condition(state, part);
                }
            }
            ConditionKind::Nand(parts) | ConditionKind::Xor(parts) => {
                for part in &**parts {
                    self.condition(state, part);
                }
            }
            ConditionKind::Not(inner) => self.condition(state, inner),
            ConditionKind::Compare { op, left, right } => {
                self.operand(state, left);
                self.operand(state, right);
                self.comparison(state, condition.span, *op, left, right);
            }
            ConditionKind::In { left, right, .. } => {
                self.operand(state, left);
                self.operand(state, right);
            }
            ConditionKind::Match { negated, left, .. } => {
                self.operand(state, left);
                self.pattern_match(state, condition.span, *negated, left);
            }
            ConditionKind::Truth(operand) => self.operand(state, operand),
        }
    }

    fn operand(&mut self, state: &State, operand: &Operand) {
        if let Some((reference, span)) = operand.as_field()
            && !is_quoted(reference)
        {
            self.read(state, reference, span);
        }
    }

    fn known(&self, state: &State, operand: &Operand) -> Option<(String, Known)> {
        let (reference, _) = operand.as_field()?;
        let name = canonical(reference, self.style)?;
        let known = state.get(&name)?;
        Some((name, known))
    }

    fn comparison(
        &mut self,
        state: &State,
        span: Span,
        op: Comparison,
        left: &Operand,
        right: &Operand,
    ) {
        let Some((_, literal)) = Literal::of_pair(left, right) else { return };
        let (field, op) =
            if left.as_field().is_some() { (left, op) } else { (right, converse(op)) };
        let Some((name, known)) = self.known(state, field) else { return };
        let shown = plain(&name);
        let (code, by, what, help) = match (known, &literal) {
            (Known::Text(by, origin), Literal::Int(_) | Literal::Float(_)) => (
                Code::NumberComparedWithText,
                by,
                format!("`{shown}` holds text, which no number equals"),
                match origin {
                    Origin::Grok => format!(
                        "capture it as a number, %{{NUMBER:{shown}:int}} or :float, or compare \
                         with a text in quotes"
                    ),
                    Origin::Filter | Origin::Pattern => format!(
                        "convert it before: mutate {{ convert => {{ \"{shown}\" => \"integer\" }} }}, or \
                         compare with a text in quotes"
                    ),
                },
            ),
            (Known::Number(by), Literal::Text(_)) => number_help(by, shown),
            (Known::Converted(by), Literal::Text(text)) if text.parse::<f64>().is_ok() => {
                number_help(by, shown)
            }
            (Known::Boolean(by), Literal::Text(text))
                if is_boolean_word(text)
                    && matches!(op, Comparison::Equal | Comparison::NotEqual) =>
            {
                (
                    Code::BooleanComparedWithText,
                    by,
                    format!("`{shown}` is a boolean, which no text equals"),
                    format!("write {name} or !{name}, without a comparison"),
                )
            }
            _ => return,
        };
        let effect = match op {
            Comparison::Equal => "this is never true",
            Comparison::NotEqual => "this is always true",
            _ => "the event is refused here, since the two have no order",
        };
        self.found.push(
            Diagnostic::warning(code, span, format!("{what}: {effect}"))
                .with_label(by, "made here")
                .with_help(help),
        );
    }

    fn pattern_match(&mut self, state: &State, span: Span, negated: bool, left: &Operand) {
        let Some((name, Known::Number(by))) = self.known(state, left) else { return };
        let effect = if negated { "always true" } else { "never true" };
        self.found.push(
            Diagnostic::warning(
                Code::NumberComparedWithText,
                span,
                format!(
                    "`{}` is a number, which no regular expression matches: this is {effect}",
                    plain(&name)
                ),
            )
            .with_label(by, "made here")
            .with_help("capture it without a type, or compare it as a number"),
        );
    }
}

fn number_help(by: Span, shown: &str) -> (Code, Span, String, String) {
    (
        Code::NumberComparedWithText,
        by,
        format!("`{shown}` is a number, which no text equals"),
        "write the number without quotes".to_owned(),
    )
}

pub(super) fn is_core(name: &str) -> bool {
    CORE_FIELDS.iter().any(|core| name.starts_with(core)) || name.is_empty()
}

/// `["a"]`, of which another lint speaks.
fn is_quoted(reference: &str) -> bool {
    reference.trim_start_matches(['[', ' ']).starts_with(['"', '\''])
}

/// What the other set of stock patterns calls a capture of `%{COMBINEDAPACHELOG}`, the pattern that
/// is used most and of which the two sets differ in form.
fn web_name(name: &str) -> Option<&'static str> {
    WEB_NAMES.iter().find_map(|(plain, ecs)| {
        if *plain == name { Some(*ecs) } else { (*ecs == name).then_some(*plain) }
    })
}

const WEB_NAMES: [(&str, &str); 10] = [
    ("agent", "[user_agent][original]"),
    ("auth", "[user][name]"),
    ("bytes", "[http][response][body][bytes]"),
    ("clientip", "[source][address]"),
    ("httpversion", "[http][version]"),
    ("ident", "[apache][access][user][identity]"),
    ("referrer", "[http][request][referrer]"),
    ("request", "[url][original]"),
    ("response", "[http][response][status_code]"),
    ("verb", "[http][request][method]"),
];

fn first_name(name: &str) -> &str {
    let inner = name.strip_prefix('[').unwrap_or(name);
    inner.split(']').next().unwrap_or(inner)
}

/// The texts that `convert` to boolean understands.
fn is_boolean_word(text: &str) -> bool {
    ["", "true", "t", "yes", "y", "1", "1.0", "false", "f", "no", "n", "0", "0.0"]
        .contains(&text.to_ascii_lowercase().as_str())
}

/// Tells whether one name is probably the other, mistyped.
///
/// Names that differ in digits alone are different fields of one family, and short names are near
/// to many others.
fn is_near(name: &str, other: &str) -> bool {
    let (mut parts, mut others) = (name.split("]["), other.split("]["));
    let mut near = false;
    loop {
        match (parts.next(), others.next()) {
            (None, None) => return near,
            (Some(part), Some(other)) if part == other => {}
            (Some(part), Some(other)) if !near && is_near_part(part, other) => near = true,
            _ => return false,
        }
    }
}

fn is_near_part(name: &str, other: &str) -> bool {
    let (name, other) = (name.trim_matches(['[', ']']), other.trim_matches(['[', ']']));
    if name.eq_ignore_ascii_case(other) {
        return true;
    }
    let letters = |text: &str| -> String { text.chars().filter(|c| !c.is_ascii_digit()).collect() };
    let shorter = name.len().min(other.len());
    if name.len().max(other.len()) > 64 || letters(name) == letters(other) {
        return false;
    }
    let limit = match shorter {
        0..=3 => return false,
        4..=7 => 1,
        _ => 2,
    };
    if name.len().abs_diff(other.len()) > limit {
        return false;
    }
    let (name, other): (Vec<char>, Vec<char>) = (name.chars().collect(), other.chars().collect());
    edits(&name, &other) <= limit
}

//! `sawlog patterns`: the grok patterns that are there, and what one of them is made of.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::{self, Write as _},
};

use sawlog::pattern::{
    expand::{CaptureKind, Expansion, parse_capture_name},
    library,
};
use serde_json::{Value, json};

use crate::{
    EXIT_DONE, EXIT_USAGE,
    args::{PatternsArguments, TextOrJson},
    dictionary::{self, Compiled, Definitions},
    render,
};

/// Columns that a name takes in the list.
const NAME_COLUMNS: usize = 28;
/// Columns of the lists of names.
const LIST_COLUMNS: usize = 96;

/// Runs the command.
pub fn run(arguments: &PatternsArguments) -> u8 {
    let text = match text(arguments) {
        Ok(text) => text,
        Err(message) => {
            let _ = io::stderr().write_all(message.as_bytes());
            return EXIT_USAGE;
        }
    };
    let mut stdout = io::stdout();
    // A closed pipe has seen all that it wants.
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    EXIT_DONE
}

fn text(arguments: &PatternsArguments) -> Result<String, String> {
    let definitions = dictionary::read(&arguments.dictionary)
        .map_err(|message| format!("sawlog: {message}\n"))?;
    let all = All::new(arguments, definitions);
    let Some(name) = &arguments.name else { return Ok(all.list(arguments.format)) };
    // `%{NAME}`, as it is copied from a config, means the same.
    let name = name.strip_prefix("%{").and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    let Some(definition) = all.definitions.dictionary.get(name) else {
        let hint = match all.definitions.dictionary.suggest(name) {
            Some(known) => format!("did you mean `{known}`?"),
            None => "`sawlog patterns` lists all".to_owned(),
        };
        let set = dictionary::set_name(dictionary::set_of(arguments.dictionary.ecs));
        return Err(format!(
            "sawlog: there is no pattern `{}` in the set `{set}`: {hint}\n",
            render::printable(name)
        ));
    };
    let token = format!("%{{{name}}}");
    let compiled = dictionary::compile(&token, &token, &all.definitions.dictionary)
        .map_err(|diagnostics| render::text(&diagnostics, render::Style::of(&io::stderr())))?;
    if arguments.expand {
        return Ok(format!("{}\n", inside(&compiled.expansion.regex)));
    }
    let one = One { name, definition, compiled, all: &all };
    Ok(match arguments.format {
        TextOrJson::Json => format!("{}\n", one.json()),
        TextOrJson::Text => one.text(),
    })
}

/// The expansion of a token alone, without the group around it.
fn inside(regex: &str) -> &str {
    regex.strip_prefix("(?:").and_then(|text| text.strip_suffix(')')).unwrap_or(regex)
}

/// All definitions and their names in order.
struct All {
    definitions: Definitions,
    names: BTreeSet<String>,
}

impl All {
    fn new(arguments: &PatternsArguments, definitions: Definitions) -> Self {
        let set = dictionary::set_of(arguments.dictionary.ecs);
        let stock = library::names(set).map(|(name, _)| name.to_owned());
        let names = stock.chain(definitions.own_names.iter().cloned()).collect();
        Self { definitions, names }
    }

    fn definition(&self, name: &str) -> &str {
        self.definitions.dictionary.get(name).unwrap_or_default()
    }

    fn list(&self, format: TextOrJson) -> String {
        let mut out = String::new();
        for name in &self.names {
            let definition = self.definition(name);
            let _ = match format {
                TextOrJson::Json => {
                    writeln!(out, "{}", json!({ "name": name, "definition": definition }))
                }
                TextOrJson::Text => {
                    writeln!(out, "{name:NAME_COLUMNS$} {}", render::printable(definition))
                }
            };
        }
        out
    }

    /// The names whose definitions use this one directly.
    fn users(&self, name: &str) -> Vec<&str> {
        let uses = |definition: &str| {
            definition.split("%{").skip(1).any(|token| {
                token.strip_prefix(name).is_some_and(|rest| rest.starts_with(['}', ':', '=']))
            })
        };
        let all = self.names.iter().filter(|known| uses(self.definition(known)));
        all.map(String::as_str).collect()
    }
}

/// One pattern.
struct One<'a> {
    name: &'a str,
    definition: &'a str,
    compiled: Compiled,
    all: &'a All,
}

impl One<'_> {
    /// The fields that the pattern sets, each once, and how their text is converted.
    fn captures(&self) -> Vec<(&str, &'static str)> {
        let mut captures: Vec<(&str, &'static str)> = Vec::new();
        for (group_name, _) in self.compiled.regex.group_names() {
            let capture = parse_capture_name(group_name);
            let kind = match capture.kind {
                CaptureKind::Float => "float",
                CaptureKind::Int => "int",
                CaptureKind::Text => "text",
            };
            if !captures.iter().any(|(field, _)| *field == capture.field) {
                captures.push((capture.field, kind));
            }
        }
        captures
    }

    fn text(&self) -> String {
        let mut out = format!("{}\n  {}\n", self.name, render::printable(self.definition));
        let captures = self.captures();
        if !captures.is_empty() {
            let width = captures.iter().map(|(field, _)| field.chars().count()).max().unwrap_or(0);
            out.push_str("\nsets\n");
            for (field, kind) in captures {
                let _ = writeln!(out, "  {field:width$}  {kind}");
            }
        }
        let tree = tree(&self.compiled.expansion);
        if !tree.is_empty() {
            let _ = write!(out, "\nis made of\n{tree}");
        }
        let users = self.all.users(self.name);
        if !users.is_empty() {
            out.push_str("\nis used by\n");
            let mut line = String::from(" ");
            for user in users {
                if line.len() + user.len() + 1 > LIST_COLUMNS {
                    let _ = writeln!(out, "{line}");
                    line = String::from(" ");
                }
                line.push(' ');
                line.push_str(user);
            }
            let _ = writeln!(out, "{line}");
        }
        out
    }

    fn json(&self) -> Value {
        let captures: Vec<Value> = self
            .captures()
            .into_iter()
            .map(|(field, kind)| json!({ "field": field, "type": kind }))
            .collect();
        json!({
            "name": self.name,
            "definition": self.definition,
            "captures": captures,
            "regex": inside(&self.compiled.expansion.regex),
            "used_by": self.all.users(self.name),
        })
    }
}

/// Draws the patterns that a pattern is made of; the parts of one are drawn where it comes first.
fn tree(expansion: &Expansion) -> String {
    let mut out = String::new();
    let mut shown: BTreeSet<&str> = BTreeSet::new();
    let mut hidden_below = usize::MAX;
    let mut tokens = expansion.tokens().skip(1).peekable();
    while let Some((depth, token)) = tokens.next() {
        if depth > hidden_below {
            continue;
        }
        hidden_below = usize::MAX;
        let name = token.split(':').next().unwrap_or_default();
        let has_parts = tokens.peek().is_some_and(|(next, _)| *next > depth);
        let is_known = !shown.insert(name) && has_parts;
        if is_known {
            hidden_below = depth;
        }
        let _ = writeln!(out, "{}{token}{}", "  ".repeat(depth), if is_known { " …" } else { "" });
    }
    out
}

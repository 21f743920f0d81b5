//! From arguments to the grok patterns that can be used, and to one of them compiled.

use std::{fs, path::Path};

use sawlog::{
    Code, Diagnostic, Diagnostics, Source, Span,
    pattern::{
        Flags, Regex,
        expand::{Expansion, expand},
        library::{Dictionary, PatternSet},
    },
};

use crate::{
    args::{DictionaryArguments, EcsMode},
    resources,
};

/// Returns the stock set of an ECS mode.
pub fn set_of(ecs: EcsMode) -> PatternSet {
    match ecs {
        EcsMode::Disabled => PatternSet::Legacy,
        EcsMode::V1 | EcsMode::V8 => PatternSet::EcsV1,
    }
}

/// The name of a stock set, as Logstash has it.
pub fn set_name(set: PatternSet) -> &'static str {
    match set {
        PatternSet::EcsV1 => "ecs-v1",
        PatternSet::Legacy => "legacy",
    }
}

/// A stock set with the user's definitions over it, and the names of those.
#[derive(Debug)]
pub struct Definitions {
    /// All of them.
    pub dictionary: Dictionary,
    /// The names that the user defined, in alphabetical order.
    pub own_names: Vec<String>,
}

/// Reads the definitions that the arguments name; later ones replace earlier ones.
///
/// # Errors
///
/// Says which path cannot be read.
pub fn read(arguments: &DictionaryArguments) -> Result<Definitions, String> {
    let mut dictionary = Dictionary::new(set_of(arguments.ecs));
    for path in &arguments.patterns_dir {
        let metadata = fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
        if metadata.is_dir() {
            for (_, bytes) in resources::pattern_files(path, "*") {
                dictionary.add_file_text(&String::from_utf8_lossy(&bytes));
            }
        } else {
            let bytes = fs::read(path).map_err(|error| cannot_read(path, &error))?;
            dictionary.add_file_text(&String::from_utf8_lossy(&bytes));
        }
    }
    for (name, regex) in &arguments.definition {
        dictionary.define(name, regex);
    }
    let own_names = dictionary.own_names().map(str::to_owned).collect();
    Ok(Definitions { dictionary, own_names })
}

fn cannot_read(path: &Path, error: &std::io::Error) -> String {
    format!("cannot read patterns `{}`: {error}", path.display())
}

/// A grok pattern, ready to match.
#[derive(Debug)]
pub struct Compiled {
    /// What it expands to.
    pub expansion: Expansion,
    /// The expansion, compiled as grok does.
    pub regex: Regex,
}

/// Compiles a pattern; `name` is that of its text in diagnostics.
///
/// # Errors
///
/// One diagnostic with a place in the pattern.
pub fn compile(
    name: &str,
    pattern: &str,
    dictionary: &Dictionary,
) -> Result<Compiled, Diagnostics> {
    let refuse = |code, range: std::ops::Range<usize>, message: String, help: Option<&str>| {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let end = range.end.max(range.start + 1).min(pattern.len());
        let span = Span::new(0, offset(range.start.min(end)), offset(end));
        let mut diagnostic = Diagnostic::error(code, span, message);
        diagnostic.help = help.map(str::to_owned);
        let mut all = Diagnostics::new(vec![Source::new(name, pattern)]);
        all.push(diagnostic);
        all
    };
    let expansion = expand(pattern, dictionary, true).map_err(|error| {
        refuse(Code::UnknownPattern, error.span.clone(), error.to_string(), None)
    })?;
    let flags = Flags { dot_all: true, ..Flags::default() };
    let regex = Regex::new(&expansion.regex, flags).map_err(|error| {
        let origin = expansion.origin(error.span.start);
        let inside = match origin.chain.as_slice() {
            [] => String::new(),
            chain => format!(", in %{{{}}}", chain.join("} > %{")),
        };
        let message = format!("bad regular expression: {}{inside}", error.kind);
        refuse(Code::BadRegex, origin.span, message, error.help)
    })?;
    Ok(Compiled { expansion, regex })
}

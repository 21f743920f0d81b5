//! The patterns of a task as regex text for other engines: our own expansion of the grok pattern,
//! `(?<WORD:verb>\b\w+\b)`, with the names that they take, `(?<f0>\b\w+\b)`.

use std::fmt::Write as _;

use sawlog::pattern::expand::{Dictionary, expand, parse_capture_name};
use sawlog::pattern::library::PatternSet;

/// One pattern of a config.
#[derive(Clone, Debug)]
pub struct Expanded {
    /// Our own expansion, as the engine compiles it.
    pub own: String,
    /// The same with group names of letters and digits.
    pub plain: String,
    /// The fields, in the order of the named groups.
    pub fields: Vec<String>,
}

impl Expanded {
    /// Expands a grok pattern with the legacy dictionary, as ECS disabled does.
    pub fn new(pattern: &str) -> Self {
        let dictionary = Dictionary::new(PatternSet::Legacy);
        let own = expand(pattern, &dictionary, true).expect("the tasks' patterns are known").regex;
        let mut plain = String::with_capacity(own.len());
        let mut fields = Vec::new();
        let mut rest = own.as_str();
        while let Some((before, after)) = rest.split_once("(?<") {
            plain.push_str(before);
            if after.starts_with(['=', '!']) {
                plain.push_str("(?<");
                rest = after;
            } else {
                let (name, after) = after.split_once('>').expect("the name of a group ends");
                write!(plain, "(?<f{}>", fields.len()).expect("a string takes everything");
                fields.push(parse_capture_name(name).field.to_owned());
                rest = after;
            }
        }
        plain.push_str(rest);
        Self { own, plain, fields }
    }

    /// The same without what a finite automaton lacks: look-around goes, with its contents; atomic
    /// groups become plain ones and possessive quantifiers greedy ones. It matches more texts.
    pub fn automaton(&self) -> String {
        let mut out = String::with_capacity(self.plain.len());
        let mut rest = self.plain.as_str();
        // How deep the scan is in a group that goes.
        let mut depth = 0;
        while !rest.is_empty() {
            let token = token(rest);
            rest = &rest[token.len()..];
            if depth > 0 {
                depth += usize::from(token.starts_with('('));
                depth -= usize::from(token == ")");
                continue;
            }
            match token {
                "(?=" | "(?!" | "(?<=" | "(?<!" => depth = 1,
                "(?>" => out.push_str("(?:"),
                "*+" | "++" | "?+" => out.push_str(&token[..1]),
                _ => out.push_str(token),
            }
        }
        out
    }
}

/// The first piece of a regex: an escaped character, a class, the opening of a group that is
/// rewritten, a possessive quantifier, or one character.
fn token(regex: &str) -> &str {
    const REWRITTEN: [&str; 8] = ["(?=", "(?!", "(?<=", "(?<!", "(?>", "*+", "++", "?+"];
    let character = |text: &str| text.chars().next().map_or(0, char::len_utf8);
    let len = if let Some(escaped) = regex.strip_prefix('\\') {
        1 + character(escaped)
    } else if regex.starts_with('[') {
        class_len(regex)
    } else {
        let rewritten = REWRITTEN.iter().find(|start| regex.starts_with(**start));
        rewritten.map_or_else(|| character(regex), |start| start.len())
    };
    &regex[..len]
}

/// The bytes of the class that a regex starts with; a bracket right at its start is a member.
fn class_len(regex: &str) -> usize {
    let mut at = if regex.starts_with("[^") { 2 } else { 1 };
    at += usize::from(regex[at..].starts_with(']'));
    loop {
        let rest = &regex[at..];
        if rest.starts_with(']') {
            return at + 1;
        }
        let Some(first) = rest.chars().next() else { return at };
        at += match first {
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            '[' if rest.starts_with("[:") => rest.find(":]").map_or(1, |end| end + 2),
            _ => first.len_utf8(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::Expanded;

    #[test]
    fn fields_are_named_in_order_and_look_behind_stays() {
        let expanded = Expanded::new("(?<!x)%{INT:a} (?<b>y)");
        assert_eq!(expanded.fields, ["a", "b"]);
        assert_eq!(expanded.plain, "(?<!x)(?<f0>(?:[+-]?(?:[0-9]+))) (?<f1>y)");
    }

    #[test]
    fn an_automaton_has_no_look_around_and_no_atomic_groups() {
        let expanded = Expanded::new(r"(?<![(\])])a(?=[^()]\(b(c))(?>d)e++[()?=]");
        assert_eq!(expanded.automaton(), "a(?:d)e+[()?=]");
    }
}

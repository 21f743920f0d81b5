//! A line to a pattern that reads it: a start for lines that are nothing like the pattern.
//!
//! `12 eth0 up: ok` gives `^%{INT:number} %{WORD:word} %{WORD:word2}: %{GREEDYDATA:message}$`.

use std::collections::BTreeMap;

use super::edits::Ends;
use super::stock::{ANYTHING, VALUES, escaped};

/// Makes a pattern of the values that a line begins with; `None` if it begins with none.
pub(super) fn sketch(subject: &str, ends: &mut Ends<'_>) -> Option<String> {
    let mut out = String::from("^");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut fields = 0;
    let mut at = 0;
    while let Some(c) = subject.get(at..)?.chars().next() {
        let rest = subject.get(at..)?;
        if c.is_whitespace() {
            let run: String = rest.chars().take_while(|c| c.is_whitespace()).collect();
            out.push_str(match run.as_str() {
                " " => " ",
                _ if run.chars().all(|c| c == ' ') => " +",
                _ => r"\s+",
            });
            at += run.len();
            continue;
        }
        // What follows a colon and a space is for people.
        if fields >= MAX_FIELDS || (fields > 0 && (out.ends_with(": ") || out.ends_with(" - "))) {
            break;
        }
        // `program[7]: text`, `a.b.Class: text`
        if let Some(colon) = rest.find(": ").filter(|colon| fields > 0 && is_name(&rest[..*colon]))
        {
            out.push_str("%{DATA:source}: ");
            at += colon + 2;
            break;
        }
        if fields > 0 && is_prose(rest) {
            break;
        }
        // Values are told from what is between two signs.
        let chunk = rest.find(|c: char| c.is_whitespace() || SIGNS.contains(c));
        let all = if SIGNS.contains(c) { 0 } else { rest.len() };
        let chunk = chunk.filter(|len| *len > 0).unwrap_or(all);
        let found = VALUES.iter().find_map(|stock| {
            let end = ends(stock.pattern, at)?;
            let is_anything = ANYTHING.contains(&stock.pattern);
            let is_whole = end == at + chunk || (end > at + chunk && !is_anything);
            (is_whole && end > at).then_some((stock, end))
        });
        let is_sign = !c.is_alphanumeric() && (chunk < 2 && c != '"');
        match found {
            Some((stock, end)) if !is_sign => {
                let count = counts.entry(stock.field).or_default();
                *count += 1;
                let number = if *count > 1 { count.to_string() } else { String::new() };
                out.push_str(&stock.capturing(&format!("{}{number}", stock.field)));
                fields += 1;
                at = end;
            }
            _ if !is_sign && chunk > 0 => {
                let count = counts.entry("text").or_default();
                *count += 1;
                let number = if *count > 1 { count.to_string() } else { String::new() };
                let stop = rest.get(chunk..).and_then(|rest| rest.chars().next());
                match stop.filter(|c| !c.is_whitespace()) {
                    Some(stop) => {
                        let stop = escaped(stop.encode_utf8(&mut [0; 4]));
                        out.extend(["(?<text", &number, ">[^", &stop, "]+)"]);
                    }
                    None => out.extend(["%{NOTSPACE:text", &number, "}"]),
                }
                fields += 1;
                at += chunk;
            }
            _ => {
                out.push_str(&escaped(c.encode_utf8(&mut [0; 4])));
                at += c.len_utf8();
            }
        }
    }
    if fields == 0 {
        return None;
    }
    out.push_str(if at < subject.len() { "%{GREEDYDATA:message}$" } else { "$" });
    Some(out)
}

/// Tells whether a text is one word with signs in it.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic()) && !text.contains(char::is_whitespace)
}

/// Tells whether two plain words in a row begin a text.
fn is_prose(text: &str) -> bool {
    let mut words = text.split(' ');
    let is_word = |word: Option<&str>| {
        word.is_some_and(|word| word.len() > 1 && word.chars().all(char::is_alphabetic))
    };
    let first = words.next();
    // Levels are in capitals, texts seldom are.
    is_word(first)
        && is_word(words.next())
        && !first.is_some_and(|word| word.chars().all(char::is_uppercase))
}

/// Signs that end a value.
const SIGNS: &str = "|,;[](){}=\"'<>";

/// Values that are read one by one.
const MAX_FIELDS: usize = 6;

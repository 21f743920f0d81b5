//! A YAML file to values, with the types that Ruby's YAML 1.1 gives plain words.
//!
//! `"200": OK` gives the text key `200`, `200: OK` a number, `no: Norway` the key `false`. Source of behaviour:
//! psych 5.x `ScalarScanner`. Instants and dates stay texts.

use granit_parser::{Event, Parser, ScalarStyle, Tag};

use crate::event::text::push_ruby_float;
use crate::filter::stored::{File, FileError, Stored};
use crate::limits;

/// Reads a mapping; its keys are the entries.
pub(crate) fn read(text: &str) -> Result<File, FileError> {
    match load(text)? {
        Node::Map(entries) => {
            let mut file = File::default();
            for (key, value) in entries {
                match key {
                    Node::Text(key) => file.entries.push((key, value.into_stored())),
                    key => file.odd_keys.push(key.shown()),
                }
            }
            Ok(file)
        }
        Node::Null => Ok(File::default()),
        _ => Err(FileError::new("holds no YAML mapping")),
    }
}

/// Reads any value.
pub(crate) fn value(text: &str) -> Result<Stored, FileError> {
    load(text).map(Node::into_stored)
}

/// A value whose maps may have any keys.
#[derive(Clone, Debug)]
enum Node {
    Bool(bool),
    Float(f64),
    Int(i64),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Null,
    Number(Box<str>),
    Text(Box<str>),
}

impl Node {
    fn into_stored(self) -> Stored {
        match self {
            Self::Bool(value) => Stored::Bool(value),
            Self::Float(value) => Stored::Float(value),
            Self::Int(value) => Stored::Int(value),
            Self::List(items) => Stored::List(items.into_iter().map(Self::into_stored).collect()),
            Self::Map(entries) => {
                let entry = |(key, value): (Self, Self)| (key.shown().into(), value.into_stored());
                Stored::Map(entries.into_iter().map(entry).collect())
            }
            Self::Null => Stored::Null,
            Self::Number(text) => Stored::Number(text),
            Self::Text(text) => Stored::Text(text),
        }
    }

    /// The text of a key of a map inside of a value, which events have as text.
    fn shown(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Float(value) => {
                let mut text = String::new();
                push_ruby_float(*value, &mut text);
                text
            }
            Self::Int(value) => value.to_string(),
            Self::List(_) | Self::Map(_) => String::from("…"),
            Self::Null => String::new(),
            Self::Number(text) | Self::Text(text) => text.to_string(),
        }
    }

    /// The number of values in it.
    fn size(&self) -> usize {
        match self {
            Self::List(items) => items.iter().map(Self::size).sum::<usize>() + 1,
            Self::Map(entries) => {
                entries.iter().map(|(key, value)| key.size() + value.size()).sum::<usize>() + 1
            }
            _ => 1,
        }
    }

    /// The number of levels of lists and maps in it.
    fn depth(&self) -> usize {
        match self {
            Self::List(items) => items.iter().map(Self::depth).max().unwrap_or(0) + 1,
            Self::Map(entries) => {
                entries.iter().map(|(_, value)| value.depth()).max().unwrap_or(0) + 1
            }
            _ => 0,
        }
    }
}

/// A list or map that is not closed yet.
struct Open {
    anchor: usize,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    /// The key waits for its value.
    Map(Vec<(Node, Node)>, Option<Node>),
}

#[derive(Default)]
struct Loader {
    open: Vec<Open>,
    root: Option<Node>,
    /// Values with an anchor, by its number.
    anchors: Vec<(usize, Node)>,
    values: usize,
    max_values: usize,
    /// Values that stand for aliases.
    aliased: usize,
}

fn load(text: &str) -> Result<Node, FileError> {
    load_some(text, limits::DICTIONARY_VALUES)
}

fn load_some(text: &str, max_values: usize) -> Result<Node, FileError> {
    let mut loader = Loader { max_values, ..Loader::default() };
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| {
            FileError::new(format!(
                "is not valid YAML in line {}: {}",
                error.marker().line(),
                error.info()
            ))
        })?;
        let line = span.start.line();
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = scalar(&text, style, tag.as_deref());
                loader.add(anchor, 1, node, line)?;
            }
            Event::SequenceStart(_, anchor, _) => {
                loader.start(anchor, Items::List(Vec::new()), line)?;
            }
            Event::MappingStart(_, anchor, _) => {
                loader.start(anchor, Items::Map(Vec::new(), None), line)?;
            }
            Event::SequenceEnd | Event::MappingEnd => loader.end(line)?,
            Event::Alias(anchor) => {
                let known = loader.anchors.iter().rev().find(|(id, _)| *id == anchor);
                let Some((_, node)) = known else {
                    return Err(FileError::new(format!("has an alias of itself in line {line}")));
                };
                if loader.open.len() + node.depth() > limits::DICTIONARY_DEPTH {
                    return Err(too_deep(line));
                }
                let size = node.size();
                loader.aliased += size;
                if loader.aliased > limits::DICTIONARY_ALIASED_VALUES {
                    return Err(FileError::limit(format!(
                        "has aliases that stand for more than {} values, in line {line}",
                        limits::DICTIONARY_ALIASED_VALUES
                    )));
                }
                let node = node.clone();
                loader.add(0, size, node, line)?;
            }
            // Only the first document counts.
            Event::DocumentEnd => break,
            _ => {}
        }
    }
    Ok(loader.root.unwrap_or(Node::Null))
}

fn too_deep(line: usize) -> FileError {
    let levels = limits::DICTIONARY_DEPTH;
    FileError::limit(format!("nests more than {levels} levels in line {line}"))
}

impl Loader {
    fn start(&mut self, anchor: usize, items: Items, line: usize) -> Result<(), FileError> {
        if self.open.len() >= limits::DICTIONARY_DEPTH {
            return Err(too_deep(line));
        }
        self.open.push(Open { anchor, items });
        Ok(())
    }

    fn end(&mut self, line: usize) -> Result<(), FileError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let node = match open.items {
            Items::List(items) => Node::List(items),
            Items::Map(entries, _) => Node::Map(entries),
        };
        if open.anchor != 0 {
            self.anchors.push((open.anchor, node.clone()));
        }
        self.place(node, line)
    }

    /// Counts a value, and puts it where it belongs.
    fn add(
        &mut self,
        anchor: usize,
        size: usize,
        node: Node,
        line: usize,
    ) -> Result<(), FileError> {
        self.values += size;
        if self.values > self.max_values {
            let most = self.max_values;
            return Err(FileError::limit(format!("has more than {most} values, in line {line}")));
        }
        if anchor != 0 {
            self.anchors.push((anchor, node.clone()));
        }
        self.place(node, line)
    }

    fn place(&mut self, node: Node, line: usize) -> Result<(), FileError> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.items {
            Items::List(items) => items.push(node),
            Items::Map(entries, key) => match key.take() {
                None => *key = Some(node),
                Some(Node::Text(name)) if *name == *"<<" => match node {
                    Node::Map(merged) => entries.extend(merged),
                    node => entries.push((Node::Text(name), node)),
                },
                Some(Node::List(_) | Node::Map(_)) => {
                    return Err(FileError::new(format!(
                        "has a key in line {line} that is a list or a map"
                    )));
                }
                Some(name) => entries.push((name, node)),
            },
        }
        Ok(())
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Node {
    let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix() == "str");
    if is_text { Node::Text(text.into()) } else { plain(text) }
}

/// The value of a word without quotes.
fn plain(text: &str) -> Node {
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "" | "~" | "null" => return Node::Null,
        "yes" | "true" | "on" => return Node::Bool(true),
        "no" | "false" | "off" => return Node::Bool(false),
        ".inf" | "+.inf" => return Node::Float(f64::INFINITY),
        "-.inf" => return Node::Float(f64::NEG_INFINITY),
        ".nan" => return Node::Float(f64::NAN),
        _ => {}
    }
    let digits = lower.trim_start_matches(['-', '+']);
    if lower.len() - digits.len() <= 1
        && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && let Some(number) = number(&lower, digits)
    {
        return number;
    }
    Node::Text(text.into())
}

/// A number in lower case, and the same without its sign.
fn number(text: &str, digits: &str) -> Option<Node> {
    let sign = if text.starts_with('-') { "-" } else { "" };
    if digits.contains(':') {
        return sexagesimal(sign, digits);
    }
    for (prefix, radix) in [("0b", 2), ("0x", 16), ("0", 8)] {
        let Some(rest) = digits.strip_prefix(prefix) else { continue };
        let rest: String = rest.chars().filter(|c| !matches!(c, '_' | ',')).collect();
        if rest.is_empty() {
            continue;
        }
        if rest.chars().all(|c| c.is_digit(radix)) {
            return i64::from_str_radix(&format!("{sign}{rest}"), radix).ok().map(Node::Int);
        }
    }
    let plain: String = digits.chars().filter(|c| !matches!(c, '_' | ',')).collect();
    let is_grouped = plain.len() != digits.len();
    if plain.bytes().all(|byte| byte.is_ascii_digit()) {
        if digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        let number = format!("{sign}{plain}");
        return Some(number.parse().map_or_else(|_| Node::Number(number.into()), Node::Int));
    }
    // A float needs its point, and a sign in its exponent.
    let (mantissa, exponent) = match plain.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (plain.as_str(), None),
    };
    let (whole, decimals) = mantissa.split_once('.')?;
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_exponent = |text: &str| {
        text.strip_prefix(['+', '-']).is_some_and(|rest| !rest.is_empty() && is_digits(rest))
    };
    let is_float = is_digits(whole)
        && is_digits(decimals)
        && !(whole.is_empty() && (decimals.is_empty() || is_grouped))
        && exponent.is_none_or(is_exponent);
    let number = format!("{sign}{whole}.{decimals}0e{}", exponent.unwrap_or("0"));
    is_float.then(|| number.parse().ok().map(Node::Float)).flatten()
}

/// `1:30` is 5400 in Ruby: each part times sixty to the power of its distance from the third.
fn sexagesimal(sign: &str, digits: &str) -> Option<Node> {
    let parts: Vec<&str> = digits.split(':').collect();
    let fits = |(at, part): (usize, &&str)| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (at == 0 || part.len() == 1 || (part.len() == 2 && part.as_bytes()[0] < b'6'))
    };
    if !(2..=3).contains(&parts.len()) || !parts.iter().enumerate().all(fits) {
        return None;
    }
    let mut sum = 0_i64;
    for (part, weight) in parts.iter().zip([3600, 60, 1]) {
        sum = sum.checked_add(part.parse::<i64>().ok()?.checked_mul(weight)?)?;
    }
    Some(Node::Int(if sign.is_empty() { sum } else { -sum }))
}

#[cfg(test)]
mod tests {
    use core::fmt::Write;

    use super::*;

    fn shown(text: &str) -> String {
        format!("{:?}", plain(text))
    }

    #[test]
    fn plain_words_have_the_types_of_yaml_1_1() {
        for (text, expected) in [
            ("OK", "Text(\"OK\")"),
            ("~", "Null"),
            ("NO", "Bool(false)"),
            ("on", "Bool(true)"),
            ("200", "Int(200)"),
            ("-1_000", "Int(-1000)"),
            ("010", "Int(8)"),
            ("0x1F", "Int(31)"),
            ("0b11", "Int(3)"),
            ("089", "Text(\"089\")"),
            ("1.5", "Float(1.5)"),
            ("1.5e3", "Text(\"1.5e3\")"),
            ("1.5e+3", "Float(1500.0)"),
            (".5", "Float(0.5)"),
            ("1e5", "Text(\"1e5\")"),
            ("1.2.3.4", "Text(\"1.2.3.4\")"),
            ("1:30", "Int(5400)"),
            ("1:2:3", "Int(3723)"),
            ("1:99", "Text(\"1:99\")"),
            ("-", "Text(\"-\")"),
            (".", "Text(\".\")"),
            ("2024-01-02", "Text(\"2024-01-02\")"),
            ("99999999999999999999", "Number(\"99999999999999999999\")"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn only_text_keys_are_entries() {
        let file = read("\"200\": OK\n404: Not Found\nno: Norway\nyes it is: 1\n").expect("read");
        let names: Vec<&str> = file.entries.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["200", "yes it is"]);
        assert_eq!(file.odd_keys, ["404", "false"]);
    }

    #[test]
    fn anchors_aliases_and_merges_are_copies() {
        let file = read("a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  l: 2\n").expect("read");
        let shown: Vec<String> =
            file.entries.iter().map(|(name, value)| format!("{name} {value:?}")).collect();
        assert_eq!(shown[1], "b Map([(\"k\", Int(1))])");
        assert_eq!(shown[2], "c Map([(\"k\", Int(1)), (\"l\", Int(2))])");
    }

    #[test]
    fn aliases_that_multiply_are_stopped() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..7 {
            let before = format!("*a{}", level - 1);
            let items = vec![before; 10].join(", ");
            let _ = writeln!(text, "a{level}: &a{level} [{items}]");
        }
        let error = read(&text).expect_err("a billion laughs");
        assert!(error.is_limit, "{}", error.message);
        assert!(error.message.contains("values"), "{}", error.message);
    }

    #[test]
    fn values_are_counted() {
        assert!(load_some("[1, 2, {a: b}]", 4).is_ok());
        assert!(load_some("[1, 2, {a: b}]", 3).expect_err("4 values").is_limit);
    }

    #[test]
    fn deep_nesting_is_stopped() {
        let depth = limits::DICTIONARY_DEPTH + 1;
        let text = format!("a: {}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&text).expect_err("deep").is_limit);
    }

    #[test]
    fn wrong_yaml_is_an_error_with_its_line() {
        let error = read("a: 1\nb: [1, 2\nc: 3").expect_err("an open list");
        assert!(error.message.starts_with("is not valid YAML in line "), "{}", error.message);
        assert_eq!(read("- a").expect_err("a list").message, "holds no YAML mapping");
    }
}

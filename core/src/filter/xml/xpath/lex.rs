//! The words of an `XPath` expression, with the rules that tell an operator from a name.

use core::fmt;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `child::`
    Axis(Box<str>),
    /// A name before a parenthesis.
    Function(Box<str>),
    Multiply,
    /// A test; `*` has no local name.
    Name { prefix: Option<Box<str>>, local: Option<Box<str>> },
    /// `text`, `node`, … before a parenthesis.
    NodeType(&'static str),
    Number(f64),
    Sign(&'static str),
    Text(Box<str>),
    /// `and`, `or`, `div`, `mod`
    Word(&'static str),
}

impl Token {
    /// Whether a step of a path may begin here.
    pub(super) fn starts_step(&self) -> bool {
        matches!(
            self,
            Self::Axis(_) | Self::Name { .. } | Self::NodeType(_) | Self::Sign("." | ".." | "@")
        )
    }

    /// Whether an operator, and no operand, stands behind this.
    fn ends_operand(&self) -> bool {
        matches!(
            self,
            Self::Name { .. } | Self::Number(_) | Self::Text(_) | Self::Sign(")" | "]" | "." | "..")
        )
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Axis(name) => write!(f, "`{name}::`"),
            Self::Function(name) => write!(f, "`{name}`"),
            Self::Multiply => f.write_str("`*`"),
            Self::Name { prefix, local } => {
                let local = local.as_deref().unwrap_or("*");
                match prefix {
                    Some(prefix) => write!(f, "`{prefix}:{local}`"),
                    None => write!(f, "`{local}`"),
                }
            }
            Self::NodeType(text) | Self::Sign(text) | Self::Word(text) => write!(f, "`{text}`"),
            Self::Number(number) => write!(f, "`{number}`"),
            Self::Text(text) => write!(f, "`'{text}'`"),
        }
    }
}

/// Longer ones first.
const SIGNS: [&str; 20] = [
    "//", "!=", "<=", ">=", "..", "::", "/", "(", ")", "[", "]", "@", ",", "|", "+", "-", "=", "<", ">",
    ".",
];

fn is_name_start(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

fn is_name_part(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | '\u{B7}')
}

/// A name without a colon at the start of a text.
fn name(text: &str) -> Option<&str> {
    text.starts_with(is_name_start).then(|| {
        let end = text.find(|character| !is_name_part(character)).unwrap_or(text.len());
        &text[..end]
    })
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let operator_is_due = tokens.last().is_some_and(Token::ends_operand);
        let len = match first {
            '"' | '\'' => {
                let Some((inside, _)) = rest[1..].split_once(first) else {
                    return Err("has a text without its closing quote".to_owned());
                };
                tokens.push(Token::Text(inside.into()));
                inside.len() + 2
            }
            '$' => return Err("uses a variable, and there are none".to_owned()),
            '*' => {
                tokens.push(if operator_is_due {
                    Token::Multiply
                } else {
                    Token::Name { prefix: None, local: None }
                });
                1
            }
            _ if first.is_ascii_digit()
                || (first == '.' && rest[1..].starts_with(|next: char| next.is_ascii_digit())) =>
            {
                let end = rest.find(|next: char| !next.is_ascii_digit() && next != '.');
                let number = &rest[..end.unwrap_or(rest.len())];
                let value = number.parse();
                tokens.push(Token::Number(value.map_err(|_| format!("has no number in `{number}`"))?));
                number.len()
            }
            _ if is_name_start(first) => named(rest, operator_is_due, &mut tokens)?,
            _ => {
                let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) else {
                    return Err(format!("has an unexpected `{first}`"));
                };
                tokens.push(Token::Sign(sign));
                sign.len()
            }
        };
        rest = rest[len..].trim_start();
    }
    Ok(tokens)
}

/// A name with what its surroundings make of it; the number of bytes comes back.
fn named(text: &str, operator_is_due: bool, tokens: &mut Vec<Token>) -> Result<usize, String> {
    let first = name(text).unwrap_or("");
    if operator_is_due {
        let word = ["and", "or", "div", "mod"].into_iter().find(|word| *word == first);
        let word = word.ok_or_else(|| format!("has an unexpected `{first}`"))?;
        tokens.push(Token::Word(word));
        return Ok(first.len());
    }
    let behind = &text[first.len()..];
    if let Some(after) = behind.trim_start().strip_prefix("::") {
        tokens.push(Token::Axis(first.into()));
        return Ok(text.len() - after.len());
    }
    if let Some(after) = behind.strip_prefix(':') {
        let local = if after.starts_with('*') { None } else { name(after) };
        if local.is_none() && !after.starts_with('*') {
            return Err(format!("has no name behind `{first}:`"));
        }
        tokens.push(Token::Name { prefix: Some(first.into()), local: local.map(Box::from) });
        return Ok(first.len() + 1 + local.map_or(1, str::len));
    }
    tokens.push(if behind.trim_start().starts_with('(') {
        let types = ["comment", "node", "processing-instruction", "text"];
        match types.into_iter().find(|kind| *kind == first) {
            Some(kind) => Token::NodeType(kind),
            None => Token::Function(first.into()),
        }
    } else {
        Token::Name { prefix: None, local: Some(first.into()) }
    });
    Ok(first.len())
}

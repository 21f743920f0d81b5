//! sprintf templates: `%{field}`, `%{[a][b]}`, `%{+yyyy.MM.dd}`, `%{{yyyy-MM-dd}}`.
//!
//! Source of behaviour: Logstash 9.x `StringInterpolation`. The first `}` closes; there is no escape
//! for `%{` and the result is not read again.

use crate::arena::Arena;
use crate::event::path::{EscapeStyle, FieldPath};
use crate::event::{Event, SetError, Value, json, text};
use crate::limits;
use crate::time::{JavaPattern, JodaPattern, Timestamp, Zone};

/// A compiled template.
#[derive(Debug)]
pub struct Template {
    parts: Box<[Part]>,
}

#[derive(Debug)]
enum Part {
    /// `%{+%s}`, `%{}`, `%{+}`: seconds since 1970 of `@timestamp`.
    Epoch,
    /// `%{ref}`, with the text that stays when the field is missing.
    Field { path: FieldPath, literal: Box<str> },
    /// `%{{pattern}}`.
    Java(JavaPattern),
    /// `%{+pattern}`.
    Joda(JodaPattern),
    /// Text outside `%{..}`.
    Literal(Box<str>),
    /// `%{{TIME_NOW}}`.
    Now,
    /// What makes Logstash throw when the template is filled in.
    Throws,
}

impl Template {
    /// Compiles a template; one that cannot be filled in fails when it is used, as in Logstash.
    pub fn parse(template: &str, style: EscapeStyle) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = template;
        while let Some((open, inner_len)) = find_reference(rest) {
            literal.push_str(&rest[..open]);
            let inner = &rest[open + 2..open + 2 + inner_len];
            let mut end = open + 2 + inner_len + 1;
            let part = if "+%s".starts_with(inner) {
                Part::Epoch
            } else if let Some(pattern) = inner.strip_prefix('{') {
                if rest[end..].starts_with('}') {
                    end += 1;
                    java_part(pattern)
                } else {
                    Part::Throws
                }
            } else if let Some(pattern) = inner.strip_prefix('+') {
                JodaPattern::compile(pattern, &crate::time::Locale::english())
                    .map_or(Part::Throws, Part::Joda)
            } else {
                match FieldPath::parse(inner, style) {
                    Ok(path) => Part::Field { path, literal: rest[open..end].into() },
                    Err(_) => Part::Throws,
                }
            };
            if !literal.is_empty() {
                parts.push(Part::Literal(core::mem::take(&mut literal).into()));
            }
            parts.push(part);
            rest = &rest[end..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.into()));
        }
        Self { parts: parts.into() }
    }

    /// A template that stands for a text as it is.
    pub(crate) fn literal(text: &str) -> Self {
        Self { parts: Box::new([Part::Literal(text.into())]) }
    }

    /// The template's text when nothing in it is to be filled in.
    pub fn as_literal(&self) -> Option<&str> {
        match &*self.parts {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The fields that the template reads.
    pub fn fields(&self) -> impl Iterator<Item = &FieldPath> {
        self.parts.iter().filter_map(|part| match part {
            Part::Field { path, .. } => Some(path),
            _ => None,
        })
    }

    /// Fills in the template.
    ///
    /// A missing or null field leaves its `%{..}` as text. Constant templates and texts of one
    /// field are not copied.
    ///
    /// # Errors
    /// [`SetError::Reference`] for an invalid field reference or date pattern inside.
    pub fn render<'b>(
        &'b self,
        event: &Event<'b>,
        now: Timestamp,
        arena: &'b Arena,
    ) -> Result<&'b str, SetError> {
        match &*self.parts {
            [Part::Literal(text)] => return Ok(text),
            [] => return Ok(""),
            [Part::Field { path, literal }] => match event.get(path.as_ref()) {
                Some(Value::Str(text)) => return Ok(text),
                None | Some(Value::Null) if !path.as_ref().is_whole_metadata() => {
                    return Ok(literal);
                }
                _ => {}
            },
            _ => {}
        }
        arena.try_build(|out| self.push_rendered(event, now, out))
    }

    /// Fills in the template at the end of a text.
    ///
    /// # Errors
    /// As [`Template::render`]; what was filled in before stays.
    pub fn push_rendered(
        &self,
        event: &Event<'_>,
        now: Timestamp,
        out: &mut String,
    ) -> Result<(), SetError> {
        for part in &self.parts {
            match part {
                Part::Epoch => {
                    if let Some(time) = event.timestamp() {
                        out.push_str(itoa::Buffer::new().format(time.as_seconds()));
                    }
                }
                Part::Field { path, .. } if path.as_ref().is_whole_metadata() => {
                    json::push_object(event.metadata(), out);
                }
                Part::Field { path, literal } => match event.get(path.as_ref()) {
                    None | Some(Value::Null) => out.push_str(literal),
                    Some(value) => text::push_sprintf(value, out),
                },
                Part::Java(pattern) => {
                    if let Some(time) = event.timestamp() {
                        pattern.format(time, out);
                    }
                }
                Part::Joda(pattern) => {
                    if let Some(time) = event.timestamp() {
                        pattern.format(time, &Zone::utc(), out);
                    }
                }
                Part::Literal(text) => out.push_str(text),
                Part::Now => now.push_iso(out),
                Part::Throws => return Err(SetError::Reference),
            }
            if out.len() > limits::TEMPLATE_BYTES {
                return Err(SetError::TooLarge);
            }
        }
        Ok(())
    }
}

fn java_part(pattern: &str) -> Part {
    if pattern == "TIME_NOW" {
        return Part::Now;
    }
    JavaPattern::compile(pattern).map_or(Part::Throws, Part::Java)
}

/// The place of the next `%{` that has a `}`, and the length of what stands between.
fn find_reference(text: &str) -> Option<(usize, usize)> {
    let open = text.find("%{")?;
    let inner_len = text[open + 2..].find('}')?;
    Some((open, inner_len))
}

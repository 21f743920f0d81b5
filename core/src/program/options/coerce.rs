//! Types of options: from merged values to values that fit, or a message that says what does not.

use std::collections::BTreeMap;

use crate::{
    config::ast::{Name, Plugin},
    diagnostic::{Code, Diagnostic, Span},
    program::schema::{OptionSpec, OptionType, suggest},
};

use super::{
    Number, OptionKind, OptionValue, PluginKind, Refused, Resolver,
    raw::{Raw, RawKind},
};

impl Resolver<'_> {
    /// Makes a value of the option's type; without a `spec`, anything goes.
    pub(super) fn coerce(
        &mut self,
        spec: Option<&OptionSpec>,
        raw: Raw<'_>,
    ) -> Result<Option<OptionValue>, Refused> {
        let Some(spec) = spec else {
            return Ok(Some(self.untyped(raw)));
        };
        if spec.is_list {
            let span = raw.span;
            let elements = match raw.kind {
                RawKind::Array(elements) => elements,
                RawKind::Text(text)
                    if matches!(spec.kind, OptionType::Uri | OptionType::UriOrEmpty) =>
                {
                    let uris = text.split_ascii_whitespace();
                    uris.map(|uri| Raw { kind: RawKind::Text(uri.to_owned()), span }).collect()
                }
                _ => vec![raw],
            };
            let mut values = Vec::with_capacity(elements.len());
            for element in elements {
                values.extend(self.typed(spec, element)?);
            }
            return Ok(Some(OptionValue::new(OptionKind::Array(values), span)));
        }
        self.typed(spec, raw)
    }

    fn typed(&mut self, spec: &OptionSpec, raw: Raw<'_>) -> Result<Option<OptionValue>, Refused> {
        match spec.kind {
            OptionType::Any => return Ok(Some(self.untyped(raw))),
            OptionType::Array => return self.array(spec, raw).map(Some),
            OptionType::Codec => return self.codec(spec, &raw).map(Some),
            OptionType::Hash => return self.hash(spec, raw).map(Some),
            _ => {}
        }
        let Some(raw) = self.single(spec, raw)? else { return Ok(None) };
        let span = raw.span;
        let text = match raw.kind {
            RawKind::Array(_) | RawKind::Hash(_) if spec.kind == OptionType::Text => {
                // Logstash takes it and fails while it runs, as the plugin will here.
                return if spec.name == "id" {
                    Err(self.wrong_type(spec, &raw))
                } else {
                    Ok(Some(self.untyped(raw).with_text()))
                };
            }
            RawKind::Array(_) | RawKind::Hash(_) | RawKind::Plugin(_) => {
                return Err(self.wrong_type(spec, &raw));
            }
            RawKind::Number(number) => return self.number(spec, number, span).map(Some),
            RawKind::Text(text) => text,
        };
        let kind = match spec.kind {
            OptionType::Boolean => match text.as_str() {
                "true" => OptionKind::Bool(true),
                "false" => OptionKind::Bool(false),
                _ => {
                    let help = "booleans are written `true` and `false`, in lower case";
                    return Err(self.bad_value(spec, &text, span, Some(help)));
                }
            },
            OptionType::Number => match exact_number(&text) {
                Some(number) => OptionKind::Number(text, number),
                None => return Err(self.bad_value(spec, &text, span, None)),
            },
            OptionType::Enum(words) => return self.word(spec, words, text, span).map(Some),
            OptionType::Bytes if bytes(&text).is_none() => {
                let help = "write a number of bytes or a text such as \"10 MiB\"";
                return Err(self.bad_value(spec, &text, span, Some(help)));
            }
            OptionType::FieldReference if !is_field_reference(&text) => {
                let help = "fields are written `name` or `[outer][inner]`";
                return Err(self.bad_value(spec, &text, span, Some(help)));
            }
            OptionType::Text if spec.name == "id" && text.is_empty() => {
                return Err(self.bad_value(spec, &text, span, None));
            }
            _ => OptionKind::Text(text),
        };
        Ok(Some(OptionValue::new(kind, span)))
    }

    /// Takes the element of a list of one; `None` for an empty list.
    fn single<'r>(&mut self, spec: &OptionSpec, raw: Raw<'r>) -> Result<Option<Raw<'r>>, Refused> {
        match raw.kind {
            RawKind::Array(mut elements) if elements.len() <= 1 => Ok(elements.pop()),
            RawKind::Array(elements) => {
                let message = format!(
                    "`{}` takes {}, not a list of {}",
                    spec.name,
                    spec.kind.as_str(),
                    elements.len()
                );
                self.errors.push(Diagnostic::error(Code::WrongType, raw.span, message));
                Err(Refused)
            }
            _ => Ok(Some(raw)),
        }
    }

    /// Takes a number for an option of any type but list, hash and codec.
    fn number(
        &mut self,
        spec: &OptionSpec,
        number: Number,
        span: Span,
    ) -> Result<OptionValue, Refused> {
        let text = number.to_text();
        let accepts = match spec.kind {
            OptionType::Boolean | OptionType::Password | OptionType::FieldReference => false,
            OptionType::Enum(words) => words.split('|').any(|word| word == text),
            OptionType::Bytes => bytes(&text).is_some(),
            OptionType::Text => spec.name != "id",
            _ => true,
        };
        if accepts {
            return Ok(OptionValue::new(OptionKind::Number(text, number), span));
        }
        let raw = Raw { kind: RawKind::Number(number), span };
        Err(self.wrong_type(spec, &raw))
    }

    fn word(
        &mut self,
        spec: &OptionSpec,
        words: &'static str,
        text: String,
        span: Span,
    ) -> Result<OptionValue, Refused> {
        if words.split('|').any(|word| word == text) {
            return Ok(OptionValue::new(OptionKind::Text(text), span));
        }
        let list: Vec<String> = words.split('|').map(|word| format!("`{word}`")).collect();
        let message = format!("`{}` takes {}; found `{text}`", spec.name, list.join(", "));
        let error = Diagnostic::error(Code::BadValue, span, message);
        self.errors.push(match suggest(&text, words.split('|')) {
            Some(near) => error.with_help(format!("did you mean `{near}`?")),
            None => error,
        });
        Err(Refused)
    }

    fn array(&mut self, spec: &OptionSpec, raw: Raw<'_>) -> Result<OptionValue, Refused> {
        let span = raw.span;
        let elements = match raw.kind {
            RawKind::Array(elements) => elements,
            RawKind::Plugin(_) => return Err(self.wrong_type(spec, &raw)),
            _ => vec![raw],
        };
        let values =
            elements.into_iter().map(|element| self.untyped(element).with_text()).collect();
        Ok(OptionValue::new(OptionKind::Array(values), span))
    }

    /// Makes a hash; a list of even length is taken as pairs, equal keys collect their values.
    fn hash(&mut self, spec: &OptionSpec, raw: Raw<'_>) -> Result<OptionValue, Refused> {
        let span = raw.span;
        let elements = match raw.kind {
            RawKind::Hash(_) => return Ok(self.untyped(raw)),
            RawKind::Array(elements) => elements,
            _ => return Err(self.wrong_type(spec, &raw)),
        };
        if elements.len() % 2 == 1 {
            let message = format!(
                "`{}` takes a hash; a list stands for one only when it has keys and values in \
                 turn, and this one has {} elements",
                spec.name,
                elements.len()
            );
            let error = Diagnostic::error(Code::WrongType, span, message)
                .with_help(format!("write `{} => {{ \"key\" => \"value\" }}`", spec.name));
            self.errors.push(error);
            return Err(Refused);
        }
        let mut entries: Vec<(OptionValue, Vec<OptionValue>)> = Vec::new();
        let mut places = BTreeMap::new();
        let mut elements = elements.into_iter();
        while let (Some(key), Some(value)) = (elements.next(), elements.next()) {
            let key = self.untyped(key);
            let text = key.to_text().into_owned();
            let value = self.untyped(value);
            let place = *places.entry(text.clone()).or_insert(entries.len());
            if let Some((_, values)) = entries.get_mut(place) {
                values.push(value);
            } else {
                let key = OptionValue::new(OptionKind::Text(text), key.span);
                entries.push((key, vec![value]));
            }
        }
        let entries = entries.into_iter().map(|(key, mut values)| {
            let value = match (values.len(), values.pop()) {
                (1, Some(only)) => only,
                (_, last) => {
                    values.extend(last);
                    OptionValue::new(OptionKind::Array(values), span)
                }
            };
            (key, value)
        });
        Ok(OptionValue::new(OptionKind::Hash(entries.collect()), span))
    }

    fn codec(&mut self, spec: &OptionSpec, raw: &Raw<'_>) -> Result<OptionValue, Refused> {
        let span = raw.span;
        let options = match &raw.kind {
            RawKind::Plugin(plugin) => self.plugin(PluginKind::Codec, plugin).ok_or(Refused)?,
            RawKind::Text(name) => {
                let name = Name { text: name.clone(), quote: None, span };
                let plugin = Plugin { name, attributes: Vec::new(), span };
                self.plugin(PluginKind::Codec, &plugin).ok_or(Refused)?
            }
            _ => return Err(self.wrong_type(spec, raw)),
        };
        Ok(OptionValue::new(OptionKind::Codec(Box::new(options)), span))
    }

    /// Makes a value of whatever was written.
    fn untyped(&mut self, raw: Raw<'_>) -> OptionValue {
        let kind = match raw.kind {
            RawKind::Array(elements) => OptionKind::Array(
                elements.into_iter().map(|element| self.untyped(element)).collect(),
            ),
            RawKind::Hash(entries) => OptionKind::Hash(
                entries
                    .into_iter()
                    .map(|entry| {
                        let key = OptionKind::Text(entry.key);
                        (OptionValue::new(key, entry.key_span), self.untyped(entry.value))
                    })
                    .collect(),
            ),
            RawKind::Number(number) => OptionKind::Number(number.to_text(), number),
            RawKind::Plugin(plugin) => {
                // A plugin is a value of codec options only.
                let message = format!("the plugin `{}` cannot stand here", plugin.name.text);
                let error = Diagnostic::error(Code::WrongType, plugin.span, message)
                    .with_help("plugins are values of the option `codec` only");
                self.errors.push(error);
                OptionKind::Text(plugin.name.text.clone())
            }
            RawKind::Text(text) => OptionKind::Text(text),
        };
        OptionValue::new(kind, raw.span)
    }

    fn wrong_type(&mut self, spec: &OptionSpec, raw: &Raw<'_>) -> Refused {
        let message = format!("`{}` takes {}, not {}", spec.name, spec.kind.as_str(), raw.form());
        let error = Diagnostic::error(Code::WrongType, raw.span, message);
        self.errors.push(match (spec.kind, &raw.kind) {
            (OptionType::Hash, _) => {
                error.with_help(format!("write `{} => {{ \"key\" => \"value\" }}`", spec.name))
            }
            (OptionType::Enum(words), _) => {
                error.with_help(format!("one of: {}", words.replace('|', ", ")))
            }
            (OptionType::Password | OptionType::Text, RawKind::Number(number)) => {
                error.with_help(format!("write it as a string: \"{}\"", number.to_text()))
            }
            _ => error,
        });
        Refused
    }

    fn bad_value(
        &mut self,
        spec: &OptionSpec,
        text: &str,
        span: Span,
        help: Option<&str>,
    ) -> Refused {
        let shown: String = text.chars().take(60).collect();
        let message = if text.is_empty() {
            format!("`{}` must not be empty", spec.name)
        } else {
            format!("`{}` takes {}; found `{shown}`", spec.name, spec.kind.as_str())
        };
        let error = Diagnostic::error(Code::BadValue, span, message);
        self.errors.push(match help {
            Some(help) => error.with_help(help),
            None => error,
        });
        Refused
    }
}

/// Reads a string that is exactly what an integer or a float prints as: `3`, `3.5`, not `03`.
fn exact_number(text: &str) -> Option<Number> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'.'));
    let number = match text.parse::<i64>() {
        Ok(value) => Number::Int(value),
        Err(_) if is_plain => Number::Float(text.parse().ok()?),
        Err(_) => return None,
    };
    (number.to_text() == text).then_some(number)
}

/// Reads a number of bytes: `1024`, `10 MiB`, `1.5kb`; units with `i` count by 1024.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = unit.trim().to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let (prefix, base) = match unit.strip_suffix('i') {
        Some(prefix) => (prefix, 1024_u64),
        None => (unit, 1000),
    };
    let power = ["", "k", "m", "g", "t", "p", "e"].iter().position(|known| *known == prefix)?;
    if prefix.is_empty() && base == 1024 {
        return None;
    }
    let factor = base.checked_pow(u32::try_from(power).ok()?)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    if fraction.is_empty() {
        return Some(whole);
    }
    let digits: String = fraction.chars().take(9).collect();
    let scale = 10_u128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    let part = u128::from(digits.parse::<u64>().ok()?) * u128::from(factor) / scale;
    whole.checked_add(u64::try_from(part).ok()?)
}

/// Tells whether a text is `name` or `[a][b]`, as Logstash's validator for this type has it.
fn is_field_reference(text: &str) -> bool {
    if !text.contains(['[', ']']) {
        return true;
    }
    let mut depth = 0_usize;
    let mut is_empty = false;
    for c in text.chars() {
        match c {
            '[' => {
                depth += 1;
                is_empty = true;
            }
            ']' if depth == 0 || is_empty => return false,
            ']' => depth -= 1,
            _ if depth == 0 => return false,
            _ => is_empty = false,
        }
    }
    depth == 0
}

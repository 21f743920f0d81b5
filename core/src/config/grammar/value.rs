//! Values of options: plugins, barewords, strings, numbers, arrays and hashes.

use crate::config::{
    ast::{Entry, Name, Plugin, Text, Value, ValueKind},
    escape, token,
};

use super::{Parse, Parser};

impl Parser<'_> {
    /// Reads one value.
    pub(super) fn value(&mut self) -> Parse<Value> {
        let start = self.at;
        let kind = match self.rest().chars().next() {
            Some('"' | '\'') => ValueKind::Text(self.text()?),
            Some('[') => ValueKind::Array(self.array()?),
            Some('{') => ValueKind::Hash(self.hash()?),
            Some(c) if token::is_name(c) => self.word_value()?,
            _ => return Err(self.not_a_value()),
        };
        Ok(Value { kind, span: self.span_from(start) })
    }

    /// Reads a plugin, a bareword or a number, whichever fits first.
    fn word_value(&mut self) -> Parse<ValueKind> {
        if let Some(plugin) = self.plugin_value()? {
            return Ok(ValueKind::Plugin(plugin));
        }
        let start = self.at;
        if let Ok((rest, word)) = token::bareword(self.rest()) {
            self.advance_to(rest);
            if self.rest().starts_with('-') {
                self.dash_in_bareword(start);
            }
            return Ok(ValueKind::Bareword(word.to_owned()));
        }
        if let Ok((rest, number)) = token::number(self.rest()) {
            self.advance_to(rest);
            self.check_number_end(start);
            return Ok(ValueKind::Number(number.to_owned()));
        }
        self.short_word()
    }

    /// Reads `name { .. }`; `None` when no brace follows the name.
    fn plugin_value(&mut self) -> Parse<Option<Plugin>> {
        let start = self.at;
        let Ok((rest, name)) = token::name(self.rest()) else { return Ok(None) };
        let end = self.text.len() - rest.len();
        let brace = self.after_trivia(end);
        if !self.text[brace..].starts_with('{') {
            return Ok(None);
        }
        let name = Name { text: name.to_owned(), quote: None, span: self.map.span(start, end) };
        self.at = end;
        self.trivia();
        self.open('{')?;
        self.plugin(start, name).map(Some)
    }

    /// Reads a quoted string.
    pub(super) fn text(&mut self) -> Parse<Text> {
        let start = self.at;
        let Some(quote) = self.quote() else { return Err(self.not_a_value()) };
        let Ok((rest, raw)) = token::string(self.rest()) else {
            return Err(self.unclosed_string());
        };
        self.advance_to(rest);
        self.note_text(start);
        let text = if self.support_escapes { escape::decode(raw) } else { raw.to_owned() };
        Ok(Text { quote, raw: raw.to_owned(), text })
    }

    /// Reads `[ value, value ]`.
    pub(super) fn array(&mut self) -> Parse<Vec<Value>> {
        self.open('[')?;
        let mut values = Vec::new();
        self.trivia();
        if self.rest().starts_with(']') {
            self.close();
            return Ok(values);
        }
        loop {
            self.note_indent();
            values.push(self.value()?);
            self.running()?;
            self.trivia();
            match self.rest().chars().next() {
                Some(']') => {
                    self.close();
                    return Ok(values);
                }
                Some(',') => {
                    let comma = self.at;
                    self.at += 1;
                    self.trivia();
                    if self.rest().starts_with(']') {
                        self.trailing_comma(comma);
                        self.close();
                        return Ok(values);
                    }
                }
                _ => self.missing_comma()?,
            }
        }
    }

    /// Reads `{ key => value key => value }`.
    fn hash(&mut self) -> Parse<Vec<Entry>> {
        self.open('{')?;
        let mut entries = Vec::new();
        loop {
            self.trivia();
            self.running()?;
            match self.rest().chars().next() {
                Some('}') => {
                    self.close();
                    return Ok(entries);
                }
                Some(',') => {
                    self.comma_in_hash();
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            self.note_indent();
            let start = self.at;
            let key = self.key()?;
            self.trivia();
            let name = Name { text: String::new(), quote: None, span: key.span };
            self.arrow(&name)?;
            self.trivia();
            let value = self.value()?;
            entries.push(Entry { key, value, span: self.span_from(start) });
        }
    }

    /// Reads the key of a hash entry.
    fn key(&mut self) -> Parse<Value> {
        let start = self.at;
        let kind = if let Ok((rest, number)) = token::number(self.rest()) {
            self.advance_to(rest);
            ValueKind::Number(number.to_owned())
        } else if let Ok((rest, word)) = token::bareword(self.rest()) {
            self.advance_to(rest);
            ValueKind::Bareword(word.to_owned())
        } else if self.quote().is_some() {
            ValueKind::Text(self.text()?)
        } else if self.rest().starts_with(token::is_name) {
            return Err(self.short_key());
        } else {
            return Err(self.not_a_key());
        };
        if self.rest().starts_with(token::is_name) && !matches!(kind, ValueKind::Text(_)) {
            return Err(self.odd_key(start));
        }
        Ok(Value { kind, span: self.span_from(start) })
    }

    /// Reads `=>` or what was written for it.
    pub(super) fn arrow(&mut self, name: &Name) -> Parse<()> {
        if let Some(rest) = self.rest().strip_prefix("=>") {
            self.advance_to(rest);
            return Ok(());
        }
        self.wrong_arrow(name)
    }

    /// Reads the rest of a name, for repairs.
    pub(super) fn skip_word(&mut self) {
        let rest = self.rest().trim_start_matches(|c: char| token::is_name(c) || c == '.');
        self.advance_to(rest);
    }
}

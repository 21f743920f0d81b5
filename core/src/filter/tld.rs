//! `tld`: a host name becomes its public suffix and what stands before it.
//!
//! `{"message":"www.google.co.uk"}` with `tld { }` gets `[tld][tld]` = `co.uk`, `[tld][sld]` = `google`, `[tld][trd]` = `www`,
//! `[tld][domain]` = `google.co.uk`, `[tld][subdomain]` = `www.google.co.uk`. Source of behaviour: logstash-filter-tld 3.1.3 and the
//! gem `public_suffix` 5.

use crate::event::{Event, Key, Object, Value, text};
use crate::filter::field::FieldName;
use crate::filter::suffix::Suffixes;
use crate::filter::{CompileCx, Cx, Filter, Outcome, shown_value, tag_all};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Divides a host name at its public suffix.",
    example: r#"tld { source => "message" target => "domain" }"#,
    options: &[
        ("source", "The field with the host name."),
        ("target", "The field that gets `tld`, `sld`, `trd`, `domain`, `subdomain` and `top_level_domain`."),
    ],
    differences: &[
        ("", "The list of suffixes is the one of this program; a target that is no map is tagged `_tld_error`."),
    ],
};

#[derive(Debug)]
struct Tld {
    source: FieldName,
    target: FieldName,
    failure_tags: [Box<str>; 1],
    suffixes: Suffixes,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let field = |name: &str, default: &'static str| {
        FieldName::fixed(options.text(name).map_or(default, |text| text.value), style)
    };
    Some(Box::new(Tld {
        source: field("source", "message"),
        target: field("target", "tld"),
        failure_tags: [Box::from("_tld_error")],
        suffixes: Suffixes::new(),
    }))
}

/// A host name in its parts; none of them is empty.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'n> {
    /// The public suffix: `co.uk`.
    suffix: &'n str,
    /// The label before the suffix: `google`.
    second: &'n str,
    /// What stands before that: `www`.
    third: Option<&'n str>,
    /// The label and the suffix: `google.co.uk`.
    domain: &'n str,
}

impl Filter for Tld {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        self.set(event, cx).unwrap_or_else(|| {
            tag_all(event, &self.failure_tags, cx.arena);
            Outcome::Failed
        })
    }

    fn new_fields(&self) -> usize {
        1
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let target = self.target.resolve(event, cx).ok()?;
        let value = event.get(target).map_or_else(|| "not there".to_owned(), shown_value);
        Some(format!("field `{target}` is {value}, and the parts of a name need a map"))
    }
}

impl Tld {
    /// Nothing comes back when the target cannot take the parts.
    fn set<'b>(&'b self, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> Option<Outcome> {
        let source = self.source.resolve(event, cx).ok()?;
        let target = self.target.resolve(event, cx).ok()?;
        let name = match event.get(source) {
            None | Some(Value::Null) => return Some(Outcome::Unmatched),
            Some(Value::Str(text)) => *text,
            Some(value) => cx.arena.build(|out| text::push_ruby(value, out)),
        };
        let Some(name) = normalized(name) else { return Some(Outcome::Unmatched) };
        let name = if name.bytes().any(|byte| byte.is_ascii_uppercase()) || !name.is_ascii() {
            cx.arena.build(|out| out.extend(name.chars().flat_map(char::to_lowercase)))
        } else {
            name
        };
        let Some(parts) = divided(name, &self.suffixes) else { return Some(Outcome::Unmatched) };
        if event.get(target).is_none_or(Value::is_null) {
            let empty = Value::object(Object::new_in(cx.arena), cx.arena);
            event.set(target, empty, cx.arena).ok()?;
        }
        let Some(Value::Object(object)) = event.get_mut(target) else { return None };
        let third = parts.third.map_or(Value::Null, Value::Str);
        let subdomain = parts.third.map_or(Value::Null, |_| Value::Str(name));
        for (key, value) in [
            ("tld", Value::Str(parts.suffix)),
            ("sld", Value::Str(parts.second)),
            ("trd", third),
            ("domain", Value::Str(parts.domain)),
            ("subdomain", subdomain),
            ("top_level_domain", Value::Str(parts.suffix)),
        ] {
            object.insert(Key::new(key), value, cx.arena);
        }
        Some(Outcome::Matched)
    }
}

/// A name without what may stand around it; nothing for what is none.
fn normalized(name: &str) -> Option<&str> {
    let name = name.trim();
    let name = name.strip_suffix('.').unwrap_or(name);
    (!name.is_empty() && !name.starts_with('.') && !name.contains("://")).then_some(name)
}

/// The parts of a name in small letters; nothing when it has no known suffix, or nothing before it.
fn divided<'n>(name: &'n str, suffixes: &Suffixes) -> Option<Parts<'n>> {
    let suffix = suffixes.known_suffix(name)?;
    let before = name.strip_suffix(suffix)?.strip_suffix('.')?;
    let (third, second) = match before.rsplit_once('.') {
        Some((third, second)) => (Some(third), second),
        None => (None, before),
    };
    let domain = &name[name.len() - suffix.len() - 1 - second.len()..];
    (!second.is_empty()).then_some(Parts { suffix, second, third, domain })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_divided_at_their_public_suffix() {
        let suffixes = Suffixes::new();
        for (name, parts) in [
            ("google.com", Some(("com", "google", None, "google.com"))),
            ("www.google.co.uk", Some(("co.uk", "google", Some("www"), "google.co.uk"))),
            ("a.b.c.example.org", Some(("org", "example", Some("a.b.c"), "example.org"))),
            // A rule with `*`, and an exception from it.
            ("x.y.ck", Some(("y.ck", "x", None, "x.y.ck"))),
            ("www.ck", Some(("ck", "www", None, "www.ck"))),
            ("com", None),
            ("co.uk", None),
            ("10.1.2.3", None),
            ("host.localdomain", None),
            ("localhost", None),
        ] {
            let expected = parts.map(|(suffix, second, third, domain)| Parts { suffix, second, third, domain });
            assert_eq!(divided(name, &suffixes), expected, "{name}");
        }
    }

    #[test]
    fn what_stands_around_a_name_goes() {
        for (text, name) in [
            (" a.com. ", Some("a.com")),
            (".com", None),
            ("", None),
            ("http://a.com", None),
        ] {
            assert_eq!(normalized(text), name, "{text}");
        }
    }
}

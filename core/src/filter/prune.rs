//! `prune`: removes fields by their names or values.
//!
//! `prune { whitelist_names => ["^msg$", "^@timestamp$"] }` leaves two fields. Only the top level is looked at; regular
//! expressions are searched, not anchored; of a list, single values go. Source of behaviour:
//! logstash-filter-prune 3.0.4.

use crate::event::{Event, Key, Template, Value};
use crate::filter::{CompileCx, Cx, Filter, Outcome, shown_value, tag_all};
use crate::pattern::{Budget, Flags, Regex};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Removes fields by their names or values.",
    example: r#"prune { whitelist_names => ["^@timestamp$", "^message$", "^http_"] blacklist_values => { "message" => "^$" } }"#,
    options: &[
        ("blacklist_names", "Regular expressions of names that go; without it, names that hold `%{…}`."),
        ("blacklist_values", "Fields and a regular expression of values that go."),
        ("interpolate", "Fills in `%{field}` in names and regular expressions."),
        ("whitelist_names", "Regular expressions of the only names that stay."),
        ("whitelist_values", "Fields and a regular expression of the only values that stay."),
    ],
    differences: &[],
};

#[derive(Debug)]
struct Prune {
    whitelist_names: Box<[Pattern]>,
    blacklist_names: Box<[Pattern]>,
    whitelist_values: Box<[(Template, Pattern)]>,
    blacklist_values: Box<[(Template, Pattern)]>,
    failure_tags: Box<[Box<str>]>,
}

#[derive(Debug)]
enum Pattern {
    Fixed(Regex),
    /// Filled in and compiled per event, through the worker's cache.
    Template(Template),
}

/// Which values of a field go.
#[derive(Clone, Copy, PartialEq)]
enum List {
    Black,
    White,
}

/// Where Logstash throws: the event gets the failure tag.
struct Failed;

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let interpolate = options.flag("interpolate", false);
    let mut sound = true;
    let mut pattern = |source: &str, span| {
        if interpolate {
            return Some(Pattern::Template(Template::parse(source, style)));
        }
        let regex = cx.regex(source, Flags::default(), span);
        sound &= regex.is_some();
        regex.map(Pattern::Fixed)
    };
    let mut names = |option: &str| -> Box<[Pattern]> {
        let texts = options.texts(option);
        texts.iter().filter_map(|text| pattern(text.value, text.span)).collect()
    };
    let whitelist_names = names("whitelist_names");
    let blacklist_names = if options.has("blacklist_names") {
        names("blacklist_names")
    } else {
        pattern(r"%\{[^}]+\}", options.name_span).into_iter().collect()
    };
    let mut values = |option: &str| -> Box<[(Template, Pattern)]> {
        let entry = |(key, value): (crate::diagnostic::Spanned<&str>, &crate::program::options::OptionValue)| {
            let key = if interpolate { Template::parse(key.value, style) } else { Template::literal(key.value) };
            Some((key, pattern(&value.to_text(), value.span)?))
        };
        options.pairs(option).into_iter().filter_map(entry).collect()
    };
    let (whitelist_values, blacklist_values) =
        (values("whitelist_values"), values("blacklist_values"));
    let prune = Prune {
        whitelist_names,
        blacklist_names,
        whitelist_values,
        blacklist_values,
        failure_tags: Box::new(["_prune_error".into()]),
    };
    sound.then(|| Box::new(prune) as Box<dyn Filter>)
}

impl Filter for Prune {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        if self.prune(event, cx).is_ok() {
            return Outcome::Matched;
        }
        tag_all(event, &self.failure_tags, cx.arena);
        Outcome::Failed
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        for (key, _) in self.whitelist_values.iter().chain(&self.blacklist_values) {
            let name = key.render(event, cx.now, cx.arena).ok()?;
            let values = match event.data.get(Key::new(name)) {
                Some(Value::Array(array)) => array.as_slice(),
                Some(value) => core::slice::from_ref(value),
                None => continue,
            };
            if let Some(value) = values.iter().find(|value| value.as_str().is_none()) {
                return Some(format!("field `{name}` is {}, and only texts are compared", shown_value(value)));
            }
        }
        Some("a regular expression cannot be filled in, or takes too long".to_owned())
    }
}

impl Prune {
    /// Finds all that goes, and removes it in the end: templates see the whole event.
    fn prune<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Result<(), Failed> {
        let mut removed = cx.arena.list();
        for (key, _) in event.data.entries() {
            let goes = !self.whitelist_names.is_empty()
                && !any(&self.whitelist_names, key.text(), event, cx)?
                || any(&self.blacklist_names, key.text(), event, cx)?;
            if goes {
                removed.push(key);
            }
        }
        let mut kept_lists = cx.arena.list();
        let lists = [(List::White, &self.whitelist_values), (List::Black, &self.blacklist_values)];
        for (list, (name, pattern)) in
            lists.into_iter().flat_map(|(list, entries)| entries.iter().map(move |entry| (list, entry)))
        {
            let name = name.render(event, cx.now, cx.arena).map_err(|_| Failed)?;
            let key = Key::new(name);
            match event.data.get(key) {
                None | Some(Value::Null | Value::Bool(false)) => {}
                Some(Value::Array(array)) => {
                    let mut goes = cx.arena.list();
                    for item in array.as_slice() {
                        goes.push(goes_by_value(list, item, pattern, event, cx)?);
                    }
                    if goes.iter().all(|&goes| goes) && !goes.is_empty() {
                        removed.push(key);
                    } else if goes.contains(&true) {
                        kept_lists.push((key, goes));
                    }
                }
                Some(value) => {
                    if goes_by_value(list, value, pattern, event, cx)? {
                        removed.push(key);
                    }
                }
            }
        }
        remove_values(event, &kept_lists);
        for key in removed {
            event.data.remove(key);
        }
        Ok(())
    }
}

/// Whether a value is one that a list of values removes.
fn goes_by_value<'b>(
    list: List,
    value: &Value<'b>,
    pattern: &'b Pattern,
    event: &Event<'b>,
    cx: &mut Cx<'_, 'b>,
) -> Result<bool, Failed> {
    let Value::Str(text) = value else { return Err(Failed) };
    Ok(pattern.is_in(text, event, cx)? == (list == List::Black))
}

/// Takes values out of lists; both kinds of list may name the same field.
fn remove_values<'b>(
    event: &mut Event<'b>,
    lists: &[(Key<'b>, bumpalo::collections::Vec<'b, bool>)],
) {
    for (at, (key, goes)) in lists.iter().enumerate() {
        // A field that was changed already has other places: all that is said of it goes at once.
        if lists[..at].iter().any(|(earlier, _)| earlier == key) {
            continue;
        }
        let others = || lists[at + 1..].iter().filter(|(other, _)| other == key);
        let Some(Value::Array(array)) = event.data.get_mut(*key) else { continue };
        let mut place = 0;
        array.retain(|_| {
            let this = place;
            place += 1;
            !goes[this] && !others().any(|(_, goes)| goes[this])
        });
    }
}

fn any<'b>(
    patterns: &'b [Pattern],
    text: &str,
    event: &Event<'b>,
    cx: &mut Cx<'_, 'b>,
) -> Result<bool, Failed> {
    for pattern in patterns {
        if pattern.is_in(text, event, cx)? {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Pattern {
    fn is_in<'b>(
        &'b self,
        text: &str,
        event: &Event<'b>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<bool, Failed> {
        let mut budget = Budget::for_subject(text.len());
        let found = match self {
            Self::Fixed(regex) => regex.search(text, 0, &mut cx.scratch.pattern, &mut budget),
            Self::Template(template) => {
                let source = template.render(event, cx.now, cx.arena).map_err(|_| Failed)?;
                let regex = cx.scratch.regexes.get(source, Flags::default()).ok_or(Failed)?;
                regex.search(text, 0, &mut cx.scratch.pattern, &mut budget)
            }
        };
        found.map_err(|_| Failed)
    }
}

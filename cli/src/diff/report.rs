//! Writes the differences between two runs: as text for people, or as one JSON object.
//!
//! ```text
//! auth.log:3: changed
//!   ~ [user]: "bob" -> "BOB"
//!   + [pid]: 12
//! 39 events the same, 1 changed, 0 only in OLD, 0 only in NEW
//! ```

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, Write as _},
};

use sawlog::conformance::Difference;
use serde_json::{Value, json};

use crate::{args::DiffFormat, render::printable};

/// Where an event came from.
pub(super) struct Place<'a> {
    /// The input's name.
    pub(super) input: &'a str,
    /// The line, from 1.
    pub(super) line: u64,
}

/// Which config an event is missing from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Only the new config gives it.
    OnlyNew,
    /// Only the old config gives it.
    OnlyOld,
}

/// Counts differences and writes the first of them.
pub(super) struct Report {
    format: DiffFormat,
    limit: u64,
    out: io::BufWriter<io::Stdout>,
    is_open: bool,
    shown: u64,
    same: u64,
    changed: u64,
    only_old: u64,
    only_new: u64,
    refused_old: u64,
    refused_new: u64,
    /// How many events differ in each field; the names of elements are those of their lists.
    fields: BTreeMap<String, u64>,
}

impl Report {
    pub(super) fn new(format: DiffFormat, limit: u64) -> Self {
        let out = io::BufWriter::new(io::stdout());
        let mut report = Self {
            format,
            limit,
            out,
            is_open: true,
            shown: 0,
            same: 0,
            changed: 0,
            only_old: 0,
            only_new: 0,
            refused_old: 0,
            refused_new: 0,
            fields: BTreeMap::new(),
        };
        if format == DiffFormat::Json {
            report.write("{\"differences\":[");
        }
        report
    }

    /// Tells whether somebody still reads, or the exit status is still open.
    pub(super) const fn is_wanted(&self) -> bool {
        self.is_open
    }

    pub(super) const fn count_same(&mut self, events: u64) {
        self.same += events;
    }

    /// Reports an event that differs.
    pub(super) fn changed(&mut self, place: &Place<'_>, all: &[Difference<'_>]) {
        self.changed += 1;
        let mut last = "";
        for one in all {
            let field = without_index(&one.field);
            if field != last {
                self.count_field(field);
            }
            last = field;
        }
        match self.format {
            DiffFormat::Json => self.show(|| {
                let fields: Vec<Value> = all
                    .iter()
                    .map(|one| {
                        let mut item = json!({ "field": one.field });
                        for (key, value) in [("old", one.expected), ("new", one.found)] {
                            if let Some(value) = value {
                                item[key] = value.clone();
                            }
                        }
                        item
                    })
                    .collect();
                place.json("changed", "fields", &Value::from(fields))
            }),
            DiffFormat::Text => self.show(|| {
                let mut text = place.text("changed");
                for Difference { field, expected, found } in all {
                    let _ = match (expected, found) {
                        (Some(old), Some(new)) => writeln!(text, "  ~ {field}: {old} -> {new}"),
                        (Some(old), None) => writeln!(text, "  - {field}: {old}"),
                        (None, Some(new)) => writeln!(text, "  + {field}: {new}"),
                        (None, None) => Ok(()),
                    };
                }
                text
            }),
        }
    }

    /// Reports an event that only one config gives.
    pub(super) fn alone(&mut self, change: Change, place: &Place<'_>, event: &Value) {
        match change {
            Change::OnlyNew => self.only_new += 1,
            Change::OnlyOld => self.only_old += 1,
        }
        match self.format {
            DiffFormat::Json => self.show(|| place.json(change.key(), "event", event)),
            DiffFormat::Text => {
                self.show(|| {
                    format!("{}  {event}\n", place.text(&format!("only in {}", change.name())))
                });
            }
        }
    }

    /// Reports what one config refused and the other one did not, or not for this reason.
    pub(super) fn refused(&mut self, change: Change, place: &Place<'_>, reason: &str) {
        let key = match change {
            Change::OnlyNew => {
                self.refused_new += 1;
                "refused_by_new"
            }
            Change::OnlyOld => {
                self.refused_old += 1;
                "refused_by_old"
            }
        };
        match self.format {
            DiffFormat::Json => self.show(|| place.json(key, "reason", &Value::from(reason))),
            DiffFormat::Text => {
                let what = format!("refused by {}: {reason}", change.name());
                self.show(|| place.text(&what));
            }
        }
    }

    /// Writes the counts; tells whether there was no difference.
    pub(super) fn finish(mut self) -> bool {
        let differing = self.changed + self.only_old + self.only_new;
        let refused = self.refused_old + self.refused_new;
        let text = match self.format {
            DiffFormat::Json => {
                let fields: Value =
                    self.fields.iter().map(|(name, count)| (name.clone(), *count)).collect();
                format!(
                    "],\"shown\":{},\"same\":{},\"changed\":{},\"only_old\":{},\"only_new\":{},\
                     \"refused_old\":{},\"refused_new\":{},\"fields\":{fields}}}\n",
                    self.shown,
                    self.same,
                    self.changed,
                    self.only_old,
                    self.only_new,
                    self.refused_old,
                    self.refused_new
                )
            }
            DiffFormat::Text => self.closing_lines(differing + refused),
        };
        self.write(&text);
        let _ = self.out.flush();
        differing + refused == 0
    }

    fn closing_lines(&self, all: u64) -> String {
        let mut text = String::new();
        if all > self.shown {
            let _ = writeln!(
                text,
                "{} more differences are not shown: see them with `--limit`",
                all - self.shown
            );
        }
        let mut fields: Vec<(&String, &u64)> = self.fields.iter().collect();
        fields.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (index, (field, count)) in fields.iter().take(SHOWN_FIELDS).enumerate() {
            let lead = if index == 0 { "fields that differ: " } else { ", " };
            let _ = write!(text, "{lead}{} in {count}", printable(field));
        }
        if !fields.is_empty() {
            text.push_str(if fields.len() > SHOWN_FIELDS { ", …\n" } else { "\n" });
        }
        let _ = write!(
            text,
            "{} {} the same, {} changed, {} only in OLD, {} only in NEW",
            self.same,
            if self.same == 1 { "event" } else { "events" },
            self.changed,
            self.only_old,
            self.only_new
        );
        for (count, name) in [(self.refused_old, "OLD"), (self.refused_new, "NEW")] {
            if count > 0 {
                let _ = write!(text, ", {count} refused by {name} alone");
            }
        }
        text.push('\n');
        text
    }

    fn count_field(&mut self, field: &str) {
        if let Some(count) = self.fields.get_mut(field) {
            *count += 1;
        } else if self.fields.len() < COUNTED_FIELDS {
            self.fields.insert(field.to_owned(), 1);
        }
    }

    /// Writes one difference unless enough are shown.
    fn show(&mut self, text: impl FnOnce() -> String) {
        if self.shown >= self.limit {
            return;
        }
        let mut text = text();
        if self.format == DiffFormat::Text {
            text = text.lines().map(|line| printable(line) + "\n").collect();
        } else if self.shown > 0 {
            text.insert(0, ',');
        }
        self.shown += 1;
        self.write(&text);
    }

    fn write(&mut self, text: &str) {
        // Whoever closed the pipe has seen enough.
        self.is_open = self.is_open && self.out.write_all(text.as_bytes()).is_ok();
    }
}

impl Change {
    const fn name(self) -> &'static str {
        match self {
            Self::OnlyNew => "NEW",
            Self::OnlyOld => "OLD",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::OnlyNew => "only_new",
            Self::OnlyOld => "only_old",
        }
    }
}

impl Place<'_> {
    fn text(&self, what: &str) -> String {
        format!("{}:{}: {what}\n", self.input, self.line)
    }

    fn json(&self, kind: &str, key: &str, value: &Value) -> String {
        json!({ "input": self.input, "line": self.line, "kind": kind, key: value }).to_string()
    }
}

/// Returns a field reference up to the first number: elements of a list count as the list.
fn without_index(field: &str) -> &str {
    let is_number = |step: &str| step.bytes().all(|byte| byte.is_ascii_digit());
    let mut end = 0;
    for step in field.split_inclusive(']') {
        if is_number(step.trim_matches(['[', ']'])) {
            break;
        }
        end += step.len();
    }
    &field[..end]
}

/// Fields that are counted one by one; a config can make field names out of values.
const COUNTED_FIELDS: usize = 1000;
/// Fields that the closing lines name.
const SHOWN_FIELDS: usize = 10;

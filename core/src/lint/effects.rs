//! What each filter reads, sets and removes, as far as it can be said before a run.

use crate::diagnostic::{Code, Diagnostic, Span, Spanned};
use crate::filter::grok;
use crate::lint::field::{Known, Origin, State, canonical, plain};
use crate::lint::flow::{Walker, is_core};
use crate::lint::option;
use crate::pattern::expand::CaptureKind;
use crate::program::Ecs;
use crate::program::options::{OptionValue, PluginOptions};

/// Whether the common options are sure to be carried out on every event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Common {
    Always,
    Perhaps,
}

/// Options of every filter that are carried out after its own work.
const COMMON: [&str; 4] = ["add_field", "add_tag", "remove_field", "remove_tag"];

/// Follows an event through one filter.
pub(super) fn filter(walker: &mut Walker<'_, '_>, state: &mut State, options: &PluginOptions) {
    let mut effects = Effects { walker, state, options };
    let common = effects.own();
    effects.common(common);
}

struct Effects<'w, 'a, 'c, 's> {
    walker: &'w mut Walker<'a, 'c>,
    state: &'s mut State,
    options: &'s PluginOptions,
}

impl Effects<'_, '_, '_, '_> {
    fn own(&mut self) -> Common {
        if self.options.name == "mutate" {
            self.mutate();
            return Common::Always;
        }
        self.templates();
        match self.options.name.as_str() {
            "cidr" | "sleep" | "throttle" | "truncate" => {}
            "anonymize" => self.mix_all("fields"),
            "bytes" => self.source_to("source", "target", "[message]"),
            "clone" => {
                if self.ecs() == Ecs::Disabled {
                    self.mix("[type]");
                }
            }
            "csv" => self.csv(),
            "date" => self.date(),
            "dissect" => self.dissect(),
            "drop" => self.state.has_ended = !self.options.has("percentage"),
            "fingerprint" => {
                for source in self.options.texts("source") {
                    self.walker.read(self.state, source.value, source.span);
                }
                let default =
                    if self.ecs() == Ecs::Disabled { "[fingerprint]" } else { "[event][hash]" };
                self.mix_target("target", Some(default));
            }
            "geoip" => {
                self.read_option("source");
                let ecs = self.ecs() != Ecs::Disabled;
                self.mix_target("target", (!ecs).then_some("[geoip]"));
            }
            "grok" => self.grok(),
            "json" | "kv" => {
                self.read_option("source");
                self.mix_target("target", None);
            }
            "split" => {
                self.read_option("field");
                self.mix_target("field", Some("[message]"));
                if self.options.has("target") {
                    self.mix_target("target", None);
                }
            }
            "syslog_pri" => self.syslog_pri(),
            "translate" => self.translate(),
            "urldecode" => {
                self.read_option("field");
                if self.options.flag("all_fields", false) {
                    self.state.open();
                }
            }
            "useragent" => {
                self.read_option("source");
                let ecs = self.ecs() != Ecs::Disabled;
                self.mix_target("target", ecs.then_some("[user_agent]"));
            }
            "uuid" => self.mix_target("target", None),
            _ => self.state.open(),
        }
        Common::Perhaps
    }

    fn ecs(&self) -> Ecs {
        self.walker.cx.compiling(|cx| cx.ecs(self.options))
    }

    /// Reads the fields in the templates of the filter's own options.
    fn templates(&mut self) {
        for (name, value) in option::templates(self.options) {
            if !COMMON.contains(&name) {
                self.template_of(value);
            }
        }
    }

    fn template_of(&mut self, value: &OptionValue) {
        let Self { walker, state, .. } = self;
        option::each_text(value, &mut |text, value| {
            walker.template(state, text, value.text_span());
        });
    }

    fn read_option(&mut self, name: &str) {
        if let Some(text) = self.options.text(name) {
            self.walker.read(self.state, text.value, text.span);
        }
    }

    /// A field that may hold anything from here on; a name that is made for each event may be any.
    fn mix(&mut self, reference: &str) {
        match canonical(reference, self.walker.style) {
            Some(name) => self.state.set(&name, Known::Mixed),
            None => self.state.open(),
        }
    }

    fn mix_all(&mut self, option: &str) {
        for text in self.options.texts(option) {
            self.mix(text.value);
        }
    }

    /// The field that an option names, or a default one, or, when there is none, any.
    fn mix_target(&mut self, option: &str, default: Option<&str>) {
        match self.options.text(option).map(|text| text.value).or(default) {
            Some(target) => self.mix(target),
            None => self.state.open(),
        }
    }

    fn source_to(&mut self, source: &str, target: &str, default: &str) {
        self.read_option(source);
        let source = self.options.text(source).map_or(default, |text| text.value);
        self.mix_target(target, Some(source));
    }

    fn csv(&mut self) {
        self.read_option("source");
        if self.options.has("target") {
            self.mix_target("target", None);
            return;
        }
        let columns = self.options.texts("columns");
        if columns.is_empty() || self.options.flag("autodetect_column_names", false) {
            self.state.open();
            return;
        }
        let converted = self.options.pairs("convert");
        for column in columns {
            if converted.iter().any(|(other, _)| other.value == column.value) {
                self.mix(column.value);
            } else {
                self.add_text(column.value, column.span);
            }
        }
        if self.options.flag("autogenerate_column_names", true) {
            // A row with more cells than columns: at most this many more are thought of.
            for number in 1..=64 {
                let name = format!("[column{number}]");
                if !self.state.is_set(&name) {
                    self.state.set(&name, Known::Mixed);
                }
            }
        }
    }

    fn date(&mut self) {
        if let Some(source) = self.options.texts("match").first() {
            self.walker.read(self.state, source.value, source.span);
        }
        self.mix_target("target", Some("[@timestamp]"));
    }

    fn dissect(&mut self) {
        for (field, mapping) in self.options.pairs("mapping") {
            self.walker.read(self.state, field.value, field.span);
            let text = mapping.to_text();
            for (_, inner) in super::references(&text) {
                let name = inner.trim_end_matches("->");
                let name = name.split_once('/').map_or(name, |(name, _)| name);
                let name = name.trim_start_matches('+');
                match name.chars().next() {
                    None | Some('?') => {}
                    // The name comes from the event.
                    Some('&' | '*') => self.state.open(),
                    Some(_) => {
                        let converted = self.options.pairs("convert_datatype");
                        if converted.iter().any(|(other, _)| other.value == name) {
                            self.mix(name);
                        } else {
                            self.add_text(name, mapping.span);
                        }
                    }
                }
            }
        }
    }

    fn syslog_pri(&mut self) {
        if self.ecs() == Ecs::Disabled {
            for name in ["facility", "facility_code", "severity", "severity_code"] {
                self.mix(&format!("[syslog_{name}]"));
            }
        } else {
            self.mix("[log]");
        }
    }

    fn translate(&mut self) {
        let source = if self.options.has("source") { "source" } else { "field" };
        let target = if self.options.has("target") { "target" } else { "destination" };
        self.read_option(source);
        let own = self.options.text(source).map(|text| text.value);
        let default = if self.ecs() == Ecs::Disabled { Some("[translation]") } else { own };
        self.mix_target(target, default);
    }

    fn grok(&mut self) {
        let target = grok::target(self.options);
        let cx = self.walker.cx;
        let Some(patterns) = cx.groks.get(&self.options.name_span) else {
            self.state.open();
            return;
        };
        let mut captured: Vec<(String, Known)> = Vec::new();
        for pattern in patterns {
            self.walker.read(self.state, &pattern.field, pattern.field_span);
            for capture in &pattern.captures {
                let reference = grok::capture_reference(&capture.field, target.as_deref());
                let Some(name) = canonical(&reference, self.walker.style) else { continue };
                let known = match capture.kind {
                    CaptureKind::Float | CaptureKind::Int => Known::Number(capture.span),
                    CaptureKind::Text if capture.is_own => Known::Text(capture.span, Origin::Grok),
                    CaptureKind::Text => Known::Text(capture.span, Origin::Pattern),
                };
                match captured.iter_mut().find(|(other, _)| *other == name) {
                    Some((_, other)) => *other = other.or(known),
                    None => captured.push((name, known)),
                }
            }
        }
        // What was there stays when no pattern matches, and else becomes a list with the capture, or,
        // as a number, stays alone.
        for (name, known) in captured {
            self.add(&name, known);
        }
    }

    fn mutate(&mut self) {
        let options = self.options;
        for (_, value) in options.pairs("coerce") {
            self.template_of(value);
        }
        for (from, to) in options.pairs("rename") {
            self.in_order(from.value, from.span, Order { copies: false, adds: true });
            self.moved(from.value, &to.to_text(), Some(from.span));
        }
        for (field, value) in options.pairs("update") {
            self.template_in_order(value);
            self.in_order(field.value, field.span, Order { copies: true, adds: true });
        }
        for (field, value) in options.pairs("replace") {
            self.template_in_order(value);
            self.become_known(field.value, Known::Text(value.span, Origin::Filter));
        }
        for (field, value) in options.pairs("convert") {
            self.in_order(field.value, field.span, Order { copies: true, adds: true });
            let known = match &*value.to_text() {
                "boolean" => Known::Boolean(value.span),
                "string" => Known::Text(value.span, Origin::Filter),
                _ => Known::Converted(value.span),
            };
            if let Some(name) = canonical(field.value, self.walker.style) {
                self.state.change(&name, known);
            }
        }
        let gsub = options.texts("gsub");
        for triple in gsub.chunks(3) {
            if let Some(field) = triple.first() {
                self.in_order(field.value, field.span, Order { copies: true, adds: true });
            }
        }
        for option in ["uppercase", "capitalize", "lowercase", "strip"] {
            for field in options.texts(option) {
                self.in_order(field.value, field.span, Order { copies: true, adds: true });
            }
        }
        for option in ["split", "join"] {
            for (field, _) in options.pairs(option) {
                self.in_order(field.value, field.span, Order { copies: true, adds: true });
                self.mix(field.value);
            }
        }
        for (field, value) in options.pairs("merge") {
            for source in grok::sources(value) {
                self.in_order(&source.to_text(), source.span, Order { copies: false, adds: true });
            }
            self.mix(field.value);
        }
        for (from, to) in options.pairs("copy") {
            self.in_order(from.value, from.span, Order { copies: false, adds: true });
            self.moved(from.value, &to.to_text(), None);
        }
    }

    fn become_known(&mut self, reference: &str, known: Known) {
        if let Some(name) = canonical(reference, self.walker.style) {
            self.state.set(&name, known);
        }
    }

    /// A field gets the value of another; with a place, that one is removed.
    fn moved(&mut self, from: &str, to: &str, removed_at: Option<Span>) {
        let style = self.walker.style;
        let (Some(from), Some(to)) = (canonical(from, style), canonical(to, style)) else {
            self.state.open();
            return;
        };
        let known = match self.state.get(&from) {
            None | Some(Known::Removed(_)) => Known::Mixed,
            Some(known) => known,
        };
        if let Some(span) = removed_at {
            self.state.remove(&from, span);
        }
        self.add(&to, known);
    }

    fn add_text(&mut self, reference: &str, span: Span) {
        match canonical(reference, self.walker.style) {
            Some(name) => self.add(&name, Known::Text(span, Origin::Filter)),
            None => self.state.open(),
        }
    }

    /// A field gets a value, unless it keeps the one it has.
    fn add(&mut self, name: &str, known: Known) {
        let known = match self.state.get(name) {
            None | Some(Known::Removed(_)) => known,
            Some(before) => before.or(known),
        };
        self.state.set(name, known);
    }

    fn template_in_order(&mut self, value: &OptionValue) {
        let mut reads = Vec::new();
        option::each_text(value, &mut |text, value| {
            for (start, inner) in super::references(text) {
                let span = value.text_span().part(start, start + inner.len() + 3);
                reads.push((inner.to_owned(), span));
            }
        });
        for (inner, span) in reads {
            let is_field = !inner.is_empty() && !inner.starts_with(['+', '{']);
            if is_field && !option::is_date_pattern(&inner) {
                self.in_order(&inner, span, Order { copies: false, adds: false });
            }
        }
    }

    /// Reads a field for an operation of this `mutate`, and looks whether its order spoils that.
    fn in_order(&mut self, reference: &str, span: Span, order: Order) {
        let Some(name) = canonical(reference, self.walker.style) else { return };
        if is_core(&name) {
            return;
        }
        let shown = plain(&name);
        let known = self.state.get(&name);
        let (message, by, label, help) = if let Some(Known::Removed(by)) = known
            && by.is_in(self.options.span)
        {
            (
                format!("`{shown}` has been renamed before this is done: `rename` runs first"),
                by,
                "renamed here",
                "use the new name here, or rename in a second `mutate` after this one",
            )
        } else if order.copies
            && let Some(by) = self.copied_to(&name)
        {
            (
                format!("`copy` runs last and overwrites what this makes of `{shown}`"),
                by,
                "overwritten here",
                "do this in a second `mutate` after the copy",
            )
        } else if order.adds
            && !self.state.is_set(&name)
            && let Some(by) = self.added(&name)
        {
            (
                format!("`{shown}` is not there when this is done: `add_field` runs last"),
                by,
                "added here",
                "do this in a second `mutate` after the one that adds the field",
            )
        } else {
            self.walker.read(self.state, reference, span);
            return;
        };
        self.walker.found.push(
            Diagnostic::warning(Code::MutateOrder, span, message)
                .with_label(by, label)
                .with_help(help),
        );
    }

    fn copied_to(&self, name: &str) -> Option<Span> {
        let copies = self.options.pairs("copy");
        let mut to =
            copies.iter().map(|(_, to)| (canonical(&to.to_text(), self.walker.style), to.span));
        to.find(|(other, _)| other.as_deref() == Some(name)).map(|(_, span)| span)
    }

    fn added(&self, name: &str) -> Option<Span> {
        let pairs = self.options.pairs("add_field");
        let mut keys =
            pairs.iter().map(|(key, _)| (canonical(key.value, self.walker.style), key.span));
        keys.find(|(other, _)| other.as_deref() == Some(name)).map(|(_, span)| span)
    }

    fn common(&mut self, common: Common) {
        if self.state.has_ended {
            return;
        }
        for (key, value) in self.options.pairs("add_field") {
            self.template_of(value);
            self.walker.template(self.state, key.value, place_of(key));
            let Some(name) = canonical(key.value, self.walker.style) else {
                self.state.open();
                continue;
            };
            let known = Known::Text(value.span, Origin::Filter);
            self.add(&name, known);
        }
        for name in self.options.texts("remove_field") {
            self.walker.template(self.state, name.value, place_of(name));
            let Some(field) = canonical(name.value, self.walker.style) else { continue };
            match common {
                Common::Always => self.state.remove(&field, name.span),
                Common::Perhaps => self.state.may_lose(&field),
            }
        }
        for option in ["add_tag", "remove_tag"] {
            if let Some(value) = self.options.value(option) {
                self.template_of(value);
            }
        }
    }
}

/// Which later operations of a `mutate` matter to one.
#[derive(Clone, Copy)]
struct Order {
    /// `copy` onto the field undoes it.
    copies: bool,
    /// `add_field` makes the field too late for it.
    adds: bool,
}

/// The place of a text without its quotes.
fn place_of(text: Spanned<&str>) -> Span {
    let width = usize::try_from(text.span.end - text.span.start).unwrap_or(0);
    if width == text.value.len() + 2 { text.span.part(1, width - 1) } else { text.span }
}

//! Lists of what is wrong with a config.

use std::fmt::Write as _;

use sawlog::{Severity, Span};

use crate::handle::{Freed, Sized0, call, free, shared, structure};
use crate::status::{SAWLOG_BAD_VALUE, Status};
use crate::types::Str;

/// The config is refused.
pub const SAWLOG_SEVERITY_ERROR: i32 = 1;
/// The config is accepted and probably wrong.
pub const SAWLOG_SEVERITY_WARNING: i32 = 2;
/// Worth knowing.
pub const SAWLOG_SEVERITY_NOTE: i32 = 3;

/// A list of what is wrong with a config, or worth knowing of it, in the order of the places. It never changes; any
/// number of threads may read it.
#[derive(Debug)]
pub struct Diagnostics {
    items: Vec<Item>,
    text: String,
}

#[derive(Debug)]
struct Item {
    code: &'static str,
    severity: i32,
    message: String,
    help: Option<String>,
    place: Option<Place>,
    labels: Vec<(String, Option<Place>)>,
}

#[derive(Debug)]
struct Place {
    source: String,
    line: usize,
    column: usize,
    start: usize,
    end: usize,
}

impl Freed for Diagnostics {}

/// One diagnostic. Its texts live as long as the list.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct DiagnosticView {
    /// `sizeof(sawlog_diagnostic)`, to be set before the call.
    pub struct_size: usize,
    /// `SAWLOG_SEVERITY_…`.
    pub severity: i32,
    /// 0.
    pub reserved: i32,
    /// The kind of problem, a stable word such as `unknown-option`.
    pub code: Str,
    /// What was found and what is accepted.
    pub message: Str,
    /// What to write instead; may be missing.
    pub hint: Str,
    /// The name of the source; missing when the problem is at no place, and then the numbers are 0.
    pub source: Str,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The first byte of what is meant, in its source.
    pub start: usize,
    /// The byte behind the last one.
    pub end: usize,
    /// The number of further places, for `sawlog_diagnostics_label`.
    pub labels: usize,
}

// SAFETY: repr(C), begins with the size, numbers and pointers only.
unsafe impl Sized0 for DiagnosticView {
    const FIRST_BYTES: usize = size_of::<Self>();
}

/// Counts the diagnostics of a list; 0 for NULL.
///
/// Effect: none. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_diagnostics_count(diagnostics: *const Diagnostics) -> usize {
    // SAFETY: see the crate's documentation.
    unsafe { shared(diagnostics) }.map_or(0, |list| list.items.len())
}

/// Gives one diagnostic, from 0.
///
/// Effect: `*diagnostic` is filled. Ownership: the texts belong to the list. Threads: any. Statuses: `SAWLOG_BAD_VALUE` for
/// an index that is too large, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_diagnostics_at(
    diagnostics: *const Diagnostics,
    index: usize,
    diagnostic: *mut DiagnosticView,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (list, diagnostic) = unsafe { (shared(diagnostics)?, structure(diagnostic)?) };
        let item = list.items.get(index).ok_or(Status(SAWLOG_BAD_VALUE))?;
        diagnostic.set(&view(item, item.place.as_ref(), &item.message, item.labels.len()));
        Ok(())
    })
}

/// Gives a further place of a diagnostic, from 0: as `sawlog_diagnostics_at`, with the place, and with what is to be seen there
/// as the message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_diagnostics_label(
    diagnostics: *const Diagnostics,
    index: usize,
    label: usize,
    diagnostic: *mut DiagnosticView,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (list, diagnostic) = unsafe { (shared(diagnostics)?, structure(diagnostic)?) };
        let item = list.items.get(index).ok_or(Status(SAWLOG_BAD_VALUE))?;
        let (message, place) = item.labels.get(label).ok_or(Status(SAWLOG_BAD_VALUE))?;
        let shown = view(item, place.as_ref(), message, 0);
        diagnostic.set(&DiagnosticView { hint: Str::none(), ..shown });
        Ok(())
    })
}

/// Gives the whole list as text: a line `source:line:column: severity[code]: message` for each, and a line `  hint: …` behind
/// it where there is one. Missing for NULL.
///
/// Effect: none. Ownership: the text belongs to the list. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_diagnostics_text(diagnostics: *const Diagnostics) -> Str {
    // SAFETY: see the crate's documentation.
    Str::of(unsafe { shared(diagnostics) }.ok().map(|list| list.text.as_str()))
}

/// Frees a list and sets `*diagnostics` to NULL; nothing happens if one of them is NULL. Threads: any one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_diagnostics_free(diagnostics: *mut *mut Diagnostics) -> i32 {
    // SAFETY: see the crate's documentation.
    call(|| unsafe { free(diagnostics) })
}

fn view(item: &Item, place: Option<&Place>, message: &str, labels: usize) -> DiagnosticView {
    let number = |of: fn(&Place) -> usize| place.map_or(0, of);
    DiagnosticView {
        struct_size: size_of::<DiagnosticView>(),
        severity: item.severity,
        reserved: 0,
        code: Str::new(item.code),
        message: Str::new(message),
        hint: Str::of(item.help.as_deref()),
        source: Str::of(place.map(|place| place.source.as_str())),
        line: number(|place| place.line),
        column: number(|place| place.column),
        start: number(|place| place.start),
        end: number(|place| place.end),
        labels,
    }
}

impl Diagnostics {
    pub(crate) fn new(diagnostics: &sawlog::Diagnostics) -> Self {
        let place = |span: Span| {
            let at = diagnostics.position(span)?;
            Some(Place {
                source: at.name.to_owned(),
                line: at.line,
                column: at.column,
                start: span.start as usize,
                end: span.end as usize,
            })
        };
        let items = diagnostics.iter().map(|one| Item {
            code: one.code.as_str(),
            severity: match one.severity {
                Severity::Error => SAWLOG_SEVERITY_ERROR,
                Severity::Warning => SAWLOG_SEVERITY_WARNING,
                Severity::Note => SAWLOG_SEVERITY_NOTE,
            },
            message: one.message.clone(),
            help: one.help.clone(),
            place: one.span.and_then(place),
            labels: one
                .labels
                .iter()
                .map(|label| (label.message.clone(), place(label.span)))
                .collect(),
        });
        Self::of_items(items.collect())
    }

    /// One problem that is at no place of a config.
    pub(crate) fn one(code: &'static str, message: String) -> Self {
        let severity = SAWLOG_SEVERITY_ERROR;
        let labels = Vec::new();
        Self::of_items(vec![Item { code, severity, message, help: None, place: None, labels }])
    }

    /// What failed on an event: the filter, where it stands, and why.
    pub(crate) fn of_rejects(rejects: impl Iterator<Item = sawlog::Reject>) -> Self {
        let items = rejects.map(|reject| Item {
            code: reject.kind,
            severity: SAWLOG_SEVERITY_NOTE,
            message: reject.reason,
            help: reject.explanation,
            place: reject.position.map(|at| Place {
                source: at.source.into(),
                line: at.line,
                column: at.column,
                start: 0,
                end: 0,
            }),
            labels: Vec::new(),
        });
        Self::of_items(items.collect())
    }

    fn of_items(items: Vec<Item>) -> Self {
        let mut text = String::new();
        for item in &items {
            if let Some(Place { source, line, column, .. }) = &item.place {
                // Writing to a text in memory does not fail.
                let _ = write!(text, "{source}:{line}:{column}: ");
            }
            let severity = match item.severity {
                SAWLOG_SEVERITY_ERROR => "error",
                SAWLOG_SEVERITY_WARNING => "warning",
                _ => "note",
            };
            let _ = writeln!(text, "{severity}[{}]: {}", item.code, item.message);
            if let Some(help) = &item.help {
                let _ = writeln!(text, "  hint: {help}");
            }
        }
        Self { items, text }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

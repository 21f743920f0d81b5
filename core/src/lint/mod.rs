//! Lints: from a config that compiles to warnings of what is legal in it and surely wrong.
//!
//! `if [status] in ["200"] { }` is accepted by Logstash and never true: `["200"]` is a field whose
//! name has quotes. A lint says so, where, and what to write. Each stands in [`lints`] under a stable
//! code and has a section in docs/lints.md. Where a config is not sure to be wrong, because a plugin
//! or an input may set any field, the lints are silent. Source of behaviour: Logstash 9.x, as the
//! vectors recorded it.

use std::collections::BTreeSet;

use crate::config::Config;
use crate::config::ast::{Plugin, Statement};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::filter::CompileCx;
use crate::filter::lists::Lists;
use crate::limits;
use crate::program::options::{self, PluginOptions, Resolved};
use crate::program::{Options, Resources};

mod backtrack;
mod compare;
mod condition;
mod effects;
mod field;
mod flow;
mod grok;
mod option;

/// Describes one lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lint {
    /// The code of its warnings; the heading of its section in docs/lints.md.
    pub code: Code,
    /// What it finds, in one line.
    pub summary: &'static str,
}

/// Lints that one look at the config decides.
struct Family {
    check: fn(&Cx<'_>, &mut Findings),
    lints: &'static [Lint],
}

macro_rules! families {
    ($($check:path { $($code:ident $summary:literal)+ })+) => {
        const FAMILIES: &[Family] = &[$(Family {
            check: $check,
            lints: &[$(Lint { code: Code::$code, summary: $summary },)+],
        },)+];
    };
}

families! {
    condition::check {
        CallWithoutEffect "a call in a condition, such as `not([a])`: it means `[a]`"
        ConstantCondition "a condition whose answer no event can change"
        OneElementList "a list of one element in a condition: it is a field reference"
        UnreachableBranch "an `else if` or `else` that earlier arms leave nothing for"
        UnreachableFilter "a filter after a `drop` of every event"
    }
    flow::check {
        BooleanComparedWithText "a field converted to a boolean, compared with a text"
        FieldNeverSet "a field that is read and that nothing before sets"
        FieldRemoved "a field that is read after it was removed"
        MutateOrder "a `mutate` whose fixed order of operations defeats one of them"
        NumberComparedWithText "a number compared with a field that holds text, or the reverse"
    }
    grok::check {
        AdjacentWildcards "two unbounded wildcards side by side in a grok pattern"
        DuplicateTypedCapture "one typed capture twice in a grok pattern: only the first is converted"
        IgnoredCaptureType "a type in a grok capture that grok does not know"
        NestedRepeats "a repeat inside a repeat in a grok pattern that takes exponential time"
        OverlappingRepeats "repeats side by side in a grok pattern that can take the same text"
        UnanchoredWildcard "a grok pattern that starts with a wildcard and has no anchor"
    }
    option::check {
        DateMatchRepeated "`match` twice in one `date`: the second field becomes a format"
        DatePatternWithoutPlus "`%{YYYY.MM.dd}` without `+`: a field of that name"
    }
}

/// Lists all lints, by code.
pub fn lints() -> Vec<Lint> {
    let mut all: Vec<Lint> = FAMILIES.iter().flat_map(|family| family.lints).copied().collect();
    all.sort_by_key(|lint| lint.code.as_str());
    all
}

/// Finds what is legal in a config and surely wrong.
///
/// For a config that `Pipeline::compile` accepts with the same resources and options; of one that it
/// refuses, nothing is said. All diagnostics are warnings, each with a place and a help text, at
/// most `limits::CONFIG_PROBLEMS` of them.
pub fn lint(config: &Config, resources: &Resources, options: &Options) -> Diagnostics {
    let sources = || Diagnostics::new(config.sources().to_vec());
    let mut problems = sources();
    let variable = |name: &str| resources.variable(name);
    let resolved = options::resolve(config, &variable, &mut problems);
    let mut all = sources();
    if problems.has_errors() {
        return all;
    }
    let groks = {
        let lists = &mut Lists::default();
        let compile = CompileCx { options, resources, diagnostics: &mut problems, lists };
        grok::read(&resolved, &compile)
    };
    let cx = Cx { config, resolved: &resolved, options, resources, groks };
    let mut findings = Findings::default();
    for family in FAMILIES {
        (family.check)(&cx, &mut findings);
    }
    all.extend(findings.found);
    all
}

/// What the lints look at.
struct Cx<'c> {
    config: &'c Config,
    resolved: &'c Resolved,
    options: &'c Options,
    resources: &'c Resources,
    groks: grok::Groks,
}

impl Cx<'_> {
    /// Calls `with` with what compiling needs; what it reports is dropped, since the config compiles.
    fn compiling<T>(&self, with: impl FnOnce(&mut CompileCx<'_>) -> T) -> T {
        let mut diagnostics = Diagnostics::new(self.config.sources().to_vec());
        with(&mut CompileCx {
            options: self.options,
            resources: self.resources,
            diagnostics: &mut diagnostics,
            lists: &mut Lists::default(),
        })
    }
}

/// Warnings found so far, each place once for a code.
#[derive(Default)]
struct Findings {
    found: Vec<Diagnostic>,
    places: BTreeSet<(Code, Span)>,
}

impl Findings {
    fn push(&mut self, diagnostic: Diagnostic) {
        let Some(span) = diagnostic.span else { return };
        if self.found.len() < limits::CONFIG_PROBLEMS && self.places.insert((diagnostic.code, span))
        {
            self.found.push(diagnostic);
        }
    }
}

/// Calls `each` with every plugin of a list of statements and of the branches in it.
fn each_plugin<'a>(statements: &'a [Statement], each: &mut impl FnMut(&'a Plugin)) {
    for statement in statements {
        match statement {
            Statement::Plugin(plugin) => each(plugin),
            Statement::Branch(branch) => {
                for arm in &branch.arms {
                    each_plugin(&arm.block.body, each);
                }
                if let Some(block) = &branch.otherwise {
                    each_plugin(&block.body, each);
                }
            }
        }
    }
}

/// The options of all plugins of a config that are known, in order.
fn all_options(resolved: &Resolved) -> Vec<&PluginOptions> {
    let mut all = Vec::new();
    for section in &resolved.ast().sections {
        each_plugin(&section.body, &mut |plugin| all.extend(resolved.get(plugin)));
    }
    all
}

/// The `%{..}` of a text: where each starts, and what stands between its braces.
fn references(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let open = at + text.get(at..)?.find("%{")?;
        let inner = text.get(open + 2..)?;
        let inner = &inner[..inner.find('}')?];
        at = open + 2 + inner.len() + 1;
        Some((open, inner))
    })
}

#[cfg(test)]
mod tests;

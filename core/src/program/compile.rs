//! Config tree and resources to a program.

use core::ops::Range;
use std::sync::Arc;

use crate::config::Config;
use crate::config::ast::{Block, Branch, Plugin, SectionKind, Statement};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, Span, Spanned};
use crate::filter::decorate::Decoration;
use crate::filter::lists::Lists;
use crate::filter::state::FlushWhen;
use crate::filter::{self, CompileCx, Env, Order};
use crate::limits;
use crate::pattern::expand::{ExpandError, Expansion};
use crate::pattern::{Flags, Regex, SyntaxError};
use crate::program::condition::Condition;
use crate::program::options::{self, PluginKind, PluginOptions};
use crate::program::{
    Arm, ConfigPosition, FilterSlot, Op, Options, Program, Refusal, Resources, refusal, ruby,
};
use crate::program::{input, output};
use crate::time::DateFormatError;

/// Fields that events have before the filters, and those that hosts and failures add.
const FIRST_FIELDS: usize = 6;

/// Compiles a config, or tells everything that is wrong with it.
pub(super) fn compile(
    config: &Config,
    resources: &Resources,
    options: &Options,
) -> Result<Program, Diagnostics> {
    let mut diagnostics = Diagnostics::new(config.sources().to_vec());
    let variable = |name: &str| resources.variable(name);
    let resolved = options::resolve(config, &variable, &mut diagnostics);
    let mut lists = Lists::default();
    let mut builder = Builder {
        cx: CompileCx { options, resources, diagnostics: &mut diagnostics, lists: &mut lists },
        resolved: &resolved,
        ops: Vec::new(),
        filters: Vec::new(),
        outputs: None,
        order: Order::Stateless,
    };
    let mut inputs = Vec::new();
    let (mut outputs, mut output_ops) = (Vec::new(), Vec::new());
    for section in &resolved.ast().sections {
        match section.kind {
            SectionKind::Filter => builder.statements(&section.body),
            SectionKind::Input => builder.inputs(&section.body, &mut inputs),
            SectionKind::Output => builder.outputs(&section.body, &mut outputs, &mut output_ops),
        }
    }
    let Builder { ops, filters, order, .. } = builder;
    let fields = filters.iter().map(|slot| {
        slot.filter.new_fields()
            + slot.decoration.as_ref().map_or(0, |decoration| decoration.new_fields())
    });
    let room = (FIRST_FIELDS + fields.sum::<usize>()).min(limits::INDEX_KEYS);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let flushes = filters.iter().any(|slot| slot.filter.flush_when() != FlushWhen::Never);
    Ok(Program {
        ops: ops.into(),
        filters: filters.into(),
        env: Arc::new(Env {
            engine: options.engine,
            style: options.field_reference_escape_style,
            zone: options.timezone.clone(),
            start: options.start,
            host_name: options.host_name.as_deref().map(Box::from),
            lists: lists.finish(),
        }),
        ecs: options.ecs,
        inputs: inputs.into(),
        outputs: outputs.into(),
        output_ops: output_ops.into(),
        order,
        room,
        flushes,
        warnings: diagnostics,
    })
}

struct Builder<'c> {
    cx: CompileCx<'c>,
    resolved: &'c options::Resolved,
    ops: Vec<Op>,
    filters: Vec<FilterSlot>,
    /// There in an output section: its plugins are outputs.
    outputs: Option<Vec<output::Output>>,
    order: Order,
}

impl Builder<'_> {
    fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            match statement {
                Statement::Branch(branch) => self.branch(branch),
                Statement::Plugin(plugin) if self.outputs.is_some() => self.output(plugin),
                Statement::Plugin(plugin) => self.filter(plugin),
            }
        }
    }

    fn branch(&mut self, branch: &Branch) {
        let place = self.ops.len();
        self.ops.push(Op::Branch { arms: Box::new([]), otherwise: (0, 0), end: 0 });
        let mut arms = Vec::with_capacity(branch.arms.len());
        for arm in &branch.arms {
            let condition = Condition::compile(&arm.condition, &mut self.cx);
            let ops = self.block(&arm.block);
            let position = self.cx.position(arm.condition.span);
            if let Some(condition) = condition {
                arms.push(Arm { condition, position, ops });
            }
        }
        let otherwise = match &branch.otherwise {
            Some(block) => self.block(block),
            None => (0, 0),
        };
        let end = self.here();
        self.ops[place] = Op::Branch { arms: arms.into(), otherwise, end };
    }

    fn block(&mut self, block: &Block) -> (u32, u32) {
        let start = self.here();
        self.statements(&block.body);
        (start, self.here())
    }

    /// The next op's place: a config is limited to far fewer than 2^32 bytes.
    fn here(&self) -> u32 {
        u32::try_from(self.ops.len()).unwrap_or(u32::MAX)
    }

    fn filter(&mut self, plugin: &Plugin) {
        let Some(options) = self.resolved.get(plugin) else { return };
        let Some(info) = filter::lookup(&options.name) else {
            self.cx.unsupported(options);
            return;
        };
        let Some(filter) = (info.compile)(options, &mut self.cx) else { return };
        if info.order == Order::Ordered || filter.order() == Order::Ordered {
            self.order = Order::Ordered;
        }
        let failure_tags = match filter.failure_tags() {
            [] => Box::from([format!("_{}_error", info.name).into_boxed_str()]),
            tags => tags.into(),
        };
        let style = self.cx.options.field_reference_escape_style;
        self.ops.push(Op::Filter(u32::try_from(self.filters.len()).unwrap_or(u32::MAX)));
        self.filters.push(FilterSlot {
            name: info.name,
            id: options.id().map(|id| Box::from(id.value)),
            position: self.cx.position(options.name_span),
            filter: Arc::from(filter),
            decoration: Decoration::compile(options, style).map(Arc::new),
            failure_tags,
        });
    }

    /// Inputs under a condition are inputs all the same; Logstash runs them without looking.
    fn inputs(&mut self, statements: &[Statement], inputs: &mut Vec<input::Input>) {
        for plugin in plugins(statements) {
            let Some(options) = self.resolved.get(plugin) else { continue };
            if let Some(input) = input::compile(options, &mut self.cx) {
                inputs.push(input);
            }
        }
    }

    /// Compiles an output section: as filters are, into ops of its own.
    fn outputs(
        &mut self,
        statements: &[Statement],
        outputs: &mut Vec<output::Output>,
        ops: &mut Vec<Op>,
    ) {
        core::mem::swap(&mut self.ops, ops);
        self.outputs = Some(core::mem::take(outputs));
        self.statements(statements);
        *outputs = self.outputs.take().unwrap_or_default();
        core::mem::swap(&mut self.ops, ops);
    }

    fn output(&mut self, plugin: &Plugin) {
        let position = self.cx.position(plugin.name.span);
        let output = output::compile(plugin, self.resolved, position, &mut self.cx);
        if let (Some(outputs), Some(output)) = (&mut self.outputs, output) {
            self.ops.push(Op::Filter(u32::try_from(outputs.len()).unwrap_or(u32::MAX)));
            outputs.push(output);
        }
    }
}

/// All plugins of a section, those inside branches too. The nesting is limited by the parser.
fn plugins(statements: &[Statement]) -> Vec<&Plugin> {
    let mut found = Vec::new();
    for statement in statements {
        match statement {
            Statement::Plugin(plugin) => found.push(plugin),
            Statement::Branch(branch) => {
                for arm in &branch.arms {
                    found.extend(plugins(&arm.block.body));
                }
                if let Some(block) = &branch.otherwise {
                    found.extend(plugins(&block.body));
                }
            }
        }
    }
    found
}

impl CompileCx<'_> {
    fn position(&self, span: Span) -> ConfigPosition {
        let position = self.diagnostics.position(span);
        position.map_or_else(ConfigPosition::default, |position| ConfigPosition {
            source: position.name.into(),
            line: position.line,
            column: position.column,
        })
    }

    /// Reports a plugin that is known and not built.
    pub(crate) fn unsupported(&mut self, options: &PluginOptions) {
        let kind = match options.kind {
            PluginKind::Codec => "codec",
            PluginKind::Filter => "filter",
            PluginKind::Input => "input",
            PluginKind::Output => "output",
        };
        let refused = refusal(options.kind, &options.name);
        let code = options.text("code").filter(|_| options.name == "ruby");
        let (why, instead) = match (refused, code.and_then(|code| ruby::suggest(code.value))) {
            (None, _) => ("not built yet".to_owned(), String::new()),
            (Some(Refusal { reason, .. }), Some(filters)) => {
                (format!("not supported: {reason}"), filters)
            }
            (Some(Refusal { reason, instead }), None) => {
                (format!("not supported: {reason}"), format!("use {instead}"))
            }
        };
        let message = format!("the {kind} `{}` is {why}", options.name);
        let (severity, message, help) = if self.options.skip_unsupported {
            let help = (!instead.is_empty()).then_some(instead);
            (Severity::Warning, format!("{message}; it is left out"), help)
        } else {
            let skip =
                "leave such plugins out with --skip-unsupported, at the price of other events";
            let help = match instead.as_str() {
                "" => skip.to_owned(),
                instead => format!("{instead}\n{skip}"),
            };
            (Severity::Error, message, Some(help))
        };
        let mut diagnostic =
            Diagnostic::new(Code::Unsupported, severity, Some(options.name_span), message);
        diagnostic.help = help;
        self.diagnostics.push(diagnostic);
    }

    /// Compiles a regular expression of the config; nothing when it was reported as bad.
    pub(crate) fn regex(&mut self, source: &str, flags: Flags, span: Span) -> Option<Regex> {
        match Regex::pooled(source, flags, &mut self.lists.pool) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let place = place_of(source, error.span.start);
                self.regex_error(self.inside(span, source, &error.span), &error, &place);
                None
            }
        }
    }

    fn regex_error(&mut self, span: Span, error: &SyntaxError, place: &str) {
        let message = format!("bad regular expression: {}{place}", error.kind);
        let mut diagnostic = Diagnostic::new(Code::BadRegex, Severity::Error, Some(span), message);
        diagnostic.help = error.help.map(str::to_owned);
        self.diagnostics.push(diagnostic);
    }

    /// Reports a regular expression that came out of a grok pattern.
    pub(crate) fn expanded_regex_error(
        &mut self,
        span: Span,
        source: &str,
        expansion: &Expansion,
        error: &SyntaxError,
    ) {
        let origin = expansion.origin(error.span.start);
        let place = if origin.chain.is_empty() {
            place_of(source, origin.span.start)
        } else {
            format!(", in %{{{}}}", origin.chain.join("} > %{"))
        };
        self.regex_error(self.inside(span, source, &origin.span), error, &place);
    }

    /// Reports a grok pattern that cannot be expanded.
    pub(crate) fn expand_error(&mut self, span: Span, source: &str, error: &ExpandError) {
        let span = self.inside(span, source, &error.span);
        self.error(Code::UnknownPattern, span, error.to_string());
    }

    /// A part of a text of the config, where the text stands there as it is; else the whole.
    pub(crate) fn inside(&self, span: Span, text: &str, part: &Range<usize>) -> Span {
        let source = self.diagnostics.sources().get(span.source as usize);
        let written = source.and_then(|s| s.text.get(span.start as usize..span.end as usize));
        let Some(written) = written else { return span };
        let quotes = written.len().saturating_sub(text.len()) / 2;
        if written.get(quotes..written.len() - quotes) != Some(text) {
            return span;
        }
        let end = part.end.max(part.start + 1).min(text.len());
        span.part(quotes + part.start.min(end), quotes + end)
    }

    /// Reports a date format that is none.
    pub(crate) fn date_format_error(&mut self, format: &Spanned<&str>, error: &DateFormatError) {
        let place = self.inside(format.span, format.value, &error.span());
        let mut diagnostic = Diagnostic::new(
            Code::BadDateFormat,
            Severity::Error,
            Some(place),
            format!("bad date format `{}`: {}", format.value, error),
        );
        diagnostic.help = error.help().map(str::to_owned);
        self.diagnostics.push(diagnostic);
    }
}

/// `, at character 5 of it`
fn place_of(source: &str, offset: usize) -> String {
    let characters = source.get(..offset).map_or(0, |before| before.chars().count());
    format!(", at character {} of it", characters + 1)
}

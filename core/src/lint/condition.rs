//! Conditions that do not ask what they seem to ask, and statements that nothing reaches.
//!
//! The tree as written is judged, before variables are replaced: `"${STAGE}" == "prod"` is constant
//! in one place and not in another, and no mistake.

use crate::config::ast::{
    Arm, Block, Branch, Comparison, Condition, ConditionKind, Operand, OperandKind, Plugin,
    SectionKind, Statement, Value, ValueKind,
};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::lint::compare::{Implication, Literal};
use crate::lint::{Cx, Findings};
use crate::program::condition::Condition as Compiled;

/// Arms of one branch that are compared with each other; stops a generated `if` of thousands of
/// arms from taking quadratic time.
const ARMS: usize = 200;

pub(super) fn check(cx: &Cx<'_>, found: &mut Findings) {
    let mut checker = Checker { cx, found };
    for section in &cx.config.ast().sections {
        checker.statements(section.kind, &section.body);
    }
}

struct Checker<'a, 'c> {
    cx: &'a Cx<'c>,
    found: &'a mut Findings,
}

impl Checker<'_, '_> {
    fn statements(&mut self, kind: SectionKind, statements: &[Statement]) {
        let mut dropped: Option<&Plugin> = None;
        for statement in statements {
            if let Some(drop) = dropped.take() {
                self.found.push(
                    Diagnostic::warning(
                        Code::UnreachableFilter,
                        head(statement),
                        "no event gets here: the `drop` before this takes every one",
                    )
                    .with_label(drop.name.span, "takes every event")
                    .with_help("put the `drop` inside an `if`, or after this"),
                );
            }
            match statement {
                Statement::Branch(branch) => self.branch(kind, branch),
                Statement::Plugin(plugin) => {
                    let drops = kind == SectionKind::Filter && is_full_drop(plugin);
                    dropped = drops.then_some(plugin);
                }
            }
        }
    }

    fn branch(&mut self, kind: SectionKind, branch: &Branch) {
        let mut always: Option<&Condition> = None;
        for (at, arm) in branch.arms.iter().enumerate() {
            self.condition(&arm.condition);
            let earlier = &branch.arms[at.saturating_sub(ARMS)..at];
            match always {
                Some(condition) => self.after_always(condition, arm.condition.span),
                None => self.unreachable(arm, earlier),
            }
            if always.is_none() && self.constant(&arm.condition) == Some(true) {
                always = Some(&arm.condition);
            }
            self.statements(kind, &arm.block.body);
        }
        if let Some(Block { body, .. }) = &branch.otherwise {
            if let (Some(condition), Some(first)) = (always, body.first()) {
                self.after_always(condition, head(first));
            }
            self.statements(kind, body);
        }
    }

    fn unreachable(&mut self, arm: &Arm, earlier: &[Arm]) {
        let mut implication = Implication::default();
        let Some(taken) =
            earlier.iter().find(|earlier| implication.holds(&arm.condition, &earlier.condition))
        else {
            return;
        };
        self.found.push(
            Diagnostic::warning(
                Code::UnreachableBranch,
                arm.condition.span,
                "this `else if` is never taken: every event that fulfils it has gone into an \
                 earlier arm",
            )
            .with_label(taken.condition.span, "the earlier arm takes them")
            .with_help("put the narrower condition first, or correct it"),
        );
    }

    fn after_always(&mut self, condition: &Condition, span: Span) {
        self.found.push(
            Diagnostic::warning(
                Code::UnreachableBranch,
                span,
                "nothing reaches this: an earlier arm takes every event",
            )
            .with_label(condition.span, "always true")
            .with_help("put the arm that is always taken last, as `else`"),
        );
    }

    fn condition(&mut self, condition: &Condition) {
        match &condition.kind {
            ConditionKind::And(parts) => {
                self.contradiction(condition, parts, Comparison::Equal);
                for part in parts {
                    self.condition(part);
                }
            }
            ConditionKind::Or(parts) => {
                self.contradiction(condition, parts, Comparison::NotEqual);
                for part in parts {
                    self.condition(part);
                }
            }
            ConditionKind::Not(inner) => self.condition(inner),
            ConditionKind::Nand(parts) | ConditionKind::Xor(parts) => {
                for part in &**parts {
                    self.condition(part);
                }
            }
            ConditionKind::In { left, right, .. } => {
                self.operand(left, None);
                self.operand(right, Some(left));
                self.leaf(condition);
            }
            ConditionKind::Compare { left, right, .. }
            | ConditionKind::Match { left, right, .. } => {
                self.operand(left, None);
                self.operand(right, None);
                self.leaf(condition);
            }
            ConditionKind::Truth(operand) => {
                self.operand(operand, None);
                self.leaf(condition);
            }
        }
    }

    /// `[a] == "x" and [a] == "y"`, `[a] != "x" or [a] != "y"`.
    fn contradiction(&mut self, whole: &Condition, parts: &[Condition], wanted: Comparison) {
        let mut seen: Vec<(&str, Literal)> = Vec::new();
        for part in parts.iter().take(ARMS) {
            let ConditionKind::Compare { op, left, right } = &part.kind else { continue };
            if *op != wanted || reads_variable(part) {
                continue;
            }
            let Some((field, literal)) = Literal::of_pair(left, right) else { continue };
            if !seen.iter().any(|(other, known)| *other == field && *known != literal) {
                seen.push((field, literal));
                continue;
            }
            let (message, help) = if wanted == Comparison::Equal {
                (
                    format!("never true: {field} cannot equal two things at once"),
                    format!("write `or`, or {field} in [..] with all of them"),
                )
            } else {
                (
                    format!("always true: {field} differs from one of them in any case"),
                    format!("write `and`, or {field} not in [..] with all of them"),
                )
            };
            self.found.push(
                Diagnostic::warning(Code::ConstantCondition, whole.span, message).with_help(help),
            );
            return;
        }
    }

    fn operand(&mut self, operand: &Operand, sought: Option<&Operand>) {
        match &operand.kind {
            OperandKind::Call { name, .. } => {
                let Some((field, _)) = operand.as_field() else { return };
                let help = if name.text == "not" {
                    format!("write !{field}")
                } else {
                    format!(
                        "write {field} alone; what `{}` is to compute needs a filter before",
                        name.text
                    )
                };
                self.found.push(
                    Diagnostic::warning(
                        Code::CallWithoutEffect,
                        operand.span,
                        format!("`{}(..)` does nothing here: it means {field}", name.text),
                    )
                    .with_help(help),
                );
            }
            OperandKind::Selector(text) => {
                let inner = text.trim_start_matches('[').trim_end_matches(']').trim();
                let quoted = inner.starts_with(['"', '\'']);
                let number = sought.is_some() && !text.contains("][") && is_number(inner);
                if quoted || number {
                    self.one_element(operand, text, inner, sought);
                }
            }
            _ => {}
        }
    }

    fn one_element(
        &mut self,
        operand: &Operand,
        text: &str,
        inner: &str,
        sought: Option<&Operand>,
    ) {
        let bare = inner.trim_matches(['"', '\'']);
        let is_one = inner.matches(['"', '\'']).count() <= 2;
        let help = match sought {
            _ if !is_one => "elements of a list are separated by commas: [\"a\", \"b\"]".to_owned(),
            Some(left) => match left.as_field() {
                Some((field, _)) => {
                    format!("write {field} == {inner}, or repeat it: {field} in [{inner}, {inner}]")
                }
                None => format!("write [{bare}] for the field, without quotes"),
            },
            None => format!("write [{bare}] for the field, or {inner} for the text"),
        };
        self.found.push(
            Diagnostic::warning(
                Code::OneElementList,
                operand.span,
                format!("{text} is no list: it is the field whose name is {inner}"),
            )
            .with_help(help),
        );
    }

    fn leaf(&mut self, leaf: &Condition) {
        let Some(value) = self.constant(leaf) else { return };
        let quoted = match &leaf.kind {
            ConditionKind::Compare { left, right, .. }
            | ConditionKind::In { left, right, .. }
            | ConditionKind::Match { left, right, .. } => [Some(left), Some(right)],
            ConditionKind::Truth(operand) => [Some(operand), None],
            _ => [None, None],
        };
        let word = quoted.into_iter().flatten().find_map(|operand| match &operand.kind {
            OperandKind::Text(text) if is_word(&text.text) => Some(text.text.as_str()),
            _ => None,
        });
        let help = match word {
            Some(word) => format!("a field stands in brackets: [{word}]"),
            None => "compare a field, in brackets, or leave the condition out".to_owned(),
        };
        self.found.push(
            Diagnostic::warning(
                Code::ConstantCondition,
                leaf.span,
                format!("always {value}, whatever the event"),
            )
            .with_help(help),
        );
    }

    /// The answer of a condition that asks nothing of the event.
    fn constant(&self, condition: &Condition) -> Option<bool> {
        if reads_variable(condition) {
            return None;
        }
        self.cx.compiling(|cx| fold(&Compiled::compile(condition, cx)?))
    }
}

fn fold(condition: &Compiled) -> Option<bool> {
    match condition {
        Compiled::Constant(value) => Some(*value),
        Compiled::InList { texts, .. } if texts.is_empty() => Some(false),
        Compiled::Not(inner) => fold(inner).map(|value| !value),
        _ => None,
    }
}

/// Tells whether a constant of a condition holds a `${..}`.
fn reads_variable(condition: &Condition) -> bool {
    match &condition.kind {
        ConditionKind::And(parts) | ConditionKind::Or(parts) => parts.iter().any(reads_variable),
        ConditionKind::Nand(parts) | ConditionKind::Xor(parts) => parts.iter().any(reads_variable),
        ConditionKind::Not(inner) => reads_variable(inner),
        ConditionKind::Compare { left, right, .. }
        | ConditionKind::In { left, right, .. }
        | ConditionKind::Match { left, right, .. } => has_variable(left) || has_variable(right),
        ConditionKind::Truth(operand) => has_variable(operand),
    }
}

fn has_variable(operand: &Operand) -> bool {
    let in_value = |value: &Value| match &value.kind {
        ValueKind::Bareword(text) | ValueKind::Number(text) => text.contains("${"),
        ValueKind::Text(text) => text.text.contains("${"),
        _ => true,
    };
    match &operand.kind {
        OperandKind::Text(text) => text.text.contains("${"),
        OperandKind::List(values) => values.iter().any(in_value),
        _ => false,
    }
}

/// `drop { }`, whatever its other options.
fn is_full_drop(plugin: &Plugin) -> bool {
    plugin.name.text == "drop"
        && plugin.attributes.iter().all(|attribute| attribute.name.text != "percentage")
}

/// The place that stands for a statement: a plugin's name, a branch's first condition.
fn head(statement: &Statement) -> Span {
    match statement {
        Statement::Plugin(plugin) => plugin.name.span,
        Statement::Branch(branch) => {
            branch.arms.first().map_or(branch.span, |arm| arm.condition.span)
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.parse::<f64>().is_ok()
        && text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '@')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "@_-.".contains(c))
}

//! Checks of a tree that need no knowledge of plugins: numbers, hash keys, operands of conditions.
//!
//! `if 5 > "3"`, `{ 5 => "x" }` and `100000000000000000000` follow the grammar and are refused by
//! Logstash when it compiles them. Source: Logstash 9.x as recorded by the vectors.

use std::collections::BTreeMap;

use crate::{
    diagnostic::{Code, Diagnostic, Span},
    limits,
};

use super::ast::{
    Ast, Attribute, Comparison, Condition, ConditionKind, Entry, Operand, OperandKind, Statement,
    Value, ValueKind,
};

/// Returns the errors of the tree, up to the limit.
pub(super) fn check(ast: &Ast) -> Vec<Diagnostic> {
    let mut checker = Checker { errors: Vec::new() };
    for section in &ast.sections {
        checker.statements(&section.body);
    }
    checker.errors
}

struct Checker {
    errors: Vec<Diagnostic>,
}

impl Checker {
    fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            match statement {
                Statement::Branch(branch) => {
                    for arm in &branch.arms {
                        self.condition(&arm.condition);
                        self.statements(&arm.block.body);
                    }
                    if let Some(block) = &branch.otherwise {
                        self.statements(&block.body);
                    }
                }
                Statement::Plugin(plugin) => self.attributes(&plugin.attributes),
            }
        }
    }

    fn attributes(&mut self, attributes: &[Attribute]) {
        for attribute in attributes {
            self.value(&attribute.value);
        }
    }

    fn value(&mut self, value: &Value) {
        match &value.kind {
            ValueKind::Array(values) => {
                for value in values {
                    self.value(value);
                }
            }
            ValueKind::Hash(entries) => self.entries(entries),
            ValueKind::Number(raw) => self.number(raw, value.span),
            ValueKind::Plugin(plugin) => self.attributes(&plugin.attributes),
            ValueKind::Bareword(_) | ValueKind::Text(_) => {}
        }
    }

    /// Checks a hash; Logstash compares its keys as they are written, quotes included.
    fn entries(&mut self, entries: &[Entry]) {
        let mut seen = BTreeMap::new();
        for entry in entries {
            let text = match &entry.key.kind {
                ValueKind::Bareword(word) => (' ', word.as_str()),
                ValueKind::Text(text) => (text.quote.as_char(), text.raw.as_str()),
                ValueKind::Number(raw) => {
                    let message = format!("the key {raw} is a number; keys are strings");
                    let error = Diagnostic::error(Code::BadValue, entry.key.span, message)
                        .with_help(format!("write \"{raw}\""));
                    self.push(error);
                    continue;
                }
                _ => continue,
            };
            if let Some(first) = seen.insert(text, entry.key.span) {
                let message = format!("the key `{}` stands twice in this hash", text.1);
                let error = Diagnostic::error(Code::DuplicateKey, entry.key.span, message)
                    .with_label(first, "first here")
                    .with_help("several values for one key are written as a list: `[ .., .. ]`");
                self.push(error);
            }
            self.value(&entry.value);
        }
    }

    fn number(&mut self, raw: &str, span: Span) {
        let (message, help) = if raw.ends_with('.') {
            (format!("`{raw}` is no number"), "write a digit behind the point")
        } else if !raw.contains('.') && raw.parse::<i64>().is_err() {
            (
                format!("the number {raw} does not fit into 64 bits"),
                "write it as a string if the option takes one",
            )
        } else {
            return;
        };
        self.push(Diagnostic::error(Code::BadValue, span, message).with_help(help));
    }

    fn condition(&mut self, condition: &Condition) {
        match &condition.kind {
            ConditionKind::And(parts) | ConditionKind::Or(parts) => {
                for part in parts {
                    self.condition(part);
                }
            }
            ConditionKind::Nand(pair) | ConditionKind::Xor(pair) => {
                for part in pair.iter() {
                    self.condition(part);
                }
            }
            ConditionKind::Not(inner) => self.condition(inner),
            ConditionKind::Truth(operand) => {
                self.operand(operand);
                if let OperandKind::Regex(_) = operand.kind {
                    self.refuse(operand.span, "a regex alone is no condition", Some(REGEX_HELP));
                }
            }
            ConditionKind::Compare { op, left, right } => self.comparison(*op, left, right),
            ConditionKind::In { left, right, .. } => {
                self.operand(left);
                self.operand(right);
                if let OperandKind::Regex(_) = left.kind {
                    self.refuse(left.span, "a regex cannot be looked for", Some(REGEX_HELP));
                } else if is_list(left) && right.is_field() {
                    let message = "a list cannot be looked for in a field";
                    let help = "ask for each value on its own: `\"x\" in [a] or \"y\" in [a]`";
                    self.refuse(left.span, message, Some(help));
                }
            }
            ConditionKind::Match { left, right, .. } => {
                self.operand(left);
                self.operand(right);
                match left.kind {
                    OperandKind::Number(_) | OperandKind::List(_) | OperandKind::Regex(_) => {
                        let message = "only a field or a string can be matched against a regex";
                        self.refuse(left.span, message, None);
                    }
                    _ => {}
                }
            }
        }
    }

    fn comparison(&mut self, op: Comparison, left: &Operand, right: &Operand) {
        self.operand(left);
        self.operand(right);
        for operand in [left, right] {
            if let OperandKind::Regex(_) = operand.kind {
                let message = format!("a regex cannot be compared by `{}`", op.as_str());
                self.refuse(operand.span, &message, Some(REGEX_HELP));
                return;
            }
        }
        if is_list(left) {
            let message = format!("a list cannot stand on the left of `{}`", op.as_str());
            self.refuse(left.span, &message, Some("use `in`: `[a] in [\"x\", \"y\"]`"));
        } else if matches!(&right.kind, OperandKind::List(values) if values.is_empty()) {
            let message = format!("an empty list cannot stand on the right of `{}`", op.as_str());
            self.refuse(right.span, &message, None);
        } else if !matches!(op, Comparison::Equal | Comparison::NotEqual)
            && !left.is_field()
            && !right.is_field()
            && class(left) != class(right)
        {
            let message = format!("these constants cannot be ordered by `{}`", op.as_str());
            self.refuse(
                left.span.to(right.span),
                &message,
                Some("numbers compare with numbers, strings with strings"),
            );
        }
    }

    fn operand(&mut self, operand: &Operand) {
        match &operand.kind {
            OperandKind::Call { name, arguments } => {
                for argument in arguments {
                    self.operand(argument);
                }
                if arguments.iter().filter(|argument| argument.is_field()).count() != 1 {
                    let message =
                        format!("the call of `{}` must have one field as its argument", name.text);
                    let help = "a call means the field itself, whatever its name: \
                                `len([a])` is `[a]`";
                    self.refuse(operand.span, &message, Some(help));
                }
            }
            OperandKind::List(values) => {
                for value in values {
                    self.list_element(value);
                }
            }
            OperandKind::Number(raw) => self.number(raw, operand.span),
            OperandKind::Regex(_) | OperandKind::Selector(_) | OperandKind::Text(_) => {}
        }
    }

    fn list_element(&mut self, element: &Value) {
        match &element.kind {
            ValueKind::Array(inner) => {
                if let [Value { kind: ValueKind::Bareword(word), .. }] = inner.as_slice() {
                    let message = format!("the field [{word}] cannot stand in a list");
                    let help = "lists of a condition hold constants; compare with the field itself";
                    self.refuse(element.span, &message, Some(help));
                    return;
                }
                self.value(element);
            }
            ValueKind::Plugin(plugin) => {
                let message = format!("the plugin `{}` cannot stand in a list", plugin.name.text);
                self.refuse(element.span, &message, None);
            }
            _ => self.value(element),
        }
    }

    fn refuse(&mut self, span: Span, message: &str, help: Option<&str>) {
        let error = Diagnostic::error(Code::BadCondition, span, message);
        self.push(match help {
            Some(help) => error.with_help(help),
            None => error,
        });
    }

    fn push(&mut self, error: Diagnostic) {
        if self.errors.len() < limits::CONFIG_PROBLEMS {
            self.errors.push(error);
        }
    }
}

const REGEX_HELP: &str = "a regex stands on the right of `=~` or `!~`";

const fn is_list(operand: &Operand) -> bool {
    matches!(operand.kind, OperandKind::List(_))
}

/// Groups constants by what they can be ordered with.
const fn class(operand: &Operand) -> u8 {
    match operand.kind {
        OperandKind::Number(_) => 0,
        OperandKind::Text(_) => 1,
        _ => 2,
    }
}

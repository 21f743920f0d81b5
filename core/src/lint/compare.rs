//! What one condition says about another: `[s] >= 500` implies `[s] >= 400`.

use core::cmp::Ordering;

use crate::config::ast::{
    Comparison, Condition, ConditionKind, Operand, OperandKind, Value, ValueKind,
};
use crate::config::print::print_condition;

/// A constant of a condition, by kind: `"5"` and `5` differ, and so do `5` and `5.0`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Float(f64),
    Int(i64),
    Text(String),
}

impl Literal {
    pub(super) fn of(operand: &Operand) -> Option<Self> {
        match &operand.kind {
            OperandKind::Number(raw) => Self::number(raw),
            OperandKind::Text(text) => Some(Self::Text(text.text.clone())),
            _ => None,
        }
    }

    fn number(raw: &str) -> Option<Self> {
        raw.parse().map(Self::Int).or_else(|_| raw.parse().map(Self::Float)).ok()
    }

    /// The field and the constant of a comparison of one with the other.
    pub(super) fn of_pair<'a>(left: &'a Operand, right: &'a Operand) -> Option<(&'a str, Self)> {
        let (field, constant) = match (left.as_field(), right.as_field()) {
            (Some((field, _)), None) => (field, right),
            (None, Some((field, _))) => (field, left),
            _ => return None,
        };
        Some((field, Self::of(constant)?))
    }

    const fn as_number(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            #[expect(clippy::cast_precision_loss, reason = "constants of a condition are small")]
            Self::Int(value) => Some(*value as f64),
            Self::Text(_) => None,
        }
    }

    /// The text that a list of a condition is compared by.
    fn as_text(&self) -> Option<String> {
        match self {
            Self::Float(_) => None,
            Self::Int(value) => Some(value.to_string()),
            Self::Text(text) => Some(text.clone()),
        }
    }

    fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => Some(left.cmp(right)),
            _ => self.as_number()?.partial_cmp(&other.as_number()?),
        }
    }
}

/// Asks whether one condition implies another, with an end to the asking.
pub(super) struct Implication {
    steps: usize,
}

/// Pairs of parts that are compared for one question: stops two conditions of thousands of parts.
const STEPS: usize = 20_000;

impl Default for Implication {
    fn default() -> Self {
        Self { steps: STEPS }
    }
}

impl Implication {
    /// Tells whether every event that fulfils `narrow` is sure to fulfil `wide`.
    ///
    /// False when it is not known. An event that `wide` cannot be asked of does not count: it is
    /// refused there.
    pub(super) fn holds(&mut self, narrow: &Condition, wide: &Condition) -> bool {
        let Some(steps) = self.steps.checked_sub(1) else { return false };
        self.steps = steps;
        match (&narrow.kind, &wide.kind) {
            (ConditionKind::Or(parts), _) => parts.iter().all(|part| self.holds(part, wide)),
            (_, ConditionKind::And(parts)) => parts.iter().all(|part| self.holds(narrow, part)),
            (_, ConditionKind::Or(parts)) if parts.iter().any(|part| self.holds(narrow, part)) => {
                true
            }
            (ConditionKind::And(parts), _) if parts.iter().any(|part| self.holds(part, wide)) => {
                true
            }
            (
                ConditionKind::Compare { .. }
                | ConditionKind::In { .. }
                | ConditionKind::Not(_)
                | ConditionKind::Match { .. }
                | ConditionKind::Truth(_)
                | ConditionKind::Nand(_)
                | ConditionKind::Xor(_)
                | ConditionKind::And(_),
                _,
            ) => leaf_holds(narrow, wide),
        }
    }
}

fn leaf_holds(narrow: &Condition, wide: &Condition) -> bool {
    let Some(narrow_fact) = Fact::of(narrow) else { return is_same(narrow, wide) };
    let Some(wide_fact) = Fact::of(wide) else { return is_same(narrow, wide) };
    if narrow_fact.field != wide_fact.field {
        return false;
    }
    match (&narrow_fact.kind, &wide_fact.kind) {
        (FactKind::Is(Comparison::Equal, value), FactKind::Is(op, bound)) => match op {
            Comparison::Equal => value == bound,
            Comparison::NotEqual => value != bound,
            _ => value.order(bound).is_some_and(|order| holds(*op, order)),
        },
        (FactKind::Is(Comparison::NotEqual, value), FactKind::Is(Comparison::NotEqual, other)) => {
            value == other
        }
        (FactKind::Is(Comparison::Equal, value), FactKind::In(texts)) => {
            value.as_text().is_some_and(|text| texts.contains(&text))
        }
        (FactKind::In(inner), FactKind::In(texts)) => {
            !inner.is_empty() && inner.iter().all(|text| texts.contains(text))
        }
        // Null is `>=` and `<=` anything, and not `>` or `<`.
        (FactKind::Is(op, value), FactKind::Is(wide_op, bound)) => {
            let Some(order) = value.order(bound) else { return false };
            match (op, wide_op) {
                (Comparison::Greater, Comparison::Greater | Comparison::GreaterOrEqual)
                | (Comparison::GreaterOrEqual, Comparison::GreaterOrEqual) => order.is_ge(),
                (Comparison::Less, Comparison::Less | Comparison::LessOrEqual)
                | (Comparison::LessOrEqual, Comparison::LessOrEqual) => order.is_le(),
                _ => false,
            }
        }
        (FactKind::Is(Comparison::Equal, value), FactKind::Present) => {
            !matches!(value, Literal::Text(text) if text.is_empty() || text == "false")
        }
        (FactKind::Present, FactKind::Present) => true,
        _ => false,
    }
}

const fn holds(op: Comparison, order: Ordering) -> bool {
    match op {
        Comparison::Equal => order.is_eq(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::NotEqual => order.is_ne(),
    }
}

fn is_same(left: &Condition, right: &Condition) -> bool {
    print_condition(left) == print_condition(right)
}

/// What a simple condition says about one field.
struct Fact<'a> {
    field: &'a str,
    kind: FactKind,
}

enum FactKind {
    In(Vec<String>),
    Is(Comparison, Literal),
    Present,
}

impl<'a> Fact<'a> {
    fn of(condition: &'a Condition) -> Option<Self> {
        match &condition.kind {
            ConditionKind::Compare { op, left, right } => {
                let (field, literal) = Literal::of_pair(left, right)?;
                let op = if left.as_field().is_some() { *op } else { converse(*op) };
                let is_variable = matches!(&literal, Literal::Text(text) if text.contains("${"));
                (!is_variable).then_some(Self { field, kind: FactKind::Is(op, literal) })
            }
            ConditionKind::In { negated: false, left, right } => {
                let (field, _) = left.as_field()?;
                let OperandKind::List(values) = &right.kind else { return None };
                let texts = values.iter().map(text_of).collect::<Option<_>>()?;
                Some(Self { field, kind: FactKind::In(texts) })
            }
            ConditionKind::Truth(operand) => {
                let (field, _) = operand.as_field()?;
                Some(Self { field, kind: FactKind::Present })
            }
            _ => None,
        }
    }
}

fn text_of(value: &Value) -> Option<String> {
    match &value.kind {
        ValueKind::Bareword(word) => Some(word.clone()),
        ValueKind::Number(raw) => raw.parse::<i64>().ok().map(|value| value.to_string()),
        ValueKind::Text(text) if !text.text.contains("${") => Some(text.text.clone()),
        _ => None,
    }
}

/// The operator with its sides exchanged.
pub(super) const fn converse(op: Comparison) -> Comparison {
    match op {
        Comparison::Equal => Comparison::Equal,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::NotEqual => Comparison::NotEqual,
    }
}

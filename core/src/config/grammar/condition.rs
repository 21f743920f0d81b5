//! Conditions: from `[a] == "x" and !([b])` to a tree in which precedence is settled.

use std::mem;

use crate::{
    config::{
        ast::{Comparison, Condition, ConditionKind, Name, Operand, OperandKind},
        token,
    },
    diagnostic::{Code, Diagnostic, Span},
};

use super::{Parse, Parser};

/// Names the operators between conditions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    And,
    Nand,
    Or,
    Xor,
}

impl Link {
    const ALL: [Self; 4] = [Self::And, Self::Or, Self::Xor, Self::Nand];

    const fn as_str(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Nand => "nand",
            Self::Or => "or",
            Self::Xor => "xor",
        }
    }

    const fn stands_alone(self) -> bool {
        matches!(self, Self::Xor | Self::Nand)
    }
}

/// Names the operators between two operands.
pub(super) enum Operator {
    Compare(Comparison),
    In { negated: bool },
    Match { negated: bool },
}

/// The comparisons; where one starts another, the longer comes first.
const COMPARISONS: [Comparison; 6] = [
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::LessOrEqual,
    Comparison::GreaterOrEqual,
    Comparison::Less,
    Comparison::Greater,
];

/// Holds a condition together with the operator before it.
struct Linked {
    link: Link,
    link_span: Span,
    condition: Condition,
}

impl Parser<'_> {
    /// Reads expressions joined by `and`, `or`, `xor`, `nand`.
    pub(super) fn condition(&mut self) -> Parse<Condition> {
        let first = self.expression()?;
        let mut others = Vec::new();
        loop {
            let end = self.at;
            self.trivia();
            let start = self.at;
            let Some(link) = self.link() else {
                self.at = end;
                break;
            };
            let link_span = self.span_from(start);
            self.trivia();
            others.push(Linked { link, link_span, condition: self.expression()? });
        }
        Ok(self.chain(first, others))
    }

    fn link(&mut self) -> Option<Link> {
        for link in Link::ALL {
            if let Some(rest) = self.rest().strip_prefix(link.as_str()) {
                self.advance_to(rest);
                return Some(link);
            }
        }
        self.wrong_link()
    }

    /// Builds the tree of a chain: `and` binds tighter than `or`; `xor` and `nand` stand alone.
    fn chain(&mut self, first: Condition, mut others: Vec<Linked>) -> Condition {
        let start = first.span;
        if let Some(index) = others.iter().position(|other| other.link.stands_alone()) {
            if others.len() == 1
                && let Some(only) = others.pop()
            {
                let span = start.to(only.condition.span);
                let pair = Box::new([first, only.condition]);
                let kind = match only.link {
                    Link::Xor => ConditionKind::Xor(pair),
                    _ => ConditionKind::Nand(pair),
                };
                return Condition { kind, span };
            }
            self.mixed_chain(others.get(index.max(1)));
        }
        let mut alternatives = Vec::new();
        let mut group = vec![first];
        for other in others {
            if other.link == Link::Or {
                alternatives.push(conjunction(mem::take(&mut group)));
            }
            group.push(other.condition);
        }
        alternatives.push(conjunction(group));
        collapse(alternatives, ConditionKind::Or)
    }

    fn mixed_chain(&mut self, at: Option<&Linked>) {
        let Some(Linked { link, link_span, .. }) = at else { return };
        let message = format!(
            "unexpected operator `{}`: `xor` and `nand` cannot stand in one chain with another \
             operator",
            link.as_str()
        );
        self.report(
            Diagnostic::error(Code::BadCondition, *link_span, message)
                .with_help("put the operands that belong together in parentheses"),
        );
    }

    fn expression(&mut self) -> Parse<Condition> {
        let start = self.at;
        match self.rest().chars().next() {
            Some('(') => self.parenthesised(),
            Some('!') => {
                self.at += 1;
                self.trivia();
                let inner = match self.rest().chars().next() {
                    Some('(') => self.parenthesised()?,
                    Some('[') => self.negated_field()?,
                    _ => return Err(self.not_negatable(start)),
                };
                let kind = ConditionKind::Not(Box::new(inner));
                Ok(Condition { kind, span: self.span_from(start) })
            }
            _ => self.comparison(),
        }
    }

    fn parenthesised(&mut self) -> Parse<Condition> {
        self.open('(')?;
        self.trivia();
        let condition = self.condition()?;
        self.trivia();
        if !self.rest().starts_with(')') {
            return Err(self.unclosed_parenthesis());
        }
        self.close();
        Ok(condition)
    }

    fn negated_field(&mut self) -> Parse<Condition> {
        let start = self.at;
        let Ok((rest, text)) = token::selector(self.rest()) else {
            return Err(self.not_a_field());
        };
        self.advance_to(rest);
        let span = self.span_from(start);
        let operand = Operand { kind: OperandKind::Selector(text.to_owned()), span };
        Ok(Condition { kind: ConditionKind::Truth(operand), span })
    }

    fn comparison(&mut self) -> Parse<Condition> {
        let start = self.at;
        let left = self.operand()?;
        let end = self.at;
        self.trivia();
        let Some(operator) = self.operator()? else {
            self.at = end;
            return Ok(Condition { span: left.span, kind: ConditionKind::Truth(left) });
        };
        self.trivia();
        let right = match operator {
            Operator::Match { .. } => self.pattern()?,
            Operator::Compare(_) | Operator::In { .. } => self.operand()?,
        };
        let kind = match operator {
            Operator::Compare(op) => ConditionKind::Compare { op, left, right },
            Operator::In { negated } => ConditionKind::In { negated, left, right },
            Operator::Match { negated } => ConditionKind::Match { negated, left, right },
        };
        Ok(Condition { kind, span: self.span_from(start) })
    }

    fn operator(&mut self) -> Parse<Option<Operator>> {
        let rest = self.rest();
        if let Some(rest) = rest.strip_prefix("in") {
            self.advance_to(rest);
            return Ok(Some(Operator::In { negated: false }));
        }
        if let Ok((rest, _)) = token::not_and_space(rest) {
            self.advance_to(rest);
            self.trivia();
            let Some(rest) = self.rest().strip_prefix("in") else {
                return Err(self.not_without_in());
            };
            self.advance_to(rest);
            return Ok(Some(Operator::In { negated: true }));
        }
        for comparison in COMPARISONS {
            if let Some(rest) = rest.strip_prefix(comparison.as_str()) {
                self.advance_to(rest);
                self.check_operator_end(comparison);
                return Ok(Some(Operator::Compare(comparison)));
            }
        }
        for (text, negated) in [("=~", false), ("!~", true)] {
            if let Some(rest) = rest.strip_prefix(text) {
                self.advance_to(rest);
                return Ok(Some(Operator::Match { negated }));
            }
        }
        self.wrong_operator()
    }

    /// Reads the right side of `=~` and `!~`.
    fn pattern(&mut self) -> Parse<Operand> {
        let start = self.at;
        let kind = match self.rest().chars().next() {
            Some('/') => {
                let regex = self.regex()?;
                self.check_regex_end();
                regex
            }
            Some('"' | '\'') => OperandKind::Text(self.text()?),
            _ => return Err(self.not_a_pattern()),
        };
        Ok(Operand { kind, span: self.span_from(start) })
    }

    fn regex(&mut self) -> Parse<OperandKind> {
        let Ok((rest, raw)) = token::regex(self.rest()) else {
            return Err(self.unclosed_regex());
        };
        self.advance_to(rest);
        Ok(OperandKind::Regex(raw.to_owned()))
    }

    fn operand(&mut self) -> Parse<Operand> {
        let start = self.at;
        let kind = match self.rest().chars().next() {
            Some('"' | '\'') => OperandKind::Text(self.text()?),
            Some('/') => self.regex()?,
            Some('[') => {
                if let Ok((rest, text)) = token::selector(self.rest()) {
                    self.advance_to(rest);
                    OperandKind::Selector(text.to_owned())
                } else {
                    self.check_field_end()?;
                    OperandKind::List(self.array()?)
                }
            }
            Some('-' | '0'..='9') => {
                let Ok((rest, number)) = token::number(self.rest()) else {
                    return Err(self.not_an_operand());
                };
                self.advance_to(rest);
                self.check_number_end(start);
                OperandKind::Number(number.to_owned())
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => return self.call(),
            _ => return Err(self.not_an_operand()),
        };
        Ok(Operand { kind, span: self.span_from(start) })
    }

    /// Reads `word(operand, operand)`.
    fn call(&mut self) -> Parse<Operand> {
        let start = self.at;
        let Ok((rest, word)) = token::bareword(self.rest()) else {
            return self.word_as_operand();
        };
        let end = self.text.len() - rest.len();
        let parenthesis = self.after_trivia(end);
        if !self.text[parenthesis..].starts_with('(') {
            return self.word_as_operand();
        }
        let name = Name { text: word.to_owned(), quote: None, span: self.map.span(start, end) };
        self.at = end;
        self.trivia();
        self.open('(')?;
        let mut arguments = Vec::new();
        self.trivia();
        if !self.rest().starts_with(')') {
            loop {
                arguments.push(self.operand()?);
                self.trivia();
                let Some(rest) = self.rest().strip_prefix(',') else { break };
                self.advance_to(rest);
                self.trivia();
            }
        }
        if !self.rest().starts_with(')') {
            return Err(self.unclosed_call(&name));
        }
        self.close();
        Ok(Operand { kind: OperandKind::Call { name, arguments }, span: self.span_from(start) })
    }
}

fn conjunction(parts: Vec<Condition>) -> Condition {
    collapse(parts, ConditionKind::And)
}

/// Makes one condition of one or several.
fn collapse(
    mut parts: Vec<Condition>,
    kind: impl FnOnce(Vec<Condition>) -> ConditionKind,
) -> Condition {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    let first = parts.first().map_or_else(Span::default, |part| part.span);
    let last = parts.last().map_or(first, |part| part.span);
    Condition { kind: kind(parts), span: first.to(last) }
}

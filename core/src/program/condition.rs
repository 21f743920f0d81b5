//! Conditions: `if [status] >= 500 and [path] =~ /admin/`, compiled and evaluated.
//!
//! A comparison that cannot be made (`[n] > 5` on a missing field or a text) is an error of that event:
//! it is refused. Source of behaviour: Logstash 9.x `EventCondition`, as the vectors recorded it.

use core::cmp::Ordering;

use crate::config::ast::{
    Comparison, Condition as Tree, ConditionKind, Operand, OperandKind, Value as AstValue,
    ValueKind,
};
use crate::diagnostic::Code;
use crate::event::{Event, FieldPath, Num, Value, text};
use crate::filter::{CompileCx, Scratch};
use crate::pattern::{Budget, Flags, Regex};

/// A compiled condition.
#[derive(Debug)]
pub(crate) enum Condition {
    All(Box<[Self]>),
    Any(Box<[Self]>),
    Constant(bool),
    /// `[a] == "x"`: the kinds must agree.
    Equals {
        field: FieldPath,
        constant: Constant,
    },
    /// `[a] == [b]`
    EqualsField {
        left: FieldPath,
        right: FieldPath,
    },
    /// `[a] in ["x", "y"]`: by text.
    InList {
        field: FieldPath,
        texts: Box<[Box<str>]>,
    },
    /// `[a] in "xyz"`
    InText {
        field: FieldPath,
        text: Box<str>,
    },
    /// `"x" in [a]`
    Holds {
        field: FieldPath,
        constant: Constant,
    },
    /// `[a] in [b]`
    HoldsField {
        needle: FieldPath,
        field: FieldPath,
    },
    Matches {
        field: FieldPath,
        regex: Regex,
    },
    Not(Box<Self>),
    /// `[a] < 5`
    Ordered {
        op: Order,
        field: FieldPath,
        constant: Constant,
    },
    /// `[a] < [b]`
    OrderedFields {
        op: Order,
        left: FieldPath,
        right: FieldPath,
    },
    Present(FieldPath),
    Xor(Box<[Self; 2]>),
}

/// A literal of a condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Float(f64),
    Int(i64),
    Text(Box<str>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// Why an event is refused at a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionError {
    /// The regular expression's step budget is spent.
    Budget,
    /// The values are of kinds that have no order, or one is missing.
    Incomparable,
}

impl core::fmt::Display for ConditionError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Budget => {
                "condition evaluation error: the regular expression's step budget is spent"
            }
            Self::Incomparable => {
                "condition evaluation error: the compared values have no order, or one is missing"
            }
        })
    }
}

/// What an operand stands for.
enum Side {
    Constant(Constant),
    Field(FieldPath),
    List(Box<[Box<str>]>),
}

impl Condition {
    /// Compiles a condition; nothing when errors were recorded.
    pub(crate) fn compile(tree: &Tree, cx: &mut CompileCx<'_>) -> Option<Self> {
        Some(match &tree.kind {
            ConditionKind::And(parts) => Self::All(Self::compile_all(parts, cx)?),
            ConditionKind::Or(parts) => Self::Any(Self::compile_all(parts, cx)?),
            ConditionKind::Not(inner) => Self::Not(Box::new(Self::compile(inner, cx)?)),
            ConditionKind::Xor(parts) => {
                let [left, right] = &**parts;
                let (left, right) = (Self::compile(left, cx), Self::compile(right, cx));
                Self::Xor(Box::new([left?, right?]))
            }
            ConditionKind::Nand(parts) => {
                let both = Self::compile_all(&parts[..], cx)?;
                Self::Not(Box::new(Self::All(both)))
            }
            ConditionKind::Truth(operand) => match side(operand, cx)? {
                Side::Field(path) => Self::Present(path),
                Side::Constant(Constant::Text(text)) => {
                    Self::Constant(!text.is_empty() && &*text != "false")
                }
                Side::Constant(_) | Side::List(_) => Self::Constant(true),
            },
            ConditionKind::Compare { op, left, right } => {
                let (left, right) = (side(left, cx), side(right, cx));
                compare(*op, left?, right?, tree, cx)?
            }
            ConditionKind::In { negated, left, right } => {
                let (left, right) = (side(left, cx), side(right, cx));
                let found = contained(left?, right?, tree, cx)?;
                if *negated { Self::Not(Box::new(found)) } else { found }
            }
            ConditionKind::Match { negated, left, right } => {
                let regex = match &right.kind {
                    OperandKind::Regex(source) => cx.regex(source, Flags::default(), right.span),
                    OperandKind::Text(text) => cx.regex(&text.text, Flags::default(), right.span),
                    _ => None,
                };
                let matched = matches(side(left, cx)?, regex?, tree, cx)?;
                if *negated { Self::Not(Box::new(matched)) } else { matched }
            }
        })
    }

    fn compile_all(parts: &[Tree], cx: &mut CompileCx<'_>) -> Option<Box<[Self]>> {
        // All parts are compiled before one that failed ends it: every error is reported.
        let compiled: Vec<_> = parts.iter().map(|part| Self::compile(part, cx)).collect();
        compiled.into_iter().collect()
    }

    /// Evaluates the condition.
    ///
    /// # Errors
    /// When a comparison cannot be made; also inside `!(…)` and before an `or`.
    pub(crate) fn evaluate(
        &self,
        event: &Event<'_>,
        scratch: &mut Scratch,
    ) -> Result<bool, ConditionError> {
        Ok(match self {
            Self::All(parts) => {
                for part in parts {
                    if !part.evaluate(event, scratch)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Any(parts) => {
                for part in parts {
                    if part.evaluate(event, scratch)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Constant(value) => *value,
            Self::Equals { field, constant } => {
                event.get(field.as_ref()).is_some_and(|value| constant.equals(value))
            }
            Self::EqualsField { left, right } => {
                event.get(left.as_ref()) == event.get(right.as_ref())
            }
            Self::InList { field, texts } => match event.get(field.as_ref()) {
                None | Some(Value::Array(_) | Value::Object(_)) => false,
                Some(Value::Null) => texts.iter().any(|text| text.is_empty()),
                Some(Value::Str(value)) => texts.iter().any(|text| &**text == *value),
                Some(value) => {
                    scratch.text.clear();
                    text::push_sprintf(value, &mut scratch.text);
                    texts.iter().any(|text| **text == *scratch.text)
                }
            },
            Self::InText { field, text } => {
                matches!(event.get(field.as_ref()), Some(Value::Str(value)) if text.contains(value))
            }
            Self::Holds { field, constant } => match (event.get(field.as_ref()), constant) {
                (Some(Value::Str(value)), Constant::Text(text)) => value.contains(&**text),
                (Some(Value::Array(array)), constant) => {
                    array.as_slice().iter().any(|item| constant.equals(item))
                }
                _ => false,
            },
            Self::HoldsField { needle, field } => {
                match (event.get(field.as_ref()), event.get(needle.as_ref())) {
                    // Logstash's worker dies of a missing field that is looked for in a list.
                    (Some(Value::Array(array)), None) if !array.as_slice().is_empty() => {
                        return Err(ConditionError::Incomparable);
                    }
                    (field, needle) => holds(field, needle),
                }
            }
            Self::Matches { field, regex } => match event.get(field.as_ref()) {
                Some(Value::Str(subject)) => {
                    let mut budget = Budget::for_subject(subject.len());
                    regex
                        .search(subject, 0, &mut scratch.pattern, &mut budget)
                        .map_err(|_| ConditionError::Budget)?
                }
                _ => false,
            },
            Self::Not(inner) => !inner.evaluate(event, scratch)?,
            Self::Ordered { op, field, constant } => {
                let value = event.get(field.as_ref()).ok_or(ConditionError::Incomparable)?;
                op.compare_constant(value, constant)?
            }
            Self::OrderedFields { op, left, right } => {
                let both = event.get(left.as_ref()).zip(event.get(right.as_ref()));
                let (left, right) = both.ok_or(ConditionError::Incomparable)?;
                op.compare(left, right)?
            }
            Self::Present(field) => is_true(event, field),
            Self::Xor(parts) => {
                parts[0].evaluate(event, scratch)? != parts[1].evaluate(event, scratch)?
            }
        })
    }
}

/// False for what is missing, null or false, and for the texts "" and "false".
fn is_true(event: &Event<'_>, field: &FieldPath) -> bool {
    if field.as_ref().is_whole_metadata() {
        return true;
    }
    !matches!(
        event.get(field.as_ref()),
        None | Some(Value::Null | Value::Bool(false) | Value::Str("" | "false"))
    )
}

fn holds<'b>(field: Option<&Value<'b>>, needle: Option<&Value<'b>>) -> bool {
    match (field, needle) {
        (_, None | Some(Value::Array(_) | Value::Object(_))) | (None, Some(_)) => false,
        (Some(Value::Array(array)), Some(needle)) => {
            array.as_slice().iter().any(|item| item == needle)
        }
        (Some(Value::Str(text)), Some(Value::Str(needle))) => text.contains(needle),
        (field, needle) => field == needle,
    }
}

impl Constant {
    fn equals(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Text(text), Value::Str(value)) => **text == **value,
            (Self::Int(number), Value::Int(value)) => number == value,
            #[expect(clippy::float_cmp, reason = "the language compares exactly")]
            (Self::Float(number), Value::Float(value)) => number == value,
            _ => false,
        }
    }

    fn as_value(&self) -> Value<'_> {
        match self {
            Self::Float(value) => Value::Float(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Text(text) => Value::Str(text),
        }
    }
}

impl Order {
    fn from_comparison(op: Comparison) -> Option<Self> {
        Some(match op {
            Comparison::Greater => Self::Greater,
            Comparison::GreaterOrEqual => Self::GreaterOrEqual,
            Comparison::Less => Self::Less,
            Comparison::LessOrEqual => Self::LessOrEqual,
            Comparison::Equal | Comparison::NotEqual => return None,
        })
    }

    /// The operator with its sides exchanged.
    fn converse(self) -> Self {
        match self {
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
        }
    }

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
        }
    }

    fn compare_constant(
        self,
        value: &Value<'_>,
        constant: &Constant,
    ) -> Result<bool, ConditionError> {
        self.compare(value, &constant.as_value())
    }

    fn compare(self, left: &Value<'_>, right: &Value<'_>) -> Result<bool, ConditionError> {
        match (left, right) {
            (_, Value::Null | Value::Array(_) | Value::Object(_))
            | (Value::Array(_) | Value::Object(_), _) => Err(ConditionError::Incomparable),
            // These have no order, and compare as equal.
            (Value::Null | Value::Bool(_) | Value::Time(_), _) => Ok(self.holds(Ordering::Equal)),
            (Value::Str(left), Value::Str(right)) => Ok(self.holds(left.cmp(right))),
            (left, right) => {
                let numbers: Option<(Num<'_>, Num<'_>)> = left.as_number().zip(right.as_number());
                let (left, right) = numbers.ok_or(ConditionError::Incomparable)?;
                // Only NaN has no order.
                Ok(left.compare(right).is_some_and(|ordering| self.holds(ordering)))
            }
        }
    }
}

fn side(operand: &Operand, cx: &mut CompileCx<'_>) -> Option<Side> {
    if let Some((reference, span)) = operand.as_field() {
        return match FieldPath::parse(reference, cx.options.field_reference_escape_style) {
            Ok(path) => Some(Side::Field(path)),
            Err(error) => {
                cx.error(Code::BadFieldReference, span, error.to_string());
                None
            }
        };
    }
    match &operand.kind {
        OperandKind::Text(text) => Some(Side::Constant(Constant::Text(text.text.as_str().into()))),
        OperandKind::Number(raw) => number(raw).map(Side::Constant),
        OperandKind::Regex(source) => Some(Side::Constant(Constant::Text(source.as_str().into()))),
        OperandKind::List(items) => {
            items.iter().map(list_text).collect::<Option<_>>().map(Side::List)
        }
        OperandKind::Call { .. } | OperandKind::Selector(_) => {
            cx.error(Code::BadCondition, operand.span, "this operand stands for no field");
            None
        }
    }
}

/// A literal number; one that does not parse was reported with the syntax errors.
fn number(raw: &str) -> Option<Constant> {
    match raw.parse() {
        Ok(value) => Some(Constant::Int(value)),
        Err(_) => raw.parse().ok().map(Constant::Float),
    }
}

/// An element of a list literal, as the text that fields are compared with.
fn list_text(value: &AstValue) -> Option<Box<str>> {
    match &value.kind {
        ValueKind::Bareword(word) => Some(word.as_str().into()),
        ValueKind::Text(text) => Some(text.text.as_str().into()),
        ValueKind::Number(raw) => {
            let mut out = String::new();
            match number(raw)? {
                Constant::Int(value) => out = value.to_string(),
                Constant::Float(value) => text::push_java_double(value, &mut out),
                Constant::Text(_) => return None,
            }
            Some(out.into())
        }
        ValueKind::Array(_) | ValueKind::Hash(_) | ValueKind::Plugin(_) => Some("".into()),
    }
}

fn compare(
    op: Comparison,
    left: Side,
    right: Side,
    tree: &Tree,
    cx: &mut CompileCx<'_>,
) -> Option<Condition> {
    let Some(order) = Order::from_comparison(op) else {
        let equal = match (left, right) {
            (Side::Field(left), Side::Field(right)) => Condition::EqualsField { left, right },
            (Side::Field(field), Side::Constant(constant))
            | (Side::Constant(constant), Side::Field(field)) => {
                Condition::Equals { field, constant }
            }
            (Side::Constant(left), Side::Constant(right)) => Condition::Constant(left == right),
            _ => return list_error(tree, cx),
        };
        return Some(match op {
            Comparison::NotEqual => Condition::Not(Box::new(equal)),
            _ => equal,
        });
    };
    Some(match (left, right) {
        (Side::Field(left), Side::Field(right)) => {
            Condition::OrderedFields { op: order, left, right }
        }
        (Side::Field(field), Side::Constant(constant)) => {
            Condition::Ordered { op: order, field, constant }
        }
        (Side::Constant(constant), Side::Field(field)) => {
            Condition::Ordered { op: order.converse(), field, constant }
        }
        (Side::Constant(left), Side::Constant(right)) => {
            let Ok(value) = order.compare(&left.as_value(), &right.as_value()) else {
                cx.error(Code::BadCondition, tree.span, "a text and a number have no order");
                return None;
            };
            Condition::Constant(value)
        }
        _ => return list_error(tree, cx),
    })
}

fn list_error(tree: &Tree, cx: &mut CompileCx<'_>) -> Option<Condition> {
    cx.error_with_help(
        Code::BadCondition,
        tree.span,
        "a list cannot be compared",
        "use `in`: [field] in [\"a\", \"b\"]",
    );
    None
}

fn contained(left: Side, right: Side, tree: &Tree, cx: &mut CompileCx<'_>) -> Option<Condition> {
    Some(match (left, right) {
        (Side::Field(needle), Side::Field(field)) => Condition::HoldsField { needle, field },
        (Side::Field(field), Side::List(texts)) => Condition::InList { field, texts },
        (Side::Field(field), Side::Constant(Constant::Text(text))) => {
            Condition::InText { field, text }
        }
        (Side::Constant(constant), Side::Field(field)) => Condition::Holds { field, constant },
        // Two constants are compared, not searched.
        (Side::Constant(left), Side::Constant(right)) => Condition::Constant(left == right),
        (Side::Field(_), Side::Constant(_)) | (Side::Constant(_), Side::List(_)) => {
            Condition::Constant(false)
        }
        (Side::List(_), _) => {
            cx.error_with_help(
                Code::BadCondition,
                tree.span,
                "a list cannot stand on the left of `in`",
                "write the list on the right: [field] in [\"a\", \"b\"]",
            );
            return None;
        }
    })
}

fn matches(left: Side, regex: Regex, tree: &Tree, cx: &mut CompileCx<'_>) -> Option<Condition> {
    match left {
        Side::Field(field) => Some(Condition::Matches { field, regex }),
        Side::Constant(Constant::Text(subject)) => {
            let mut budget = Budget::for_subject(subject.len());
            let mut scratch = crate::pattern::Scratch::new();
            let found = regex.search(&subject, 0, &mut scratch, &mut budget);
            Some(Condition::Constant(found.unwrap_or(false)))
        }
        _ => {
            cx.error(
                Code::BadCondition,
                tree.span,
                "only a field or a text can be matched with a regular expression",
            );
            None
        }
    }
}

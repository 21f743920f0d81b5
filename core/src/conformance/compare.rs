//! Turns two JSON values into the list of places where they differ.
//!
//! `{"a":{"b":1}}` against `{"a":{"c":2}}` gives `[a][b]`, which only the first has, and `[a][c]`,
//! which only the second has. The order of keys is free, that of arrays is not.

use std::cmp::Ordering;
use std::fmt;

use serde_json::{Number, Value};

/// Which numbers are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// `1` and `1.0` differ; decimals compare by value.
    ByTypeAndValue,
    /// `1` and `1.0` are the same.
    ByValue,
}

/// One place where two values differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<'a> {
    /// The place as a field reference, elements of arrays by number: `[a][0]`; empty for the whole.
    pub field: String,
    /// What the first value has there, if it has anything.
    pub expected: Option<&'a Value>,
    /// What the second value has there, if it has anything.
    pub found: Option<&'a Value>,
}

impl fmt::Display for Difference<'_> {
    /// Writes `[a]: expected 1, is 2`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = if self.field.is_empty() { "the event" } else { &self.field };
        match (self.expected, self.found) {
            (Some(expected), Some(found)) => {
                write!(formatter, "{field}: expected {expected}, is {found}")
            }
            (Some(expected), None) => write!(formatter, "{field}: expected {expected}, is missing"),
            (None, Some(found)) => write!(formatter, "{field}: not expected, is {found}"),
            (None, None) => formatter.write_str(field),
        }
    }
}

/// Lists the places where two values differ: those of `expected` in order, then what is added.
///
/// The depth is that of the shallower value; the JSON reader caps it at 128.
pub fn differences<'a>(
    expected: &'a Value,
    found: &'a Value,
    numbers: Numbers,
) -> Vec<Difference<'a>> {
    let mut all = Vec::new();
    compare(expected, found, numbers, &mut String::new(), &mut all);
    all
}

fn compare<'a>(
    expected: &'a Value,
    found: &'a Value,
    numbers: Numbers,
    field: &mut String,
    all: &mut Vec<Difference<'a>>,
) {
    let length = field.len();
    let mut step_into = |field: &mut String, step: &dyn fmt::Display, pair| {
        // Writing to a text cannot fail.
        let _ = fmt::Write::write_fmt(field, format_args!("[{step}]"));
        match pair {
            (Some(expected), Some(found)) => compare(expected, found, numbers, field, all),
            (expected, found) => all.push(Difference { field: field.clone(), expected, found }),
        }
        field.truncate(length);
    };
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (key, value) in expected {
                step_into(field, key, (Some(value), found.get(key)));
            }
            for (key, value) in found.iter().filter(|(key, _)| !expected.contains_key(*key)) {
                step_into(field, key, (None, Some(value)));
            }
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
                step_into(field, &index, (Some(expected), Some(found)));
            }
        }
        (Value::Number(a), Value::Number(b)) if same_number(a, b, numbers) => {}
        _ if expected == found => {}
        _ => all.push(Difference {
            field: field.clone(),
            expected: Some(expected),
            found: Some(found),
        }),
    }
}

fn same_number(a: &Number, b: &Number, numbers: Numbers) -> bool {
    let (a, b) = (a.to_string(), b.to_string());
    let is_decimal = |text: &str| text.contains(['.', 'e', 'E']);
    if numbers == Numbers::ByTypeAndValue && is_decimal(&a) != is_decimal(&b) {
        return false;
    }
    if a == b || normal_decimal(&a) == normal_decimal(&b) {
        return true;
    }
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(x), Ok(y)) => {
            (is_decimal(&a) || is_decimal(&b))
                && x.is_finite()
                && x.partial_cmp(&y) == Some(Ordering::Equal)
        }
        _ => false,
    }
}

/// Splits a decimal into sign, digits without zeros at either end, and the exponent of the last one.
fn normal_decimal(text: &str) -> Option<(bool, String, i64)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let negative = mantissa.starts_with('-');
    let mantissa = mantissa.trim_start_matches('-');
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let exponent = exponent
        .checked_sub(i64::try_from(fraction.len()).ok()?)?
        .checked_add(i64::try_from(digits.len() - significant.len()).ok()?)?;
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return Some((negative, String::new(), 0));
    }
    Some((negative, significant.to_owned(), exponent))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn differences(expected: &str, found: &str) -> String {
        texts(expected, found, Numbers::ByTypeAndValue)
    }

    fn texts(expected: &str, found: &str, numbers: Numbers) -> String {
        let (expected, found) =
            (serde_json::from_str(expected).unwrap(), serde_json::from_str(found).unwrap());
        let all = super::differences(&expected, &found, numbers);
        all.iter().map(Difference::to_string).map(|text| text + "\n").collect()
    }

    #[test]
    fn key_order_is_free_and_array_order_is_not() {
        assert_eq!(differences(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#), "");
        assert_eq!(
            differences(r#"{"a":["x","y"]}"#, r#"{"a":["y","x"]}"#),
            "[a][0]: expected \"x\", is \"y\"\n[a][1]: expected \"y\", is \"x\"\n"
        );
    }

    #[test]
    fn integers_and_decimals_differ_in_type() {
        assert_ne!(differences("1", "1.0"), "");
        assert_eq!(differences("1.0E-4", "0.0001"), "");
        assert_eq!(differences("1E+2", "1e2"), "");
        assert_eq!(differences("1E+400", "1e400"), "");
        assert_ne!(differences("1E+400", "1e401"), "");
        assert_ne!(differences("18446744073709551617", "18446744073709551616"), "");
        assert_eq!(differences("0.1", "0.1000000000000000055511151231257827"), "");
        assert_eq!(differences("0.0", "-0.0"), "");
    }

    #[test]
    fn missing_and_added_fields_are_named_by_field_reference() {
        assert_eq!(
            differences(r#"{"a":{"b":1}}"#, r#"{"a":{"c":null}}"#),
            "[a][b]: expected 1, is missing\n[a][c]: not expected, is null\n"
        );
    }

    #[test]
    fn null_is_not_a_missing_field() {
        assert_ne!(differences(r#"{"a":null}"#, "{}"), "");
        assert_ne!(differences("{}", r#"{"a":null}"#), "");
    }

    #[test]
    fn numbers_by_value_have_no_type() {
        let same = |a, b| texts(a, b, Numbers::ByValue).is_empty();
        assert!(same("1", "1.0") && same("1.50", "1.5") && same("100", "1e2"));
        assert!(!same("1", "1.5") && !same("1", "\"1\""));
        assert!(!same("18446744073709551617", "18446744073709551616"));
    }

    #[test]
    fn whole_values_that_differ_are_the_event() {
        assert_eq!(differences("1", "[]"), "the event: expected 1, is []\n");
    }
}

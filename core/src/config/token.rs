//! The tokens of the config language: from a text to the token at its start and the rest.
//!
//! `"a\"b" => 5` gives the content `a\"b` of a string, then `=>`, then the number `5`. Each function
//! follows one rule of Logstash 9.x's `grammar.treetop`; none looks at what comes after its token.

use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::{is_not, tag, take_till, take_while, take_while1},
    character::complete::{char, digit1, satisfy},
    combinator::{opt, recognize},
    error::{Error, ErrorKind},
    multi::many1_count,
    sequence::{delimited, pair, preceded, terminated},
};

/// Tells whether `c` is one of the four characters that Logstash takes as white space.
pub(super) const fn is_white(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Tells whether `c` may stand in the name of a plugin or of an option.
pub(super) const fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// Tells whether `c` may stand in a bareword behind its first character.
pub(super) const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Reads white space; never fails.
pub(super) fn white(input: &str) -> IResult<&str, &str> {
    take_while(is_white).parse(input)
}

/// Reads a comment from its `#` to the end of the line, which stays.
pub(super) fn comment(input: &str) -> IResult<&str, &str> {
    recognize(preceded(char('#'), take_till(|c| matches!(c, '\r' | '\n')))).parse(input)
}

/// Reads `[A-Za-z0-9_-]+`.
pub(super) fn name(input: &str) -> IResult<&str, &str> {
    take_while1(is_name).parse(input)
}

/// Reads `[A-Za-z_][A-Za-z0-9_]+`: two characters or more.
pub(super) fn bareword(input: &str) -> IResult<&str, &str> {
    let first = satisfy(|c| c.is_ascii_alphabetic() || c == '_');
    recognize(pair(first, take_while1(is_word))).parse(input)
}

/// Reads `-?[0-9]+(\.[0-9]*)?`.
pub(super) fn number(input: &str) -> IResult<&str, &str> {
    let fraction = pair(char('.'), take_while(|c: char| c.is_ascii_digit()));
    recognize((opt(char('-')), digit1, opt(fraction))).parse(input)
}

/// Reads a quoted string and gives what stands between the quotes.
pub(super) fn string(input: &str) -> IResult<&str, &str> {
    alt((|input| enclosed(input, '"'), |input| enclosed(input, '\''))).parse(input)
}

/// Reads a regex literal and gives what stands between the slashes.
pub(super) fn regex(input: &str) -> IResult<&str, &str> {
    enclosed(input, '/')
}

/// Reads `[a][b]`: brackets around anything but brackets and commas.
pub(super) fn selector(input: &str) -> IResult<&str, &str> {
    let element = delimited(char('['), is_not("[],"), char(']'));
    recognize(many1_count(element)).parse(input)
}

/// Reads the operator between two operands that is spelt with a `not`.
///
/// A space itself must follow `not`; what comes between it and `in` is the caller's.
pub(super) fn not_and_space(input: &str) -> IResult<&str, &str> {
    terminated(tag("not"), char(' ')).parse(input)
}

/// Reads text between two `delimiter`s; a delimiter behind a backslash belongs to the text.
///
/// A backslash does not protect another backslash, so that no such text ends in one.
fn enclosed(input: &str, delimiter: char) -> IResult<&str, &str> {
    let (content, _) = char(delimiter).parse(input)?;
    let mut from = 0;
    while let Some(offset) = content[from..].find(delimiter) {
        let at = from + offset;
        if !content[..at].ends_with('\\') {
            return Ok((&content[at + delimiter.len_utf8()..], &content[..at]));
        }
        from = at + delimiter.len_utf8();
    }
    Err(nom::Err::Error(Error::new(input, ErrorKind::Char)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_behind_a_backslash_continues_the_string() {
        assert_eq!(string(r#""a\"b" c"#), Ok((" c", r#"a\"b"#)));
        assert_eq!(string(r"'it\'s'"), Ok(("", r"it\'s")));
        assert!(string(r#""C:\""#).is_err());
        assert!(string(r#""\\""#).is_err());
    }

    #[test]
    fn strings_run_over_lines() {
        assert_eq!(string("\"a\nb\"c"), Ok(("c", "a\nb")));
    }

    #[test]
    fn numbers_stop_at_an_exponent() {
        assert_eq!(number("1e5"), Ok(("e5", "1")));
        assert_eq!(number("-1.50,"), Ok((",", "-1.50")));
        assert_eq!(number("1."), Ok(("", "1.")));
        assert!(number(".5").is_err());
        assert!(number("- 1").is_err());
    }

    #[test]
    fn a_selector_ends_before_a_list() {
        assert_eq!(selector("[a][b c] "), Ok((" ", "[a][b c]")));
        assert_eq!(selector("[a][b,c]"), Ok(("[b,c]", "[a]")));
        assert!(selector("[]").is_err());
        assert!(selector("[[a]]").is_err());
    }

    #[test]
    fn barewords_have_two_characters_or_more() {
        assert!(bareword("a ").is_err());
        assert_eq!(bareword("ab-c"), Ok(("-c", "ab")));
        assert!(bareword("5a").is_err());
    }
}

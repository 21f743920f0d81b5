//! What can be wrong with a regex text: one span, one kind, at most one line of help.
//!
//! `(?<n>a)\1` gives `NumberedReference` with the span of `\1`. The kinds are those that
//! Oniguruma reports for Ruby syntax, in our own words, plus the limits of [`crate::limits`].

use std::fmt;
use std::ops::Range;

/// Says where a regex text is wrong and how.
///
/// `span` holds byte offsets into the regex text and lies on character boundaries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Bytes of the regex text that are wrong; empty at the end of the text.
    pub span: Range<usize>,
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// What to write instead, when there is a usual answer.
    pub help: Option<&'static str>,
}

/// Names what is wrong with a regex text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyntaxErrorKind {
    /// `(?<!(a))`: a capture inside a negative look-behind can never hold anything.
    CaptureInLookBehind,
    /// `(?(1)a|b|c)`.
    ConditionalBranches,
    /// `(?<a>x)(?<a>y)\g<a>`: the name stands for several groups.
    DuplicateNameCall(Box<str>),
    /// `[]` at the end of the text.
    EmptyClass,
    /// `(?<>a)`.
    EmptyGroupName,
    /// `[z-a]`.
    EmptyRange(char, char),
    /// `a\` at the end of the text.
    EndAtEscape,
    /// `(?<a` or `(?` at the end of the text.
    EndInGroup,
    /// `\cé`, `\C` without its character.
    InvalidControl,
    /// `\x` or `\u` without the digits they need, a surrogate, a number above 10FFFF.
    InvalidEscape,
    /// `(?<9a>x)`, `(?<-b>x)`, a name with `)`.
    InvalidGroupName(Box<str>),
    /// `(?<=a+)`: the width is not fixed, or something that may not stand there.
    InvalidLookBehind,
    /// `\xe4` alone: the bytes are no UTF-8 character.
    InvalidUtf8Escape,
    /// Groups or quantifiers nested deeper than the limit.
    NestingTooDeep(usize),
    /// `(?<a>\g<a>)`: no path through the group ends.
    NeverEndingRecursion,
    /// `\1` or `\g<1>` in a regex that has named groups.
    NumberedReference,
    /// The program of the regex is larger than the limit.
    ProgramTooLarge(usize),
    /// `[a-\d]`, `[\d-z]`.
    RangeWithClass,
    /// The regex text is longer than the limit.
    SourceTooLong(usize),
    /// `*a`, `(|+)`.
    TargetOfRepeat,
    /// A repeat count above 100,000 or a number that does not fit.
    TooBigNumber,
    /// A group is never closed.
    UnclosedGroup,
    /// A class is never closed.
    UnclosedClass,
    /// `\k<x>` or `\g<x>` where no group has that name or number.
    UndefinedGroup(Box<str>),
    /// `(?P<n>a)`, `(?s)`.
    UndefinedGroupOption,
    /// `[[:foo:]]`.
    UnknownPosixClass(Box<str>),
    /// `\p{Foo}`.
    UnknownProperty(Box<str>),
    /// A closing parenthesis without its opening one.
    UnmatchedClose,
    /// A construct of Oniguruma that this engine does not have.
    Unsupported(&'static str),
    /// `{3,1}`.
    UpperBelowLower,
}

impl SyntaxError {
    pub(crate) fn new(span: Range<usize>, kind: SyntaxErrorKind) -> Self {
        let help = kind.help();
        Self { span, kind, help }
    }

    /// Puts a help in place of the kind's own.
    pub(crate) fn with_help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }
}

impl SyntaxErrorKind {
    fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::EmptyClass => "write `[\\]]` for a class that holds `]`",
            Self::InvalidGroupName(_) => "a group name must not start with a digit or `-`",
            Self::InvalidLookBehind => {
                "every alternative of a look-behind needs one fixed width; no `*`, `+`, `?` there"
            }
            Self::InvalidUtf8Escape => "write `\\u00e4` for the character U+00E4",
            Self::NumberedReference => "plain groups do not capture here; use `\\k<name>`",
            Self::RangeWithClass => "escape the `-` or put it at the end of the class",
            Self::TargetOfRepeat => "escape the quantifier to match it as text",
            Self::UndefinedGroupOption => {
                "the options are `(?imx-imx)`; a named group is `(?<name>...)`"
            }
            Self::UnmatchedClose => "escape it as `\\)` to match it as text",
            _ => return None,
        })
    }
}

impl fmt::Display for SyntaxErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CaptureInLookBehind => f.write_str("capture group in a negative look-behind"),
            Self::ConditionalBranches => {
                f.write_str("a conditional group takes at most two alternatives")
            }
            Self::DuplicateNameCall(name) => {
                write!(f, "call of `{name}`, which names several groups")
            }
            Self::EmptyClass => f.write_str("empty character class"),
            Self::EmptyGroupName => f.write_str("group name is empty"),
            Self::EmptyRange(low, high) => {
                write!(f, "range `{}-{}` is empty", low.escape_debug(), high.escape_debug())
            }
            Self::EndAtEscape => f.write_str("pattern ends after `\\`"),
            Self::EndInGroup => f.write_str("pattern ends inside a group opening"),
            Self::InvalidControl => f.write_str("invalid control escape"),
            Self::InvalidEscape => f.write_str("invalid escape"),
            Self::InvalidGroupName(name) => write!(f, "invalid group name `{name}`"),
            Self::InvalidLookBehind => f.write_str("invalid pattern in look-behind"),
            Self::InvalidUtf8Escape => f.write_str("escaped bytes are not a UTF-8 character"),
            Self::NestingTooDeep(limit) => write!(f, "nested deeper than {limit} levels"),
            Self::NeverEndingRecursion => f.write_str("never ending recursion"),
            Self::NumberedReference => {
                f.write_str("numbered reference in a pattern with named groups")
            }
            Self::ProgramTooLarge(limit) => {
                write!(f, "pattern is too large: its program exceeds {limit} instructions")
            }
            Self::RangeWithClass => f.write_str("range ends in a class of characters"),
            Self::SourceTooLong(limit) => write!(f, "pattern is longer than {limit} bytes"),
            Self::TargetOfRepeat => f.write_str("nothing to repeat"),
            Self::TooBigNumber => f.write_str("number is too big"),
            Self::UnclosedGroup => f.write_str("group is not closed"),
            Self::UnclosedClass => f.write_str("character class is not closed"),
            Self::UndefinedGroup(name) => write!(f, "there is no group `{name}`"),
            Self::UndefinedGroupOption => f.write_str("undefined group option"),
            Self::UnknownPosixClass(name) => write!(f, "unknown POSIX class `{name}`"),
            Self::UnknownProperty(name) => write!(f, "unknown character property `{name}`"),
            Self::UnmatchedClose => f.write_str("unmatched `)`"),
            Self::Unsupported(what) => write!(f, "{what} is not supported"),
            Self::UpperBelowLower => {
                f.write_str("repeat range has its upper bound below the lower")
            }
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.span.start)
    }
}

impl std::error::Error for SyntaxError {}

//! The classic mistakes: what each is called in a message, and how reading goes on after it.
//!
//! Functions that return `Stop` have reported the error and leave the reading position at the token
//! that did not fit; the others repair: they report, skip what is wrong and go on as if the right
//! thing had been written.

use crate::{
    config::{
        ast::{Comparison, Condition, ConditionKind, Name, Operand, OperandKind, ValueKind},
        token,
    },
    diagnostic::{Code, Diagnostic},
};

use super::{
    Parse, Parser, Stop,
    condition::{Link, Operator},
};

/// What may be written for `=>`, longest first.
const WRONG_ARROWS: [&str; 8] = ["==>", "= >", "->", "~>", "==", ":=", "=", ":"];

/// What may be written for `else if`; `elseif` itself is accepted.
const WRONG_ELSE_IFS: [&str; 2] = ["elsif", "elif"];

// Statements and options.
impl<'a> Parser<'a> {
    /// Returns the word that comes next; empty when none does.
    pub(super) fn word_ahead(&self) -> &'a str {
        token::name(self.rest()).map_or("", |(_, word)| word)
    }

    pub(super) fn foreign_at_top(&mut self) {
        if let Some(at) = self.overindented() {
            self.missing_opening(at);
            return;
        }
        let help = match self.rest().chars().next() {
            Some('}') => Some("this bracket closes nothing; is an opening one missing above?"),
            Some('\u{feff}') => None,
            _ => {
                let word = self.word_ahead();
                if ["input", "filter", "output"].contains(&word.to_ascii_lowercase().as_str()) {
                    Some("section names are written in lower case")
                } else if self.is_plugin_at(self.at) || self.at_branch() {
                    Some("plugins and conditionals stand inside a section: `filter { .. }`")
                } else {
                    None
                }
            }
        };
        self.expected_with("`input`, `filter` or `output`", help);
    }

    pub(super) fn not_a_statement(&mut self) -> Stop {
        if self.quote().is_some() {
            return self.unclosed_string();
        }
        self.expected("a plugin, `if` or `}`")
    }

    pub(super) fn not_a_plugin(&mut self, name: &Name) -> Stop {
        if self.rest().starts_with("=>")
            && let Some(at) = self.overindented()
        {
            return self.missing_opening(at);
        }
        let word = name.text.as_str();
        let what = format!("`{{` after `{word}`");
        let help = if word.eq_ignore_ascii_case("if") || word.eq_ignore_ascii_case("else") {
            Some("`if` and `else` are written in lower case")
        } else if self.rest().starts_with("=>") {
            Some("options stand inside the braces of a plugin: `name { option => value }`")
        } else {
            None
        };
        self.expected_with(&what, help)
    }

    /// Reports that brackets are closed too early, at the line that is indented without reason.
    fn missing_opening(&mut self, at: usize) -> Stop {
        let here = self.at;
        self.at = at;
        let message = if self.rest().starts_with(['}', ']']) {
            format!("this {} closes more than it should; is an opening one missing?", self.found())
        } else {
            format!("missing `{{` before {}", self.found())
        };
        let range = self.token_range(at);
        self.at = here;
        let help = "by the indentation, a bracket must have been opened before; without it, the \
                    brackets do not come out even";
        let diagnostic = self.syntax_error(range, message, Some(help));
        let found = self.token_range(here);
        let span = self.map.span(found.start, found.end);
        self.report(diagnostic.with_label(span, "noticed here"));
        Stop
    }

    /// Reports `word { plugin { .. } }`: only `if` and `else` have such blocks.
    pub(super) fn report_misplaced_block(&mut self, name: &Name) {
        let message = format!(
            "expected `if`, `else` or a plugin, found `{}` before a block of plugins",
            name.text
        );
        let error = Diagnostic::error(Code::Syntax, name.span, message)
            .with_help("plugins cannot stand inside a plugin; only `if` and `else` have blocks");
        self.report(error);
    }

    pub(super) fn not_an_option(&mut self) -> Stop {
        if self.quote().is_some() {
            return self.unclosed_string();
        }
        self.expected("an option name or `}`")
    }

    pub(super) fn not_an_else(&mut self) -> Stop {
        self.expected_with(
            "`if` or `{` after `else`",
            Some("a condition after `else` needs an `if`: `else if [a] { .. }`"),
        )
    }

    pub(super) fn comma_between_options(&mut self) {
        let message = "expected an option name or `}`, found `,`".to_owned();
        let help = "options are separated by white space or lines, not by commas";
        self.syntax(self.at..self.at + 1, message, Some(help));
    }

    pub(super) fn unseparated_options(&mut self) {
        let help = "white space must separate two options, before any comment";
        self.expected_with("white space or `}`", Some(help));
    }

    /// Returns a misspelt `else if` that comes next.
    pub(super) fn wrong_else_if(&self) -> Option<&'static str> {
        WRONG_ELSE_IFS.into_iter().find(|word| {
            self.at_keyword(word) && {
                let next = self.after_trivia(self.at + word.len());
                !self.text[next..].starts_with('{')
            }
        })
    }

    pub(super) fn report_wrong_else_if(&mut self, word: &str) {
        let message = format!("expected `else if`, `else` or a plugin, found `{word}`");
        self.syntax(self.at..self.at + word.len(), message, Some("write `else if`"));
    }

    pub(super) fn report_stray_else(&mut self, what: &str) {
        let message = format!("expected a plugin, `if` or `}}`, found `{what}` without its `if`");
        let help = "`else` comes right after the `}` of an `if` or `else if`, and only once";
        let range = self.token_range(self.at);
        self.syntax(range, message, Some(help));
    }

    pub(super) fn lone_carriage_return(&mut self) {
        let message = "expected a line feed after this carriage return".to_owned();
        let help = "lines end with \\n or \\r\\n; a comment cannot end with \\r alone";
        self.syntax(self.at..self.at + 1, message, Some(help));
    }

    /// Repairs what stands in place of `=>`.
    pub(super) fn wrong_arrow(&mut self, name: &Name) -> Parse<()> {
        let what = if name.text.is_empty() {
            "`=>` after the key".to_owned()
        } else {
            format!("`=>` after `{}`", name.text)
        };
        if let Some(wrong) = WRONG_ARROWS.into_iter().find(|wrong| self.rest().starts_with(wrong)) {
            let message = format!("expected {what}, found `{wrong}`");
            let range = self.at..self.at + wrong.len();
            self.syntax(range, message, Some("a name and its value are joined by `=>`"));
            self.at += wrong.len();
            return Ok(());
        }
        let next = self.rest().chars().next();
        let stop = match name.text.as_str() {
            "if" | "else" => self.expected_with(
                &what,
                Some(
                    "conditionals stand around plugins, not inside them; is the `}` of the \
                     plugin missing?",
                ),
            ),
            _ if next == Some('{') => self.expected_with(
                &what,
                Some(
                    "an option is written `name => value`; if this is a plugin, the `}` of the \
                     one before it is missing",
                ),
            ),
            "" if matches!(next, Some(',' | '}')) => self.expected_with(
                &what,
                Some("braces hold pairs, `{ \"key\" => \"value\" }`; a list stands in brackets"),
            ),
            _ => self.expected(&what),
        };
        let is_value = matches!(next, Some('"' | '\'' | '[' | '{' | '0'..='9'));
        if is_value && name.text != "if" { Ok(()) } else { Err(stop) }
    }
}

// Values.
impl Parser<'_> {
    pub(super) fn not_a_value(&mut self) -> Stop {
        let help = match self.rest().chars().next() {
            Some('/') if !self.rest().starts_with("//") && !self.rest().starts_with("/*") => {
                Some("regexes between slashes stand in conditions only: write a string")
            }
            Some('(') => Some("values have no parentheses around them"),
            Some('.') => Some("a number starts with a digit: 0.5"),
            Some('+') => Some("a number has no plus sign"),
            Some(',') => Some("a value is missing before this comma"),
            Some('%') => Some("a field or a text with fields in it stands in quotes: \"%{name}\""),
            Some(c) if c.is_alphabetic() => Some("text other than A-Z, 0-9 and _ needs quotes"),
            _ => None,
        };
        self.expected_with("a value", help)
    }

    /// Repairs a word that is neither bareword nor number.
    pub(super) fn short_word(&mut self) -> Parse<ValueKind> {
        let word = self.word_ahead();
        if word.starts_with('-') {
            return Err(self.expected_with("a value", Some("text with `-` needs quotes")));
        }
        let message = format!("expected a value, found `{word}`");
        let rule = if word.len() == 1 {
            "an unquoted word has two characters or more"
        } else {
            "text with `-` needs quotes"
        };
        let hint = if self.is_in_nested_list() { "; fields cannot stand in a list" } else { "" };
        let help = format!("{rule}: write \"{word}\"{hint}");
        let range = self.token_range(self.at);
        self.syntax(range, message, Some(&help));
        let text = word.to_owned();
        self.skip_word();
        Ok(ValueKind::Bareword(text))
    }

    fn is_in_nested_list(&self) -> bool {
        self.brackets.iter().rev().take(2).filter(|bracket| bracket.kind == '[').count() == 2
    }

    pub(super) fn dash_in_bareword(&mut self, start: usize) {
        self.skip_word();
        let word = &self.text[start..self.at];
        let message = format!("expected a value, found `{word}`");
        self.syntax(start..self.at, message, Some("text with `-` needs quotes"));
    }

    /// Refuses what is glued to a number, unless the grammar takes it for the next token.
    pub(super) fn check_number_end(&mut self, start: usize) {
        let rest = self.rest();
        if !rest.starts_with(|c: char| token::is_name(c) || c == '.') {
            return;
        }
        let is_operator = ["and", "or", "xor", "nand", "in", "not "]
            .into_iter()
            .any(|word| rest.starts_with(word));
        if is_operator || self.is_option_at(self.at) {
            return;
        }
        let help = match rest.as_bytes()[0] {
            b'e' | b'E' => "numbers have no exponent: write all digits",
            b'x' | b'X' => "numbers are decimal",
            b'_' => "the digits of a number are not grouped",
            _ => "a number is digits with at most one point; other text needs quotes",
        };
        self.skip_word();
        let message = format!("expected a value, found `{}`", &self.text[start..self.at]);
        self.syntax(start..self.at, message, Some(help));
    }

    pub(super) fn unclosed_string(&mut self) -> Stop {
        let line = self.rest().lines().next().unwrap_or_default();
        let help = if line.contains("\\\"") || line.contains("\\'") {
            "a backslash before a quote continues the string, so that no string can end in a \
             backslash: leave it out or put something behind it"
        } else {
            "its closing quote is missing"
        };
        let message = "this string is not closed".to_owned();
        let diagnostic = self.syntax_error(self.at..self.at + 1, message, Some(help));
        self.is_last = true;
        self.report(diagnostic);
        Stop
    }

    pub(super) fn trailing_comma(&mut self, comma: usize) {
        let message = "expected a value after this comma, found `]`".to_owned();
        self.syntax(comma..comma + 1, message, Some("the last element has no comma after it"));
    }

    /// Repairs a list in which something else stands where a comma is due.
    pub(super) fn missing_comma(&mut self) -> Parse<()> {
        let next = self.rest().chars().next();
        let starts_value = match next {
            Some('"' | '\'' | '[') => true,
            Some(c) => token::is_name(c) && !self.is_option_at(self.at),
            None => false,
        };
        if starts_value {
            self.expected_with("`,` or `]`", Some("commas separate the elements of a list"));
            return Ok(());
        }
        if next == Some(';') {
            self.expected_with("`,` or `]`", Some("commas separate the elements of a list"));
            self.at += 1;
            self.trivia();
            return Ok(());
        }
        let help = if self.rest().starts_with("=>") {
            Some("pairs stand in braces: `{ \"key\" => \"value\" }`")
        } else if self.rest().starts_with(['=', '!', '<', '>']) {
            Some("a field of a condition ends with `]`")
        } else {
            None
        };
        let message = format!("expected `,` or `]`, found {}", self.found());
        let opened = self.brackets.last().map(|bracket| bracket.at);
        let at = opened.map_or(self.at, |opened| self.end_of_line_of(opened, self.at));
        let range = self.token_range(at);
        let mut diagnostic = self.syntax_error(range, message, help);
        if let Some(bracket) = self.brackets.last() {
            let span = self.map.span(bracket.at, bracket.at + 1);
            diagnostic = diagnostic.with_label(span, "the list begins here");
        }
        self.report(diagnostic);
        Err(Stop)
    }

    pub(super) fn comma_in_hash(&mut self) {
        let message = "expected a key or `}`, found `,`".to_owned();
        let help = "the entries of a hash are separated by white space, not by commas";
        self.syntax(self.at..self.at + 1, message, Some(help));
    }

    pub(super) fn short_key(&mut self) -> Stop {
        self.expected_with(
            "a key",
            Some("an unquoted key is a word of two characters or more: put it in quotes"),
        )
    }

    pub(super) fn odd_key(&mut self, start: usize) -> Stop {
        self.skip_word();
        let message = format!("expected a key, found `{}`", &self.text[start..self.at]);
        self.syntax(start..self.at, message, Some("a key like this needs quotes"));
        Stop
    }

    pub(super) fn not_a_key(&mut self) -> Stop {
        if self.quote().is_some() {
            return self.unclosed_string();
        }
        self.expected("a key or `}`")
    }
}

// Conditions.
impl Parser<'_> {
    /// Repairs `&&`, `||` and operators in capitals.
    pub(super) fn wrong_link(&mut self) -> Option<Link> {
        let rest = self.rest();
        let word = self.word_ahead();
        let (length, link, right) = if rest.starts_with("&&") {
            (2, Link::And, "and")
        } else if rest.starts_with("||") {
            (2, Link::Or, "or")
        } else if word.eq_ignore_ascii_case("and") {
            (3, Link::And, "and")
        } else if word.eq_ignore_ascii_case("or") {
            (2, Link::Or, "or")
        } else {
            return None;
        };
        let message = format!("expected `and`, `or` or `{{`, found `{}`", &rest[..length]);
        self.syntax(self.at..self.at + length, message, Some(&format!("write `{right}`")));
        self.at += length;
        Some(link)
    }

    /// Reports what follows a condition in place of its block.
    pub(super) fn not_a_block(&mut self, condition: &Condition) -> Stop {
        let rest = self.rest();
        let compares = ["==", "!=", "<=", ">=", "<", ">", "=~", "!~", "in ", "not in", "="]
            .into_iter()
            .any(|operator| rest.starts_with(operator));
        let help = if compares && matches!(condition.kind, ConditionKind::Not(_)) {
            Some("`!` binds tighter than a comparison: write `!([a] == \"x\")`")
        } else if compares && matches!(condition.kind, ConditionKind::Truth(_)) {
            Some("an operand of a comparison stands without parentheses")
        } else if compares {
            Some("an operator compares two operands; join comparisons with `and`")
        } else if rest.starts_with(')') {
            Some("this parenthesis was not opened")
        } else if matches!(condition.kind, ConditionKind::Match { .. }) && !rest.starts_with('}') {
            Some("a `/` inside a regex is written `\\/`")
        } else {
            None
        };
        let what = match condition.kind {
            ConditionKind::Truth(_) => "an operator or `{`",
            _ => "`and`, `or` or `{`",
        };
        self.expected_with(what, help)
    }

    pub(super) fn not_negatable(&mut self, start: usize) -> Stop {
        let help = match self.rest().chars().next() {
            Some('!') => "one `!` is enough",
            Some('=') => "the left operand of `!=` is missing",
            Some('~') => "the left operand of `!~` is missing",
            _ => "`!` negates `[field]` or `( .. )`; for a list write `\"x\" not in [tags]`",
        };
        let stop = self.expected_with("`(` or a field after `!`", Some(help));
        self.at = self.at.max(start + 1);
        stop
    }

    pub(super) fn not_a_field(&mut self) -> Stop {
        self.expected("`[field]` or `(` after `!`")
    }

    pub(super) fn not_without_in(&mut self) -> Stop {
        self.expected_with("`in` after `not`", Some("negation is written `!( .. )` or `![a]`"))
    }

    /// Refuses a third character of an operator: `===`, `<>`.
    pub(super) fn check_operator_end(&mut self, comparison: Comparison) {
        let (next, help) = match comparison {
            Comparison::Equal => ('=', "equality is written `==`"),
            Comparison::Less => ('>', "inequality is written `!=`"),
            _ => return,
        };
        if self.rest().starts_with(next) {
            self.expected_with("an operand", Some(help));
            self.at += 1;
        }
    }

    /// Repairs or reports what looks like an operator of another language.
    pub(super) fn wrong_operator(&mut self) -> Parse<Option<Operator>> {
        let rest = self.rest();
        let word = self.word_ahead();
        let (length, operator, help) = if rest.starts_with("~=") {
            (2, Some(Operator::Match { negated: false }), "a regex is matched by `=~`")
        } else if rest.starts_with('=') {
            (1, Some(Operator::Compare(Comparison::Equal)), "equality is written `==`")
        } else if rest.starts_with("!in") {
            (3, Some(Operator::In { negated: true }), "write `not in`")
        } else {
            match word {
                "notin" => (5, Some(Operator::In { negated: true }), "write `not in`"),
                "not" => (3, None, "write `not in`; a space itself must follow `not`"),
                "is" | "eq" | "equals" => (word.len(), None, "equality is written `==`"),
                "IN" | "In" => (2, Some(Operator::In { negated: false }), "write `in`"),
                "contains" | "includes" => {
                    (word.len(), None, "write `\"x\" in [a]` or `[a] =~ /x/`")
                }
                "like" | "matches" => (word.len(), None, "a regex is matched by `=~`"),
                _ => return Ok(None),
            }
        };
        let message = format!("expected an operator or `{{`, found `{}`", &rest[..length]);
        self.syntax(self.at..self.at + length, message, Some(help));
        match operator {
            Some(operator) => {
                self.at += length;
                Ok(Some(operator))
            }
            None => Err(Stop),
        }
    }

    /// Refuses flags behind a regex.
    pub(super) fn check_regex_end(&mut self) {
        let word = self.word_ahead();
        let is_link = ["and", "or", "xor", "nand"].into_iter().any(|link| word.starts_with(link));
        if word.is_empty() || is_link {
            return;
        }
        let message = format!("expected `and`, `or` or `{{`, found `{word}`");
        let help = "a regex has no flags behind it: write them inside, `/(?i)x/`";
        let length = word.len();
        self.syntax(self.at..self.at + length, message, Some(help));
        self.at += length;
    }

    pub(super) fn not_a_pattern(&mut self) -> Stop {
        self.expected_with(
            "a regex or a string",
            Some("a pattern is a constant: `/x/` or \"x\"; fields and numbers cannot be one"),
        )
    }

    pub(super) fn unclosed_regex(&mut self) -> Stop {
        let help = "a regex stands between two slashes; one inside it is written `\\/`";
        let message = "this regex is not closed".to_owned();
        let diagnostic = self.syntax_error(self.at..self.at + 1, message, Some(help));
        self.is_last = true;
        self.report(diagnostic);
        Stop
    }

    /// Refuses a field whose `]` is missing: `[a {`.
    pub(super) fn check_field_end(&mut self) -> Parse<()> {
        let content = &self.rest()[1..];
        let end = content.find(['[', ']', ',', '{', '"', '\'', '/']).unwrap_or(content.len());
        if !content.starts_with(token::is_name)
            || !matches!(content[end..].chars().next(), None | Some('{'))
        {
            return Ok(());
        }
        let message = "this field reference is not closed by `]`".to_owned();
        let length = 1 + content[..end].trim_end().len();
        self.syntax(self.at..self.at + length, message, Some("fields are written `[name]`"));
        self.at += length;
        Err(Stop)
    }

    /// Repairs a word that stands where an operand is expected.
    pub(super) fn word_as_operand(&mut self) -> Parse<Operand> {
        let start = self.at;
        let word = self.word_ahead().to_owned();
        let help = match word.as_str() {
            "and" | "or" | "xor" | "nand" | "in" => "an operand is missing before it".to_owned(),
            "not" | "NOT" => "negation is written `!( .. )` or `![a]`".to_owned(),
            "true" | "false" => format!(
                "there are no boolean constants: `if [a]` is true unless the field is missing, \
                 null, false, \"\" or \"false\"; text compares with \"{word}\""
            ),
            "null" | "nil" | "none" | "undefined" => {
                "a missing or null field is found by `![a]`".to_owned()
            }
            _ => format!("a field is written [{word}], a text \"{word}\""),
        };
        let message = format!("expected an operand, found `{word}`");
        let range = self.token_range(start);
        self.syntax(range, message, Some(&help));
        if ["and", "or", "xor", "nand", "in", "not", "NOT"].contains(&word.as_str()) {
            return Err(Stop);
        }
        self.skip_word();
        let kind = OperandKind::Selector(format!("[{word}]"));
        Ok(Operand { kind, span: self.span_from(start) })
    }

    pub(super) fn not_an_operand(&mut self) -> Stop {
        let help = match self.rest().chars().next() {
            Some('(') => {
                Some("an operand stands without parentheses, a list in brackets: `[\"x\", \"y\"]`")
            }
            Some('{') => Some("the condition is not complete"),
            Some('%') => Some("a field is written [name] in a condition"),
            Some('!') => Some("`!` stands before the whole comparison: `!([a] == \"x\")`"),
            _ => None,
        };
        self.expected_with("a field, a string, a number, a list or a regex", help)
    }

    pub(super) fn unclosed_parenthesis(&mut self) -> Stop {
        self.unclosed("`and`, `or` or `)`")
    }

    pub(super) fn unclosed_call(&mut self, name: &Name) -> Stop {
        let help = match name.text.as_str() {
            "not" => Some("negation is written `!( .. )`"),
            _ => Some("a call takes fields and constants, not conditions"),
        };
        let range = self.token_range(self.at);
        let message =
            format!("expected `,` or `)` in the call of `{}`, found {}", name.text, self.found());
        self.syntax(range, message, help);
        Stop
    }

    fn unclosed(&mut self, what: &str) -> Stop {
        let range = self.token_range(self.at);
        let message = format!("expected {what}, found {}", self.found());
        let mut diagnostic: Diagnostic = self.syntax_error(range, message, None);
        if let Some(bracket) = self.brackets.last() {
            let span = self.map.span(bracket.at, bracket.at + 1);
            diagnostic = diagnostic.with_label(span, "this parenthesis is not closed");
        }
        debug_assert_eq!(diagnostic.code, Code::Syntax, "made by syntax_error");
        self.report(diagnostic);
        Stop
    }
}

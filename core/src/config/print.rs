//! The formatter: from a tree to canonical config text.
//!
//! Two blanks for each level, one statement or option a line, `=>` with a blank on each side, and
//! parentheses where the tree needs them. Strings keep their quotes and their escapes. What is
//! printed parses to the same tree, spans aside.
//!
//! [`print`] knows the tree alone: comments stand on lines of their own before what they preceded.
//! [`format`] knows the text as well: a comment behind something stays behind it, and where blank
//! lines stood between two statements, options or comments, one is kept.

use crate::diagnostic::{Source, Span};

use super::{
    Config,
    ast::{
        Ast, Attribute, Block, Branch, Comment, Condition, ConditionKind, Entry, Name, Operand,
        OperandKind, Plugin, Section, Statement, Text, Value, ValueKind,
    },
    token,
};

/// Prints a whole config.
#[must_use]
pub fn print(ast: &Ast) -> String {
    Printer::new(&ast.comments, &[]).config(ast)
}

/// Formats a config: its canonical layout, with comments and blank lines where they belong.
///
/// Formatting what was formatted changes nothing. A config of several sources becomes one text.
#[must_use]
pub fn format(config: &Config) -> String {
    Printer::new(&config.ast().comments, config.sources()).config(config.ast())
}

/// Prints a condition on one line, as it stands behind `if`.
#[must_use]
pub fn print_condition(condition: &Condition) -> String {
    let mut printer = Printer::new(&[], &[]);
    printer.condition(condition, Level::Or);
    printer.text
}

/// Ranks conditions by how tightly they bind, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Operand,
}

struct Printer<'a> {
    text: String,
    indent: usize,
    /// The comments that are still to be printed.
    comments: &'a [Comment],
    /// The texts that spans index into; none when only the tree is known.
    sources: &'a [Source],
    /// The length of `text` when its last line began a block or a list.
    block_start: usize,
    /// The length of `text` when its last line ended in a comment.
    comment_end: usize,
}

impl<'a> Printer<'a> {
    const fn new(comments: &'a [Comment], sources: &'a [Source]) -> Self {
        let text = String::new();
        Self { text, indent: 0, comments, sources, block_start: 0, comment_end: usize::MAX }
    }

    fn config(mut self, ast: &'a Ast) -> String {
        for (index, section) in ast.sections.iter().enumerate() {
            if index > 0 {
                self.trailing_comment_before(section.span);
                self.text.push('\n');
                self.block_start = self.text.len();
            }
            self.section(section);
        }
        self.comments_before(Span::new(u32::MAX, u32::MAX, u32::MAX));
        self.text
    }

    fn section(&mut self, section: &'a Section) {
        self.item_start(section.span);
        self.text.push_str(section.kind.as_str());
        self.text.push(' ');
        self.body(&section.body, section.span);
        self.text.push('\n');
    }

    /// Prints statements in braces.
    fn body(&mut self, statements: &'a [Statement], span: Span) {
        self.open("{\n");
        for statement in statements {
            self.item_start(statement.span());
            match statement {
                Statement::Branch(branch) => self.branch(branch),
                Statement::Plugin(plugin) => self.plugin(plugin),
            }
            self.text.push('\n');
        }
        self.comments_before(end_of(span));
        self.indent -= 1;
        self.line_start();
        self.text.push('}');
    }

    fn branch(&mut self, branch: &'a Branch) {
        for (index, arm) in branch.arms.iter().enumerate() {
            self.text.push_str(if index == 0 { "if " } else { " else if " });
            self.condition(&arm.condition, Level::Or);
            self.text.push(' ');
            self.block(&arm.block);
        }
        if let Some(block) = &branch.otherwise {
            self.text.push_str(" else ");
            self.block(block);
        }
    }

    fn block(&mut self, block: &'a Block) {
        self.body(&block.body, block.span);
    }

    fn plugin(&mut self, plugin: &'a Plugin) {
        self.name(&plugin.name);
        let end = end_of(plugin.span);
        if plugin.attributes.is_empty() && !self.has_comment_before(end) {
            self.text.push_str(" { }");
            return;
        }
        self.open(" {\n");
        for Attribute { name, value, span } in &plugin.attributes {
            self.item_start(*span);
            self.name(name);
            self.text.push_str(" => ");
            self.value(value);
            self.text.push('\n');
        }
        self.comments_before(end);
        self.indent -= 1;
        self.line_start();
        self.text.push('}');
    }

    fn name(&mut self, name: &Name) {
        match name.quote {
            Some(quote) => {
                self.text.push(quote.as_char());
                self.text.push_str(&name.text);
                self.text.push(quote.as_char());
            }
            None => self.text.push_str(&name.text),
        }
    }

    fn value(&mut self, value: &'a Value) {
        match &value.kind {
            ValueKind::Array(values) => self.array(values, value.span),
            ValueKind::Bareword(word) => self.text.push_str(word),
            ValueKind::Hash(entries) => self.hash(entries, value.span),
            ValueKind::Number(raw) => self.text.push_str(raw),
            ValueKind::Plugin(plugin) => self.plugin(plugin),
            ValueKind::Text(text) => self.quoted(text),
        }
    }

    /// Prints a list on one line, or over several when it is long or holds comments.
    fn array(&mut self, values: &'a [Value], span: Span) {
        let width: usize = values.iter().map(width).sum();
        if width <= LINE_WIDTH && !self.has_comment_before(end_of(span)) {
            self.list_on_one_line(values);
            return;
        }
        self.open("[\n");
        for (index, value) in values.iter().enumerate() {
            self.item_start(value.span);
            self.value(value);
            self.text.push_str(if index + 1 < values.len() { ",\n" } else { "\n" });
        }
        self.comments_before(end_of(span));
        self.indent -= 1;
        self.line_start();
        self.text.push(']');
    }

    fn list_on_one_line(&mut self, values: &'a [Value]) {
        self.text.push('[');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.value(value);
        }
        self.text.push(']');
    }

    /// Prints a hash with one entry on one line if it fits, any other with a line for each entry.
    fn hash(&mut self, entries: &'a [Entry], span: Span) {
        if entries.is_empty() && !self.has_comment_before(end_of(span)) {
            self.text.push_str("{ }");
            return;
        }
        if let [Entry { key, value, .. }] = entries
            && entry_width(key, value) <= LINE_WIDTH
            && !self.has_comment_before(end_of(span))
        {
            self.text.push_str("{ ");
            self.value(key);
            self.text.push_str(" => ");
            self.value(value);
            self.text.push_str(" }");
            return;
        }
        self.open("{\n");
        for Entry { key, value, span } in entries {
            self.item_start(*span);
            self.value(key);
            self.text.push_str(" => ");
            self.value(value);
            self.text.push('\n');
        }
        self.comments_before(end_of(span));
        self.indent -= 1;
        self.line_start();
        self.text.push('}');
    }

    fn quoted(&mut self, text: &Text) {
        self.text.push(text.quote.as_char());
        self.text.push_str(&text.raw);
        self.text.push(text.quote.as_char());
    }

    /// Prints a condition, in parentheses when it binds less tightly than `level`.
    fn condition(&mut self, condition: &'a Condition, level: Level) {
        let own = match condition.kind {
            ConditionKind::And(_) => Level::And,
            ConditionKind::Nand(_) | ConditionKind::Or(_) | ConditionKind::Xor(_) => Level::Or,
            _ => Level::Operand,
        };
        let needs_parentheses = own < level;
        if needs_parentheses {
            self.text.push('(');
        }
        match &condition.kind {
            ConditionKind::And(parts) => self.chain(parts.iter(), " and ", Level::Operand),
            ConditionKind::Or(parts) => self.chain(parts.iter(), " or ", Level::And),
            ConditionKind::Nand(pair) => self.chain(pair.iter(), " nand ", Level::Operand),
            ConditionKind::Xor(pair) => self.chain(pair.iter(), " xor ", Level::Operand),
            ConditionKind::Not(inner) => self.negation(inner),
            ConditionKind::Truth(operand) => self.operand(operand),
            ConditionKind::Compare { op, left, right } => {
                self.pair(left, op.as_str(), right);
            }
            ConditionKind::In { negated, left, right } => {
                self.pair(left, if *negated { "not in" } else { "in" }, right);
            }
            ConditionKind::Match { negated, left, right } => {
                self.pair(left, if *negated { "!~" } else { "=~" }, right);
            }
        }
        if needs_parentheses {
            self.text.push(')');
        }
    }

    fn chain(&mut self, parts: impl Iterator<Item = &'a Condition>, link: &str, level: Level) {
        for (index, part) in parts.enumerate() {
            if index > 0 {
                self.text.push_str(link);
            }
            self.condition(part, level);
        }
    }

    fn negation(&mut self, inner: &'a Condition) {
        self.text.push('!');
        if let ConditionKind::Truth(Operand { kind: OperandKind::Selector(text), .. }) = &inner.kind
        {
            self.text.push_str(text);
            return;
        }
        self.text.push('(');
        self.condition(inner, Level::Or);
        self.text.push(')');
    }

    fn pair(&mut self, left: &'a Operand, operator: &str, right: &'a Operand) {
        self.operand(left);
        self.text.push(' ');
        self.text.push_str(operator);
        self.text.push(' ');
        self.operand(right);
    }

    fn operand(&mut self, operand: &'a Operand) {
        match &operand.kind {
            OperandKind::Call { name, arguments } => {
                self.name(name);
                self.text.push('(');
                for (index, argument) in arguments.iter().enumerate() {
                    if index > 0 {
                        self.text.push_str(", ");
                    }
                    self.operand(argument);
                }
                self.text.push(')');
            }
            OperandKind::List(values) => self.list_on_one_line(values),
            OperandKind::Number(raw) => self.text.push_str(raw),
            OperandKind::Regex(raw) => {
                self.text.push('/');
                self.text.push_str(raw);
                self.text.push('/');
            }
            OperandKind::Selector(text) => self.text.push_str(text),
            OperandKind::Text(text) => self.quoted(text),
        }
    }

    fn has_comment_before(&self, place: Span) -> bool {
        self.comments.first().is_some_and(|comment| is_before(comment, place))
    }

    /// Prints what opens a block or a list and ends its line.
    fn open(&mut self, bracket: &str) {
        self.text.push_str(bracket);
        self.block_start = self.text.len();
        self.indent += 1;
    }

    /// Begins the line of an item: the comments before it, a blank line if there was one.
    fn item_start(&mut self, span: Span) {
        self.comments_before(span);
        self.keep_blank_line(span);
        self.line_start();
    }

    /// Prints the comments that stood before `place`: behind the line just printed if they stood
    /// behind something, else each on its line.
    fn comments_before(&mut self, place: Span) {
        self.trailing_comment_before(place);
        while let Some((comment, rest)) = self.comments.split_first() {
            if !is_before(comment, place) {
                return;
            }
            self.comments = rest;
            self.keep_blank_line(comment.span);
            self.line_start();
            self.comment(comment);
        }
    }

    /// Prints the comment that stood behind what was just printed.
    ///
    /// What was on several lines may have come together on one; it has room for one comment only.
    fn trailing_comment_before(&mut self, place: Span) {
        if let Some((comment, rest)) = self.comments.split_first()
            && is_before(comment, place)
            && self.stands_behind_something(comment.span)
            && self.text.ends_with('\n')
            && self.text.len() != self.comment_end
        {
            let is_block_start = self.text.len() == self.block_start;
            self.comments = rest;
            self.text.pop();
            self.text.push(' ');
            self.comment(comment);
            if is_block_start {
                self.block_start = self.text.len();
            }
        }
    }

    fn comment(&mut self, comment: &Comment) {
        self.text.push_str(comment.text.trim_end());
        self.text.push('\n');
        self.comment_end = self.text.len();
    }

    /// Prints a blank line if the text had one before `place`, unless a block begins here.
    fn keep_blank_line(&mut self, place: Span) {
        let blanks = self.text_before(place).unwrap_or("");
        let blanks = &blanks[blanks.trim_end_matches(token::is_white).len()..];
        if self.text.len() != self.block_start && blanks.matches('\n').nth(1).is_some() {
            self.text.push('\n');
        }
    }

    fn stands_behind_something(&self, place: Span) -> bool {
        let line = self.text_before(place).and_then(|text| text.rsplit('\n').next());
        line.is_some_and(|line| !line.trim_matches(token::is_white).is_empty())
    }

    fn text_before(&self, place: Span) -> Option<&'a str> {
        let source = self.sources.get(usize::try_from(place.source).ok()?)?;
        source.text.get(..usize::try_from(place.start).ok()?)
    }

    fn line_start(&mut self) {
        for _ in 0..self.indent {
            self.text.push_str("  ");
        }
    }
}

/// Lists and hashes wider than this are printed one element a line.
const LINE_WIDTH: usize = 72;

fn is_before(comment: &Comment, place: Span) -> bool {
    (comment.span.source, comment.span.start) < (place.source, place.start)
}

const fn end_of(span: Span) -> Span {
    Span::new(span.source, span.end, span.end)
}

/// Estimates how wide a value is printed; what does not fit on a line counts as too wide.
fn width(value: &Value) -> usize {
    match &value.kind {
        ValueKind::Array(values) => values.iter().map(width).sum::<usize>() + 2,
        ValueKind::Bareword(text) | ValueKind::Number(text) => text.len() + 2,
        ValueKind::Hash(entries) => match &entries[..] {
            [] => 5,
            [Entry { key, value, .. }] => entry_width(key, value),
            _ => LINE_WIDTH,
        },
        ValueKind::Plugin(_) => LINE_WIDTH,
        ValueKind::Text(text) if text.raw.contains('\n') => LINE_WIDTH,
        ValueKind::Text(text) => text.raw.len() + 4,
    }
}

fn entry_width(key: &Value, value: &Value) -> usize {
    width(key) + " => ".len() + width(value) + "{ }".len()
}

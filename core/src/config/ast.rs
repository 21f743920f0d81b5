//! The tree of a config text: what was written, with a span on every node.
//!
//! `filter { if [a] { drop {} } }` becomes one `Section` holding one `Branch` holding one `Plugin`.
//! The tree keeps the order, the quotes and the repetitions of the text, so that it can be printed
//! again; merging repeated attributes, substituting variables and typing options come later
//! (`program::options`). Chains (`and`, `or`, `else if`) are flat lists, so that the depth of the
//! tree is the nesting of the text, which `limits::MAX_CONFIG_DEPTH` bounds.
//!
//! Source of truth: Logstash 9.x, `config/grammar.treetop` as recorded by the vectors.

use crate::diagnostic::Span;

/// Holds a whole config: all sections of all sources, in the order written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ast {
    /// The sections, at least one in a parsed config.
    pub sections: Vec<Section>,
    /// The comments in the order of the text; they take no part in the meaning.
    pub comments: Vec<Comment>,
}

/// Holds one comment, from its `#` to the end of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The text from `#` on, without the end of the line.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// Names the three kinds of section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SectionKind {
    /// `filter { .. }`
    Filter,
    /// `input { .. }`
    Input,
    /// `output { .. }`
    Output,
}

impl SectionKind {
    /// Returns the keyword as written in a config.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Input => "input",
            Self::Output => "output",
        }
    }
}

/// Holds one `input`, `filter` or `output` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Which section it is.
    pub kind: SectionKind,
    /// The statements in order.
    pub body: Vec<Statement>,
    /// From the keyword to the closing brace.
    pub span: Span,
}

/// Holds one statement of a section or of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `if .. { } else if .. { } else { }`
    Branch(Branch),
    /// `name { .. }`
    Plugin(Plugin),
}

impl Statement {
    /// Returns the span of the whole statement.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self {
            Self::Branch(branch) => branch.span,
            Self::Plugin(plugin) => plugin.span,
        }
    }
}

/// Holds one plugin with its attributes: `grok { match => {..} }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// The plugin name; a quoted one parses and is then refused as unknown.
    pub name: Name,
    /// The attributes in order, repeated ones included.
    pub attributes: Vec<Attribute>,
    /// From the name to the closing brace.
    pub span: Span,
}

/// Holds the name of a plugin, of an attribute or of a method call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name without quotes.
    pub text: String,
    /// The quotes, when there were any.
    pub quote: Option<Quote>,
    /// The name with its quotes.
    pub span: Span,
}

/// Holds one `name => value` of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The option's name.
    pub name: Name,
    /// The value as written.
    pub value: Value,
    /// From the name to the end of the value.
    pub span: Span,
}

/// Holds one value of an attribute, of an array or of a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// Where it stands, quotes and brackets included.
    pub span: Span,
}

/// Lists the forms of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// `[ v, v ]`
    Array(Vec<Value>),
    /// `word`, at least two characters
    Bareword(String),
    /// `{ k => v k => v }`
    Hash(Vec<Entry>),
    /// `-12.5` as written
    Number(String),
    /// `json { charset => "UTF-8" }`
    Plugin(Plugin),
    /// `"text"` or `'text'`
    Text(Text),
}

/// Holds one entry of a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key: `Bareword`, `Number` (refused by the checks) or `Text`.
    pub key: Value,
    /// The value.
    pub value: Value,
    /// From the key to the end of the value.
    pub span: Span,
}

/// Names the two quotation marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// `"`
    Double,
    /// `'`
    Single,
}

impl Quote {
    /// Returns the quotation mark itself.
    #[must_use]
    pub const fn as_char(self) -> char {
        match self {
            Self::Double => '"',
            Self::Single => '\'',
        }
    }
}

/// Holds a quoted string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The quotation mark around it.
    pub quote: Quote,
    /// What stands between the quotes.
    pub raw: String,
    /// What it means: `raw`, with escapes decoded when `config.support_escapes` is on.
    pub text: String,
}

/// Holds `if`, its `else if` arms and its `else`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The `if` and all `else if` in order; never empty.
    pub arms: Vec<Arm>,
    /// The `else`, when there is one.
    pub otherwise: Option<Block>,
    /// From `if` to the last closing brace.
    pub span: Span,
}

/// Holds one condition with the statements it guards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// The condition.
    pub condition: Condition,
    /// The block after it.
    pub block: Block,
    /// From `if` or `else` to the closing brace.
    pub span: Span,
}

/// Holds the statements between two braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The statements in order.
    pub body: Vec<Statement>,
    /// From the opening to the closing brace.
    pub span: Span,
}

/// Holds a condition or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What it is; parentheses of the text are expressed by the tree.
    pub kind: ConditionKind,
    /// Where it stands; parentheses around it are not included.
    pub span: Span,
}

/// Lists the forms of a condition.
///
/// Precedence: `!` and parentheses, then comparisons, then `and`, then `or`; `xor` and `nand` stand
/// alone between two operands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionKind {
    /// `a and b and c`, two or more
    And(Vec<Condition>),
    /// `[a] == "x"`
    Compare {
        /// The operator.
        op: Comparison,
        /// The left operand.
        left: Operand,
        /// The right operand.
        right: Operand,
    },
    /// `[a] in ["x", "y"]`, `[a] not in [b]`
    In {
        /// `not in`
        negated: bool,
        /// What is looked for.
        left: Operand,
        /// Where it is looked for.
        right: Operand,
    },
    /// `[a] =~ /x/`, `[a] !~ "x"`
    Match {
        /// `!~`
        negated: bool,
        /// The subject.
        left: Operand,
        /// The pattern: `Regex` or `Text`.
        right: Operand,
    },
    /// `a nand b`
    Nand(Box<[Condition; 2]>),
    /// `!(..)` or `![a]`
    Not(Box<Condition>),
    /// `a or b or c`, two or more
    Or(Vec<Condition>),
    /// A bare operand: `[a]`
    Truth(Operand),
    /// `a xor b`
    Xor(Box<[Condition; 2]>),
}

/// Names the comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `!=`
    NotEqual,
}

impl Comparison {
    /// Returns the operator as written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::NotEqual => "!=",
        }
    }
}

/// Holds one operand of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operand {
    /// What it is.
    pub kind: OperandKind,
    /// Where it stands.
    pub span: Span,
}

/// Lists the forms of an operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperandKind {
    /// `word(args)`: means its only field argument, whatever the word.
    Call {
        /// The word.
        name: Name,
        /// The arguments; exactly one of them stands for a field in a checked config.
        arguments: Vec<Operand>,
    },
    /// `["a", "b"]` or `[]`; one element without a comma is a `Selector`.
    List(Vec<Value>),
    /// `-12.5` as written
    Number(String),
    /// `/x/`: what stands between the slashes, `\/` kept.
    Regex(String),
    /// `[a][b]` with its brackets; `["a"]` too is the field whose name has quotes.
    Selector(String),
    /// `"text"`
    Text(Text),
}

impl Operand {
    /// Returns the field reference that this operand stands for, through method calls.
    ///
    /// `[a]` and `len([a])` both give `[a]` with the span of `[a]`; constants give `None`, and so
    /// does a call that the checks refuse (no field, several fields).
    #[must_use]
    pub fn as_field(&self) -> Option<(&str, Span)> {
        let mut operand = self;
        loop {
            match &operand.kind {
                OperandKind::Selector(text) => return Some((text, operand.span)),
                OperandKind::Call { arguments, .. } => {
                    let mut fields = arguments.iter().filter(|argument| argument.is_field());
                    let first = fields.next()?;
                    if fields.next().is_some() {
                        return None;
                    }
                    operand = first;
                }
                _ => return None,
            }
        }
    }

    /// Tells whether this operand is a selector or a method call.
    #[must_use]
    pub const fn is_field(&self) -> bool {
        matches!(self.kind, OperandKind::Selector(_) | OperandKind::Call { .. })
    }
}

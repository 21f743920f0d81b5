//! `XPath` 1.0: expressions as trees.
//!
//! `//item[@id = '7']/name/text()` is a path of steps, each with an axis, a test and predicates. Variables, the axis
//! `namespace` and the functions `id` and `lang` are refused. Source: the `XPath` 1.0 recommendation.

use crate::limits;

mod eval;
mod lex;

pub(super) use eval::{Answer, Failure, Namespaces, Place, Search};
use lex::{Token, tokens};

/// A compiled expression.
#[derive(Debug)]
pub(super) struct XPath {
    root: Expr,
    /// The prefixes that it uses, which must be known.
    pub(super) prefixes: Vec<Box<str>>,
}

#[derive(Debug)]
enum Expr {
    Binary(Operator, Box<Self>, Box<Self>),
    Call(Function, Vec<Self>),
    /// What an expression gives, filtered, and where a path leads from there.
    From { base: Box<Self>, predicates: Vec<Self>, steps: Vec<Step> },
    Negate(Box<Self>),
    Number(f64),
    Path { is_absolute: bool, steps: Vec<Step> },
    Text(Box<str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Add,
    And,
    Divide,
    Equal,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    Multiply,
    NotEqual,
    Or,
    Remainder,
    Subtract,
    Union,
}

#[derive(Debug)]
struct Step {
    axis: Axis,
    test: Test,
    predicates: Vec<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Parent,
    Preceding,
    PrecedingSibling,
    This,
}

impl Axis {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "ancestor" => Self::Ancestor,
            "ancestor-or-self" => Self::AncestorOrSelf,
            "attribute" => Self::Attribute,
            "child" => Self::Child,
            "descendant" => Self::Descendant,
            "descendant-or-self" => Self::DescendantOrSelf,
            "following" => Self::Following,
            "following-sibling" => Self::FollowingSibling,
            "parent" => Self::Parent,
            "preceding" => Self::Preceding,
            "preceding-sibling" => Self::PrecedingSibling,
            "self" => Self::This,
            _ => return None,
        })
    }
}

#[derive(Debug)]
enum Test {
    Comment,
    /// A name; without one, any name of the namespace.
    Name { prefix: Option<Box<str>>, local: Option<Box<str>> },
    Node,
    Instruction(Option<Box<str>>),
    Text,
}

macro_rules! functions {
    ($($function:ident $name:literal $min:literal $max:literal)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Function {
            $($function,)+
        }

        impl Function {
            /// The function of a name, and the least and greatest number of its arguments.
            fn from_name(name: &str) -> Option<(Self, usize, usize)> {
                match name {
                    $($name => Some((Self::$function, $min, $max)),)+
                    _ => None,
                }
            }
        }
    };
}

functions! {
    Boolean "boolean" 1 1
    Ceiling "ceiling" 1 1
    Concat "concat" 2 1000
    Contains "contains" 2 2
    Count "count" 1 1
    False "false" 0 0
    Floor "floor" 1 1
    Last "last" 0 0
    LocalName "local-name" 0 1
    Name "name" 0 1
    NamespaceUri "namespace-uri" 0 1
    NormalizeSpace "normalize-space" 0 1
    Not "not" 1 1
    Number "number" 0 1
    Position "position" 0 0
    Round "round" 1 1
    StartsWith "starts-with" 2 2
    String "string" 0 1
    StringLength "string-length" 0 1
    Substring "substring" 2 3
    SubstringAfter "substring-after" 2 2
    SubstringBefore "substring-before" 2 2
    Sum "sum" 1 1
    Translate "translate" 3 3
    True "true" 0 0
}

impl XPath {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong, in words that follow the expression.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, prefixes: Vec::new() };
        let root = parser.or()?;
        match parser.peek() {
            None => Ok(Self { root, prefixes: parser.prefixes }),
            Some(token) => Err(format!("has an unexpected {token}")),
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    prefixes: Vec<Box<str>>,
}

type Parsed = Result<Expr, String>;

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn accept(&mut self, token: &Token) -> bool {
        let is_it = self.peek() == Some(token);
        self.at += usize::from(is_it);
        is_it
    }

    fn expect(&mut self, token: &Token) -> Result<(), String> {
        if self.accept(token) {
            return Ok(());
        }
        Err(match self.peek() {
            Some(found) => format!("has an unexpected {found} where {token} is due"),
            None => format!("ends where {token} is due"),
        })
    }

    /// Operators of one level, which bind to the left.
    fn binary(
        &mut self,
        operators: &[(Token, Operator)],
        next: fn(&mut Self) -> Parsed,
    ) -> Parsed {
        let mut left = next(self)?;
        let mut count = 0;
        while let Some((_, operator)) =
            operators.iter().find(|(token, _)| self.peek() == Some(token))
        {
            self.at += 1;
            count += 1;
            // The tree is as deep as the operators are many.
            if count > limits::XPATH_DEPTH {
                return Err("has too many operators in a row".to_owned());
            }
            let right = next(self)?;
            left = Expr::Binary(*operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn or(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > limits::XPATH_DEPTH {
            return Err("nests too deep".to_owned());
        }
        let expr = self.binary(&[(Token::Word("or"), Operator::Or)], Self::and);
        self.depth -= 1;
        expr
    }

    fn and(&mut self) -> Parsed {
        self.binary(&[(Token::Word("and"), Operator::And)], Self::equality)
    }

    fn equality(&mut self) -> Parsed {
        let operators =
            [(Token::Sign("="), Operator::Equal), (Token::Sign("!="), Operator::NotEqual)];
        self.binary(&operators, Self::relation)
    }

    fn relation(&mut self) -> Parsed {
        let operators = [
            (Token::Sign("<"), Operator::Less),
            (Token::Sign("<="), Operator::LessEqual),
            (Token::Sign(">"), Operator::Greater),
            (Token::Sign(">="), Operator::GreaterEqual),
        ];
        self.binary(&operators, Self::sum)
    }

    fn sum(&mut self) -> Parsed {
        let operators = [(Token::Sign("+"), Operator::Add), (Token::Sign("-"), Operator::Subtract)];
        self.binary(&operators, Self::product)
    }

    fn product(&mut self) -> Parsed {
        let operators = [
            (Token::Multiply, Operator::Multiply),
            (Token::Word("div"), Operator::Divide),
            (Token::Word("mod"), Operator::Remainder),
        ];
        self.binary(&operators, Self::negation)
    }

    fn negation(&mut self) -> Parsed {
        let mut is_negative = false;
        while self.accept(&Token::Sign("-")) {
            is_negative = !is_negative;
        }
        let expr = self.binary(&[(Token::Sign("|"), Operator::Union)], Self::path)?;
        Ok(if is_negative { Expr::Negate(Box::new(expr)) } else { expr })
    }

    fn path(&mut self) -> Parsed {
        let base = match self.peek() {
            Some(Token::Number(number)) => Expr::Number(*number),
            Some(Token::Text(text)) => Expr::Text(text.clone()),
            Some(Token::Sign("(")) => {
                self.at += 1;
                let inner = self.or()?;
                self.expect(&Token::Sign(")"))?;
                self.at -= 1;
                inner
            }
            Some(Token::Function(_)) => self.call()?,
            _ => return self.location(),
        };
        self.at += 1;
        let predicates = self.predicates()?;
        let mut steps = Vec::new();
        if matches!(self.peek(), Some(Token::Sign("/" | "//"))) {
            self.steps(&mut steps)?;
        }
        if predicates.is_empty() && steps.is_empty() {
            return Ok(base);
        }
        Ok(Expr::From { base: Box::new(base), predicates, steps })
    }

    /// A call; its closing parenthesis stays.
    fn call(&mut self) -> Parsed {
        let Some(Token::Function(name)) = self.peek().cloned() else {
            return Err("has no function where one is due".to_owned());
        };
        let Some((function, min, max)) = Function::from_name(&name) else {
            return Err(format!("calls `{name}`, which is no function that is known here"));
        };
        self.at += 1;
        self.expect(&Token::Sign("("))?;
        let mut arguments = Vec::new();
        if self.peek() != Some(&Token::Sign(")")) {
            arguments.push(self.or()?);
            while self.accept(&Token::Sign(",")) {
                arguments.push(self.or()?);
            }
        }
        self.expect(&Token::Sign(")"))?;
        self.at -= 1;
        if !(min..=max).contains(&arguments.len()) {
            return Err(format!("calls `{name}` with {} arguments", arguments.len()));
        }
        Ok(Expr::Call(function, arguments))
    }

    fn location(&mut self) -> Parsed {
        let mut steps = Vec::new();
        let is_absolute = matches!(self.peek(), Some(Token::Sign("/" | "//")));
        if is_absolute {
            let is_root = self.peek() == Some(&Token::Sign("/"))
                && !self.tokens.get(self.at + 1).is_some_and(Token::starts_step);
            if is_root {
                self.at += 1;
            } else {
                self.steps(&mut steps)?;
            }
        } else {
            steps.push(self.step()?);
            self.steps(&mut steps)?;
        }
        Ok(Expr::Path { is_absolute, steps })
    }

    /// `/step`s and `//step`s.
    fn steps(&mut self, steps: &mut Vec<Step>) -> Result<(), String> {
        loop {
            if self.accept(&Token::Sign("//")) {
                let (axis, test) = (Axis::DescendantOrSelf, Test::Node);
                steps.push(Step { axis, test, predicates: Vec::new() });
            } else if !self.accept(&Token::Sign("/")) {
                return Ok(());
            }
            steps.push(self.step()?);
        }
    }

    fn step(&mut self) -> Result<Step, String> {
        for (sign, axis) in [(".", Axis::This), ("..", Axis::Parent)] {
            if self.accept(&Token::Sign(sign)) {
                return Ok(Step { axis, test: Test::Node, predicates: Vec::new() });
            }
        }
        let mut axis = Axis::Child;
        if self.accept(&Token::Sign("@")) {
            axis = Axis::Attribute;
        } else if let Some(Token::Axis(name)) = self.peek() {
            axis = Axis::from_name(name)
                .ok_or_else(|| format!("uses the axis `{name}`, which is not known here"))?;
            self.at += 1;
        }
        let test = self.test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn test(&mut self) -> Result<Test, String> {
        let token = self.peek().cloned();
        self.at += 1;
        match token {
            Some(Token::Name { prefix, local }) => {
                if let Some(prefix) = &prefix {
                    self.prefixes.push(prefix.clone());
                }
                Ok(Test::Name { prefix, local })
            }
            Some(Token::NodeType(name)) => {
                self.expect(&Token::Sign("("))?;
                let mut target = None;
                if let Some(Token::Text(text)) = self.peek() {
                    target = Some(text.clone());
                    self.at += 1;
                }
                self.expect(&Token::Sign(")"))?;
                Ok(match name {
                    "comment" => Test::Comment,
                    "processing-instruction" => Test::Instruction(target),
                    "text" => Test::Text,
                    _ => Test::Node,
                })
            }
            Some(token) => Err(format!("has an unexpected {token}")),
            None => Err("ends where a step is due".to_owned()),
        }
    }

    fn predicates(&mut self) -> Result<Vec<Expr>, String> {
        let mut predicates = Vec::new();
        while self.accept(&Token::Sign("[")) {
            predicates.push(self.or()?);
            self.expect(&Token::Sign("]"))?;
        }
        Ok(predicates)
    }
}

#[cfg(test)]
mod tests;

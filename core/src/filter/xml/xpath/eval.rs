//! An `XPath` expression on a document.
//!
//! Every node that is looked at counts as a step, and the steps of all expressions on one document are
//! bounded together.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use super::{Axis, Expr, Function, Operator, Step, Test, XPath};

/// What prefixes stand for.
pub(in crate::filter::xml) type Namespaces<'a> = BTreeMap<&'a str, &'a str>;

/// What an expression gives.
#[derive(Debug)]
pub(in crate::filter::xml) enum Answer<'a, 'i> {
    Bool(bool),
    Nodes(Vec<Place<'a, 'i>>),
    Number(f64),
    Text(String),
}

/// A node of the document; of an attribute, its element and its place there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::filter::xml) enum Place<'a, 'i> {
    Attribute(Node<'a, 'i>, usize),
    Node(Node<'a, 'i>),
}

/// Why an expression gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::filter::xml) enum Failure {
    /// A set of nodes is needed where there is something else.
    NoNodes,
    OutOfSteps,
    UnknownPrefix,
}

/// A document that is searched.
pub(in crate::filter::xml) struct Search<'s, 'a, 'i> {
    pub(in crate::filter::xml) document: &'a Document<'i>,
    pub(in crate::filter::xml) namespaces: &'s Namespaces<'s>,
    pub(in crate::filter::xml) ignores_namespaces: bool,
    pub(in crate::filter::xml) ignores_blanks: bool,
    pub(in crate::filter::xml) steps_left: usize,
}

/// The node that an expression is about, and its place among others.
#[derive(Clone, Copy)]
struct Context<'a, 'i> {
    place: Place<'a, 'i>,
    position: usize,
    size: usize,
}

type Result<T> = core::result::Result<T, Failure>;

impl<'a, 'i> Place<'a, 'i> {
    /// In document order; attributes behind their element.
    fn order(&self) -> (u32, usize) {
        match self {
            Self::Attribute(owner, index) => (owner.id().get(), index + 1),
            Self::Node(node) => (node.id().get(), 0),
        }
    }

    /// The text that the node stands for.
    fn text(&self) -> String {
        match self {
            Self::Attribute(owner, index) => {
                owner.attributes().nth(*index).map_or("", |it| it.value()).to_owned()
            }
            Self::Node(node) if node.is_element() || node.is_root() => {
                let texts = node.descendants().filter(Node::is_text);
                texts.filter_map(|text| text.text()).collect()
            }
            Self::Node(node) => match node.pi() {
                Some(instruction) => instruction.value.unwrap_or("").to_owned(),
                None => node.text().unwrap_or("").to_owned(),
            },
        }
    }

    fn local_name(&self) -> &'a str {
        match self {
            Self::Attribute(owner, index) => {
                owner.attributes().nth(*index).map_or("", |it| it.name())
            }
            Self::Node(node) => match node.pi() {
                Some(instruction) => instruction.target,
                None => node.tag_name().name(),
            },
        }
    }

    fn namespace(&self) -> Option<&'a str> {
        match self {
            Self::Attribute(owner, index) => {
                owner.attributes().nth(*index).and_then(|it| it.namespace())
            }
            Self::Node(node) => node.tag_name().namespace(),
        }
    }

    fn owner(&self) -> Node<'a, 'i> {
        match self {
            Self::Attribute(node, _) | Self::Node(node) => *node,
        }
    }
}

impl<'a, 'i> Search<'_, 'a, 'i> {
    /// What the expression gives on the whole document.
    pub(in crate::filter::xml) fn run(&mut self, xpath: &XPath) -> Result<Answer<'a, 'i>> {
        if xpath.prefixes.iter().any(|prefix| !self.namespaces.contains_key(&**prefix)) {
            return Err(Failure::UnknownPrefix);
        }
        let place = Place::Node(self.document.root());
        self.expr(&xpath.root, Context { place, position: 1, size: 1 })
    }

    /// The recursion is as deep as the expression, which parsing it limits.
    fn expr(&mut self, expr: &Expr, context: Context<'a, 'i>) -> Result<Answer<'a, 'i>> {
        self.spend(1)?;
        Ok(match expr {
            Expr::Binary(operator, left, right) => {
                return self.binary(*operator, left, right, context);
            }
            Expr::Call(function, arguments) => return self.call(*function, arguments, context),
            Expr::From { base, predicates, steps } => {
                let mut nodes = self.nodes(base, context)?;
                for predicate in predicates {
                    nodes = self.filtered(nodes, predicate)?;
                }
                Answer::Nodes(self.walk(nodes, steps)?)
            }
            Expr::Negate(inner) => Answer::Number(-self.number(inner, context)?),
            Expr::Number(number) => Answer::Number(*number),
            Expr::Path { is_absolute, steps } => {
                let start =
                    if *is_absolute { Place::Node(self.document.root()) } else { context.place };
                Answer::Nodes(self.walk(vec![start], steps)?)
            }
            Expr::Text(text) => Answer::Text(text.to_string()),
        })
    }

    fn spend(&mut self, steps: usize) -> Result<()> {
        self.steps_left = self.steps_left.checked_sub(steps).ok_or(Failure::OutOfSteps)?;
        Ok(())
    }

    fn walk(
        &mut self,
        mut nodes: Vec<Place<'a, 'i>>,
        steps: &[Step],
    ) -> Result<Vec<Place<'a, 'i>>> {
        for step in steps {
            let mut next = Vec::new();
            for node in nodes {
                let mut found = self.step(node, step)?;
                for predicate in &step.predicates {
                    found = self.filtered(found, predicate)?;
                }
                self.spend(found.len())?;
                next.append(&mut found);
            }
            next.sort_by_key(Place::order);
            next.dedup_by_key(|place| place.order());
            nodes = next;
        }
        Ok(nodes)
    }

    /// The nodes of an axis that pass the test, the nearest first.
    fn step(&mut self, place: Place<'a, 'i>, step: &Step) -> Result<Vec<Place<'a, 'i>>> {
        let node = place.owner();
        let is_attribute = matches!(place, Place::Attribute(..));
        let mut found = Vec::new();
        if step.axis == Axis::Attribute {
            if !is_attribute {
                for index in 0..node.attributes().len() {
                    // Reaching an attribute takes a look at those before.
                    self.spend(index / 8)?;
                    self.look(Place::Attribute(node, index), step, &mut found)?;
                }
            }
            return Ok(found);
        }
        match step.axis {
            Axis::This => self.look(place, step, &mut found)?,
            Axis::AncestorOrSelf => {
                self.look(place, step, &mut found)?;
                let above = if is_attribute { Some(node) } else { node.parent() };
                self.look_all(above.into_iter().flat_map(|it| it.ancestors()), step, &mut found)?;
            }
            Axis::Ancestor => {
                let above = if is_attribute { Some(node) } else { node.parent() };
                self.look_all(above.into_iter().flat_map(|it| it.ancestors()), step, &mut found)?;
            }
            Axis::Parent => {
                let above = if is_attribute { Some(node) } else { node.parent() };
                self.look_all(above.into_iter(), step, &mut found)?;
            }
            Axis::DescendantOrSelf if is_attribute => self.look(place, step, &mut found)?,
            Axis::DescendantOrSelf => self.look_all(node.descendants(), step, &mut found)?,
            Axis::Descendant if !is_attribute => {
                self.look_all(node.descendants().skip(1), step, &mut found)?;
            }
            Axis::Child if !is_attribute => self.look_all(node.children(), step, &mut found)?,
            Axis::FollowingSibling if !is_attribute => {
                self.look_all(node.next_siblings().skip(1), step, &mut found)?;
            }
            Axis::PrecedingSibling if !is_attribute => {
                self.look_all(node.prev_siblings().skip(1), step, &mut found)?;
            }
            Axis::Following => {
                let behind = if is_attribute {
                    node.id().get() as usize + 1
                } else {
                    node.id().get() as usize + node.descendants().count()
                };
                self.spend(behind / 8)?;
                self.look_all(self.document.descendants().skip(behind), step, &mut found)?;
            }
            Axis::Preceding => {
                self.spend(node.id().get() as usize)?;
                let before = self.document.descendants().take(node.id().get() as usize);
                let above: Vec<_> = node.ancestors().map(|it| it.id()).collect();
                let before: Vec<_> = before.filter(|it| !above.contains(&it.id())).collect();
                self.look_all(before.into_iter().rev(), step, &mut found)?;
            }
            _ => {}
        }
        Ok(found)
    }

    fn look_all(
        &mut self,
        nodes: impl Iterator<Item = Node<'a, 'i>>,
        step: &Step,
        found: &mut Vec<Place<'a, 'i>>,
    ) -> Result<()> {
        for node in nodes {
            self.look(Place::Node(node), step, found)?;
        }
        Ok(())
    }

    fn look(
        &mut self,
        place: Place<'a, 'i>,
        step: &Step,
        found: &mut Vec<Place<'a, 'i>>,
    ) -> Result<()> {
        self.spend(1)?;
        if let Place::Node(node) = place
            && self.ignores_blanks
            && is_blank(node)
        {
            return Ok(());
        }
        if self.passes(place, step)? {
            found.push(place);
        }
        Ok(())
    }

    fn passes(&self, place: Place<'a, 'i>, step: &Step) -> Result<bool> {
        let node = match place {
            Place::Attribute(..) => None,
            Place::Node(node) => Some(node),
        };
        Ok(match &step.test {
            Test::Comment => node.is_some_and(|node| node.is_comment()),
            Test::Instruction(target) => node.and_then(|node| node.pi()).is_some_and(|found| {
                target.as_ref().is_none_or(|target| **target == *found.target)
            }),
            Test::Name { prefix, local } => {
                let is_kind = node.is_none_or(|node| node.is_element());
                if !is_kind || local.as_ref().is_some_and(|local| **local != *place.local_name()) {
                    return Ok(false);
                }
                match prefix {
                    Some(prefix) => {
                        let known = self.namespaces.get(&**prefix);
                        let known = known.ok_or(Failure::UnknownPrefix)?;
                        !self.ignores_namespaces && place.namespace() == Some(known)
                    }
                    None if local.is_none() => true,
                    None => self.ignores_namespaces || place.namespace().is_none(),
                }
            }
            Test::Node => true,
            Test::Text => node.is_some_and(|node| node.is_text()),
        })
    }

    /// The nodes for which the predicate holds.
    fn filtered(
        &mut self,
        nodes: Vec<Place<'a, 'i>>,
        predicate: &Expr,
    ) -> Result<Vec<Place<'a, 'i>>> {
        let size = nodes.len();
        let mut kept = Vec::new();
        for (position, place) in (1..).zip(nodes) {
            #[expect(clippy::cast_precision_loss, reason = "a document has few nodes")]
            #[expect(clippy::float_cmp, reason = "a position is a whole number")]
            let keeps = match self.expr(predicate, Context { place, position, size })? {
                Answer::Number(number) => number == position as f64,
                answer => truth(&answer),
            };
            if keeps {
                kept.push(place);
            }
        }
        Ok(kept)
    }

    fn nodes(&mut self, expr: &Expr, context: Context<'a, 'i>) -> Result<Vec<Place<'a, 'i>>> {
        match self.expr(expr, context)? {
            Answer::Nodes(nodes) => Ok(nodes),
            _ => Err(Failure::NoNodes),
        }
    }

    fn number(&mut self, expr: &Expr, context: Context<'a, 'i>) -> Result<f64> {
        let answer = self.expr(expr, context)?;
        self.as_number(&answer)
    }

    fn text(&mut self, expr: &Expr, context: Context<'a, 'i>) -> Result<String> {
        let answer = self.expr(expr, context)?;
        self.as_text(&answer)
    }

    fn as_text(&mut self, answer: &Answer<'a, 'i>) -> Result<String> {
        Ok(match answer {
            Answer::Bool(value) => value.to_string(),
            Answer::Nodes(nodes) => match nodes.first() {
                Some(place) => self.place_text(*place)?,
                None => String::new(),
            },
            Answer::Number(number) => number_text(*number),
            Answer::Text(text) => text.clone(),
        })
    }

    /// The text of a node; counts what is copied.
    fn place_text(&mut self, place: Place<'a, 'i>) -> Result<String> {
        let text = place.text();
        self.spend(text.len() / 16)?;
        Ok(text)
    }

    fn as_number(&mut self, answer: &Answer<'a, 'i>) -> Result<f64> {
        Ok(match answer {
            Answer::Bool(value) => f64::from(u8::from(*value)),
            Answer::Number(number) => *number,
            answer => text_number(&self.as_text(answer)?),
        })
    }

    fn binary(
        &mut self,
        operator: Operator,
        left: &Expr,
        right: &Expr,
        context: Context<'a, 'i>,
    ) -> Result<Answer<'a, 'i>> {
        Ok(match operator {
            Operator::And | Operator::Or => {
                let first = truth(&self.expr(left, context)?);
                if first == (operator == Operator::Or) {
                    return Ok(Answer::Bool(first));
                }
                Answer::Bool(truth(&self.expr(right, context)?))
            }
            Operator::Union => {
                let mut nodes = self.nodes(left, context)?;
                nodes.extend(self.nodes(right, context)?);
                nodes.sort_by_key(Place::order);
                nodes.dedup_by_key(|place| place.order());
                Answer::Nodes(nodes)
            }
            Operator::Add
            | Operator::Divide
            | Operator::Multiply
            | Operator::Remainder
            | Operator::Subtract => {
                let (left, right) = (self.number(left, context)?, self.number(right, context)?);
                Answer::Number(match operator {
                    Operator::Add => left + right,
                    Operator::Divide => left / right,
                    Operator::Multiply => left * right,
                    Operator::Remainder => left % right,
                    _ => left - right,
                })
            }
            comparison => {
                let left = self.expr(left, context)?;
                let right = self.expr(right, context)?;
                Answer::Bool(self.compare(comparison, &left, &right)?)
            }
        })
    }

    /// A comparison with a set of nodes holds if it does for one of them.
    fn compare(
        &mut self,
        operator: Operator,
        left: &Answer<'a, 'i>,
        right: &Answer<'a, 'i>,
    ) -> Result<bool> {
        match (left, right) {
            (Answer::Nodes(_), Answer::Bool(_)) | (Answer::Bool(_), Answer::Nodes(_)) => {}
            (Answer::Nodes(nodes), other) => {
                for place in nodes {
                    let text = Answer::Text(self.place_text(*place)?);
                    if self.compare(operator, &text, other)? {
                        return Ok(true);
                    }
                }
                return Ok(false);
            }
            (other, Answer::Nodes(nodes)) => {
                for place in nodes {
                    let text = Answer::Text(self.place_text(*place)?);
                    if self.compare(operator, other, &text)? {
                        return Ok(true);
                    }
                }
                return Ok(false);
            }
            _ => {}
        }
        self.spend(1)?;
        let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        if is_equality {
            #[expect(clippy::float_cmp, reason = "what the language says")]
            let is_equal = match (left, right) {
                (Answer::Bool(_), _) | (_, Answer::Bool(_)) => truth(left) == truth(right),
                (Answer::Number(_), _) | (_, Answer::Number(_)) => {
                    self.as_number(left)? == self.as_number(right)?
                }
                _ => self.as_text(left)? == self.as_text(right)?,
            };
            return Ok(is_equal == (operator == Operator::Equal));
        }
        let (left, right) = (self.as_number(left)?, self.as_number(right)?);
        Ok(match operator {
            Operator::Greater => left > right,
            Operator::GreaterEqual => left >= right,
            Operator::Less => left < right,
            _ => left <= right,
        })
    }

    fn call(
        &mut self,
        function: Function,
        arguments: &[Expr],
        context: Context<'a, 'i>,
    ) -> Result<Answer<'a, 'i>> {
        #[expect(clippy::cast_precision_loss, reason = "a document has few nodes")]
        let count = |number: usize| Answer::Number(number as f64);
        let first = arguments.first();
        Ok(match (function, arguments) {
            (Function::True, _) => Answer::Bool(true),
            (Function::False, _) => Answer::Bool(false),
            (Function::Last, _) => count(context.size),
            (Function::Position, _) => count(context.position),
            (Function::Boolean, [it]) => Answer::Bool(truth(&self.expr(it, context)?)),
            (Function::Not, [it]) => Answer::Bool(!truth(&self.expr(it, context)?)),
            (Function::Count, [it]) => count(self.nodes(it, context)?.len()),
            (Function::Sum, [it]) => {
                let mut sum = 0.0;
                for place in self.nodes(it, context)? {
                    sum += text_number(&self.place_text(place)?);
                }
                Answer::Number(sum)
            }
            (Function::Ceiling, [it]) => Answer::Number(self.number(it, context)?.ceil()),
            (Function::Floor, [it]) => Answer::Number(self.number(it, context)?.floor()),
            (Function::Round, [it]) => Answer::Number((self.number(it, context)? + 0.5).floor()),
            (Function::LocalName | Function::Name | Function::NamespaceUri, _) => {
                let place = match first {
                    Some(it) => self.nodes(it, context)?.first().copied(),
                    None => Some(context.place),
                };
                Answer::Text(place.map_or_else(String::new, |place| self.named(function, place)))
            }
            (Function::Number, _) => {
                let text = self.own_text(first, context)?;
                Answer::Number(match first {
                    Some(it) => self.number(it, context)?,
                    None => text_number(&text),
                })
            }
            (Function::String, _) => Answer::Text(self.own_text(first, context)?),
            (Function::StringLength, _) => {
                count(self.own_text(first, context)?.chars().count())
            }
            (Function::NormalizeSpace, _) => {
                let text = self.own_text(first, context)?;
                let words: Vec<&str> = text.split([' ', '\t', '\r', '\n']).collect();
                let words = words.into_iter().filter(|word| !word.is_empty());
                Answer::Text(words.collect::<Vec<_>>().join(" "))
            }
            (Function::Concat, _) => {
                let mut out = String::new();
                for it in arguments {
                    out.push_str(&self.text(it, context)?);
                }
                Answer::Text(out)
            }
            (Function::Substring, [it, from, rest @ ..]) => {
                let text = self.text(it, context)?;
                let from = round(self.number(from, context)?);
                let end = match rest {
                    [len] => from + round(self.number(len, context)?),
                    _ => f64::INFINITY,
                };
                let is_inside = |at: f64| at >= from && at < end;
                #[expect(clippy::cast_precision_loss, reason = "a text has few characters")]
                let kept = text.chars().enumerate().filter(|(at, _)| is_inside((at + 1) as f64));
                Answer::Text(kept.map(|(_, character)| character).collect())
            }
            (function, [left, right, rest @ ..]) => {
                let (text, part) = (self.text(left, context)?, self.text(right, context)?);
                match (function, rest) {
                    (Function::Contains, _) => Answer::Bool(text.contains(&part)),
                    (Function::StartsWith, _) => Answer::Bool(text.starts_with(&part)),
                    (Function::SubstringAfter, _) => {
                        let found = text.split_once(&part).map_or("", |(_, after)| after);
                        Answer::Text(found.to_owned())
                    }
                    (Function::SubstringBefore, _) => {
                        let found = text.split_once(&part).map_or("", |(before, _)| before);
                        Answer::Text(found.to_owned())
                    }
                    (_, [to]) => {
                        let to: Vec<char> = self.text(to, context)?.chars().collect();
                        self.spend(text.len().saturating_mul(part.len()) / 16)?;
                        Answer::Text(translated(&text, &part, &to))
                    }
                    _ => return Err(Failure::NoNodes),
                }
            }
            _ => return Err(Failure::NoNodes),
        })
    }

    /// The text of the argument, or of the node that the expression is about.
    fn own_text(&mut self, argument: Option<&Expr>, context: Context<'a, 'i>) -> Result<String> {
        match argument {
            Some(it) => self.text(it, context),
            None => self.place_text(context.place),
        }
    }

    fn named(&self, function: Function, place: Place<'a, 'i>) -> String {
        let local = place.local_name();
        let namespace = place.namespace().filter(|_| !self.ignores_namespaces);
        match (function, namespace) {
            (Function::NamespaceUri, namespace) => namespace.unwrap_or("").to_owned(),
            (Function::Name, Some(namespace)) => match place.owner().lookup_prefix(namespace) {
                Some(prefix) if !prefix.is_empty() => format!("{prefix}:{local}"),
                _ => local.to_owned(),
            },
            _ => local.to_owned(),
        }
    }
}

/// Whether a node is a text of nothing but white space.
fn is_blank(node: Node<'_, '_>) -> bool {
    node.is_text() && node.text().is_some_and(|text| text.trim().is_empty())
}

fn truth(answer: &Answer<'_, '_>) -> bool {
    match answer {
        Answer::Bool(value) => *value,
        Answer::Nodes(nodes) => !nodes.is_empty(),
        Answer::Number(number) => *number != 0.0 && !number.is_nan(),
        Answer::Text(text) => !text.is_empty(),
    }
}

fn round(number: f64) -> f64 {
    (number + 0.5).floor()
}

fn text_number(text: &str) -> f64 {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    if is_number { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// A number as `XPath` writes it: without a point when it is whole.
fn number_text(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    format!("{number}")
}

fn translated(text: &str, from: &str, to: &[char]) -> String {
    let change = |character: char| match from.chars().position(|known| known == character) {
        Some(at) => to.get(at).copied(),
        None => Some(character),
    };
    text.chars().filter_map(change).collect()
}

//! Nodes as texts, as nokogiri writes them: elements with their markup, indented where they hold nothing
//! but elements.

use roxmltree::Node;

use super::xpath::{Answer, Place};
use crate::event::text::push_ruby_float;

/// Gives each text of an answer; nothing for `false`.
pub(super) fn answer(answer: &Answer<'_, '_>, ignores_namespaces: bool, give: &mut dyn FnMut(String)) {
    match answer {
        Answer::Bool(value) => {
            if *value {
                give("true".to_owned());
            }
        }
        Answer::Nodes(places) => {
            for place in places {
                give(match place {
                    Place::Attribute(owner, index) => {
                        let attribute = owner.attributes().nth(*index);
                        attribute.map_or("", |attribute| attribute.value()).to_owned()
                    }
                    Place::Node(node) => {
                        let mut out = String::new();
                        let mut writer = Writer { ignores_namespaces, out: &mut out };
                        writer.node(*node, Some(0));
                        out
                    }
                });
            }
        }
        Answer::Number(number) => {
            let mut text = String::new();
            push_ruby_float(*number, &mut text);
            give(text);
        }
        Answer::Text(text) => give(text.clone()),
    }
}

struct Writer<'o> {
    ignores_namespaces: bool,
    out: &'o mut String,
}

impl Writer<'_> {
    /// The recursion is as deep as the document, whose depth is checked before.
    fn node(&mut self, node: Node<'_, '_>, indent: Option<usize>) {
        if node.is_root() {
            node.children().for_each(|child| self.node(child, indent));
        } else if node.is_element() {
            self.element(node, indent);
        } else if let Some(instruction) = node.pi() {
            self.out.push_str("<?");
            self.out.push_str(instruction.target);
            if let Some(value) = instruction.value {
                self.out.push(' ');
                self.out.push_str(value);
            }
            self.out.push_str("?>");
        } else if node.is_comment() {
            self.out.push_str("<!--");
            self.out.push_str(node.text().unwrap_or(""));
            self.out.push_str("-->");
        } else {
            push_escaped(node.text().unwrap_or(""), false, self.out);
        }
    }

    fn element(&mut self, node: Node<'_, '_>, indent: Option<usize>) {
        let name = self.name(node, node.tag_name().namespace(), node.tag_name().name());
        self.out.push('<');
        self.out.push_str(&name);
        if !self.ignores_namespaces {
            for (prefix, uri) in declared(node) {
                self.out.push_str(" xmlns");
                if let Some(prefix) = prefix {
                    self.out.push(':');
                    self.out.push_str(prefix);
                }
                self.out.push_str("=\"");
                push_escaped(uri, true, self.out);
                self.out.push('"');
            }
        }
        for attribute in node.attributes() {
            self.out.push(' ');
            let name = self.name(node, attribute.namespace(), attribute.name());
            self.out.push_str(&name);
            self.out.push_str("=\"");
            push_escaped(attribute.value(), true, self.out);
            self.out.push('"');
        }
        if !node.has_children() {
            self.out.push_str("/>");
            return;
        }
        self.out.push('>');
        // Texts keep their lines; what holds only elements is laid out.
        let indent = indent.filter(|_| !node.children().any(|child| child.is_text()));
        for child in node.children() {
            let inner = indent.map(|level| level + 1);
            self.start_line(inner);
            self.node(child, inner);
        }
        self.start_line(indent);
        self.out.push_str("</");
        self.out.push_str(&name);
        self.out.push('>');
    }

    fn start_line(&mut self, level: Option<usize>) {
        if let Some(level) = level {
            self.out.push('\n');
            (0..level).for_each(|_| self.out.push_str("  "));
        }
    }

    fn name(&self, node: Node<'_, '_>, namespace: Option<&str>, local: &str) -> String {
        if self.ignores_namespaces {
            return local.to_owned();
        }
        expanded(node, namespace, local)
    }
}

/// A name with its prefix.
pub(super) fn expanded(node: Node<'_, '_>, namespace: Option<&str>, local: &str) -> String {
    match namespace.and_then(|uri| node.lookup_prefix(uri)) {
        Some(prefix) if !prefix.is_empty() => format!("{prefix}:{local}"),
        _ => local.to_owned(),
    }
}

/// The namespaces that an element declares: those that its parent does not have.
pub(super) fn declared<'a>(
    node: Node<'a, '_>,
) -> impl Iterator<Item = (Option<&'a str>, &'a str)> {
    let parent = node.parent_element();
    let own = node.namespaces().map(|namespace| (namespace.name(), namespace.uri()));
    own.filter(move |declaration| {
        let mut inherited = parent.into_iter().flat_map(|parent| parent.namespaces());
        !inherited.any(|above| (above.name(), above.uri()) == *declaration)
    })
}

/// Appends a text with its markup escaped.
pub(super) fn push_escaped(text: &str, is_attribute: bool, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if is_attribute => out.push_str("&quot;"),
            '\n' if is_attribute => out.push_str("&#10;"),
            '\t' if is_attribute => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            character => out.push(character),
        }
    }
}


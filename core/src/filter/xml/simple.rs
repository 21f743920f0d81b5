//! A document to maps and lists, as Ruby's `XmlSimple` makes them.
//!
//! `<a x="1"><b>t</b><b/></a>` gives `{"x":"1","b":["t"]}`: attributes and children are keys of one map, a text beside
//! attributes is `content`, every child is in a list with `force_array`, and empty elements are left out with
//! `suppress_empty`. Source of behaviour: xml-simple 1.1.9.

use roxmltree::Node;

use super::write;
use crate::arena::Arena;
use crate::event::{Key, Object, Value};

/// The options of the filter that decide the shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) force_array: bool,
    pub(super) force_content: bool,
    pub(super) suppress_empty: bool,
}

const CONTENT: &str = "content";

impl Shape {
    /// What an element becomes. The recursion is as deep as the document, whose depth is checked before.
    pub(super) fn value<'b>(self, element: Node<'_, '_>, arena: &'b Arena) -> Value<'b> {
        let mut object = Object::new_in(arena);
        let mut has_attributes = false;
        for (prefix, uri) in write::declared(element) {
            has_attributes = true;
            let name = arena.build(|out| {
                out.push_str("xmlns");
                if let Some(prefix) = prefix {
                    out.push(':');
                    out.push_str(prefix);
                }
            });
            object.insert(Key::new(name), Value::Str(arena.text(uri)), arena);
        }
        for attribute in element.attributes() {
            has_attributes = true;
            let name = write::expanded(element, attribute.namespace(), attribute.name());
            let value = Value::Str(arena.text(attribute.value()));
            object.insert(Key::new(arena.text(&name)), value, arena);
        }
        if element.first_element_child().is_some() {
            for child in element.children().filter(Node::is_element) {
                let value = self.value(child, arena);
                if self.suppress_empty && !has_attributes && is_empty(&value) {
                    continue;
                }
                let name = Key::new(arena.text(child.tag_name().name()));
                self.merge(&mut object, name, value, arena);
            }
            if let Some(content) = mixed(element, arena) {
                object.insert(Key::new(CONTENT), content, arena);
            }
        } else if element.children().any(|child| child.is_text()) {
            let texts = || element.children().filter_map(|child| child.text().filter(|_| child.is_text()));
            let is_blank = texts().all(|text| text.trim().is_empty());
            if is_blank && !has_attributes {
                return Value::object(object, arena);
            }
            let text = Value::Str(arena.build(|out| texts().for_each(|text| out.push_str(text))));
            if !has_attributes && !self.force_content {
                return text;
            }
            self.merge(&mut object, Key::new(CONTENT), text, arena);
            return Value::object(object, arena);
        }
        if object.is_empty() && self.suppress_empty {
            return Value::Null;
        }
        Value::object(object, arena)
    }

    /// Adds a value; a name that is there gets a list.
    fn merge<'b>(
        self,
        object: &mut Object<'b>,
        name: Key<'b>,
        value: Value<'b>,
        arena: &'b Arena,
    ) {
        match object.get_mut(name) {
            Some(Value::Array(array)) => array.push(value),
            Some(known) => {
                let first = core::mem::replace(known, Value::Null);
                *known = Value::array([first, value], arena);
            }
            None if self.force_array && name.text() != CONTENT => {
                object.insert(name, Value::array([value], arena), arena);
            }
            None => object.insert(name, value, arena),
        }
    }
}

/// The texts between the elements of an element, if one of them is more than blanks.
fn mixed<'b>(element: Node<'_, '_>, arena: &'b Arena) -> Option<Value<'b>> {
    let texts = || element.children().filter_map(|child| child.text().filter(|_| child.is_text()));
    if texts().all(|text| text.trim().is_empty()) {
        return None;
    }
    let mut values = arena.list();
    values.extend(texts().map(|text| {
        Value::Str(arena.build(|out| write::push_escaped(text, false, out)))
    }));
    Some(if values.len() == 1 { values.pop()? } else { Value::array(values, arena) })
}

fn is_empty(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Object(object) => object.is_empty(),
        Value::Str(text) => text.trim().is_empty(),
        _ => false,
    }
}

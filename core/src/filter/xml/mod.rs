//! `xml`: an XML text becomes maps and lists, and expressions pick parts of it.
//!
//! `{"m":"<a x=\"1\"><b>t</b></a>"}` with `xml { source => "m" target => "doc" }` gets `doc` = `{"x":"1","b":["t"]}`.
//! Source of behaviour: logstash-filter-xml 4.3.0, nokogiri and xml-simple.

use roxmltree::{Document, ParsingOptions};

use crate::diagnostic::Code;
use crate::event::{Event, SetError, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, shown, shown_value, tag_all};
use crate::limits;
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

mod simple;
mod write;
mod xpath;

use simple::Shape;
use xpath::{Failure, Namespaces, Search, XPath};

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Reads XML: the whole of it, or what XPath expressions pick.",
    example: r#"xml { source => "message" store_xml => false force_array => false xpath => { "/order/@id" => "id" "//item/text()" => "item" } }"#,
    options: &[
        ("ecs_compatibility", "No effect on the events."),
        ("force_array", "Whether every element is in a list, and every result of an expression too."),
        ("force_content", "Whether a text is always the key `content` of a map."),
        ("namespaces", "Prefixes of the expressions and what they stand for; without it those of the root element."),
        ("parse_options", "Options of nokogiri's parser, of which `noblanks` has an effect."),
        ("remove_namespaces", "Whether expressions see no namespaces."),
        ("source", "The field with the text."),
        ("store_xml", "Whether the whole document is stored."),
        ("suppress_empty", "Whether empty elements are left out."),
        ("target", "The field that gets the whole document."),
        ("xpath", "XPath 1.0 expressions, and the fields that get the markup of what they pick."),
    ],
    differences: &[
        ("xpath", "A text that is not well-formed is not repaired: it is tagged, and nothing is picked."),
        ("xpath", "A wrong expression is an error when the config is compiled; CDATA sections come out as escaped text."),
        ("parse_options", "No option changes how strict the parser is."),
    ],
};

#[derive(Debug)]
struct Xml {
    source: FieldName,
    /// Where the whole document is stored, if it is.
    target: Option<FieldName>,
    shape: Shape,
    expressions: Box<[(XPath, FieldName)]>,
    /// Prefixes and namespaces; none for those of the root element.
    namespaces: Box<[(Box<str>, Box<str>)]>,
    ignores_namespaces: bool,
    ignores_blanks: bool,
    failure_tags: [Box<str>; 1],
}

/// Options of nokogiri's parser.
const PARSE_OPTIONS: [&str; 20] = [
    "COMPACT", "DTDATTR", "DTDLOAD", "DTDVALID", "HUGE", "NOBASEFIX", "NOBLANKS", "NOCDATA", "NODICT", "NOENT",
    "NOERROR", "NONET", "NOWARNING", "NOXINCNODE", "NSCLEAN", "OLD10", "PEDANTIC", "RECOVER", "SAX1", "STRICT",
];

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let mut is_sound = true;
    let target = options.text("target").map(|target| target.value).filter(|text| !text.is_empty());
    let stores = options.flag("store_xml", true);
    if stores && target.is_none() {
        is_sound = false;
        cx.error_with_help(
            Code::MissingOption,
            options.name_span,
            "`xml` has no `target` for the document",
            "name a field: target => \"doc\"; or store nothing: store_xml => false",
        );
    }
    let namespaces: Vec<(Box<str>, Box<str>)> = options
        .pairs("namespaces")
        .into_iter()
        .map(|(prefix, uri)| (prefix.value.into(), uri.to_text().into()))
        .collect();
    let mut expressions = Vec::new();
    for (text, field) in options.pairs("xpath") {
        let parsed = XPath::parse(text.value).and_then(|xpath| {
            let is_known = |prefix: &str| {
                namespaces.is_empty() || namespaces.iter().any(|(known, _)| **known == *prefix)
            };
            match xpath.prefixes.iter().find(|prefix| !is_known(prefix)) {
                Some(prefix) => Err(format!("uses the prefix `{prefix}`, which `namespaces` does not have")),
                None => Ok(xpath),
            }
        });
        match parsed {
            Ok(xpath) => expressions.push((xpath, FieldName::fixed(&field.to_text(), style))),
            Err(message) => {
                is_sound = false;
                let message = format!("the XPath expression `{}` {message}", text.value);
                cx.error(Code::BadValue, text.span, message);
            }
        }
    }
    let mut ignores_blanks = false;
    if let Some(names) = options.text("parse_options") {
        for name in names.value.split([',', '|']) {
            let name = name.trim().replace('_', "").to_ascii_uppercase();
            ignores_blanks |= name == "NOBLANKS";
            if !name.is_empty() && !PARSE_OPTIONS.contains(&name.as_str()) {
                is_sound = false;
                cx.error_with_help(
                    Code::BadValue,
                    names.span,
                    format!("`{name}` is no option of the parser"),
                    format!("use some of {}", PARSE_OPTIONS.join(", ").to_ascii_lowercase()),
                );
            }
        }
    }
    let source = options.text("source").map_or("", |source| source.value);
    is_sound.then(|| {
        Box::new(Xml {
            source: FieldName::fixed(source, style),
            target: target.filter(|_| stores).map(|target| FieldName::fixed(target, style)),
            shape: Shape {
                force_array: options.flag("force_array", true),
                force_content: options.flag("force_content", false),
                suppress_empty: options.flag("suppress_empty", true),
            },
            expressions: expressions.into(),
            namespaces: namespaces.into(),
            ignores_namespaces: options.flag("remove_namespaces", false),
            ignores_blanks,
            failure_tags: [Box::from("_xmlparsefailure")],
        }) as Box<dyn Filter>
    })
}

/// Why the event gets the failure tag.
#[derive(Debug)]
enum Miss {
    Expression(Failure),
    Set(SetError),
    /// The text is not well-formed, or passes a limit.
    Text(String),
    Type,
}

impl From<SetError> for Miss {
    fn from(error: SetError) -> Self {
        Self::Set(error)
    }
}

impl Filter for Xml {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        self.read(event, cx).unwrap_or_else(|_| {
            tag_all(event, &self.failure_tags, cx.arena);
            Outcome::Failed
        })
    }

    fn new_fields(&self) -> usize {
        self.expressions.len() + usize::from(self.target.is_some())
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let source = self.source.resolve(event, cx).ok()?;
        let mut copy = event.copy_in(cx.arena);
        Some(match self.read(&mut copy, cx).err()? {
            Miss::Expression(Failure::NoNodes) => {
                "an XPath expression needs nodes and has something else".to_owned()
            }
            Miss::Expression(Failure::OutOfSteps) => {
                format!("the XPath expressions take more than {} steps on this document", limits::XPATH_STEPS)
            }
            Miss::Expression(Failure::UnknownPrefix) => {
                "an XPath expression uses a prefix that the root element does not declare; `namespaces` \
                 would name it"
                    .to_owned()
            }
            Miss::Set(error) => format!("the result cannot be set: {error}"),
            Miss::Text(message) => {
                let text = match event.get(source) {
                    Some(Value::Str(text)) => shown(text),
                    _ => String::new(),
                };
                format!("field `{source}`, {text}, is not read: {message}")
            }
            Miss::Type => {
                let value = event.get(source).map_or_else(String::new, shown_value);
                format!("field `{source}` is {value}, and XML is a text")
            }
        })
    }
}

impl Xml {
    fn read<'b>(&'b self, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> Result<Outcome, Miss> {
        let source = self.source.resolve(event, cx)?;
        let value = match event.get(source) {
            Some(Value::Array(array)) => match array.as_slice() {
                [value] => Some(value),
                _ => return Err(Miss::Type),
            },
            None | Some(Value::Null | Value::Bool(false)) => return Ok(Outcome::Unmatched),
            value => value,
        };
        let Some(Value::Str(text)) = value else { return Err(Miss::Type) };
        if text.trim().is_empty() {
            return Ok(Outcome::Unmatched);
        }
        let document = parse(text).map_err(Miss::Text)?;
        let mut outcome = Outcome::Unmatched;
        if !self.expressions.is_empty() && self.pick(&document, event, cx)? {
            outcome = Outcome::Matched;
        }
        if let Some(target) = &self.target {
            let target = target.resolve(event, cx)?;
            let value = self.shape.value(document.root_element(), cx.arena);
            event.set(target, value, cx.arena)?;
            outcome = Outcome::Matched;
        }
        Ok(outcome)
    }

    /// Sets what the expressions pick; whether that was anything.
    fn pick<'b>(
        &'b self,
        document: &Document<'_>,
        event: &mut Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Result<bool, Miss> {
        let mut namespaces = Namespaces::new();
        for (prefix, uri) in &self.namespaces {
            namespaces.insert(prefix, uri);
        }
        if self.namespaces.is_empty() && !self.ignores_namespaces {
            for namespace in document.root_element().namespaces() {
                namespaces.insert(namespace.name().unwrap_or("xmlns"), namespace.uri());
            }
        }
        let mut search = Search {
            document,
            namespaces: &namespaces,
            ignores_namespaces: self.ignores_namespaces,
            ignores_blanks: self.ignores_blanks,
            steps_left: limits::XPATH_STEPS,
        };
        let mut has_found = false;
        for (xpath, field) in &self.expressions {
            let answer = search.run(xpath).map_err(Miss::Expression)?;
            let mut values = cx.arena.list();
            let mut bytes = 0_usize;
            write::answer(&answer, self.ignores_namespaces, &mut |text| {
                bytes += text.len();
                if bytes <= limits::TEMPLATE_BYTES {
                    values.push(Value::Str(cx.arena.text(&text)));
                }
            });
            if bytes > limits::TEMPLATE_BYTES {
                return Err(Miss::Set(SetError::TooLarge));
            }
            if values.is_empty() {
                continue;
            }
            has_found = true;
            let value = if values.len() == 1 && !self.shape.force_array {
                values.pop().unwrap_or(Value::Null)
            } else {
                Value::array(values, cx.arena)
            };
            let field = field.resolve(event, cx)?;
            event.set(field, value, cx.arena)?;
        }
        Ok(has_found)
    }
}

/// Reads a document, within the limits.
fn parse(text: &str) -> Result<Document<'_>, String> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    check_entities(text)?;
    let options = ParsingOptions { allow_dtd: true, nodes_limit: limits::XML_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| error.to_string())?;
    let mut depth = 0_usize;
    let mut node = document.root();
    loop {
        if let Some(child) = node.first_child() {
            depth += 1;
            if depth > limits::XML_DEPTH {
                return Err(format!("it nests more than {} levels", limits::XML_DEPTH));
            }
            node = child;
            continue;
        }
        loop {
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else { return Ok(document) };
            depth = depth.saturating_sub(1);
            node = parent;
        }
    }
}

/// Refuses a document whose entities could become too large: the parser bounds how deep they refer to each
/// other, and 255 references for each one in the text, but not their length.
fn check_entities(text: &str) -> Result<(), String> {
    let Some(start) = text.find("<!ENTITY") else { return Ok(()) };
    let end = text[start..].find("]>").map_or(text.len(), |at| start + at);
    let references = text[end..].matches('&').count();
    let inner = text[start..end].matches('&').count().min(255) + 1;
    let bytes = references.saturating_mul(inner).saturating_mul(end - start);
    if bytes > limits::XML_ENTITY_BYTES {
        return Err(format!("its entities may become more than {} bytes", limits::XML_ENTITY_BYTES));
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! `de_dot`: dots in the names of fields become another text, or levels.
//!
//! `{"a.b":1}` with `de_dot { }` gives `{"a_b":1}`, with `nested` `{"a":{"b":1}}`. Source of behaviour:
//! logstash-filter-de_dot 1.1.0.

use crate::arena::Arena;
use crate::diagnostic::Code;
use crate::event::{Event, Key, Object, PathRef, SetError, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, tag_all};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Replaces the dots in names of fields.",
    example: r#"de_dot { nested => true fields => ["[labels][app.kubernetes.io/name]"] }"#,
    options: &[
        ("fields", "The fields that are renamed; without it, all at the top level."),
        ("nested", "Makes levels of the parts between dots."),
        ("recursive", "Renames the fields in maps, too."),
        ("separator", "What is put in the place of a dot."),
        ("tag_on_failure", "The tag for an event on which a field cannot be renamed."),
    ],
    differences: &[],
};

#[derive(Debug)]
struct DeDot {
    /// Nothing for all fields.
    fields: Option<Box<[Names]>>,
    dots: Dots,
    depth: Depth,
    failure_tags: Box<[Box<str>]>,
}

/// A field of the option.
#[derive(Debug)]
struct Names {
    old: FieldName,
    /// There if the old one has a dot.
    new: Option<FieldName>,
}

/// What becomes of dots.
#[derive(Debug)]
enum Dots {
    Levels,
    Text(Box<str>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Depth {
    /// Maps are looked into.
    All,
    Top,
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let separator = options.text("separator");
    if let Some(text) = separator
        && text.value.contains('.')
    {
        let message = format!("`separator` is or holds a dot, which it is to replace: `{}`", text.value);
        cx.error(Code::BadValue, text.span, message);
        return None;
    }
    let dots = if options.flag("nested", false) {
        Dots::Levels
    } else {
        Dots::Text(separator.map_or("_", |text| text.value).into())
    };
    let fields = options.has("fields").then(|| {
        let texts = options.texts("fields");
        let field = |name: &str| {
            let new = name.contains('.').then(|| {
                FieldName::fixed(
                    &match &dots {
                        Dots::Levels if name.starts_with('[') => name.replace('.', "]["),
                        Dots::Levels => format!("[{}]", name.replace('.', "][")),
                        Dots::Text(separator) => name.replace('.', separator),
                    },
                    style,
                )
            });
            Names { old: FieldName::fixed(name, style), new }
        };
        texts.iter().map(|text| field(text.value)).collect()
    });
    Some(Box::new(DeDot {
        fields,
        dots,
        depth: if options.flag("recursive", false) { Depth::All } else { Depth::Top },
        failure_tags: CompileCx::failure_tags(options, "_de_dot_error"),
    }))
}

impl Filter for DeDot {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        if self.rename_all(event, cx).is_ok() {
            return Outcome::Matched;
        }
        tag_all(event, &self.failure_tags, cx.arena);
        Outcome::Failed
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, _: &Event<'b>, _: &mut Cx<'_, 'b>) -> Option<String> {
        Some("a field cannot be renamed: a part of its new name is empty, or a value stands where a level is wanted".to_owned())
    }
}

impl DeDot {
    fn rename_all<'b>(&'b self, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> Result<(), SetError> {
        if let Some(fields) = &self.fields {
            for Names { old, new } in fields {
                let old = old.resolve(event, cx)?;
                let new = match new {
                    Some(new) => Some(new.resolve(event, cx)?),
                    None => None,
                };
                self.rename(event, old, new, cx)?;
            }
            return Ok(());
        }
        let mut keys = cx.arena.list();
        let has_work = |key: Key<'b>| self.depth == Depth::All || key.text().contains('.');
        keys.extend(event.data.entries().map(|(key, _)| key).filter(|key| has_work(*key)));
        for key in keys {
            let old = PathRef::single(key.text(), cx.arena);
            let new = if key.text().contains('.') {
                Some(cx.path(self.new_name(key.text(), cx.arena))?)
            } else {
                None
            };
            self.rename(event, old, new, cx)?;
        }
        Ok(())
    }

    fn new_name<'b>(&self, name: &str, arena: &'b Arena) -> &'b str {
        arena.build(|out| match &self.dots {
            Dots::Levels => {
                out.push('[');
                name.split('.').enumerate().for_each(|(at, part)| {
                    out.push_str(if at == 0 { "" } else { "][" });
                    out.push_str(part);
                });
                out.push(']');
            }
            Dots::Text(separator) => {
                name.split('.').enumerate().for_each(|(at, part)| {
                    out.push_str(if at == 0 { "" } else { separator });
                    out.push_str(part);
                });
            }
        })
    }

    fn rename<'b>(
        &self,
        event: &mut Event<'b>,
        old: PathRef<'b>,
        new: Option<PathRef<'b>>,
        cx: &Cx<'_, 'b>,
    ) -> Result<(), SetError> {
        if self.depth == Depth::All
            && let Some(Value::Object(object)) = event.get_mut(old)
            && has_dot(object)
        {
            self.rename_in(object, cx.arena)?;
        }
        let Some(new) = new else { return Ok(()) };
        if let Some(value) = event.get(old) {
            // The old field goes last: it may be that the new one cannot be set.
            let value = value.copy_in(cx.arena);
            event.set(new, value, cx.arena)?;
            event.remove(old);
            let mut parent = old.parent();
            while let Some(path) = parent
                && matches!(event.get(path), Some(Value::Object(object)) if object.is_empty())
            {
                event.remove(path);
                parent = path.parent();
            }
        }
        Ok(())
    }

    /// Renames the fields of a map and of the maps in it. Maps nest no deeper than events do.
    fn rename_in<'b>(&self, object: &mut Object<'b>, arena: &'b Arena) -> Result<(), SetError> {
        let old = core::mem::replace(object, Object::new_in(arena));
        for (key, mut value) in old.into_entries() {
            if let Value::Object(inner) = &mut value
                && has_dot(inner)
            {
                self.rename_in(inner, arena)?;
            }
            match &self.dots {
                _ if !key.text().contains('.') => insert(object, key, value, arena),
                Dots::Text(_) => {
                    object.insert(Key::new(self.new_name(key.text(), arena)), value, arena);
                }
                Dots::Levels => {
                    let Some((parents, last)) = key.text().rsplit_once('.') else { continue };
                    let mut place = &mut *object;
                    for part in parents.split('.') {
                        place = level(place, part, arena)?;
                    }
                    if last.is_empty() {
                        return Err(SetError::Reference);
                    }
                    place.insert(Key::new(last), value, arena);
                }
            }
        }
        Ok(())
    }
}

/// Puts a field that keeps its name, unless levels were made under it: these stay and get its fields.
fn insert<'b>(object: &mut Object<'b>, key: Key<'b>, value: Value<'b>, arena: &'b Arena) {
    match (object.get_mut(key), value) {
        (Some(Value::Object(made)), Value::Object(own)) => {
            let own = core::mem::replace(own, Object::new_in(arena));
            for (key, value) in own.into_entries() {
                if !made.contains(key) {
                    made.insert(key, value, arena);
                }
            }
        }
        (_, value) => object.insert(key, value, arena),
    }
}

/// The map of this name inside a map; made when it is not there.
fn level<'o, 'b>(
    object: &'o mut Object<'b>,
    name: &'b str,
    arena: &'b Arena,
) -> Result<&'o mut Object<'b>, SetError> {
    if name.is_empty() {
        return Err(SetError::Reference);
    }
    let key = Key::new(name);
    if !object.contains(key) {
        object.insert(key, Value::object(Object::new_in(arena), arena), arena);
    }
    match object.get_mut(key) {
        Some(Value::Object(inner)) => Ok(inner),
        _ => Err(SetError::ScalarParent),
    }
}

/// Whether a name in a map, or in the maps in it, has a dot.
fn has_dot(object: &Object<'_>) -> bool {
    object.iter().any(|(name, value)| {
        name.contains('.') || matches!(value, Value::Object(inner) if has_dot(inner))
    })
}

//! Field names in options: fixed, or filled in by sprintf for each event.

use crate::arena::Arena;
use crate::event::{
    EscapeStyle, Event, FieldPath, Key, Name, Object, PathRef, Seen, SetError, Template, Value,
};
use crate::filter::Cx;

/// A field reference of the config.
///
/// A text that is no reference is kept as such: Logstash refuses it at run time, event by event.
#[derive(Debug)]
pub(crate) enum FieldName {
    Fixed(FieldPath),
    Invalid,
    Template(Template),
}

/// A field at the top level that takes any value, one of several that a filter sets to texts.
#[derive(Debug)]
pub(crate) struct PlainField {
    name: Name,
    /// None that is set before it is in its way.
    // PERF: what the event had before the first is then all that has to be looked through, and of few
    // fields few seem to be there that are not.
    is_first: bool,
}

impl PlainField {
    /// The field, if it is such a one, and those that are set before it.
    pub(crate) fn new<'f>(
        field: &FieldName,
        mut earlier: impl Iterator<Item = &'f FieldName>,
    ) -> Option<Self> {
        let key = field.ordinary()?;
        let is_first = !earlier.any(|earlier| earlier.may_touch(key));
        Some(Self { name: Name::new(key), is_first })
    }

    /// Sets the field; `before` is what the object had before the first of the fields was set.
    #[inline(always)]
    pub(crate) fn set<'b>(
        &'b self,
        before: Seen,
        object: &mut Object<'b>,
        text: &'b str,
        arena: &'b Arena,
    ) {
        let seen = if self.is_first { before } else { object.seen() };
        object.insert_text(seen, self.name.key(), text, arena);
    }

    /// As [`Self::set`], unless the field is there; says whether it was set.
    #[inline(always)]
    pub(crate) fn set_new<'b>(
        &'b self,
        before: Seen,
        object: &mut Object<'b>,
        text: &'b str,
        arena: &'b Arena,
    ) -> bool {
        let seen = if self.is_first { before } else { object.seen() };
        object.insert_new_text(seen, self.name.key(), text, arena)
    }
}

impl FieldName {
    /// A name taken literally.
    pub(crate) fn fixed(text: &str, style: EscapeStyle) -> Self {
        FieldPath::parse(text, style).map_or(Self::Invalid, Self::Fixed)
    }

    /// A name in which `%{..}` is filled in.
    pub(crate) fn template(text: &str, style: EscapeStyle) -> Self {
        let template = Template::parse(text, style);
        match template.as_literal() {
            Some(literal) => Self::fixed(literal, style),
            None => Self::Template(template),
        }
    }

    /// The name of a field at the top level that is the same for all events.
    #[inline]
    pub(crate) fn top(&self) -> Option<Key<'_>> {
        match self {
            Self::Fixed(path) => path.top(),
            Self::Invalid | Self::Template(_) => None,
        }
    }

    /// As [`Self::top`], and only of a field where any value may be set.
    #[inline]
    pub(crate) fn ordinary(&self) -> Option<Key<'_>> {
        match self {
            Self::Fixed(path) => path.ordinary(),
            Self::Invalid | Self::Template(_) => None,
        }
    }

    /// Whether setting this field may set the field of that name at the top level, or make it.
    fn may_touch(&self, name: Key<'_>) -> bool {
        match self {
            Self::Fixed(path) => path.as_ref().first_key() == Some(name),
            Self::Invalid => false,
            Self::Template(_) => true,
        }
    }

    /// The reference as an explanation names it; `?` for what is none.
    pub(crate) fn shown<'b>(&'b self, event: &Event<'b>, cx: &Cx<'_, 'b>) -> String {
        match self.render(event, cx) {
            Ok(Rendered::Path(path)) => format!("`{path}`"),
            Ok(Rendered::Text(text)) => super::shown(text),
            Ok(Rendered::Invalid) | Err(_) => "`?`".to_owned(),
        }
    }

    /// The reference's text for this event, not looked at yet.
    pub(crate) fn render<'b>(
        &'b self,
        event: &Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Result<Rendered<'b>, SetError> {
        Ok(match self {
            Self::Fixed(path) => Rendered::Path(path.as_ref()),
            Self::Invalid => Rendered::Invalid,
            Self::Template(template) => Rendered::Text(template.render(event, cx.now, cx.arena)?),
        })
    }

    /// The reference for this event.
    pub(crate) fn resolve<'b>(
        &'b self,
        event: &Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Result<PathRef<'b>, SetError> {
        self.render(event, cx)?.path(cx)
    }
}

/// Whether a name from the input is that of a field at the top level where any value may be set.
#[inline]
pub(crate) fn is_plain(name: &str, cx: &Cx<'_, '_>) -> bool {
    cx.env.style == EscapeStyle::None
        && !matches!(name, "@metadata" | "@timestamp" | "tags")
        && !name.bytes().any(|byte| matches!(byte, b'[' | b']'))
}

/// A field name with its `%{..}` filled in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rendered<'b> {
    Invalid,
    Path(PathRef<'b>),
    Text(&'b str),
}

impl<'b> Rendered<'b> {
    /// The reference.
    pub(crate) fn path(self, cx: &Cx<'_, 'b>) -> Result<PathRef<'b>, SetError> {
        match self {
            Self::Invalid => Err(SetError::Reference),
            Self::Path(path) => Ok(path),
            Self::Text(text) => cx.path(text),
        }
    }
}

/// A value of an option that becomes a field's text.
pub(crate) fn render<'b>(
    template: &'b Template,
    event: &Event<'b>,
    cx: &Cx<'_, 'b>,
) -> Result<Value<'b>, SetError> {
    template.render(event, cx.now, cx.arena).map(Value::Str)
}

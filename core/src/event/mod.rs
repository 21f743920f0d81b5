//! Events: fields in, fields out, and the rules for reaching them.
//!
//! `{"message":"x","a":{"b":1}}` with the reference `[a][b]` gives `1`. Source of behaviour: Logstash 9.x
//! Event, Accessors and `FieldReference`.

use crate::event::key::known_key;
use core::fmt;

use crate::arena::Arena;
use crate::limits;
use crate::time::Timestamp;

mod create;
pub(crate) mod json;
pub(crate) mod key;
mod layout;
mod object;
pub(crate) mod path;
pub(crate) mod raw;
mod snapshot;
pub(crate) mod template;
pub(crate) mod text;
mod value;

pub use create::Origin;
pub use key::Key;
pub(crate) use key::Name;
pub(crate) use layout::{Filling, Layout};
pub use object::Object;
pub(crate) use object::{NameSet, Seen};
pub use path::{EscapeStyle, FieldPath, PathError, PathRef};
pub use snapshot::{Node, NodeKind, Snapshot, SnapshotTooLarge};
pub use template::Template;
pub(crate) use value::Num;
pub use value::{Array, Value};

/// One event on its way through the filters.
///
/// `@timestamp` and `@version` are ordinary fields of `data`, first in order when the event was
/// made by a codec. `@metadata` is a map of its own and never part of an output.
#[derive(Debug)]
pub struct Event<'b> {
    pub(crate) data: Object<'b>,
    pub(crate) metadata: Object<'b>,
    pub(crate) cancelled: bool,
    pub(crate) origin: Origin<'b>,
    pub(crate) failures: bumpalo::collections::Vec<'b, Failure<'b>>,
}

/// One failure on an event: of a filter, or of the codec that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure<'b> {
    /// The filter's place in [`crate::Pipeline::filters`]; nothing for the codec.
    pub filter: Option<usize>,
    /// Why, when explanations were asked for and the filter has one.
    pub explanation: Option<&'b str>,
}

/// Why a field could not be set: what makes Logstash throw, and the filter add its failure tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetError {
    /// An array index outside the list or above [`limits::ARRAY_INDEX`].
    Index,
    /// Something else than a map was set as `@metadata`.
    Metadata,
    /// The event would nest deeper than [`limits::NESTING`].
    Nesting,
    /// A text is no field reference, or a template cannot be filled in.
    Reference,
    /// A parent of the field is neither map nor list.
    ScalarParent,
    /// `tags` takes a text or a list of texts.
    Tags,
    /// `@timestamp` takes a timestamp.
    Timestamp,
    /// A text would pass [`limits::TEMPLATE_BYTES`].
    TooLarge,
}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Index => "an array index is out of range",
            Self::Metadata => "`@metadata` takes only a map",
            Self::Nesting => "the event would nest too deep",
            Self::Reference => "an invalid field reference or template",
            Self::ScalarParent => "a parent of the field is neither map nor list",
            Self::Tags => "`tags` takes only a text or a list of texts",
            Self::Timestamp => "`@timestamp` takes only a timestamp",
            Self::TooLarge => "a text would grow too long",
        })
    }
}

impl<'b> Event<'b> {
    /// The value at a field reference; nothing when a part of the way is missing.
    pub fn get(&self, path: PathRef<'_>) -> Option<&Value<'b>> {
        if let Some(key) = path.top() {
            return self.data.get(key);
        }
        let root = match path.root() {
            path::Root::Data => &self.data,
            path::Root::Metadata => &self.metadata,
        };
        let mut value = root.get(path.first_key()?)?;
        for at in 1..path.len() {
            value = child(value, path, at)?;
        }
        Some(value)
    }

    /// The value at a field reference, to change it. `tags`, `@timestamp` keep their
    /// rules only if the caller keeps the kind.
    pub(crate) fn get_mut(&mut self, path: PathRef<'_>) -> Option<&mut Value<'b>> {
        if let Some(key) = path.top() {
            return self.data.get_mut(key);
        }
        let root = match path.root() {
            path::Root::Data => &mut self.data,
            path::Root::Metadata => &mut self.metadata,
        };
        let mut value = root.get_mut(path.first_key()?)?;
        for at in 1..path.len() {
            value = match value {
                Value::Object(object) => object.get_mut(path.key(at))?,
                Value::Array(array) => {
                    let index = list_index(path.index(at)?, array.as_slice().len())?;
                    array.as_mut_slice().get_mut(index)?
                }
                _ => return None,
            };
        }
        Some(value)
    }

    /// Whether the field exists; null counts.
    pub fn contains(&self, path: PathRef<'_>) -> bool {
        path.len() == 0 || self.get(path).is_some()
    }

    /// Sets a field; missing parents become maps.
    ///
    /// # Errors
    /// As [`SetError`] says; the event is then unchanged, or has empty parents more.
    pub fn set(
        &mut self,
        path: PathRef<'b>,
        value: Value<'b>,
        arena: &'b Arena,
    ) -> Result<(), SetError> {
        if let Some(key) = path.ordinary() {
            self.data.insert(key, value, arena);
            return Ok(());
        }
        if path.is_in_tags() {
            let legal = path.len() == 1
                && match &value {
                    Value::Str(_) => true,
                    Value::Array(array) => {
                        array.as_slice().iter().all(|item| matches!(item, Value::Str(_)))
                    }
                    _ => false,
                };
            if !legal {
                return Err(SetError::Tags);
            }
        } else if path.is_timestamp() && !matches!(value, Value::Time(_)) {
            return Err(SetError::Timestamp);
        }
        self.set_unchecked(path, value, arena)
    }

    /// Sets a field without the rules for `tags` and `@timestamp`.
    pub(crate) fn set_unchecked(
        &mut self,
        path: PathRef<'b>,
        value: Value<'b>,
        arena: &'b Arena,
    ) -> Result<(), SetError> {
        let root = match path.root() {
            path::Root::Data => &mut self.data,
            path::Root::Metadata => &mut self.metadata,
        };
        let Some(last) = path.len().checked_sub(1) else {
            let Value::Object(object) = value else { return Err(SetError::Metadata) };
            let empty = Object::new_in(arena);
            self.metadata = core::mem::replace(object, empty);
            return Ok(());
        };
        if last == 0 {
            root.insert(path.key(0), value, arena);
            return Ok(());
        }
        if !value.fits_in_levels(limits::NESTING - path.len()) {
            return Err(SetError::Nesting);
        }
        let mut container = Container::Map(root);
        for at in 0..last {
            container = match container.open(path, at, arena)? {
                Some(container) => container,
                None => return Ok(()),
            };
        }
        match container {
            Container::Map(object) => object.insert(path.key(last), value, arena),
            Container::List(array) => set_in_list(array, path.index(last), value)?,
        }
        Ok(())
    }

    /// Removes a field and gives its value; whole `@metadata` is emptied.
    pub fn remove(&mut self, path: PathRef<'_>) -> Option<Value<'b>> {
        if let Some(key) = path.top() {
            return self.data.remove(key);
        }
        let Some(last) = path.len().checked_sub(1) else {
            self.metadata.clear();
            return None;
        };
        let root = match path.root() {
            path::Root::Data => &mut self.data,
            path::Root::Metadata => &mut self.metadata,
        };
        if last == 0 {
            return root.remove(path.key(0));
        }
        let mut value = root.get_mut(path.key(0))?;
        for at in 1..last {
            value = match value {
                Value::Object(object) => object.get_mut(path.key(at))?,
                Value::Array(array) => {
                    let index = list_index(path.index(at)?, array.as_slice().len())?;
                    array.as_mut_slice().get_mut(index)?
                }
                _ => return None,
            };
        }
        match value {
            Value::Object(object) => object.remove(path.key(last)),
            Value::Array(array) => {
                let index = list_index(path.index(last)?, array.as_slice().len())?;
                (index < array.as_slice().len()).then(|| array.remove(index))
            }
            _ => None,
        }
    }

    /// Adds a tag unless it is there; a text in `tags` becomes a list.
    pub fn tag(&mut self, tag: &'b str, arena: &'b Arena) {
        let present = match self.data.get(TAGS) {
            Some(Value::Array(tags)) => {
                tags.as_slice().iter().any(|value| value.as_str() == Some(tag))
            }
            Some(Value::Str(text)) => *text == tag,
            _ => false,
        };
        if !present {
            self.push_tag(tag, arena);
        }
    }

    /// Adds a tag, also when it is there already.
    pub(crate) fn push_tag(&mut self, tag: &'b str, arena: &'b Arena) {
        match self.data.get_mut(TAGS) {
            Some(Value::Array(tags)) => tags.push(Value::Str(tag)),
            Some(value) => {
                let first = core::mem::replace(value, Value::Null);
                let first = (!first.is_null()).then_some(first);
                *value = Value::array(first.into_iter().chain([Value::Str(tag)]), arena);
            }
            None => {
                self.data.insert(TAGS, Value::array([Value::Str(tag)], arena), arena);
            }
        }
    }

    /// Whether `tags` holds this tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        match self.data.get(TAGS) {
            Some(Value::Array(tags)) => {
                tags.as_slice().iter().any(|value| value.as_str() == Some(tag))
            }
            Some(Value::Str(text)) => *text == tag,
            _ => false,
        }
    }

    /// The event's `@timestamp`, when it has one.
    pub fn timestamp(&self) -> Option<Timestamp> {
        match self.data.get(TIMESTAMP) {
            Some(Value::Time(time)) => Some(*time),
            _ => None,
        }
    }

    /// The fields, without `@metadata`.
    pub fn data(&self) -> &Object<'b> {
        &self.data
    }

    /// The fields of `@metadata`.
    pub fn metadata(&self) -> &Object<'b> {
        &self.metadata
    }

    /// Where in the input the event came from.
    pub fn origin(&self) -> &Origin<'b> {
        &self.origin
    }

    /// What failed on the event and was not made good later, in the order in which it happened.
    ///
    /// A failure whose tags a filter removed, or that sets none (`tag_on_failure => []`), is not in the
    /// list that a [`crate::Sink`] sees.
    pub fn failures(&self) -> &[Failure<'b>] {
        &self.failures
    }

    /// Drops the event: later filters and the output do not see it.
    pub(crate) fn cancel(&mut self) {
        self.cancelled = true;
    }

    /// Copies the event with its metadata.
    pub(crate) fn copy_in(&self, arena: &'b Arena) -> Self {
        Self {
            data: self.data.copy_in(arena),
            metadata: self.metadata.copy_in(arena),
            cancelled: false,
            origin: self.origin,
            failures: self.failures.clone(),
        }
    }
}

/// The tags by which codecs, and the making of any event, mark what they could not read.
pub(crate) const CODEC_FAILURE_TAGS: [&str; 6] = [
    "_cefparsefailure",
    "_csvparsefailure",
    "_jsonparsefailure",
    "_msgpackparsefailure",
    "_tagsparsefailure",
    "_timestampparsefailure",
];
pub(crate) const TAGS: Key<'static> = known_key!("tags");
pub(crate) const TIMESTAMP: Key<'static> = known_key!("@timestamp");
pub(crate) const VERSION: Key<'static> = known_key!("@version");

fn child<'a, 'b>(value: &'a Value<'b>, path: PathRef<'_>, at: usize) -> Option<&'a Value<'b>> {
    match value {
        Value::Object(object) => object.get(path.key(at)),
        Value::Array(array) => {
            let index = list_index(path.index(at)?, array.as_slice().len())?;
            array.as_slice().get(index)
        }
        _ => None,
    }
}

/// The place an index stands for; negative ones count from the end.
fn list_index(index: i32, len: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => len.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

enum Container<'a, 'b> {
    List(&'a mut Array<'b>),
    Map(&'a mut Object<'b>),
}

impl<'b> Container<'_, 'b> {
    /// Goes one name down, making a map where nothing is. Nothing comes back when a list is
    /// addressed by a name: Logstash then sets into a map that nobody holds.
    fn open(
        self,
        path: PathRef<'b>,
        at: usize,
        arena: &'b Arena,
    ) -> Result<Option<Self>, SetError> {
        let new_map = || Value::object(Object::new_in(arena), arena);
        let value = match self {
            Self::Map(object) => {
                let key = path.key(at);
                if !object.contains(key) {
                    object.insert(key, new_map(), arena);
                }
                object.get_mut(key)
            }
            Self::List(array) => {
                let Some(index) = path.index(at) else { return Ok(None) };
                let found = list_index(index, array.as_slice().len())
                    .and_then(|index| array.as_slice().get(index));
                if found.is_none_or(Value::is_null) {
                    set_in_list(array, Some(index), new_map())?;
                }
                list_index(index, array.as_slice().len())
                    .and_then(|index| array.as_mut_slice().get_mut(index))
            }
        };
        match value {
            Some(Value::Object(object)) => Ok(Some(Self::Map(object))),
            Some(Value::Array(array)) => Ok(Some(Self::List(array))),
            _ => Err(SetError::ScalarParent),
        }
    }
}

fn set_in_list<'b>(
    array: &mut Array<'b>,
    index: Option<i32>,
    value: Value<'b>,
) -> Result<(), SetError> {
    let Some(index) = index else { return Ok(()) };
    let len = array.as_slice().len();
    let index = list_index(index, len).ok_or(SetError::Index)?;
    if index > limits::ARRAY_INDEX && index >= len {
        return Err(SetError::Index);
    }
    for _ in len..index {
        array.push(Value::Null);
    }
    match array.as_mut_slice().get_mut(index) {
        Some(place) => *place = value,
        None => array.push(value),
    }
    Ok(())
}

#[cfg(test)]
mod tests;

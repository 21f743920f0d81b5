//! Fields that a filter sets together: where each goes among maps that are not there yet.
//!
//! `[source][address]`, `[source][port]` and `timestamp` are two fields in a map `source` and one beside it.

use crate::arena::Arena;
use crate::event::key::{Key, Name};
use crate::event::path::Root;
use crate::event::{FieldPath, NameSet, Object, Value};
use crate::limits;

/// Several fields of an event, none of them inside another.
#[derive(Debug)]
pub(crate) struct Layout {
    /// What has to be missing from the event.
    first_names: NameSet,
    maps: Box<[Map]>,
    fields: Box<[Field]>,
}

#[derive(Debug)]
struct Map {
    parent: Option<u8>,
    name: Name,
    fields: usize,
}

/// One field of a [`Layout`].
#[derive(Debug)]
pub(crate) struct Field {
    map: Option<u8>,
    name: Name,
}

/// An event that gets the fields of a [`Layout`]. The maps are in their places when it is dropped.
// PERF: a map that is being filled stands beside the event. To look for it from the event on for each field
// took three fifths of setting the names of ECS.
pub(crate) struct Filling<'o, 'b> {
    maps: &'b [Map],
    data: &'o mut Object<'b>,
    /// The maps that were made, and where each goes in its parent.
    made: [Option<(&'b mut Object<'b>, usize)>; Layout::MAPS],
    arena: &'b Arena,
}

impl Layout {
    /// Maps that fields may lie in; with more, fields are set one by one.
    const MAPS: usize = 12;

    /// Where these fields go. Nothing comes back when one of them is special, or stands for the same as another
    /// or for a map around it.
    pub(crate) fn new<'f>(paths: impl Iterator<Item = &'f FieldPath>) -> Option<Self> {
        let paths: Vec<&FieldPath> = paths.collect();
        let mut maps: Vec<Map> = Vec::new();
        let mut fields: Vec<Field> = Vec::new();
        let mut firsts: Vec<Key<'_>> = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let last = path.len().checked_sub(1)?;
            let first = path.first_key()?;
            let is_special = matches!(first.text(), "@timestamp" | "tags" | "@metadata");
            if path.root() != Root::Data || is_special || path.len() > limits::NESTING {
                return None;
            }
            if !firsts.contains(&first) {
                firsts.push(first);
            }
            let mut parent = None;
            for at in 0..last {
                let key = path.key(at);
                let is_it = |map: &Map| map.parent == parent && map.name.key() == key;
                let place = maps.iter().position(is_it).unwrap_or_else(|| {
                    maps.push(Map { parent, name: Name::new(key), fields: 0 });
                    maps.len() - 1
                });
                parent = Some(u8::try_from(place).ok().filter(|_| place < Self::MAPS)?);
            }
            fields.push(Field { map: parent, name: Name::new(path.key(last)) });
        }
        for at in 0..maps.len() {
            let place = u8::try_from(at).ok()?;
            let below = maps.iter().filter(|map| map.parent == Some(place)).count();
            maps[at].fields =
                below + fields.iter().filter(|field| field.map == Some(place)).count();
        }
        let names = maps.iter().map(|map| (map.parent, map.name.key()));
        let names = names.chain(fields.iter().map(|field| (field.map, field.name.key())));
        let names: Vec<_> = names.collect();
        let is_twice = |at: usize| names[..at].contains(&names[at]);
        if (0..names.len()).any(is_twice) {
            return None;
        }
        let first_names = NameSet::new(firsts.into_iter())?;
        Some(Self { first_names, maps: maps.into(), fields: fields.into() })
    }

    /// The fields, in the order in which they were given.
    pub(crate) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Begins to set the fields of an event, unless it has one of them or a part of the way to one.
    #[inline]
    pub(crate) fn begin<'o, 'b>(
        &'b self,
        data: &'o mut Object<'b>,
        arena: &'b Arena,
    ) -> Option<Filling<'o, 'b>> {
        let made = [const { None }; Self::MAPS];
        data.lacks(&self.first_names).then_some(Filling { maps: &self.maps, data, made, arena })
    }
}

impl<'b> Filling<'_, 'b> {
    /// Sets a field of the layout to a text. Each is set once at most.
    #[inline(always)]
    pub(crate) fn text(&mut self, field: &'b Field, text: &'b str) {
        match field.map {
            None => self.data.append_text(field.name.key(), text, self.arena),
            Some(map) => self.text_in(map, &field.name, text),
        }
    }

    #[inline(never)]
    fn text_in(&mut self, map: u8, name: &'b Name, text: &'b str) {
        let arena = self.arena;
        if let Some(map) = self.map(Some(map)) {
            map.append_text(name.key(), text, arena);
        }
    }

    /// As [`Self::text`], to any value.
    #[inline(never)]
    pub(crate) fn value(&mut self, field: &'b Field, value: Value<'b>) {
        let arena = self.arena;
        if let Some(map) = self.map(field.map) {
            map.append(field.name.key(), value, arena);
        }
    }

    /// The map of this place in the list; the event itself for none.
    #[inline]
    fn map(&mut self, place: Option<u8>) -> Option<&mut Object<'b>> {
        let Some(place) = place else { return Some(self.data) };
        let place = usize::from(place);
        if let Some(None) = self.made.get(place) {
            self.make(place)?;
        }
        self.made.get_mut(place)?.as_mut().map(|(map, _)| &mut **map)
    }

    /// Makes a map, with what is around it, and a place for it there.
    #[inline(never)]
    fn make(&mut self, place: usize) -> Option<()> {
        let (maps, arena) = (self.maps, self.arena);
        let map = maps.get(place)?;
        let parent = self.map(map.parent)?;
        let at = parent.places();
        parent.append(map.name.key(), Value::Null, arena);
        let new = arena.bump().alloc_with(|| Object::with_capacity_in(map.fields, arena));
        *self.made.get_mut(place)? = Some((new, at));
        Some(())
    }
}

impl Drop for Filling<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        let Self { maps, data, made, .. } = self;
        for (place, map) in maps.iter().enumerate().rev() {
            // A map's parent stands in front of it.
            let Some((parents, [found, ..])) = made.split_at_mut_checked(place) else { continue };
            let Some((object, at)) = found.take() else { continue };
            match map.parent {
                None => data.put(at, object),
                Some(parent) => {
                    if let Some(Some((parent, _))) = parents.get_mut(usize::from(parent)) {
                        parent.put(at, object);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EscapeStyle, json};

    fn layout(paths: &[&str]) -> Option<Layout> {
        let paths: Vec<FieldPath> = paths
            .iter()
            .map(|path| FieldPath::parse(path, EscapeStyle::None).expect("a reference"))
            .collect();
        Layout::new(paths.iter())
    }

    #[test]
    fn fields_go_where_setting_them_one_by_one_puts_them() {
        let layout =
            layout(&["[a][b]", "c", "[a][d][e]", "[f][g]", "[a][h]"]).expect("plain fields");
        let arena = Arena::new();
        let mut data = Object::new_in(&arena);
        let mut filling = layout.begin(&mut data, &arena).expect("an empty event");
        let fields = layout.fields();
        filling.text(&fields[2], "3");
        filling.text(&fields[1], "2");
        filling.value(&fields[4], Value::Int(5));
        filling.text(&fields[0], "1");
        drop(filling);
        let mut written = Vec::new();
        json::write_object(&data, &mut written);
        let written = String::from_utf8(written).expect("JSON is text");
        assert_eq!(written, r#"{"a":{"d":{"e":"3"},"h":5,"b":"1"},"c":"2"}"#);
        assert!(layout.begin(&mut data, &arena).is_none(), "the fields are there");
    }

    #[test]
    fn fields_that_touch_each_other_have_no_layout() {
        for paths in [
            &["a", "a"][..],
            &["[a][b]", "[a][b]"],
            &["a", "[a][b]"],
            &["[a][b][c]", "[a][b]"],
            &["[tags][x]"],
            &["@timestamp"],
            &["[@metadata][x]"],
        ] {
            assert!(layout(paths).is_none(), "{paths:?}");
        }
        assert!(layout(&["[a][b]", "b", "[c][b]"]).is_some());
    }
}

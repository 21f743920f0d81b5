//! A map of fields in order of first insertion: a flat list with pre-hashed keys.
//!
//! Up to [`limits::INDEX_KEYS`] keys a search is a scan that compares hashes; above that the
//! object carries a hash index, so that a line with 100,000 keys costs linear time. The index hashes with the
//! arena's seed (from `Tick`), because the keys may be chosen by an attacker. A map inside an event may
//! still be its JSON text (raw.rs).

use core::hash::{BuildHasher, Hasher};

use bumpalo::Bump;
use hashbrown::HashTable;

use crate::arena::Arena;
use crate::codec::json::read_object;
use crate::event::Value;
use crate::event::key::{Key, Name, REMOVED};
use crate::event::raw::Raw;
use crate::limits;
use crate::scan::json::WrittenName;
use crate::scan::{self, BLOCK_BYTES};

/// As many entries are searched without an index.
const TAGS: usize = limits::INDEX_KEYS;

const _: () = assert!(TAGS == BLOCK_BYTES, "tags are compared as a block");

/// Fields and their values.
pub struct Object<'b> {
    entries: bumpalo::collections::Vec<'b, Entry<'b>>,
    /// Bit `hash & 63` is set for every key ever inserted: an unset bit proves absence.
    // PERF: misses are the common case while an event is built; building and reading 20 fields
    // went from 129 to 84 ns with the mask (figures of the design's prototype, DESIGN.md).
    seen: u64,
    /// One byte of the hash of each of the first entries, by place; 0 where there is none.
    // PERF: all are compared at once: finding one of 15 fields takes half of the
    // instructions of comparing hash by hash.
    tags: [u8; TAGS],
    /// Entries in the list that are marked as removed.
    removed: u32,
    index: Option<&'b mut Index<'b>>,
    /// The text that holds the fields instead; the list is then empty.
    raw: Option<&'b mut Raw<'b, Self>>,
}

/// Which fields an object may have: bit `hash & 63` of each that was ever there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen(u64);

impl Seen {
    /// Whether a field is not there, as far as that is known without a search.
    #[inline(always)]
    fn lacks(self, key: Key<'_>) -> bool {
        self.0 & 1 << (key.hash() & 63) == 0
    }
}

/// Names of fields that are set together, no two of them the same.
#[derive(Debug)]
pub(crate) struct NameSet {
    names: Box<[Name]>,
    // PERF: side by side, since most names are passed over by their hash.
    hashes: Box<[u32]>,
    /// As [`Object`] has them.
    seen: u64,
    tags: [u8; TAGS],
}

impl NameSet {
    /// The set of these names; nothing if two are the same, or if so many have an index.
    pub(crate) fn new<'k>(keys: impl Iterator<Item = Key<'k>>) -> Option<Self> {
        let keys: Vec<Key<'k>> = keys.collect();
        let mut tags = [0; TAGS];
        let mut seen = 0;
        for (place, key) in keys.iter().enumerate() {
            if keys[..place].contains(key) {
                return None;
            }
            *tags.get_mut(place)? = tag(*key);
            seen |= 1 << (key.hash() & 63);
        }
        let hashes = keys.iter().map(|key| key.hash()).collect();
        Some(Self { names: keys.into_iter().map(Name::new).collect(), hashes, seen, tags })
    }
}

struct Entry<'b> {
    key: Key<'b>,
    value: Value<'b>,
}

struct Index<'b> {
    table: HashTable<u32, &'b Bump>,
    hasher: foldhash::quality::FixedState,
}

impl Index<'_> {
    fn hash(&self, text: &str) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(text.as_bytes());
        hasher.finish()
    }
}

impl<'b> Object<'b> {
    /// Makes an object without fields.
    pub fn new_in(arena: &'b Arena) -> Self {
        Self { entries: arena.list(), seen: 0, tags: [0; TAGS], removed: 0, index: None, raw: None }
    }

    /// Makes an object with room for `capacity` fields.
    pub(crate) fn with_capacity_in(capacity: usize, arena: &'b Arena) -> Self {
        let entries = bumpalo::collections::Vec::with_capacity_in(capacity, arena.bump());
        Self { entries, seen: 0, tags: [0; TAGS], removed: 0, index: None, raw: None }
    }

    /// Makes an object of the text that the writer would write for it.
    pub(crate) fn from_raw(raw: &'b mut Raw<'b, Self>, arena: &'b Arena) -> Self {
        Self { raw: Some(raw), ..Self::new_in(arena) }
    }

    /// The text, unless the object was changed or made of its fields.
    pub(crate) fn raw(&self) -> Option<&Raw<'b, Self>> {
        self.raw.as_deref()
    }

    /// The object that has the fields in its list, to read them.
    fn parsed(&self) -> &Self {
        match &self.raw {
            None => self,
            Some(raw) => raw.parsed(read_object),
        }
    }

    /// Puts the fields into the list, to change them; the text is then no longer theirs.
    fn unpack(&mut self) {
        if let Some(raw) = self.raw.take() {
            *self = raw.take_parsed(read_object);
        }
    }

    /// Sets a field: in its old place when the name is known, at the end when not.
    #[inline]
    pub fn insert(&mut self, key: Key<'b>, value: Value<'b>, arena: &'b Arena) {
        self.unpack();
        match self.position(key) {
            Some(position) => self.entries[position].value = value,
            None => self.append(key, value, arena),
        }
    }

    /// The fields that may be there now.
    #[inline]
    pub(crate) fn seen(&self) -> Seen {
        Seen(if self.raw.is_some() { u64::MAX } else { self.seen })
    }

    /// Sets a field to a text unless the field is there, and tells whether it was set. `seen` may be of earlier,
    /// if the field cannot have been set since.
    // PERF: as in `insert_text`, from registers.
    #[inline(always)]
    pub(crate) fn insert_new_text(
        &mut self,
        seen: Seen,
        key: Key<'b>,
        text: &'b str,
        arena: &'b Arena,
    ) -> bool {
        if seen.lacks(key) {
            self.append_text(key, text, arena);
            return true;
        }
        self.insert_new_text_searching(key.text(), key.hash(), key.written(), text, arena)
    }

    #[inline(never)]
    fn insert_new_text_searching(
        &mut self,
        name: &'b str,
        hash: u32,
        written: Option<&'b WrittenName>,
        text: &'b str,
        arena: &'b Arena,
    ) -> bool {
        let key = Key::with_hash(name, hash).with_written(written);
        self.unpack();
        let is_new = self.position(key).is_none();
        if is_new {
            self.append(key, Value::Str(text), arena);
        }
        is_new
    }

    /// Sets a field that is known not to be there.
    #[inline]
    pub(crate) fn append(&mut self, key: Key<'b>, value: Value<'b>, arena: &'b Arena) {
        self.seen |= 1 << (key.hash() & 63);
        let place = self.entries.len();
        self.entries.push(Entry { key, value });
        match self.tags.get_mut(place) {
            Some(place) => *place = tag(key),
            None => self.index_last(key, arena),
        }
    }

    /// Sets a field to a text, as [`Self::insert`] does. `seen` may be of earlier, if the field cannot have
    /// been set since.
    // PERF: the text goes to its place from registers. A value that is made first is put together on the
    // stack, and loading it from there waits for its parts to be stored: a third of kv and dissect.
    #[inline(always)]
    pub(crate) fn insert_text(
        &mut self,
        seen: Seen,
        key: Key<'b>,
        text: &'b str,
        arena: &'b Arena,
    ) {
        if seen.lacks(key) {
            self.append_text(key, text, arena);
        } else {
            self.insert_known_text(key.text(), key.hash(), key.written(), text, arena);
        }
    }

    #[inline(always)]
    pub(crate) fn append_text(&mut self, key: Key<'b>, text: &'b str, arena: &'b Arena) {
        self.seen |= 1 << (key.hash() & 63);
        let place = self.entries.len();
        self.entries.push(Entry { key, value: Value::Str(text) });
        match self.tags.get_mut(place) {
            Some(place) => *place = tag(key),
            None => self.index_last_text(arena),
        }
    }

    /// Sets the fields of these names to texts, one for each in order, unless one of the fields may be there
    /// or so many fields need an index. Tells whether they were set.
    // PERF: what is the same for all of them is done once: setting ten fields one by one took twice the time.
    #[inline]
    pub(crate) fn append_texts(&mut self, set: &'b NameSet, texts: &[&'b str]) -> bool {
        let place = self.entries.len();
        if !self.lacks(set) {
            return false;
        }
        // PERF: behind the last place of either are zeros, so that sixteen bytes are copied instead of as many as
        // there are names, which takes a call.
        let sixteen = self.tags.get_mut(place..).and_then(<[u8]>::first_chunk_mut::<16>);
        if let Some(tags) = sixteen
            && let [new @ .., 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] = set.tags
        {
            *tags = new;
        } else {
            let end = place + set.names.len();
            let Some(tags) = self.tags.get_mut(place..end) else { return false };
            tags.copy_from_slice(&set.tags[..set.names.len()]);
        }
        self.seen |= set.seen;
        self.entries.reserve(set.names.len());
        for (name, &text) in set.names.iter().zip(texts) {
            self.entries.push(Entry { key: name.key(), value: Value::Str(text) });
        }
        true
    }

    /// Whether one of the names is there.
    #[inline(never)]
    fn has_any(&self, set: &NameSet) -> bool {
        // PERF: an event that is filled first has few fields, and the bits of the names pass over most of these.
        if self.entries.len() < set.names.len() {
            return self.entries.iter().any(|entry| {
                set.seen & 1 << (entry.key.hash() & 63) != 0
                    && scan::equal_bytes(&set.tags, tag(entry.key)) != 0
                    && set.names.iter().any(|name| name.key() == entry.key)
            });
        }
        let may_be_there = |hash: &u32| self.seen & 1 << (hash & 63) != 0;
        let mut names = set.hashes.iter().zip(&set.names);
        names.any(|(hash, name)| may_be_there(hash) && self.contains(name.key()))
    }

    /// Whether fields of these names can be appended: none of them is there.
    #[inline]
    pub(crate) fn lacks(&self, set: &NameSet) -> bool {
        self.raw.is_none() && (self.seen & set.seen == 0 || !self.has_any(set))
    }

    /// Sets the field at a place, as [`Self::places`] was before it was appended, to a map.
    #[inline]
    pub(crate) fn put(&mut self, place: usize, object: &'b mut Self) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.value = Value::Object(object);
        }
    }

    /// The number of places that are taken, those of removed fields included.
    #[inline]
    pub(crate) fn places(&self) -> usize {
        self.entries.len()
    }

    // The parts of the key, since a key that is handed on has to stand on the stack.
    #[inline(never)]
    fn insert_known_text(
        &mut self,
        name: &'b str,
        hash: u32,
        written: Option<&'b WrittenName>,
        text: &'b str,
        arena: &'b Arena,
    ) {
        let key = Key::with_hash(name, hash).with_written(written);
        self.insert(key, Value::Str(text), arena);
    }

    #[inline(never)]
    fn index_last_text(&mut self, arena: &'b Arena) {
        if let Some(last) = self.entries.last() {
            self.index_last(last.key, arena);
        }
    }

    #[inline(never)]
    fn index_last(&mut self, key: Key<'b>, arena: &'b Arena) {
        let Some(index) = &mut self.index else {
            self.build_index(arena);
            return;
        };
        let place = self.entries.len() - 1;
        let hash = index.hash(key.text());
        let Index { table, hasher } = &mut **index;
        let entries = &self.entries;
        table.insert_unique(hash, place_u32(place), |&at| {
            let mut hasher = hasher.build_hasher();
            hasher.write(entries[at as usize].key.text().as_bytes());
            hasher.finish()
        });
    }

    /// Removes a field and gives its value.
    pub fn remove(&mut self, key: Key<'_>) -> Option<Value<'b>> {
        self.unpack();
        let position = self.position(key)?;
        if let Some(index) = &mut self.index {
            let hash = index.hash(key.text());
            if let Ok(found) = index.table.find_entry(hash, |&at| at as usize == position) {
                found.remove();
            }
        }
        // PERF: the entry stays as a mark: removing one of 15 fields takes half the instructions of
        // moving those behind it, and an index needs the places to stay. The list is compacted when half of it is
        // marks, which keeps removal linear over all.
        let entry = &mut self.entries[position];
        entry.key = Key::with_hash("", REMOVED);
        let value = core::mem::replace(&mut entry.value, Value::Null);
        self.removed += 1;
        if self.removed as usize * 2 > self.entries.len() {
            self.compact();
        }
        Some(value)
    }

    #[inline(never)]
    fn compact(&mut self) {
        self.entries.retain(|entry| entry.key.hash() != REMOVED);
        self.removed = 0;
        self.tags = [0; TAGS];
        for (place, entry) in self.tags.iter_mut().zip(&self.entries) {
            *place = tag(entry.key);
        }
        if let Some(index) = &mut self.index {
            let Index { table, hasher } = &mut **index;
            table.clear();
            fill(table, hasher, &self.entries);
        }
    }

    /// Removes all fields.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.seen = 0;
        self.tags = [0; TAGS];
        self.removed = 0;
        self.index = None;
        self.raw = None;
    }

    /// A field's value, to change it.
    #[inline]
    pub fn get_mut(&mut self, key: Key<'_>) -> Option<&mut Value<'b>> {
        self.unpack();
        let position = self.position(key)?;
        Some(&mut self.entries[position].value)
    }

    /// A field's value.
    #[inline]
    pub fn get(&self, key: Key<'_>) -> Option<&Value<'b>> {
        let this = self.parsed();
        this.position(key).map(|position| &this.entries[position].value)
    }

    /// Whether the field is there, null included.
    #[inline]
    pub fn contains(&self, key: Key<'_>) -> bool {
        self.parsed().position(key).is_some()
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        let this = self.parsed();
        this.entries.len() - this.removed as usize
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The fields in order of first insertion.
    pub fn iter(&self) -> impl Iterator<Item = (&'b str, &Value<'b>)> {
        self.entries().map(|(key, value)| (key.text(), value))
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Value<'b>> {
        self.unpack();
        let live = self.entries.iter_mut().filter(|entry| entry.key.hash() != REMOVED);
        live.map(|entry| &mut entry.value)
    }

    pub(crate) fn entries_mut(&mut self) -> impl Iterator<Item = (Key<'b>, &mut Value<'b>)> {
        self.unpack();
        let live = self.entries.iter_mut().filter(|entry| entry.key.hash() != REMOVED);
        live.map(|entry| (entry.key, &mut entry.value))
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (Key<'b>, &Value<'b>)> {
        self.parsed()
            .entries
            .iter()
            .filter(|entry| entry.key.hash() != REMOVED)
            .map(|entry| (entry.key, &entry.value))
    }

    /// The fields, taken out of the object.
    pub(crate) fn into_entries(mut self) -> impl Iterator<Item = (Key<'b>, Value<'b>)> {
        self.unpack();
        let live = self.entries.into_iter().filter(|entry| entry.key.hash() != REMOVED);
        live.map(|entry| (entry.key, entry.value))
    }

    #[inline]
    fn position(&self, key: Key<'_>) -> Option<usize> {
        let may_be_there = self.seen & 1 << (key.hash() & 63) != 0;
        if may_be_there { self.locate(key) } else { None }
    }

    // Not inlined, so that what asks for a field that was never there stays small.
    #[inline(never)]
    fn locate(&self, key: Key<'_>) -> Option<usize> {
        let mut found = scan::equal_bytes(&self.tags, tag(key));
        while found != 0 {
            let place = found.trailing_zeros() as usize;
            if self.entries.get(place).is_some_and(|entry| entry.key == key) {
                return Some(place);
            }
            found &= found - 1;
        }
        self.index.as_ref().and_then(|index| self.search_index(index, key))
    }

    #[cold]
    fn search_index(&self, index: &Index<'b>, key: Key<'_>) -> Option<usize> {
        let is_it = |&at: &u32| self.entries[at as usize].key.text() == key.text();
        index.table.find(index.hash(key.text()), is_it).map(|&at| at as usize)
    }

    #[cold]
    fn build_index(&mut self, arena: &'b Arena) {
        let mut index = Index {
            table: HashTable::with_capacity_in(self.entries.len() * 2, arena.bump()),
            hasher: foldhash::quality::FixedState::with_seed(arena.seed()),
        };
        let Index { table, hasher } = &mut index;
        fill(table, hasher, &self.entries);
        self.index = Some(arena.alloc(index));
    }
}

/// Other bits of the hash than those that `seen` shows; never 0, which stands where no entry is.
#[inline]
fn tag(key: Key<'_>) -> u8 {
    (key.hash() >> 24) as u8 | 1
}

fn fill(
    table: &mut HashTable<u32, &Bump>,
    hasher: &foldhash::quality::FixedState,
    entries: &[Entry<'_>],
) {
    let hash = |at: u32| {
        let mut hasher = hasher.build_hasher();
        hasher.write(entries[at as usize].key.text().as_bytes());
        hasher.finish()
    };
    for (place, entry) in (0..).zip(entries) {
        if entry.key.hash() != REMOVED {
            table.insert_unique(hash(place), place, |&at| hash(at));
        }
    }
}

/// Places fit in 32 bits: an event's text is limited to far less than 4 GiB.
fn place_u32(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(REMOVED)
}

impl core::fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insertion_order_is_kept_and_overwriting_keeps_the_place() {
        let arena = Arena::new();
        let mut object = Object::new_in(&arena);
        for (name, number) in [("a", 1), ("b", 2), ("c", 3), ("a", 4)] {
            object.insert(Key::new(name), Value::Int(number), &arena);
        }
        let names: Vec<_> = object.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(object.get(Key::new("a")), Some(&Value::Int(4)));
        assert_eq!(object.remove(Key::new("b")), Some(Value::Int(2)));
        assert_eq!(object.remove(Key::new("b")), None);
        assert_eq!(object.len(), 2);
    }

    #[test]
    fn many_keys_behave_like_few() {
        let names: Vec<String> = (0..5000).map(|n| format!("key{n}")).collect();
        let arena = Arena::new();
        let mut object = Object::new_in(&arena);
        for (name, number) in names.iter().zip(0..) {
            object.insert(Key::new(name), Value::Int(number), &arena);
        }
        for (name, number) in names.iter().zip(0..).filter(|(_, number)| number % 3 != 0) {
            assert_eq!(object.remove(Key::new(name)), Some(Value::Int(number)), "{name}");
        }
        let left: Vec<_> = object.iter().map(|(name, _)| name.to_owned()).collect();
        let expected: Vec<_> = names.iter().step_by(3).cloned().collect();
        assert_eq!(left, expected);
        assert_eq!(object.get(Key::new("key3")), Some(&Value::Int(3)));
        assert_eq!(object.get(Key::new("key4")), None);
        object.insert(Key::new("key4"), Value::Null, &arena);
        assert_eq!(object.len(), expected.len() + 1);
    }
}

//! Encoded events that wait to be sent on.

use std::collections::BTreeMap;

/// Encoded events, one after the other, with where each came from and the key that its destination wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// All events, one after the other.
    pub bytes: Vec<u8>,
    /// Where each of them ends; the first starts at 0.
    pub ends: Vec<usize>,
    /// The item of the source that each came from; none is the first.
    items: Vec<u32>,
    /// What tells each event from any other that is equal to it.
    origins: Vec<u64>,
    /// The place in `names` of each event's key; empty without keys.
    keys: Vec<u32>,
    names: Vec<Box<str>>,
    places: BTreeMap<Box<str>, u32>,
}

/// How far a batch has come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark {
    bytes: usize,
    events: usize,
    names: usize,
}

impl Batch {
    /// Appends the events of another batch.
    pub fn append(&mut self, mut other: Self) {
        let before = self.bytes.len();
        let events = self.ends.len();
        self.bytes.append(&mut other.bytes);
        self.ends.extend(other.ends.iter().map(|end| before + end));
        self.items.append(&mut other.items);
        self.origins.append(&mut other.origins);
        let keys: Vec<u32> = other
            .keys
            .iter()
            .filter_map(|key| other.names.get(*key as usize))
            .map(|name| self.place(name))
            .collect();
        if !keys.is_empty() {
            self.keys.resize(events, 0);
            self.keys.extend(keys);
        }
    }

    /// Takes the first events off, up to the one with which they have so many bytes; nothing when all have less.
    pub fn split_front(&mut self, bytes: usize) -> Option<Self> {
        let events = self.ends.partition_point(|end| *end < bytes) + 1;
        let end = *self.ends.get(events - 1)?;
        let mut rest = Self {
            bytes: self.bytes.split_off(end),
            ends: self.ends.split_off(events).iter().map(|other| other - end).collect(),
            items: self.items.split_off(events.min(self.items.len())),
            origins: self.origins.split_off(events.min(self.origins.len())),
            ..Self::default()
        };
        let keys = self.keys.split_off(events.min(self.keys.len()));
        let names = keys.iter().filter_map(|key| self.names.get(*key as usize));
        rest.keys = names.map(|name| rest.place(name)).collect();
        Some(core::mem::replace(self, rest))
    }

    /// The events, in order.
    pub fn events(&self) -> impl Iterator<Item = &[u8]> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.bytes.get(start..*end).unwrap_or_default())
    }

    /// One event.
    pub fn event(&self, event: usize) -> &[u8] {
        let before = event.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = before.copied().unwrap_or(0);
        let end = self.ends.get(event).copied().unwrap_or(start);
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// The item of the source that an event came from.
    pub fn item(&self, event: usize) -> usize {
        self.items.get(event).map_or(0, |item| *item as usize)
    }

    /// A number that is the same when what the event came from is handed over again, and another for every other event; 0 when it
    /// came from nothing that is.
    pub fn origin(&self, event: usize) -> u64 {
        self.origins.get(event).copied().unwrap_or(0)
    }

    /// The key of an event; nothing when the destination has none.
    pub fn key(&self, event: usize) -> Option<&str> {
        let key = self.keys.get(event)?;
        self.names.get(*key as usize).map(|name| &**name)
    }

    /// The number of different keys.
    pub(crate) fn key_count(&self) -> usize {
        self.names.len()
    }

    /// Tells that the bytes behind the last event are one.
    pub(crate) fn end_event(&mut self, item: usize, key: Option<&str>, origin: u64) {
        self.ends.push(self.bytes.len());
        self.origins.push(origin);
        self.items.push(u32::try_from(item).unwrap_or(u32::MAX));
        if let Some(key) = key {
            let key = self.place(key);
            self.keys.push(key);
        }
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { bytes: self.bytes.len(), events: self.ends.len(), names: self.names.len() }
    }

    /// Takes back what came since a mark.
    pub(crate) fn take_back(&mut self, mark: Mark) {
        self.bytes.truncate(mark.bytes);
        self.ends.truncate(mark.events);
        self.items.truncate(mark.events);
        self.origins.truncate(mark.events);
        self.keys.truncate(mark.events);
        for name in self.names.drain(mark.names.min(self.names.len())..) {
            self.places.remove(&name);
        }
    }

    fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.into());
        self.places.insert(name.into(), place);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(events: &[(&str, usize, Option<&str>)]) -> Batch {
        let mut batch = Batch::default();
        for (text, item, key) in events {
            batch.bytes.extend_from_slice(text.as_bytes());
            batch.end_event(*item, *key, *item as u64 + 1);
        }
        batch
    }

    #[test]
    fn events_keep_item_and_key_when_batches_are_put_together() {
        let mut whole = batch(&[("a", 0, Some("x")), ("", 1, Some("y"))]);
        whole.append(batch(&[("c", 1, Some("y")), ("d", 2, Some("z")), ("e", 2, Some("x"))]));
        let events: Vec<_> = (0..5)
            .map(|at| (whole.event(at), whole.item(at), whole.key(at).expect("a key")))
            .collect();
        let wanted = [("a", 0, "x"), ("", 1, "y"), ("c", 1, "y"), ("d", 2, "z"), ("e", 2, "x")];
        assert_eq!(events, wanted.map(|(text, item, key)| (text.as_bytes(), item, key)));
        assert_eq!(whole.key_count(), 3);
    }

    #[test]
    fn batch_is_cut_behind_the_event_that_fills_it() {
        let events = [("aa", 0, Some("x")), ("bb", 1, Some("y")), ("cc", 1, Some("z"))];
        for (bytes, first) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3)] {
            let mut rest = batch(&events);
            let front = rest.split_front(bytes).expect("it has so many bytes");
            assert_eq!(rest, batch(&events[first..]), "{bytes}");
            let mut whole = front.clone();
            whole.append(rest);
            assert_eq!(whole, batch(&events), "{bytes}");
            assert!(front.events().eq(batch(&events[..first]).events()), "{bytes}");
        }
        let mut less = batch(&events);
        assert_eq!(less.split_front(7), None);
        assert_eq!(less, batch(&events));
    }

    #[test]
    fn what_came_since_a_mark_can_be_taken_back() {
        let mut batch = batch(&[("a", 0, Some("x"))]);
        let (before, mark) = (batch.clone(), batch.mark());
        batch.bytes.push(b'b');
        batch.end_event(1, Some("x"), 1);
        batch.end_event(1, Some("y"), 2);
        assert_eq!(batch.events().count(), 3);
        batch.take_back(mark);
        assert_eq!(batch, before);
    }
}

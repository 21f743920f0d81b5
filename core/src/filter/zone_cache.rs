//! Time zones that are named by events, looked up once and kept.

use crate::time::Zone;

/// Remembers the last zone: logs name one zone for long runs of lines.
// PERF: looking up a named zone takes 5 to 10 us, a date about 0.1 us.
#[derive(Debug, Default)]
pub(crate) struct ZoneCache {
    last: Option<(Box<str>, Option<Zone>)>,
}

impl ZoneCache {
    /// The zone of this id; nothing when there is none.
    pub(crate) fn get(&mut self, id: &str) -> Option<Zone> {
        match &self.last {
            Some((last, zone)) if **last == *id => zone.clone(),
            _ => {
                let zone = Zone::parse(id).ok();
                self.last = Some((id.into(), zone.clone()));
                zone
            }
        }
    }
}

//! What filters keep from event to event: one value for each filter of the config, in each worker.
//!
//! The pipeline is shared by threads and never changes; what a filter counts or remembers lives here, under
//! the filter's place in the config.

use core::any::Any;

/// The states of one worker's filters.
#[derive(Debug, Default)]
pub(crate) struct States {
    filters: Vec<Option<Box<dyn Any + Send>>>,
}

impl States {
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.filters.clear();
    }

    /// The state of the filter at this place, made empty when it is asked for first.
    ///
    /// A filter asks for one type only; another type would start anew.
    pub(crate) fn of<T: Any + Default + Send>(&mut self, filter: usize) -> &mut T {
        if self.filters.len() <= filter {
            self.filters.resize_with(filter + 1, || None);
        }
        let slot = &mut self.filters[filter];
        if !slot.as_ref().is_some_and(|state| state.is::<T>()) {
            *slot = None;
        }
        let state = slot.get_or_insert_with(|| Box::<T>::default());
        state.downcast_mut().expect("made with this type above")
    }
}

/// When a filter is flushed: told the time although no event came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlushWhen {
    /// It keeps nothing that could come out by itself.
    Never,
    /// When the worker ends (`periodic_flush => false`).
    AtEnd,
    /// Every [`crate::limits::FLUSH_PERIOD_S`] seconds, and when the worker ends.
    Periodically,
}

/// One flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flush {
    /// Flush periods that have passed since the last one; Logstash would have flushed as often.
    pub(crate) periods: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_filter_has_a_state_of_its_own() {
        let mut states = States::default();
        *states.of::<u32>(2) = 7;
        *states.of::<u32>(0) = 1;
        assert_eq!((*states.of::<u32>(2), *states.of::<u32>(0), *states.of::<u32>(1)), (7, 1, 0));
    }
}

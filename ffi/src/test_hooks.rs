//! For the tests of the boundary.

use crate::handle::{call, shared};
use crate::worker::Worker;

/// Panics inside of the worker.
///
/// Statuses: `SAWLOG_PANICKED`, `SAWLOG_BAD_POINTER`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_test_panic(worker: *mut Worker) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let worker = unsafe { shared(worker) }?;
        let state = worker.0.enter()?;
        let none: Option<usize> = None;
        let pending = state.converter.pending().len();
        assert!(none.is_some(), "forced by a test, with {pending} bytes pending");
        Ok(())
    })
}

//! Any subject: the routines for stock definitions say what the plain executor says, at every place
//! and on every level of the CPU, without reading outside the subject.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use sawlog::fuzzing::Intrinsics;

thread_local! {
    /// Compiled once: forty regexes take longer than a subject.
    static ROUTINES: RefCell<Intrinsics> = RefCell::new(Intrinsics::new());
}

fuzz_target!(|subject: &str| {
    // Comparing at every place takes the square of the length.
    if subject.len() <= 200 {
        ROUTINES.with_borrow_mut(|routines| routines.compare(subject));
    }
});

//! Any class, needles and bytes: all levels of the CPU find what a loop over the bytes finds, and
//! escape JSON as the writer does, without reading outside the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sawlog::fuzzing;

fuzz_target!(|input: (&[u8], [u8; 3], u16, &str, &[u8])| {
    let (class, needles, at, text, before) = input;
    fuzzing::scan(class, needles, text.as_bytes(), usize::from(at));
    fuzzing::scan(class, needles, before, usize::from(at) % (before.len() + 1));
    fuzzing::json_escaping(text, before);
});

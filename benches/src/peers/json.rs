//! T5 by the JSON crates: the object of each line as a tree, four fields more, written.

use serde_json::{Map, Value};
use simd_json::prelude::MutableObject;
use sonic_rs::JsonValueMutTrait;

use crate::Contestant;
use crate::output::NOW;
use crate::tasks::{OUTPUT_BYTES, Output};

/// What the config and the codec add to every event.
const ADDED: [(&str, &str); 4] =
    [("@timestamp", NOW), ("@version", "1"), ("service_id", "auth-7"), ("version", "1.4.2")];

/// One line to one line.
trait Parser {
    fn line(&mut self, line: &str, out: &mut Vec<u8>);
}

#[derive(Default)]
pub(crate) struct Serde {
    out: Vec<u8>,
}

impl Parser for Serde {
    fn line(&mut self, line: &str, out: &mut Vec<u8>) {
        let mut event: Map<String, Value> = serde_json::from_str(line).expect("the corpus is JSON");
        for (name, value) in ADDED {
            event.insert(name.to_owned(), Value::from(value));
        }
        serde_json::to_writer(out, &event).expect("a vector takes everything");
    }
}

/// With memory that is used again: the parser's own and the copy of the line that it changes.
#[derive(Default)]
pub(crate) struct Simd {
    buffers: simd_json::Buffers,
    copy: Vec<u8>,
    out: Vec<u8>,
}

impl Parser for Simd {
    fn line(&mut self, line: &str, out: &mut Vec<u8>) {
        self.copy.clear();
        self.copy.extend_from_slice(line.as_bytes());
        let parsed = simd_json::to_borrowed_value_with_buffers(&mut self.copy, &mut self.buffers);
        let mut event = parsed.expect("the corpus is JSON");
        for (name, value) in ADDED {
            event.try_insert(name, value);
        }
        simd_json::prelude::Writable::write(&event, out).expect("a vector takes everything");
    }
}

#[derive(Default)]
pub(crate) struct Sonic {
    out: Vec<u8>,
}

impl Parser for Sonic {
    fn line(&mut self, line: &str, out: &mut Vec<u8>) {
        let mut event: sonic_rs::Value = sonic_rs::from_str(line).expect("the corpus is JSON");
        let object = event.as_object_mut().expect("every line is an object");
        for (name, value) in ADDED {
            object.insert(&name, value);
        }
        sonic_rs::to_writer(out, &event).expect("a vector takes everything");
    }
}

fn run(parser: &mut impl Parser, out: &mut Vec<u8>, input: &str) -> u64 {
    let mut bytes = 0;
    out.clear();
    for line in input.lines() {
        parser.line(line, out);
        out.push(b'\n');
        if out.len() > OUTPUT_BYTES {
            bytes += out.len() as u64;
            out.clear();
        }
    }
    bytes + out.len() as u64
}

fn json(parser: &mut impl Parser, input: &str, out: &mut Vec<u8>) {
    for line in input.lines() {
        parser.line(line, out);
        out.push(b'\n');
    }
}

macro_rules! contestants {
    ($($name:ident)*) => {$(
        impl Contestant for $name {
            fn run(&mut self, input: &str, _: Output) -> u64 {
                let mut out = std::mem::take(&mut self.out);
                let bytes = run(self, &mut out, input);
                self.out = out;
                bytes
            }

            fn json(&mut self, input: &str, out: &mut Vec<u8>) {
                json(self, input, out);
            }
        }
    )*};
}

contestants! { Serde Simd Sonic }

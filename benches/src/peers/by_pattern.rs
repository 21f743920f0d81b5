//! What the peers with a pattern engine have in common: the first pattern that matches, and what the
//! config does with its captures.

use std::hint::black_box;

use crate::Contestant;
use crate::output::{Captured, Form};
use crate::tasks::{OUTPUT_BYTES, Output};

/// A list of patterns in some engine.
pub(crate) trait Matcher {
    /// Finds the first pattern that matches a line.
    fn first<'s>(&'s mut self, line: &'s str) -> Option<impl Captured + 's>;
}

/// A pattern engine, with what the config does beside matching.
pub(crate) struct ByPattern<M> {
    matcher: M,
    form: Form,
    out: Vec<u8>,
}

impl<M: Matcher> ByPattern<M> {
    pub(crate) fn new(matcher: M, form: Form) -> Self {
        Self { matcher, form, out: Vec::new() }
    }
}

impl<M: Matcher> Contestant for ByPattern<M> {
    fn run(&mut self, input: &str, output: Output) -> u64 {
        let mut events = 0;
        let mut bytes = 0;
        self.out.clear();
        for line in input.lines() {
            let captured = self.matcher.first(line);
            match output {
                Output::Counted => {
                    for field in captured.iter().flat_map(Captured::fields) {
                        black_box(field);
                    }
                }
                Output::JsonLines => {
                    self.form.write(line, captured.as_ref(), &mut self.out);
                    if self.out.len() > OUTPUT_BYTES {
                        bytes += self.out.len() as u64;
                        self.out.clear();
                    }
                }
            }
            events += 1;
        }
        match output {
            Output::Counted => events,
            Output::JsonLines => bytes + self.out.len() as u64,
        }
    }

    fn json(&mut self, input: &str, out: &mut Vec<u8>) {
        for line in input.lines() {
            let captured = self.matcher.first(line);
            self.form.write(line, captured.as_ref(), out);
        }
    }
}

//! What a program can reach that was written by hand for T1, T2 and T3: the ceiling, not a peer.
//!
//! It knows the lines of the corpora, finds their fields with AVX-512 and validates next to nothing:
//! where a line looks otherwise than expected it gives up. Events have the engine's fields and
//! values, in another order. Lines that it gives up on give no event, and `{}` where events are
//! compared.
//!
//! Only the loops over all lines are compiled for the instructions, and everything that they call is
//! inlined into them whatever the compiler thinks: else each instruction would be a call. A [`Hand`]
//! is made only where the processor has them, and nothing else calls the loops.

#![expect(clippy::inline_always, reason = "as said")]
#![expect(clippy::cast_ptr_alignment, reason = "the loads and stores are the unaligned ones")]

mod access;
mod app;
mod date;
mod scan;
mod write;

use crate::Contestant;
use crate::tasks::{Output, Task};
use scan::Padded;
use write::Json;

/// A task done by hand.
#[derive(Debug)]
pub struct Hand {
    work: Work,
    input: Padded,
    json: Json,
}

#[derive(Clone, Copy, Debug)]
enum Work {
    Captures,
    Access,
    App,
}

impl Hand {
    /// Whether there is a program for a task, and a processor for the program.
    pub fn does(task: &Task) -> bool {
        matches!(task.name, "T1" | "T2" | "T3") && scan::is_supported()
    }

    /// The program for a task.
    pub fn new(task: &Task) -> Option<Self> {
        let work = match task.name {
            "T1" => Work::Captures,
            "T2" => Work::Access,
            "T3" => Work::App,
            _ => return None,
        };
        scan::is_supported().then(|| Self { work, input: Padded::default(), json: Json::default() })
    }

    /// Runs the loaded input and returns the lines that it understood and the bytes written.
    #[expect(unsafe_code, reason = "the processor was asked")]
    fn pass(&mut self, after_line: impl FnMut(&mut Json)) -> (u64, u64) {
        let Self { work, input, json } = self;
        json.restart();
        let memory = json.take();
        // SAFETY: `new` makes this only on a processor that has what the functions are compiled for.
        let (lines, memory) = unsafe {
            match work {
                Work::Captures => (access::captures(input), memory),
                Work::Access => access::events(input, memory, after_line),
                Work::App => app::events(input, memory, after_line),
            }
        };
        *json = memory;
        (lines, json.written())
    }

    #[expect(unsafe_code, reason = "the processor was asked")]
    fn captures(&self, out: &mut Vec<u8>) {
        // SAFETY: as above.
        unsafe { access::write_captures(&self.input, out) }
    }
}

impl Contestant for Hand {
    fn load(&mut self, input: &str) {
        self.input = Padded::new(input.as_bytes());
    }

    fn run(&mut self, _: &str, output: Output) -> u64 {
        let (lines, bytes) = self.pass(|_| {});
        if output == Output::Counted { lines } else { bytes }
    }

    fn json(&mut self, input: &str, out: &mut Vec<u8>) {
        self.load(input);
        if matches!(self.work, Work::Captures) {
            return self.captures(out);
        }
        self.pass(|json| {
            let event = json.kept();
            out.extend_from_slice(if event.is_empty() { b"{}\n" } else { event });
            json.restart();
        });
    }
}

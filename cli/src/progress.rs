//! The progress bar: bytes, rate and time left, on a terminal only.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Times a second that the bar is drawn at most.
const DRAWS: u8 = 5;
/// How long a run takes before anything is drawn: what is over at once should not flicker.
const QUIET_START: Duration = Duration::from_millis(500);

/// A bar on standard error, or nothing at all.
///
/// The bar counts bytes as they stand on the disk. Where in a packed input the run is, is guessed from
/// how far those before it shrank. The bar goes away when this is dropped.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    counter: Counter,
}

/// Whether a bar is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// If standard error is a terminal that can move its cursor.
    IfTerminal,
    /// Not at all.
    Never,
}

/// What is known of an input before it is read.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Bytes on the disk; `None` for a stream that does not say.
    pub bytes: Option<u64>,
    /// Whether more comes out of it than that.
    pub is_packed: bool,
}

/// Where a run stands, in bytes of its inputs as they stand on the disk.
#[derive(Debug)]
struct Counter {
    inputs: Vec<Extent>,
    /// Of the inputs that are done.
    done: u64,
    /// Decoded bytes of the present input.
    current: u64,
    /// Of the packed inputs that are done: bytes on the disk, and what came out of them.
    packed: (u64, u64),
}

impl Counter {
    const fn new(inputs: Vec<Extent>) -> Self {
        // As long as none is done, logs are taken to shrink to a tenth.
        Self { inputs, done: 0, current: 0, packed: (1, 10) }
    }

    /// All bytes, unless a stream does not say.
    fn total(&self) -> Option<u64> {
        self.inputs.iter().map(|input| input.bytes).sum()
    }

    fn extent(&self, input: usize) -> Extent {
        self.inputs.get(input).copied().unwrap_or(Extent { bytes: None, is_packed: false })
    }

    fn add(&mut self, input: usize, bytes: u64) -> u64 {
        self.current += bytes;
        let Extent { bytes: size, is_packed } = self.extent(input);
        let read = if is_packed {
            let (packed, unpacked) = self.packed;
            let read = u128::from(self.current) * u128::from(packed) / u128::from(unpacked.max(1));
            u64::try_from(read).unwrap_or(u64::MAX)
        } else {
            self.current
        };
        self.done + read.min(size.unwrap_or(u64::MAX))
    }

    fn end(&mut self, input: usize) -> u64 {
        let Extent { bytes, is_packed } = self.extent(input);
        self.done += bytes.unwrap_or(self.current);
        if is_packed && self.current > 0 {
            self.packed.0 += bytes.unwrap_or(0);
            self.packed.1 += self.current;
        }
        self.current = 0;
        self.done
    }
}

impl Progress {
    /// Makes the bar of a run over these inputs.
    pub fn new(inputs: Vec<Extent>, wanted: Wanted) -> Self {
        let counter = Counter::new(inputs);
        let is_shown = wanted == Wanted::IfTerminal
            && io::stderr().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        if !is_shown {
            return Self { bar: None, counter };
        }
        let total = counter.total();
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(DRAWS));
        let template = match total {
            Some(_) => "{bar:30} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left",
            None => "{spinner} {bytes} {bytes_per_sec}",
        };
        // A template that does not parse leaves indicatif's own.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar: Some(bar), counter }
    }

    /// Counts decoded bytes of an input; cheap enough for every block.
    pub fn add(&mut self, input: usize, bytes: u64) {
        let position = self.counter.add(input, bytes);
        self.show(position);
    }

    /// Counts an input as done.
    pub fn end(&mut self, input: usize) {
        let position = self.counter.end(input);
        self.show(position);
    }

    /// Runs what writes to the terminal, without the bar in its way.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn show(&self, position: u64) {
        if let Some(bar) = &self.bar
            && bar.elapsed() >= QUIET_START
        {
            bar.set_position(position);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn extent(bytes: u64, is_packed: bool) -> Extent {
        Extent { bytes: Some(bytes), is_packed }
    }

    #[test]
    fn packed_inputs_advance_as_far_as_those_before_shrank() {
        let inputs = vec![extent(100, true), extent(100, true), extent(50, false)];
        let mut counter = Counter::new(inputs);
        assert_eq!(counter.total(), Some(250));
        assert_eq!(
            [counter.add(0, 100), counter.add(0, 900), counter.add(0, 1000)],
            [10, 100, 100]
        );
        assert_eq!(counter.end(0), 100);
        assert_eq!(counter.add(1, 1000), 150, "twenty to one");
        assert_eq!([counter.end(1), counter.add(2, 40), counter.end(2)], [200, 240, 250]);
    }

    #[test]
    fn streams_of_unknown_size_only_count() {
        let unknown = Extent { bytes: None, is_packed: false };
        let mut counter = Counter::new(vec![unknown, extent(5, false)]);
        assert_eq!(counter.total(), None);
        assert_eq!([counter.add(0, 7), counter.end(0), counter.end(1)], [7, 7, 12]);
    }
}

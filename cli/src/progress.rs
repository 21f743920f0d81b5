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
/// The bar counts bytes as they stand on the disk: those of a compressed input are known only at its
/// end, until then what it decodes to counts, up to its size. The bar goes away when this is dropped.
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

/// Where a run stands, in bytes of its inputs as they stand on the disk.
#[derive(Debug, Default)]
struct Counter {
    /// By input; `None` for a stream that does not say its size.
    sizes: Vec<Option<u64>>,
    /// Of the inputs that are done.
    done: u64,
    /// Decoded bytes of the present input.
    current: u64,
}

impl Counter {
    /// All bytes, unless a stream does not say.
    fn total(&self) -> Option<u64> {
        self.sizes.iter().copied().sum()
    }

    fn add(&mut self, input: usize, bytes: u64) -> u64 {
        self.current += bytes;
        let size = self.sizes.get(input).copied().flatten().unwrap_or(u64::MAX);
        self.done + self.current.min(size)
    }

    fn end(&mut self, input: usize) -> u64 {
        let size = self.sizes.get(input).copied().flatten().unwrap_or(self.current);
        self.done += size;
        self.current = 0;
        self.done
    }
}

impl Progress {
    /// Makes the bar of a run over inputs of these sizes; `None` for one that does not say its size.
    pub fn new(sizes: Vec<Option<u64>>, wanted: Wanted) -> Self {
        let counter = Counter { sizes, ..Counter::default() };
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

    #[test]
    fn compressed_inputs_do_not_run_past_their_size() {
        let mut counter = Counter { sizes: vec![Some(10), Some(100)], ..Counter::default() };
        assert_eq!(counter.total(), Some(110));
        assert_eq!([counter.add(0, 7), counter.add(0, 700), counter.end(0)], [7, 10, 10]);
        assert_eq!([counter.add(1, 40), counter.end(1)], [50, 110]);
    }

    #[test]
    fn streams_of_unknown_size_only_count() {
        let mut counter = Counter { sizes: vec![None, Some(5)], ..Counter::default() };
        assert_eq!(counter.total(), None);
        assert_eq!([counter.add(0, 7), counter.end(0), counter.end(1)], [7, 7, 12]);
    }
}

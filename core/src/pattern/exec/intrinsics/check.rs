//! The routines against the plain executor, on every level of the CPU.

use super::{Answer, Intrinsic, texts};
use crate::pattern::{Budget, Flags, Regex, Scratch};
use crate::scan::{Kernel, Level, Simd};

/// A routine and the regex that it stands for.
pub(crate) struct Pair {
    pub(crate) name: &'static str,
    pub(crate) intrinsic: Intrinsic,
    regex: Regex,
}

/// What comparing has to have at hand.
pub(crate) struct Checker {
    pub(crate) pairs: Vec<Pair>,
    levels: Vec<Simd>,
    scratch: Scratch,
}

struct Ask<'a> {
    intrinsic: Intrinsic,
    bytes: &'a [u8],
    at: usize,
}

impl Kernel for Ask<'_> {
    type Output = Answer;

    #[inline(always)]
    fn run<L: Level>(self, level: L) -> Answer {
        self.intrinsic.run(level, self.bytes, self.at)
    }
}

impl Checker {
    pub(crate) fn new() -> Self {
        let flags = Flags { dot_all: true, ..Flags::default() };
        let pairs = texts::TEXTS.iter().filter_map(|&(name, text, _)| {
            let regex = Regex::new(text, flags).ok()?;
            Some(Pair { name, intrinsic: Intrinsic::lookup(text)?, regex })
        });
        Self { pairs: pairs.collect(), levels: Simd::all(), scratch: Scratch::new() }
    }

    /// Compares one pair at a place that is a character boundary; gives the answer.
    pub(crate) fn compare(&mut self, pair: usize, subject: &str, at: usize) -> Answer {
        let Pair { name, intrinsic, regex } = &self.pairs[pair];
        let bytes = subject.as_bytes();
        let ask = |simd: Simd| simd.dispatch(Ask { intrinsic: *intrinsic, bytes, at });
        let answer = ask(self.levels[0]);
        for simd in &self.levels[1..] {
            assert_eq!(ask(*simd), answer, "{name} by {simd:?} on {subject:?} at {at}");
        }
        if answer == Answer::Unsure {
            return answer;
        }
        let mut budget = Budget::for_subject(subject.len());
        let expected = match regex.match_at(subject, at, &mut self.scratch, &mut budget) {
            Err(_) => return answer,
            Ok(false) => Answer::Fail,
            Ok(true) => Answer::definite(self.scratch.group(0).map(|(_, end)| end)),
        };
        assert_eq!(answer, expected, "{name} on {subject:?} at {at}");
        answer
    }

    /// Compares all pairs at every place of a subject, and gives how many answers were `Unsure`.
    pub(crate) fn compare_everywhere(&mut self, subject: &str) -> usize {
        // An allocation that ends where the subject ends: a sanitizer sees reads beyond it.
        let subject: Box<str> = subject.into();
        let mut unsure = 0;
        for at in 0..=subject.len() {
            if subject.is_char_boundary(at) {
                for pair in 0..self.pairs.len() {
                    unsure += usize::from(self.compare(pair, &subject, at) == Answer::Unsure);
                }
            }
        }
        unsure
    }
}

//! Random regexes and subjects over a small alphabet, where everything meets everything.

/// Xorshift: the same numbers in every run.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }
}

const CHARS: [&str; 12] = ["a", "b", "ab", "1", "12", " ", "-", r"\.", "é", r"\n", "a1", ":"];
const CLASSES: [&str; 20] = [
    "[ab]",
    "[^a]",
    r"\w",
    r"\d",
    r"\s",
    r"\S",
    ".",
    "[[:alpha:]]",
    r"[^\s:]",
    "[a-z0-9]",
    r"[^\n]",
    r"\W",
    "[é-ü]",
    "[^é]",
    "[ -9]",
    r"\p{L}",
    r"\h",
    "[b1 ]",
    r"\D",
    "[:.]",
];
const PLACES: [&str; 9] = ["^", "$", r"\A", r"\z", r"\Z", r"\b", r"\B", r"\b", r"\G"];
const REPEATS: [&str; 17] = [
    "?", "*", "+", "{2}", "{1,3}", "{0,2}", "{2,}", "*?", "+?", "??", "{1,2}?", "*+", "++", "?+",
    "+", "*", "{3,12}",
];
const PIECES: [&str; 14] =
    ["a", "b", "ab", "1", "12", " ", "-", ".", "é", "\n", "a1", ":", "ü", "aa"];

/// A regex in Ruby's syntax; most are valid.
pub(crate) fn regex(rng: &mut Rng) -> String {
    let mut groups = 0;
    let mut out = String::new();
    alternate(rng, 4, &mut groups, &mut out);
    out
}

pub(crate) fn subject(rng: &mut Rng) -> String {
    (0..rng.below(16)).map(|_| rng.pick(&PIECES)).collect()
}

fn alternate(rng: &mut Rng, depth: usize, groups: &mut u32, out: &mut String) {
    let ways = if rng.below(3) == 0 { 2 + rng.below(3) } else { 1 };
    for way in 0..ways {
        if way > 0 {
            out.push('|');
        }
        for _ in 0..rng.below(4) + usize::from(ways == 1) {
            item(rng, depth, groups, out);
        }
    }
}

fn item(rng: &mut Rng, depth: usize, groups: &mut u32, out: &mut String) {
    let repeatable = match rng.below(if depth == 0 { 7 } else { 12 }) {
        0..=2 => {
            out.push_str(rng.pick(&CHARS));
            true
        }
        3..=5 => {
            out.push_str(rng.pick(&CLASSES));
            true
        }
        6 => {
            out.push_str(rng.pick(&PLACES));
            false
        }
        7 => {
            *groups += 1;
            out.extend(["(?<g", &groups.to_string(), ">"]);
            close(rng, depth, groups, out)
        }
        8 | 9 => {
            out.push_str("(?:");
            close(rng, depth, groups, out)
        }
        10 => {
            out.push_str("(?>");
            close(rng, depth, groups, out)
        }
        _ => {
            out.push_str(rng.pick(&["(?=", "(?!", "(?<=", "(?<!"]));
            if out.ends_with("(?=") || out.ends_with("(?!") {
                close(rng, depth, groups, out);
            } else {
                out.push_str(rng.pick(&["a", "ab", "[ab]", r"\s", "a|1", "^", "é", r"ab|\d"]));
                out.push(')');
            }
            false
        }
    };
    if repeatable && rng.below(5) < 2 {
        out.push_str(rng.pick(&REPEATS));
    }
}

fn close(rng: &mut Rng, depth: usize, groups: &mut u32, out: &mut String) -> bool {
    alternate(rng, depth - 1, groups, out);
    out.push(')');
    true
}

//! How often bytes follow each other in logs: counted in `typical.log`, by the kind of the byte before.
//!
//! `[0-9]:[0-9]` stands in nearly every line and `] "` in few: with that a clause is chosen that
//! excludes most lines. A wrong guess costs time and never a match.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::pattern::unicode::ByteSet;

use super::factor::Run;

/// Lines of several formats, made up.
const TYPICAL: &str = include_str!("typical.log");

/// Kinds of bytes: digits, lower case, upper case, space, separators inside words,
/// brackets and quotes, other ASCII, the rest.
const KINDS: usize = 8;

/// Shares of the bytes of a set: from the kind before to the kind of the byte.
type Step = [[f32; KINDS]; KINDS];

/// What is known of a set.
struct Known {
    set: ByteSet,
    step: Step,
    /// The set that shares all halves of bytes with it, once it was asked for.
    blurred: Option<SetId>,
}

/// A byte set by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SetId(pub(super) u16);

impl SetId {
    /// Every byte.
    pub(super) const FULL: Self = Self(0);
}

/// The counts, and the sets that were looked at.
pub(super) struct Model {
    /// The share of a byte among those that follow a kind, by byte.
    after: Box<[[f32; KINDS]; 256]>,
    /// The share of a kind.
    kinds: [f32; KINDS],
    sets: Vec<Known>,
    ids: HashMap<ByteSet, SetId, FixedState>,
    unions: HashMap<(SetId, SetId), SetId, FixedState>,
}

impl Model {
    /// Counts the sample; some ten microseconds.
    pub(super) fn new() -> Self {
        // What is not in the sample happens too.
        let mut after = Box::new([[0.02_f32; KINDS]; 256]);
        let mut kinds = [1.0_f32; KINDS];
        for pair in TYPICAL.as_bytes().windows(2) {
            after[usize::from(pair[1])][kind(pair[0])] += 1.0;
            kinds[kind(pair[0])] += 1.0;
        }
        let mut sums = [0.0; KINDS];
        for counts in after.iter() {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        for counts in after.iter_mut() {
            counts.iter_mut().zip(sums).for_each(|(count, sum)| *count /= sum);
        }
        let sum: f32 = kinds.iter().sum();
        for count in &mut kinds {
            *count /= sum;
        }
        let (sets, ids, unions) = (Vec::new(), HashMap::default(), HashMap::default());
        let mut model = Self { after, kinds, sets, ids, unions };
        model.set(&ByteSet::FULL);
        model
    }

    /// The number of a set; that of all bytes if there are too many.
    pub(super) fn set(&mut self, set: &ByteSet) -> SetId {
        if let Some(id) = self.ids.get(set) {
            return *id;
        }
        let Ok(id) = u16::try_from(self.sets.len()) else { return SetId::FULL };
        let mut by_kind = Step::default();
        for byte in set.iter() {
            let sums = by_kind[kind(byte)].iter_mut();
            sums.zip(&self.after[usize::from(byte)]).for_each(|(sum, share)| *sum += share);
        }
        let step = core::array::from_fn(|from| by_kind.map(|shares| shares[from]));
        self.sets.push(Known { set: *set, step, blurred: None });
        self.ids.insert(*set, SetId(id));
        SetId(id)
    }

    /// The set of a number.
    pub(super) fn bytes(&self, id: SetId) -> &ByteSet {
        &self.sets[usize::from(id.0)].set
    }

    /// The union of two sets.
    pub(super) fn union(&mut self, left: SetId, right: SetId) -> SetId {
        if left == right {
            return left;
        }
        let pair = (left.min(right), left.max(right));
        if let Some(id) = self.unions.get(&pair) {
            return *id;
        }
        let union = self.bytes(left).union(self.bytes(right));
        let id = self.set(&union);
        self.unions.insert(pair, id);
        id
    }

    /// The share of places in a log at which [`Teddy`](crate::scan::teddy::Teddy) sees these sets.
    pub(super) fn blurred_share<const N: usize>(&mut self, sets: &[SetId; N]) -> f32 {
        let blurred = sets.map(|set| self.blurred(set));
        self.share_of(&blurred)
    }

    /// The set as [`Teddy`](crate::scan::teddy::Teddy) sees it: all bytes whose halves occur in it.
    fn blurred(&mut self, id: SetId) -> SetId {
        let at = usize::from(id.0);
        if let Some(blurred) = self.sets[at].blurred {
            return blurred;
        }
        let blurred = self.set(&self.sets[at].set.blurred());
        self.sets[at].blurred = Some(blurred);
        blurred
    }

    /// The share of places in a log at which one of the alternatives begins.
    pub(super) fn share(&self, runs: &[Run]) -> f32 {
        runs.iter().map(|run| self.share_of(run.sets())).sum::<f32>().min(1.0)
    }

    /// The share of places in a log at which these sets follow each other.
    pub(super) fn share_of(&self, sets: &[SetId]) -> f32 {
        let mut shares = self.kinds;
        for set in sets {
            let step = &self.sets[usize::from(set.0)].step;
            let mut next = [0.0; KINDS];
            for (row, share) in step.iter().zip(shares) {
                for (sum, step) in next.iter_mut().zip(row) {
                    *sum += share * step;
                }
            }
            shares = next;
        }
        shares.iter().sum()
    }
}

fn kind(byte: u8) -> usize {
    match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        b' ' => 3,
        b'.' | b':' | b'-' | b'/' | b'_' | b'=' => 4,
        b'"' | b'\'' | b'(' | b')' | b'[' | b']' | b'{' | b'}' => 5,
        b'!'..=b'~' => 6,
        _ => 7,
    }
}

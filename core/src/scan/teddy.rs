//! Short runs of byte sets to the places where they may stand, eight buckets of them at once.
//!
//! ```text
//! bit b of low[p][x & 15] and of high[p][x >> 4]: byte x may be the p-th of a run in bucket b
//! buckets at i = the bits that the bytes at i, i + 1, i + 2 and i + 3 have in common
//! ```
//!
//! A set that does not divide into halves of bytes is found too often, never too seldom: the caller
//! compares. The idea is Hyperscan's Teddy.

use crate::pattern::unicode::ByteSet;

use super::{BLOCK_BYTES, Kernel, Level, Simd};

/// Groups of runs that are told apart.
pub(crate) const BUCKETS: usize = 8;

/// Bytes of a run that are looked at.
pub(crate) const PLACES: usize = 4;

/// Bytes that decide about the places of a block.
const WINDOW_BYTES: usize = BLOCK_BYTES + PLACES - 1;

/// The runs of all buckets as tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Teddy {
    low: [[u8; 16]; PLACES],
    high: [[u8; 16]; PLACES],
}

impl Teddy {
    /// Makes the tables of the bytes that each bucket's runs have at each place. A run that is
    /// shorter has every byte at the places behind it.
    pub(crate) fn new(buckets: &[[ByteSet; PLACES]; BUCKETS]) -> Self {
        let mut teddy = Self::default();
        for (bucket, sets) in buckets.iter().enumerate() {
            for (place, set) in sets.iter().enumerate() {
                let (low, high) = set.halves();
                for half in 0..16 {
                    teddy.low[place][half] |= u8::from(low >> half & 1 != 0) << bucket;
                    teddy.high[place][half] |= u8::from(high >> half & 1 != 0) << bucket;
                }
            }
        }
        teddy
    }

    /// Calls `hit` with each place, in order, at which runs of some of the `active` buckets may
    /// begin, and with these buckets; it answers which are active from there on.
    ///
    /// Ends when none is. Behind the bytes zeros are read.
    #[inline]
    pub(crate) fn find(
        &self,
        simd: Simd,
        bytes: &[u8],
        active: u8,
        hit: impl FnMut(usize, u8) -> u8,
    ) {
        simd.dispatch(Find { teddy: self, bytes, active, hit });
    }
}

struct Find<'t, F> {
    teddy: &'t Teddy,
    bytes: &'t [u8],
    active: u8,
    hit: F,
}

impl<F: FnMut(usize, u8) -> u8> Kernel for Find<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(mut self, level: L) {
        let bytes = self.bytes;
        let mut at = 0;
        while let Some(window) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
            if self.active == 0 {
                return;
            }
            self.window(level, window, at);
            at += BLOCK_BYTES;
        }
        // Fewer than WINDOW_BYTES are left.
        let rest = &bytes[at..];
        let mut tail = [0; BLOCK_BYTES + WINDOW_BYTES];
        tail[..rest.len()].copy_from_slice(rest);
        for block in [0, BLOCK_BYTES] {
            if let Some(window) = tail[block..].first_chunk()
                && block < rest.len()
                && self.active != 0
            {
                self.window(level, window, at + block);
            }
        }
    }
}

impl<F: FnMut(usize, u8) -> u8> Find<'_, F> {
    /// Looks at the places of one block.
    #[inline(always)]
    fn window<L: Level>(&mut self, level: L, window: &[u8; WINDOW_BYTES], at: usize) {
        let mut buckets = level.load(&[self.active; BLOCK_BYTES]);
        for place in 0..PLACES {
            let Some(block) = window[place..].first_chunk() else { return };
            let block = level.load(block);
            let found = level.look_up(block, &self.teddy.low[place], &self.teddy.high[place]);
            buckets = level.and(buckets, found);
        }
        let mut places = level.non_zero(buckets);
        if places == 0 {
            return;
        }
        let buckets = level.to_array(buckets);
        while places != 0 {
            let place = places.trailing_zeros() as usize;
            places &= places - 1;
            let found = buckets[place % BLOCK_BYTES] & self.active;
            if found != 0 {
                self.active = (self.hit)(at + place, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two runs in two buckets: a digit, `:`, a digit; and `ab` with a byte above ASCII.
    fn teddy() -> Teddy {
        let set = |has: &dyn Fn(u8) -> bool| {
            let mut set = ByteSet::EMPTY;
            (0..=u8::MAX).filter(|byte| has(*byte)).for_each(|byte| set.insert(byte));
            set
        };
        let digit = set(&|byte| byte.is_ascii_digit());
        let one = |wanted| set(&move |byte| byte == wanted);
        let mut buckets = [[ByteSet::EMPTY; PLACES]; BUCKETS];
        buckets[0] = [digit, one(b':'), digit, ByteSet::FULL];
        buckets[7] = [one(b'a'), one(b'b'), set(&|byte| byte >= 0xc0), ByteSet::FULL];
        Teddy::new(&buckets)
    }

    /// The places by a loop over bytes.
    fn model(teddy: &Teddy, bytes: &[u8], active: u8) -> Vec<(usize, u8)> {
        let mut places = Vec::new();
        for at in 0..bytes.len() {
            let found = (0..PLACES).fold(active, |found, place| {
                let byte = bytes.get(at + place).copied().unwrap_or(0);
                let (low, high) = (usize::from(byte & 15), usize::from(byte >> 4));
                found & teddy.low[place][low] & teddy.high[place][high]
            });
            if found != 0 {
                places.push((at, found));
            }
        }
        places
    }

    fn found(teddy: &Teddy, simd: Simd, bytes: &[u8], active: u8) -> Vec<(usize, u8)> {
        let mut places = Vec::new();
        teddy.find(simd, bytes, active, |at, buckets| {
            // Behind the bytes zeros are read, and they may be found.
            if at < bytes.len() {
                places.push((at, buckets));
            }
            active
        });
        places
    }

    #[test]
    fn every_level_finds_the_same_at_every_length() {
        let teddy = teddy();
        let text = "12:4 ab\u{e9}1:2:3ab\u{fc}ab:9:x".repeat(9);
        for len in 0..=text.len() {
            // Exactly sized: what is read beyond the end is not ours.
            let bytes: Box<[u8]> = text.as_bytes()[..len].into();
            for active in [0x81, 0x80, 1, 0] {
                let expected = model(&teddy, &bytes, active);
                for simd in Simd::all() {
                    assert_eq!(found(&teddy, simd, &bytes, active), expected, "{simd:?} {len}");
                }
            }
        }
    }

    #[test]
    fn no_place_of_a_run_is_passed_over() {
        let teddy = teddy();
        for at in 0..100 {
            let mut bytes = vec![b' '; at];
            bytes.extend_from_slice(b"7:7");
            for simd in Simd::all() {
                assert_eq!(found(&teddy, simd, &bytes, 0xff), [(at, 1)], "{simd:?}");
            }
        }
    }

    #[test]
    fn a_bucket_that_is_no_longer_active_is_not_found_again() {
        let teddy = teddy();
        let text = "1:2 ab\u{e9} 3:4 5:6 ab\u{e9}".repeat(4);
        for simd in Simd::all() {
            let mut places = Vec::new();
            teddy.find(simd, text.as_bytes(), 0xff, |at, buckets| {
                places.push((at, buckets));
                if buckets == 1 { 0x80 } else { 0 }
            });
            assert_eq!(places, [(0, 1), (4, 0x80)], "{simd:?}");
        }
    }
}

//! The entries of a batch on their way to a destination: which of them go into the next request, and what an answer leaves to be
//! sent.
//!
//! ```text
//! poll -> Send -> begin(3) -> handle(entry 1 was refused for now) -> poll -> WaitUntil -> poll -> Send -> begin(1) …
//! ```
//! An entry that was taken is never sent again; one of which nobody knows (the connection broke) is. A request that is refused as
//! a whole because of its content is halved until what is refused is one entry; requests then grow again, doubling with each that
//! is taken.
//!
//! The host keeps the entries themselves: here they are numbers. Pauses double, and a part of each is drawn from the seed, so that
//! senders which failed together do not come back together.

use core::time::Duration;

use crate::limits;
use crate::time::Timestamp;

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: every entry was taken, or is among [`Outbox::unsent`] or [`Outbox::refused`].
    Done,
    /// Make a request of the first of [`Outbox::waiting`], tell how many they are by [`Outbox::begin`], send it.
    Send,
    /// Wait, then ask again.
    WaitUntil(Timestamp),
}

/// What a destination said of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The request was read; of its entries (places in the request) these were not taken.
    Entries(Vec<(usize, Refusal)>),
    /// Nothing was taken, for a reason that goes away by itself.
    Later(String),
    /// Nothing was taken, and nothing else would be either: wrong credentials, no such destination.
    Never(String),
    /// Nothing was taken because of what the request holds: its length, or an entry that spoils the others.
    Unfit(String),
}

/// Why an entry was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why, in the words of the destination.
    pub reason: String,
    /// Whether it is worth a further try.
    pub is_passing: bool,
}

/// An entry that will never be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its number.
    pub entry: usize,
    /// Why, in the words of the destination.
    pub reason: String,
}

/// Entries that are being sent.
#[derive(Debug)]
pub struct Outbox {
    /// In the order in which they are sent.
    waiting: Vec<usize>,
    /// How many of the first of `waiting` are on their way.
    sent: usize,
    /// The most entries that a request may have.
    most: usize,
    lost: Vec<usize>,
    refused: Vec<Refused>,
    /// Requests in a row that brought nothing on.
    failures: u32,
    wait_until: Option<Timestamp>,
    seed: u64,
    problem: Option<String>,
}

impl Outbox {
    /// Begins to send entries, in this order.
    pub fn new(entries: impl IntoIterator<Item = usize>, seed: u64) -> Self {
        Self {
            waiting: entries.into_iter().collect(),
            sent: 0,
            most: usize::MAX,
            lost: Vec::new(),
            refused: Vec::new(),
            failures: 0,
            wait_until: None,
            seed,
            problem: None,
        }
    }

    /// Notes an entry beside those of [`Outbox::new`] that cannot be sent at all.
    pub fn refuse(&mut self, entry: usize, reason: &str) {
        self.put_refused(entry, reason.to_owned());
    }

    /// Tells what is to be done.
    pub fn poll(&mut self, now: Timestamp) -> Step {
        if self.waiting.is_empty() {
            return Step::Done;
        }
        match self.wait_until {
            Some(until) if now < until => Step::WaitUntil(until),
            _ => {
                self.wait_until = None;
                Step::Send
            }
        }
    }

    /// The entries that wait, in order; a request takes from the front, and no more than these.
    pub fn waiting(&self) -> &[usize] {
        let most = self.most.min(self.waiting.len());
        self.waiting.get(..most).unwrap_or_default()
    }

    /// Tells how many entries the request has that goes out.
    pub fn begin(&mut self, entries: usize) {
        self.sent = entries.clamp(1, self.waiting.len().max(1));
    }

    /// The number of entries in the request that is on its way.
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// Takes what the destination said of the request.
    pub fn handle(&mut self, reply: Reply, now: Timestamp) {
        let sent = core::mem::take(&mut self.sent).min(self.waiting.len());
        if sent == 0 {
            return;
        }
        match reply {
            Reply::Later(reason) => {
                self.problem.get_or_insert(reason);
                self.pause(now);
            }
            Reply::Never(reason) => {
                self.problem.get_or_insert(reason);
                self.lost.append(&mut self.waiting);
            }
            Reply::Unfit(reason) if sent == 1 => {
                let entry = self.waiting.remove(0);
                self.put_refused(entry, reason);
                self.failures = 0;
            }
            // Not a failure: each further request is smaller, until one is taken or one entry is refused.
            Reply::Unfit(_) => self.most = sent / 2,
            Reply::Entries(entries) => self.handle_entries(sent, entries, now),
        }
        if self.failures >= limits::SEND_ATTEMPTS {
            self.lost.append(&mut self.waiting);
        }
        if self.waiting.is_empty() && self.lost.is_empty() && self.refused.is_empty() {
            self.problem = None;
        }
    }

    fn handle_entries(&mut self, sent: usize, entries: Vec<(usize, Refusal)>, now: Timestamp) {
        let rest = self.waiting.split_off(sent);
        let sent = core::mem::take(&mut self.waiting);
        let mut is_again = vec![false; sent.len()];
        for (place, refusal) in entries {
            let (Some(entry), Some(again)) = (sent.get(place), is_again.get_mut(place)) else {
                continue;
            };
            if refusal.is_passing {
                *again = true;
                self.problem.get_or_insert(refusal.reason);
            } else {
                self.put_refused(*entry, refusal.reason);
            }
        }
        let again =
            sent.iter().zip(&is_again).filter(|(_, again)| **again).map(|(entry, _)| *entry);
        // Order is kept: what was refused goes first.
        self.waiting.extend(again);
        let left = self.waiting.len();
        self.waiting.extend(rest);
        if left == 0 {
            self.failures = 0;
            self.most = self.most.saturating_mul(2);
        } else {
            if left < sent.len() {
                self.failures = 0;
            }
            self.pause(now);
        }
    }

    /// Gives up: what waits stays unsent.
    pub fn give_up(&mut self, reason: &str) {
        if !self.waiting.is_empty() {
            self.lost.append(&mut self.waiting);
            self.problem.get_or_insert_with(|| reason.to_owned());
        }
    }

    /// The entries that were not taken and may be another time, in order.
    pub fn unsent(&self) -> Vec<usize> {
        let mut unsent = [&self.lost[..], &self.waiting].concat();
        unsent.sort_unstable();
        unsent
    }

    /// The entries that will never be taken, in the order in which they were refused.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// Why the first entry that was not taken was not; nothing when all were.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    fn put_refused(&mut self, entry: usize, reason: String) {
        self.problem.get_or_insert_with(|| reason.clone());
        self.refused.push(Refused { entry, reason });
    }

    fn pause(&mut self, now: Timestamp) {
        self.failures += 1;
        let longest_ms = 100 << self.failures.min(7);
        let draw = (self.seed ^ u64::from(self.failures)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        let pause = Duration::from_millis(longest_ms / 2 + draw % (longest_ms / 2));
        let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        self.wait_until = Some(Timestamp::from_millis(now.to_millis().saturating_add(pause_ms)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn refusal(is_passing: bool) -> Refusal {
        Refusal { reason: "no".to_owned(), is_passing }
    }

    /// Waits, and gives the entries of the next request of at most so many.
    fn next(outbox: &mut Outbox, now: &mut Timestamp, most: usize) -> Option<Vec<usize>> {
        loop {
            match outbox.poll(*now) {
                Step::Done => return None,
                Step::WaitUntil(until) => {
                    assert!(until > *now);
                    *now = until;
                }
                Step::Send => {
                    let entries: Vec<usize> = outbox.waiting().iter().take(most).copied().collect();
                    outbox.begin(entries.len());
                    return Some(entries);
                }
            }
        }
    }

    #[test]
    fn only_what_was_refused_for_now_goes_again_and_first() {
        let mut outbox = Outbox::new(0..6, 1);
        let mut now = NOW;
        assert_eq!(next(&mut outbox, &mut now, 4), Some(vec![0, 1, 2, 3]));
        outbox.handle(Reply::Entries(vec![(1, refusal(true)), (2, refusal(false))]), now);
        assert_eq!(next(&mut outbox, &mut now, 4), Some(vec![1, 4, 5]));
        outbox.handle(Reply::Entries(vec![]), now);
        assert_eq!(next(&mut outbox, &mut now, 4), None);
        assert_eq!(outbox.unsent(), [0; 0]);
        assert_eq!(outbox.refused(), [Refused { entry: 2, reason: "no".to_owned() }]);
    }

    #[test]
    fn unfit_request_is_halved_until_one_entry_is_refused() {
        let mut outbox = Outbox::new(0..64, 1);
        let (mut now, mut requests, mut taken) = (NOW, 0, Vec::new());
        while let Some(entries) = next(&mut outbox, &mut now, 64) {
            requests += 1;
            if entries.contains(&37) {
                outbox.handle(Reply::Unfit("bad".to_owned()), now);
            } else {
                taken.extend(entries);
                outbox.handle(Reply::Entries(vec![]), now);
            }
        }
        assert_eq!(taken, (0..64).filter(|entry| *entry != 37).collect::<Vec<_>>());
        assert_eq!(outbox.refused(), [Refused { entry: 37, reason: "bad".to_owned() }]);
        assert!(requests < 30, "{requests}");
        assert_eq!(now, NOW, "no pause");
    }

    #[test]
    fn entries_that_are_all_unfit_cost_a_request_each() {
        let mut outbox = Outbox::new(0..64, 1);
        let (mut now, mut requests) = (NOW, 0);
        while next(&mut outbox, &mut now, 64).is_some() {
            requests += 1;
            outbox.handle(Reply::Unfit("bad".to_owned()), now);
        }
        // 64, 32, 16, 8, 4, 2, and then each by itself.
        assert_eq!((requests, outbox.refused().len()), (6 + 64, 64));
    }

    #[test]
    fn sender_that_brings_nothing_on_ends() {
        let mut outbox = Outbox::new(0..3, 1);
        let (mut now, mut requests) = (NOW, 0);
        while next(&mut outbox, &mut now, 2).is_some() {
            requests += 1;
            outbox.handle(Reply::Later("busy".to_owned()), now);
        }
        assert_eq!(requests, limits::SEND_ATTEMPTS);
        assert_eq!((outbox.unsent(), outbox.problem()), (vec![0, 1, 2], Some("busy")));
    }

    #[test]
    fn what_would_never_be_taken_is_not_tried_again() {
        let mut outbox = Outbox::new(0..3, 1);
        next(&mut outbox, &mut { NOW }, 1);
        outbox.handle(Reply::Never("forbidden".to_owned()), NOW);
        assert_eq!((outbox.poll(NOW), outbox.unsent()), (Step::Done, vec![0, 1, 2]));
        outbox.handle(Reply::Entries(vec![]), NOW);
        assert_eq!(outbox.unsent(), [0, 1, 2], "an answer to no request");
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: proptest::test_runner::RngSeed::Fixed(9),
            ..ProptestConfig::default()
        })]

        #[test]
        fn each_entry_is_taken_once_or_told_of(
            count in 0usize..50,
            most in 1usize..20,
            replies in proptest::collection::vec((0u8..7, any::<u64>(), any::<u64>()), 0..40),
        ) {
            let mut outbox = Outbox::new(0..count, 3);
            let mut now = NOW;
            let mut taken = vec![0usize; count];
            let mut replies = replies.into_iter();
            while let Some(entries) = next(&mut outbox, &mut now, most) {
                let (kind, refused, passing) = replies.next().unwrap_or((6, 0, 0));
                let reply = match kind {
                    0 => Reply::Later("x".to_owned()),
                    1 => Reply::Unfit("x".to_owned()),
                    2 if refused % 8 == 0 => Reply::Never("x".to_owned()),
                    _ => {
                        let bit = |bits: u64, place: usize| bits >> (place % 64) & 1 == 1;
                        let places = 0..entries.len();
                        let refused: Vec<(usize, Refusal)> = places
                            .filter(|place| bit(refused, *place))
                            .map(|place| (place, refusal(bit(passing, place))))
                            .collect();
                        for (place, entry) in entries.iter().enumerate() {
                            taken[*entry] += usize::from(!refused.iter().any(|(at, _)| *at == place));
                        }
                        Reply::Entries(refused)
                    }
                };
                outbox.handle(reply, now);
            }
            let unsent = outbox.unsent();
            for (entry, times) in taken.iter().enumerate() {
                let refusals = outbox.refused().iter().filter(|one| one.entry == entry).count();
                let left = usize::from(unsent.contains(&entry));
                prop_assert_eq!(times + refusals + left, 1, "entry {}", entry);
            }
        }
    }
}

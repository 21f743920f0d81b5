//! `drop`: removes the event, or a share of the events.
//!
//! `percentage` draws from the tick's seed and the event's place, so that a repeated run drops the
//! same events. The common options never run. Source of behaviour: logstash-filter-drop 3.0.5.

use crate::event::Event;
use crate::filter::{CompileCx, Cx, Filter, Outcome};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Removes the event.",
    example: "drop { percentage => 90 }",
    options: &[
        ("percentage", "The share of events that are removed, 0 to 100."),
    ],
    differences: &[("percentage", "The draw comes from the seed of the run, so that a repeated run drops the same events."),],
};

#[derive(Debug)]
struct Drop {
    /// The share of events that are dropped, in percent.
    percentage: f64,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, _cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let percentage = options.number("percentage").map_or(100.0, |number| number.value.to_f64());
    Some(Box::new(Drop { percentage }))
}

impl Filter for Drop {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        if self.percentage >= 100.0 || draw(cx.seed) < self.percentage / 100.0 {
            event.cancel();
        }
        Outcome::Unmatched
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &[]
    }
}

/// A number in [0, 1).
#[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
pub(super) fn draw(seed: u64) -> f64 {
    (mixed(seed) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A bijection that spreads neighbouring seeds (the finalizer of `SplitMix64`).
fn mixed(seed: u64) -> u64 {
    let mut value = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    value = (value ^ value >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ value >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ value >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_spread_evenly() {
        let low = (0..10_000).filter(|&seed| mixed(seed) >> 63 == 0).count();
        assert!((4_700..5_300).contains(&low), "{low}");
    }
}

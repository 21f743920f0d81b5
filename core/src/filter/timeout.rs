//! `timeout_millis` as a number of steps.
//!
//! Logstash counts milliseconds; a step budget that grows with the text gives the same result on every
//! machine. `timeout_millis` scales it: 30,000, the default, is the engine's own budget.

use crate::pattern::Budget;
use crate::program::options::PluginOptions;

/// How many steps the searches in a text may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeout {
    millis: u64,
}

impl Timeout {
    const DEFAULT_MILLIS: u64 = 30_000;

    /// Reads the option.
    pub(crate) fn compile(options: &PluginOptions) -> Self {
        let millis = options.number("timeout_millis").map_or(Self::DEFAULT_MILLIS, |number| {
            // A fraction of a millisecond is none.
            u64::try_from(number.value.as_int().unwrap_or(0)).unwrap_or(0)
        });
        // 0 switches Logstash's clock off. A budget stays even then: ten times the default.
        Self { millis: if millis == 0 { Self::DEFAULT_MILLIS * 10 } else { millis } }
    }

    /// The budget for a text of so many bytes.
    pub(crate) fn budget(self, len: usize) -> Budget {
        let mut budget = Budget::for_subject(len);
        if self.millis != Self::DEFAULT_MILLIS {
            let scaled = u128::from(budget.steps_left) * u128::from(self.millis);
            budget.steps_left =
                u64::try_from(scaled / u128::from(Self::DEFAULT_MILLIS)).unwrap_or(u64::MAX);
        }
        budget
    }
}

//! The figures, and how they are printed.

use std::collections::BTreeSet;

/// What was measured of one contestant in one task.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) task: &'static str,
    pub(crate) name: String,
    bytes: usize,
    lines: usize,
    /// Seconds of each round.
    pub(crate) times: Vec<f64>,
}

/// Whether the events were the engine's.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    pub(crate) task: &'static str,
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Steps of a line, of one twice and of one four times as long.
#[derive(Clone, Debug)]
pub(crate) struct Steps {
    pub(crate) task: &'static str,
    pub(crate) counts: Vec<u64>,
}

/// Everything that was measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    pub(crate) comparisons: Vec<Comparison>,
    pub(crate) steps: Vec<Steps>,
}

impl Row {
    pub(crate) fn new(task: &'static str, name: &str, bytes: usize, lines: usize) -> Self {
        Self { task, name: name.to_owned(), bytes, lines, times: Vec::new() }
    }

    /// The time that a part of the rounds stayed below.
    fn quantile(&self, part: f64) -> f64 {
        let mut times = self.times.clone();
        times.sort_by(f64::total_cmp);
        let last = times.len().saturating_sub(1);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
        let at = (last as f64 * part).round() as usize;
        times.get(at).copied().unwrap_or(f64::NAN)
    }

    /// Megabytes a second.
    pub(crate) fn speed(&self) -> f64 {
        self.bytes as f64 / 1e6 / self.quantile(0.5)
    }

    pub(crate) fn ns_per_line(&self) -> f64 {
        self.quantile(0.5) * 1e9 / self.lines as f64
    }
}

impl Report {
    pub(crate) fn row(&self, task: &str, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.task == task && row.name == name)
    }

    /// How many times as fast one is as another.
    pub(crate) fn ratio(&self, task: &str, name: &str, other: &str) -> Option<f64> {
        Some(self.row(task, name)?.speed() / self.row(task, other)?.speed())
    }

    fn tasks(&self) -> Vec<&'static str> {
        let mut tasks: Vec<&str> = self.rows.iter().map(|row| row.task).collect();
        tasks.dedup();
        tasks
    }

    pub(crate) fn print(&self) {
        println!("\n## Measured\n");
        println!(
            "Megabytes of input a second of processor time (`wall`: on the clock); the middle half of the rounds;"
        );
        println!("how many times as fast `sawlog` and `sawlog-captures` are.\n");
        println!("| task | | MB/s | middle half | events/s | ns/event | sawlog | captures |");
        println!("|---|---|--:|--:|--:|--:|--:|--:|");
        for row in &self.rows {
            let Row { task, name, bytes, .. } = row;
            let megabytes = *bytes as f64 / 1e6;
            let (slow, fast) = (megabytes / row.quantile(0.75), megabytes / row.quantile(0.25));
            let times = |ours: &str| {
                self.ratio(task, ours, name).map_or_else(String::new, |ratio| format!("{ratio:.2}"))
            };
            println!(
                "| {task} | {name} | {:.1} | {slow:.1}–{fast:.1} | {:.0} | {:.0} | {} | {} |",
                row.speed(),
                1e9 / row.ns_per_line(),
                row.ns_per_line(),
                times("sawlog"),
                times("sawlog-captures"),
            );
        }
        for Steps { task, counts } in &self.steps {
            let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
            println!(
                "\n{task}: steps of its line, twice and four times as long: {}",
                counts.join(", ")
            );
        }
    }

    pub(crate) fn print_comparisons(&self) {
        println!("\n## Events compared with the engine's before anything was timed\n");
        for task in self.tasks() {
            let of_task = self.comparisons.iter().filter(|comparison| comparison.task == task);
            let texts: Vec<String> =
                of_task.map(|Comparison { name, text, .. }| format!("{name} {text}")).collect();
            if !texts.is_empty() {
                println!("- {task}: {}", texts.join("; "));
            }
        }
    }

    /// The figures alone, tasks across: for the README.
    pub(crate) fn print_matrix(&self) {
        println!("\n## For the README (MB/s)\n");
        let times = |task: &str, name: &str, other: &str| {
            self.ratio(task, name, other)
                .map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.1}"))
        };
        println!(
            "| speed | one grok pattern: {} (access log) and {} (syslog) times PCRE2's JIT; a list of twenty: \
             {} to {} times; access log to JSON: {} times the crate `grok` with PCRE2, {} times Vector's \
             language; JSON to JSON: {} times simd-json ([benches/record](benches/record), `make bench`) |\n",
            times("T1", "sawlog-captures", "pcre2"),
            times("T4", "sawlog-captures", "pcre2"),
            times("T6", "sawlog", "pcre2"),
            times("T6n", "sawlog", "pcre2"),
            times("T2", "sawlog", "grok-pcre2"),
            times("T2", "sawlog", "vrl"),
            times("T5", "sawlog", "simd-json"),
        );
        let tasks: Vec<&str> =
            self.tasks().into_iter().filter(|task| *task != super::PROCESS).collect();
        println!("| | {} |", tasks.join(" | "));
        println!("|---|{}", "--:|".repeat(tasks.len()));
        let mut seen = BTreeSet::new();
        let names = self.rows.iter().filter(|row| row.task != super::PROCESS).map(|row| &row.name);
        for name in names.filter(|name| seen.insert(name.as_str())) {
            let cells: Vec<String> = tasks
                .iter()
                .map(|task| {
                    let speed = self.row(task, name).map(Row::speed);
                    speed.map_or_else(|| "–".to_owned(), |speed| format!("{speed:.0}"))
                })
                .collect();
            println!("| {name} | {} |", cells.join(" | "));
        }
    }
}

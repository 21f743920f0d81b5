//! What the engine has to reach, and whether it does.

use crate::PROCESS;
use crate::report::Report;

/// A ratio of two rows.
struct Target {
    task: &'static str,
    ours: &'static str,
    other: &'static str,
    at_least: f64,
}

const fn target(
    task: &'static str,
    ours: &'static str,
    other: &'static str,
    at_least: f64,
) -> Target {
    Target { task, ours, other, at_least }
}

const TARGETS: &[Target] = &[
    target("T1", "sawlog-captures", "pcre2", 2.5),
    target("T1", "sawlog-captures", "vrl", 15.0),
    target("T2", "sawlog", "grok-pcre2", 8.0),
    target("T2", "sawlog", "vrl", 15.0),
    target("T2", "sawlog", "ceiling", 0.45),
    target("T3", "sawlog", "grok-pcre2", 15.0),
    target("T3", "sawlog", "vrl", 25.0),
    target("T3", "sawlog", "ceiling", 0.55),
    target("T4", "sawlog-captures", "pcre2", 2.5),
    target("T5", "sawlog", "simd-json", 2.0),
    target("T6", "sawlog", "pcre2", 20.0),
    target("T6n", "sawlog", "pcre2", 20.0),
    target(PROCESS, "convert-1-job", "sawlog", 0.8),
    target(PROCESS, "convert-2-jobs-wall", "convert-1-job-wall", 1.8),
];

/// The most steps of a line twice as long, in those of the line.
const MOST_STEPS: f64 = 2.5;

/// The most nanoseconds for a line of T7.
const MOST_NS: f64 = 1e6;

pub(crate) fn print(report: &Report) {
    println!("\n## Must reach\n");
    println!("| task | | against | at least | measured | |\n|---|---|---|--:|--:|---|");
    let reached = |yes: bool| if yes { "reached" } else { "**missed**" };
    for Target { task, ours, other, at_least } in TARGETS {
        if let Some(ratio) = report.ratio(task, ours, other) {
            let verdict = reached(ratio >= *at_least);
            println!("| {task} | {ours} | {other} | {at_least}x | {ratio:.2}x | {verdict} |");
        } else if report.rows.iter().any(|row| row.task == *task) {
            println!("| {task} | {ours} | {other} | {at_least}x | – | not measured |");
        }
    }
    for steps in &report.steps {
        let task = steps.task;
        for pair in steps.counts.windows(2) {
            let growth = pair[1] as f64 / pair[0] as f64;
            let verdict = reached(pair[1] as f64 <= MOST_STEPS * pair[0] as f64);
            // A line that no search begins on takes no steps.
            let growth = if pair[0] == 0 { "–".to_owned() } else { format!("{growth:.2}x") };
            println!(
                "| {task} | steps | half of it | at most {MOST_STEPS}x | {growth} | {verdict} |"
            );
        }
        if let Some(row) = report.row(task, "sawlog") {
            let (ns, verdict) = (row.ns_per_line(), reached(row.ns_per_line() < MOST_NS));
            println!("| {task} | a line | | under 1 ms | {:.4} ms | {verdict} |", ns / 1e6);
        }
    }
}

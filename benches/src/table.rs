//! Prints what criterion measured as one table, with what the figures depend on: `table FOLDER`,
//! where the folder is criterion's.

#![expect(clippy::print_stdout, reason = "the table is the output")]

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Crates whose versions decide the figures.
const CRATES: &[&str] =
    &["grok", "pcre2", "pcre2-sys", "onig", "onig_sys", "serde_json", "chrono", "simd-json"];

struct Row {
    megabytes: f64,
    events: f64,
    nanoseconds: f64,
}

impl Row {
    fn speed(&self) -> f64 {
        self.megabytes / self.nanoseconds * 1e9
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("name the folder of criterion's results")?;
    let mut groups: BTreeMap<String, BTreeMap<String, Row>> = BTreeMap::new();
    for group in folders(folder.as_ref())? {
        for function in folders(&group)? {
            let read = |name: &str| -> Result<Value, Box<dyn Error>> {
                Ok(serde_json::from_slice(&fs::read(function.join("new").join(name))?)?)
            };
            let Ok(benchmark) = read("benchmark.json") else { continue };
            let size = &benchmark["throughput"]["ElementsAndBytes"];
            let number = |value: &Value| value.as_f64().ok_or("not criterion's form");
            let row = Row {
                megabytes: number(&size["bytes"])? / 1e6,
                events: number(&size["elements"])?,
                nanoseconds: number(&read("estimates.json")?["median"]["point_estimate"])?,
            };
            let text = |name: &str| benchmark[name].as_str().unwrap_or_default().to_owned();
            groups.entry(text("group_id")).or_default().insert(text("function_id"), row);
        }
    }
    context();
    println!("\n{:36}{:>10}{:>12}{:>12}{:>9}", "", "MB/s", "events/s", "ns/event", "ratio");
    for (group, rows) in &groups {
        let ours = rows.get("sawlog").map(Row::speed);
        for (function, row) in rows {
            let name = format!("{group}/{function}");
            let speed = row.speed();
            let events = row.events / row.nanoseconds * 1e9;
            let each = row.nanoseconds / row.events;
            let ratio = ours.map_or_else(String::new, |ours| format!("{:.2}", ours / speed));
            println!("{name:36}{speed:>10.1}{events:>12.0}{each:>12.0}{ratio:>9}");
        }
    }
    Ok(())
}

fn folders(of: &Path) -> Result<Vec<std::path::PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(of).map_err(|error| format!("{}: {error}", of.display()))?;
    Ok(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
}

fn context() {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    println!("cpu      {}", model.trim_start_matches([' ', '\t', ':']));
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load     {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "));
    println!("commit   {}", output("git", &["describe", "--always", "--dirty", "--abbrev=12"]));
    println!("rustc    {}", output("rustc", &["--version"]));
    let lock = include_str!("../Cargo.lock");
    let mut names = lock.lines();
    let mut versions = Vec::new();
    while let Some(line) = names.next() {
        let name = line.strip_prefix("name = ").map(|name| name.trim_matches('"'));
        if let Some(name) = name.filter(|name| CRATES.contains(name)) {
            let version = names.next().and_then(|line| line.strip_prefix("version = "));
            versions.push(format!("{name} {}", version.unwrap_or_default().trim_matches('"')));
        }
    }
    println!("crates   {}", versions.join(", "));
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}

//! What the figures depend on: machine, commit, compiler, versions, inputs.

use std::fs;
use std::process::Command;

use sawlog_benches::tasks::{Shared, TASKS};

/// Crates whose versions decide the figures.
const CRATES: &[&str] = &[
    "chrono",
    "fancy-regex",
    "grok",
    "onig",
    "onig_sys",
    "pcre2",
    "pcre2-sys",
    "regex",
    "serde_json",
    "simd-json",
    "sonic-rs",
    "vrl",
];

pub(crate) fn print(shared: &Shared, rounds: usize) {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let value = |name: &str| {
        let line = cpus.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim_start_matches([' ', '\t', ':']).to_owned()
    };
    let flags = value("flags");
    let has = |flag: &&str| flags.split(' ').any(|word| word == *flag);
    let simd: Vec<&str> =
        ["ssse3", "avx2", "avx512bw", "avx512vbmi2"].into_iter().filter(has).collect();
    let count = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let load = read("/proc/loadavg");
    println!("| | |\n|---|---|");
    println!("| machine | {}, {count} processors, {} |", value("model name"), simd.join(" "));
    println!("| load at the end | {} |", load.split(' ').take(3).collect::<Vec<_>>().join(" "));
    println!("| commit | {} |", output("git", &["describe", "--always", "--dirty", "--abbrev=12"]));
    println!("| rustc | {} |", output("rustc", &["--version"]));
    println!("| crates | {} |", versions().join(", "));
    println!("| profile | bench: lto fat, one codegen unit; `convert`: profile dist, the same |");
    println!("| rounds | {rounds}, alternating; the figures are medians |");
    let mut seen = Vec::new();
    for task in TASKS {
        let path = shared.corpus_path(task);
        if !seen.contains(&path) {
            let sum = output("sha256sum", &[&path.to_string_lossy()]);
            let sum = sum.split(' ').next().unwrap_or_default();
            let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            println!("| {name} | {bytes} bytes, SHA-256 {} |", sum.get(..16).unwrap_or_default());
            seen.push(path);
        }
    }
}

fn versions() -> Vec<String> {
    let mut lines = include_str!("../../../Cargo.lock").lines();
    let mut versions = Vec::new();
    while let Some(line) = lines.next() {
        let name = line.strip_prefix("name = ").map(|name| name.trim_matches('"'));
        if let Some(name) = name.filter(|name| CRATES.contains(name)) {
            let version = lines.next().and_then(|line| line.strip_prefix("version = "));
            let version = version.unwrap_or_default().trim_matches('"');
            versions.push(format!("{name} {version}"));
        }
    }
    versions
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}

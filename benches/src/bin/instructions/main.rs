//! Counts the instructions of four small workloads under callgrind: the same number for the same
//! program, whatever else the machine does.
//!
//! ```text
//! instructions check FILE    compares with the numbers of a file, fails where there are too many
//! instructions bless FILE    writes the file
//! instructions run NAME      one workload, to be run under callgrind
//! ```
//!
//! The numbers belong to a compiler: with another one they are told and not judged.

#![expect(clippy::print_stderr, reason = "says how it compares")]

mod workloads;

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::process::{Command, ExitCode};

use sawlog::SimdLevel;
use sawlog_benches::Contestant;
use sawlog_benches::engine::Engine;
use workloads::{WORKLOADS, Workload};

/// By how many percent more instructions are accepted.
const TOLERANCE_PERCENT: u64 = 5;

/// Workloads with their instructions.
type Counts = Vec<(&'static str, u64)>;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["run", name] => {
            let workload = WORKLOADS.iter().find(|workload| workload.name == name);
            run(workload.ok_or("no such workload")?);
            Ok(ExitCode::SUCCESS)
        }
        ["check", file] => check(file),
        ["bless", file] => bless(file),
        _ => Err("check FILE, bless FILE or run NAME".into()),
    }
}

fn run(workload: &Workload) {
    let input = workload.input();
    let mut engine = Engine::with_simd(workload.config, SimdLevel::Avx2);
    // What grows to what the input needs has grown.
    measured(&mut engine, &input, workload);
    measured(&mut engine, &input, workload);
}

/// What callgrind counts, by this function's name.
#[inline(never)]
fn measured(engine: &mut Engine, input: &str, workload: &Workload) {
    black_box(engine.run(input, workload.output));
}

fn check(file: &str) -> Result<ExitCode, Box<dyn Error>> {
    let Some(counted) = count_all()? else { return Ok(ExitCode::SUCCESS) };
    let recorded = fs::read_to_string(file)?;
    let compiler = compiler()?;
    let mut is_judged = false;
    let mut has_failed = false;
    for (name, count) in counted {
        let mut rows = recorded.lines().map(|row| row.split('\t').collect::<Vec<_>>());
        let row = rows.find(|row| row[0] == name).ok_or_else(|| format!("{file}: no {name}"))?;
        let [_, expected, with, ..] = row[..] else { return Err(format!("{file}: {name}").into()) };
        let expected: u64 = expected.parse()?;
        let change = (count as f64 / expected as f64 - 1.0) * 100.0;
        let is_same_compiler = with == compiler;
        let is_too_much = count * 100 > expected * (100 + TOLERANCE_PERCENT);
        is_judged |= is_same_compiler;
        has_failed |= is_same_compiler && is_too_much;
        let verdict = match (is_same_compiler, is_too_much) {
            (false, _) => "not judged, another compiler",
            (true, true) => "too many",
            (true, false) => "ok",
        };
        eprintln!("{name}: {count} instructions, recorded {expected}, {change:+.1} %: {verdict}");
    }
    if !is_judged {
        eprintln!("the numbers in {file} are another compiler's; this is {compiler}");
    }
    Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn bless(file: &str) -> Result<ExitCode, Box<dyn Error>> {
    let counted = count_all()?.ok_or("nothing was counted")?;
    let compiler = compiler()?;
    let mut text = String::from("workload\tinstructions\tcompiler\ttolerance, %\n");
    for (name, count) in counted {
        writeln!(text, "{name}\t{count}\t{compiler}\t{TOLERANCE_PERCENT}")?;
    }
    fs::write(file, text)?;
    Ok(ExitCode::SUCCESS)
}

/// All workloads with their instructions; none where they cannot be counted alike.
fn count_all() -> Result<Option<Counts>, Box<dyn Error>> {
    if !has_avx2() {
        eprintln!("skipped: the recorded numbers are those of AVX2, which is not here");
        return Ok(None);
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("skipped: valgrind is not installed");
        return Ok(None);
    }
    let counts = WORKLOADS.iter().map(|workload| Ok((workload.name, count(workload.name)?)));
    counts.collect::<Result<_, Box<dyn Error>>>().map(Some)
}

/// Runs this program again under callgrind.
fn count(name: &str) -> Result<u64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=*measured*"])
        .arg(env::current_exe()?)
        .args(["run", name])
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| Some(line.split_once("Collected : ")?.1.trim()));
    let count: u64 = collected.ok_or_else(|| text.to_string())?.parse()?;
    if !output.status.success() || count == 0 {
        return Err(format!("{name}: {text}").into());
    }
    Ok(count)
}

/// The level that the workloads are run with; callgrind knows nothing wider.
fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

fn compiler() -> Result<String, Box<dyn Error>> {
    let output = Command::new("rustc").arg("--version").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

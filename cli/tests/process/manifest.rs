//! `sawlog convert --manifest`: a run that is killed goes on, a finished one does nothing.

use std::{
    fs,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::{
    parallel::{contents, gzip, lines},
    support::{NOW, Run, Scratch, run, sawlog},
};

/// How often a run is killed; the full number of the acceptance test is 20.
fn kills() -> usize {
    std::env::var("SAWLOG_TEST_KILLS").map_or(5, |kills| kills.parse().unwrap())
}

fn convert<'a>(output: &'a str, more: &[&'a str], input: &'a str) -> Vec<&'a str> {
    let grok = "%{TIMESTAMP_ISO8601:ts} %{LOGLEVEL:level} user=%{INT:user:int}";
    let base = ["convert", "--grok", grok, "--now", NOW, "-j", "2", "-o", output, input];
    [&base[..], more].concat()
}

/// Kills runs after times that differ, until enough were killed, then lets one end.
fn run_with_kills(arguments: &[&str], kills: usize, whole: Duration) -> Run {
    // Places all over the run, spread by the golden ratio, the same in every test.
    let mut place = 0.5_f64;
    let mut killed = 0;
    for _ in 0..20 * kills {
        if killed == kills {
            break;
        }
        place = (place + 0.618_034).fract();
        let mut child =
            sawlog(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(whole.mul_f64(0.05 + 0.9 * place));
        child.kill().unwrap();
        // No exit code: the kill came before the end.
        if child.wait().unwrap().code().is_none() {
            killed += 1;
        } else {
            break;
        }
    }
    assert!(killed > 0, "a run was killed");
    run(arguments)
}

fn kill_and_compare(name: &str, output: &str) {
    let scratch = Scratch::new(name);
    for file in 0..8 {
        let content = lines(file, 12_000);
        scratch.file(&format!("in/{file}.log"), &content);
        scratch.file(&format!("in/{file}.log.gz"), gzip(&content));
    }
    // Many lines in one file: the run is killed in the middle of it too.
    scratch.file("in/big.log", lines(9, 150_000));
    let input = scratch.path.join("in");
    let input = input.to_str().unwrap();
    let path = |folder: &str| {
        fs::create_dir_all(scratch.path.join(folder)).unwrap();
        format!("{}/{folder}/{output}", scratch.path.display())
    };
    let (undisturbed, disturbed) = (path("undisturbed"), path("disturbed"));
    let start = Instant::now();
    let once = run(&convert(&undisturbed, &[], input));
    let whole = start.elapsed();
    assert_eq!(once.status, 0, "{}", once.stderr);
    let manifest = scratch.path.join("manifest");
    let arguments = convert(&disturbed, &["--manifest", manifest.to_str().unwrap()], input);
    let last = run_with_kills(&arguments, kills(), whole);
    assert_eq!(last.status, 0, "{}", last.stderr);
    let files = |folder: &str| contents(&scratch.path.join(folder));
    assert!(files("undisturbed") == files("disturbed"), "the outputs are the same");
    let again = run(&arguments);
    assert_eq!(again.status, 0, "{}", again.stderr);
    assert!(again.stderr.contains("everything is done already"), "{}", again.stderr);
}

#[test]
fn killed_run_goes_on_to_the_same_file() {
    kill_and_compare("killed_run_goes_on_to_the_same_file", "out.ndjson");
}

#[test]
fn killed_run_goes_on_to_the_same_compressed_file() {
    kill_and_compare("killed_run_goes_on_to_the_same_compressed_file", "out.ndjson.gz");
}

#[test]
fn killed_run_goes_on_to_the_same_directory() {
    kill_and_compare("killed_run_goes_on_to_the_same_directory", "out/");
}

#[test]
fn changed_input_is_converted_again() {
    let scratch = Scratch::new("changed_input_is_converted_again");
    let input = scratch.file("in/a.log", "one\n");
    scratch.file("in/b.log", "other\n");
    let folder = scratch.path.join("in");
    let folder = folder.to_str().unwrap();
    let manifest = scratch.path.join("manifest");
    let manifest = ["--manifest", manifest.to_str().unwrap()];
    for output in ["out.ndjson", "out/"] {
        scratch.file("in/a.log", "one\n");
        let output = format!("{}/{output}", scratch.path.display());
        let _ = fs::remove_file(manifest[1]);
        let arguments = convert(&output, &manifest, folder);
        let first = run(&arguments);
        assert_eq!(first.status, 0, "{}", first.stderr);
        fs::write(&input, "one\ntwo\n").unwrap();
        let second = run(&arguments);
        assert_eq!(second.status, 0, "{}", second.stderr);
        assert!(second.stderr.contains("a.log` has changed"), "{}", second.stderr);
        let all: String = if Path::new(&output).is_dir() {
            let files = contents(Path::new(&output));
            files.values().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
        } else {
            fs::read_to_string(&output).unwrap()
        };
        assert_eq!(all.lines().count(), 3, "{all}");
        assert!(all.contains("\"message\":\"two\""), "{all}");

        let other = [&arguments[..], &["--set", "a=b"]].concat();
        let other = run(&other);
        assert_eq!(other.status, 0, "{}", other.stderr);
        assert!(other.stderr.contains("all is converted again"), "{}", other.stderr);
    }
}

#[test]
fn touched_input_is_the_same_by_its_content() {
    let scratch = Scratch::new("touched_input_is_the_same_by_its_content");
    let input = scratch.file("a.log", "one\n");
    let output = format!("{}/out.ndjson", scratch.path.display());
    let manifest = scratch.path.join("manifest");
    let arguments = convert(&output, &["--manifest", manifest.to_str().unwrap()], &input);
    assert_eq!(run(&arguments).status, 0);
    let time = std::time::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    fs::File::options().write(true).open(&input).unwrap().set_modified(time).unwrap();
    let again = run(&arguments);
    assert!(again.stderr.contains("everything is done already"), "{}", again.stderr);
}

#[test]
fn file_that_is_no_manifest_is_left_alone() {
    let scratch = Scratch::new("file_that_is_no_manifest_is_left_alone");
    let input = scratch.file("a.log", "one\n");
    let output = format!("{}/out.ndjson", scratch.path.display());
    for content in ["precious", "precious\n", "{\"a\":1}\n"] {
        let manifest = scratch.file("manifest", content);
        let run = run(&convert(&output, &["--manifest", &manifest], &input));
        assert_eq!(run.status, 2, "{}", run.stderr);
        assert_eq!(fs::read_to_string(&manifest).unwrap(), content);
    }
}

#[test]
fn damaged_input_stays_known() {
    let scratch = Scratch::new("damaged_input_stays_known");
    let packed = gzip(&lines(1, 2000));
    let input = scratch.file("a.log.gz", &packed[..packed.len() / 2]);
    let output = format!("{}/out.ndjson", scratch.path.display());
    let manifest = scratch.path.join("manifest");
    let arguments = convert(&output, &["--manifest", manifest.to_str().unwrap()], &input);
    assert_eq!(run(&arguments).status, 1);
    assert!(fs::read_to_string(&manifest).unwrap().contains(r#""state":"damaged""#));
    let again = run(&arguments);
    assert_eq!(again.status, 1);
    assert!(again.stderr.contains("everything is done already"), "{}", again.stderr);
}

#[test]
fn manifest_needs_files_on_both_sides() {
    let scratch = Scratch::new("manifest_needs_files_on_both_sides");
    let manifest = scratch.path.join("manifest");
    let manifest = manifest.to_str().unwrap();
    let input = scratch.file("a.log", "one\n");
    assert_eq!(run(&convert("-", &["--manifest", manifest], &input)).status, 2);
    let output = format!("{}/out.ndjson", scratch.path.display());
    assert_eq!(run(&convert(&output, &["--manifest", manifest], "-")).status, 2);
    assert!(!Path::new(manifest).exists());
}

//! `sawlog convert` on many files with several threads: the same bytes, outputs that are whole.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    path::Path,
    process::Stdio,
    thread,
    time::Duration,
};

use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};

use crate::support::{NOW, Run, Scratch, project, run, sawlog};

const GROK: &str = "%{TIMESTAMP_ISO8601:ts} %{LOGLEVEL:level} user=%{INT:user:int}";

/// Lines of which every seventh does not match.
pub fn lines(file: usize, count: usize) -> Vec<u8> {
    let line = |n: usize| {
        let pad = "x".repeat(n * 7919 % 97);
        if n.is_multiple_of(7) {
            format!("no match {file} {n} {pad}\n")
        } else {
            format!("2024-03-15 14:23:{:02} INFO user={n} from {file} {pad}\n", n % 60)
        }
    };
    (0..count).flat_map(|n| line(n).into_bytes()).collect()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Makes files of all kinds in `in/`, damaged ones among them, and returns the folder.
pub fn tree(scratch: &Scratch) -> String {
    for file in 0..6 {
        let content = lines(file, 3000 * file);
        scratch.file(&format!("in/plain-{file}.log"), &content);
        scratch.file(&format!("in/deep/packed-{file}.log.gz"), gzip(&content));
    }
    let packed = gzip(&lines(9, 30_000));
    scratch.file("in/deep/truncated.log.gz", &packed[..packed.len() / 2]);
    scratch.file("in/empty.log", "");
    scratch.file("in/crlf.log", "a\r\nb\r\nc");
    let long = [b"before\n".to_vec(), vec![b'y'; 3_000_000], b"\nafter\n".to_vec()].concat();
    scratch.file("in/long.log", &long);
    scratch.file("in/too-long.log", [&long[..], &vec![b'z'; 12_000_000]].concat());
    let real = project().join("../shared/data/real");
    for name in ["Apache.log", "auth.log", "OpenSSH.log"] {
        if let Ok(content) = fs::read(real.join(name)) {
            scratch.file(&format!("in/real/{name}"), content);
        }
    }
    scratch.path.join("in").to_str().unwrap().to_owned()
}

/// Returns the files below a folder with their contents.
pub fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(path) = folders.pop() {
        for entry in fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Converts with so many threads and returns the output and what was said last.
fn convert(scratch: &Scratch, input: &str, output: &str, jobs: &str) -> (Vec<u8>, Run) {
    let output = scratch.path.join(output);
    let path = output.to_str().unwrap();
    let run = run(&["convert", "--grok", GROK, "--now", NOW, "-j", jobs, "-o", path, input]);
    (fs::read(output).unwrap(), run)
}

#[test]
fn output_is_the_same_for_every_number_of_threads() {
    let scratch = Scratch::new("output_is_the_same_for_every_number_of_threads");
    let input = tree(&scratch);
    let (one, said) = convert(&scratch, &input, "out.ndjson", "1");
    for jobs in ["2", "4"] {
        let (other, run) = convert(&scratch, &input, "out.ndjson", jobs);
        assert_eq!(run.status, 1, "{}", run.stderr);
        assert!(run.stderr.contains("truncated.log.gz`"), "{}", run.stderr);
        assert!(run.stderr.contains("too-long.log:4: refused"), "{}", run.stderr);
        let without_speed = |text: &str| -> Vec<String> {
            text.lines()
                .map(|line| {
                    line.split(" MB/s")
                        .next()
                        .unwrap_or_default()
                        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
                        .to_owned()
                })
                .collect()
        };
        assert_eq!(without_speed(&run.stderr), without_speed(&said.stderr), "{jobs} threads");
        assert!(one == other, "the output differs with {jobs} threads");
    }
    let left = contents(&scratch.path);
    assert!(!left.keys().any(|name| name.ends_with(".sawlog-part")), "no temporary file is left");
}

#[test]
fn compressed_output_is_the_same_for_every_number_of_threads() {
    let scratch = Scratch::new("compressed_output_is_the_same_for_every_number_of_threads");
    // Small ones, whose events share a member, and one whose events are several.
    for (file, count) in [3, 40, 0, 6000, 5].into_iter().enumerate() {
        scratch.file(&format!("in/{file}.log"), lines(file, count));
    }
    let input = scratch.path.join("in");
    let input = input.to_str().unwrap();
    for name in ["out.ndjson.gz", "out.ndjson.zst", "out.ndjson.xz"] {
        let (one, run) = convert(&scratch, input, name, "1");
        assert_eq!(run.status, 0, "{}", run.stderr);
        let (four, _) = convert(&scratch, input, name, "4");
        assert!(!one.is_empty() && one == four, "{name} differs with 4 threads");
    }
    let plain = convert(&scratch, input, "out.ndjson", "2").0;
    let packed = fs::read(scratch.path.join("out.ndjson.gz")).unwrap();
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap();
    assert!(plain == unpacked, "the compressed output holds the same events");
}

#[test]
fn lines_come_in_the_order_of_the_input() {
    let scratch = Scratch::new("lines_come_in_the_order_of_the_input");
    let text: Vec<u8> = (0..200_000).flat_map(|n| format!("{n}\n").into_bytes()).collect();
    let input = scratch.file("a.log", &text);
    let run = run(&["convert", "-e", "filter { }", "--no-original", "-j", "4", &input]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let mut expected = 0;
    for line in run.text().lines() {
        assert!(line.contains(&format!("\"message\":\"{expected}\"")), "{line} for {expected}");
        expected += 1;
    }
    assert_eq!(expected, 200_000);
}

#[test]
fn directory_gets_a_file_for_each_input() {
    let scratch = Scratch::new("directory_gets_a_file_for_each_input");
    for name in ["in/a.log", "in/b/c.log", "in/b/d.log"] {
        scratch.file(name, format!("{name}\n"));
    }
    scratch.file("in/b/c.log.gz", gzip(b"packed\n"));
    let input = scratch.path.join("in");
    let input = input.to_str().unwrap();
    let output = scratch.path.join("out");
    let argument = format!("{}/", output.display());
    let arguments = ["convert", "-e", "filter { }", "-o", &argument, input];
    let first = run(&arguments);
    assert_eq!(first.status, 0, "{}", first.stderr);
    let files = contents(&output);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["a.log.ndjson", "b/c.log.gz.ndjson", "b/c.log.ndjson", "b/d.log.ndjson"],
        "a plain file and a packed one of the same name do not meet"
    );
    assert!(String::from_utf8_lossy(&files["b/c.log.gz.ndjson"]).contains("packed"));

    fs::remove_file(output.join("b/d.log.ndjson")).unwrap();
    fs::write(output.join("a.log.ndjson"), "kept").unwrap();
    let again = run(&[&arguments[..], &["--skip-existing"]].concat());
    assert_eq!(again.status, 0, "{}", again.stderr);
    assert!(again.stderr.contains("3 of 4 inputs"), "{}", again.stderr);
    assert_eq!(fs::read(output.join("a.log.ndjson")).unwrap(), b"kept");
    assert_eq!(contents(&output)["b/d.log.ndjson"].len(), files["b/d.log.ndjson"].len());
}

#[test]
fn failed_run_leaves_the_old_output() {
    let scratch = Scratch::new("failed_run_leaves_the_old_output");
    let output = scratch.file("out.ndjson", "old");
    let mut child = sawlog(&["convert", "-e", "filter { }", "-o", &output])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "a line").unwrap();
    let part = scratch.path.join("out.ndjson.sawlog-part");
    while !fs::metadata(&part).is_ok_and(|part| part.len() > 0) {
        thread::sleep(Duration::from_millis(5));
    }
    let interrupt = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupt.success());
    let ended = child.wait_with_output().unwrap();
    drop(stdin);
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("1 event in"), "{stderr}");
    assert!(!part.exists());
    assert_eq!(fs::read(&output).unwrap(), b"old");
}

#[test]
fn full_disk_is_an_error_with_the_name() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let run = run(&["convert", "-e", "filter { }", "-o", "/dev/full", "examples/auth/auth.log"]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("cannot write `/dev/full`"), "{}", run.stderr);
}

#[test]
fn device_is_written_to_and_not_replaced() {
    let run = run(&["convert", "-e", "filter { }", "-o", "/dev/null", "examples/auth/auth.log"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn clock_can_be_that_of_each_file() {
    let scratch = Scratch::new("clock_can_be_that_of_each_file");
    let input = scratch.file("a.log", "x\n");
    let seconds = 1_600_000_000;
    let time = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
    fs::File::options().write(true).open(&input).unwrap().set_modified(time).unwrap();
    let run = run(&["convert", "-e", "filter { }", "--now", "mtime", &input]);
    assert_eq!(run.events()[0]["@timestamp"], "2020-09-13T12:26:40.000Z", "{}", run.stderr);
}

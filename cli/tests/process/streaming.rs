//! `sawlog convert` in a pipe: each line at once, and a reader that leaves.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::Stdio,
};

use flate2::{Compression, write::GzEncoder};

use crate::support::sawlog;

#[test]
fn each_line_comes_out_before_the_next_goes_in() {
    let mut child = sawlog(&["convert", "-e", "filter { }", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for number in 0..20 {
        writeln!(stdin, "line {number}").unwrap();
        let mut line = String::new();
        // Hangs if the line is held back until more input comes.
        stdout.read_line(&mut line).unwrap();
        assert!(line.contains(&format!("\"message\":\"line {number}\"")), "{line}");
    }
    // A line without its end waits for the end of the input.
    write!(stdin, "half").unwrap();
    drop(stdin);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("\"message\":\"half\""), "{rest}");
    assert!(child.wait().unwrap().success());
}

#[test]
fn gzip_pipe_gives_each_line_once_its_bytes_are_there() {
    let mut child = sawlog(&["convert", "-e", "filter { }"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut packed = GzEncoder::new(child.stdin.take().unwrap(), Compression::default());
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for number in 0..3 {
        writeln!(packed, "line {number}").unwrap();
        packed.flush().unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.contains(&format!("line {number}")), "{line}");
    }
    drop(packed.finish().unwrap());
    assert!(child.wait().unwrap().success());
}

#[test]
fn closed_standard_output_ends_quietly() {
    let mut child = sawlog(&["convert", "-e", "filter { }"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let stdout = child.stdout.take().unwrap();
    writeln!(stdin, "first").unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(stdout);
    stdout.read_line(&mut line).unwrap();
    drop(stdout);
    // Writing goes on until the process is gone: it must not wait for the end of its input.
    let filler = [b"x\n".repeat(1000)].concat();
    while stdin.write_all(&filler).is_ok() {}
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

//! Which files a command line stands for.

use std::path::Path;

use crate::support::{Run, Scratch, run};

/// Writes files that hold their own names.
fn tree(scratch: &Scratch, names: &[&str]) {
    for name in names {
        scratch.file(name, format!("{name}\n"));
    }
}

fn convert(folder: &Path, arguments: &[&str]) -> Run {
    let paths: Vec<String> = arguments
        .iter()
        .map(|argument| match *argument {
            "-o" | "-" => (*argument).to_owned(),
            name => folder.join(name).to_str().unwrap().to_owned(),
        })
        .collect();
    let mut all = vec!["convert", "-e", "filter { }"];
    all.extend(paths.iter().map(String::as_str));
    run(&all)
}

fn messages(run: &Run) -> Vec<String> {
    run.events().iter().map(|event| event["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_directory_is_read_in_byte_order_of_its_paths() {
    let scratch = Scratch::new("a_directory_is_read_in_byte_order");
    let sorted = ["in/.hidden", "in/a.log", "in/a/b.log", "in/a/c/d.log", "in/a0", "in/b.log"];
    tree(&scratch, &sorted);
    tree(&scratch, &["in/Z.log"]);
    let run = convert(&scratch.path, &["in"]);
    let expected =
        ["in/.hidden", "in/Z.log", "in/a.log", "in/a/b.log", "in/a/c/d.log", "in/a0", "in/b.log"];
    assert_eq!(messages(&run), expected);
    assert_eq!(run.status, 0, "{}", run.stderr);
}

#[test]
fn arguments_keep_their_order_and_globs_match_as_in_a_shell() {
    let scratch = Scratch::new("arguments_keep_their_order_and_globs_match");
    tree(&scratch, &["b.log", "a.log", "c.txt", ".d.log", "sub/e.log", "[x].log"]);
    let run = convert(&scratch.path, &["c.txt", "*.log", "{sub,no}/*", "[x].log"]);
    assert_eq!(messages(&run), ["c.txt", "[x].log", "a.log", "b.log", "sub/e.log"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_and_second_names_cut() {
    use std::os::unix::fs::symlink;

    let scratch = Scratch::new("links_are_followed_and_loops_cut");
    tree(&scratch, &["in/a.log", "in/sub/b.log", "elsewhere/c.log"]);
    let inside = scratch.path.join("in");
    symlink("..", inside.join("sub/up")).unwrap();
    symlink(".", inside.join("here")).unwrap();
    symlink("../elsewhere", inside.join("there")).unwrap();
    symlink("a.log", inside.join("current.log")).unwrap();
    symlink("gone", inside.join("dangling")).unwrap();
    let run = convert(&scratch.path, &["in"]);
    assert_eq!(messages(&run), ["in/a.log", "in/sub/b.log", "elsewhere/c.log"]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("in/dangling"), "{}", run.stderr);
}

#[test]
fn what_the_run_writes_is_not_read() {
    let scratch = Scratch::new("what_the_run_writes_is_not_read");
    tree(&scratch, &["in/a.log", "in/out.ndjson"]);
    let run = convert(&scratch.path, &["in", "-o", "in/out.ndjson"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let written = std::fs::read_to_string(scratch.path.join("in/out.ndjson")).unwrap();
    assert_eq!(written.lines().count(), 1, "{written}");
}

#[test]
fn the_same_file_twice_is_read_once() {
    let scratch = Scratch::new("the_same_file_twice_is_read_once");
    tree(&scratch, &["a.log", "b.log"]);
    let run = convert(&scratch.path, &["a.log", "*.log", "./a.log"]);
    assert_eq!(messages(&run), ["a.log", "b.log"]);
}

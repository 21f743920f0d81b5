//! `sawlog fmt`: files in place, standard input, `--check`, what is left alone.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::support::{Scratch, run, run_on};

const UGLY: &str = "# head\nfilter{drop{}# why\n\n\n\nmutate{add_tag=>[\"a\",'b']}}\n";
const NEAT: &str =
    "# head\nfilter {\n  drop { } # why\n\n  mutate {\n    add_tag => [\"a\", 'b']\n  }\n}\n";

#[test]
fn files_are_rewritten_and_keep_their_permissions() {
    let scratch = Scratch::new("files_are_rewritten");
    let ugly = scratch.file("ugly.conf", UGLY);
    let neat = scratch.file("neat.conf", NEAT);
    fs::set_permissions(&ugly, fs::Permissions::from_mode(0o640)).unwrap();
    let before = fs::metadata(&neat).unwrap().modified().unwrap();
    let run = run(&["fmt", &ugly, &neat]);
    assert_eq!((run.status, run.text(), &*run.stderr), (0, "", ""));
    assert_eq!(fs::read_to_string(&ugly).unwrap(), NEAT);
    assert_eq!(fs::metadata(&ugly).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::metadata(&neat).unwrap().modified().unwrap(), before, "was touched");
    assert_eq!(fs::read_dir(&scratch.path).unwrap().count(), 2, "a temporary file is left");
}

#[test]
fn link_stays_a_link() {
    let scratch = Scratch::new("link_stays_a_link");
    let file = scratch.file("a/real.conf", UGLY);
    let link = scratch.path.join("link.conf");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    assert_eq!(run(&["fmt", link.to_str().unwrap()]).status, 0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), NEAT);
}

#[test]
fn standard_input_goes_to_standard_output() {
    for arguments in [&["fmt"][..], &["fmt", "-"]] {
        let run = run_on(arguments, UGLY.as_bytes());
        assert_eq!((run.status, run.text(), &*run.stderr), (0, NEAT, ""));
    }
    let check = run_on(&["fmt", "--check", "-"], UGLY.as_bytes());
    assert_eq!((check.status, check.text()), (1, "-\n"));
}

#[test]
fn check_names_what_would_change_and_writes_nothing() {
    let scratch = Scratch::new("check_names_what_would_change");
    let ugly = scratch.file("ugly.conf", UGLY);
    let neat = scratch.file("neat.conf", NEAT);
    let first = run(&["fmt", "--check", &neat, &ugly]);
    assert_eq!((first.status, first.text()), (1, &*format!("{ugly}\n")));
    assert_eq!(fs::read_to_string(&ugly).unwrap(), UGLY);
    assert_eq!(run(&["fmt", "--check", &neat]).status, 0);
}

#[test]
fn config_with_errors_is_left_alone_and_others_are_done() {
    let scratch = Scratch::new("config_with_errors_is_left_alone");
    let bad = scratch.file("bad.conf", "filter { drop { ");
    let binary = scratch.file("binary.conf", b"filter { } # \xff\n");
    let ugly = scratch.file("ugly.conf", UGLY);
    let run = run(&["fmt", &bad, "no-such.conf", &binary, &ugly]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("error[syntax]") && run.stderr.contains("bad.conf:1:"));
    assert!(run.stderr.contains("cannot read `no-such.conf`"), "{}", run.stderr);
    assert!(run.stderr.contains("cannot format `"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(&bad).unwrap(), "filter { drop { ");
    assert_eq!(fs::read_to_string(&ugly).unwrap(), NEAT);
}

#[test]
fn read_only_file_is_left_alone() {
    let scratch = Scratch::new("read_only_file_is_left_alone");
    let ugly = scratch.file("ugly.conf", UGLY);
    fs::set_permissions(&ugly, fs::Permissions::from_mode(0o444)).unwrap();
    let run = run(&["fmt", &ugly]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("read-only"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(&ugly).unwrap(), UGLY);
}

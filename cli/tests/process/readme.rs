//! The commands of the README and of the guides give the output that they show, and files are
//! shown as they are.
//!
//! A block marked `console` is a list of commands, each after `$ `, followed by what it prints.

use std::{
    fs,
    process::{Command, Stdio},
};

use crate::support::project;

#[test]
fn commands_of_the_readme_print_what_it_shows() {
    let commands = check_all("README.md");
    assert!(commands >= 3, "the README shows {commands} commands");
}

#[test]
fn commands_of_the_guide_to_convert_print_what_it_shows() {
    let commands = check_all("docs/convert.md");
    assert!(commands >= 7, "the guide shows {commands} commands");
}

#[test]
fn commands_of_the_guide_to_testing_print_what_it_shows() {
    let commands = check_all("docs/testing.md");
    assert!(commands >= 6, "the guide shows {commands} commands");
}

#[test]
fn commands_of_the_guide_to_grok_print_what_it_shows() {
    let commands = check_all("docs/grok.md");
    assert!(commands >= 8, "the guide shows {commands} commands");
}

/// A block after a line such as "`examples/a.yaml`:" is that file.
#[test]
fn files_in_the_guide_to_testing_are_the_examples() {
    let text = fs::read_to_string(project().join("docs/testing.md")).unwrap();
    let mut files = 0;
    for part in text.split("\n`examples/").skip(1) {
        let Some((name, rest)) = part.split_once("`:\n\n```") else { continue };
        let block = rest.split_once('\n').unwrap().1.split("```").next().unwrap();
        let file = fs::read_to_string(project().join("examples").join(name)).unwrap();
        assert_eq!(block, file, "{name}");
        files += 1;
    }
    assert!(files >= 3, "the guide shows {files} files");
}

/// Runs the commands of a page and returns how many there are.
fn check_all(page: &str) -> usize {
    let text = fs::read_to_string(project().join(page)).unwrap();
    let blocks: Vec<&str> = text.split("```").skip(1).step_by(2).collect();
    let mut commands = 0;
    for (at, block) in blocks.iter().enumerate() {
        let Some(block) = block.strip_prefix("console\n") else { continue };
        // Such build the program above them against an installed library: `make test-new-user` does.
        if at > 0 && ["c\n", "go\n"].iter().any(|language| blocks[at - 1].starts_with(language)) {
            continue;
        }
        for part in block.split("$ ").skip(1) {
            let (command, shown) = part.split_once('\n').unwrap();
            commands += 1;
            check(command, shown.trim_end());
        }
    }
    commands
}

fn check(command: &str, shown: &str) {
    match command.strip_prefix("make ") {
        // Runs itself: only its existence is checked.
        Some("test") => drop(recipe("test")),
        Some(target) => assert_eq!(output(&recipe(target)), shown, "make {target}"),
        None => assert_eq!(output(command), shown, "{command}"),
    }
}

/// Returns the commands of a make target, without those that build.
fn recipe(target: &str) -> String {
    let output = Command::new("make")
        .args(["-n", "--no-print-directory", target])
        .current_dir(project())
        .env_remove("CARGO")
        // These tests may run under a make of their own.
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .output()
        .unwrap();
    assert!(output.status.success(), "make has no target `{target}`");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("cargo "));
    lines.collect::<Vec<_>>().join("\n").replace("target/release/sawlog", "sawlog")
}

/// Runs a command as a reader would, with the binary in the path.
fn output(command: &str) -> String {
    let binary = env!("CARGO_BIN_EXE_sawlog");
    let directory = binary.rsplit_once('/').unwrap().0;
    let path = format!("{directory}:{}", std::env::var("PATH").unwrap());
    fs::create_dir_all(project().join("target")).unwrap();
    let output = Command::new("bash")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(project())
        .envs([("PATH", path.as_str()), ("TZ", "UTC"), ("NO_COLOR", "1")])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

//! Compiles the programs in tests/c, the examples and those of the guide with the system's compilers, against the header and the
//! shared library, and runs them.
//!
//! The cases of tests/c/vectors.c are those that core's test of the same cases has written: `make test-c` runs it first.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeSet,
    env, fs,
    io::Write as _,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Once,
};

const C_FLAGS: [&str; 8] =
    ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-O1", "-g"];

#[test]
fn misuse_is_answered() {
    passes(&["misuse.c"]);
}

#[test]
fn stream_comes_out_however_it_is_cut() {
    passes(&["stream.c"]);
}

#[test]
fn values_come_without_json() {
    passes(&["values.c"]);
}

#[test]
fn record_batches_are_read_by_their_specification() {
    passes(&["arrow.c"]);
}

#[test]
fn cxx_program_runs() {
    let program =
        compile("c++", &["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror"], "cxx.cpp");
    assert_passed(&run(&mut Command::new(program), b""));
}

#[test]
fn vectors_come_out_as_in_rust() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let cases = folder.join("binding-cases.ndjson");
    if !cases.exists() {
        tell("skipped: no cases; `make test-c` has core's test write them");
        return;
    }
    let report = folder.join("binding-report-c.tsv");
    let agents = project().join("cli/data/uap-core/regexes.yaml");
    let mut program = Command::new(compile("cc", &C_FLAGS, "vectors.c"));
    let output = run(program.args([&cases, &agents, &report]), b"");
    assert_passed(&output);
    tell(String::from_utf8_lossy(&output.stdout).trim_end());
    let expected = fs::read_to_string(folder.join("binding-report.tsv")).unwrap();
    assert!(fs::read_to_string(report).unwrap() == expected, "the reports differ");
}

#[test]
fn header_compiles_in_both_languages_with_every_warning() {
    let unit = folder().join("header_only.c");
    fs::write(&unit, "#include <sawlog.h>\n#include <sawlog.h>\nint sawlog_nothing;\n").unwrap();
    let warnings = [
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Wconversion",
        "-Wshadow",
        "-Wundef",
        "-Wcast-align",
        "-Werror",
        "-fsyntax-only",
    ];
    for (compiler, language) in [
        ("cc", &["-std=c99", "-Wstrict-prototypes"][..]),
        ("c++", &["-std=c++17", "-x", "c++", "-Wold-style-cast"]),
    ] {
        let mut command = tool(compiler);
        command.args(language).args(warnings).arg(include()).arg(&unit);
        assert_passed(&run(&mut command, b""));
    }
}

#[test]
fn examples_do_what_they_say() {
    let config = folder().join("example.conf");
    fs::write(&config, "filter { grok { match => { \"message\" => \"%{WORD:verb} %{INT:n:int}\" } remove_field => [\"event\"] } }\n").unwrap();
    let input = "GET 1\nnothing\nPUT 22\n".repeat(3_000);
    let log = folder().join("example.log");
    fs::write(&log, &input).unwrap();

    let lines = run(Command::new(example("parse_lines")).arg(&config), input.as_bytes());
    assert_passed(&lines);
    let events = String::from_utf8(lines.stdout).unwrap();
    assert_eq!(events.lines().count(), 9_000);
    assert!(
        events.lines().next().unwrap().ends_with(r#""message":"GET 1","verb":"GET","n":1}"#),
        "{events:.200}"
    );
    assert_eq!(String::from_utf8(lines.stderr).unwrap(), "9000 lines, 9000 events\n");

    let one = run(Command::new(example("single_event")).arg(&config), b"PUT 7\n");
    assert_passed(&one);
    let shown = String::from_utf8(one.stdout).unwrap();
    assert!(shown.ends_with("@version: 1\nmessage: PUT 7\nverb: PUT\nn: 7\n"), "{shown}");

    let table = run(Command::new(example("arrow")).arg(&config), input.as_bytes());
    assert_passed(&table);
    let rows = String::from_utf8(table.stdout).unwrap();
    assert_eq!(rows.lines().count(), 9_000);
    assert!(
        rows.lines().next().unwrap().ends_with(r#""message":"GET 1","verb":"GET","n":1}"#),
        "{rows:.200}"
    );
    let columns = String::from_utf8(table.stderr).unwrap();
    let expected = [
        "@timestamp: tsn:UTC",
        "@version: u",
        "message: u",
        "verb: u",
        "n: l",
        "event: +s",
        "tags: +l",
        "_rest: u",
    ];
    assert_eq!(columns.lines().collect::<Vec<_>>(), expected);

    // The clock is part of the events, so that they are compared without it.
    let without_clock = |events: &str| -> Vec<String> {
        events.lines().map(|line| line.split_once(",\"@version\"").unwrap().1.to_owned()).collect()
    };
    for threads in ["1", "8"] {
        let mut command = Command::new(example("threads"));
        let output = run(command.args([&config, &log]).arg(threads), b"");
        assert_passed(&output);
        let shared = String::from_utf8(output.stdout).unwrap();
        assert!(without_clock(&shared) == without_clock(&events), "{threads} threads");
    }

    let refused = run(Command::new(example("parse_lines")).arg(folder().join("none.conf")), b"");
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn example_host_hands_over_what_the_config_asks_for() {
    let home = folder().join("asked");
    fs::create_dir_all(home.join("patterns")).unwrap();
    fs::write(home.join("patterns/mine"), "VERB (?:GET|PUT)\n").unwrap();
    fs::write(home.join("names.yml"), "GET: reads\n").unwrap();
    let config = home.join("asks.conf");
    fs::write(
        &config,
        r#"filter {
  grok { patterns_dir => ["${SAWLOG_TEST_HOME}/patterns"] match => { "message" => "^%{VERB:verb}" } }
  translate { source => "verb" target => "what" dictionary_path => "${SAWLOG_TEST_HOME}/names.yml" }
  mutate { add_field => { "agent" => "curl/8.0" } }
  useragent { source => "agent" target => "ua" }
}"#,
    )
    .unwrap();
    let mut command = Command::new(example("parse_lines"));
    let output = run(command.arg(&config).env("SAWLOG_TEST_HOME", &home), b"GET x\n");
    assert_passed(&output);
    let event = String::from_utf8(output.stdout).unwrap();
    assert!(event.contains(r#""what":"reads""#) && event.contains(r#""name":"curl""#), "{event}");
}

#[test]
fn programs_in_the_documents_print_what_stands_behind_them() {
    for document in ["README.md", "docs/c.md"] {
        let text = fs::read_to_string(project().join(document)).unwrap();
        let blocks: Vec<&str> = text.split("```").collect();
        let at = blocks.iter().position(|block| block.starts_with("c\n")).unwrap();
        let (program, console) =
            (&blocks[at][2..], blocks[at + 2].strip_prefix("console\n").unwrap());
        let name = document.replace(['/', '.'], "-");
        let source = folder().join(format!("{name}.c"));
        fs::write(&source, program).unwrap();
        let built = compile(
            "cc",
            &["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"],
            source.to_str().unwrap(),
        );
        let output = run(&mut Command::new(built), b"");
        assert_passed(&output);
        let expected: String =
            console.split_inclusive('\n').filter(|line| !line.starts_with("$ ")).collect();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{document}");
    }
}

#[test]
fn library_gives_its_own_names_only() {
    let output = run(tool("nm").args(["--dynamic", "--defined-only"]).arg(library()), b"");
    assert_passed(&output);
    let exported: BTreeSet<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2).map(str::to_owned))
        .collect();
    let header = fs::read_to_string(project().join("include/sawlog.h")).unwrap();
    let mut declared: BTreeSet<String> = header
        .lines()
        .filter(|line| !line.starts_with([' ', '*', '/', '#', '}']) && line.contains('('))
        .filter_map(|line| line.split('(').next()?.split_whitespace().last().map(str::to_owned))
        .map(|name| name.trim_start_matches('*').to_owned())
        .collect();
    assert!(declared.len() > 50, "{declared:?}");
    declared.insert("sawlog_test_panic".to_owned());
    assert_eq!(exported, declared);
}

#[test]
fn library_has_the_name_of_its_interface() {
    let output = run(tool("readelf").arg("--dynamic").arg(library()), b"");
    assert_passed(&output);
    let dynamic = String::from_utf8(output.stdout).unwrap();
    let name = format!("[libsawlog.so.{}]", sawlog_ffi::SAWLOG_ABI_VERSION);
    assert!(
        dynamic.lines().any(|line| line.contains("SONAME") && line.contains(&name)),
        "{dynamic}"
    );
}

#[test]
fn loading_starts_no_thread_and_reads_no_file() {
    let unit = folder().join("load.c");
    fs::write(
        &unit,
        r#"#include <dlfcn.h>
#include <unistd.h>
int main(int argc, char **argv) {
    if (write(2, "BEFORE\n", 7) != 7 || argc != 2) return 2;
    void *library = dlopen(argv[1], RTLD_NOW);
    if (write(2, "BEHIND\n", 7) != 7) return 2;
    return library == 0;
}
"#,
    )
    .unwrap();
    let program = folder().join("load");
    assert_passed(&run(tool("cc").arg(&unit).arg("-o").arg(&program).arg("-ldl"), b""));
    let mut traced = Command::new("strace");
    traced.args(["-f", "-o", "/dev/stdout", "-e", "trace=file,process"]).arg("-e");
    traced.args(["trace=%file,%process,write"]).arg(&program).arg(library());
    let Ok(output) = traced.output() else {
        tell("skipped: strace is not there");
        return;
    };
    assert_passed(&output);
    let calls = String::from_utf8(output.stdout).unwrap();
    let (_, loading) = calls.split_once("BEFORE").unwrap();
    let (loading, _) = loading.split_once("BEHIND").unwrap();
    assert!(loading.contains("libsawlog"), "{loading}");
    for call in loading.lines().filter(|line| line.contains('(')) {
        let is_loader =
            call.contains("write(") || call.contains(".so") || call.contains("ld.so.cache");
        // The loader looks for the library's own libraries in folders with such names.
        let is_search =
            call.contains("ENOENT") || call.contains("newfstatat") || call.contains("stat(");
        assert!(is_loader || is_search, "{call}");
        assert!(!call.contains("clone"), "{call}");
    }
}

/// Compiles and runs a program that says how many of its claims hold; under valgrind, too, where it is there.
fn passes(files: &[&str]) {
    for file in files {
        let program = compile("cc", &C_FLAGS, file);
        let output = run(&mut Command::new(&program), b"");
        assert_passed(&output);
        if env::var_os("SAWLOG_VALGRIND").is_none_or(|path| path.is_empty()) {
            continue;
        }
        let mut checked = Command::new("valgrind");
        checked.args(["--quiet", "--error-exitcode=9", "--leak-check=full"]).arg(program);
        assert_passed(&run(checked.env("SAWLOG_TEST_SLOWLY", "1"), b""));
    }
}

fn example(name: &str) -> PathBuf {
    let agents = project().join("cli/data/uap-core/regexes.yaml");
    let agents = format!("-DSAWLOG_USER_AGENTS=\"{}\"", agents.display());
    let flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-pthread", &agents];
    compile("cc", &flags, &format!("../../examples/{name}.c"))
}

/// Compiles a file of tests/c; gives the program.
fn compile(compiler: &str, flags: &[&str], file: &str) -> PathBuf {
    let source = project().join("ffi/tests/c").join(file);
    let program = folder().join(source.file_stem().unwrap());
    let libraries = libraries();
    let mut command = tool(compiler);
    command.args(flags).arg(include()).arg(&source).arg("-o").arg(&program);
    command.arg("-L").arg(&libraries).arg("-lsawlog").arg("-pthread");
    command.arg(format!("-Wl,-rpath,{}", libraries.display()));
    assert_passed(&run(&mut command, b""));
    program
}

fn tool(name: &str) -> Command {
    let variable = match name {
        "cc" => "CC",
        "c++" => "CXX",
        _ => "",
    };
    let chosen = if variable.is_empty() { None } else { env::var_os(variable) };
    Command::new(chosen.unwrap_or_else(|| name.into()))
}

fn include() -> String {
    format!("-I{}", project().join("include").display())
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where programs go.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The shared library that cargo has built beside this program.
fn library() -> PathBuf {
    env::current_exe().unwrap().with_file_name("libsawlog_ffi.so")
}

/// A folder with the library under the names that it is installed under.
fn libraries() -> PathBuf {
    static MADE: Once = Once::new();
    let libraries = folder().join("lib");
    MADE.call_once(|| {
        fs::create_dir_all(&libraries).unwrap();
        for name in ["libsawlog.so", &format!("libsawlog.so.{}", sawlog_ffi::SAWLOG_ABI_VERSION)] {
            let link = libraries.join(name);
            let _ = fs::remove_file(&link);
            symlink(library(), link).unwrap();
        }
    });
    libraries
}

fn run(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // Who has seen enough closes the pipe.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    })
}

fn assert_passed(output: &Output) {
    assert!(
        output.status.success(),
        "{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Says something that is worth reading when the tests pass, too.
fn tell(text: &str) {
    std::io::stderr().write_all(format!("c: {text}\n").as_bytes()).unwrap();
}

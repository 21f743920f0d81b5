//! Proves with the kernel's and the C library's word that compiling and running touch nothing.
//!
//! The test starts itself again under `strace`, with a library preloaded that reports every `getenv`.
//! The second process compiles a pipeline and runs lines through it between two marks.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "tests start processes"
)]

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    process::Command,
};

use sawlog::{
    Config, Event, InputOptions, Options, ParseOptions, Pipeline, Resources, Sink, Source, Tick,
    Timestamp, Worker,
};

const BEGIN: &str = "sawlog-sans-io-begin";
const END: &str = "sawlog-sans-io-end";
const CHILD: &str = "SAWLOG_SANS_IO_CHILD";

/// Reports calls of `getenv` as writes, which strace shows.
const SHIM: &str = r#"
#include <string.h>
#include <unistd.h>
extern char **environ;
char *getenv(const char *name) {
    size_t len = strlen(name);
    (void)!write(2, "getenv ", 7);
    (void)!write(2, name, len);
    for (char **entry = environ; entry && *entry; entry++)
        if (!strncmp(*entry, name, len) && (*entry)[len] == '=') return *entry + len + 1;
    return 0;
}
"#;

const CONFIG: &str = r#"
filter {
  if [message] =~ /^\{/ {
    json { source => "message" target => "doc" }
  } else {
    grok { match => { "message" => ["%{COMBINEDAPACHELOG}", "%{TIMESTAMP_ISO8601:timestamp} %{GREEDYDATA:msg}"] } }
    date { match => ["timestamp", "dd/MMM/yyyy:HH:mm:ss Z", "ISO8601"] timezone => "Europe/Paris" locale => "fr" }
  }
  mutate { gsub => ["message", "\d+", "N"] add_field => { "day" => "%{+yyyy.MM.dd} %{{EEE}}" } }
  clone { clones => ["copy"] }
  drop { percentage => 50 }
}
"#;

struct Count(usize);

impl Sink for Count {
    fn event(&mut self, event: &Event<'_>) {
        let mut out = Vec::new();
        event.write_json(&mut out);
        self.0 += out.len();
    }
}

/// What the traced process does; as a test of its own it shows that the work succeeds.
#[test]
fn work() {
    let is_traced = std::env::var_os(CHILD).is_some();
    let mark = |text: &str| {
        if is_traced {
            io::stderr().write_all(text.as_bytes()).unwrap();
        }
    };
    mark(BEGIN);
    let source = Source::new("a.conf", CONFIG);
    let config = Config::parse(vec![source], &ParseOptions::default()).unwrap();
    let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default()).unwrap();
    let mut worker = Worker::new(&pipeline, &InputOptions::default()).unwrap();
    let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 7 };
    let mut count = Count(0);
    for _ in 0..100 {
        worker.push(
            b"2024-03-15 14:23:01 hello\n{\"a\":[1,2.5,\"x\"]}\n\xFF\xFEbad\n",
            tick,
            &mut count,
        );
    }
    worker.flush(tick, &mut count);
    mark(END);
    assert!(count.0 > 1000, "{}", count.0);
}

#[test]
fn compiling_and_running_open_no_file_and_read_no_variable() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sans_io");
    fs::create_dir_all(&folder).unwrap();
    let (source, shim) = (folder.join("shim.c"), folder.join("shim.so"));
    fs::write(&source, SHIM).unwrap();
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&shim).arg(&source).status();
    let trace = folder.join("trace");
    let run = Command::new("strace")
        .args(["-f", "-s", "200", "-o"])
        .arg(&trace)
        .arg("-E")
        .arg(format!("LD_PRELOAD={}", shim.display()))
        .arg("-E")
        .arg(format!("{CHILD}=1"))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "work", "--nocapture", "--test-threads=1"])
        .output();
    let (Ok(built), Ok(run)) = (built, run) else {
        io::stderr().write_all(b"skipped: needs cc and strace\n").unwrap();
        return;
    };
    if run.stderr.ends_with(b"Exec format error\n") {
        io::stderr().write_all(b"skipped: strace starts nothing in an emulator\n").unwrap();
        return;
    }
    assert!(built.success() && run.status.success(), "{run:?}");

    let trace = fs::read_to_string(&trace).unwrap();
    // The shim is at work: the start of the process and the mark itself ask for variables.
    assert!(trace.contains("getenv"), "the preloaded library reports nothing");
    let (_, rest) = trace.split_once(BEGIN).unwrap();
    let (calls, _) = rest.split_once(END).unwrap();
    // The rest of the line of the first mark, and the start of the line of the second.
    let calls: Vec<&str> = calls.lines().skip(1).collect();
    let calls = calls.split_last().map_or(&[][..], |(_, calls)| calls);
    let memory = ["mmap(", "munmap(", "mremap(", "brk(", "madvise(", "mprotect("];
    let others: Vec<_> =
        calls.iter().filter(|line| !memory.iter().any(|call| line.contains(call))).collect();
    assert!(others.is_empty(), "calls beside those for memory: {others:#?}");
}

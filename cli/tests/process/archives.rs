//! Packed files and archives, made by the tools that people make them with.
//!
//! A tool that is not there is passed over, and said.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use crate::support::{Run, Scratch, run, run_on};

/// Packers that read standard input and write standard output.
const PACKERS: [&[&str]; 9] = [
    &["gzip", "-c"],
    &["bzip2", "-c"],
    &["xz", "-c"],
    &["xz", "-9", "--check=sha256", "-c"],
    &["zstd", "-q", "-c"],
    &["zstd", "-q", "-19", "--long=24", "-c"],
    &["pzstd", "-q", "-c"],
    &["lz4", "-q", "-B4", "-BD", "-c"],
    &["lz4", "-q", "-l", "-c"],
];

/// Runs a tool in a folder; `None` when there is no such tool.
fn tool(command: &[&str], folder: &Path, input: &[u8]) -> Option<Vec<u8>> {
    let child = Command::new(command[0])
        .args(&command[1..])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        let _ = writeln!(std::io::stderr(), "skipped: there is no `{}`", command[0]);
        return None;
    };
    let mut pipe = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        scope.spawn(move || drop(pipe.write_all(input)));
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{command:?}");
    Some(output.stdout)
}

fn lines(count: u32) -> Vec<u8> {
    (0..count)
        .flat_map(|n| format!("line {n} {:x}\n", n.wrapping_mul(2_654_435_761)).into_bytes())
        .collect()
}

fn convert(path: &Path) -> Run {
    run(&["convert", "-e", "filter { }", path.to_str().unwrap()])
}

/// Returns what the events say: the end of their file's path, and their line.
fn messages(run: &Run) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    run.events()
        .iter()
        .map(|event| {
            let path = text(&event["log"]["file"]["path"]);
            let name = path.rsplit_once('/').map_or(path.as_str(), |(_, name)| name);
            (name.to_owned(), text(&event["message"]))
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, line)| ((*name).to_owned(), (*line).to_owned())).collect()
}

#[test]
fn packing_is_found_by_content() {
    let scratch = Scratch::new("packing_is_found_by_content");
    let text = lines(20_000);
    for (index, packer) in PACKERS.iter().enumerate() {
        let Some(packed) = tool(packer, &scratch.path, &text) else { continue };
        let Some(again) = tool(packer, &scratch.path, b"the last\n") else { continue };
        let whole = [&packed[..], &again].concat();
        let path = scratch.file(&format!("{index}.log"), &whole);
        for run in [convert(path.as_ref()), run_on(&["convert", "-e", "filter { }"], &whole)] {
            assert_eq!(run.status, 0, "{packer:?}: {}", run.stderr);
            let events = run.events();
            assert_eq!(events.len(), 20_001, "{packer:?}");
            assert_eq!(events[20_000]["message"], "the last", "{packer:?}");
        }
    }
}

#[test]
fn cut_and_damaged_files_give_what_can_be_read_and_status_1() {
    let scratch = Scratch::new("cut_and_damaged_files_give_what_can_be_read");
    let text = lines(100_000);
    for (index, packer) in PACKERS.iter().enumerate() {
        let Some(packed) = tool(packer, &scratch.path, &text) else { continue };
        let name = format!("cut{index}");
        let path = scratch.file(&name, &packed[..packed.len() * 3 / 4]);
        let cut = convert(path.as_ref());
        assert_eq!(cut.status, 1, "{packer:?}");
        assert!(cut.stderr.contains(&name), "{}", cut.stderr);
        assert!(cut.stderr.contains("truncated"), "{}", cut.stderr);
        let events = cut.events();
        // Bzip2's blocks have 900 kB, the text is two of them; those of `lz4 -l` have 8 MB.
        assert!(events.len() > 20_000 || packer[2] == "-l", "{packer:?}: {}", events.len());
        for (number, event) in events.iter().enumerate().take(events.len().saturating_sub(1)) {
            let message = event["message"].as_str().unwrap();
            assert!(message.starts_with(&format!("line {number} ")), "{packer:?}: {message}");
        }

        let mut damaged = packed.clone();
        let middle = packed.len() * 3 / 4;
        for byte in &mut damaged[middle..middle + 64] {
            *byte = !*byte;
        }
        let path = scratch.file(&format!("damaged{index}"), &damaged);
        let run = convert(path.as_ref());
        // Two formats have no checksum unless they are asked for one.
        assert!(run.status == 1 || matches!(packer[0], "zstd" | "lz4"), "{packer:?}");
        assert!(run.status == 0 || run.stderr.contains("corrupt"), "{}", run.stderr);
    }
}

#[test]
fn tar_members_are_streams_of_their_own() {
    let scratch = Scratch::new("tar_members_are_streams_of_their_own");
    let long = format!("{}/{}", "directory-with-a-name".repeat(5), "file-with-a-name".repeat(8));
    scratch.file("in/a.log", "one\ntwo");
    scratch.file("in/empty.log", "");
    scratch.file(&format!("in/{long}"), "long\r\n");
    let Some(packed) = tool(&["gzip", "-c"], &scratch.path, b"three\n") else { return };
    scratch.file("in/b.log.gz", packed);
    scratch.file("in/z.bin", [0, 1, 2, b'\n']);
    let inside = scratch.path.join("in");
    #[cfg(unix)]
    std::os::unix::fs::symlink("a.log", inside.join("link.log")).unwrap();
    let long_name = long.rsplit_once('/').unwrap().1;
    for format in ["gnu", "pax"] {
        let arguments = &["tar", &format!("--format={format}"), "--sort=name", "-c", "."];
        let Some(archive) = tool(arguments, &inside, b"") else { return };
        for packer in [None, Some(&["zstd", "-q", "-c"][..]), Some(&["xz", "-c"])] {
            let packed = match packer {
                Some(packer) => tool(packer, &scratch.path, &archive),
                None => Some(archive.clone()),
            };
            let Some(packed) = packed else { continue };
            let path = scratch.file("archive", &packed);
            let run = convert(path.as_ref());
            assert_eq!((run.status, run.stderr.contains("cannot")), (0, false), "{}", run.stderr);
            let expected = [
                ("a.log", "one"),
                ("a.log", "two"),
                ("b.log.gz", "three"),
                (long_name, "long\r"),
                ("z.bin", "\0\u{1}\u{2}"),
            ];
            assert_eq!(messages(&run), pairs(&expected));
            let piped = run_on(&["convert", "-e", "filter { }"], &packed);
            assert_eq!(messages(&piped), pairs(&expected));

            // Half of an archive: what is whole comes, and what is not is named.
            let path = scratch.file("archive", &packed[..packed.len() / 2]);
            let run = convert(path.as_ref());
            assert_eq!(run.status, 1);
            assert!(run.stderr.contains("archive"), "{}", run.stderr);
            assert!(run.stderr.contains("truncated"), "{}", run.stderr);
        }
    }
}

#[test]
fn a_damaged_tar_member_does_not_hide_the_next() {
    let scratch = Scratch::new("a_damaged_tar_member_does_not_hide_the_next");
    scratch.file("in/a.log", "one\n");
    scratch.file("in/b.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\0nothing that could be unpacked");
    scratch.file("in/c.log", "three\n");
    let inside = scratch.path.join("in");
    let Some(inner) = tool(&["tar", "-c", "a.log"], &inside, b"") else { return };
    scratch.file("in/d.tar", inner);
    scratch.file("in/e.log", "five\n");
    let Some(archive) = tool(&["tar", "--sort=name", "-c", "."], &inside, b"") else { return };
    let path = scratch.file("all.tar", archive);
    let run = convert(path.as_ref());
    assert_eq!(run.status, 1);
    let expected = [("a.log", "one"), ("c.log", "three"), ("e.log", "five")];
    assert_eq!(messages(&run), pairs(&expected));
    assert!(run.stderr.contains("all.tar!./b.gz`: corrupt gzip data"), "{}", run.stderr);
    assert!(run.stderr.contains("all.tar!./d.tar`: an archive in an archive"), "{}", run.stderr);
}

/// Writes the archives of the zip tests: by a file, through a pipe, with every packing.
const ZIPS: &str = r#"
import gzip, sys, zipfile

class Pipe:
    def __init__(self, path): self.file = open(path, "wb")
    def write(self, data): return self.file.write(data)
    def flush(self): self.file.flush()

packings = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]
for index, target in enumerate(["file.zip", Pipe("pipe.zip")]):
    with zipfile.ZipFile(target, "w") as archive:
        for packing in packings[1:2] if index else packings:
            archive.writestr("logs/", "")
            name = f"logs/{packing}.log"
            archive.writestr(name, "one\ntwo\n" * 3000, compress_type=packing)
            archive.writestr(name + ".gz", gzip.compress(b"three\n"), compress_type=packing)
zipfile.ZipFile("empty.zip", "w").close()
"#;

#[test]
fn zip_members_are_streams_of_their_own() {
    let scratch = Scratch::new("zip_members_are_streams_of_their_own");
    if tool(&["python3", "-c", ZIPS], &scratch.path, b"").is_none() {
        return;
    }
    for (name, packings) in [("file.zip", 3), ("pipe.zip", 1), ("empty.zip", 0)] {
        let bytes = fs::read(scratch.path.join(name)).unwrap();
        let from_file = convert(&scratch.path.join(name));
        assert_eq!(from_file.status, 0, "{name}: {}", from_file.stderr);
        assert_eq!(from_file.events().len(), packings * 6001, "{name}");
        let piped = run_on(&["convert", "-e", "filter { }"], &bytes);
        assert_eq!(piped.events().len(), packings * 6001, "{name}");
        if let Some(last) = from_file.events().last() {
            let path = last["log"]["file"]["path"].as_str().unwrap();
            assert!(path.contains(&format!("{name}!logs/")) && path.ends_with(".log.gz"), "{path}");
        }
        if packings == 0 {
            continue;
        }
        let path = scratch.file("cut.zip", &bytes[..bytes.len() / 20]);
        let cut = convert(path.as_ref());
        assert_eq!(cut.status, 1, "{name}");
        assert!(cut.stderr.contains("truncated"), "{}", cut.stderr);
        let mut damaged = bytes.clone();
        // In the text of the first member, behind a header of some 40 bytes.
        damaged[120] ^= 0x10;
        let path = scratch.file("damaged.zip", &damaged);
        let run = convert(path.as_ref());
        assert_eq!(run.status, 1, "{name}");
        assert!(run.stderr.contains("damaged.zip!logs/"), "{}", run.stderr);
    }
}

#[test]
fn encrypted_zip_members_are_named_and_the_others_read() {
    let scratch = Scratch::new("encrypted_zip_members_are_named");
    scratch.file("a.log", "secret\n");
    scratch.file("b.log", "open\n");
    for arguments in
        [&["zip", "-q", "-P", "x", "a.zip", "a.log"][..], &["zip", "-q", "a.zip", "b.log"]]
    {
        if tool(arguments, &scratch.path, b"").is_none() {
            return;
        }
    }
    let run = convert(&scratch.path.join("a.zip"));
    assert_eq!(run.status, 1);
    assert_eq!(messages(&run), pairs(&[("a.zip!b.log", "open")]));
    assert!(run.stderr.contains("a.zip!a.log`: it is encrypted"), "{}", run.stderr);
}

#[test]
fn a_line_over_the_limit_is_refused_once_and_the_next_one_read() {
    let scratch = Scratch::new("a_line_over_the_limit_is_refused_once");
    let mut text = b"before\n".to_vec();
    text.extend(vec![b'x'; 30 << 20]);
    text.extend(b"\r\nafter\n");
    let path = scratch.file("long.log", &text);
    let run = convert(path.as_ref());
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(messages(&run), pairs(&[("long.log", "before"), ("long.log", "after")]));
    assert_eq!(run.stderr.matches("over the limit").count(), 1, "{}", run.stderr);
}

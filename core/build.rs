//! Turns the pattern texts of the crate `grok` and our own data files into the two stock sets.
//!
//! * legacy = the crate's definitions, without those in [`ECS_FORM`], replaced and completed by
//!   `legacy.patterns`.
//! * ecs-v1 = legacy with the captures renamed as `ecs-names.tsv` says, and the crate's
//!   [`ECS_FORM`], replaced and completed by `ecs-v1.patterns`.
//!
//! The files are in `src/pattern/library`; the result is `grok_patterns.rs` in `OUT_DIR`: two
//! sorted tables of name and text.

#![expect(clippy::disallowed_methods, reason = "a build script reads and writes files")]
#![expect(clippy::disallowed_macros, reason = "printing is how to talk to cargo")]

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

type Set = BTreeMap<String, String>;

const FOLDER: &str = "src/pattern/library";

/// What the crate, which has one set only, holds in the form of ecs-v1.
const ECS_FORM: &[&str] = &[
    "EMAILLOCALPART",
    "IPTABLES",
    "IPTABLES4_FRAG",
    "IPTABLES4_PART",
    "IPTABLES6_PART",
    "IPTABLES_TCP_FLAGS",
    "IPTABLES_TCP_PART",
    "SFW2",
    "SFW2_LOG_PREFIX",
    "SHOREWALL",
];

fn main() {
    let (ecs_form, mut legacy): (Set, Set) = grok::patterns()
        .iter()
        .map(|&(name, text)| (name.to_owned(), text.to_owned()))
        .partition(|(name, _)| ECS_FORM.contains(&name.as_str()));
    legacy.extend(parse_patterns(&read("legacy.patterns")));

    let mut ecs_v1 = legacy.clone();
    rename_captures(&mut ecs_v1, &read("ecs-names.tsv"));
    ecs_v1.extend(ecs_form);
    ecs_v1.extend(parse_patterns(&read("ecs-v1.patterns")));

    let mut source = String::new();
    write_table(&mut source, "ECS_V1", &ecs_v1);
    write_table(&mut source, "LEGACY", &legacy);
    let folder = env::var_os("OUT_DIR").expect("set by cargo");
    fs::write(Path::new(&folder).join("grok_patterns.rs"), source).expect("OUT_DIR is writable");
}

fn read(file: &str) -> String {
    let folder = env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo");
    let path = Path::new(&folder).join(FOLDER).join(file);
    println!("cargo::rerun-if-changed={}", path.display());
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads `NAME regex` lines; `#` starts a comment line.
fn parse_patterns(text: &str) -> Set {
    let mut set = Set::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, regex) =
            line.split_once(' ').unwrap_or_else(|| panic!("no definition in `{line}`"));
        let previous = set.insert(name.to_owned(), regex.to_owned());
        assert!(previous.is_none(), "`{name}` is defined twice");
    }
    set
}

/// Renames captures: each line holds a definition, a sub-pattern, its capture's name and the new
/// name, with a type if it has one.
///
/// The lines of a definition are in the order of its text. No name means no capture; the
/// sub-pattern `(?<>)` is a hand-written group.
fn rename_captures(set: &mut Set, names: &str) {
    let mut rest_of: BTreeMap<&str, usize> = BTreeMap::new();
    for line in names.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[definition, sub_pattern, from, to] = columns.as_slice() else {
            panic!("not four columns in `{line}`");
        };
        let token = |name: &str| match (sub_pattern, name) {
            ("(?<>)", name) => format!("(?<{name}>"),
            (sub_pattern, "") => format!("%{{{sub_pattern}}}"),
            (sub_pattern, name) => format!("%{{{sub_pattern}:{name}}}"),
        };
        let text = set.get_mut(definition).unwrap_or_else(|| panic!("unknown `{definition}`"));
        let rest = rest_of.entry(definition).or_default();
        let at = text[*rest..].find(&token(from)).unwrap_or_else(|| panic!("nothing for `{line}`"));
        let at = *rest + at;
        text.replace_range(at..at + token(from).len(), &token(to));
        *rest = at + token(to).len();
    }
}

fn write_table(source: &mut String, name: &str, set: &Set) {
    writeln!(source, "static {name}: &[(&str, &str)] = &[").expect("a String takes all");
    for (name, text) in set {
        writeln!(source, "    ({name:?}, {text:?}),").expect("a String takes all");
    }
    writeln!(source, "];").expect("a String takes all");
}

//! docs/filters.md, docs/codecs.md and docs/compatibility.md are what the tables of the plugins say.
//!
//! `BLESS=1` writes them anew. The events that an example gives are those of a run; what enters stands in
//! `plugin-examples.ndjson`.

use std::{collections::BTreeMap, env, fmt::Write as _, fs, path::Path};

use sawlog::program::{
    common_options, refusal,
    schema::{Known, OptionSpec, OptionStatus, PluginKind, Schema},
};
use sawlog_cli::plugins::{Plugin, Support, built, facts_of, type_name};
use serde_json::Value;

use crate::support::{NOW, Scratch, project, run_with, sawlog};

/// What stands between these lines of docs/compatibility.md is generated.
const START: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

/// The field that shows `@metadata`, which is not written otherwise.
const METADATA: &str = "metadata_of_the_event";

#[test]
fn page_of_filters_is_what_the_table_says() {
    let head = "\
# Filters

Written from the table that compiles them; `sawlog filters NAME` shows the same. The events below an example are those of a run.
What is not here is refused: [compatibility.md](compatibility.md) says why, and what does its work.
";
    hold("docs/filters.md", &page(PluginKind::Filter, head));
}

#[test]
fn page_of_codecs_is_what_the_table_says() {
    let head = "\
# Codecs

Written from the table that compiles them; `sawlog codecs NAME` shows the same. The events below an example are those of a run.
What is not here is refused: [compatibility.md](compatibility.md) says why, and what does its work.
";
    hold("docs/codecs.md", &page(PluginKind::Codec, head));
}

#[test]
fn page_of_compatibility_is_what_the_tables_say() {
    let schema = Schema::new();
    let counts = Counts::read();
    let path = project().join("docs/compatibility.md");
    let old = fs::read_to_string(&path).unwrap();
    let mut text = String::new();
    let mut rest = old.as_str();
    let mut parts = Vec::new();
    while let Some((before, after)) = rest.split_once(START) {
        let (name, after) = after.split_once(" -->").unwrap();
        let (_, after) = after.split_once(END).unwrap_or_else(|| panic!("`{name}` has no end"));
        let part = match name {
            "filters" => supported(PluginKind::Filter, &schema, &counts),
            "codecs" => supported(PluginKind::Codec, &schema, &counts),
            "inputs and outputs" => checked(&schema),
            "vectors" => counts.files(),
            _ => panic!("there is no part `{name}`"),
        };
        let _ = write!(text, "{before}{START}{name} -->\n{part}{END}");
        parts.push(name);
        rest = after;
    }
    text.push_str(rest);
    assert_eq!(parts, ["filters", "codecs", "inputs and outputs", "vectors"]);
    hold("docs/compatibility.md", &text);
}

#[test]
fn every_kind_of_listed_difference_is_explained() {
    let page = fs::read_to_string(project().join("docs/compatibility.md")).unwrap();
    let list = fs::read_to_string(project().join("core/tests/expected-differences.tsv")).unwrap();
    for row in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let kind = row.split('\t').nth(1).unwrap();
        assert!(page.contains(&format!("\n| `{kind}` |")), "{kind}");
    }
}

fn page(kind: PluginKind, head: &str) -> String {
    let schema = Schema::new();
    let examples = Examples::read();
    let plugins = built(kind);
    let mut out = head.to_owned();
    let links: Vec<String> = plugins.iter().map(|(name, _)| format!("[{name}](#{name})")).collect();
    let _ = writeln!(out, "\n{}\n", links.join(" · "));
    let _ = writeln!(out, "## Options of every {}\n", kind.as_str());
    let common = common_options(kind).iter().map(|(name, sentence)| {
        let mut options = schema.common(kind).iter();
        (options.find(|option| option.name == *name).unwrap(), *sentence)
    });
    option_table(&mut out, common);
    for (name, doc) in plugins {
        let plugin = Plugin::find(kind, name, &schema).unwrap();
        let _ = writeln!(out, "\n## {name}\n\n{}\n", doc.summary);
        if let Some(directions) = plugin.directions {
            let _ = writeln!(out, "{directions}\n");
        }
        if !plugin.options.is_empty() {
            option_table(
                &mut out,
                plugin.options.iter().map(|one| (one, plugin.sentence(one.name))),
            );
            out.push('\n');
        }
        let _ = writeln!(out, "```logstash\n{}\n```", doc.example.trim_end());
        examples.write(&mut out, kind, name, doc.example);
        if !doc.differences.is_empty() {
            out.push_str("\nDiffers from Logstash:\n\n");
            for (option, reason) in doc.differences {
                let _ = match *option {
                    "" => writeln!(out, "* {reason}"),
                    option => writeln!(out, "* `{option}`: {reason}"),
                };
            }
        }
    }
    out
}

fn option_table<'a>(out: &mut String, options: impl Iterator<Item = (&'a OptionSpec, &'a str)>) {
    out.push_str("| option | type | default | |\n|---|---|---|---|\n");
    for (option, sentence) in options {
        let default = match option.default {
            "" => String::new(),
            text => format!("`{}`", text.replace('|', "\\|")),
        };
        let facts = facts_of(option);
        let facts =
            if facts.is_empty() { String::new() } else { format!("*{}.* ", facts.join(", ")) };
        let _ = writeln!(
            out,
            "| `{}` | {} | {default} | {facts}{} |",
            option.name,
            type_name(option).replace('|', "\\|"),
            sentence.replace('|', "\\|")
        );
    }
}

/// What enters the examples: `{"kind": …, "name": …, "events": […]}`, of a codec `"input": "text"`, or `"hex"`;
/// `"files"` are those that the example names, with the path of their content in the project.
struct Examples {
    rows: Vec<Value>,
}

impl Examples {
    fn read() -> Self {
        let text = fs::read_to_string(project().join("cli/tests/plugin-examples.ndjson")).unwrap();
        Self { rows: text.lines().map(|line| serde_json::from_str(line).unwrap()).collect() }
    }

    /// Runs an example and writes what enters and what leaves.
    fn write(&self, out: &mut String, kind: PluginKind, name: &str, example: &str) {
        let mut rows = self.rows.iter();
        let row = rows.find(|row| row["kind"] == kind.as_str() && row["name"] == name);
        let row = row.unwrap_or_else(|| {
            panic!("plugin-examples.ndjson has nothing for the {} `{name}`", kind.as_str())
        });
        let input = match (&row["input"], &row["hex"]) {
            (Value::String(text), _) => text.clone().into_bytes(),
            (_, Value::String(digits)) => bytes_of(digits),
            _ => {
                let events = row["events"].as_array().into_iter().flatten();
                events
                    .fold(Vec::new(), |lines, event| [lines, format!("{event}\n").into()].concat())
            }
        };
        if input.is_empty() {
            // A codec that only writes: the host's outputs use it.
            return;
        }
        let (config, codec) = match kind {
            PluginKind::Filter => {
                let copy = format!("mutate {{ copy => {{ \"[@metadata]\" => \"{METADATA}\" }} }}");
                (format!("filter {{ {example} {copy} }}"), Some("json_lines"))
            }
            _ => (format!("input {{ stdin {{ codec => {example} }} }} filter {{ }}"), None),
        };
        let mut arguments = vec!["convert", "-e", &config, "--timezone", "UTC", "--now", NOW];
        arguments.extend(["--no-original", "-q"]);
        arguments.extend(codec.iter().flat_map(|codec| ["--codec", codec]));
        let scratch = Scratch::new(&format!("plugin_pages_{}_{name}", kind.as_str()));
        for (file, content) in row["files"].as_object().into_iter().flatten() {
            let content = project().join(content.as_str().unwrap());
            scratch.file(file, fs::read(content).unwrap());
        }
        let mut command = sawlog(&arguments);
        command.current_dir(&scratch.path);
        let run = run_with(command, &input);
        assert_eq!(run.status, 0, "{name}: {}", run.stderr);
        let events = run.events();
        let leaving = events
            .into_iter()
            .map(bare)
            .fold(String::new(), |lines, event| lines + &format!("{event}\n"));
        let leaving = if leaving.is_empty() { "(no event)\n".to_owned() } else { leaving };
        let shown = match &row["hex"] {
            Value::String(digits) => format!("(bytes) {digits}"),
            _ => String::from_utf8(input).unwrap().trim_end_matches('\n').to_owned(),
        };
        let _ = writeln!(out, "\n```\n{shown}\n```\n\nbecomes\n\n```\n{leaving}```");
    }
}

/// The bytes that hexadecimal digits stand for.
fn bytes_of(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// An event without what every event has.
fn bare(mut event: Value) -> Value {
    let fields = event.as_object_mut().unwrap();
    fields.remove("@version");
    if let Some(Value::Object(mut metadata)) = fields.remove(METADATA) {
        // What the host knows of the input is not the plugin's work.
        metadata.remove("input");
        if !metadata.is_empty() {
            fields.insert("@metadata".to_owned(), Value::Object(metadata));
        }
    }
    // Some events have the name of the machine.
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if fields.get("message").and_then(Value::as_str) == Some(machine.trim_end()) {
        fields.insert("message".to_owned(), Value::from("(name of this machine)"));
    }
    if fields.get("@timestamp").and_then(Value::as_str) == Some("2024-03-15T15:00:00.000Z") {
        fields.remove("@timestamp");
    }
    event
}

/// The counts of recorded cases: kind and name to passed, different, left out, total.
struct Counts(BTreeMap<(String, String), [usize; 4]>);

impl Counts {
    fn read() -> Self {
        let path = project().join("core/tests/conformance-counts.tsv");
        let text = fs::read_to_string(path).unwrap();
        let rows = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let numbers = [2, 3, 4, 5].map(|cell: usize| cells[cell].parse().unwrap());
            ((cells[0].to_owned(), cells[1].to_owned()), numbers)
        });
        Self(rows.collect())
    }

    /// `9 of 10`, with those that differ as listed.
    fn of(&self, kind: &str, name: &str) -> String {
        let Some([passed, different, out_of, total]) =
            self.0.get(&(kind.to_owned(), name.to_owned()))
        else {
            return String::new();
        };
        let mut text = format!("{passed} of {total}");
        if *different > 0 {
            let _ = write!(text, ", {different} differ as listed");
        }
        if *out_of > 0 {
            let _ = write!(text, ", {out_of} use a plugin that is not built");
        }
        text
    }

    fn files(&self) -> String {
        let mut out = String::from(
            "| file | passed | differ as listed | left out: a plugin is not built | all |\n|---|--:|--:|--:|--:|\n",
        );
        let mut sum = [0; 4];
        for ((kind, name), numbers) in &self.0 {
            if kind == "file" {
                let [passed, different, out_of, total] = numbers;
                let _ = writeln!(out, "| {name} | {passed} | {different} | {out_of} | {total} |");
                for (sum, number) in sum.iter_mut().zip(numbers) {
                    *sum += number;
                }
            }
        }
        let [passed, different, out_of, total] = sum;
        let _ = writeln!(out, "| **all** | {passed} | {different} | {out_of} | {total} |");
        out
    }
}

/// The table of the plugins of one kind.
fn supported(kind: PluginKind, schema: &Schema, counts: &Counts) -> String {
    let mut out = format!(
        "| {} | | what is different, or why not | recorded cases |\n|---|---|---|---|\n",
        kind.as_str()
    );
    for name in schema.names(kind) {
        let support = Support::of(kind, name, schema);
        let text = match Plugin::find(kind, name, schema) {
            Some(plugin) => {
                let differences = plugin.doc.differences.iter();
                let texts = differences.map(|(option, reason)| match *option {
                    "" => (*reason).to_owned(),
                    option => format!("`{option}`: {reason}"),
                });
                texts.collect::<Vec<_>>().join(" ")
            }
            None => match refusal(kind, name) {
                Some(refusal) => format!("{}; use {}", refusal.reason, refusal.instead),
                None => "it is not built yet".to_owned(),
            },
        };
        let name_shown = match support {
            Support::None => format!("`{name}`"),
            _ => format!("[`{name}`]({}s.md#{name})", kind.as_str()),
        };
        let recorded = counts.of(kind.as_str(), name);
        let _ = writeln!(
            out,
            "| {name_shown} | {} | {} | {recorded} |",
            support.as_str(),
            text.replace('|', "\\|")
        );
    }
    out
}

/// The inputs and outputs, which are checked and not executed.
fn checked(schema: &Schema) -> String {
    let mut out = String::new();
    for kind in [PluginKind::Input, PluginKind::Output] {
        let (known, opaque): (Vec<&str>, Vec<&str>) = schema
            .names(kind)
            .partition(|name| matches!(schema.lookup(kind, name), Known::Options(_)));
        let shown = |names: Vec<&str>| {
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ")
        };
        let kind = kind.as_str();
        let _ = writeln!(out, "* {kind}s whose options are checked: {}", shown(known));
        let _ =
            writeln!(out, "* {kind}s that are known by name, with any option: {}", shown(opaque));
    }
    out
}

#[test]
fn every_removed_option_is_said_to_be_an_error() {
    let schema = Schema::new();
    for (name, _) in built(PluginKind::Filter) {
        let plugin = Plugin::find(PluginKind::Filter, name, &schema).unwrap();
        for option in plugin.options {
            let says = facts_of(option).contains(&"removed: an error");
            assert_eq!(says, option.status == OptionStatus::Obsolete, "{name} {}", option.name);
        }
    }
}

/// Compares a generated text with its file, or writes the file.
fn hold(path: &str, text: &str) {
    let path: &Path = &project().join(path);
    if env::var_os("BLESS").is_some() {
        fs::write(path, text).unwrap();
        return;
    }
    let old = fs::read_to_string(path).unwrap_or_default();
    assert!(old == text, "{} is not what the tables say (BLESS=1 writes it)", path.display());
}

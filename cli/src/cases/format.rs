//! Turns the text of a case file into cases.
//!
//! ```yaml
//! fields: { type: syslog }
//! ignore: ["@timestamp"]
//! testcases:
//!   - description: a plain line
//!     input: ["one two"]
//!     expected: [{ type: syslog, message: "one two" }]
//! ```
//!
//! Source: logstash-filter-verifier's README, "Test case file reference", both modes. `now` is ours.

use sawlog::{Timestamp, Zone};
use serde_json::{Map, Value};

/// How a case file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// One JSON object.
    Json,
    /// One YAML document.
    Yaml,
}

/// A parsed case file.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// The codec with its options, as it would stand in a config.
    pub codec: Option<String>,
    /// The id of the input whose codec, type, tags and fields apply.
    pub input_plugin: Option<String>,
    /// Whether `@metadata` is compared.
    pub export_metadata: bool,
    /// The fields that are not compared, each as the names from the root down.
    pub ignore: Vec<Vec<String>>,
    /// The clock of the cases that name none.
    pub now: Option<Timestamp>,
    /// The cases in order; at least one.
    pub cases: Vec<Case>,
}

/// One case: what goes in and what is to come out.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its place in the file, from 1.
    pub number: usize,
    /// What it is about.
    pub description: Option<String>,
    /// The input lines; without any, the fields are the event.
    pub input: Vec<String>,
    /// The fields that every event has before the filters, as a tree.
    pub fields: Map<String, Value>,
    /// The events that are to come out, as trees.
    pub expected: Vec<Map<String, Value>>,
    /// The clock.
    pub now: Option<Timestamp>,
}

const FILE_KEYS: [&str; 10] = [
    "codec",
    "expected",
    "export_metadata",
    "export_outputs",
    "fields",
    "ignore",
    "input",
    "input_plugin",
    "now",
    "testcases",
];
const CASE_KEYS: [&str; 8] = [
    "description",
    "event",
    "expected",
    "expected_outputs",
    "fields",
    "input",
    "local_fields",
    "now",
];

impl CaseFile {
    /// Parses the text of a case file.
    ///
    /// # Errors
    ///
    /// Says which property is missing, unknown, not supported or of the wrong type, and in which
    /// case.
    pub fn parse(text: &str, syntax: Syntax) -> Result<Self, String> {
        let value: Value = match syntax {
            Syntax::Json => serde_json::from_str(text).map_err(|error| error.to_string())?,
            Syntax::Yaml => serde_saphyr::from_str(text).map_err(|error| yaml_error(&error))?,
        };
        let Value::Object(object) = value else {
            return Err("a file of test cases is one object, with `testcases` in it".to_owned());
        };
        let mut file = Properties::new(object, String::new(), &FILE_KEYS)?;
        file.refuse_outputs("export_outputs")?;
        let global = file.object("fields")?;
        let mut cases = Vec::new();
        // The first form of these files had one case, without a list.
        if file.has("input") || file.has("expected") {
            let case = Case {
                number: 1,
                description: None,
                input: file.texts("input")?,
                fields: expand(global.clone()),
                expected: file.events()?,
                now: None,
            };
            cases.push(case);
        }
        for (index, value) in file.list("testcases")?.into_iter().enumerate() {
            cases.push(Case::parse(value, index + 1, cases.len() + 1, &global)?);
        }
        if cases.is_empty() {
            return Err("there is no case in it: `testcases` is missing or empty".to_owned());
        }
        Ok(Self {
            codec: file.text("codec")?,
            input_plugin: file.text("input_plugin")?,
            export_metadata: file.flag("export_metadata")?,
            ignore: file.texts("ignore")?.iter().map(|field| steps(field)).collect(),
            now: file.time("now")?,
            cases,
        })
    }
}

impl Case {
    fn parse(
        value: Value,
        index: usize,
        number: usize,
        global: &Map<String, Value>,
    ) -> Result<Self, String> {
        let place = format!("case {index} of `testcases`: ");
        let Value::Object(object) = value else {
            return Err(format!("{place}is no object with `input` and `expected`"));
        };
        let mut case = Properties::new(object, place, &CASE_KEYS)?;
        case.refuse_outputs("expected_outputs")?;
        if !case.has("expected") {
            return Err(format!(
                "{}has no `expected`; write `expected: []` when nothing is to come out",
                case.place
            ));
        }
        let mut fields = global.clone();
        for key in ["fields", "event", "local_fields"] {
            fields.extend(case.object(key)?);
        }
        Ok(Self {
            number,
            description: case.text("description")?,
            input: case.texts("input")?,
            fields: expand(fields),
            expected: case.events()?,
            now: case.time("now")?,
        })
    }
}

/// The properties of the file or of one case, taken out one by one.
struct Properties {
    object: Map<String, Value>,
    /// What an error begins with.
    place: String,
}

impl Properties {
    /// Takes an object whose properties are all known; `null` counts as left out.
    fn new(object: Map<String, Value>, place: String, known: &[&str]) -> Result<Self, String> {
        if let Some(key) = object.keys().find(|key| !known.contains(&key.as_str())) {
            let other = if known == FILE_KEYS { &CASE_KEYS[..] } else { &FILE_KEYS[..] };
            let help = if other.contains(&key.as_str()) && known == FILE_KEYS {
                "it belongs into a case".to_owned()
            } else if other.contains(&key.as_str()) {
                "it belongs to the top of the file".to_owned()
            } else {
                format!("known are {}", known.join(", "))
            };
            return Err(format!("{place}there is no property `{key}` here: {help}"));
        }
        Ok(Self { object, place })
    }

    fn has(&self, key: &str) -> bool {
        self.object.contains_key(key)
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.object.remove(key).filter(|value| !value.is_null())
    }

    fn wrong(&self, key: &str, wanted: &str, value: &Value) -> String {
        format!("{}`{key}` is to be {wanted}, it is {value}", self.place)
    }

    fn text(&mut self, key: &str) -> Result<Option<String>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(value) => Err(self.wrong(key, "a text", &value)),
        }
    }

    fn flag(&mut self, key: &str) -> Result<bool, String> {
        match self.take(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(value) => Err(self.wrong(key, "true or false", &value)),
        }
    }

    fn time(&mut self, key: &str) -> Result<Option<Timestamp>, String> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        match Timestamp::parse_lenient(&text, &Zone::utc()) {
            Some(time) => Ok(Some(time)),
            None => {
                Err(self.wrong(key, "a time such as 2024-03-15T14:23:01Z", &Value::String(text)))
            }
        }
    }

    fn object(&mut self, key: &str) -> Result<Map<String, Value>, String> {
        match self.take(key) {
            None => Ok(Map::new()),
            Some(Value::Object(object)) => Ok(object),
            Some(value) => Err(self.wrong(key, "an object of fields", &value)),
        }
    }

    fn list(&mut self, key: &str) -> Result<Vec<Value>, String> {
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => Ok(list),
            Some(value) => Err(self.wrong(key, "a list", &value)),
        }
    }

    fn texts(&mut self, key: &str) -> Result<Vec<String>, String> {
        let list = self.list(key)?;
        let text = |value| match value {
            Value::String(text) => Ok(text),
            Value::Object(_) => Err(self.wrong(key, "a list of texts (put quotes around)", &value)),
            _ => Err(self.wrong(key, "a list of texts", &value)),
        };
        list.into_iter().map(text).collect()
    }

    fn events(&mut self) -> Result<Vec<Map<String, Value>>, String> {
        let list = self.list("expected")?;
        let event = |value| match value {
            Value::Object(object) => Ok(expand(object)),
            _ => Err(self.wrong("expected", "a list of objects", &value)),
        };
        list.into_iter().map(event).collect()
    }

    fn refuse_outputs(&mut self, key: &str) -> Result<(), String> {
        match self.take(key) {
            None | Some(Value::Bool(false)) => Ok(()),
            Some(Value::Array(list)) if list.is_empty() => Ok(()),
            Some(_) => Err(format!(
                "{}`{key}` is not supported, for the output section is not executed: take it out, \
                 and `_lfv_out_passed` from the expected events",
                self.place
            )),
        }
    }
}

/// Says what is wrong with a YAML text, with the place and the lines around it.
fn yaml_error(error: &serde_saphyr::Error) -> String {
    let text = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
    text.strip_prefix("error: ").unwrap_or(&text).to_owned()
}

/// Makes a tree of an object with field references for keys: `{"[a][b]": 1}` is `{"a": {"b": 1}}`.
///
/// The depth is that of the object, which the readers cap.
pub fn expand(object: Map<String, Value>) -> Map<String, Value> {
    let mut tree = Map::new();
    for (key, value) in object {
        let value = match value {
            Value::Object(inner) => Value::Object(expand(inner)),
            value => value,
        };
        let value = steps(&key).into_iter().rev().fold(value, |value, step| {
            let mut object = Map::new();
            object.insert(step, value);
            Value::Object(object)
        });
        if let Value::Object(value) = value {
            merge(&mut tree, value);
        }
    }
    tree
}

/// Adds fields to a tree; objects are merged, everything else is replaced.
pub fn merge(tree: &mut Map<String, Value>, fields: Map<String, Value>) {
    for (key, value) in fields {
        match (tree.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => drop(tree.insert(key, value)),
        }
    }
}

/// Removes a field, and the objects around it that it leaves empty.
pub fn remove(tree: &mut Map<String, Value>, steps: &[String]) {
    match steps {
        [] => {}
        [last] => drop(tree.remove(last)),
        [first, rest @ ..] => {
            if let Some(Value::Object(inner)) = tree.get_mut(first) {
                remove(inner, rest);
                if inner.is_empty() {
                    tree.remove(first);
                }
            }
        }
    }
}

/// Tells whether a tree has a field.
pub fn has(tree: &Map<String, Value>, steps: &[String]) -> bool {
    match steps {
        [] => true,
        [last] => tree.contains_key(last),
        [first, rest @ ..] => {
            tree.get(first).and_then(Value::as_object).is_some_and(|inner| has(inner, rest))
        }
    }
}

/// Splits a field reference: `[a][b]` has two steps; what is none is a step itself.
///
/// More than [`MAX_STEPS`] are no field reference, so that trees stay flat enough to walk.
pub fn steps(field: &str) -> Vec<String> {
    let inner = field.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let steps: Vec<String> =
        inner.map_or_else(Vec::new, |inner| inner.split("][").map(str::to_owned).collect());
    let is_step = |step: &String| !step.is_empty() && !step.contains(['[', ']', ',']);
    if steps.is_empty() || steps.len() > MAX_STEPS || !steps.iter().all(is_step) {
        return vec![field.to_owned()];
    }
    steps
}

/// Steps of the longest field reference.
const MAX_STEPS: usize = 100;

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn expanded(value: &Value) -> Value {
        Value::Object(expand(value.as_object().unwrap().clone()))
    }

    #[test]
    fn field_references_become_a_tree() {
        let flat = json!({"[a][b]": 1, "a": {"[c]": 2, "[d][e]": 3}, "[x": 4, "[]": 5, "y,": 6});
        let tree = json!({"a": {"b": 1, "c": 2, "d": {"e": 3}}, "[x": 4, "[]": 5, "y,": 6});
        assert_eq!(expanded(&flat), tree);
    }

    #[test]
    fn removing_a_field_removes_what_it_leaves_empty() {
        let mut tree = expand(json!({"a": {"b": {"c": 1}}, "d": 2}).as_object().unwrap().clone());
        remove(&mut tree, &steps("[a][b][x]"));
        remove(&mut tree, &steps("[d][e]"));
        assert!(has(&tree, &steps("[a][b][c]")) && has(&tree, &steps("d")));
        remove(&mut tree, &steps("[a][b][c]"));
        assert_eq!(Value::Object(tree), json!({"d": 2}));
    }

    #[test]
    fn yaml_and_json_give_the_same_cases() {
        let yaml = "fields: {type: t}\nexport_metadata: true\ntestcases:\n- input: ['1']\n  fields: {'[a][b]': 0x10, c: 1.50, d: yes}\n  expected: [{n: ~}]\n";
        let json = r#"{"fields":{"type":"t"},"export_metadata":true,"testcases":[{"input":["1"],
            "fields":{"[a][b]":16,"c":1.5,"d":true},"expected":[{"n":null}]}]}"#;
        let yaml = CaseFile::parse(yaml, Syntax::Yaml).unwrap();
        let json = CaseFile::parse(json, Syntax::Json).unwrap();
        assert_eq!(format!("{yaml:?}"), format!("{json:?}"));
    }

    #[test]
    fn wrong_properties_are_named() {
        let error = |text: &str| CaseFile::parse(text, Syntax::Json).unwrap_err();
        assert!(error(r#"{"testcase":[]}"#).contains("`testcase`"));
        assert!(error(r#"{"description":"x"}"#).contains("belongs into a case"));
        assert!(error(r#"{"testcases":[]}"#).contains("no case"));
        assert!(error(r#"{"testcases":[{"input":["a"]}]}"#).contains("has no `expected`"));
        assert!(error(r#"{"testcases":[{"codec":"line"}]}"#).contains("to the top of the file"));
        assert!(error(r#"{"export_outputs":true}"#).contains("`export_outputs` is not supported"));
        assert!(error(r#"{"testcases":[{"input":[{"a":1}],"expected":[]}]}"#).contains("quotes"));
        assert!(error("[1]").contains("one object"));
    }

    #[test]
    fn local_fields_replace_global_ones() {
        let text = r#"{"fields":{"a":1,"b":1,"[c][d]":1},"testcases":[
            {"event":{"a":2},"fields":{"[c][e]":2},"expected":[]}]}"#;
        let file = CaseFile::parse(text, Syntax::Json).unwrap();
        let fields = Value::Object(file.cases[0].fields.clone());
        assert_eq!(fields, json!({"a": 2, "b": 1, "c": {"d": 1, "e": 2}}));
    }
}

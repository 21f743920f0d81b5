//! The commonest statements of `ruby { code => … }` to the filters that do the same.
//!
//! Statements are known by their whole text, so that nothing is suggested for half of one.

use core::fmt::Write;

use crate::limits;
use crate::pattern::{Budget, Flags, Regex, Scratch};

/// A statement: its shape, and the filters that do the same.
///
/// In a shape, `@` stands for the name of a field in quotes, and `&` for any text in quotes; in the
/// filters, `\1` to `\9` for what stood in these and in groups.
struct Idiom {
    shape: &'static str,
    filters: &'static [&'static str],
    /// The filters when the first two names are the same.
    in_place: &'static [&'static str],
}

const fn idiom(shape: &'static str, filters: &'static [&'static str]) -> Idiom {
    Idiom { shape, filters, in_place: &[] }
}

/// One that sets a field from itself or from another one.
const fn change(
    shape: &'static str,
    filters: &'static [&'static str],
    in_place: &'static [&'static str],
) -> Idiom {
    Idiom { shape, filters, in_place }
}

const COPY: &str = r#"mutate { copy => { "\2" => "\1" } }"#;

macro_rules! operation {
    ($method:literal, $option:literal) => {
        change(
            concat!(r"event\.set\(@, ?event\.get\(@\)(?:\.to_s)?\.", $method, r"\)"),
            &[COPY, concat!(r#"mutate { "#, $option, r#" => ["\1"] }"#)],
            &[concat!(r#"mutate { "#, $option, r#" => ["\1"] }"#)],
        )
    };
}

macro_rules! conversion {
    ($method:literal, $kind:literal) => {
        change(
            concat!(r"event\.set\(@, ?event\.get\(@\)\.", $method, r"\)"),
            &[COPY, concat!(r#"mutate { convert => { "\1" => ""#, $kind, r#"" } }"#)],
            &[concat!(r#"mutate { convert => { "\1" => ""#, $kind, r#"" } }"#)],
        )
    };
}

const IDIOMS: &[Idiom] = &[
    idiom(r"event\.set\(@, ?event\.remove\(@\)\)", &[r#"mutate { rename => { "\2" => "\1" } }"#]),
    idiom(r"event\.set\(@, ?event\.get\(@\)\)", &[COPY]),
    idiom(r"event\.remove\(@\)", &[r#"mutate { remove_field => ["\1"] }"#]),
    idiom(r"event\.cancel(?:\(\))?", &["drop { }"]),
    idiom(r"event\.tag\(@\)", &[r#"mutate { add_tag => ["\1"] }"#]),
    idiom(
        r"event\.set\(@, ?event\.get\(@\)\[(\d+)\]\)",
        &[r#"mutate { copy => { "[\2][\3]" => "\1" } }"#],
    ),
    idiom(
        r"event\.set\(@, ?event\.get\(@\)\.first\)",
        &[r#"mutate { copy => { "[\2][0]" => "\1" } }"#],
    ),
    idiom(
        r"event\.set\(@, ?event\.get\(@\)\.last\)",
        &[r#"mutate { copy => { "[\2][-1]" => "\1" } }"#],
    ),
    idiom(
        r"event\.set\(@, ?event\.get\(@\)\[&\]\)",
        &[r#"mutate { copy => { "[\2][\3]" => "\1" } }"#],
    ),
    idiom(
        r"event\.set\(@, ?event\.get\(@\)\.split\(&\)\[(-?\d+)\]\)",
        &[
            r#"mutate { copy => { "\2" => "[@metadata][parts]" } }"#,
            r#"mutate { split => { "[@metadata][parts]" => "\3" } copy => { "[@metadata][parts][\4]" => "\1" } }"#,
        ],
    ),
    change(
        r"event\.set\(@, ?event\.get\(@\)\.split\(&\)\)",
        &[COPY, r#"mutate { split => { "\1" => "\3" } }"#],
        &[r#"mutate { split => { "\1" => "\3" } }"#],
    ),
    change(
        r"event\.set\(@, ?event\.get\(@\)\.join\(&\)\)",
        &[COPY, r#"mutate { join => { "\1" => "\3" } }"#],
        &[r#"mutate { join => { "\1" => "\3" } }"#],
    ),
    change(
        r"event\.set\(@, ?event\.get\(@\)\.gsub\(/((?:[^/\\]|\\.)*)/, ?&\)\)",
        &[COPY, r#"mutate { gsub => ["\1", "\3", "\4"] }"#],
        &[r#"mutate { gsub => ["\1", "\3", "\4"] }"#],
    ),
    change(
        r"event\.set\(@, ?event\.get\(@\)\.gsub\(&, ?&\)\)",
        &[COPY, r#"mutate { gsub => ["\1", "\3", "\4"] }"#],
        &[r#"mutate { gsub => ["\1", "\3", "\4"] }"#],
    ),
    conversion!("to_i", "integer"),
    conversion!("to_f", "float"),
    conversion!("to_s", "string"),
    operation!("downcase", "lowercase"),
    operation!("upcase", "uppercase"),
    operation!("capitalize", "capitalize"),
    operation!("strip", "strip"),
    idiom(
        r"event\.set\(@, ?(?:LogStash::Timestamp\.(?:at|new)\(|Time\.at\(|LogStash::Timestamp\.new\(Time\.at\()event\.get\(@\)(?:\.to_[if])? ?/ ?1000(?:\.0)?\)+(?:\.time)?(?:\.utc)?(?:\.iso8601(?:\(\d\))?)?\)?",
        &[r#"date { match => ["\2", "UNIX_MS"] target => "\1" }"#],
    ),
    idiom(
        r"event\.set\(@, ?(?:LogStash::Timestamp\.(?:at|new)\(|Time\.at\(|LogStash::Timestamp\.new\(Time\.at\()event\.get\(@\)(?:\.to_[if])?\)+(?:\.time)?(?:\.utc)?(?:\.iso8601(?:\(\d\))?)?\)?",
        &[r#"date { match => ["\2", "UNIX"] target => "\1" }"#],
    ),
    idiom(
        r"event\.set\(@, ?(?:LogStash::Json\.load|JSON\.parse)\(event\.get\(@\)\)\)",
        &[r#"json { source => "\2" target => "\1" }"#],
    ),
    idiom(
        r"event\.set\(@, ?event\.get\(@\)\.to_json\)",
        &[r#"json_encode { source => "\2" target => "\1" }"#],
    ),
    idiom(
        r"event\.get\(@\)\.each ?(?:\{|do) ?\|(\w+), ?(\w+)\| ?event\.set\(\2, ?\3\) ?(?:\}|end)",
        &[
            r#"json_encode { source => "\1" target => "[@metadata][map]" }"#,
            r#"json { source => "[@metadata][map]" }"#,
        ],
    ),
    idiom(
        r"event\.set\(@, ?(?:Time\.now|LogStash::Timestamp\.now)(?:\.utc)?\)",
        &[
            r#"mutate { replace => { "[@metadata][now]" => "%{{TIME_NOW}}" } }"#,
            r#"date { match => ["[@metadata][now]", "ISO8601"] target => "\1" }"#,
        ],
    ),
    idiom(r"event\.set\(@, ?&\)", &[r#"mutate { replace => { "\1" => "\2" } }"#]),
    idiom(
        r"event\.set\(@, ?(-?\d+)\)",
        &[r#"mutate { replace => { "\1" => "\2" } convert => { "\1" => "integer" } }"#],
    ),
    idiom(
        r"event\.set\(@, ?(true|false)\)",
        &[r#"mutate { replace => { "\1" => "\2" } convert => { "\1" => "boolean" } }"#],
    ),
];

/// What to write instead of the code; nothing when nothing in it is known.
pub(super) fn suggest(code: &str) -> Option<String> {
    let statements = statements(code);
    let shapes: Vec<(Regex, &Idiom)> =
        IDIOMS.iter().filter_map(|idiom| Some((compiled(idiom.shape)?, idiom))).collect();
    let mut filters: Vec<String> = Vec::new();
    let mut unknown = 0;
    let mut scratch = Scratch::default();
    // The blocks around a statement; nothing for those that run it more than once.
    let mut blocks: Vec<Option<&str>> = Vec::new();
    for statement in &statements {
        match Block::of(statement) {
            Block::Closes => {
                blocks.pop();
                continue;
            }
            Block::Goes => {
                blocks.pop();
                blocks.push(Some(statement));
                continue;
            }
            Block::Loops => {
                blocks.push(None);
                unknown += 1;
                continue;
            }
            Block::Opens => {
                blocks.push(Some(statement));
                continue;
            }
            Block::None => {}
        }
        if blocks.contains(&None) {
            unknown += 1;
            continue;
        }
        let (statement, condition) = without_condition(statement);
        let condition = condition.or_else(|| blocks.last().copied().flatten());
        let found = shapes.iter().find_map(|(regex, idiom)| {
            let mut budget = Budget::for_subject(statement.len());
            let found = regex.search(statement, 0, &mut scratch, &mut budget);
            found.unwrap_or(false).then(|| texts(idiom, statement, &scratch))
        });
        match found {
            Some(texts) => {
                let behind = condition.map_or_else(String::new, |text| format!("  # {text}"));
                filters.extend(texts.into_iter().map(|text| format!("{text}{behind}")));
            }
            None => unknown += 1,
        }
    }
    if filters.is_empty() {
        return None;
    }
    let mut out = String::from("the same without Ruby, in this order:");
    for filter in joined(&filters).iter().take(limits::RUBY_SUGGESTIONS) {
        let _ = write!(out, "\n  {filter}");
    }
    if filters.iter().any(|filter| filter.contains("  # ")) {
        out.push_str("\nput what has a `#` into an `if` of that meaning");
    }
    if unknown > 0 {
        let _ = write!(
            out,
            "\n{unknown} of {} statements have no filter that is known here",
            statements.len()
        );
    }
    Some(out)
}

/// The shape as a regular expression.
fn compiled(shape: &str) -> Option<Regex> {
    let shape = shape
        .replace('@', r#"\\?['"]([^'"\\]+)\\?['"]"#)
        .replace('&', r#"\\?['"]([^'"]*?)\\?['"]"#);
    Regex::new(&format!(r"\A{shape}\z"), Flags::default()).ok()
}

/// The filters with what stood in the statement.
fn texts(idiom: &Idiom, statement: &str, scratch: &Scratch) -> Vec<String> {
    let group = |index: u32| scratch.group(index).map_or("", |(from, to)| &statement[from..to]);
    let is_in_place = !idiom.in_place.is_empty() && group(1) == group(2);
    let templates = if is_in_place { idiom.in_place } else { idiom.filters };
    let fill = |template: &&str| {
        let mut out = (*template).to_owned();
        for index in 1..=4 {
            let name = group(index);
            // A reference stays as it is inside of brackets: `[[a][b]][0]` is `[a][b][0]`.
            if name.starts_with('[') {
                out = out.replace(&format!("[\\{index}]"), name);
            }
            out = out.replace(&format!("\\{index}"), name);
        }
        out
    };
    templates.iter().map(fill).collect()
}

/// A copy and the removal of what was copied are a renaming.
fn joined(filters: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for filter in filters {
        let removed = filter.strip_prefix("mutate { remove_field => [\"");
        let removed = removed.and_then(|rest| rest.strip_suffix("\"] }"));
        let copied = removed.and_then(|name| {
            let start = format!("mutate {{ copy => {{ \"{name}\" => ");
            out.iter_mut().find(|before| before.starts_with(&start))
        });
        match copied {
            Some(copy) => *copy = copy.replacen("copy", "rename", 1),
            None => out.push(filter.clone()),
        }
    }
    out
}

/// The statements of the code, without comments: what stands between line ends and `;` outside of
/// quotes and braces.
fn statements(code: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut statement = String::new();
    let mut quote = None;
    let mut braces = 0_usize;
    let mut characters = code.chars().take(limits::RUBY_CODE_CHARS).peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, '#') => {
                while characters.peek().is_some_and(|next| *next != '\n') {
                    characters.next();
                }
                continue;
            }
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, '{') => braces += 1,
            (None, '}') => braces = braces.saturating_sub(1),
            (None, ';' | '\n') if braces == 0 => {
                push(&mut statements, &statement);
                statement.clear();
                continue;
            }
            _ => {}
        }
        statement.push(if character == '\n' { ' ' } else { character });
    }
    push(&mut statements, &statement);
    statements
}

fn push(statements: &mut Vec<String>, statement: &str) {
    let words: Vec<&str> = statement.split_whitespace().collect();
    if !words.is_empty() && statements.len() < limits::RUBY_STATEMENTS {
        statements.push(words.join(" "));
    }
}

/// What a statement does with the blocks of the code.
enum Block {
    Closes,
    /// It goes on with another part of a condition.
    Goes,
    /// What follows may run more than once, or not now.
    Loops,
    None,
    Opens,
}

impl Block {
    fn of(statement: &str) -> Self {
        let word = statement.split([' ', '(', ';']).next().unwrap_or("");
        match word {
            "end" => Self::Closes,
            "else" | "elsif" | "ensure" | "rescue" | "when" => Self::Goes,
            "begin" | "case" | "if" | "unless" => Self::Opens,
            "def" | "for" | "until" | "while" => Self::Loops,
            _ => {
                let (_, behind) = statement.rsplit_once(" do").unwrap_or(("", "x"));
                let behind = behind.trim();
                let is_do = behind.is_empty() || (behind.starts_with('|') && behind.ends_with('|'));
                if is_do { Self::Loops } else { Self::None }
            }
        }
    }
}

/// A statement without the `if …` behind it, and that.
fn without_condition(statement: &str) -> (&str, Option<&str>) {
    let at = statement.find(") if ").or_else(|| statement.find(") unless "));
    let at = at.map(|at| at + 1).or_else(|| {
        let is_cancel = statement.starts_with("event.cancel ");
        is_cancel.then_some("event.cancel".len())
    });
    match at {
        Some(at) => (&statement[..at], Some(statement[at..].trim())),
        None => (statement, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, ParseOptions};
    use crate::diagnostic::Source;

    fn filters(code: &str) -> Vec<String> {
        let suggested = suggest(code).unwrap_or_default();
        let lines = suggested.lines().filter(|line| line.starts_with("  "));
        lines.map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn common_statements_have_filters() {
        for (code, expected) in [
            ("event.set('b', event.get('a'))", &[r#"mutate { copy => { "a" => "b" } }"#][..]),
            (
                "event.set('b', event.get('a')); event.remove('a')",
                &[r#"mutate { rename => { "a" => "b" } }"#],
            ),
            (
                "event.set('[c][d]', event.remove(\"a\"))",
                &[r#"mutate { rename => { "a" => "[c][d]" } }"#],
            ),
            (
                "event.set('a', event.get('a').to_i)",
                &[r#"mutate { convert => { "a" => "integer" } }"#],
            ),
            (
                "event.set('b', event.get('a').to_f)",
                &[
                    r#"mutate { copy => { "a" => "b" } }"#,
                    r#"mutate { convert => { "b" => "float" } }"#,
                ],
            ),
            (
                "event.set('a', event.get('a').split(','))",
                &[r#"mutate { split => { "a" => "," } }"#],
            ),
            (
                "event.set('a', event.get('a').gsub(/\\s+/, ' '))",
                &[r#"mutate { gsub => ["a", "\s+", " "] }"#],
            ),
            (
                "event.set('a',event.get('a').gsub('x','y'))",
                &[r#"mutate { gsub => ["a", "x", "y"] }"#],
            ),
            (
                "event.set('x', event.get('[a][b]')[0])",
                &[r#"mutate { copy => { "[a][b][0]" => "x" } }"#],
            ),
            ("event.set('x', event.get('a')['k'])", &[r#"mutate { copy => { "[a][k]" => "x" } }"#]),
            (
                "event.set('@timestamp', LogStash::Timestamp.at(event.get('t').to_f / 1000))",
                &[r#"date { match => ["t", "UNIX_MS"] target => "@timestamp" }"#],
            ),
            (
                "event.set('@timestamp', Time.at(event.get('t').to_i))",
                &[r#"date { match => ["t", "UNIX"] target => "@timestamp" }"#],
            ),
            (
                "event.get('m').each { |k, v| event.set(k, v) }",
                &[
                    r#"json_encode { source => "m" target => "[@metadata][map]" }"#,
                    r#"json { source => "[@metadata][map]" }"#,
                ],
            ),
            ("event.set('a', 'text')", &[r#"mutate { replace => { "a" => "text" } }"#]),
            ("event.cancel if event.get('a').nil?", &["drop { }  # if event.get('a').nil?"]),
            ("event.set('a', event.get('b') * 1000)", &[]),
            (
                "if event.get('a')\n  event.cancel\nelse\n  event.remove('b')\nend",
                &["drop { }  # if event.get('a')", r#"mutate { remove_field => ["b"] }  # else"#],
            ),
            (
                "event.get('a').each do |x|\n event.cancel\nend\nevent.remove('b')",
                &[r#"mutate { remove_field => ["b"] }"#],
            ),
            ("# event.cancel", &[]),
        ] {
            assert_eq!(filters(code), expected, "{code}");
        }
    }

    #[test]
    fn what_is_suggested_is_a_config() {
        for idiom in IDIOMS {
            let filled = |template: &&str| {
                (1..=4).fold((*template).to_owned(), |text, index| {
                    text.replace(&format!("\\{index}"), "x")
                })
            };
            assert!(compiled(idiom.shape).is_some(), "{}", idiom.shape);
            for template in idiom.filters.iter().chain(idiom.in_place) {
                let text = format!("filter {{ {} }}", filled(template));
                let config =
                    Config::parse(vec![Source::new("x", text.as_str())], &ParseOptions::default());
                assert!(config.is_ok(), "{text}");
            }
        }
    }

    #[test]
    fn what_has_no_filter_is_counted() {
        let suggested = suggest("x = 1\nevent.remove('a')\nputs x").expect("one is known");
        assert!(
            suggested.ends_with("2 of 3 statements have no filter that is known here"),
            "{suggested}"
        );
        assert_eq!(suggest("puts 1"), None);
    }

    #[test]
    fn long_code_is_cut() {
        let code = "event.cancel;".repeat(limits::RUBY_STATEMENTS * 2);
        assert_eq!(statements(&code).len(), limits::RUBY_STATEMENTS);
        assert_eq!(filters(&code).len(), limits::RUBY_SUGGESTIONS);
        let code = "x".repeat(limits::RUBY_CODE_CHARS * 2);
        assert_eq!(statements(&code)[0].len(), limits::RUBY_CODE_CHARS);
    }
}

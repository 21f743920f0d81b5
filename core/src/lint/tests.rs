#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::{ParseOptions, Pipeline, Source};

/// The codes of the warnings of a filter section, in the order of their places.
fn codes(filters: &str) -> Vec<&'static str> {
    codes_of(&format!("filter {{ {filters} }}"))
}

fn codes_of(config: &str) -> Vec<&'static str> {
    found(config).iter().map(|one| one.code.as_str()).collect()
}

fn found(config: &str) -> Diagnostics {
    let config =
        Config::parse(vec![Source::new("a.conf", config)], &ParseOptions::default()).unwrap();
    let options = Options { skip_unsupported: true, ..Options::default() };
    let mut resources = Resources::new();
    resources.set_variable("STAGE", "prod");
    Pipeline::compile(&config, &resources, &options).unwrap();
    lint(&config, &resources, &options)
}

fn silent(filters: &[&str]) {
    for text in filters {
        let found = found(&format!("filter {{ {text} }}"));
        assert!(found.is_empty(), "{text}\n{found}");
    }
}

fn fires(code: &str, filters: &[&str]) {
    for text in filters {
        assert_eq!(codes(text), [code], "{text}");
    }
}

#[test]
fn every_lint_is_listed_once() {
    let all = lints();
    assert!(all.windows(2).all(|pair| pair[0].code.as_str() < pair[1].code.as_str()));
    assert_eq!(all.len(), FAMILIES.iter().map(|family| family.lints.len()).sum::<usize>());
}

#[test]
fn config_that_is_refused_has_no_warning() {
    let text = r#"filter { if [a] in ["b"] { nope { } } }"#;
    let config = Config::parse(vec![Source::new("a", text)], &ParseOptions::default()).unwrap();
    assert!(lint(&config, &Resources::new(), &Options::default()).is_empty());
}

#[test]
fn brackets_without_a_comma_are_no_list() {
    fires(
        "one-element-list",
        &[
            r#"if [a] in ["b"] { }"#,
            r"if [a] not in [ 'b' ] { }",
            r"if [a] in [200] { }",
            r#"if [a] in ["b" "c"] { }"#,
            r#"if "b" in ["tags"] { }"#,
            r#"if ["a"] == "b" { }"#,
        ],
    );
    silent(&[
        r#"if [a] in ["b", "c"] { }"#,
        r"if [a] in [b] { }",
        r#"if "b" in [tags] { }"#,
        r"if [codes][200] { }",
        r"if [200] { }",
    ]);
}

#[test]
fn help_for_a_list_of_one_is_a_condition_that_can_be_pasted() {
    let found = found(r#"filter { if [a] in ["b"] { } }"#);
    let help = found.iter().next().unwrap().help.clone().unwrap();
    assert_eq!(help, r#"write [a] == "b", or repeat it: [a] in ["b", "b"]"#);
}

#[test]
fn calls_mean_their_argument() {
    fires("call-without-effect", &["if not([a]) { }", "if len([a]) > 3 { }", "if !(foo([a])) { }"]);
    silent(&["if !([a]) { }", "if ![a] { }"]);
}

#[test]
fn conditions_without_a_field_are_constant() {
    fires(
        "constant-condition",
        &[
            r#"if "a" in ["a", "b"] { }"#,
            r#"if "status" == 200 { }"#,
            r"if [a] in [] { }",
            r"if [a] in 200 { }",
            r#"if [a] and "x" { }"#,
            r#"if [a] == "x" and [a] == "y" { }"#,
            r"if [a] == 1 and [b] and [a] == 2 { }",
            r#"if [a] != "x" or [a] != "y" { }"#,
        ],
    );
    silent(&[
        r#"if "${STAGE}" == "prod" { }"#,
        r#"if "a" in [b] { }"#,
        r#"if [a] == "x" or [a] == "y" { }"#,
        r#"if [a] != "x" and [a] != "y" { }"#,
        r#"if [a] != "x" or [b] != "y" { }"#,
        r#"if [a] == "x" and [a] == "x" { }"#,
        r#"if [a] == "x" and [a] == "${STAGE}" { }"#,
    ]);
}

#[test]
fn arms_that_earlier_arms_cover_are_unreachable() {
    fires(
        "unreachable-branch",
        &[
            r#"if [a] == "x" { } else if [a] == "x" { }"#,
            r#"if [a] in ["x", "y"] { } else if [a] == "x" { }"#,
            r#"if [a] in ["x", "y", 5] { } else if [a] in ["y", "5"] { }"#,
            r"if [a] in [4, 5] { } else if [a] == 5 { }",
            r#"if [a] { } else if [a] == "x" { }"#,
            r#"if [a] != "y" { } else if [a] == "x" { }"#,
            r"if [n] >= 400 { } else if [n] >= 500 { }",
            r"if [n] > 400 { } else if [n] == 500 { }",
            r"if 400 <= [n] { } else if [n] > 400 { }",
            r#"if [a] == "x" or [b] { } else if [b] { }"#,
            r#"if [b] { } else if [a] == "x" and [b] { }"#,
            r"if [a] =~ /x/ { } else if [a] =~ /x/ { }",
            r"if !([a] and [b]) { } else if !([a] and [b]) { }",
        ],
    );
    silent(&[
        r#"if [a] == "x" { } else if [a] == "y" { }"#,
        r#"if [a] == "x" { } else if [a] in ["x", "y"] { }"#,
        r#"if [a] == "x" and [b] { } else if [a] == "x" { }"#,
        r"if [n] >= 500 { } else if [n] >= 400 { }",
        // Null is `>= 500` and not `> 400`.
        r"if [n] > 400 { } else if [n] >= 500 { }",
        r#"if [a] { } else if [a] == "false" { }"#,
        r#"if [a] == 5 { } else if [a] == "5" { }"#,
        r#"if [a] == "${STAGE}" { } else if [a] == "prod" { }"#,
        r"if [a] { } else if [b] { } else { drop { } }",
        r"if [a] == [b] { } else if [b] == [a] { }",
    ]);
}

#[test]
fn statements_behind_a_full_drop_are_unreachable() {
    fires("unreachable-filter", &["drop { } mutate { }", "if [a] { drop { } if [b] { } }"]);
    silent(&["drop { percentage => 50 } mutate { }", "if [a] { drop { } } mutate { }", "drop { }"]);
}

#[test]
fn wildcards_side_by_side_leave_one_empty() {
    let grok = |pattern: &str| format!(r#"grok {{ match => {{ "message" => "{pattern}" }} }}"#);
    for pattern in [
        "^a%{DATA:x}%{GREEDYDATA:y}",
        "^a%{GREEDYDATA:x}%{DATA:y}",
        "^a.*%{GREEDYDATA:y}",
        "^a(?:b%{DATA:x}.+)?",
        "^a%{DATA}%{DATA}",
    ] {
        fires("adjacent-wildcards", &[&grok(pattern)]);
    }
    for pattern in [
        "^a%{DATA:x} %{GREEDYDATA:y}",
        "^a%{DATA:x}(?: b)?%{GREEDYDATA:y}",
        "^a%{NOTSPACE:x}%{GREEDYDATA:y}",
        "^a[^,]*%{GREEDYDATA:y}",
        "^(?:%{DATA:x}|%{GREEDYDATA:y})$",
        "%{SYSLOGLINE}",
    ] {
        silent(&[&grok(pattern)]);
    }
}

#[test]
fn no_stock_pattern_has_a_warning_of_its_own() {
    use crate::pattern::library::{PatternSet, names};
    for (set, mode) in [(PatternSet::Legacy, "disabled"), (PatternSet::EcsV1, "v8")] {
        for (name, _) in names(set).filter(|(name, _)| !matches!(*name, "DATA" | "GREEDYDATA")) {
            silent(&[&format!(
                r#"grok {{ match => {{ "message" => "%{{{name}}}" }} ecs_compatibility => {mode} }}"#
            )]);
        }
    }
}

#[test]
fn pattern_that_starts_with_a_wildcard_needs_an_anchor() {
    let grok = |pattern: &str| format!(r#"grok {{ match => {{ "message" => "{pattern}" }} }}"#);
    for pattern in ["%{DATA:x} b", "%{GREEDYDATA}b", ".*b", "(?:.*?b)"] {
        fires("unanchored-wildcard", &[&grok(pattern)]);
    }
    for pattern in ["%{GREEDYDATA:x}", "^%{DATA:x} b", r"\A.*b", "b%{DATA:x} c", "%{DATA:x}b?"] {
        silent(&[&grok(pattern)]);
    }
}

#[test]
fn typed_capture_twice_is_converted_once() {
    let grok = |pattern: &str| format!(r#"grok {{ match => {{ "message" => "{pattern}" }} }}"#);
    fires(
        "duplicate-typed-capture",
        &[&grok("%{INT:x:int},%{INT:x:int}"), &grok("a%{INT:x:int}|b%{INT:x:int}")],
    );
    silent(&[&grok("%{INT:x},%{INT:x}"), &grok("%{INT:x:int},%{INT:y:int}")]);
}

#[test]
fn type_that_grok_does_not_know_is_ignored() {
    let grok = |pattern: &str| format!(r#"grok {{ match => {{ "message" => '{pattern}' }} }}"#);
    for pattern in
        ["%{INT:n:integer}", "%{INT:n:long}", "%{INT:n:boolean}", "%{INT:n:INT}", r"(?<n:int>\d)"]
    {
        fires("ignored-capture-type", &[&grok(pattern)]);
    }
    for pattern in
        ["%{INT:n:int}", "%{NUMBER:n:float}", "%{WORD:n:string}", "%{INT:int}", r"(?<INT:n:int>\d)"]
    {
        silent(&[&grok(pattern)]);
    }
}

#[test]
fn date_pattern_without_plus_is_a_field() {
    let add = |value: &str| format!(r#"mutate {{ add_field => {{ "x" => "{value}" }} }}"#);
    for value in ["a-%{YYYY.MM.dd}", "%{yyyy}", "%{HH:mm}", "%{ +YYYY.MM}"] {
        fires("date-pattern-without-plus", &[&add(value)]);
    }
    for value in ["%{+YYYY.MM.dd}", "%{{yyyy}}", "%{MM}", "%{dd.count}", "%{ss_id}", "%{Hello}"] {
        silent(&[&add(value)]);
    }
    silent(&[
        r#"grok { match => { "message" => "^%{YEAR:YYYY}" } } mutate { add_field => { "y" => "%{YYYY}" } }"#,
    ]);
}

#[test]
fn second_match_of_a_date_is_no_second_field() {
    fires("date-match-repeated", &[r#"date { match => ["a", "yyyy"] match => ["day", "MM"] }"#]);
    silent(&[r#"date { match => ["a", "yyyy", "MM"] } date { match => ["day", "MM"] }"#]);
}

#[test]
fn mutate_works_in_its_own_order() {
    fires(
        "mutate-order",
        &[
            r#"mutate { add_field => { "n" => "1" } convert => { "n" => "integer" } }"#,
            r#"mutate { rename => { "a" => "b" } uppercase => ["a"] }"#,
            r#"mutate { rename => { "a" => "b" } replace => { "x" => "%{a}" } }"#,
            r#"mutate { copy => { "a" => "b" } lowercase => ["b"] }"#,
            r#"json { source => "message" } mutate { copy => { "a" => "b" } gsub => ["b", "x", "y"] }"#,
            r#"mutate { rename => { "a" => "b" } copy => { "a" => "c" } }"#,
        ],
    );
    silent(&[
        r#"mutate { convert => { "b" => "integer" } rename => { "a" => "b" } }"#,
        r#"mutate { rename => { "a" => "b" } replace => { "a" => "x" } uppercase => ["a"] }"#,
        r#"mutate { copy => { "a" => "b" } lowercase => ["a"] }"#,
        r#"mutate { add_field => { "x" => "%{y}" } remove_field => ["y"] }"#,
        r#"mutate { split => { "a" => "," } add_field => { "b" => "%{[a][0]}" } }"#,
    ]);
}

const STATUS: &str = r#"grok { match => { "message" => "^%{WORD:verb} %{INT:status}" } }"#;

#[test]
fn text_of_grok_equals_no_number() {
    for condition in ["[status] == 200", "[status] != 200", "[status] >= 500", "500 < [status]"] {
        fires("number-compared-with-text", &[&format!("{STATUS} if {condition} {{ }}")]);
    }
    for condition in
        [r#"[status] == "200""#, "[status] in [200, 404]", "[other] == 200", "[status] =~ /^2/"]
    {
        silent(&[&format!("{STATUS} if {condition} {{ }}")]);
    }
    let convert = r#"mutate { convert => { "status" => "integer" } }"#;
    silent(&[
        &format!("{STATUS} {convert} if [status] == 200 {{ }}"),
        &format!("if [status] == 200 {{ }} {STATUS}"),
        // It may have come as a number with the event, or have been set by anything.
        &format!(r#"json {{ source => "message" }} {STATUS} if [status] == 200 {{ }}"#),
        &format!(r#"{STATUS} ruby {{ code => "" }} if [status] == 200 {{ }}"#),
        &format!("if [a] {{ {STATUS} {convert} }} if [status] == 200 {{ }}"),
        &format!("if [a] {{ {STATUS} }} else {{ {convert} }} if [status] == 200 {{ }}"),
    ]);
    fires(
        "number-compared-with-text",
        &[
            &format!("if [a] {{ {STATUS} }} if [status] == 200 {{ }}"),
            &format!("{STATUS} if [a] {{ drop {{ }} }} if [status] == 200 {{ }}"),
            &format!(
                r#"{STATUS} mutate {{ rename => {{ "status" => "code" }} }} if [code] == 200 {{ }}"#
            ),
        ],
    );
}

#[test]
fn number_equals_no_text() {
    let typed = STATUS.replace("status}", "status:int}");
    fires(
        "number-compared-with-text",
        &[
            &format!(r#"{typed} if [status] == "200" {{ }}"#),
            &format!("{typed} if [status] =~ /^2/ {{ }}"),
            r#"mutate { convert => { "n" => "integer" } } if [n] == "5" { }"#,
        ],
    );
    silent(&[
        &format!("{typed} if [status] == 200 {{ }}"),
        // `convert` leaves a text that is no number.
        r#"mutate { convert => { "n" => "integer" } } if [n] == "-" { }"#,
    ]);
}

#[test]
fn boolean_equals_no_text() {
    let convert = r#"mutate { convert => { "b" => "boolean" } }"#;
    fires(
        "boolean-compared-with-text",
        &[
            &format!(r#"{convert} if [b] == "true" {{ }}"#),
            &format!(r#"{convert} if [b] != "No" {{ }}"#),
        ],
    );
    silent(&[
        &format!(r#"{convert} if [b] == "on" {{ }}"#),
        &format!("{convert} if [b] {{ }}"),
        r#"mutate { add_field => { "b" => true } } if [b] == "true" { }"#,
    ]);
}

#[test]
fn mistyped_field_is_named_with_the_right_one() {
    let read = |name: &str| format!(r#"{STATUS} date {{ match => ["{name}", "ISO8601"] }}"#);
    fires("field-never-set", &[&read("statsu"), &read("Status"), &read("mesage")]);
    silent(&[&read("status"), &read("host"), &read("time"), &read("verb2"), &read("[status][x]")]);
    // A field of the same family, and one that the input brings.
    silent(&[
        r#"grok { match => { "message" => "^%{WORD:level1}" } } if [level2] { }"#,
        r#"mutate { convert => { "total_in" => "integer" "total_on" => "integer" } }"#,
    ]);
}

#[test]
fn name_before_ecs_is_told_apart_from_the_one_that_is_set() {
    let text =
        r#"filter { grok { match => { "message" => "%{COMBINEDAPACHELOG}" } } if [response] { } }"#;
    let found = found(text);
    let one = found.iter().next().unwrap();
    assert_eq!((found.len(), one.code), (1, Code::FieldNeverSet), "{found}");
    let help = one.help.as_deref().unwrap();
    assert!(help.contains("write [http][response][status_code], or"), "{help}");
    silent(&[
        r#"grok { match => { "message" => "%{COMBINEDAPACHELOG}" } ecs_compatibility => disabled } if [response] { }"#,
        r#"grok { match => { "message" => "%{COMBINEDAPACHELOG}" } } if [http][response][status_code] { }"#,
        r#"grok { match => { "message" => "%{COMBINEDAPACHELOG}" } } json { source => "x" } if [response] { }"#,
    ]);
}

#[test]
fn inputs_of_plain_text_bring_no_other_fields() {
    let of_input = |input: &str| format!("input {{ {input} }} filter {{ if [colour] {{ }} }}");
    for input in ["stdin { }", r#"file { path => "/x" codec => plain }"#, "tcp { port => 1 }"] {
        assert_eq!(codes_of(&of_input(input)), ["field-never-set"], "{input}");
    }
    for input in [
        "stdin { codec => json }",
        "beats { port => 1 }",
        "stdin { } http { }",
        r#"stdin { add_field => { "colour" => "red" } }"#,
    ] {
        assert_eq!(codes_of(&of_input(input)), [""; 0], "{input}");
    }
    assert_eq!(codes_of("input { stdin { } } filter { if [host][hostname] { } }"), [""; 0]);
}

#[test]
fn removed_field_is_read_in_vain() {
    let remove = r#"mutate { remove_field => ["a"] }"#;
    fires(
        "field-removed",
        &[
            &format!("{remove} if [a] {{ }}"),
            &format!("{remove} if [a][b] {{ }}"),
            &format!(r#"{remove} mutate {{ add_tag => ["%{{a}}"] }}"#),
            r#"mutate { rename => { "a" => "b" } } date { match => ["a", "ISO8601"] }"#,
            &format!("if [x] {{ {remove} }} else {{ {remove} }} if [a] {{ }}"),
        ],
    );
    silent(&[
        &format!("if [x] {{ {remove} }} if [a] {{ }}"),
        &format!(r#"{remove} mutate {{ add_field => {{ "a" => "x" }} }} if [a] {{ }}"#),
        &format!("{remove} {remove}"),
        &format!(r#"{remove} json {{ source => "message" }} if [a] {{ }}"#),
        r#"date { match => ["a", "ISO8601"] remove_field => ["a"] } if [a] { }"#,
        r#"mutate { remove_field => ["[a][b]"] } if [a][c] { }"#,
        r#"mutate { remove_field => ["tags"] } if "x" in [tags] { }"#,
    ]);
    assert_eq!(
        codes_of(&format!("filter {{ {remove} }} output {{ file {{ path => \"/x/%{{a}}\" }} }}")),
        ["field-removed"]
    );
}

#[test]
fn many_arms_and_fields_end_in_time_and_in_silence() {
    let branches: Vec<String> = (0..3_000)
        .map(|number| {
            let add = format!("add_field => {{ \"g{number}\" => \"%{{h{number}}}\" }}");
            format!("if [f{number}] {{ mutate {{ {add} }} }}")
        })
        .collect();
    let text = format!("filter {{ {} }}", branches.join(" "));
    assert_eq!(codes_of(&text), [""; 0]);
}

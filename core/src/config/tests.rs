#![expect(clippy::unwrap_used, reason = "tests")]

use super::{
    ast::{ConditionKind, OperandKind, Statement, ValueKind},
    *,
};

fn parse(text: &str) -> Result<Config, Diagnostics> {
    Config::parse(vec![Source::new("a.conf", text)], &ParseOptions::default())
}

/// Configs that Logstash takes.
const ACCEPTED: &[&str] = &[
    "",
    "filter {}",
    "filter{}output{}filter{}",
    "# c { \"' }\nfilter { # x } \" '\n mutate { # y\n add_tag => # z \"\n \"t\" # w\n } # v\n} # end",
    "filter{mutate{}drop{}}",
    "filter { mutate { a => \"x\" } }",
    "filter { mutate { 'add_tag' => \"x\" \"id\" => 'y' } }",
    "filter { \"mutate\" { } }",
    "filter { mutate { add_tag => aa id => bb_2 } }",
    "filter { mutate { add_tag => \"x\"#c\n } }",
    "filter { mutate { add_tag => \"x\" #c\n id => yy } }",
    "filter { mutate { add_field => {\"a\"=>\"b\"\"c\"=>\"d\"} } }",
    "filter { mutate { add_field => {aa=>1 'b'=>-2.50\n\"c\"=>[]} } }",
    "filter { mutate { add_field => {'a' => 1 \"a\" => 2} } }",
    "filter { mutate { add_tag => [\"a\", 'b', cc, 5, [dd], {\"e\"=>\"f\"}] } }",
    "input { stdin { codec => json { charset => \"UTF-8\" } } }",
    "input { stdin { codec => json { } } tcp { port => 5 } }",
    "filter { mutate { add_tag => \"a\\\"b\" } }",
    "filter { mutate { add_tag => \"two\nlines\" } }",
    "filter { if [a] { } else if [b] { } elseif [c] { } else { } }",
    "filter { if[a]{}else{} }",
    "filter { if [a]in[b] { } }",
    "filter { if [a]==\"x\"and[b]==\"y\" { } }",
    "filter { if [a] == \"x\" and ([b] or ![c]) or !([d] == 5) { } }",
    "filter { if [x] in [\"a\"] { } }",
    "filter { if [x] in [\"a\" \"b\"] { } }",
    "filter { if [x] in [\"a\", bb] { } }",
    "filter { if [x] not in [\"a\", \"b\"] { } }",
    "filter { if [x] not # why\n in [\"a\", \"b\"] { } }",
    "filter { if [x] in [] { } }",
    "filter { if [] { } }",
    "filter { if not([a]) { } }",
    "filter { if len([a]) > 1 { } }",
    "filter { if foo ( 5, [a] ) { } }",
    "filter { if [a] =~ /x\\/y/ and [b] !~ \"z\" { } }",
    "filter { if [a] =~ /x/and [b] { } }",
    "filter { if [a] in /x/ { } }",
    "filter { if \"x\" =~ \"y\" or 5 > 3 or \"a\" in \"abc\" { } }",
    "filter { if [a] == [\"x\", \"y\"] { } }",
    "filter { if [a] xor [b] { } }",
    "filter { if ([a] nand [b]) and [c] { } }",
    "filter { if ([a]) { } }",
    "filter { if [ a ] == 5.0 { } }",
    "filter { if [a][b c][d.e] > -5 { } }",
    "filter { if 5 <= [a] { } }",
    "filter { if [a] in [ \n \"x\", # one\n \"y\"\n ] { } }",
    "filter { iffy { } elsewhere { } else_x { } inputs { } }",
    "filter { if5 == [a] { } }",
    "filter { mutate { if => \"x\" else => \"y\" } }",
    "filter { mutate { add_tag => 9223372036854775807 id => -9223372036854775808 } }",
];

/// Configs that Logstash refuses, with the offset at which ours reports the first error.
const REFUSED: &[(&str, usize)] = &[
    ("# nothing", 9),
    (" \n", 2),
    ("\u{feff}filter { }", 0),
    ("filter { mutate { } } }", 22),
    ("Filter { }", 0),
    ("filter { \u{c} }", 9),
    ("filter { \u{a0} }", 9),
    ("filter { mutate { };}", 19),
    ("filter { mutate => {} }", 16),
    ("filter { // c\n }", 9),
    ("filter { mutate { id => a } }", 24),
    ("filter { mutate { id => t-x } }", 24),
    ("filter { mutate { id => tt-x } }", 24),
    ("filter { mutate { id => \"t\"add_tag => \"x\" } }", 27),
    ("filter { mutate { id => \"t\"#c\n add_tag => \"x\" } }", 31),
    ("filter { mutate { id => \"t\", add_tag => \"x\" } }", 27),
    ("filter { mutate { id \"t\" } }", 21),
    ("filter { mutate { id : \"t\" } }", 21),
    ("filter { mutate { id = \"t\" } }", 21),
    ("filter { mutate { add_tag => [\"a\",] } }", 33),
    ("filter { mutate { add_tag => [,\"a\"] } }", 30),
    ("filter { mutate { add_tag => [\"a\" \"b\"] } }", 34),
    ("filter { mutate { add_field => {\"a\"=>\"b\", \"c\"=>\"d\"} } }", 40),
    ("filter { mutate { add_field => {a => \"b\"} } }", 32),
    ("filter { mutate { add_field => {a-b => \"b\"} } }", 32),
    ("filter { mutate { add_field => {aa-b => \"b\"} } }", 32),
    ("filter { mutate { add_field => {5 => \"b\"} } }", 32),
    ("filter { mutate { add_field => {\"a\"=>1 \"a\"=>2} } }", 39),
    ("filter { mutate { add_field => {id => 1, name => bob} } }", 39),
    ("filter { mutate { id => 1. } }", 24),
    ("filter { mutate { id => .5 } }", 24),
    ("filter { mutate { id => 1e5 } }", 24),
    ("filter { mutate { id => +1 } }", 24),
    ("filter { mutate { id => 0x1 } }", 24),
    ("filter { mutate { id => - 1 } }", 24),
    ("filter { mutate { id => 9223372036854775808 } }", 24),
    ("filter { mutate { id => \"C:\\\" } }", 24),
    ("filter { mutate { id => \"\\\\\" } }", 24),
    ("filter { mutate { id => $x } }", 24),
    ("filter { mutate { id => /x/ } }", 24),
    ("filter { if [a] {} elsif [b] {} }", 19),
    ("filter { if [a] {} elif [b] {} }", 19),
    ("filter { if [a] {} else [b] {} }", 24),
    ("filter { if [a] {} else {} else {} }", 27),
    ("filter { else {} }", 9),
    ("filter { if {} }", 12),
    ("filter { IF [a] {} }", 12),
    ("filter { if ![a] == \"x\" {} }", 17),
    ("filter { if !![a] {} }", 13),
    ("filter { if !\"x\" in [a] {} }", 13),
    ("filter { if ([a]) == \"x\" {} }", 18),
    ("filter { if [a] == (\"x\") {} }", 19),
    ("filter { if [a] == true {} }", 19),
    ("filter { if not [a] {} }", 12),
    ("filter { if [a] && [b] {} }", 16),
    ("filter { if [a] || [b] {} }", 16),
    ("filter { if [a] AND [b] {} }", 16),
    ("filter { if [a] === \"x\" {} }", 18),
    ("filter { if [a] <> \"x\" {} }", 17),
    ("filter { if [a] = \"x\" {} }", 16),
    ("filter { if [a] =~ [b] {} }", 19),
    ("filter { if [a] =~ /x/i {} }", 22),
    ("filter { if [a] not\nin [b] {} }", 16),
    ("filter { if 5 < [a] < 10 {} }", 20),
    ("filter { if [[a]] {} }", 14),
    ("filter { if [a][] {} }", 15),
    ("filter { if [a {} }", 12),
    ("filter { if a == \"x\" {} }", 12),
    ("filter { if not([a] == \"x\") {} }", 20),
    ("filter { if len([a], [b]) {} }", 12),
    ("filter { if len(\"a\") {} }", 12),
    ("filter { if len() {} }", 12),
    ("filter { if [a] xor [b] xor [c] {} }", 24),
    ("filter { if [a] and [b] nand [c] {} }", 24),
    ("filter { if [\"a\",\"b\"] in [x] {} }", 12),
    ("filter { if [\"a\",\"b\"] == [x] {} }", 12),
    ("filter { if [x] == [] {} }", 19),
    ("filter { if 5 > \"3\" {} }", 12),
    ("filter { if 5 =~ /5/ {} }", 12),
    ("filter { if /x/ {} }", 12),
    ("filter { if [a] == /x/ {} }", 19),
    ("filter { if [x] in [\"a\", [bb]] {} }", 25),
    ("filter { # c\rmutate { } }", 12),
];

#[test]
fn what_logstash_takes_is_accepted() {
    for text in ACCEPTED {
        let parsed = parse(text);
        assert!(parsed.is_ok(), "{text}\n{}", parsed.unwrap_err());
    }
}

#[test]
fn what_logstash_refuses_is_refused_at_its_place() {
    for (text, offset) in REFUSED {
        let errors = parse(text).expect_err(text);
        let first = errors.iter().next().unwrap().span.unwrap();
        assert_eq!(usize::try_from(first.start).unwrap(), *offset, "{text}\n{errors}");
    }
}

#[test]
fn one_mistake_on_one_line_is_one_error() {
    for (text, _) in REFUSED {
        let errors = parse(text).unwrap_err();
        assert_eq!(errors.len(), 1, "{text}\n{errors}");
    }
}

#[test]
fn all_errors_of_a_config_are_found() {
    let text = "input { stdin { codec = json } }\n\
                filter {\n  if [a] == true { mutate { id => a, add_tag => [\"x\" \"y\"] } }\n\
                  elsif [b] { drop { } }\n  date { match => { \"a\" => \"b\", \"c\" => \"d\" } }\n}\n\
                output { stdout { 5 } }\n";
    let errors = parse(text).unwrap_err();
    let lines: Vec<usize> =
        errors.iter().map(|error| errors.position(error.span.unwrap()).unwrap().line).collect();
    assert_eq!(lines, [1, 3, 3, 3, 3, 4, 5, 7], "{errors}");
}

#[test]
fn a_missing_brace_is_reported_where_the_indentation_breaks() {
    let text = "filter {\n  if [a] {\n    drop { }\n\n  mutate { }\n}\noutput { }\n";
    let errors = parse(text).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors}");
    let error = errors.iter().next().unwrap();
    assert_eq!(errors.position(error.span.unwrap()).unwrap().line, 5);
    assert_eq!(errors.position(error.labels[0].span).unwrap().line, 2);
}

#[test]
fn an_else_in_the_block_of_its_if_lacks_a_brace() {
    let text = "filter {\n  if [a] {\n    drop { }\n  else {\n    drop { }\n  }\n}\noutput { }\n";
    let errors = parse(text).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors}");
    let error = errors.iter().next().unwrap();
    assert!(error.message.starts_with("missing `}`"), "{errors}");
    assert_eq!(errors.position(error.span.unwrap()).unwrap().line, 4);
}

#[test]
fn a_missing_quote_is_blamed_on_its_string() {
    let text = "filter {\n  mutate {\n    id => \"one\n    add_tag => \"two\"\n  }\n}\n";
    let errors = parse(text).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors}");
    let error = errors.iter().next().unwrap();
    assert_eq!(errors.position(error.span.unwrap()).unwrap().line, 3);
}

#[test]
fn sources_are_one_config_and_keep_their_names() {
    let sources = vec![
        Source::new("one.conf", "filter { # open"),
        Source::new("empty.conf", ""),
        Source::new("two.conf", "  mutate { }\n  if [a] { drop { }"),
    ];
    let errors = Config::parse(sources, &ParseOptions::default()).unwrap_err();
    let error = errors.iter().next().unwrap();
    assert_eq!(errors.position(error.span.unwrap()).unwrap().name, "two.conf");
    let label = errors.position(error.labels[0].span).unwrap();
    assert_eq!((label.name, label.line), ("two.conf", 2));
}

#[test]
fn escapes_are_decoded_in_values_and_keys_only_when_asked() {
    let text = r#"filter { mutate { "i\td" => "a\tb" add_field => { 'c\n' => 'd\\e' } } if [a] =~ /\t/ or [b] == "\"" { } }"#;
    for support_escapes in [false, true] {
        let options = ParseOptions { support_escapes };
        let config = Config::parse(vec![Source::new("a", text)], &options).unwrap();
        let Statement::Plugin(plugin) = &config.ast().sections[0].body[0] else { unreachable!() };
        assert_eq!(plugin.attributes[0].name.text, r"i\td");
        let ValueKind::Text(value) = &plugin.attributes[0].value.kind else { unreachable!() };
        assert_eq!(value.text, if support_escapes { "a\tb" } else { r"a\tb" });
        let ValueKind::Hash(entries) = &plugin.attributes[1].value.kind else { unreachable!() };
        let ValueKind::Text(key) = &entries[0].key.kind else { unreachable!() };
        assert_eq!(key.text, if support_escapes { "c\n" } else { r"c\n" });
        let Statement::Branch(branch) = &config.ast().sections[0].body[1] else { unreachable!() };
        let printed = print::print_condition(&branch.arms[0].condition);
        assert_eq!(printed, r#"[a] =~ /\t/ or [b] == "\"""#);
    }
}

#[test]
fn precedence_is_not_then_comparison_then_and_then_or() {
    let config = parse("filter { if ![a] and [b] == 1 or [c] and ([d] or [e]) { } }").unwrap();
    let Statement::Branch(branch) = &config.ast().sections[0].body[0] else { unreachable!() };
    let ConditionKind::Or(parts) = &branch.arms[0].condition.kind else { unreachable!() };
    let ConditionKind::And(left) = &parts[0].kind else { unreachable!() };
    assert!(matches!(left[0].kind, ConditionKind::Not(_)));
    assert!(matches!(left[1].kind, ConditionKind::Compare { .. }));
    let ConditionKind::And(right) = &parts[1].kind else { unreachable!() };
    assert!(matches!(right[1].kind, ConditionKind::Or(_)));
}

#[test]
fn a_list_of_one_is_a_selector() {
    let config = parse("filter { if [x] in [\"a\"] { } }").unwrap();
    let Statement::Branch(branch) = &config.ast().sections[0].body[0] else { unreachable!() };
    let ConditionKind::In { right, .. } = &branch.arms[0].condition.kind else { unreachable!() };
    assert_eq!(right.kind, OperandKind::Selector("[\"a\"]".to_owned()));
    assert_eq!(right.as_field().map(|(text, _)| text), Some("[\"a\"]"));
}

#[test]
fn a_call_stands_for_its_field() {
    let config = parse("filter { if len(5, trim([a][b])) > 1 { } }").unwrap();
    let Statement::Branch(branch) = &config.ast().sections[0].body[0] else { unreachable!() };
    let ConditionKind::Compare { left, .. } = &branch.arms[0].condition.kind else {
        unreachable!()
    };
    assert_eq!(left.as_field().map(|(text, span)| (text, span.start)), Some(("[a][b]", 24)));
}

#[test]
fn nesting_is_limited_and_never_overflows() {
    for (open, close) in [("(", ")"), ("!(", ")"), ("ab(", ")")] {
        let text = format!("filter {{ if {}[a]{} {{ }} }}", open.repeat(9000), close.repeat(9000));
        let errors = parse(&text).unwrap_err();
        assert_eq!(errors.iter().next().unwrap().code, Code::LimitExceeded);
    }
    for text in [
        format!("filter {{ mutate {{ id => {} }} }}", "[".repeat(9000)),
        format!("filter {{ mutate {{ id => {} }} }}", "{ \"a\" => ".repeat(9000)),
        format!("filter {{ mutate {{ id => {} }} }}", "ab { c => ".repeat(9000)),
        format!("filter {{ {}", "if [a] { ".repeat(9000)),
    ] {
        let errors = parse(&text).unwrap_err();
        assert_eq!(errors.iter().next().unwrap().code, Code::LimitExceeded, "{text:.40}");
    }
}

#[test]
fn chains_are_flat() {
    let text = format!("filter {{ if [a] {} {{ }} }}", "or [b] and [c] ".repeat(20_000));
    assert!(parse(&text).is_ok());
    let text = format!("filter {{ if [a] {{ }} {} }}", "else if [b] { } ".repeat(20_000));
    assert!(parse(&text).is_ok());
}

#[test]
fn errors_are_limited() {
    let text = format!("filter {{ {} }}", "mutate { id = 5 }\n".repeat(1000));
    assert_eq!(parse(&text).unwrap_err().len(), limits::CONFIG_ERRORS);
}

#[test]
fn too_long_a_config_is_refused_as_a_whole() {
    let text = "#".repeat(limits::CONFIG_BYTES);
    let errors = parse(&text).unwrap_err();
    assert_eq!(errors.iter().next().unwrap().code, Code::LimitExceeded);
}

#[test]
fn comments_stay_when_printed() {
    let text = "# head\nfilter {\n  # first\n  mutate {\n    # inside\n    id => \"x\" # behind\n  }\n}\n# end\n";
    let config = parse(text).unwrap();
    let printed = print::print(config.ast());
    assert_eq!(
        printed,
        "# head\nfilter {\n  # first\n  mutate {\n    # inside\n    id => \"x\"\n    # behind\n  }\n}\n# end\n"
    );
    assert_eq!(print::print(parse(&printed).unwrap().ast()), printed);
}

/// Formats a config.
fn format(text: &str) -> String {
    print::format(&parse(text).unwrap())
}

#[test]
fn formatting_keeps_comments_behind_what_they_stood_behind() {
    let text = "# head\n\nfilter{# open\n\n  grok{ match=>{\"message\"=>\"x\"# key\n}# grok\n}# end of grok\n# last\n}# end\n# foot\n";
    let formatted = "# head\n\nfilter { # open\n  grok {\n    match => {\n      \"message\" => \"x\" # key\n    } # grok\n  } # end of grok\n  # last\n} # end\n# foot\n";
    assert_eq!(format(text), formatted);
    assert_eq!(format(formatted), formatted);
}

#[test]
fn formatting_keeps_one_blank_line_and_none_at_the_edges_of_a_block() {
    let text =
        "filter {\n\n\n  drop { }\n\n\n\n  # c\n\n\n  drop { }\n  drop {}\n\n\n}\noutput { }\n\n\n";
    let formatted = "filter {\n  drop { }\n\n  # c\n\n  drop { }\n  drop { }\n}\n\noutput {\n}\n";
    assert_eq!(format(text), formatted);
    assert_eq!(format(formatted), formatted);
}

#[test]
fn formatting_gives_each_comment_a_line_when_two_lines_become_one() {
    let text = "filter { if [a] # first\n and [b] # second\n { drop { } } # third\n else { } }";
    let formatted = "filter {\n  if [a] and [b] { # first\n    # second\n    drop { }\n  } else { # third\n  }\n}\n";
    assert_eq!(format(text), formatted);
    assert_eq!(format(formatted), formatted);
}

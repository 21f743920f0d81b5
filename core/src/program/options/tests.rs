#![expect(clippy::unwrap_used, reason = "tests")]

use crate::{config::ParseOptions, diagnostic::Source};

use super::*;

/// Resolves a config in which `SET` is `value`, `EMPTY` is empty and `LIST` is `[a, b]`.
fn resolved(text: &str) -> (Config, Resolved, Diagnostics) {
    let sources = vec![Source::new("a.conf", text)];
    let config = Config::parse(sources, &ParseOptions::default()).unwrap();
    let mut diagnostics = Diagnostics::new(config.sources().to_vec());
    let resolved = resolve(&config, &lookup, &mut diagnostics);
    (config, resolved, diagnostics)
}

fn lookup(name: &str) -> Option<String> {
    let known = [("SET", "value"), ("EMPTY", ""), ("LIST", "[a, b]"), ("TWICE", "${SET}")];
    known.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// Returns the options of the first plugin of a section.
fn first(text: &str) -> PluginOptions {
    let (config, resolved, diagnostics) = resolved(text);
    assert!(diagnostics.is_empty(), "{text}\n{diagnostics}");
    let Statement::Plugin(plugin) = &config.ast().sections[0].body[0] else { unreachable!() };
    resolved.get(plugin).unwrap().clone()
}

fn filter(options: &str) -> PluginOptions {
    first(&format!("filter {{ {options} }}"))
}

/// Returns the codes of what is wrong with the plugins of a filter section.
fn codes(plugins: &str) -> Vec<Code> {
    let (_, _, diagnostics) = resolved(&format!("filter {{ {plugins} }}"));
    diagnostics
        .iter()
        .inspect(|problem| assert!(problem.span.is_some(), "{}", problem.message))
        .map(|problem| problem.code)
        .collect()
}

fn values<'a>(texts: &[Spanned<&'a str>]) -> Vec<&'a str> {
    texts.iter().map(|text| text.value).collect()
}

/// Returns the texts of the list `add_tag` of a mutate filter.
fn tags(attributes: &str) -> Vec<String> {
    let options = filter(&format!("mutate {{ {attributes} }}"));
    values(&options.texts("add_tag")).into_iter().map(str::to_owned).collect()
}

/// Returns the pairs of the hash `replace` of a mutate filter.
fn pairs(attributes: &str) -> Vec<(String, String)> {
    let options = filter(&format!("mutate {{ {attributes} }}"));
    let pairs = options.pairs("replace").into_iter();
    pairs.map(|(key, value)| (key.value.to_owned(), value.to_text().into_owned())).collect()
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn repeated_lists_and_scalars_add_up() {
    assert_eq!(tags("add_tag => [\"a\"] add_tag => [\"a\", \"b\"]"), ["a", "a", "b"]);
    assert_eq!(tags("add_tag => [\"a\"] add_tag => \"b\""), ["a", "b"]);
    assert_eq!(tags("add_tag => \"a\" add_tag => \"b\""), ["a", "b"]);
    assert_eq!(tags("add_tag => \"a\" add_tag => \"a\""), ["a"]);
    assert_eq!(tags("add_tag => \"a\" add_tag => [\"b\", \"c\"]"), ["a", "[\"b\", \"c\"]"]);
}

#[test]
fn repeated_hashes_are_merged() {
    let merged =
        pairs("replace => {\"a\"=>\"1\" \"b\"=>\"2\"} replace => {\"b\"=>\"3\" \"c\"=>\"4\"}");
    assert_eq!(merged, [pair("a", "1"), pair("b", "[\"2\", \"3\"]"), pair("c", "4")]);
    let merged = pairs("replace => {\"a\"=>[\"1\"]} replace => {\"a\"=>[\"1\",\"2\"]}");
    assert_eq!(merged, [pair("a", "[\"1\", \"2\"]")]);
    let merged = pairs("replace => {\"a\"=>\"1\"} replace => {\"a\"=>\"1\"}");
    assert_eq!(merged, [pair("a", "1")]);
    let merged = pairs("replace => {\"a\"=>\"1\"} replace => [\"b\", \"2\"]");
    assert_eq!(merged, [pair("a", "1")]);
    assert_eq!(
        codes("mutate { replace => [\"b\", \"2\"] replace => {\"a\"=>\"1\"} }"),
        [Code::WrongType]
    );
}

#[test]
fn of_two_spellings_of_a_key_the_last_wins() {
    assert_eq!(pairs("replace => {aa=>\"1\" \"aa\"=>\"2\"}"), [pair("aa", "2")]);
}

#[test]
fn a_list_of_even_length_is_a_hash() {
    let merged = pairs("replace => [\"b\", \"1\", \"a\", 2, \"b\", \"1\"]");
    assert_eq!(merged, [pair("b", "[\"1\", \"1\"]"), pair("a", "2")]);
    assert_eq!(codes("mutate { replace => [\"a\"] }"), [Code::WrongType]);
    assert_eq!(codes("mutate { replace => \"a\" }"), [Code::WrongType]);
}

#[test]
fn texts_of_numbers_lists_and_hashes_are_ruby_s() {
    let merged = pairs(
        "replace => {\"a\"=>007 \"b\"=>1.50 \"c\"=>-0 \"d\"=>0.0001 \"e\"=>[\"x\", 5] \"f\"=>{\"g\"=>\"h\\n#{i}\"}}",
    );
    let texts: Vec<&str> = merged.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["7", "1.5", "0", "0.0001", "[\"x\", 5]", "{\"g\"=>\"h\\\\n\\#{i}\"}"]);
}

#[test]
fn strings_take_a_number_or_a_list_of_one() {
    assert_eq!(filter("json { source => [\"m\"] }").text("source").unwrap().value, "m");
    assert_eq!(filter("json { source => 5 }").text("source").unwrap().value, "5");
    assert_eq!(codes("json { source => [\"m\", \"n\"] }"), [Code::WrongType]);
}

#[test]
fn numbers_may_be_written_as_exact_strings() {
    for (text, number) in
        [("3", Number::Int(3)), ("\"3\"", Number::Int(3)), ("\"3.5\"", Number::Float(3.5))]
    {
        let options = filter(&format!("drop {{ percentage => {text} }}"));
        assert_eq!(options.number("percentage").unwrap().value, number);
    }
    for text in ["\"03\"", "\" 3\"", "\"3x\"", "\"1e3\"", "\"inf\"", "\"\"", "yes"] {
        assert_eq!(codes(&format!("drop {{ percentage => {text} }}")), [Code::BadValue], "{text}");
    }
}

#[test]
fn booleans_are_true_and_false_alone() {
    let flag = |text: &str| {
        filter(&format!("json {{ source => mm skip_on_invalid_json => {text} }}"))
            .flag("skip_on_invalid_json", false)
    };
    assert!(flag("true") && flag("\"true\"") && !flag("false"));
    for (text, code) in [
        ("yes", Code::BadValue),
        ("\"TRUE\"", Code::BadValue),
        ("True", Code::BadValue),
        ("1", Code::WrongType),
    ] {
        let plugin = format!("json {{ source => mm skip_on_invalid_json => {text} }}");
        assert_eq!(codes(&plugin), [code]);
    }
}

#[test]
fn words_passwords_and_references_are_checked() {
    assert_eq!(codes("fingerprint { method => \"sha1\" }"), [Code::BadValue]);
    assert_eq!(codes("fingerprint { key => 5 }"), [Code::WrongType]);
    assert_eq!(codes("kv { target => \"a]b\" }"), [Code::BadValue]);
    assert_eq!(codes("kv { target => \"[a][b]\" source => \"a b\" }"), []);
}

#[test]
fn ids_are_unique_texts() {
    assert_eq!(filter("mutate { id => \"${SET}\" }").id().unwrap().value, "value");
    assert_eq!(codes("mutate { id => \"x\" } drop { id => \"x\" }"), [Code::DuplicateId]);
    assert_eq!(codes("mutate { id => \"\" }"), [Code::BadValue]);
    assert_eq!(codes("mutate { id => 5 }"), [Code::WrongType]);
    assert_eq!(codes("mutate { id => \"a\" id => \"b\" }"), [Code::WrongType]);
}

#[test]
fn unknown_names_come_with_a_suggestion() {
    let (_, _, diagnostics) =
        resolved("filter { gork { } grok { mtach => { } } Mutate { } json { } }");
    let found: Vec<_> =
        diagnostics.iter().map(|problem| (problem.code, problem.help.as_deref())).collect();
    assert_eq!(
        found,
        [
            (Code::UnknownPlugin, Some("did you mean `grok`?")),
            (Code::UnknownOption, Some("did you mean `match`?")),
            (Code::UnknownPlugin, Some("names are written in lower case: `mutate`")),
            (Code::MissingOption, None),
        ]
    );
    assert_eq!(codes("rubydebug { }"), [Code::UnknownPlugin]);
    assert_eq!(codes("\"mutate\" { }"), [Code::UnknownPlugin]);
    assert_eq!(codes("mutate { type => \"x\" }"), [Code::ObsoleteOption]);
}

#[test]
fn plugins_with_unlisted_options_take_any() {
    let options = filter("wurfl { anything => [1] id => \"x\" }");
    assert_eq!(options.names().collect::<Vec<_>>(), ["anything", "id"]);
    assert_eq!(codes("wurfl { enable_metric => maybe }"), [Code::BadValue]);
}

#[test]
fn codecs_are_names_or_plugins() {
    let options = first("input { stdin { codec => json } }");
    assert_eq!(options.codec("codec").unwrap().name, "json");
    let options = first("input { stdin { codec => line { charset => \"UTF-16\" } } }");
    let codec = options.codec("codec").unwrap();
    assert_eq!(codec.text("charset").unwrap().value, "UTF-16");
    for (codec, code) in [
        ("jsn", Code::UnknownPlugin),
        ("json { nosuch => 1 }", Code::UnknownOption),
        ("multiline { what => next }", Code::MissingOption),
        ("[\"json\", \"line\"]", Code::WrongType),
        ("json codec => json", Code::WrongType),
        ("json { } codec => line { }", Code::WrongType),
    ] {
        let (_, _, found) = resolved(&format!("input {{ stdin {{ codec => {codec} }} }}"));
        let found: Vec<Code> = found.iter().map(|problem| problem.code).collect();
        let expected: &[Code] = if codec == "json codec => json" { &[] } else { &[code] };
        assert_eq!(found, expected, "{codec}");
    }
    assert_eq!(codes("mutate { add_tag => json { } }"), [Code::WrongType]);
}

#[test]
fn variables_are_replaced_in_values() {
    for (written, text) in [
        ("${SET}", "value"),
        ("${EMPTY:x}", ""),
        ("${NOPE:}", ""),
        ("${NOPE: sp }", " sp "),
        ("a ${SET} ${NOPE:d}", "a value d"),
        ("$${SET}", "$value"),
        ("${1A:d} ${A-B:d} ${ A:d} $A ${}", "${1A:d} ${A-B:d} ${ A:d} $A ${}"),
        ("${NOPE:a}b}", "ab}"),
        ("${TWICE}", "value"),
        ("${NOPE:${NO:z}}", "z"),
        ("${NOPE:${NO:${NEVER:z}}}", "${NEVER:z}"),
        ("${LIST}", "[a, b]"),
        ("'${SET} b'", "value b"),
        ("'a' ${NOPE:x} 'b'", "a' x 'b"),
        ("'literal'", "'literal'"),
    ] {
        let merged = pairs(&format!("replace => {{ \"k\" => \"{written}\" }}"));
        assert_eq!(merged, [pair("k", text)], "{written}");
    }
}

#[test]
fn a_text_with_a_variable_in_brackets_is_a_list() {
    assert_eq!(tags("add_tag => \"[${NOPE:a}, 'b']\""), ["a", "b"]);
    assert_eq!(tags("add_tag => \"[${NOPE:}]\""), [""; 0]);
    assert_eq!(tags("add_tag => \"${LIST}\""), ["[a, b]"]);
    assert_eq!(tags("add_tag => \"[a, b]\""), ["[a, b]"]);
}

#[test]
fn keys_and_names_keep_their_variables() {
    assert_eq!(pairs("replace => { \"${SET}\" => \"x\" }"), [pair("${SET}", "x")]);
    assert_eq!(codes("mutate { \"${NOPE:add_tag}\" => \"x\" }"), [Code::UnknownOption]);
}

#[test]
fn types_are_checked_after_variables_are_replaced() {
    let options = filter("drop { percentage => \"${NOPE:5}\" }");
    assert_eq!(options.number("percentage").unwrap().value, Number::Int(5));
    assert_eq!(codes("drop { percentage => \"${SET}\" }"), [Code::BadValue]);
}

#[test]
fn variables_that_are_not_set_are_reported_where_they_stand() {
    let (_, _, diagnostics) = resolved("filter { mutate { id => \"a ${NOPE}\" } }");
    let problem = diagnostics.iter().next().unwrap();
    assert_eq!(problem.code, Code::UndefinedVariable);
    assert_eq!(problem.span, Some(Span::new(0, 27, 34)));
}

#[test]
fn conditions_replace_whole_constants_only() {
    let text = "filter { if [a] == \"${SET}\" and [b] in [\"${NOPE:5}\", 5] and \"x${SET}\" == [c] \
                and [d] =~ \"${SET}\" and \"${NOPE}\" != [e] { } }";
    let (_, resolved, diagnostics) = resolved(text);
    let Statement::Branch(branch) = &resolved.ast().sections[0].body[0] else { unreachable!() };
    let ConditionKind::And(parts) = &branch.arms[0].condition.kind else { unreachable!() };
    let texts: Vec<&str> = parts
        .iter()
        .map(|part| {
            let operand = match &part.kind {
                ConditionKind::Compare { left, right, .. } => {
                    if left.is_field() {
                        right
                    } else {
                        left
                    }
                }
                ConditionKind::In { right, .. } | ConditionKind::Match { right, .. } => right,
                _ => unreachable!(),
            };
            match &operand.kind {
                OperandKind::Text(text) => text.text.as_str(),
                OperandKind::List(values) => match &values[0].kind {
                    ValueKind::Text(text) => text.text.as_str(),
                    _ => unreachable!(),
                },
                _ => unreachable!(),
            }
        })
        .collect();
    assert_eq!(texts, ["value", "5", "x${SET}", "${SET}", ""]);
    let found: Vec<Code> = diagnostics.iter().map(|problem| problem.code).collect();
    assert_eq!(found, [Code::UndefinedVariable]);
}

#[test]
fn all_problems_of_a_config_are_found() {
    let found = codes(
        "grok { bogus => 1 match => 5 } if [a] == \"${NOPE}\" { drop { percentage => aa } } \
         else { nosuch { } } truncate { }",
    );
    assert_eq!(
        found,
        [
            Code::UnknownOption,
            Code::WrongType,
            Code::UndefinedVariable,
            Code::BadValue,
            Code::UnknownPlugin,
            Code::MissingOption,
        ]
    );
}

#[test]
fn an_unknown_option_does_not_hide_the_others() {
    let (config, resolved, _) = resolved("filter { mutate { bogus => 1 id => \"x\" } }");
    let Statement::Plugin(plugin) = &config.ast().sections[0].body[0] else { unreachable!() };
    assert_eq!(resolved.get(plugin).unwrap().id().unwrap().value, "x");
}

#[test]
fn lists_of_uris_split_on_blanks() {
    let options = first("output { elasticsearch { hosts => \"http://a:1 http://b:2\" } }");
    assert_eq!(values(&options.texts("hosts")), ["http://a:1", "http://b:2"]);
}

#[test]
fn byte_counts_have_units() {
    let bytes = |text: &str| coerce::bytes(text);
    assert_eq!(bytes("10 MiB"), Some(10 << 20));
    assert_eq!(bytes("10 MB"), Some(10_000_000));
    assert_eq!(bytes("1.5kib"), Some(1536));
    assert_eq!(bytes("77"), Some(77));
    assert_eq!(bytes("many"), None);
    assert_eq!(bytes("99999999999 EiB"), None);
    assert_eq!(bytes("5 iB"), None);
    let codec = "multiline { pattern => \"x\" what => next max_bytes => \"1 KiB\" }";
    let options = first(&format!("input {{ stdin {{ codec => {codec} }} }}"));
    let codec = options.codec("codec").unwrap();
    assert_eq!(codec.value("max_bytes").unwrap().to_bytes(), Some(1024));
}

#[test]
fn spans_of_texts_leave_the_quotes_out() {
    let options = filter("grok { match => { \"m\" => \"abc\" } }");
    let (_, value) = options.pairs("match")[0];
    assert_eq!((value.span, value.text_span()), (Span::new(0, 34, 39), Span::new(0, 35, 38)));
}

#[test]
fn needs_name_variables_files_and_pattern_directories() {
    let text = "input { stdin { codec => multiline { pattern => \"x\" what => next patterns_dir => \"/m\" } } }\n\
                filter { if [a] == \"${V1}\" { grok { patterns_dir => [\"/p/${V2:q}\", \"./r\"] \
                patterns_files_glob => \"*.pat\" match => { \"m\" => \"${V3:${V4}}\" } } } \
                translate { source => \"a\" dictionary_path => \"/d.yml\" } \
                useragent { source => \"a\" regexes => \"/r.yaml\" } }\n\
                output { file { path => \"/out\" } elasticsearch { template => \"/t.json\" } }";
    let sources = vec![Source::new("a.conf", text)];
    let config = Config::parse(sources, &ParseOptions::default()).unwrap();
    let needs = config.needs_with(&|name| (name == "V2").then(|| "set".to_owned()));
    let variables: Vec<_> =
        needs.variables.iter().map(|need| (need.name.as_str(), need.has_default)).collect();
    assert_eq!(variables, [("V1", false), ("V2", true), ("V3", true), ("V4", false)]);
    let paths: Vec<_> =
        needs.paths.iter().map(|need| (need.path.as_str(), need.kind.clone())).collect();
    let patterns = |glob: &str| PathKind::PatternsDir { glob: glob.to_owned() };
    assert_eq!(
        paths,
        [
            ("/m", patterns("*")),
            ("/p/set", patterns("*.pat")),
            ("./r", patterns("*.pat")),
            ("/d.yml", PathKind::File),
            ("/r.yaml", PathKind::File),
        ]
    );
    assert_eq!(config.needs().paths[1].path, "/p/q");
}

//! Properties of the config language: printing and parsing undo each other, nothing panics.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test is a host: it reads configs and says what it leaves out"
)]

use proptest::{collection::vec, option, prelude::*, sample::select};

use sawlog::{
    Config, ParseOptions, Source, Span,
    config::{
        ast::{
            Arm, Ast, Attribute, Block, Branch, Comparison, Condition, ConditionKind, Entry, Name,
            Operand, OperandKind, Plugin, Quote, Section, SectionKind, Statement, Text, Value,
            ValueKind,
        },
        print::{format, print},
    },
};

/// Where a made tree stands: nowhere.
const NOWHERE: Span = Span::new(0, 0, 0);

fn name() -> impl Strategy<Value = Name> {
    ("[a-z][a-z0-9_-]{2,8}", option::of(select(vec![Quote::Double, Quote::Single])))
        .prop_map(|(text, quote)| Name { text, quote, span: NOWHERE })
}

fn plain_name() -> impl Strategy<Value = Name> {
    // `p` at the start keeps clear of `if`, `else` and the section names.
    "p[a-z0-9_-]{0,8}".prop_map(|text| Name { text, quote: None, span: NOWHERE })
}

fn text() -> impl Strategy<Value = Text> {
    let raw =
        prop_oneof!["[ -!#-&(-\\[\\]-~\n\t]{0,12}", "[äß€😀 x]{0,4}", Just("a\\nb".to_owned())];
    (raw, select(vec![Quote::Double, Quote::Single])).prop_map(|(raw, quote)| Text {
        quote,
        text: raw.clone(),
        raw,
    })
}

/// A text that can be the first element of a list in a condition.
fn tame_text() -> impl Strategy<Value = Text> {
    ("[a-z ]{0,6}", select(vec![Quote::Double, Quote::Single])).prop_map(|(raw, quote)| Text {
        quote,
        text: raw.clone(),
        raw,
    })
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof!["-?[0-9]{1,12}", "-?[0-9]{1,5}\\.[0-9]{1,5}"]
}

fn bareword() -> impl Strategy<Value = String> {
    "[a-z_][a-zA-Z0-9_]{1,8}"
}

fn at(kind: ValueKind) -> Value {
    Value { kind, span: NOWHERE }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        bareword().prop_map(ValueKind::Bareword),
        number().prop_map(ValueKind::Number),
        text().prop_map(ValueKind::Text),
    ];
    leaf.prop_map(at).prop_recursive(3, 16, 4, |inner| {
        let attribute = (name(), inner.clone()).prop_map(|(name, value)| Attribute {
            name,
            value,
            span: NOWHERE,
        });
        let plugin = (plain_name(), vec(attribute, 0..3)).prop_map(|(name, attributes)| {
            ValueKind::Plugin(Plugin { name, attributes, span: NOWHERE })
        });
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(ValueKind::Array),
            vec((key(), inner), 0..4).prop_map(hash),
            plugin,
        ]
        .prop_map(at)
    })
}

fn key() -> impl Strategy<Value = ValueKind> {
    prop_oneof![bareword().prop_map(ValueKind::Bareword), text().prop_map(ValueKind::Text)]
}

/// Makes a hash without two equal keys, which no config may have.
fn hash(entries: Vec<(ValueKind, Value)>) -> ValueKind {
    let mut hash: Vec<Entry> = Vec::new();
    for (key, value) in entries {
        let key = at(key);
        if hash.iter().all(|entry| entry.key != key) {
            hash.push(Entry { key, value, span: NOWHERE });
        }
    }
    ValueKind::Hash(hash)
}

fn selector() -> impl Strategy<Value = OperandKind> {
    "(\\[[a-zA-Z@ .\"][a-z0-9 \"']{0,6}\\]){1,3}".prop_map(OperandKind::Selector)
}

fn operand(kind: OperandKind) -> Operand {
    Operand { kind, span: NOWHERE }
}

fn field() -> impl Strategy<Value = Operand> {
    let call = (bareword(), selector(), vec(number(), 0..2)).prop_map(|(word, field, numbers)| {
        let name = Name { text: word, quote: None, span: NOWHERE };
        let numbers = numbers.into_iter().map(OperandKind::Number);
        let arguments = [field].into_iter().chain(numbers).map(operand).collect();
        OperandKind::Call { name, arguments }
    });
    prop_oneof![4 => selector(), 1 => call].prop_map(operand)
}

fn constant() -> impl Strategy<Value = Operand> {
    prop_oneof![
        number().prop_map(OperandKind::Number),
        text().prop_map(OperandKind::Text),
        selector(),
    ]
    .prop_map(operand)
}

fn list() -> impl Strategy<Value = Operand> {
    let element = prop_oneof![
        tame_text().prop_map(ValueKind::Text),
        number().prop_map(ValueKind::Number),
        bareword().prop_map(ValueKind::Bareword),
    ];
    // One element alone would be read as a selector.
    let many = vec(element.prop_map(at), 2..5);
    prop_oneof![4 => many, 1 => Just(Vec::new())]
        .prop_map(|values| operand(OperandKind::List(values)))
}

fn condition() -> impl Strategy<Value = Condition> {
    let comparison = select(vec![
        Comparison::Equal,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::NotEqual,
    ]);
    let regex = prop_oneof![
        "[a-z^$.*\\[\\] ]{0,6}".prop_map(OperandKind::Regex),
        Just(OperandKind::Regex("a\\/b".to_owned())),
        text().prop_map(OperandKind::Text),
    ];
    let leaf =
        prop_oneof![
            field().prop_map(ConditionKind::Truth),
            (field(), comparison, constant())
                .prop_map(|(left, op, right)| ConditionKind::Compare { op, left, right }),
            (field(), any::<bool>(), prop_oneof![list(), constant()])
                .prop_map(|(left, negated, right)| ConditionKind::In { negated, left, right }),
            (field(), any::<bool>(), regex.prop_map(operand))
                .prop_map(|(left, negated, right)| ConditionKind::Match { negated, left, right }),
        ];
    let node = |kind| Condition { kind, span: NOWHERE };
    leaf.prop_map(node).prop_recursive(4, 24, 3, move |inner| {
        let pair = || [inner.clone(), inner.clone()].prop_map(Box::new);
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(ConditionKind::And),
            vec(inner.clone(), 2..4).prop_map(ConditionKind::Or),
            pair().prop_map(ConditionKind::Xor),
            pair().prop_map(ConditionKind::Nand),
            inner.clone().prop_map(|inner| ConditionKind::Not(Box::new(inner))),
        ]
        .prop_map(node)
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    let attribute =
        (name(), value()).prop_map(|(name, value)| Attribute { name, value, span: NOWHERE });
    let plugin = (plain_name(), vec(attribute, 0..4)).prop_map(|(name, attributes)| {
        Statement::Plugin(Plugin { name, attributes, span: NOWHERE })
    });
    plugin.prop_recursive(3, 12, 3, |inner| {
        let block = || vec(inner.clone(), 0..3).prop_map(|body| Block { body, span: NOWHERE });
        let arm = (condition(), block()).prop_map(|(condition, block)| Arm {
            condition,
            block,
            span: NOWHERE,
        });
        (vec(arm, 1..3), option::of(block())).prop_map(|(arms, otherwise)| {
            Statement::Branch(Branch { arms, otherwise, span: NOWHERE })
        })
    })
}

fn ast() -> impl Strategy<Value = Ast> {
    let kind = select(vec![SectionKind::Filter, SectionKind::Input, SectionKind::Output]);
    let section = (kind, vec(statement(), 0..4)).prop_map(|(kind, body)| Section {
        kind,
        body,
        span: NOWHERE,
    });
    vec(section, 1..3).prop_map(|sections| Ast { sections, comments: Vec::new() })
}

/// Writes a tree down without its spans.
fn shape(ast: &Ast) -> String {
    let written = format!("{ast:?}");
    let mut shape = String::new();
    for (index, part) in written.split("Span { source: ").enumerate() {
        shape.push_str(if index == 0 { part } else { part.split_once('}').unwrap().1 });
    }
    shape
}

fn parse(text: &str) -> Result<Config, sawlog::Diagnostics> {
    Config::parse(vec![Source::new("test.conf", text)], &ParseOptions::default())
}

/// Pieces of configs, right and wrong.
const PIECES: [&str; 40] = [
    "filter", "input", "output", "{", "}", "[", "]", "(", ")", "=>", "=", ",", "if", "else", "and",
    "or", "not", "in", "==", "=~", "!", "/x/", "/", "\"a\"", "'b'", "\"", "'", "\\", "[a]", "[",
    "5", "1.", "-", "mutate", "a", "true", "#", "\n", "ä\u{a0}", "${A:b}",
];

/// What may stand between two words besides a blank.
const GLUE: [&str; 9] =
    ["", "", "", "", "# c\n", "\n# d\n", "\n\n\n", "\n\n# e\n\n\n\t # f \r\n", "#g\n#h\n"];

fn check_format(text: &str, config: &Config) {
    let formatted = format(config);
    let again = match parse(&formatted) {
        Ok(config) => config,
        Err(errors) => panic!("{errors}\n{text}\nbecame\n{formatted}"),
    };
    let comments = |config: &Config| -> Vec<String> {
        config.ast().comments.iter().map(|one| one.text.trim_end().to_owned()).collect()
    };
    let tree = |config: &Config| shape(&Ast { comments: Vec::new(), ..config.ast().clone() });
    assert_eq!(tree(&again), tree(config), "{text}\nbecame\n{formatted}");
    assert_eq!(comments(&again), comments(config), "{text}\nbecame\n{formatted}");
    assert_eq!(format(&again), formatted, "{text}\nchanges twice");
    assert_eq!(print(again.ast()), print(config.ast()), "{text}\nbecame\n{formatted}");
}

#[test]
fn formatting_the_test_configs_keeps_tree_and_comments() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/configs");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        check_format(&text, &parse(&text).unwrap());
        count += 1;
    }
    assert!(count > 30, "{count} configs");
}

#[test]
fn formatting_the_recorded_configs_keeps_tree_and_comments() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors");
    let Ok(entries) = std::fs::read_dir(folder) else {
        eprintln!("skipped: the recorded vectors are not here");
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "ndjson") {
            continue;
        }
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let vector: serde_json::Value = serde_json::from_str(line).unwrap();
            let Some(text) = vector["config"].as_str() else { continue };
            if let Ok(config) = parse(text) {
                check_format(text, &config);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: prop::test_runner::RngSeed::Fixed(3),
        ..ProptestConfig::with_cases(400)
    })]

    #[test]
    fn what_is_printed_parses_to_the_same_tree(ast in ast()) {
        let printed = print(&ast);
        match parse(&printed) {
            Ok(config) => prop_assert_eq!(shape(config.ast()), shape(&ast), "{}", printed),
            Err(errors) => prop_assert!(false, "{}\n{}", errors, printed),
        }
    }

    #[test]
    fn formatting_keeps_the_tree_and_the_comments_and_is_final(
        ast in ast(),
        glue in vec(select(GLUE.to_vec()), 1..60),
    ) {
        let mut text = String::new();
        let printed = print(&ast);
        for (part, glue) in printed.split_inclusive([' ', '\n']).zip(glue.iter().cycle()) {
            text.push_str(part);
            text.push_str(glue);
        }
        // What breaks a `not in` or an `else if` is no config.
        if let Ok(config) = parse(&text) {
            check_format(&text, &config);
        }
    }

    #[test]
    fn any_pieces_give_a_tree_or_errors_inside_the_text(
        pieces in vec(select(PIECES.to_vec()), 0..60),
        glue in select(vec!["", " ", "\n"]),
    ) {
        let text = format!("filter {{ {}", pieces.join(glue));
        match parse(&text) {
            Ok(config) => {
                let printed = print(config.ast());
                prop_assert!(parse(&printed).is_ok(), "{}", printed);
            }
            Err(errors) => {
                prop_assert!(errors.has_errors());
                for error in errors.iter() {
                    let span = error.span.unwrap();
                    let range = usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap();
                    prop_assert!(text.get(range).is_some(), "{:?} in {:?}", span, text);
                }
            }
        }
    }
}

use super::*;
use crate::filter::xml::write;

const DOCUMENT: &str = r#"<shop xmlns:p="urn:p" open="yes"><item id="1"><name>Tea &amp; co</name><price>2.5</price></item><item id="2" p:kind="x"><name>Milk</name><price>1</price></item><p:note>n</p:note><!--c--></shop>"#;

fn run(expression: &str, steps: usize) -> Result<Vec<String>, Failure> {
    let document = roxmltree::Document::parse(DOCUMENT).expect("a document");
    let namespaces = Namespaces::from([("p", "urn:p")]);
    let xpath = XPath::parse(expression).expect(expression);
    let mut search = Search {
        document: &document,
        namespaces: &namespaces,
        ignores_namespaces: false,
        ignores_blanks: false,
        steps_left: steps,
    };
    let mut texts = Vec::new();
    write::answer(&search.run(&xpath)?, false, &mut |text| texts.push(text));
    Ok(texts)
}

#[test]
fn expressions_select_what_the_language_says() {
    for (expression, expected) in [
        ("/shop/@open", &["yes"][..]),
        ("//name/text()", &["Tea &amp; co", "Milk"]),
        ("//item[2]/name", &["<name>Milk</name>"]),
        ("//item[@id='1']/price/text()", &["2.5"]),
        ("//item[price > 2]/@id", &["1"]),
        ("//item[last()]/@id", &["2"]),
        ("//item[position() < 2]/@id", &["1"]),
        ("//item[name='Milk' and not(@id=1)]/@id", &["2"]),
        ("//item/@*", &["1", "2", "x"]),
        ("//@p:kind", &["x"]),
        ("/shop/p:note", &["<p:note>n</p:note>"]),
        ("/shop/p:*/text()", &["n"]),
        ("//note", &[]),
        ("//price[. = 1]/../@id", &["2"]),
        ("//name/following-sibling::price/text()", &["2.5", "1"]),
        ("//price[1]/preceding-sibling::*/text()", &["Tea &amp; co", "Milk"]),
        ("//item[2]/preceding::name/text()", &["Tea &amp; co"]),
        ("//item[1]/following::name/text()", &["Milk"]),
        ("//price/ancestor::shop/@open", &["yes"]),
        ("(//name)[2]/text()", &["Milk"]),
        ("//name | //price[1]", &["<name>Tea &amp; co</name>", "<price>2.5</price>", "<name>Milk</name>", "<price>1</price>"]),
        ("//comment()", &["<!--c-->"]),
        ("count(//item)", &["2.0"]),
        ("sum(//price) * 2", &["7.0"]),
        ("string(//item[1]/name)", &["Tea & co"]),
        ("concat(//item[2]/name, '-', count(//item))", &["Milk-2"]),
        ("name(/*)", &["shop"]),
        ("local-name(//p:note)", &["note"]),
        ("name(//p:note)", &["p:note"]),
        ("namespace-uri(//p:note)", &["urn:p"]),
        ("substring('12345', 2, 3)", &["234"]),
        ("substring-before('a=b', '=')", &["a"]),
        ("substring-after('a=b', '=')", &["b"]),
        ("normalize-space('  a   b ')", &["a b"]),
        ("translate('bar', 'abc', 'AB')", &["BAr"]),
        ("string-length('héé')", &["3.0"]),
        ("contains(//name, 'Tea')", &["true"]),
        ("contains(//name, 'no')", &[]),
        ("10 mod 4 + 6 div 3 - 1", &["3.0"]),
        ("-3 + 1", &["-2.0"]),
        ("1 = 1 or false()", &["true"]),
        ("round(2.5)", &["3.0"]),
        ("number('x')", &["NaN"]),
    ] {
        assert_eq!(run(expression, 100_000).expect(expression), expected, "{expression}");
    }
}

#[test]
fn wrong_expressions_are_errors_that_say_what() {
    for (expression, message) in [
        ("//item[", "ends where a step is due"),
        ("//item[1", "ends where `]` is due"),
        ("a b", "has an unexpected `b`"),
        ("foo(1)", "calls `foo`, which is no function that is known here"),
        ("count()", "calls `count` with 0 arguments"),
        ("$x", "uses a variable, and there are none"),
        ("namespace::x", "uses the axis `namespace`, which is not known here"),
        ("'a", "has a text without its closing quote"),
        ("a#b", "has an unexpected `#`"),
        ("", "ends where a step is due"),
    ] {
        assert_eq!(XPath::parse(expression).map(|_| ()).expect_err(expression), message, "{expression}");
    }
}

#[test]
fn steps_and_depth_are_bounded() {
    assert_eq!(run("//*//*//*//*", 20), Err(Failure::OutOfSteps));
    assert_eq!(run("//q:x", 1000), Err(Failure::UnknownPrefix));
    assert_eq!(run("count(1)", 1000), Err(Failure::NoNodes));
    let deep = format!("{}1{}", "(".repeat(limits::XPATH_DEPTH + 1), ")".repeat(limits::XPATH_DEPTH + 1));
    assert_eq!(XPath::parse(&deep).map(|_| ()), Err("nests too deep".to_owned()));
    let long = vec!["1"; limits::XPATH_DEPTH + 2].join("+");
    assert_eq!(XPath::parse(&long).map(|_| ()), Err("has too many operators in a row".to_owned()));
}

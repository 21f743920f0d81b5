use super::*;

#[test]
fn documents_are_bounded_in_depth_entities_and_nodes() {
    let nested = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
    assert!(parse(&nested(limits::XML_DEPTH)).is_ok());
    let message = parse(&nested(limits::XML_DEPTH + 1)).expect_err("deep");
    assert!(message.contains("nests more than"), "{message}");
    assert!(parse(&nested(100_000)).is_err());

    let entity = format!("<!DOCTYPE a [<!ENTITY e \"{}\">]>", "x".repeat(1000));
    assert!(parse(&format!("{entity}<a>&e;</a>")).is_ok());
    let message = parse(&format!("{entity}<a>{}</a>", "&e;".repeat(10_000))).expect_err("large");
    assert!(message.contains("entities"), "{message}");
    let laughs = "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&c;\">]>";
    assert!(parse(&format!("{laughs}<a>&b;</a>")).is_ok());
    assert!(parse(&format!("{laughs}<a>&c;</a>")).is_err());

    let wide = format!("<a>{}</a>", "<b/>".repeat(limits::XML_NODES as usize));
    assert!(parse(&wide).is_err());
}

#![expect(clippy::unwrap_used, reason = "tests")]

use core::fmt::Write as _;

use super::check::readers_agree_after;
use super::shape::Shapes;
use super::*;
use crate::limits;

fn read(text: &str, after: After) -> Result<String, JsonError> {
    let arena = Arena::new();
    let value = JsonReader::default().read(arena.text(text), after, NegativeZero::Kept, &arena)?;
    let mut out = Vec::new();
    value.write_json(&mut out);
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn numbers_keep_their_text_when_no_machine_number_is_exactly_them() {
    for (text, expected) in [
        ("[9223372036854775807]", "[9223372036854775807]"),
        ("[9223372036854775808]", "[9223372036854775808]"),
        ("[18446744073709551616]", "[18446744073709551616]"),
        ("[-0]", "[0]"),
        ("[0.1]", "[0.1]"),
        ("[1.50]", "[1.5]"),
        ("[1e2]", "[100.0]"),
        ("[1e400]", "[1e400]"),
        ("[1.23456789012345678901234567890]", "[1.23456789012345678901234567890]"),
        ("[1.7976931348623157e308]", "[1.7976931348623157E308]"),
        ("[0.000000000000000000000]", "[0.0]"),
    ] {
        assert_eq!(read(text, After::Objects).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn first_error_is_where_the_text_stops_to_be_json() {
    for (text, at) in [
        ("{\"a\":1,}", Some(7)),
        ("{\"a\":1", Some(6)),
        ("{\"ä\":x}", Some(6)),
        ("{\"a\":1} {\"b\":2} x", Some(16)),
        ("{\"a\":1}{\"b\"}", Some(11)),
        ("{\"a\":1} {\"b\":2}", None),
        ("[1]", None),
        ("", Some(0)),
    ] {
        assert_eq!(first_error(text).map(|(at, _)| at), at, "{text}");
    }
    assert!(first_error(&"[".repeat(2000)).is_some());
}

#[test]
fn what_is_no_json_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":1,}",
        "[1,]",
        "NaN",
        "{\"a\":1} x",
        "{\"a\":\"\n\"}",
        "// c\n{}",
        "[1 2]",
        "\"\\x\"",
        "{\"a\":1}]",
        "tru",
    ] {
        assert_eq!(read(text, After::Objects), Err(JsonError), "{text}");
    }
}

#[test]
fn the_last_of_several_objects_counts_for_the_filter_and_the_first_for_codecs() {
    assert_eq!(read("{\"a\":1}{\"b\":2} {\"c\":3}", After::Objects).as_deref(), Ok("{\"c\":3}"));
    assert_eq!(read("{\"a\":1} junk", After::Anything).as_deref(), Ok("{\"a\":1}"));
}

#[test]
fn lone_surrogates_are_dropped_and_pairs_kept() {
    let text = "{\"a\":\"x\\ud83dy\\ud83d\\ude00\\\\ud83d\"}";
    assert_eq!(read(text, After::Objects).as_deref(), Ok("{\"a\":\"xy\u{1F600}\\\\ud83d\"}"));
}

#[test]
fn nesting_is_taken_up_to_the_limit() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(read(&nested(limits::NESTING), After::Objects).is_ok());
    assert_eq!(read(&nested(limits::NESTING + 1), After::Objects), Err(JsonError));
    assert_eq!(read(&nested(1_000_000), After::Objects), Err(JsonError));
}

/// Makes JSON texts, and texts that nearly are.
struct Maker {
    state: u64,
    out: String,
}

impl Maker {
    fn draw(&mut self, below: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 11).unwrap() % below
    }

    fn pick(&mut self, texts: &[&str]) {
        let at = self.draw(texts.len());
        self.out.push_str(texts[at]);
    }

    fn blank(&mut self) {
        self.pick(&["", "", "", " ", "", "", "", "", "\t", "  \r\n"]);
    }

    fn number(&mut self) {
        self.pick(&["", "", "-"]);
        let digits = |this: &mut Self, most: usize| {
            for _ in 0..=this.draw(most) {
                this.pick(&["0", "1", "2", "5", "9", "0", "3", "7"]);
            }
        };
        if self.draw(3) == 0 {
            self.out.push('0');
        } else {
            self.pick(&["1", "4", "9"]);
            let most = [1, 2, 5, 9, 12, 20, 40][self.draw(7)];
            digits(self, most);
        }
        if self.draw(2) == 0 {
            self.out.push('.');
            let most = [1, 3, 6, 9, 16, 30][self.draw(6)];
            digits(self, most);
        }
        if self.draw(4) == 0 {
            self.pick(&["e", "E", "e-", "e+", "E-"]);
            let most = [1, 1, 2, 3, 4][self.draw(5)];
            digits(self, most);
        }
    }

    fn string(&mut self) {
        self.out.push('"');
        for _ in 0..[0, 1, 2, 3, 7, 40][self.draw(6)] {
            self.pick(&[
                "a",
                "key",
                "0",
                "é",
                "日本",
                "😀",
                " ",
                "/",
                "=",
                "x-0",
                ": ",
                "{",
                "]",
                ",",
                "plain text of some length",
                "\u{7f}",
            ]);
            if self.draw(12) == 0 {
                self.pick(&[
                    "\\n",
                    "\\t",
                    "\\\"",
                    "\\\\",
                    "\\/",
                    "\\b",
                    "\\f",
                    "\\r",
                    "\\u00e9",
                    "\\u0041",
                    "\\u001b",
                    "\\u001B",
                    "\\u000a",
                    "\\u0022",
                    "\\u005C",
                    "\\ud83d\\ude00",
                    "\\u2028",
                    "\\u0000",
                    "\\u007f",
                ]);
            }
            if self.draw(600) == 0 {
                self.pick(&["\\ud83d", "\\ude00", "\\x", "\\u12", "\n", "\u{1}", "\\", "\""]);
            }
        }
        self.out.push('"');
    }

    fn name(&mut self) {
        match self.draw(40) {
            0 => self.string(),
            1..8 => self.pick(&[
                "\"a\"",
                "\"b\"",
                "\"c\"",
                "\"\"",
                "\"tags\"",
                "\"@timestamp\"",
                "\"eightbyt\"",
                "\"a long name, and more\"",
                "\"a long name, and mors\"",
            ]),
            _ => {
                let name = format!(
                    "\"{}{}\"",
                    ["n", "name_", "ä", "in the middle "][self.draw(4)],
                    self.draw(4000)
                );
                self.out.push_str(&name);
            }
        }
    }

    fn value(&mut self, levels: usize) {
        match if levels == 0 { self.draw(8) } else { self.draw(14) } {
            0 | 1 => self.number(),
            2 => self.pick(&["true", "false", "null"]),
            3..8 => self.string(),
            8..12 => {
                let count = [0, 1, 3, 6, 12, 40][self.draw(6)];
                self.list('{', '}', count, |this| {
                    this.name();
                    this.blank();
                    this.out.push(':');
                    this.blank();
                    this.value(levels - 1);
                });
            }
            _ => {
                let count = [0, 1, 3, 6][self.draw(4)];
                self.list('[', ']', count, |this| this.value(levels - 1));
            }
        }
    }

    fn list(&mut self, open: char, close: char, count: usize, item: impl Fn(&mut Self)) {
        self.out.push(open);
        self.blank();
        for at in 0..count {
            if at > 0 {
                self.out.push(',');
                self.blank();
            }
            item(self);
            self.blank();
        }
        self.out.push(close);
    }

    /// Changes one character, or cuts the text short.
    fn spoil(&mut self) -> String {
        let places: Vec<usize> = self.out.char_indices().map(|(at, _)| at).collect();
        let at = places[self.draw(places.len())];
        let next = at + self.out[at..].chars().next().map_or(0, char::len_utf8);
        let strangers = [
            "\"", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "\\", "\n", "", "", " ", "t",
            "\u{1}", "{}", "[]", "\"a\":1,", "é",
        ];
        let stranger = strangers[self.draw(strangers.len())];
        if self.draw(10) == 0 {
            return self.out[..at].to_owned();
        }
        format!("{}{stranger}{}", &self.out[..at], &self.out[next..])
    }
}

/// Holds the fast reader to the exact one; tells whether it took the text.
fn readers_agree(text: &str) -> bool {
    readers_agree_after(text, &mut Shapes::default())
}

#[test]
fn both_readers_make_the_same_of_texts_and_of_spoiled_ones() {
    let mut maker = Maker { state: 0x9E37_79B9_7F4A_7C15, out: String::new() };
    let mut taken = [0; 2];
    let rounds = 6_000;
    for _ in 0..rounds {
        maker.out.clear();
        maker.blank();
        maker.value(4);
        maker.blank();
        // The first reading learns what the others are held to be like.
        let mut shapes = Shapes::default();
        taken[0] += usize::from(readers_agree_after(&maker.out, &mut shapes));
        for _ in 0..3 {
            let spoiled = maker.spoil();
            taken[1] += usize::from(readers_agree_after(&spoiled, &mut shapes));
        }
    }
    // Else there was nothing to agree on.
    assert!(taken[0] > rounds * 6 / 10 && taken[1] > rounds / 2, "{taken:?} of {rounds}");
}

#[test]
fn values_that_change_between_the_same_texts_are_read_anew() {
    let mut maker = Maker { state: 5, out: String::new() };
    let mut shapes = Shapes::default();
    let templates = [
        "{\"record\": {\"elapsed\": {\"repr\": S, \"seconds\": N}, \"exception\": W, \"a longer name with blanks\": [N, S], \"e\": {}, \"level\": {\"icon\": S, \"no\": N}}}",
        "{\"r\":{\"a\":S,\"b\":N,\"c\":[W,W,{\"d\":S}],\"0123456789012345678901234567890123456789\":N}}",
        "[{\"a\":[N,N,N]},{\"b\":{\"c\":\n{\"d\":S}}}]",
    ];
    let mut taken = 0;
    for round in 0..6_000 {
        maker.out.clear();
        for letter in templates[round / 3 % templates.len()].chars() {
            match letter {
                'S' => maker.string(),
                'N' => maker.number(),
                'W' => maker.pick(&["true", "false", "null", "null", "nul", "truee"]),
                letter => maker.out.push(letter),
            }
        }
        taken += usize::from(readers_agree_after(&maker.out, &mut shapes));
    }
    assert!(taken > 2_000, "{taken}");
}

#[test]
fn decimals_have_the_spelling_of_the_writer() {
    let mut maker = Maker { state: 1, out: String::new() };
    for _ in 0..30_000 {
        maker.out.clear();
        maker.out.push_str("[[");
        maker.number();
        maker.out.push_str("],");
        maker.number();
        maker.out.push(']');
        readers_agree(&maker.out);
    }
    for text in [
        "[[1.5e-3,1.5e-003,0.001,0.0009999,9999999.0,9999999.9,10000000.0,10000000,1E7,12345678.5]]",
        "[[4503599627370496.5,4499999999999999.5,9007199254740993.0,0.1234567890123456789,5e-324]]",
        "[[4.9e-324,1e-400,1e400,-1e400,1.7976931348623157e308,1.7976931348623159e308,0e999999999]]",
        "[[1710512581.802339,1710512581.8023391,-0,-0.0,-0e5,0.0,0.00,00.5,100e-2,2.2250738585072014e-308]]",
        "[[99999999999999999999999.0,0.00000000000000000000000000001,1e22,1e23,123456789012345678e3]]",
    ] {
        readers_agree(text);
    }
    assert!(readers_agree("[[1710512581.802339,0.802339,-1.25,3.0,1710512581.8023391,1e400]]"));
}

#[test]
fn a_name_that_stands_twice_has_its_last_value_in_its_first_place() {
    for names in [2, 10, 30, 200] {
        for nested in ["", "\"x\":"] {
            let mut text = format!("{{{nested}{{\"n0\":0");
            for name in 1..names {
                let _ = write!(text, ",\"a name of some length {name}\":{name}");
            }
            text.push_str(",\"n0\":1}}");
            let text = if nested.is_empty() { &text[1..text.len() - 1] } else { &text };
            let value = read(text, After::Objects).unwrap();
            assert!(value.contains("{\"n0\":1,\"a"), "{value}");
            readers_agree(text);
        }
    }
}

#[test]
fn inner_texts_are_kept_unless_blanks_or_spelling_differ() {
    let arena = Arena::new();
    let raw =
        |text| match fast::read(arena.text(text), NegativeZero::Kept, &arena, arena.simd(), None) {
            Ok(Value::Object(object)) => match object.get(crate::event::Key::new("a")) {
                Some(Value::Object(inner)) => inner.raw().map(crate::event::raw::Raw::text),
                _ => None,
            },
            _ => None,
        };
    for (text, expected) in [
        (r#"{"a":{"b":[1,2,{"c":null}]}}"#, r#"{"b":[1,2,{"c":null}]}"#),
        ("{\"a\" : {\"b\":\t[ ] , \"c\": 1.50 } }", r#"{"b":[],"c":1.5}"#),
        (r#"{"a":{"b":"\u00e9\/\n\u000A\u001b"}}"#, "{\"b\":\"é/\\n\\n\\u001B\"}"),
    ] {
        assert_eq!(raw(text).map(str::from_utf8), Some(Ok(expected)), "{text}");
    }
}

#[test]
fn deep_and_wide_texts_are_read_in_linear_time() {
    // Quadratic work on any of these would take minutes.
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(900), "]".repeat(900));
    let names: Vec<String> = (0..100_000).map(|name| format!("\"name{name}\": {name}")).collect();
    let wide = format!("{{\"a\": {{{}}}}}", names.join(", "));
    let repeated = format!("{{\"a\": [{}]}}", vec!["{\"b\": {\"c\": [1.0]}}"; 50_000].join(", "));
    for text in [deep, wide, repeated] {
        assert!(readers_agree(&text));
    }
}

//! Escapes of quoted strings: from what stands between the quotes to what it means.
//!
//! With `config.support_escapes: true` the text `a\tb` between quotes means `a`, a tab, `b`; without
//! it the text is taken as it is. Source: Logstash 9.x, `config/string_escape.rb`.

/// Decodes `\" \' \\ \n \r \t \0`; any other backslash stays together with what follows it.
#[must_use]
pub fn decode(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let mut following = rest[at + 1..].chars();
        match following.next() {
            Some(c @ ('"' | '\'' | '\\')) => text.push(c),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('0') => text.push('\0'),
            Some(other) => {
                text.push('\\');
                text.push(other);
            }
            None => text.push('\\'),
        }
        rest = following.as_str();
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn known_escapes_are_decoded() {
        assert_eq!(decode(r#"\"\'\\\n\r\t\0"#), "\"'\\\n\r\t\0");
    }

    #[test]
    fn other_escapes_stay() {
        assert_eq!(decode(r"\u0041\x41\d\ä"), r"\u0041\x41\d\ä");
    }

    #[test]
    fn an_escaped_backslash_does_not_escape_what_follows() {
        assert_eq!(decode(r"\\n"), r"\n");
    }
}

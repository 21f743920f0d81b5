//! Any text: parsing ends, every diagnostic lies inside the text, and what parses prints to
//! something that parses to the same tree.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sawlog::{Config, Diagnostics, ParseOptions, Source, config::print::print};

fuzz_target!(|text: &str| {
    for support_escapes in [false, true] {
        let options = ParseOptions { support_escapes };
        match Config::parse(vec![Source::new("a.conf", text)], &options) {
            Ok(config) => {
                let printed = print(config.ast());
                let again = Config::parse(vec![Source::new("b.conf", printed.as_str())], &options);
                let again = again.unwrap_or_else(|error| panic!("{error}\n{printed}"));
                assert_eq!(printed, print(again.ast()), "printing is not stable");
            }
            Err(diagnostics) => check(&diagnostics, text),
        }
    }
});

fn check(diagnostics: &Diagnostics, text: &str) {
    assert!(diagnostics.has_errors());
    for one in diagnostics.iter() {
        assert!(!one.message.is_empty());
        // Only a limit on the whole text has none.
        let Some(span) = one.span else { continue };
        assert!(span.start <= span.end && span.end as usize <= text.len(), "{one:?}");
        assert!(text.is_char_boundary(span.start as usize), "{one:?}");
        assert!(text.is_char_boundary(span.end as usize), "{one:?}");
    }
}

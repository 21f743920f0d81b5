//! Any text as a grok pattern: compiling ends, and an error points into the config.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sawlog::{Config, Options, ParseOptions, Pipeline, Resources, Source};

fuzz_target!(|pattern: &str| {
    // A config string cannot hold its own quote, nor end in a backslash.
    if pattern.contains('"') || pattern.ends_with('\\') {
        return;
    }
    let text = format!("filter {{ grok {{ match => {{ \"message\" => \"{pattern}\" }} }} }}");
    let source = Source::new("a.conf", text.as_str());
    let Ok(config) = Config::parse(vec![source], &ParseOptions::default()) else { return };
    let compile = || Pipeline::compile(&config, &Resources::new(), &Options::default());
    let Err(diagnostics) = compile() else { return };
    assert!(diagnostics.has_errors());
    for one in diagnostics.iter() {
        let span = one.span.expect("what is wrong with a pattern has a place");
        let range = span.start as usize..span.end as usize;
        assert!(text.get(range).is_some(), "{one:?}");
    }
    let again = compile().expect_err("compiling is a function");
    assert_eq!(diagnostics.to_string(), again.to_string());
});

//! Which plugins a config uses, so that vectors can be counted by plugin.

use std::collections::BTreeSet;

use crate::{
    config::{
        Config, ParseOptions,
        ast::{Attribute, Plugin, SectionKind, Statement, ValueKind},
    },
    diagnostic::Source,
    program::schema::PluginKind,
};

/// Returns the kinds and names of all plugins in a config, each once; none when it does not parse.
pub(super) fn plugins_of(config: &str, options: ParseOptions) -> BTreeSet<(PluginKind, String)> {
    let mut found = BTreeSet::new();
    let Ok(config) = Config::parse(vec![Source::new("vector", config)], &options) else {
        return found;
    };
    for section in &config.ast().sections {
        let kind = match section.kind {
            SectionKind::Filter => PluginKind::Filter,
            SectionKind::Input => PluginKind::Input,
            SectionKind::Output => PluginKind::Output,
        };
        section.body.iter().for_each(|statement| in_statement(statement, kind, &mut found));
    }
    found
}

/// The nesting is limited by the parser.
fn in_statement(
    statement: &Statement,
    kind: PluginKind,
    found: &mut BTreeSet<(PluginKind, String)>,
) {
    match statement {
        Statement::Branch(branch) => {
            let arms = branch.arms.iter().map(|arm| &arm.block);
            let blocks = arms.chain(&branch.otherwise);
            blocks.flat_map(|block| &block.body).for_each(|inner| in_statement(inner, kind, found));
        }
        Statement::Plugin(plugin) => in_plugin(plugin, kind, found),
    }
}

fn in_plugin(plugin: &Plugin, kind: PluginKind, found: &mut BTreeSet<(PluginKind, String)>) {
    found.insert((kind, plugin.name.text.clone()));
    for Attribute { name, value, .. } in &plugin.attributes {
        match &value.kind {
            ValueKind::Plugin(codec) => in_plugin(codec, PluginKind::Codec, found),
            ValueKind::Bareword(word) if name.text == "codec" => {
                found.insert((PluginKind::Codec, word.clone()));
            }
            _ => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_in_branches_and_codecs_are_found() {
        let config = r#"input { stdin { codec => json } tcp { port => 1 codec => multiline { pattern => "a" what => next } } }
            filter { if [a] { kv { } } else { if [b] { kv { } drop { } } } }"#;
        let found = plugins_of(config, ParseOptions::default());
        let names: Vec<(PluginKind, &str)> =
            found.iter().map(|(kind, name)| (*kind, name.as_str())).collect();
        assert_eq!(
            names,
            [
                (PluginKind::Codec, "json"),
                (PluginKind::Codec, "multiline"),
                (PluginKind::Filter, "drop"),
                (PluginKind::Filter, "kv"),
                (PluginKind::Input, "stdin"),
                (PluginKind::Input, "tcp"),
            ]
        );
        assert!(plugins_of("filter {", ParseOptions::default()).is_empty());
    }
}

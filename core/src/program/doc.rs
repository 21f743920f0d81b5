//! What people read of a plugin that is built, beside the table of its options.

use super::schema::PluginKind;

/// Texts of one plugin, for `sawlog filters`, `sawlog codecs` and the generated pages in docs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PluginDoc {
    /// What the plugin does: one sentence.
    pub summary: &'static str,
    /// A use of the plugin that compiles: of a filter what stands in a `filter` section, of a codec
    /// what stands behind `codec =>`.
    pub example: &'static str,
    /// What each of the plugin's own options does: its name and one sentence.
    pub options: &'static [(&'static str, &'static str)],
    /// What does not work as in Logstash: the name of an option, or nothing for the plugin, and the
    /// reason.
    pub differences: &'static [(&'static str, &'static str)],
}

/// What the options do that every plugin of a kind takes, but for those that Logstash removed.
pub fn common_options(kind: PluginKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        PluginKind::Codec => &[
            ("ecs_compatibility", "Which names fields get."),
            ("enable_metric", "No effect: nothing is measured."),
            ("id", "The name of the plugin in messages."),
        ],
        PluginKind::Filter => &[
            (
                "add_field",
                "Sets fields when the filter did its work; `%{field}` stands for a value. A field that is there becomes a list.",
            ),
            ("add_tag", "Adds tags when the filter did its work."),
            ("enable_metric", "No effect: filters are counted by `--profile`."),
            ("id", "The name of the plugin in messages and counts."),
            (
                "periodic_flush",
                "No effect: filters that hold something back are always asked for it.",
            ),
            ("remove_field", "Removes fields when the filter did its work."),
            ("remove_tag", "Removes tags when the filter did its work."),
        ],
        PluginKind::Input | PluginKind::Output => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::schema::{OptionStatus, Schema};

    #[test]
    fn every_common_option_in_use_is_described() {
        let schema = Schema::new();
        for kind in [PluginKind::Codec, PluginKind::Filter] {
            let known: Vec<&str> = schema
                .common(kind)
                .iter()
                .filter(|option| option.status != OptionStatus::Obsolete)
                .map(|option| option.name)
                .collect();
            let described: Vec<&str> = common_options(kind).iter().map(|(name, _)| *name).collect();
            assert_eq!(described, known, "{kind:?}");
        }
    }
}

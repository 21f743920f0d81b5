//! What people read of a plugin that is built, beside the table of its options.

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

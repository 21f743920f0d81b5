//! The sources of a config joined to one text, and the way back from its offsets to each source.
//!
//! `["a", "b\n"]` becomes `"a\nb\n"`: a part without a final line end gets one, so that a comment at
//! the end of one file does not swallow the start of the next. Source: Logstash 9.x,
//! `config/source/local.rb` and `pipeline_config`.

use crate::diagnostic::{Source, Span};

/// Holds the joined text with the offset at which each source starts.
#[derive(Debug)]
pub(super) struct SourceMap {
    text: String,
    /// Start and length of each source in `text`; starts ascend.
    parts: Vec<(usize, usize)>,
}

impl SourceMap {
    /// Joins the sources; their total length must be below 4 GiB.
    pub(super) fn new(sources: &[Source]) -> Self {
        let total: usize = sources.iter().map(|source| source.text.len() + 1).sum();
        let mut text = String::with_capacity(total);
        let mut parts = Vec::with_capacity(sources.len());
        for source in sources {
            parts.push((text.len(), source.text.len()));
            text.push_str(&source.text);
            if !source.text.ends_with('\n') {
                text.push('\n');
            }
        }
        Self { text, parts }
    }

    /// Returns the joined text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Tells whether no source has a single byte.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.iter().all(|(_, length)| *length == 0)
    }

    /// Turns a range of the joined text into a span of the source in which the range starts.
    ///
    /// What lies beyond the end of that source is cut off.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        let index = self.parts.partition_point(|(from, _)| *from <= start).saturating_sub(1);
        let (from, length) = self.parts.get(index).copied().unwrap_or((0, 0));
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let start = start.saturating_sub(from).min(length);
        let end = end.saturating_sub(from).clamp(start, length);
        Span::new(narrow(index), narrow(start), narrow(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_line_end_is_added() {
        let sources = [Source::new("a", "x # y"), Source::new("b", "z\n")];
        assert_eq!(SourceMap::new(&sources).text(), "x # y\nz\n");
    }

    #[test]
    fn spans_name_the_source_they_start_in() {
        let sources = [Source::new("a", "ab"), Source::new("b", "cd\n"), Source::new("c", "e")];
        let map = SourceMap::new(&sources);
        assert_eq!(map.span(0, 1), Span::new(0, 0, 1));
        assert_eq!(map.span(1, 5), Span::new(0, 1, 2));
        assert_eq!(map.span(3, 4), Span::new(1, 0, 1));
        assert_eq!(map.span(6, 8), Span::new(2, 0, 1));
        assert_eq!(map.span(99, 100), Span::new(2, 1, 1));
    }

    #[test]
    fn no_source_at_all_gives_an_empty_span() {
        assert_eq!(SourceMap::new(&[]).span(0, 0), Span::new(0, 0, 0));
    }
}

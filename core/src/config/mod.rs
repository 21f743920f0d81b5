//! Config texts: from sources to a checked tree, and back to text.
//!
//! `Config::parse` joins the sources as Logstash joins the files of a directory, reads the result
//! by the grammar (`grammar`), and checks what needs no knowledge of plugins (`check`): numbers,
//! keys, the operands of conditions. `print` writes a tree as canonical text.

pub mod ast;
mod check;
pub mod escape;
mod grammar;
pub mod print;
mod source_map;
mod token;

use std::sync::Arc;

use crate::{
    diagnostic::{Code, Diagnostic, Diagnostics, Severity, Source},
    limits,
};

use ast::Ast;
use source_map::SourceMap;

/// Says how a config text is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParseOptions {
    /// Logstash's setting `config.support_escapes`: `\n`, `\"` and others mean what they stand for
    /// in quoted values.
    pub support_escapes: bool,
}

/// Holds a config that follows the grammar; cheap to clone.
#[derive(Clone, Debug)]
pub struct Config {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sources: Vec<Source>,
    ast: Ast,
}

impl Config {
    /// Reads sources as one config, in the order given.
    ///
    /// A source without a final line end gets one. Spans name the source they lie in.
    ///
    /// # Errors
    ///
    /// All syntax errors that can be told apart, and what a condition or a hash cannot hold. A text
    /// of blanks and comments alone is an error (an empty one is not, as in Logstash), and so are
    /// more than `limits::CONFIG_BYTES`.
    pub fn parse(sources: Vec<Source>, options: &ParseOptions) -> Result<Self, Diagnostics> {
        let bytes = sources
            .iter()
            .fold(0_usize, |sum, source| sum.saturating_add(source.text.len()).saturating_add(1));
        if bytes > limits::CONFIG_BYTES {
            let message = format!(
                "the config has {bytes} bytes; {} are the most that is read",
                limits::CONFIG_BYTES
            );
            let mut diagnostics = Diagnostics::new(sources);
            diagnostics.push(Diagnostic::new(Code::LimitExceeded, Severity::Error, None, message));
            return Err(diagnostics);
        }
        let map = SourceMap::new(&sources);
        let (ast, mut errors) = grammar::parse(&map, options.support_escapes);
        let found = check::check(&ast);
        let is_new = |error: &Diagnostic| {
            !errors.iter().any(|known| known.span.zip(error.span).is_some_and(|(a, b)| a.is_in(b)))
        };
        let found: Vec<Diagnostic> = found.into_iter().filter(is_new).collect();
        errors.extend(found);
        if errors.is_empty() {
            return Ok(Self { inner: Arc::new(Inner { sources, ast }) });
        }
        let mut diagnostics = Diagnostics::new(sources);
        diagnostics.extend(errors);
        Err(diagnostics)
    }

    /// Returns the tree.
    #[must_use]
    pub fn ast(&self) -> &Ast {
        &self.inner.ast
    }

    /// Returns the sources that the spans of the tree index into.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.inner.sources
    }
}

#[cfg(test)]
mod tests;

//! `java.time` patterns for printing in UTC: `%{{yyyy-MM-dd'T'HH}}`.

use super::{DateFormatError, Timestamp};

/// Holds a compiled `java.time` pattern.
#[derive(Clone, Debug)]
pub struct JavaPattern {}

impl JavaPattern {
    /// Compiles.
    ///
    /// # Errors
    ///
    /// None.
    pub fn compile(_pattern: &str) -> Result<Self, DateFormatError> {
        Ok(Self {})
    }
    /// Formats.
    pub fn format(&self, _timestamp: Timestamp, _out: &mut String) {}
}

//! Claims about the regex engine.

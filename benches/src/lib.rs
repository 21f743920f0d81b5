//! The measured tasks of the project's shared folder: their configs and corpora, the engine and its
//! peers doing them, and the judge that says whether two of them gave the same events.

pub mod engine;
pub mod judge;
pub mod peer;
pub mod tasks;

//! The measured tasks of the project's shared folder: their configs and corpora, the engine, the
//! hand-written ceiling and the peers doing them, and the judge that says whether two of them gave
//! the same events.

#[cfg(target_arch = "x86_64")]
pub mod ceiling;
pub mod clock;
#[cfg(feature = "engine")]
pub mod engine;
#[cfg(feature = "engine")]
pub mod expansion;
pub mod judge;
pub mod lines;
pub mod output;
pub mod peers;
pub mod tasks;

use crate::tasks::{Output, Task};

/// Something that does a task: the engine, a part of it, the ceiling or a peer.
pub trait Contestant {
    /// Takes a corpus before it is run, for those who need it in a form of their own.
    fn load(&mut self, input: &str) {
        let _ = input;
    }

    /// Runs a whole corpus and returns what came out of it: events, or bytes of JSON.
    fn run(&mut self, input: &str, output: Output) -> u64;

    /// Runs a whole corpus and appends its events as JSON lines.
    fn json(&mut self, input: &str, out: &mut Vec<u8>);
}

/// What is measured beside each other; an engine's name may stand under several tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The events are the same, but for one line in a thousand.
    Same,
    /// It does less on purpose; the events are compared and the difference is told.
    Looser,
}

/// Every contestant that this build has for a task, by name.
pub fn names(task: &Task) -> Vec<&'static str> {
    let mut names = Vec::new();
    #[cfg(feature = "engine")]
    names.push("sawlog");
    #[cfg(feature = "engine")]
    if engine::Captures::does(task) {
        names.push("sawlog-captures");
    }
    #[cfg(target_arch = "x86_64")]
    if ceiling::Hand::does(task) {
        names.push("ceiling");
    }
    names.extend(peers::names(task));
    names
}

/// Prepares one of [`names`] for its task.
pub fn contestant(name: &str, task: &Task, config: &str) -> Option<Box<dyn Contestant>> {
    match name {
        #[cfg(feature = "engine")]
        "sawlog" => Some(Box::new(engine::Engine::new(config))),
        #[cfg(feature = "engine")]
        "sawlog-captures" => Some(Box::new(engine::Captures::new(config))),
        #[cfg(target_arch = "x86_64")]
        "ceiling" => Some(Box::new(ceiling::Hand::new(task)?)),
        _ => peers::contestant(name, task, config),
    }
}

/// How far the events of a contestant must agree with the engine's.
pub fn agreement(name: &str) -> Agreement {
    if matches!(name, "ceiling" | "regex") { Agreement::Looser } else { Agreement::Same }
}

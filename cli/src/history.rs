//! What earlier runs mean for one that is asked for: nothing to do, something to go on with, or a
//! reason to start over.

use std::{collections::BTreeMap, io, path::Path};

use crate::{
    input::Input,
    manifest::{Checkpoint, Entry, Fingerprint, Lengths, Past, Run, has_length},
    output,
};

/// What decides whether earlier work can be used.
pub struct Wanted<'a> {
    /// All inputs, in order.
    pub inputs: &'a [Input],
    /// Where events go.
    pub output: &'a Path,
    /// Whether that is a directory.
    pub is_directory: bool,
    /// Where rejects go.
    pub rejects: Option<&'a Path>,
    /// Whether the pipeline keeps something from event to event, which no manifest has.
    pub is_ordered: bool,
}

/// What is left to do.
#[derive(Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "made once")]
pub enum History {
    /// Nothing.
    Done,
    /// Everything; the reason is for people, if there is one to tell.
    Fresh(Option<String>),
    /// Some of it.
    Resume {
        /// The numbers of the inputs that are left.
        todo: Vec<usize>,
        /// The place in the first of them.
        checkpoint: Checkpoint,
        /// What people are to know.
        notes: Vec<String>,
    },
}

/// Compares what was done with what is asked for.
///
/// # Errors
///
/// When an output that was sealed cannot get its name.
pub fn judge(past: &Past, run: &Run, wanted: &Wanted<'_>) -> io::Result<History> {
    let Some(old) = &past.run else { return Ok(History::Fresh(None)) };
    if old.config != run.config {
        return Ok(fresh("the config, an option or the version is not what it was"));
    }
    if (&old.output, &old.rejects) != (&run.output, &run.rejects) {
        return Ok(fresh("the outputs are not those of the run in the manifest"));
    }
    if let Some(checkpoint) = past.checkpoint.as_ref().filter(|_| wanted.is_directory) {
        for (name, bytes) in &checkpoint.unnamed {
            let path = wanted.output.join(name);
            let part = output::part_path(&path);
            if has_length(&part, *bytes) {
                output::publish(&part, &path)?;
            }
        }
    }
    // Files in a directory stand for themselves; one file of rejects, or one output, is of all inputs
    // in their order.
    if wanted.is_directory && wanted.rejects.is_none() && !wanted.is_ordered {
        return Ok(by_input(past, wanted));
    }
    in_order(past, wanted)
}

/// Each input is done or not, whatever the others are.
fn by_input(past: &Past, wanted: &Wanted<'_>) -> History {
    let entries: BTreeMap<&str, &Entry> =
        past.entries.iter().map(|entry| (entry.path.as_str(), entry)).collect();
    let mut todo = Vec::new();
    let mut notes = Vec::new();
    for (number, input) in wanted.inputs.iter().enumerate() {
        let name = input.name();
        match entries.get(name.as_str()) {
            None => todo.push(number),
            Some(entry) if !entry.is_of(&input.path) => {
                notes.push(format!("`{name}` has changed: it is converted again"));
                todo.push(number);
            }
            Some(entry) if !entry.has_outputs(wanted.output) => {
                notes.push(format!("an output of `{name}` is gone: it is converted again"));
                todo.push(number);
            }
            Some(_) => {}
        }
    }
    let Some(first) = todo.first() else { return History::Done };
    let first = &wanted.inputs[*first];
    let checkpoint = match &past.checkpoint {
        Some(checkpoint) if is_begun(checkpoint) && is_partly(checkpoint, first) => {
            checkpoint.clone()
        }
        _ => Checkpoint::default(),
    };
    History::Resume { todo, checkpoint, notes }
}

/// The inputs are done up to a place.
fn in_order(past: &Past, wanted: &Wanted<'_>) -> io::Result<History> {
    if past.entries.len() > wanted.inputs.len() {
        return Ok(fresh("there are fewer inputs than there were"));
    }
    for (entry, input) in past.entries.iter().zip(wanted.inputs) {
        if entry.path != input.name() {
            return Ok(fresh("the inputs are not those of the run in the manifest"));
        }
        if !entry.is_of(&input.path) {
            return Ok(fresh(&format!("`{}` has changed", entry.path)));
        }
        if wanted.is_directory && !entry.has_outputs(wanted.output) {
            return Ok(fresh(&format!("an output of `{}` is gone", entry.path)));
        }
    }
    let is_whole = past.entries.len() == wanted.inputs.len();
    if let Some(sealed) = past.sealed {
        if !is_whole {
            return Ok(fresh("there are more inputs than there were"));
        }
        return Ok(if publish(sealed, past.is_finished, wanted)? {
            History::Done
        } else {
            fresh("an output is not there, or not as it was written")
        });
    }
    let Some(checkpoint) = &past.checkpoint else { return Ok(History::Fresh(None)) };
    if wanted.is_ordered {
        return Ok(fresh(
            "a filter or the codec keeps something from event to event, which no manifest has",
        ));
    }
    if checkpoint.input != past.entries.len() {
        return Ok(fresh("the manifest does not fit together"));
    }
    if is_begun(checkpoint)
        && !wanted.inputs.get(checkpoint.input).is_some_and(|input| is_partly(checkpoint, input))
    {
        return Ok(fresh(&format!("`{}` has changed", checkpoint.partial.path)));
    }
    let is_there = |path: &Path, bytes: u64| {
        std::fs::metadata(output::part_path(path)).is_ok_and(|part| part.len() >= bytes)
    };
    let Lengths { output_bytes, rejects_bytes } = checkpoint.lengths;
    if (!wanted.is_directory && !is_there(wanted.output, output_bytes))
        || wanted.rejects.is_some_and(|rejects| !is_there(rejects, rejects_bytes))
    {
        return Ok(fresh("the unfinished output is gone"));
    }
    let todo = (checkpoint.input..wanted.inputs.len()).collect();
    Ok(History::Resume { todo, checkpoint: checkpoint.clone(), notes: Vec::new() })
}

/// Gives sealed outputs their names, as far as they have not; returns whether all are there.
fn publish(sealed: Lengths, is_finished: bool, wanted: &Wanted<'_>) -> io::Result<bool> {
    let single = (!wanted.is_directory).then_some((wanted.output, sealed.output_bytes));
    let rejects = wanted.rejects.map(|rejects| (rejects, sealed.rejects_bytes));
    for (path, bytes) in [single, rejects].into_iter().flatten() {
        let part = output::part_path(path);
        if !is_finished && has_length(&part, bytes) {
            output::publish(&part, path)?;
        } else if !has_length(path, bytes) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a checkpoint lies inside an input.
fn is_begun(checkpoint: &Checkpoint) -> bool {
    checkpoint.stream > 0 || checkpoint.offset > 0
}

/// Whether a checkpoint lies inside this input, and it is what it was.
fn is_partly(checkpoint: &Checkpoint, input: &Input) -> bool {
    let present = Fingerprint::of_metadata(&input.path).ok();
    checkpoint.partial.path == input.name()
        && checkpoint.partial.fingerprint.is_some()
        && checkpoint.partial.fingerprint == present
}

fn fresh(reason: &str) -> History {
    History::Fresh(Some(reason.to_owned()))
}

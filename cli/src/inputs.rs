//! Finds the input of a config that a user names.

use sawlog::{Input, Pipeline};

/// Finds the input with this id, or the only one with this plugin name.
///
/// # Errors
///
/// Says which inputs the config has when none is meant, or that several are.
pub fn find(pipeline: &Pipeline, wanted: &str) -> Result<usize, String> {
    let inputs = pipeline.inputs();
    if let Some(index) = inputs.iter().position(|input| input.id() == Some(wanted)) {
        return Ok(index);
    }
    let mut same_plugin = (0..inputs.len()).filter(|index| inputs[*index].name() == wanted);
    match (same_plugin.next(), same_plugin.next()) {
        (Some(index), None) => Ok(index),
        (Some(_), Some(_)) => Err(format!(
            "several inputs are called `{wanted}`: give the wanted one an `id` and name that"
        )),
        _ => {
            let known: Vec<String> = inputs.iter().map(name_of).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Err(format!("the config has no input `{wanted}`; its inputs: {known}"))
        }
    }
}

fn name_of(input: &Input) -> String {
    match input.id() {
        Some(id) => format!("`{id}` ({})", input.name()),
        None => format!("`{}`", input.name()),
    }
}

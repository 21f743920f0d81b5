//! What the function is told by its environment: `SAWLOG_ON_FAILURE=fail`, `SAWLOG_OVERSIZE=trim`.

use core::fmt;

use sawlog::limits;

/// What becomes of an event on which a filter failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// What it came from counts as failed, by the means that its source has for that.
    Fail,
    /// It goes on with its tags, as in Logstash.
    #[default]
    Tag,
}

/// What is done when the answer would become larger than Lambda takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Oversize {
    /// All payloads are gzip, whether they are large or not: a destination that puts them together has then one format.
    Compress,
    /// What does not fit is marked as failed.
    #[default]
    Fail,
    /// What does not fit goes without `message` and `[event][original]`; as failed, if that is not enough.
    Trim,
}

/// The settings of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How payloads are read, as in a config (`json`); nothing for the first input's codec, or lines.
    pub codec: Option<String>,
    /// Bytes of the largest answer; [`limits::LAMBDA_RESPONSE_BYTES`] is the service's own bound.
    pub max_response_bytes: usize,
    /// What becomes of events on which a filter failed.
    pub on_failure: OnFailure,
    /// What is done when an answer becomes too large.
    pub oversize: Oversize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            codec: None,
            max_response_bytes: limits::LAMBDA_RESPONSE_BYTES,
            on_failure: OnFailure::default(),
            oversize: Oversize::default(),
        }
    }
}

impl Settings {
    /// Reads the settings from variables, which `lookup` gives; one that is empty counts as unset.
    ///
    /// # Errors
    /// Every variable with a value that is none of its choices, all at once.
    pub fn from_variables(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut problems = Vec::new();
        let on_failure = choice(lookup, "SAWLOG_ON_FAILURE", &ON_FAILURE, &mut problems);
        let oversize = choice(lookup, "SAWLOG_OVERSIZE", &OVERSIZE, &mut problems);
        if !problems.is_empty() {
            return Err(SettingsError { problems });
        }
        let codec = lookup("SAWLOG_CODEC").filter(|codec| !codec.is_empty());
        Ok(Self { codec, on_failure, oversize, ..Self::default() })
    }
}

const ON_FAILURE: [(&str, OnFailure); 2] = [("tag", OnFailure::Tag), ("fail", OnFailure::Fail)];
const OVERSIZE: [(&str, Oversize); 3] =
    [("fail", Oversize::Fail), ("trim", Oversize::Trim), ("compress", Oversize::Compress)];

fn choice<T: Copy + Default>(
    lookup: &dyn Fn(&str) -> Option<String>,
    name: &str,
    choices: &[(&str, T)],
    problems: &mut Vec<String>,
) -> T {
    let Some(value) = lookup(name).filter(|value| !value.is_empty()) else { return T::default() };
    if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == value) {
        return *choice;
    }
    let words: Vec<String> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
    problems.push(format!("`{name}` is `{value}`; use one of {}", words.join(", ")));
    T::default()
}

/// Variables have values that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    problems: Vec<String>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("; "))
    }
}

impl core::error::Error for SettingsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_wrong_values_are_told_at_once() {
        let lookup = |name: &str| (name != "SAWLOG_CODEC").then(|| "often".to_owned());
        let error = Settings::from_variables(&lookup).expect_err("two wrong values").to_string();
        assert_eq!(
            error,
            "`SAWLOG_ON_FAILURE` is `often`; use one of `tag`, `fail`; \
             `SAWLOG_OVERSIZE` is `often`; use one of `fail`, `trim`, `compress`"
        );
    }

    #[test]
    fn empty_value_counts_as_unset() {
        let settings = Settings::from_variables(&|_| Some(String::new()));
        assert_eq!(settings, Ok(Settings::default()));
    }
}

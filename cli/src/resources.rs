//! Reads what a config asks for (variables, files, directories) from the process's environment and
//! file system, and hands it over as data.

use std::{env, fs, path::Path};

use sawlog::{Config, PathKind, Resources};

use crate::sources;

/// What browsers, systems and devices are known by, for `useragent` filters that name no file: uap-core's.
const USER_AGENTS: &[u8] = include_bytes!("../data/uap-core/regexes.yaml");

/// What this program brings for configs that name no file of their own.
pub fn built_in() -> Resources {
    let mut resources = Resources::new();
    let read = resources.set_user_agents(USER_AGENTS);
    debug_assert_eq!(read, Ok(()), "the file is part of this program");
    resources
}

/// Reads everything in `config.needs_with(..)`; relative paths start at the working directory, as
/// in Logstash.
///
/// What does not exist is left out: compiling then says where the config asks for it. A variable
/// that is not UTF-8 counts as unset.
pub fn read(config: &Config) -> Resources {
    read_with(config, &|name| env::var(name).ok())
}

/// As [`read`], with the variables that `lookup` knows.
pub fn read_with(config: &Config, lookup: &dyn Fn(&str) -> Option<String>) -> Resources {
    let needs = config.needs_with(lookup);
    let mut resources = if needs.user_agents { built_in() } else { Resources::new() };
    for variable in needs.variables {
        if let Some(value) = lookup(&variable.name) {
            resources.set_variable(variable.name, value);
        }
    }
    for need in needs.paths {
        let path = Path::new(&need.path);
        match need.kind {
            PathKind::PatternsDir { glob } if path.is_dir() => {
                let files = pattern_files(path, &glob);
                resources.add_directory(need.path, files);
            }
            PathKind::File | PathKind::PatternsDir { .. } => {
                if let Ok(bytes) = fs::read(path) {
                    resources.add_file(need.path, bytes);
                }
            }
        }
    }
    resources
}

/// Reads the files below `directory` that `glob` matches, in the order of their paths, each with its
/// path from there.
pub fn pattern_files(directory: &Path, glob: &str) -> Vec<(String, Vec<u8>)> {
    let Some(pattern) = directory.join(glob).to_str().map(str::to_owned) else { return Vec::new() };
    // Of `./patterns` the paths that are found begin with `patterns`.
    let bare = directory.strip_prefix(".").unwrap_or(directory);
    let read = |path: std::path::PathBuf| {
        let below = path.strip_prefix(directory).or_else(|_| path.strip_prefix(bare)).ok()?;
        let name = below.to_str()?.to_owned();
        Some((name, fs::read(&path).ok()?))
    };
    sources::glob_files(&pattern).into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_is_read_however_its_path_begins() {
        for folder in ["tests", "./tests", "tests/"] {
            let files = pattern_files(Path::new(folder), "*.tsv");
            let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["real-logs.tsv"], "{folder}");
        }
    }
}

//! Turns the config arguments into sources: names and texts.
//!
//! A directory stands for all its files, a glob for what it matches; files are sorted by path, and
//! names that end in `~` or start with a dot are left out, as Logstash does it
//! (`config/source/local.rb`).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sawlog::Source;

use crate::args::ConfigArguments;

/// Reads the sources of a config.
///
/// # Errors
///
/// Says which path does not exist, cannot be read or is not UTF-8, and how to go on.
pub fn read(arguments: &ConfigArguments) -> Result<Vec<Source>, String> {
    if let Some(text) = &arguments.execute {
        return Ok(vec![Source::new("-e", text.as_str())]);
    }
    if let Some(pattern) = &arguments.grok {
        return Ok(vec![Source::new("--grok", grok_config(pattern))]);
    }
    let path = arguments.config.as_deref().unwrap_or_else(|| Path::new(""));
    files(path)?.iter().map(|file| read_file(file)).collect()
}

/// Lists the config files that `path` stands for, sorted.
fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    let files = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let all = directory_files(path)
                .map_err(|error| format!("cannot read directory `{}`: {error}", path.display()))?;
            if all.is_empty() {
                return Err(format!("directory `{}` holds no config file", path.display()));
            }
            all
        }
        Ok(_) => vec![path.to_path_buf()],
        Err(error) => {
            let matches = path.to_str().map_or_else(Vec::new, glob_files);
            if matches.is_empty() {
                return Err(format!("cannot read config `{}`: {error}", path.display()));
            }
            matches
        }
    };
    Ok(files)
}

/// Lists the files of a directory that are not hidden and no editor's backup, sorted by path.
///
/// # Errors
///
/// Passes on what the file system says.
pub fn directory_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if is_config_file(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Lists the files that a glob (`*`, `?`, `[a-z]`, `**`, `{a,b}`) matches, sorted by path.
pub fn glob_files(pattern: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = expand_braces(pattern)
        .iter()
        .filter_map(|pattern| glob::glob(pattern).ok())
        .flat_map(Iterator::flatten)
        .filter(|path| is_config_file(path))
        .collect();
    files.sort();
    files.dedup();
    files
}

/// Lists what a glob matches as in a shell, directories too and hidden names only where it spells the dot, in byte
/// order.
pub fn glob_paths(pattern: &str) -> Vec<PathBuf> {
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let mut paths: Vec<PathBuf> = expand_braces(pattern)
        .iter()
        .filter_map(|pattern| glob::glob_with(pattern, options).ok())
        .flat_map(Iterator::flatten)
        .collect();
    paths.sort_unstable_by(|a, b| {
        a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes())
    });
    paths.dedup();
    paths
}

fn is_config_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    !name.starts_with(b".") && !name.ends_with(b"~") && path.is_file()
}

/// Replaces the first `{a,b}` by each of its alternatives, and so on with what follows.
///
/// At most 1,024 patterns come out; a hostile pattern has no further alternatives.
fn expand_braces(pattern: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(pattern) = open.pop() {
        let parts = pattern.find('}').and_then(|end| {
            let start = pattern[..end].rfind('{')?;
            Some((pattern[..start].to_owned(), &pattern[start + 1..end], &pattern[end + 1..]))
        });
        match parts {
            Some((head, choices, tail)) if open.len() + done.len() < 1024 => {
                open.extend(choices.split(',').map(|choice| format!("{head}{choice}{tail}")));
            }
            _ => done.push(pattern),
        }
    }
    done
}

fn read_file(path: &Path) -> Result<Source, String> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| format!("cannot read config `{name}`: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].split(|byte| *byte == b'\n').count();
        format!("config `{name}` is not UTF-8 at byte {at}, line {line}")
    })?;
    Ok(Source::new(name, text))
}

/// Writes a config with one grok filter.
fn grok_config(pattern: &str) -> String {
    format!("filter {{ grok {{ match => {{ \"message\" => {} }} }} }}", pattern_string(pattern))
}

/// Writes a pattern as a string of the config language.
///
/// Such a string cannot hold its own quote, nor end in a backslash; the pattern is put so that it
/// means the same without.
pub fn pattern_string(pattern: &str) -> String {
    let quote = if pattern.contains('"') { '\'' } else { '"' };
    let mut text = String::with_capacity(pattern.len());
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        if character == quote {
            text.push_str(r"\x27");
        } else if character == '\\' && characters.peek() != Some(&quote) {
            text.push(character);
            text.extend(characters.next());
        } else if character != '\\' {
            text.push(character);
        }
    }
    if text.ends_with('\\') {
        text.push_str("(?:)");
    }
    format!("{quote}{text}{quote}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grok_pattern_keeps_its_quotes() {
        assert!(grok_config(r"%{WORD:a}").contains(r#""%{WORD:a}""#));
        assert!(grok_config(r#""%{WORD:a}""#).contains(r#"'"%{WORD:a}"'"#));
        assert!(grok_config(r#""it's""#).contains(r#"'"it\x27s"'"#));
        assert!(grok_config(r#""it\'s \\'"#).contains(r#"'"it\x27s \\\x27'"#));
        assert!(grok_config(r"a\\").contains(r#""a\\(?:)""#));
    }

    #[test]
    fn braces_expand_to_every_choice() {
        let mut all = expand_braces("/a/{b,c}/*.{x,y}");
        all.sort();
        assert_eq!(all, ["/a/b/*.x", "/a/b/*.y", "/a/c/*.x", "/a/c/*.y"]);
        assert_eq!(expand_braces("a}b{c"), ["a}b{c"]);
    }
}

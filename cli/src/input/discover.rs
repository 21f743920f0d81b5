//! What stands on the command line to the inputs of a run: `logs/ 'old/*.gz' -` to a list of files.
//!
//! Arguments keep their order; what one of them stands for comes in byte order of its paths. Every file is read
//! once, however many ways lead to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, Metadata},
    io,
    path::{Component, Path, PathBuf},
};

use super::{Input, is_standard_input, without_packing};
use crate::sources;

/// What the arguments stand for.
#[derive(Debug, Default)]
pub struct Discovery {
    /// The inputs, in the order in which they are read.
    pub inputs: Vec<Input>,
    /// Arguments that name nothing, and directories that cannot be listed.
    pub unreadable: Vec<Unreadable>,
    /// Arguments that are a file or directory of the run's own, which it would overwrite or read back.
    pub own: Vec<PathBuf>,
    /// Files that came twice, by another name or a link; they are read under the first.
    pub repeated: Vec<Repeated>,
    /// Pipes, sockets and devices found in directories: reading them might never end.
    pub special: Vec<PathBuf>,
}

/// A path that cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// The path, as it was given or found.
    pub path: PathBuf,
    /// What the system says.
    pub error: io::Error,
}

/// A path that leads to a file which another one led to before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// The path that is not read.
    pub path: PathBuf,
    /// The path under which the file is read.
    pub first: PathBuf,
}

/// What a run writes and must not read.
///
/// Files are compared by device and inode, so that no spelling or link hides one; what does not exist yet is
/// compared by its directory's real path and its name.
#[derive(Debug, Default)]
pub struct Excluded {
    identities: BTreeSet<Identity>,
    paths: BTreeSet<PathBuf>,
    /// Tells by its name whether a file is a temporary one of this program.
    is_temporary: Option<fn(&Path) -> bool>,
}

impl Excluded {
    /// Excludes these files, and these directories with all below them; `-` is no file.
    pub fn new<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        let mut excluded = Self::default();
        for path in paths {
            excluded.add(path);
        }
        excluded
    }

    /// Excludes one more.
    pub fn add(&mut self, path: &Path) {
        if is_standard_input(path) {
            return;
        }
        if let Ok(metadata) = fs::metadata(path) {
            // What cannot hold a line, `/dev/null` say, may be read and written by anybody.
            if metadata.is_file() || metadata.is_dir() {
                self.identities.insert(Identity::of(path, &metadata));
            }
        } else if let Some(path) = real_path(path) {
            self.paths.insert(path);
        }
    }

    /// Excludes the files whose path this tells to be temporary.
    pub fn set_temporary(&mut self, is_temporary: fn(&Path) -> bool) {
        self.is_temporary = Some(is_temporary);
    }

    /// Tells whether a path leads to something excluded; what lies below an excluded directory does not count.
    pub fn contains(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| self.has(path, &metadata))
    }

    fn has(&self, path: &Path, metadata: &Metadata) -> bool {
        self.identities.contains(&Identity::of(path, metadata))
            || self.is_temporary.is_some_and(|is_temporary| is_temporary(path))
            || (self.paths.iter().any(|excluded| excluded.file_name() == path.file_name())
                && real_path(path).is_some_and(|path| self.paths.contains(&path)))
    }
}

/// What makes a file the same one under all its names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(unix, expect(dead_code, reason = "where there are no inodes"))]
enum Identity {
    Inode(u64, u64),
    Path(PathBuf),
}

impl Identity {
    #[cfg(unix)]
    fn of(_: &Path, metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;

        Self::Inode(metadata.dev(), metadata.ino())
    }

    #[cfg(not(unix))]
    fn of(path: &Path, _: &Metadata) -> Self {
        Self::Path(fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()))
    }
}

/// Finds the inputs that the arguments stand for; without one it is standard input.
///
/// An argument is `-`, a file, a directory (with all below it, links followed, hidden files too) or, if nothing has
/// that name, a glob (`*`, `?`, `[a-z]`, `**`, `{a,b}`), which matches as in a shell: hidden names only if it
/// spells the dot.
pub fn discover(arguments: &[PathBuf], excluded: &Excluded) -> Discovery {
    let mut search = Search { excluded, seen: BTreeMap::new(), found: Discovery::default() };
    if arguments.is_empty() {
        search.standard_input(Path::new("-"));
    }
    for argument in arguments {
        search.argument(argument);
    }
    let mut found = search.found;
    place(&mut found.inputs);
    found
}

struct Search<'a> {
    excluded: &'a Excluded,
    /// The path that led to a file or directory first.
    seen: BTreeMap<Identity, PathBuf>,
    found: Discovery,
}

impl Search<'_> {
    fn argument(&mut self, path: &Path) {
        if is_standard_input(path) {
            self.standard_input(path);
            return;
        }
        match fs::metadata(path) {
            Ok(metadata) => self.named(path, &metadata),
            Err(error) => {
                let matches = path.to_str().map(sources::glob_paths).unwrap_or_default();
                if matches.is_empty() {
                    self.found.unreadable.push(Unreadable { path: path.to_path_buf(), error });
                }
                for path in matches {
                    match fs::metadata(&path) {
                        Ok(metadata) if metadata.is_dir() => self.directory(&path, &metadata, None),
                        Ok(metadata) => self.file(&path, &metadata, None),
                        Err(error) => self.found.unreadable.push(Unreadable { path, error }),
                    }
                }
            }
        }
    }

    fn standard_input(&mut self, path: &Path) {
        if !self.found.inputs.iter().any(|input| is_standard_input(&input.path)) {
            self.found.inputs.push(Input::new(path));
        }
    }

    /// Takes what an argument names itself.
    fn named(&mut self, path: &Path, metadata: &Metadata) {
        if self.excluded.has(path, metadata) {
            self.found.own.push(path.to_path_buf());
        } else if metadata.is_dir() {
            self.directory(path, metadata, Some(path));
        } else {
            self.file_once(path, metadata, None);
        }
    }

    /// Takes a file that was found, `root` being the directory that the argument named.
    fn file(&mut self, path: &Path, metadata: &Metadata, root: Option<&Path>) {
        if self.excluded.has(path, metadata) {
            return;
        }
        if metadata.is_file() {
            self.file_once(path, metadata, root);
        } else {
            self.found.special.push(path.to_path_buf());
        }
    }

    fn file_once(&mut self, path: &Path, metadata: &Metadata, root: Option<&Path>) {
        if let Some(first) = self.first(path, metadata) {
            self.found.repeated.push(Repeated { path: path.to_path_buf(), first });
            return;
        }
        let place = root.and_then(|root| path.strip_prefix(root).ok());
        let relative = place.map_or_else(|| spelled(path), Path::to_path_buf);
        self.found.inputs.push(Input { path: path.to_path_buf(), relative });
    }

    /// Takes all that is in a directory; the depth of the tree costs heap, not stack.
    fn directory(&mut self, path: &Path, metadata: &Metadata, root: Option<&Path>) {
        let mut open = Vec::new();
        self.enter(path, metadata, &mut open);
        while let Some(path) = open.pop() {
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => self.enter(&path, &metadata, &mut open),
                Ok(metadata) => self.file(&path, &metadata, root),
                Err(error) => self.found.unreadable.push(Unreadable { path, error }),
            }
        }
    }

    /// Lists a directory that was not entered before: a link may lead back to one.
    fn enter(&mut self, path: &Path, metadata: &Metadata, open: &mut Vec<PathBuf>) {
        if self.excluded.has(path, metadata) || self.first(path, metadata).is_some() {
            return;
        }
        let listed = fs::read_dir(path).and_then(|entries| {
            entries
                .map(|entry| {
                    let entry = entry?;
                    let path = entry.path();
                    let is_directory = fs::metadata(&path).is_ok_and(|metadata| metadata.is_dir());
                    // A directory stands where the paths of its files stand.
                    let mut key = path.as_os_str().as_encoded_bytes().to_vec();
                    key.extend(is_directory.then_some(b'/'));
                    Ok((key, path))
                })
                .collect::<io::Result<Vec<_>>>()
        });
        match listed {
            Ok(mut entries) => {
                entries.sort_unstable_by(|a, b| b.cmp(a));
                open.extend(entries.into_iter().map(|(_, path)| path));
            }
            Err(error) => {
                self.found.unreadable.push(Unreadable { path: path.to_path_buf(), error });
            }
        }
    }

    /// Returns the path that led here before; if there is none it is this one from here on.
    fn first(&mut self, path: &Path, metadata: &Metadata) -> Option<PathBuf> {
        // A pipe has no content that could come twice.
        if !metadata.is_file() && !metadata.is_dir() {
            return None;
        }
        let identity = Identity::of(path, metadata);
        if let Some(first) = self.seen.get(&identity) {
            return Some(first.clone());
        }
        self.seen.insert(identity, path.to_path_buf());
        None
    }
}

/// Makes the places of inputs differ, and takes the suffixes of packings away where they still do without.
fn place(inputs: &mut [Input]) {
    let is_unique = |inputs: &[Input]| {
        let mut places = BTreeSet::new();
        inputs.iter().all(|input| places.insert(&input.relative))
    };
    if !is_unique(inputs) {
        // Two directories have a file of the same name: their own names tell them apart.
        for input in &mut *inputs {
            if !is_standard_input(&input.path) {
                input.relative = spelled(&input.path);
            }
        }
    }
    let mut places: BTreeMap<PathBuf, u32> = BTreeMap::new();
    for input in &mut *inputs {
        // `a` and `../a`: the second is `a.2`.
        let plain = input.relative.clone();
        let mut number = 1;
        while places.contains_key(&input.relative) {
            number += 1;
            input.relative.clone_from(&plain);
            input.relative.as_mut_os_string().push(format!(".{number}"));
        }
        places.insert(input.relative.clone(), 1);
    }
    for input in &*inputs {
        let short = without_packing(&input.relative);
        if short != input.relative {
            *places.entry(short).or_default() += 1;
        }
    }
    for input in inputs {
        let short = without_packing(&input.relative);
        if short != input.relative && places.get(&short) == Some(&1) {
            input.relative = short;
        }
    }
}

/// Returns a path without what leads out of a directory: `../logs/a` is `logs/a`.
fn spelled(path: &Path) -> PathBuf {
    path.components().filter(|component| matches!(component, Component::Normal(_))).collect()
}

/// Returns the real path of a file that need not exist, in a directory that does.
fn real_path(path: &Path) -> Option<PathBuf> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    Some(fs::canonicalize(directory).ok()?.join(path.file_name()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(paths: &[&str]) -> Vec<String> {
        let mut inputs: Vec<Input> = paths
            .iter()
            .map(|path| Input {
                path: PathBuf::from(path),
                relative: spelled(Path::new(path)).components().skip(1).collect(),
            })
            .collect();
        place(&mut inputs);
        inputs.iter().map(|input| input.relative.display().to_string()).collect()
    }

    #[test]
    fn packing_leaves_the_place_unless_two_inputs_would_meet() {
        assert_eq!(places(&["in/x/a.log.gz", "/in/b.gz"]), ["x/a.log", "b"]);
        assert_eq!(
            places(&["in/a.gz", "in/a.xz", "in/b.zst", "in/b", "in/c.gz.gz"]),
            ["a.gz", "a.xz", "b.zst", "b", "c.gz"]
        );
        assert_eq!(places(&["in/a.tar.gz", "in/a.zip", "in/.gz"]), ["a.tar", "a.zip", ".gz"]);
    }

    #[test]
    fn inputs_of_one_name_keep_their_places_apart() {
        assert_eq!(places(&["web1/a.gz", "web2/a.gz", "web2/b"]), ["web1/a", "web2/a", "web2/b"]);
        assert_eq!(places(&["in/a", "../in/a", "/in/a"]), ["in/a", "in/a.2", "in/a.3"]);
    }

    #[test]
    fn nothing_given_is_standard_input_once() {
        for arguments in [&[][..], &[PathBuf::from("-"), PathBuf::from("-")]] {
            let found = discover(arguments, &Excluded::default());
            assert_eq!(found.inputs, [Input::new(Path::new("-"))]);
        }
    }

    #[test]
    fn what_is_missing_is_named_and_what_is_its_own_is_told_apart() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = here.join("src/../Cargo.toml");
        let excluded = Excluded::new([manifest.as_path(), &here.join("not-there-yet")]);
        let arguments = [here.join("Cargo.toml"), here.join("src/no-such-file")];
        let found = discover(&arguments, &excluded);
        assert_eq!(found.own, [here.join("Cargo.toml")]);
        assert_eq!(found.unreadable.len(), 1);
        assert!(found.inputs.is_empty());
        assert!(excluded.contains(&manifest) && !excluded.contains(&here.join("src")));
    }

    #[test]
    fn a_directory_of_the_run_is_left_out_with_all_below_it() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut excluded = Excluded::new([here.join("src/input").as_path()]);
        excluded.set_temporary(|path| path.ends_with("lib.rs"));
        let found = discover(&[here.join("src")], &excluded);
        let has = |name: &str| found.inputs.iter().any(|input| input.relative == Path::new(name));
        assert!(has("main.rs") && !has("lib.rs") && !has("input/mod.rs"));
        assert!(found.own.is_empty() && found.unreadable.is_empty());
    }
}

//! Takes what the engine finishes, in order, to the outputs, the rejects and the manifest.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use crate::{
    block::Head,
    engine::{Done, Progress},
    manifest::{Checkpoint, Entry, Fingerprint, Lengths, Manifest},
    output::Target,
    process::{Layout, Tally},
};

/// The time between checkpoints: what a run that is killed does again at most, and a sync of the
/// disk each.
const CHECKPOINT_INTERVAL: Duration = Duration::from_millis(250);
/// Suffixes of compressed inputs, which their outputs do not have.
const PACKED_SUFFIXES: [&str; 6] = ["bz2", "gz", "lz4", "xz", "zst", "zstd"];

/// The outputs of a run.
pub struct Writer {
    destination: Destination,
    rejects: Option<Target>,
    keeper: Option<Keeper>,
    totals: Tally,
    entry: Entry,
    /// The inputs' names for people, by their numbers in the engine.
    names: Vec<String>,
    /// The present input's number in the engine.
    source: usize,
    /// Streams of the present input that have begun.
    heads: usize,
    /// The stream being written, for people.
    name: String,
    /// Whether that stream is made as it is read.
    is_live: bool,
    /// Whether something could not be read.
    is_incomplete: bool,
}

/// Where events go.
#[expect(clippy::large_enum_variant, reason = "made once")]
pub enum Destination {
    /// To one file for each stream.
    Directory(Directory),
    /// All to one place.
    Single(Target),
}

/// A directory of outputs.
pub struct Directory {
    /// The directory.
    pub path: PathBuf,
    /// The names of its files.
    pub names: Names,
    /// How events stand in a file.
    pub layout: Layout,
    /// The file being written, and its name from the directory.
    pub current: Option<(Target, String)>,
    /// Bytes that an earlier run left of the first file.
    pub resumed: Option<u64>,
}

/// Gives each stream a file name of its own.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The suffix of the format, without the dot.
    pub extension: &'static str,
    /// The places of inputs and the names they get if they are one stream, in their order.
    pub planned: Vec<(PathBuf, PathBuf)>,
    /// All names given.
    pub used: BTreeSet<PathBuf>,
}

/// What the manifest needs while a run goes on.
pub struct Keeper {
    manifest: Manifest,
    inputs: Vec<Watched>,
    /// Entries that are in no checkpoint.
    entries: Vec<Entry>,
    /// All inputs of the run, those that are done included.
    input_count: usize,
    /// When the last checkpoint was made.
    last: Instant,
    /// Whether the last checkpoint lies inside the present stream.
    is_inside: bool,
    /// Whole files of a directory that keep their temporary names until a checkpoint lies behind them.
    unnamed: Vec<(Target, String, u64)>,
}

/// An input whose content goes into the manifest.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Its path as the manifest has it.
    pub path: String,
    /// Its place in the order of the run.
    pub input: usize,
    /// What it was before it was read, without a hash.
    pub before: Arc<OnceLock<Option<Fingerprint>>>,
    /// What it held, once it was read.
    pub fingerprint: Arc<OnceLock<Option<Fingerprint>>>,
}

/// Something could not be written.
#[derive(Debug)]
pub struct WriteError {
    /// The file's name.
    pub name: String,
    /// What the system says.
    pub error: io::Error,
}

impl Writer {
    /// Makes a writer at the start of a run, or at a checkpoint: `partial` is what was counted of the
    /// first input, and `streams` how many of its streams are done.
    pub fn new(
        destination: Destination,
        rejects: Option<Target>,
        keeper: Option<Keeper>,
        names: Vec<String>,
        partial: Entry,
        streams: usize,
    ) -> Self {
        Self {
            destination,
            rejects,
            keeper,
            totals: Tally::default(),
            entry: partial,
            names,
            source: 0,
            heads: streams,
            name: String::new(),
            is_live: false,
            is_incomplete: false,
        }
    }

    /// What was counted.
    pub const fn totals(&self) -> &Tally {
        &self.totals
    }

    /// Whether something could not be read.
    pub const fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// Takes the next thing in order; `say` gets what people are to know of it.
    ///
    /// # Errors
    ///
    /// When an output or the manifest cannot be written.
    pub fn take(
        &mut self,
        progress: Progress,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), WriteError> {
        match progress {
            Progress::Block(done) => self.block(done, say),
            Progress::Error(error) => {
                let input = self.names.get(self.source).map_or("", String::as_str);
                let name = if self.name.is_empty() { input } else { &self.name };
                say(&format!("cannot read `{name}`: {error}"));
                self.is_incomplete = true;
                self.entry.errors.push(format!("{name}: {error}"));
                Ok(())
            }
            Progress::Head(head) => {
                self.end_stream()?;
                self.heads += 1;
                self.name.clone_from(&head.info.name);
                self.is_live = head.is_live;
                self.begin_stream(&head)
            }
            Progress::SourceEnd(_) => {
                self.end_stream()?;
                self.end_input()
            }
        }
    }

    /// Tells that nothing is ready: more may be long in coming when the stream is made as it is read.
    ///
    /// # Errors
    ///
    /// When an output cannot be written.
    pub fn idle(&mut self) -> Result<(), WriteError> {
        if self.is_live { self.flush() } else { Ok(()) }
    }

    /// Writes out what is ready, whatever the size of its last member.
    ///
    /// # Errors
    ///
    /// When an output cannot be written.
    fn flush(&mut self) -> Result<(), WriteError> {
        let current = match &mut self.destination {
            Destination::Directory(directory) => directory.current.as_mut().map(|(file, _)| file),
            Destination::Single(target) => Some(target),
        };
        for target in [current, self.rejects.as_mut()].into_iter().flatten() {
            guard(target, Target::flush)?;
        }
        Ok(())
    }

    /// Ends the run: every output is whole and gets its name.
    ///
    /// # Errors
    ///
    /// When an output or the manifest cannot be written; what has no name by then is removed, unless a
    /// manifest keeps it for a later run.
    pub fn finish(mut self) -> (Tally, Result<(), WriteError>) {
        if let Err(error) = self.seal() {
            return (self.abandon(), Err(error));
        }
        let mut result = Ok(());
        if let Destination::Single(target) = self.destination {
            result = publish(target);
        }
        if let Some(rejects) = self.rejects {
            result = result.and_then(|()| publish(rejects));
        }
        if let Some(mut keeper) = self.keeper {
            result = result.and_then(|()| keeper.manifest.finish().map_err(of_manifest));
        }
        (self.totals, result)
    }

    /// Ends the run before its time: temporary files go, or stay as far as the manifest says.
    pub fn abandon(self) -> Tally {
        if self.keeper.is_some() {
            return self.totals;
        }
        match self.destination {
            Destination::Directory(directory) => {
                if let Some((target, _)) = directory.current {
                    target.discard();
                }
            }
            Destination::Single(target) => target.discard(),
        }
        if let Some(rejects) = self.rejects {
            rejects.discard();
        }
        self.totals
    }

    fn block(&mut self, done: Done, say: &mut dyn FnMut(&str)) -> Result<(), WriteError> {
        let Done { output, rejects, tally, until, ends_line, .. } = done;
        self.entry.rows += tally.rows();
        self.entry.rejects += tally.rejected();
        for text in self.totals.add(tally) {
            say(&text);
        }
        match &mut self.destination {
            Destination::Directory(directory) => {
                if let Some((target, _)) = &mut directory.current {
                    guard(target, |target| target.append(output))?;
                }
            }
            Destination::Single(target) => guard(target, |target| target.append(output))?,
        }
        if let Some(target) = &mut self.rejects {
            guard(target, |target| target.append(rejects))?;
        }
        if ends_line { self.mark(self.heads.saturating_sub(1), until) } else { Ok(()) }
    }

    fn begin_stream(&mut self, head: &Head) -> Result<(), WriteError> {
        let Destination::Directory(directory) = &mut self.destination else { return Ok(()) };
        let name = directory.names.of(head);
        let path = directory.path.join(&name);
        let failed = |error| WriteError { name: path.display().to_string(), error };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        let target = match directory.resumed.take() {
            Some(bytes) => Target::resume(&path, &directory.layout, bytes).map_err(|error| {
                let text = format!("{error}: delete the manifest to convert all again");
                io::Error::new(error.kind(), text)
            }),
            None => Target::create(&path, &directory.layout),
        };
        directory.current = Some((target.map_err(failed)?, name.display().to_string()));
        Ok(())
    }

    fn end_stream(&mut self) -> Result<(), WriteError> {
        if let Destination::Directory(directory) = &mut self.destination
            && let Some((mut target, name)) = directory.current.take()
        {
            let bytes = match guard(&mut target, Target::seal) {
                Ok(bytes) => bytes,
                Err(error) => {
                    target.discard();
                    return Err(error);
                }
            };
            self.entry.outputs.push(name.clone());
            match &mut self.keeper {
                // The checkpoint needs the file under its temporary name until there is another.
                Some(keeper) if keeper.is_inside => {
                    keeper.unnamed.push((target, name, bytes));
                    return self.checkpoint(self.heads, 0);
                }
                _ => publish(target)?,
            }
        }
        self.mark(self.heads, 0)
    }

    fn end_input(&mut self) -> Result<(), WriteError> {
        let mut entry = std::mem::take(&mut self.entry);
        if let Some(keeper) = &mut self.keeper
            && let Some(watched) = keeper.inputs.get(self.source)
        {
            entry.path.clone_from(&watched.path);
            entry.fingerprint = watched.fingerprint.get().cloned().flatten();
            keeper.entries.push(entry);
        }
        self.source += 1;
        self.heads = 0;
        self.name.clear();
        self.mark(0, 0)
    }

    /// Notes a place to go on from, when it is time and the outputs can be cut here.
    fn mark(&mut self, stream: usize, offset: u64) -> Result<(), WriteError> {
        let is_due =
            self.keeper.as_ref().is_some_and(|keeper| keeper.last.elapsed() >= CHECKPOINT_INTERVAL);
        if is_due { self.checkpoint(stream, offset) } else { Ok(()) }
    }

    fn checkpoint(&mut self, stream: usize, offset: u64) -> Result<(), WriteError> {
        let Some(keeper) = &mut self.keeper else { return Ok(()) };
        let current = match &mut self.destination {
            Destination::Directory(directory) => directory.current.as_mut().map(|(file, _)| file),
            Destination::Single(target) => Some(target),
        };
        let mut lengths = Lengths::default();
        let targets = [
            (current, &mut lengths.output_bytes),
            (self.rejects.as_mut(), &mut lengths.rejects_bytes),
        ];
        for (target, length) in targets {
            if let Some(target) = target {
                let Some(position) = target.position() else { return Ok(()) };
                guard(target, Target::sync)?;
                *length = position;
            }
        }
        let present = keeper.inputs.get(self.source);
        let input = present.map_or(keeper.input_count, |watched| watched.input);
        let mut partial = self.entry.clone();
        if let Some(watched) = present {
            partial.path.clone_from(&watched.path);
            partial.fingerprint = watched.before.get().cloned().flatten();
        }
        let unnamed = keeper.unnamed.iter().map(|(_, name, bytes)| (name.clone(), *bytes));
        let unnamed = unnamed.collect();
        let checkpoint = Checkpoint { input, stream, offset, lengths, partial, unnamed };
        keeper.manifest.note(&keeper.entries, &checkpoint).map_err(of_manifest)?;
        keeper.entries.clear();
        keeper.last = Instant::now();
        keeper.is_inside = offset > 0;
        for (target, ..) in keeper.unnamed.drain(..) {
            publish(target)?;
        }
        Ok(())
    }

    /// Ends the outputs but for their names.
    fn seal(&mut self) -> Result<(), WriteError> {
        let mut lengths = Lengths::default();
        if let Destination::Single(target) = &mut self.destination {
            lengths.output_bytes = guard(target, Target::seal)?;
        }
        if let Some(target) = &mut self.rejects {
            lengths.rejects_bytes = guard(target, Target::seal)?;
        }
        self.checkpoint(0, 0)?;
        if let Some(keeper) = &mut self.keeper {
            keeper.manifest.seal(lengths).map_err(of_manifest)?;
        }
        Ok(())
    }
}

impl Keeper {
    /// Keeps what is done in a manifest; `inputs` are those of the engine, of `input_count` in all, and
    /// `is_inside` tells whether the run goes on in the middle of a stream.
    pub fn new(
        manifest: Manifest,
        inputs: Vec<Watched>,
        input_count: usize,
        is_inside: bool,
    ) -> Self {
        Self {
            manifest,
            inputs,
            input_count,
            entries: Vec::new(),
            last: Instant::now(),
            is_inside,
            unnamed: Vec::new(),
        }
    }
}

/// Does something to a target and names it if that fails.
fn guard<T>(
    target: &mut Target,
    act: impl FnOnce(&mut Target) -> io::Result<T>,
) -> Result<T, WriteError> {
    act(target).map_err(|error| WriteError { name: target.name().to_owned(), error })
}

fn publish(target: Target) -> Result<(), WriteError> {
    let name = target.name().to_owned();
    target.publish().map_err(|error| WriteError { name, error })
}

fn of_manifest(error: io::Error) -> WriteError {
    WriteError { name: "the manifest".to_owned(), error }
}

impl Names {
    /// Makes the names of inputs that are one stream each; `relatives` are their places.
    pub fn plan<'a>(
        extension: &'static str,
        relatives: impl IntoIterator<Item = &'a Path>,
    ) -> Self {
        let mut names = Self { extension, ..Self::default() };
        for relative in relatives {
            let name = names.fresh(relative);
            names.planned.push((relative.to_path_buf(), name));
        }
        names
    }

    fn of(&mut self, head: &Head) -> PathBuf {
        match self.planned.get(head.info.index) {
            Some((relative, name)) if *relative == head.relative => name.clone(),
            _ => self.fresh(&head.relative),
        }
    }

    /// Two files `a.log` and `a.log.gz` must not meet in one `a.log.ndjson`: the second keeps its
    /// suffix.
    fn fresh(&mut self, relative: &Path) -> PathBuf {
        let is_packed = |extension: &str| PACKED_SUFFIXES.contains(&extension);
        let stem = match relative.extension().and_then(|extension| extension.to_str()) {
            Some(extension) if is_packed(extension) => relative.with_extension(""),
            _ => relative.to_path_buf(),
        };
        let with = |path: &Path, middle: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(format!("{middle}.{}", self.extension));
            PathBuf::from(name)
        };
        let mut name = with(&stem, "");
        let mut number = 1;
        while self.used.contains(&name) {
            name = if number == 1 {
                with(relative, "")
            } else {
                with(relative, &format!(".{number}"))
            };
            number += 1;
        }
        self.used.insert(name.clone());
        name
    }
}

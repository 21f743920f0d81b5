//! The manifest of a run: what is done, so that a stopped run goes on where it was.
//!
//! A file of JSON objects, one a line, that is only appended to and synced at every checkpoint:
//!
//! ```json
//! {"run":{"manifest":1,"config":"9f…","now":"2026-01-31T10:00:00Z","output":"out.ndjson","rejects":null}}
//! {"input":{"path":"a.log","state":"done","bytes":812,"mtime":"…","hash":"xxh3:…","rows":9,"rejects":0}}
//! {"checkpoint":{"input":1,"stream":0,"offset":262000,"output_bytes":901002,"rejects_bytes":0,"rows":3}}
//! {"sealed":{"output_bytes":1203004,"rejects_bytes":0}}
//! {"finished":true}
//! ```
//!
//! A checkpoint names a place in the inputs and the lengths of the outputs there: a run that goes on
//! cuts its outputs to these lengths and reads on from that place. A last line that is torn is no line.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek as _, SeekFrom, Write as _},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::Xxh3;

/// The version of the format.
const VERSION: u64 = 1;

/// A manifest that is open, and locked against other runs.
#[derive(Debug)]
pub struct Manifest {
    file: File,
    /// What the file held when it was opened.
    past: Past,
}

/// What earlier runs did.
#[derive(Debug, Default)]
pub struct Past {
    /// What the last run was asked for.
    pub run: Option<Run>,
    /// Inputs that are done, in the order of the run.
    pub entries: Vec<Entry>,
    /// The place to go on from.
    pub checkpoint: Option<Checkpoint>,
    /// The lengths of the outputs when only their names were missing.
    pub sealed: Option<Lengths>,
    /// Whether everything was done.
    pub is_finished: bool,
}

/// What a run is asked for: another config or output starts from the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// A hash of everything that decides what an event becomes.
    pub config: String,
    /// Where events go.
    pub output: String,
    /// Where rejects go.
    pub rejects: Option<String>,
    /// The clock, which a run that goes on keeps.
    pub now: String,
}

/// An input that is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its path.
    pub path: String,
    /// What it held; nothing when it could not be opened.
    pub fingerprint: Option<Fingerprint>,
    /// Events written.
    pub rows: u64,
    /// Rejects.
    pub rejects: u64,
    /// Why it could not be read to its end.
    pub errors: Vec<String>,
    /// The files made of it in an output directory, from there.
    pub outputs: Vec<String>,
}

/// What tells a changed file from one that is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// Its length.
    pub bytes: u64,
    /// Its modification time in nanoseconds since 1970.
    pub mtime_ns: u64,
    /// A hash of its content.
    pub hash: String,
}

/// Lengths of the outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lengths {
    /// Of the output; in a directory, of the file that is being written.
    pub output_bytes: u64,
    /// Of the rejects.
    pub rejects_bytes: u64,
}

/// A place in the inputs, up to which everything is in the outputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Inputs that are done.
    pub input: usize,
    /// Streams of the next input that are done.
    pub stream: usize,
    /// Bytes of the next stream that are done; a line begins there.
    pub offset: u64,
    /// The outputs at this place.
    pub lengths: Lengths,
    /// What was counted of the next input.
    pub partial: Entry,
    /// Whole files of an output directory that are about to get their names, and their lengths.
    pub unnamed: Vec<(String, u64)>,
}

impl Manifest {
    /// Opens a manifest, or makes one.
    ///
    /// # Errors
    ///
    /// Passes on what the file system says; `ResourceBusy` when another run has it, `InvalidData` for a
    /// file that is no manifest: it is left alone.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, "another run is using it"));
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let past = Past::read(&text[..end]).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "it is no manifest of this version")
        })?;
        if end == 0 && !text.is_empty() && !br#"{"run":"#.starts_with(&text[..text.len().min(7)]) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no manifest"));
        }
        file.set_len(end as u64)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file, past })
    }

    /// Returns what earlier runs did.
    pub const fn past(&self) -> &Past {
        &self.past
    }

    /// Forgets what earlier runs did and begins another run.
    ///
    /// # Errors
    ///
    /// Passes on what the file system says.
    pub fn restart(&mut self, run: &Run) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.begin(run)
    }

    /// Begins another run beside what is done.
    ///
    /// # Errors
    ///
    /// Passes on what the file system says.
    pub fn begin(&mut self, run: &Run) -> io::Result<()> {
        let Run { config, output, rejects, now } = run;
        let line = json!({"run": {"manifest": VERSION, "sawlog": env!("CARGO_PKG_VERSION"),
            "config": config, "now": now, "output": output, "rejects": rejects}});
        self.append(&[line])
    }

    /// Notes inputs that are done and the place to go on from.
    ///
    /// # Errors
    ///
    /// Passes on what the file system says.
    pub fn note(&mut self, entries: &[Entry], checkpoint: &Checkpoint) -> io::Result<()> {
        let mut lines: Vec<Value> = entries.iter().map(entry_line).collect();
        lines.push(checkpoint_line(checkpoint));
        self.append(&lines)
    }

    /// Notes that the outputs are whole but for their names.
    ///
    /// # Errors
    ///
    /// Passes on what the file system says.
    pub fn seal(&mut self, lengths: Lengths) -> io::Result<()> {
        self.append(&[json!({"sealed": lengths_value(lengths)})])
    }

    /// Notes that everything is done.
    ///
    /// # Errors
    ///
    /// Passes on what the file system says.
    pub fn finish(&mut self) -> io::Result<()> {
        self.append(&[json!({"finished": true})])
    }

    fn append(&mut self, lines: &[Value]) -> io::Result<()> {
        let mut text = Vec::new();
        for line in lines {
            text.extend_from_slice(line.to_string().as_bytes());
            text.push(b'\n');
        }
        self.file.write_all(&text)?;
        self.file.sync_data()
    }
}

impl Past {
    /// Reads whole lines; `None` when they are no manifest.
    fn read(text: &[u8]) -> Option<Self> {
        let mut past = Self::default();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let Value::Object(line) = serde_json::from_slice(line).ok()? else { return None };
            let (kind, value) = line.iter().next()?;
            match kind.as_str() {
                "run" => {
                    if value.get("manifest")?.as_u64()? != VERSION {
                        return None;
                    }
                    past.run = Some(read_run(value)?);
                    past.checkpoint = None;
                    past.sealed = None;
                    past.is_finished = false;
                }
                "input" => {
                    let entry = read_entry(value)?;
                    if let Some(place) = places.get(&entry.path) {
                        past.entries[*place] = entry;
                    } else {
                        places.insert(entry.path.clone(), past.entries.len());
                        past.entries.push(entry);
                    }
                }
                "checkpoint" => past.checkpoint = Some(read_checkpoint(value)?),
                "sealed" => past.sealed = Some(read_lengths(value)?),
                "finished" => past.is_finished = true,
                _ => return None,
            }
            past.run.as_ref()?;
        }
        Some(past)
    }
}

impl Fingerprint {
    /// Returns what a file's metadata tells, without the hash.
    ///
    /// # Errors
    ///
    /// Passes on what the file system says.
    pub fn of_metadata(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
        Ok(Self { bytes: metadata.len(), mtime_ns: nanoseconds(modified), hash: String::new() })
    }

    /// Returns what a file's metadata and content tell.
    ///
    /// # Errors
    ///
    /// Passes on what the file system says.
    pub fn of_content(path: &Path) -> io::Result<Self> {
        let fingerprint = Self::of_metadata(path)?;
        Ok(Self { hash: hash_of(path)?, ..fingerprint })
    }

    /// Tells whether a file is what it was: by length and modification time, or else by length and
    /// content.
    pub fn is_of(&self, path: &Path) -> bool {
        let Ok(present) = Self::of_metadata(path) else { return false };
        self.bytes == present.bytes
            && (self.mtime_ns == present.mtime_ns
                || hash_of(path).is_ok_and(|hash| hash == self.hash))
    }
}

impl Entry {
    /// Tells whether this is the input at `path`, and it is what it was.
    pub fn is_of(&self, path: &Path) -> bool {
        self.path == path.display().to_string()
            && match &self.fingerprint {
                Some(fingerprint) => fingerprint.is_of(path),
                None => File::open(path).is_err(),
            }
    }

    /// Tells whether its outputs below `directory` are there.
    pub fn has_outputs(&self, directory: &Path) -> bool {
        self.outputs.iter().all(|output| directory.join(output).exists())
    }
}

fn hash_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Xxh3::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(format!("xxh3:{:032x}", hash.digest128())),
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn entry_value(entry: &Entry) -> Map<String, Value> {
    let Entry { path, fingerprint, rows, rejects, errors, outputs } = entry;
    let mut value = Map::new();
    value.insert("path".to_owned(), json!(path));
    let state = match fingerprint {
        _ if errors.is_empty() => "done",
        Some(_) => "damaged",
        None => "unreadable",
    };
    value.insert("state".to_owned(), json!(state));
    if let Some(Fingerprint { bytes, mtime_ns, hash }) = fingerprint {
        value.insert("bytes".to_owned(), json!(bytes));
        value.insert("mtime_ns".to_owned(), json!(mtime_ns));
        value.insert("hash".to_owned(), json!(hash));
    }
    value.insert("rows".to_owned(), json!(rows));
    value.insert("rejects".to_owned(), json!(rejects));
    if !errors.is_empty() {
        value.insert("errors".to_owned(), json!(errors));
    }
    if !outputs.is_empty() {
        value.insert("outputs".to_owned(), json!(outputs));
    }
    value
}

fn entry_line(entry: &Entry) -> Value {
    json!({"input": entry_value(entry)})
}

fn lengths_value(lengths: Lengths) -> Value {
    json!({"output_bytes": lengths.output_bytes, "rejects_bytes": lengths.rejects_bytes})
}

fn checkpoint_line(checkpoint: &Checkpoint) -> Value {
    let Checkpoint { input, stream, offset, lengths, partial, unnamed } = checkpoint;
    json!({"checkpoint": {"input": input, "stream": stream, "offset": offset,
        "lengths": lengths_value(*lengths), "partial": entry_value(partial), "unnamed": unnamed}})
}

fn read_run(value: &Value) -> Option<Run> {
    Some(Run {
        config: text(value, "config")?,
        output: text(value, "output")?,
        rejects: text(value, "rejects"),
        now: text(value, "now")?,
    })
}

fn read_entry(value: &Value) -> Option<Entry> {
    let fingerprint = match number(value, "bytes") {
        Some(bytes) => Some(Fingerprint {
            bytes,
            mtime_ns: number(value, "mtime_ns")?,
            hash: text(value, "hash")?,
        }),
        None => None,
    };
    Some(Entry {
        path: text(value, "path")?,
        fingerprint,
        rows: number(value, "rows")?,
        rejects: number(value, "rejects")?,
        errors: texts(value, "errors")?,
        outputs: texts(value, "outputs")?,
    })
}

fn read_checkpoint(value: &Value) -> Option<Checkpoint> {
    Some(Checkpoint {
        input: usize::try_from(number(value, "input")?).ok()?,
        stream: usize::try_from(number(value, "stream")?).ok()?,
        offset: number(value, "offset")?,
        lengths: read_lengths(value.get("lengths")?)?,
        partial: read_entry(value.get("partial")?)?,
        unnamed: serde_json::from_value(value.get("unnamed")?.clone()).ok()?,
    })
}

fn read_lengths(value: &Value) -> Option<Lengths> {
    Some(Lengths {
        output_bytes: number(value, "output_bytes")?,
        rejects_bytes: number(value, "rejects_bytes")?,
    })
}

fn number(value: &Value, key: &str) -> Option<u64> {
    value.get(key)?.as_u64()
}

fn text(value: &Value, key: &str) -> Option<String> {
    Some(value.get(key)?.as_str()?.to_owned())
}

/// A list that is left out is empty.
fn texts(value: &Value, key: &str) -> Option<Vec<String>> {
    let Some(list) = value.get(key) else { return Some(Vec::new()) };
    list.as_array()?.iter().map(|text| Some(text.as_str()?.to_owned())).collect()
}

/// Tells whether a file is there and has this length.
pub fn has_length(path: &Path, bytes: u64) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.len() == bytes)
}

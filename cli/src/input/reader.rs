//! One input to the streams in it and their blocks.
//!
//! ```text
//! file -> zip? -> member -> unpacked -> inner packing? -> lines
//! file -> packed? -> tar? -> member -> packed? -> lines
//! file -> packed? -> lines
//! ```

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, BufRead, BufReader},
    mem,
    path::{Component, Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use flate2::CrcReader;

use super::{
    Input, is_standard_input,
    lines::{Lines, Read},
    tar::{self, Header, Kind, TAR_BLOCK_BYTES},
    unpack::{Limited, Raw, Unpacker, read},
    zip::{self, Method},
};
use crate::{
    block::{Head, Item, Source, StreamError},
    process::StreamInfo,
};

/// Bytes that are kept between an archive and a member of it.
const MEMBER_BUFFER_BYTES: usize = 64 * 1024;

/// Why a member that is an archive is not read.
const NESTED: &str = "an archive in an archive is not read: unpack the outer one first";

/// Reads one input, which is opened when the first item is asked for.
pub(super) struct Reader {
    input: Input,
    index: usize,
    delimiter: Vec<u8>,
    lines: Lines,
    modified: Option<SystemTime>,
    is_live: bool,
    place: Place,
    /// What is to be given before anything else is read.
    queue: VecDeque<Item>,
    /// How often a member of a name (its hash) came: an archive may hold one twice.
    members: BTreeMap<u64, u32>,
}

type Plain = Unpacker<Raw>;
type TarBytes = BufReader<Plain>;
type ZipBytes = BufReader<CrcReader<Unpacker<Limited<Raw>>>>;

/// Where in its input a reader stands.
enum Place {
    BeforeTarMember(TarBytes),
    BeforeZipMember(Raw),
    Closed,
    InTarMember {
        content: Unpacker<Limited<TarBytes>>,
        padding: u64,
    },
    InZipMember {
        content: Unpacker<ZipBytes>,
        member: zip::Member,
    },
    /// In the only stream of the input.
    InStream(Plain),
    Unopened,
}

/// What the first bytes of a stream tell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Archive(Archive),
    Lines,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Archive {
    Tar,
    Zip,
}

/// How the reading of a stream went on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Went {
    Ended,
    Failed,
    On,
}

impl Source for Reader {
    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.queue.pop_front() {
                return Some(item);
            }
            self.place = match mem::replace(&mut self.place, Place::Closed) {
                Place::Closed => return None,
                Place::Unopened => self.open(),
                Place::InStream(content) => self.read_stream(content),
                Place::BeforeTarMember(archive) => self.next_tar_member(archive),
                Place::InTarMember { content, padding } => self.read_tar_member(content, padding),
                Place::BeforeZipMember(archive) => self.next_zip_member(archive),
                Place::InZipMember { content, member } => self.read_zip_member(content, member),
            };
        }
    }
}

impl Reader {
    pub(super) fn new(input: &Input, index: usize, delimiter: &[u8]) -> Self {
        Self {
            input: input.clone(),
            index,
            delimiter: delimiter.to_vec(),
            lines: Lines::new(delimiter),
            modified: None,
            is_live: false,
            place: Place::Unopened,
            queue: VecDeque::new(),
            members: BTreeMap::new(),
        }
    }

    fn open(&mut self) -> Place {
        match self.open_raw() {
            Ok(raw) => self.start(raw),
            Err(error) => {
                self.queue.push_back(Item::Error(StreamError { offset: 0, error }));
                Place::Closed
            }
        }
    }

    fn open_raw(&mut self) -> io::Result<Raw> {
        if is_standard_input(&self.input.path) {
            self.is_live = true;
            return Ok(Raw::new(Box::new(io::stdin())));
        }
        let file = File::open(&self.input.path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        self.is_live = !metadata.is_file();
        self.modified = metadata.modified().ok();
        Ok(Raw::new(Box::new(file)))
    }

    /// Finds out what the input holds.
    fn start(&mut self, mut raw: Raw) -> Place {
        // An error comes again when the stream is read.
        if zip::MAGICS.iter().any(|magic| raw.is_next(magic).unwrap_or(false)) {
            return Place::BeforeZipMember(raw);
        }
        let mut content = Unpacker::new(raw);
        match self.look(&mut content, self.is_live) {
            Content::Lines => {
                self.begin_input();
                Place::InStream(content)
            }
            Content::Archive(Archive::Tar) => {
                Place::BeforeTarMember(BufReader::with_capacity(MEMBER_BUFFER_BYTES, content))
            }
            Content::Archive(Archive::Zip) => {
                self.begin_input();
                self.fail(io::Error::other(NESTED));
                Place::Closed
            }
        }
    }

    /// Looks at the start of a stream: no further than to its first line end when reading on may make wait.
    fn look<R: BufRead>(&self, content: &mut Unpacker<R>, is_live: bool) -> Content {
        let mut head = [0; TAR_BLOCK_BYTES];
        let mut filled = 0;
        while filled < head.len() {
            // An error comes again when the stream is read.
            match read(content, &mut head[filled..]) {
                Ok(0) | Err(_) => break,
                Ok(length) => filled += length,
            }
            let there = &head[..filled];
            let has_line = memchr::memchr(b'\n', there).is_some()
                || (!self.delimiter.contains(&0)
                    && memchr::memmem::find(there, &self.delimiter).is_some());
            if is_live && has_line {
                break;
            }
        }
        content.unread(&head[..filled]);
        if zip::MAGICS.iter().any(|magic| head[..filled].starts_with(magic)) {
            Content::Archive(Archive::Zip)
        } else if filled == head.len() && Header::parse(&head).is_some() {
            Content::Archive(Archive::Tar)
        } else {
            Content::Lines
        }
    }

    fn read_stream(&mut self, mut content: Plain) -> Place {
        let is_live = self.is_live;
        let went = self.read_block(|out| {
            let length = read(&mut content, out)?;
            Ok(Read { length, is_idle: is_live && length < out.len() })
        });
        if went == Went::On { Place::InStream(content) } else { Place::Closed }
    }

    fn next_tar_member(&mut self, mut archive: TarBytes) -> Place {
        let member = match tar::next_member(&mut archive) {
            Ok(Some(member)) => member,
            Ok(None) => return Place::Closed,
            Err(error) => return self.fail_archive(error),
        };
        let padding = tar::padding(member.length);
        let mut content = Unpacker::new(Limited { inner: archive, left: member.length });
        if member.kind != Kind::Other {
            self.begin_member(&member.name, member.modified);
        }
        match member.kind {
            Kind::File if self.look(&mut content, false) == Content::Lines => {
                return Place::InTarMember { content, padding };
            }
            Kind::File => self.fail(io::Error::other(NESTED)),
            Kind::Other => {}
            Kind::Sparse => {
                self.fail(io::Error::other("a file with holes is not read: unpack it with `tar`"));
            }
        }
        let result = leave_tar_member(content, padding);
        result.map_or_else(|error| self.fail_archive(error), Place::BeforeTarMember)
    }

    fn read_tar_member(&mut self, mut content: Unpacker<Limited<TarBytes>>, padding: u64) -> Place {
        let went = self.read_block(|out| read_settled(&mut content, out));
        if went == Went::On {
            return Place::InTarMember { content, padding };
        }
        match leave_tar_member(content, padding) {
            Ok(archive) => Place::BeforeTarMember(archive),
            Err(error) if went == Went::Ended => self.fail_archive(error),
            // The member's error has said it.
            Err(_) => Place::Closed,
        }
    }

    fn next_zip_member(&mut self, mut archive: Raw) -> Place {
        let member = match zip::next_member(&mut archive) {
            Ok(Some(member)) => member,
            Ok(None) => return Place::Closed,
            Err(error) => return self.fail_archive(error),
        };
        let bytes = Limited { inner: archive, left: member.length.unwrap_or(u64::MAX) };
        let is_directory = member.name.ends_with(b"/");
        if !is_directory {
            self.begin_member(&member.name, None);
        }
        let refusal = match member.method {
            Method::Encrypted => Some("it is encrypted: unpack it with its password".to_owned()),
            Method::Other | Method::Stored if member.length.is_none() => {
                Some("its length is not known before its end: unpack it with `unzip`".to_owned())
            }
            Method::Unknown(method) => {
                Some(format!("compression method {method} is not built in: unpack it first"))
            }
            Method::Deflate | Method::Other | Method::Stored => None,
        };
        if let Some(refusal) = refusal {
            if !is_directory {
                self.fail(io::Error::other(refusal));
            }
            return self.skip_zip_member(bytes, &member);
        }
        let unpacked = match member.method {
            Method::Deflate => Unpacker::deflate(bytes),
            Method::Stored => Unpacker::plain(bytes),
            _ => Unpacker::new(bytes),
        };
        let buffered = BufReader::with_capacity(MEMBER_BUFFER_BYTES, CrcReader::new(unpacked));
        if is_directory {
            let mut content = Unpacker::plain(buffered);
            return match end_zip_member(&mut content, &member) {
                Ok(()) => Place::BeforeZipMember(raw_of(content).inner),
                Err(error) => self.fail_archive(error),
            };
        }
        let mut content = Unpacker::new(buffered);
        if self.look(&mut content, false) != Content::Lines {
            self.fail(io::Error::other(NESTED));
            return self.skip_zip_member(raw_of(content), &member);
        }
        Place::InZipMember { content, member }
    }

    fn read_zip_member(&mut self, mut content: Unpacker<ZipBytes>, member: zip::Member) -> Place {
        let went = self.read_block(|out| {
            let read = read_settled(&mut content, out)?;
            if read.length == 0 {
                end_zip_member(&mut content, &member)?;
            }
            Ok(read)
        });
        match went {
            Went::On => Place::InZipMember { content, member },
            Went::Ended => Place::BeforeZipMember(raw_of(content).inner),
            Went::Failed => self.skip_zip_member(raw_of(content), &member),
        }
    }

    /// Goes on behind a member that was not read to its end.
    fn skip_zip_member(&mut self, mut bytes: Limited<Raw>, member: &zip::Member) -> Place {
        if member.length.is_none() {
            let text = "the members behind this one cannot be found: unpack it with `unzip`";
            return self.fail_archive(io::Error::other(text));
        }
        match bytes.skip().and_then(|()| zip::read_checksum(&mut bytes.inner, member.checksum)) {
            Ok(_) => Place::BeforeZipMember(bytes.inner),
            Err(_) => Place::Closed,
        }
    }

    /// Puts the next block into the queue, or the error with all that comes before it.
    fn read_block(&mut self, read: impl FnMut(&mut [u8]) -> io::Result<Read>) -> Went {
        match self.lines.next(read) {
            Ok(Some(block)) => {
                self.queue.push_back(Item::Block(block));
                Went::On
            }
            Ok(None) => Went::Ended,
            Err(error) => {
                let offset = self.lines.offset();
                let mut nothing = |_: &mut [u8]| Ok(Read { length: 0, is_idle: false });
                while let Ok(Some(block)) = self.lines.next(&mut nothing) {
                    self.queue.push_back(Item::Block(block));
                }
                self.queue.push_back(Item::Error(StreamError { offset, error }));
                Went::Failed
            }
        }
    }

    /// Begins the stream that is the input itself.
    fn begin_input(&mut self) {
        let name = self.input.name();
        let path = (!is_standard_input(&self.input.path)).then(|| name.clone());
        let relative = self.input.relative.clone();
        self.begin(name, path, relative, self.modified);
    }

    fn begin_member(&mut self, member: &[u8], modified: Option<SystemTime>) {
        let member = String::from_utf8_lossy(member);
        let name = format!("{}!{member}", self.input.name());
        let path = if is_standard_input(&self.input.path) { &member } else { name.as_str() };
        let path = Some(path.to_owned());
        let mut relative = self.input.relative.join(below(Path::new(&*member)));
        let mut hasher = DefaultHasher::new();
        relative.hash(&mut hasher);
        let times = self.members.entry(hasher.finish()).or_default();
        *times += 1;
        if *times > 1 {
            relative.as_mut_os_string().push(format!(".{times}"));
        }
        self.begin(name, path, relative, modified.or(self.modified));
    }

    fn begin(
        &mut self,
        name: String,
        path: Option<String>,
        relative: PathBuf,
        modified: Option<SystemTime>,
    ) {
        self.lines = Lines::new(&self.delimiter);
        let info = Arc::new(StreamInfo { index: self.index, name, path });
        let is_live = self.is_live;
        self.queue.push_back(Item::Head(Head { info, relative, modified, is_live }));
    }

    /// Ends the stream that was begun with an error.
    fn fail(&mut self, error: io::Error) {
        self.queue.push_back(Item::Error(StreamError { offset: 0, error }));
    }

    /// Names the archive as a whole as damaged: it is a stream of its own, without a block.
    fn fail_archive(&mut self, error: io::Error) -> Place {
        self.begin_input();
        self.fail(error);
        Place::Closed
    }
}

/// Returns the place of a member below the archive's: its name without `/`, `.` and `..`.
pub(super) fn below(path: &Path) -> PathBuf {
    let place: PathBuf =
        path.components().filter(|component| matches!(component, Component::Normal(_))).collect();
    if place.as_os_str().is_empty() { PathBuf::from("unnamed") } else { place }
}

/// Reads from something that was there before the run: no read makes wait.
fn read_settled(content: &mut dyn io::Read, out: &mut [u8]) -> io::Result<Read> {
    Ok(Read { length: read(content, out)?, is_idle: false })
}

fn leave_tar_member(content: Unpacker<Limited<TarBytes>>, padding: u64) -> io::Result<TarBytes> {
    let mut bytes = content.into_source();
    bytes.skip()?;
    let mut rest = Limited { inner: bytes.inner, left: padding };
    rest.skip()?;
    Ok(rest.inner)
}

/// Reads to the end of a member and checks what it is said to have.
fn end_zip_member(content: &mut Unpacker<ZipBytes>, member: &zip::Member) -> io::Result<()> {
    let buffered = content.source_mut();
    loop {
        let length = buffered.fill_buf()?.len();
        if length == 0 {
            break;
        }
        buffered.consume(length);
    }
    let found = buffered.get_ref().crc().sum();
    let bytes = buffered.get_mut().get_mut().source_mut();
    if member.length.is_some() {
        bytes.skip()?;
    }
    let said = zip::read_checksum(&mut bytes.inner, member.checksum)?;
    if found == said {
        return Ok(());
    }
    let text = "the checksum of this zip member is wrong: its data are corrupt";
    Err(io::Error::new(io::ErrorKind::InvalidData, text))
}

fn raw_of(content: Unpacker<ZipBytes>) -> Limited<Raw> {
    content.into_source().into_inner().into_inner().into_source()
}

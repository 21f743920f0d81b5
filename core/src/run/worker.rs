//! The worker: all state that changes while a pipeline runs.

use core::fmt;
use std::sync::Arc;

use crate::arena::Arena;
use crate::codec::charset::Charset;
use crate::codec::decode;
use crate::codec::framing::Framer;
use crate::codec::framing::line::Frame;
use crate::codec::json::{After, NegativeZero};
use crate::codec::plugin::{
    self, DecodeCx, Decoder, Flushed, Format, Framing, Memory, Out, Piece, Taken,
};
use crate::event::{EscapeStyle, Event, FieldPath, Object, Origin, SetError, Value};
use crate::filter::state::Flush;
use crate::filter::{Order, Scratch};
use crate::limits;
use crate::program::condition::ConditionError;
use crate::program::{ConfigPosition, Ecs, Input, Options, Pipeline, Program};
use crate::run::execute::Run;
use crate::run::profile::{Clock, Profile, Profiler, is_sampled};
use crate::run::stats::Stats;
use crate::time::Timestamp;

/// Time and chance of one call, given by the host: equal ticks give equal events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The clock.
    pub now: Timestamp,
    /// What random draws derive from, together with the event's place in the stream.
    pub seed: u64,
}

/// Takes what a worker gives, in order.
pub trait Sink {
    /// An event left the last filter.
    fn event(&mut self, event: &Event<'_>);

    /// A line or an event will never become output.
    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        let _ = refusal;
    }

    /// A filter dropped an event, and put no other in its place.
    fn dropped(&mut self, event: &Event<'_>) {
        let _ = event;
    }
}

/// What was refused, and why.
#[derive(Debug)]
pub struct Refusal<'a, 'b> {
    /// The reason.
    pub kind: RefusalKind,
    /// Where it came from; of an over-long line the text is its first KiB.
    pub origin: Origin<'b>,
    /// The condition in the config that could not be evaluated.
    pub position: Option<&'a ConfigPosition>,
    /// The event as the condition saw it.
    pub event: Option<&'a Event<'b>>,
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// A condition could not be evaluated.
    Condition(ConditionError),
    /// The compressed stream cannot be read from inside this line on.
    Damaged,
    /// The line is longer than [`InputOptions::max_line_bytes`].
    LineTooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The JSON text that was handed in is no event.
    NoEvent,
    /// A line of a bulk request is neither an action nor the document of one, or the other is missing.
    NotBulk,
}

impl RefusalKind {
    /// The stable word for the reason.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Condition(_) => "condition",
            Self::Damaged => "damaged",
            Self::LineTooLong { .. } => "line_too_long",
            Self::NoEvent => "no_event",
            Self::NotBulk => "not_bulk",
        }
    }
}

impl fmt::Display for RefusalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Condition(error) => error.fmt(f),
            Self::LineTooLong { bytes } => write!(f, "the line has {bytes} bytes, over the limit"),
            Self::Damaged => f.write_str(
                "the compressed stream is damaged, cut off or beyond the limits from here on",
            ),
            Self::NotBulk => f.write_str(
                "the line of a bulk request is no action with its document, or has no end",
            ),
            Self::NoEvent => f.write_str("the text is no JSON object that can be an event"),
        }
    }
}

/// How a worker reads its stream.
#[derive(Clone, Debug)]
pub struct InputOptions {
    /// Which of [`Pipeline::inputs`] gives codec, type, tags and fields; none gives lines.
    pub input: Option<usize>,
    /// A codec as in a config, instead of the input's: `json`, `multiline { pattern => "^ " what => "previous" }`.
    pub codec: Option<String>,
    /// Fields set on every event: field reference and text.
    pub set: Vec<(String, String)>,
    /// The stream's name, set as `[log][file][path]`, or `path` without ECS.
    pub path: Option<String>,
    /// Whether codecs that do so keep the text as `[event][original]`.
    pub keep_original: bool,
    /// Bytes of the longest line that is read.
    pub max_line_bytes: usize,
    /// Whether filters that fail say why ([`crate::Failure::explanation`]); takes time for each failure.
    pub explain_failures: bool,
}

impl Default for InputOptions {
    fn default() -> Self {
        Self {
            input: None,
            codec: None,
            set: Vec::new(),
            path: None,
            keep_original: true,
            max_line_bytes: limits::LINE_BYTES,
            explain_failures: false,
        }
    }
}

/// A worker cannot be made as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// A field to set is no field reference.
    FieldReference(String),
    /// The pipeline is not the worker's with other files.
    OtherPipeline,
    /// There is no input of that number.
    NoSuchInput(usize),
    /// The options of the codec are wrong, or some are missing.
    BadCodec {
        /// The codec as it was given.
        codec: String,
        /// What is wrong.
        problems: String,
    },
    /// No codec of that name is built, or it reads nothing.
    UnknownCodec(String),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FieldReference(text) => write!(f, "`{text}` is no field reference"),
            Self::OtherPipeline => f.write_str("the pipeline was compiled from another config"),
            Self::NoSuchInput(index) => write!(f, "the config has no input number {index}"),
            Self::BadCodec { codec, problems } => write!(f, "the codec `{codec}`: {problems}"),
            Self::UnknownCodec(name) => {
                let reading = plugin::all().filter(|codec| codec.decoder.is_some());
                let names: Vec<&str> = reading.map(|codec| codec.name).collect();
                write!(f, "no codec `{name}` that reads is built; use one of {}", names.join(", "))
            }
        }
    }
}

impl core::error::Error for RunError {}

/// Runs one stream of bytes through a pipeline; one per thread.
#[derive(Debug)]
pub struct Worker {
    program: Arc<Program>,
    decoding: Decoding,
    framer: Framer,
    memory: Memory,
    /// The clock when the last line came, for a decoder that waits for more.
    heard: Option<Timestamp>,
    arena: Arena,
    scratch: Scratch,
    stats: Stats,
    profiler: Option<Profiler>,
    /// The clock when the filters were last flushed; nothing before the first call.
    flushed: Option<Timestamp>,
}

/// What is done to every line before the filters see it.
#[derive(Debug)]
struct Decoding {
    decoder: Decoder,
    input: Option<usize>,
    /// A field without a text is left out.
    set: Box<[(FieldPath, Option<String>)]>,
    /// Whether one of them has a text.
    sets_any: bool,
    path: Option<(FieldPath, Box<str>)>,
    keep_original: bool,
    explain_failures: bool,
}

impl Worker {
    /// Makes a worker at the start of a stream.
    ///
    /// # Errors
    /// When the options name an input, codec or field that does not exist.
    pub fn new(pipeline: &Pipeline, options: &InputOptions) -> Result<Self, RunError> {
        let program = Arc::clone(&pipeline.program);
        let input = match options.input {
            Some(index) => Some(program.inputs.get(index).ok_or(RunError::NoSuchInput(index))?),
            None => None,
        };
        let decoder = decoder(options, input, &program)?;
        let style = program.env.style;
        let mut set = Vec::with_capacity(options.set.len());
        for (name, value) in &options.set {
            set.push((field(name, style)?, Some(value.clone())));
        }
        let decoding = Decoding {
            input: options.input,
            sets_any: !set.is_empty(),
            set: set.into(),
            path: None,
            keep_original: options.keep_original,
            explain_failures: options.explain_failures,
            decoder,
        };
        let mut scratch = Scratch::default();
        scratch.pattern.set_engine(program.env.engine);
        let mut memory = Memory::default();
        memory.pattern.set_engine(program.env.engine);
        let mut worker = Self {
            framer: Framer::new(&decoding.decoder.framing, options.max_line_bytes),
            memory,
            heard: None,
            arena: Arena::with_simd(program.env.engine.simd),
            scratch,
            stats: Stats::new(&program),
            profiler: None,
            flushed: None,
            program,
            decoding,
        };
        worker.start_stream(options.path.as_deref());
        Ok(worker)
    }

    /// Goes on with another stream, whose lines count from 1; the last one must have been flushed.
    pub fn start_stream(&mut self, path: Option<&str>) {
        self.start_stream_at(path, 1, 0);
    }

    /// Goes on in the middle of a stream: at the start of a line with this number (from 1) and byte
    /// offset. For hosts that share one stream among workers; [`Worker::delimiter`] tells where
    /// it may be cut, and [`Worker::order`] whether it may be shared.
    pub fn start_stream_at(&mut self, path: Option<&str>, line: u64, offset: u64) {
        self.framer.restart(line, offset);
        self.memory.states.clear();
        self.heard = None;
        let name = match self.program.ecs {
            Ecs::Disabled => "path",
            Ecs::V1 | Ecs::V8 => "[log][file][path]",
        };
        self.decoding.path = path.and_then(|path| {
            Some((FieldPath::parse(name, EscapeStyle::None).ok()?, Box::from(path)))
        });
    }

    /// Gives the field at a place of [`InputOptions::set`] another text from the next event on; nothing leaves it
    /// out. For hosts whose streams bring fields of their own: a partition, the name of a log group.
    ///
    /// False when there is no such place.
    pub fn set_field_text(&mut self, place: usize, text: Option<&str>) -> bool {
        let Some((_, kept)) = self.decoding.set.get_mut(place) else { return false };
        match (kept, text) {
            (Some(kept), Some(text)) => text.clone_into(kept),
            (kept, text) => *kept = text.map(str::to_owned),
        }
        self.decoding.sets_any = self.decoding.set.iter().any(|(_, text)| text.is_some());
        true
    }

    /// Goes on with a pipeline that [`Pipeline::with_resources`] made of this worker's, from the next line on.
    ///
    /// # Errors
    /// [`RunError::OtherPipeline`] for any other pipeline; the worker then keeps its own.
    pub fn set_pipeline(&mut self, pipeline: &Pipeline) -> Result<(), RunError> {
        if !Arc::ptr_eq(&self.program.ops, &pipeline.program.ops) {
            return Err(RunError::OtherPipeline);
        }
        self.program = Arc::clone(&pipeline.program);
        self.scratch.forget_files();
        Ok(())
    }

    /// Takes a piece of the stream, of any size, and gives the events of every line that ends in it.
    pub fn push(&mut self, bytes: &[u8], tick: Tick, sink: &mut dyn Sink) {
        self.handle_tick(tick, sink);
        self.stats.bytes_in += bytes.len() as u64;
        let line = self.framer.line();
        let Self { program, decoding, framer, memory, arena, scratch, stats, profiler, .. } = self;
        framer.handle(bytes, |frame| {
            let profiler = profiler.as_mut();
            Line { program, decoding, memory, arena, scratch, stats, profiler }
                .run(frame, tick, sink);
        });
        if self.framer.line() != line {
            self.heard = Some(tick.now);
        }
    }

    /// Takes one line without its delimiter, and gives its events: as [`Self::push`] with the delimiter behind the
    /// line, but whatever stands inside the line belongs to it. What was pushed before and did not end stands at the
    /// line's start. A codec that does not read lines gets the bytes as a piece of its stream.
    pub fn push_line(&mut self, line: &[u8], tick: Tick, sink: &mut dyn Sink) {
        self.handle_tick(tick, sink);
        let Self { program, decoding, framer, memory, arena, scratch, stats, profiler, .. } = self;
        stats.bytes_in += line.len() as u64;
        framer.handle_line(line, |frame| {
            let profiler = profiler.as_mut();
            Line { program, decoding, memory, arena, scratch, stats, profiler }
                .run(frame, tick, sink);
        });
        self.heard = Some(tick.now);
    }

    /// Ends the stream: the last line counts although no delimiter ended it, and what a codec kept for
    /// more lines comes out.
    pub fn flush(&mut self, tick: Tick, sink: &mut dyn Sink) {
        let Self { program, decoding, framer, memory, arena, scratch, stats, profiler, .. } = self;
        framer.finish_stream(|frame| {
            let profiler = profiler.as_mut();
            Line { program, decoding, memory, arena, scratch, stats, profiler }
                .run(frame, tick, sink);
        });
        self.flush_decoder(Flushed::End, tick, sink);
        self.memory.states.clear();
    }

    fn flush_decoder(&mut self, why: Flushed, tick: Tick, sink: &mut dyn Sink) {
        self.heard = None;
        let Self { program, decoding, memory, arena, scratch, stats, profiler, .. } = self;
        if matches!(decoding.decoder.format, Format::Coded(_)) {
            let profiler = profiler.as_mut();
            Line { program, decoding, memory, arena, scratch, stats, profiler }
                .flush(why, tick, sink);
        }
    }

    /// Tells the time when no bytes come, and gives the events that filters make as time goes by. Every
    /// five seconds are enough.
    pub fn handle_tick(&mut self, tick: Tick, sink: &mut dyn Sink) {
        if let Some(heard) = self.heard
            && let Format::Coded(decode) = &self.decoding.decoder.format
            && let Some(patience_ns) = decode.patience_ns()
            && nanoseconds_between(heard, tick.now) >= patience_ns
        {
            self.flush_decoder(Flushed::Idle, tick, sink);
        }
        if !self.program.flushes {
            return;
        }
        let flushed = *self.flushed.get_or_insert(tick.now);
        let seconds = tick.now.as_seconds().saturating_sub(flushed.as_seconds());
        // A clock that was set back starts a new period.
        let Ok(seconds) = u64::try_from(seconds) else {
            self.flushed = Some(tick.now);
            return;
        };
        let periods = seconds / limits::FLUSH_PERIOD_S;
        if periods == 0 {
            return;
        }
        let passed = i64::try_from(periods * limits::FLUSH_PERIOD_S).unwrap_or(i64::MAX);
        let at = flushed.as_seconds().saturating_add(passed);
        self.flushed = Timestamp::new(at, flushed.subsec_nanos());
        self.flush_filters(periods, tick, sink, false);
    }

    /// The time at which [`Self::handle_tick`] has something to do, if no bytes come before; nothing when only bytes
    /// can bring events out.
    ///
    /// A codec that keeps lines gives them when nothing came for a while, and filters that make events by themselves
    /// are flushed every [`limits::FLUSH_PERIOD_S`] seconds.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let heard = self.heard.and_then(|heard| match &self.decoding.decoder.format {
            Format::Coded(decode) => later(heard, decode.patience_ns()?),
            Format::Text => None,
        });
        let period_ns = i128::from(limits::FLUSH_PERIOD_S) * 1_000_000_000;
        let flushed = self.flushed.filter(|_| self.program.flushes);
        let flushed = flushed.and_then(|flushed| later(flushed, period_ns));
        heard.into_iter().chain(flushed).min()
    }

    /// Ends the run: [`Self::flush`], and gives what filters still hold. One worker's last call.
    pub fn finish(&mut self, tick: Tick, sink: &mut dyn Sink) {
        self.flush(tick, sink);
        if self.program.flushes {
            self.handle_tick(tick, sink);
            self.flush_filters(1, tick, sink, true);
        }
    }

    fn flush_filters(&mut self, periods: u64, tick: Tick, sink: &mut dyn Sink, is_final: bool) {
        let Self { program, decoding, arena, scratch, stats, profiler, .. } = self;
        let (now, seed) = (tick.now, tick.seed);
        let explain_failures = decoding.explain_failures;
        let profiler = profiler.as_mut();
        arena.reset(seed);
        let arena = &*arena;
        Run { program, arena, scratch, stats, sink, now, seed, explain_failures, profiler }
            .flush(Flush { periods }, is_final);
        stats.years_guessed += core::mem::take(&mut scratch.years_guessed);
    }

    /// Runs one event, given as a JSON object, through the filters, without codec and input.
    ///
    /// `@timestamp`, `@version` are added as for any event; a text that is no object, or whose `@metadata` is no
    /// map, is refused. The text counts as a line.
    pub fn run_event(&mut self, json: &str, tick: Tick, sink: &mut dyn Sink) {
        self.handle_tick(tick, sink);
        let Self { program, decoding, arena, scratch, stats, profiler, .. } = self;
        let profiler = profiler.as_mut();
        let explain_failures = decoding.explain_failures;
        stats.lines += 1;
        arena.reset(tick.seed);
        let arena = &*arena;
        let origin = Origin { line: 0, offset: 0, text: arena.text(json) };
        let (after, zero) = (After::Objects, NegativeZero::Kept);
        let event = match scratch.json.read(origin.text, after, zero, arena) {
            Ok(Value::Object(object)) => {
                let object = core::mem::replace(object, Object::new_in(arena));
                Event::from_object(object, tick.now, &program.env.zone, origin, arena).ok()
            }
            _ => None,
        };
        let Some(mut event) = event else {
            stats.lines_refused += 1;
            let kind = RefusalKind::NoEvent;
            sink.refused(&Refusal { kind, origin, position: None, event: None });
            return;
        };
        stats.events_decoded += 1;
        let (now, seed) = (tick.now, tick.seed);
        Run { program, arena, scratch, stats, sink, now, seed, explain_failures, profiler }
            .event(&mut event);
        stats.years_guessed += core::mem::take(&mut scratch.years_guessed);
    }

    /// Profiles from here on, with a clock of the host's; what was profiled before is lost.
    pub fn start_profile(&mut self, clock: Clock) {
        self.profiler = Some(Profiler { clock, profile: Profile::new(&self.program) });
    }

    /// What was profiled since the profile was started or this was last asked; counting starts
    /// again. `None` without a profile.
    pub fn take_profile(&mut self) -> Option<Profile> {
        let profiler = self.profiler.as_mut()?;
        let fresh = Profile::new(&self.program);
        let mut profile = core::mem::replace(&mut profiler.profile, fresh);
        for (slot, filter) in self.program.filters.iter().zip(&mut profile.filters) {
            slot.filter.finish_count(&mut filter.patterns);
        }
        Some(profile)
    }

    /// What ends a line of this worker's stream.
    pub fn delimiter(&self) -> &[u8] {
        match &self.decoding.decoder.framing {
            Framing::Lines(delimiter) => delimiter,
            #[cfg(feature = "gzip")]
            Framing::Gzip => b"\n",
            Framing::Msgpack => b"\n",
        }
    }

    /// Whether one worker must see the whole of a stream, and all events of the pipeline, in order.
    pub fn order(&self) -> Order {
        match (self.program.order, self.decoding.decoder.order) {
            (Order::Stateless, Order::Stateless) => Order::Stateless,
            _ => Order::Ordered,
        }
    }

    /// What the worker has done so far.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// What the worker has done since it was made or this was last asked; counting starts again.
    pub fn take_stats(&mut self) -> Stats {
        core::mem::replace(&mut self.stats, Stats::new(&self.program))
    }
}

fn decoder(
    options: &InputOptions,
    input: Option<&Input>,
    program: &Program,
) -> Result<Decoder, RunError> {
    let name = match (&options.codec, input) {
        (Some(name), _) => name.as_str(),
        (None, Some(input)) => return Ok(input.decoder.clone()),
        (None, None) => return Ok(Decoder::lines(program.ecs)),
    };
    let word = name.split(['{', ' ']).next().unwrap_or_default();
    if plugin::lookup(word).is_none_or(|codec| codec.decoder.is_none()) {
        return Err(RunError::UnknownCodec(word.to_owned()));
    }
    let options = Options {
        ecs: program.ecs,
        field_reference_escape_style: program.env.style,
        timezone: program.env.zone.clone(),
        ..Options::default()
    };
    Decoder::of_text(name, &options).map_err(|diagnostics| {
        let problems: Vec<&str> = diagnostics.iter().map(|one| one.message.as_str()).collect();
        RunError::BadCodec { codec: name.to_owned(), problems: problems.join("; ") }
    })
}

/// A time so much later; nothing beyond what a timestamp can hold.
fn later(time: Timestamp, nanos: i128) -> Option<Timestamp> {
    let since = i128::from(time.as_seconds()) * 1_000_000_000 + i128::from(time.subsec_nanos());
    let at = since.checked_add(nanos)?;
    let seconds = i64::try_from(at.div_euclid(1_000_000_000)).ok()?;
    Timestamp::new(seconds, u32::try_from(at.rem_euclid(1_000_000_000)).ok()?)
}

/// What has passed from one time to another.
fn nanoseconds_between(from: Timestamp, to: Timestamp) -> i128 {
    let nanos = |time: Timestamp| {
        i128::from(time.as_seconds()) * 1_000_000_000 + i128::from(time.subsec_nanos())
    };
    nanos(to) - nanos(from)
}

fn field(name: &str, style: EscapeStyle) -> Result<FieldPath, RunError> {
    FieldPath::parse(name, style).map_err(|_| RunError::FieldReference(name.to_owned()))
}

/// The parts of a worker that one line needs.
struct Line<'a> {
    program: &'a Program,
    decoding: &'a Decoding,
    memory: &'a mut Memory,
    arena: &'a mut Arena,
    scratch: &'a mut Scratch,
    stats: &'a mut Stats,
    profiler: Option<&'a mut Profiler>,
}

impl Line<'_> {
    fn run(self, frame: Frame<'_>, tick: Tick, sink: &mut dyn Sink) {
        let Self { program, decoding, memory, arena, scratch, stats, profiler } = self;
        let profiler = profiler.filter(|_| is_sampled(frame.line, frame.offset));
        let seed = seed_at(tick, frame.offset);
        arena.reset(seed);
        let arena = &*arena;
        let text = match (decoding.decoder.charset, frame.text) {
            (Charset::Utf8, Some(text)) => text,
            (charset, _) => charset.text(frame.bytes, arena),
        };
        let text = match frame.line {
            1 if decoding.decoder.drops_mark => text.strip_prefix('\u{FEFF}').unwrap_or(text),
            _ => text,
        };
        let origin = Origin { line: frame.line, offset: frame.offset, text };
        let is_over =
            decoding.decoder.max_ended_bytes.is_some_and(|most| frame.is_ended && frame.len > most);
        if frame.is_too_long || is_over || frame.is_damaged {
            stats.lines += 1;
            stats.lines_refused += 1;
            let kind = if frame.is_damaged {
                RefusalKind::Damaged
            } else {
                RefusalKind::LineTooLong { bytes: frame.len }
            };
            sink.refused(&Refusal { kind, origin, position: None, event: None });
            return;
        }
        let (now, explain_failures) = (tick.now, decoding.explain_failures);
        let keeps_original = decoding.decoder.keeps_original && decoding.keep_original;
        let room = program.room;
        let Format::Coded(decode) = &decoding.decoder.format else {
            stats.lines += 1;
            let mut event = Event::from_message(origin.text, now, origin, room, arena);
            if keeps_original {
                decode::set_original(&mut event, arena);
            }
            stats.events_decoded += 1;
            decoding.dress(&mut event, program, now, arena);
            Run { program, arena, scratch, stats, sink, now, seed, explain_failures, profiler }
                .event(&mut event);
            stats.years_guessed += core::mem::take(&mut scratch.years_guessed);
            return;
        };
        let zone = &program.env.zone;
        let mut cx = DecodeCx { arena, now, zone, keeps_original, room, memory };
        let mut out =
            Emitter { program, decoding, arena, scratch, stats, profiler, sink, tick, events: 0 };
        let piece = Piece { origin, bytes: frame.bytes, is_ended: frame.is_ended };
        let taken = decode.decode(piece, &mut cx, &mut out);
        let events = out.events;
        match (taken, events.checked_sub(1)) {
            (Taken::Held, _) => stats.lines += events,
            (Taken::Merged, _) => {
                stats.lines += events + 1;
                stats.lines_merged += 1;
            }
            (Taken::Line, Some(beyond)) => {
                stats.lines += 1;
                stats.events_beyond_first += beyond;
            }
            (Taken::Line, None) => {
                stats.lines += 1;
                stats.lines_without_event += 1;
            }
        }
        stats.years_guessed += core::mem::take(&mut scratch.years_guessed);
    }

    /// Lets the decoder give what it kept.
    fn flush(self, why: Flushed, tick: Tick, sink: &mut dyn Sink) {
        let Self { program, decoding, memory, arena, scratch, stats, profiler } = self;
        let Format::Coded(decode) = &decoding.decoder.format else { return };
        arena.reset(tick.seed);
        let arena = &*arena;
        let (now, zone, room) = (tick.now, &program.env.zone, program.room);
        let keeps_original = decoding.decoder.keeps_original && decoding.keep_original;
        let mut cx = DecodeCx { arena, now, zone, keeps_original, room, memory };
        let mut out =
            Emitter { program, decoding, arena, scratch, stats, profiler, sink, tick, events: 0 };
        decode.flush(why, &mut cx, &mut out);
        let events = out.events;
        stats.lines += events;
        stats.years_guessed += core::mem::take(&mut scratch.years_guessed);
    }
}

/// What random draws for the line at a place of the stream derive from.
fn seed_at(tick: Tick, offset: u64) -> u64 {
    tick.seed ^ offset.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Runs what a decoder makes through the filters.
struct Emitter<'a, 'b> {
    program: &'b Program,
    decoding: &'b Decoding,
    arena: &'b Arena,
    scratch: &'a mut Scratch,
    stats: &'a mut Stats,
    profiler: Option<&'a mut Profiler>,
    sink: &'a mut dyn Sink,
    tick: Tick,
    events: u64,
}

impl<'b> Out<'b> for Emitter<'_, 'b> {
    fn event(&mut self, mut event: Event<'b>) {
        self.stats.events_decoded += 1;
        self.events += 1;
        let Self { program, decoding, arena, tick, .. } = *self;
        let (now, seed) = (tick.now, seed_at(tick, event.origin.offset));
        let explain_failures = decoding.explain_failures;
        decoding.dress(&mut event, program, now, arena);
        let (scratch, stats, sink) = (&mut *self.scratch, &mut *self.stats, &mut *self.sink);
        let profiler = self.profiler.as_deref_mut();
        Run { program, arena, scratch, stats, sink, now, seed, explain_failures, profiler }
            .event(&mut event);
    }

    fn refuse(&mut self, kind: RefusalKind, origin: Origin<'b>) {
        self.stats.lines += 1;
        self.stats.lines_refused += 1;
        self.sink.refused(&Refusal { kind, origin, position: None, event: None });
    }

    fn merge(&mut self) {
        self.stats.lines += 1;
        self.stats.lines_merged += 1;
    }

    fn skip(&mut self, lines: u64) {
        self.stats.lines += lines;
        self.stats.lines_without_event += lines;
    }
}

impl Decoding {
    /// Sets what the input adds: its path, `type`, `add_field`, `tags`, and the host's fields.
    fn dress<'b>(
        &'b self,
        event: &mut Event<'b>,
        program: &'b Program,
        now: Timestamp,
        arena: &'b Arena,
    ) {
        if let Some((path, name)) = &self.path {
            decode::set_if_absent(event, path, name, arena);
        }
        if let Some(input) = self.input.and_then(|index| program.inputs.get(index)) {
            // What cannot be set (a template on a scalar parent, say) is left out, and the event goes on.
            let _ = input.decorate(event, now, arena);
        }
        if !self.sets_any {
            return;
        }
        for (path, value) in &self.set {
            let Some(value) = value else { continue };
            let _: Result<(), SetError> = event.set(path.as_ref(), Value::Str(value), arena);
        }
    }
}

//! The function: a pipeline with what it keeps from one invocation to the next.

use core::fmt;

use sawlog::inflate::{Compression, InflateLimits, Inflater, LONGEST_MAGIC, Progress};
use sawlog::{Pipeline, RunError, Tick, limits};

use crate::batch::Batch;
use crate::collector::Collector;
use crate::engine::{self, Engine, Field, PayloadError};
use crate::items::{self, Cx, Delivery, Failures};
use crate::metrics::{PayloadOutcome, Report};
use crate::object::{self, Object};
use crate::plan::Plan;
use crate::settings::{Oversize, Settings};
use crate::shape::{self, EventError, Shape, SqsMessage};
use crate::{firehose, http};

/// What is to be done about an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Give this answer.
    Answer(Vec<u8>),
    /// Send events on, then give [`Delivery::answer`].
    Deliver(Delivery),
    /// Read objects, send their events on, then give [`Fetch::answer`].
    Fetch(Fetch),
}

/// Objects to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// The objects, in the order in which they are to be read.
    pub objects: Vec<Object>,
    /// The item of the source to which each of them belongs.
    items: Vec<usize>,
    failures: Failures,
}

impl Fetch {
    /// Whether nothing behind an object that failed is to be read, since it comes again whatever becomes of it.
    pub fn ends_at_failure(&self) -> bool {
        self.failures.ends_at_failure()
    }

    /// The answer, when these objects (places in the list) could not be read or sent on.
    ///
    /// # Errors
    /// As [`Delivery::answer`].
    pub fn answer(&self, failed: &[usize]) -> Result<Vec<u8>, InvocationError> {
        let mut failures = self.failures.clone();
        for item in failed.iter().filter_map(|object| self.items.get(*object)) {
            failures.add(*item);
        }
        failures.answer()
    }
}

/// What a payload needs time for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Its events are in the answer.
    Answer,
    /// Its events are still to be sent on.
    Delivery,
}

/// An invocation has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvocationError {
    /// Not even the ids of all records have room in an answer.
    AnswerTooLarge {
        /// The bytes that it may have.
        max_bytes: usize,
    },
    /// The event is of no known kind.
    Event(EventError),
    /// Items failed, of a source that takes back all or none.
    Failed {
        /// The items that are known to have failed.
        failed: usize,
        /// All of them.
        items: usize,
    },
    /// No worker can be made.
    Run(RunError),
}

impl fmt::Display for InvocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnswerTooLarge { max_bytes } => write!(
                f,
                "an answer of {max_bytes} bytes has no room for the ids of all records: lower the buffer size"
            ),
            Self::Event(error) => error.fmt(f),
            Self::Failed { failed, items } => {
                write!(f, "{failed} of {items} items failed: all of them must be sent again")
            }
            Self::Run(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for InvocationError {}

/// Runs Lambda events through a pipeline; one at a time.
#[derive(Debug)]
pub struct Function {
    engine: Engine,
    collector: Collector,
    settings: Settings,
    report: Report,
    open: Option<OpenObject>,
}

impl Function {
    /// Makes a function whose events, where they are no answer, go to standard output.
    ///
    /// # Errors
    /// When the codec that the settings name does not exist.
    pub fn new(pipeline: &Pipeline, settings: Settings) -> Result<Self, RunError> {
        Self::with_plan(pipeline, settings, &Plan::standard_output())
    }

    /// Makes a function whose events go where a plan of the same pipeline says.
    ///
    /// # Errors
    /// As [`Function::new`].
    pub fn with_plan(
        pipeline: &Pipeline,
        settings: Settings,
        plan: &Plan,
    ) -> Result<Self, RunError> {
        let collector = Collector::new(pipeline, plan, settings.oversize == Oversize::Trim)
            .map_err(|error| RunError::FieldReference(error.to_string()))?;
        Ok(Self {
            engine: Engine::new(pipeline, settings.codec.clone())?,
            collector,
            settings,
            report: Report::default(),
            open: None,
        })
    }

    /// Begins an invocation. `has_time` is asked before each payload whether there is time for it: the rest is then handed
    /// back as failed.
    ///
    /// # Errors
    /// When there is no answer: the invocation has then failed as a whole.
    pub fn start(
        &mut self,
        event: &[u8],
        tick: Tick,
        has_time: &mut dyn FnMut(Need) -> bool,
    ) -> Result<Job, InvocationError> {
        self.report = Report::default();
        self.open = None;
        self.engine.start().map_err(InvocationError::Run)?;
        let shape = shape::recognise(event).map_err(InvocationError::Event)?;
        let Self { engine, collector, settings, report, .. } = self;
        let on_failure = settings.on_failure;
        let cx = Cx { engine, collector, on_failure, tick, has_time, report };
        Ok(match shape {
            Shape::Firehose(records) => {
                let Cx { engine, collector, has_time, report, .. } = cx;
                Job::Answer(firehose::run(
                    &records, engine, collector, settings, tick, has_time, report,
                )?)
            }
            Shape::Http(request) => {
                let Cx { engine, collector, report, .. } = cx;
                Job::Answer(http::run(&request, engine, collector, settings, tick, report))
            }
            Shape::Kafka(records) => Job::Deliver(items::run_kafka(&records, cx)),
            Shape::Kinesis(records) => Job::Deliver(items::run_kinesis(&records, cx)),
            Shape::Logs(text) => Job::Deliver(items::run_logs(&text, cx)),
            Shape::Objects(objects) => {
                let failures = Failures::whole(objects.len());
                Job::Fetch(Fetch { items: (0..objects.len()).collect(), objects, failures })
            }
            Shape::Sqs(messages) => match fetch_of_messages(&messages, cx.report) {
                Some(fetch) => Job::Fetch(fetch),
                None => Job::Deliver(items::run_sqs(&messages, cx)),
            },
        })
    }

    /// What the invocation did since it began, or since this was last asked.
    pub fn take_report(&mut self) -> Report {
        Report { stats: self.engine.take_stats(), ..core::mem::take(&mut self.report) }
    }

    /// Begins an object, whose bytes follow from its start; `index` is its place in the list.
    pub fn start_object(&mut self, object: &Object, index: usize, tick: Tick) {
        self.begin_object(object, index, tick, 0);
    }

    /// Begins an object that is as it is stored ([`Object::is_plain`]), whose bytes follow from its offset on.
    pub fn start_object_at_offset(&mut self, object: &Object, index: usize, tick: Tick) {
        self.begin_object(object, index, tick, object.offset);
        if let Some(open) = &mut self.open {
            open.is_plain = true;
        }
    }

    fn begin_object(&mut self, object: &Object, index: usize, tick: Tick, at: u64) {
        let tick = engine::payload_tick(tick, index, None);
        self.collector.start_object(tick.now, index, object);
        self.engine.start_stream(&[
            (Field::Bucket, Some(&object.bucket)),
            (Field::Key, Some(&object.key)),
        ]);
        self.open = Some(OpenObject {
            head: Vec::new(),
            inflater: None,
            is_plain: false,
            tick,
            index,
            at,
            start: object.offset,
            stop: Stop::No,
        });
    }

    /// Takes bytes of the object, packed or not, in pieces of any size, and gives how many were taken: fewer than all when
    /// events wait. [`Self::take_batch`] makes room for the rest, so that memory is bounded whatever the object's size.
    ///
    /// # Errors
    /// When the object cannot be unpacked, one line of it becomes too many events, or a line or an event of it is refused (with
    /// [`OnFailure::Fail`]: a filter failed on one); what came before stands in the batch.
    pub fn push_object(&mut self, bytes: &[u8]) -> Result<usize, PayloadError> {
        let Some(mut open) = self.open.take() else { return Ok(bytes.len()) };
        let result = open.push(bytes, &mut self.engine, &mut self.collector);
        let result = result.and_then(|taken| self.check().map(|()| taken));
        match result {
            Ok(_) => self.open = Some(open),
            Err(_) => self.fail_object(),
        }
        result
    }

    /// Ends the object. False when events wait: take them and call again.
    ///
    /// # Errors
    /// As [`Self::push_object`], and when the object ends before its packing does.
    pub fn finish_object(&mut self) -> Result<bool, PayloadError> {
        let Some(mut open) = self.open.take() else { return Ok(true) };
        let result = open.finish(&mut self.engine, &mut self.collector);
        let result = result.and_then(|is_done| self.check().map(|()| is_done));
        match result {
            Ok(true) => {
                self.report.count_payload(PayloadOutcome::Kept, self.collector.tally());
            }
            Ok(false) => self.open = Some(open),
            Err(_) => self.fail_object(),
        }
        result
    }

    /// Nothing more is read of an object that failed.
    fn fail_object(&mut self) {
        self.report.count_payload(PayloadOutcome::Failed, self.collector.tally());
    }

    /// Ends the invocation behind its last object: gives what filters still hold, which counts for that object, by the targets.
    ///
    /// # Errors
    /// When one of these events was refused.
    pub fn finish_objects(&mut self, tick: Tick, last: usize) -> Result<Vec<Batch>, PayloadError> {
        self.collector.start_outbound(tick.now);
        self.collector.go_on(tick.now, last);
        self.engine.finish(tick, &mut self.collector);
        self.report.events_failed += self.collector.tally().failed;
        self.check()?;
        Ok(self.collector.take())
    }

    fn check(&self) -> Result<(), PayloadError> {
        items::check(&self.collector, self.settings.on_failure)
    }

    /// Ends the object early, behind the next line end: the rest is to be read another time. Bytes must still be pushed until
    /// [`Self::stopped_at`] says where that is. Does nothing when lines depend on those before them: the rest can then not be read
    /// by itself.
    pub fn stop_object(&mut self) {
        if let Some(open) = &mut self.open
            && open.stop == Stop::No
            && let Some(delimiter) = self.engine.separator()
        {
            open.stop = Stop::AtLineEnd(delimiter);
        }
    }

    /// How many unpacked bytes of the object were read that no invocation read before.
    pub fn read_bytes(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.at.saturating_sub(open.start))
    }

    /// Where the object was stopped: [`Object::offset`] and [`Object::is_plain`] of what is left of it.
    pub fn stopped_at(&self) -> Option<(u64, bool)> {
        let open = self.open.as_ref()?;
        match open.stop {
            Stop::Done(at) => Some((at, open.is_plain)),
            Stop::AtLineEnd(_) | Stop::No => None,
        }
    }

    /// Takes the events that the object has given so far, by their targets.
    pub fn take_batches(&mut self) -> Vec<Batch> {
        let batches = self.collector.take();
        if let Some(open) = &self.open {
            let (now, index) = (open.tick.now, open.index);
            self.report.events_failed += self.collector.tally().failed;
            self.collector.go_on(now, index);
        }
        batches
    }
}

/// The objects that messages of a queue ask for, when one of them is a notification; messages that are none have
/// then failed.
fn fetch_of_messages(messages: &[SqsMessage<'_>], report: &mut Report) -> Option<Fetch> {
    let asked = messages.iter().map(|message| object::of_notification(message.body.as_bytes()));
    let asked: Vec<Option<Vec<Object>>> = asked.collect();
    if asked.iter().all(Option::is_none) {
        return None;
    }
    let mut failures = Failures::of_messages(messages);
    let (mut objects, mut items) = (Vec::new(), Vec::new());
    for (item, (message, asked)) in messages.iter().zip(asked).enumerate() {
        if let Some(more) = asked {
            items.extend(more.iter().map(|_| item));
            objects.extend(more);
        } else {
            failures.add(item);
            report.note(&message.id, &"the message is no notification of S3, others are");
        }
    }
    Some(Fetch { objects, items, failures })
}

/// An object that is being read.
#[derive(Debug)]
struct OpenObject {
    /// The first bytes, until they tell how the object is packed.
    head: Vec<u8>,
    inflater: Option<Box<Inflater>>,
    is_plain: bool,
    tick: Tick,
    index: usize,
    /// Unpacked bytes that were read.
    at: u64,
    /// Unpacked bytes at the start that are passed over.
    start: u64,
    stop: Stop,
}

/// Whether an object ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// By the byte that ends a line.
    AtLineEnd(u8),
    Done(u64),
    No,
}

impl OpenObject {
    /// Takes unpacked bytes.
    fn feed(&mut self, bytes: &[u8], engine: &mut Engine, collector: &mut Collector) {
        if matches!(self.stop, Stop::Done(_)) {
            return;
        }
        let left = usize::try_from(self.start.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let (passed, mut bytes) = bytes.split_at(left.min(bytes.len()));
        self.at = self.at.saturating_add(passed.len() as u64);
        let end = match self.stop {
            Stop::AtLineEnd(delimiter) => memchr::memchr(delimiter, bytes),
            Stop::Done(_) | Stop::No => None,
        };
        if let Some(end) = end {
            bytes = bytes.get(..=end).unwrap_or(bytes);
        }
        self.at = self.at.saturating_add(bytes.len() as u64);
        engine.push(bytes, self.tick, collector);
        if end.is_some() {
            engine.flush(self.tick, collector);
            self.stop = Stop::Done(self.at);
        }
    }

    fn push(
        &mut self,
        bytes: &[u8],
        engine: &mut Engine,
        collector: &mut Collector,
    ) -> Result<usize, PayloadError> {
        if self.is_plain {
            return self.push_plain(bytes, engine, collector);
        }
        if self.inflater.is_some() {
            return self.unpack(bytes, engine, collector);
        }
        let wanted = LONGEST_MAGIC.saturating_sub(self.head.len());
        let (head, rest) = bytes.split_at_checked(wanted).unwrap_or((bytes, &[]));
        self.head.extend_from_slice(head);
        if self.head.len() == LONGEST_MAGIC {
            self.open(engine, collector)?;
            return Ok(head.len() + self.push(rest, engine, collector)?);
        }
        Ok(head.len())
    }

    /// Decides by the first bytes how the object is packed.
    fn open(&mut self, engine: &mut Engine, collector: &mut Collector) -> Result<(), PayloadError> {
        let head = core::mem::take(&mut self.head);
        if let Some(compression) = Compression::detect(&head) {
            let inflater = Inflater::new(compression, InflateLimits::default());
            self.inflater = Some(Box::new(inflater));
            // So few bytes are taken as a whole.
            self.unpack(&head, engine, collector)?;
        } else {
            self.is_plain = true;
            self.feed(&head, engine, collector);
        }
        Ok(())
    }

    fn unpack(
        &mut self,
        bytes: &[u8],
        engine: &mut Engine,
        collector: &mut Collector,
    ) -> Result<usize, PayloadError> {
        let Some(mut inflater) = self.inflater.take() else { return Ok(0) };
        let mut taken = 0;
        let result = engine.with_piece(|engine, piece| {
            while collector.waiting_bytes() < limits::PENDING_BYTES {
                let progress =
                    inflater.handle(&bytes[taken..], piece).map_err(PayloadError::Inflate)?;
                taken += progress.consumed;
                if progress == Progress::default() {
                    break;
                }
                self.feed(&piece[..progress.written], engine, collector);
                if collector.is_over() {
                    return Err(PayloadError::TooManyEvents);
                }
            }
            Ok(taken)
        });
        self.inflater = Some(inflater);
        result
    }

    fn finish(
        &mut self,
        engine: &mut Engine,
        collector: &mut Collector,
    ) -> Result<bool, PayloadError> {
        if !self.is_plain && self.inflater.is_none() {
            self.open(engine, collector)?;
        }
        if let Some(mut inflater) = self.inflater.take() {
            let is_done = engine.with_piece(|engine, piece| {
                while collector.waiting_bytes() < limits::PENDING_BYTES {
                    match inflater.finish(piece).map_err(PayloadError::Inflate)? {
                        0 => return Ok(true),
                        written => self.feed(&piece[..written], engine, collector),
                    }
                    if collector.is_over() {
                        return Err(PayloadError::TooManyEvents);
                    }
                }
                Ok(false)
            })?;
            self.inflater = Some(inflater);
            if !is_done {
                return Ok(false);
            }
        }
        engine.flush(self.tick, collector);
        if collector.is_over() { Err(PayloadError::TooManyEvents) } else { Ok(true) }
    }

    fn push_plain(
        &mut self,
        bytes: &[u8],
        engine: &mut Engine,
        collector: &mut Collector,
    ) -> Result<usize, PayloadError> {
        let mut taken = 0;
        for piece in bytes.chunks(limits::PUSH_BYTES) {
            if collector.waiting_bytes() >= limits::PENDING_BYTES {
                break;
            }
            self.feed(piece, engine, collector);
            if collector.is_over() {
                return Err(PayloadError::TooManyEvents);
            }
            taken += piece.len();
        }
        Ok(taken)
    }
}

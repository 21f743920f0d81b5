//! Events to batches: each event to the destinations that it is for, written as they want it.

use core::fmt::Display;

use sawlog::protocol::bulk::BulkEncoder;
use sawlog::{
    Encoder, Event, PathError, Pipeline, Refusal, RefusalKind, Router, Template, Timestamp, limits,
};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::batch::{Batch, Mark};
use crate::dead::{self, Cause, Letter};
use crate::object::Object;
use crate::plan::{Form, Plan};

/// Fills batches.
#[derive(Debug)]
pub(crate) struct Outbound {
    pipeline: Pipeline,
    plan: Plan,
    /// There when the config says where events go.
    router: Option<Router>,
    writers: Vec<Writer>,
    /// One for each target of the plan.
    batches: Vec<Batch>,
    marks: Vec<Mark>,
    item: usize,
    bytes: usize,
    /// Events have more keys than there may be.
    is_over: bool,
    places: Vec<usize>,
    text: String,
    /// What the item is known by, and how many events it has given.
    identity: u64,
    written: u64,
    /// The object that is being read, and where in it, unpacked, the stream began.
    object: Option<(String, u64)>,
}

#[derive(Debug)]
struct Writer {
    form: WriterForm,
    key: Option<Template>,
}

#[derive(Debug)]
enum WriterForm {
    Bulk(Box<BulkEncoder>),
    Lines(Encoder),
    OfOutput(usize),
}

/// An event or line was not taken and is in no batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotTaken;

impl Outbound {
    pub(crate) fn new(pipeline: &Pipeline, plan: &Plan) -> Result<Self, PathError> {
        let writers = plan.destinations.iter().map(|destination| {
            let style = destination.style;
            Ok(Writer {
                form: match &destination.form {
                    Form::Bulk(options) => {
                        WriterForm::Bulk(Box::new(BulkEncoder::new(options, style)?))
                    }
                    Form::JsonLines => WriterForm::Lines(Encoder::json_lines()),
                    Form::OfOutput(at) => WriterForm::OfOutput(*at),
                },
                key: destination.key.as_deref().map(|key| Template::parse(key, style)),
            })
        });
        let targets = plan.targets().count();
        Ok(Self {
            writers: writers.collect::<Result<_, PathError>>()?,
            router: plan.outputs.as_ref().map(|_| Router::new(pipeline)),
            pipeline: pipeline.clone(),
            plan: plan.clone(),
            batches: vec![Batch::default(); targets],
            marks: vec![Mark::default(); targets],
            item: 0,
            bytes: 0,
            is_over: false,
            places: Vec::new(),
            text: String::new(),
            identity: 0,
            written: 0,
            object: None,
        })
    }

    /// Begins anew, without events.
    pub(crate) fn start(&mut self) {
        self.batches.iter_mut().for_each(|batch| *batch = Batch::default());
        self.object = None;
        self.start_item(0);
    }

    /// Tells that what follows are lines of an object.
    pub(crate) fn start_object(&mut self, object: &Object) {
        self.object = Some((format!("s3://{}/{}", object.bucket, object.key), object.offset));
    }

    /// Tells what the item that comes next is known by: the same when it is handed over again, whatever stands around it.
    pub(crate) fn identify(&mut self, identity: u64) {
        self.identity = identity;
        self.written = 0;
    }

    /// Begins an item of the source, or goes on with it.
    pub(crate) fn start_item(&mut self, item: usize) {
        self.item = item;
        self.is_over = false;
        self.bytes = self.batches.iter().map(|batch| batch.bytes.len()).sum();
        for (mark, batch) in self.marks.iter_mut().zip(&self.batches) {
            *mark = batch.mark();
        }
    }

    /// Takes back the events of the item.
    pub(crate) fn take_back(&mut self) {
        for (batch, mark) in self.batches.iter_mut().zip(&self.marks) {
            batch.take_back(*mark);
        }
        self.bytes = self.batches.iter().map(|batch| batch.bytes.len()).sum();
    }

    pub(crate) fn take(&mut self) -> Vec<Batch> {
        let batches = self.batches.iter_mut().map(core::mem::take).collect();
        self.start_item(self.item);
        batches
    }

    /// Bytes of all events.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the item has more than can be kept.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Takes an event.
    pub(crate) fn event(&mut self, event: &Event<'_>, now: Timestamp) -> Result<(), NotTaken> {
        let mut places = core::mem::take(&mut self.places);
        places.clear();
        let routed = if let Some(router) = &mut self.router {
            router.route(event, &mut places)
        } else {
            places.push(0);
            Ok(())
        };
        let mut done = Ok(());
        match routed {
            Ok(()) => {
                for place in &places {
                    let place = match &self.plan.outputs {
                        Some(outputs) => outputs.get(*place).copied(),
                        None => Some(*place),
                    };
                    if let Some(place) = place {
                        let written = self.write(place, event, now);
                        done = done.and(written);
                    }
                }
            }
            Err(error) => done = self.dead_event(None, event, &error, now),
        }
        self.places = places;
        done
    }

    fn write(&mut self, place: usize, event: &Event<'_>, now: Timestamp) -> Result<(), NotTaken> {
        let (Some(writer), Some(batch)) =
            (self.writers.get_mut(place), self.batches.get_mut(place))
        else {
            return Err(NotTaken);
        };
        let before = batch.mark();
        let start = batch.bytes.len();
        let origin = origin(self.identity, &mut self.written);
        let written = match &mut writer.form {
            WriterForm::Bulk(encoder) => {
                encoder.encode(event, now, &mut batch.bytes).map_err(|error| error.to_string())
            }
            WriterForm::Lines(encoder) => {
                encoder.encode(event, now, &mut batch.bytes);
                Ok(())
            }
            WriterForm::OfOutput(at) => {
                let output = self.pipeline.outputs().get(*at);
                match output.map_or(Err("there is no such output"), |output| output.encoder()) {
                    Ok(encoder) => {
                        encoder.encode(event, now, &mut batch.bytes);
                        Ok(())
                    }
                    Err(problem) => Err(problem.to_owned()),
                }
            }
        };
        let written = written.and_then(|()| match &writer.key {
            Some(key) => {
                self.text.clear();
                let filled = key.push_rendered(event, now, &mut self.text);
                filled.map_err(|_| "the key cannot be filled in".to_owned()).map(|()| true)
            }
            None => Ok(false),
        });
        match written {
            Ok(has_key) => {
                self.bytes += batch.bytes.len() - start;
                batch.end_event(self.item, has_key.then_some(&*self.text), origin);
                self.is_over |= batch.key_count() > limits::LAMBDA_KEYS;
                Ok(())
            }
            Err(problem) => {
                batch.take_back(before);
                self.dead_event(Some(place), event, &problem, now)
            }
        }
    }

    /// Takes what the engine refused.
    pub(crate) fn refused(
        &mut self,
        refusal: &Refusal<'_, '_>,
        now: Timestamp,
    ) -> Result<(), NotTaken> {
        match (&refusal.kind, refusal.event) {
            (_, Some(event)) => self.dead_event(None, event, &refusal.kind, now),
            (RefusalKind::Damaged, None) => Err(NotTaken),
            // Only the start of such a line is there: the rest would be lost, but for an object, which stays.
            (RefusalKind::LineTooLong { .. }, None) if self.object.is_none() => Err(NotTaken),
            (kind, None) => {
                let text = refusal.origin.text;
                let reason = match &self.object {
                    Some((name, start)) => {
                        let byte = start.saturating_add(refusal.origin.offset);
                        format!("{name}, byte {byte}: {kind}")
                    }
                    None => kind.to_string(),
                };
                self.dead_letter(None, &reason, Letter::Line(text), now)
            }
        }
    }

    /// Takes a payload that cannot be read.
    pub(crate) fn unread(
        &mut self,
        payload: &str,
        reason: &dyn Display,
        now: Timestamp,
    ) -> Result<(), NotTaken> {
        self.dead_letter(None, reason, Letter::Payload(payload), now)
    }

    fn dead_event(
        &mut self,
        place: Option<usize>,
        event: &Event<'_>,
        reason: &dyn Display,
        now: Timestamp,
    ) -> Result<(), NotTaken> {
        let mut json = Vec::new();
        if self.plan.dead_letters.is_some() {
            event.write_json(&mut json);
        }
        self.dead_letter(place, reason, Letter::Event(&json), now)
    }

    #[cold]
    fn dead_letter(
        &mut self,
        place: Option<usize>,
        reason: &dyn Display,
        letter: Letter<'_>,
        now: Timestamp,
    ) -> Result<(), NotTaken> {
        let dead = self.plan.dead_letter_place().and_then(|place| self.batches.get_mut(place));
        let Some(dead) = dead else { return Err(NotTaken) };
        let (plugin, id) = self.plan.plugin(place.unwrap_or(usize::MAX));
        let reason = reason.to_string();
        let before = dead.bytes.len();
        dead::push(Cause { now, plugin, id, reason: &reason }, letter, &mut dead.bytes);
        self.bytes += dead.bytes.len() - before;
        dead.end_event(self.item, None, origin(self.identity, &mut self.written));
        Ok(())
    }
}

/// What tells an event from any other.
fn origin(identity: u64, written: &mut u64) -> u64 {
    *written += 1;
    xxh3_64_with_seed(&written.to_le_bytes(), identity)
}

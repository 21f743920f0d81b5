//! `sawlog diff`: runs two configs over the same lines with the same clock and shows the events that
//! the change alters.
//!
//! Line by line: each line goes through both workers, and what they give for it is compared, so that
//! memory does not grow with the input.

mod report;

use std::{
    io::{self, Write as _},
    path::Path,
};

use sawlog::{
    Event, InputOptions, Pipeline, Refusal, Sink, Tick, Timestamp, Worker, Zone,
    conformance::{Numbers, differences},
};
use serde_json::Value;

use crate::{
    EXIT_DONE, EXIT_INCOMPLETE, EXIT_USAGE,
    args::{ConfigArguments, DiffArguments},
    block::{self, Source},
    host,
    input::{self, Excluded},
    inputs, pipeline,
    pipeline::Failure,
    render,
};

use report::{Change, Place, Report};

/// Runs the command: differences go to standard output, the rest to standard error.
pub fn run(arguments: &DiffArguments) -> u8 {
    match diff(arguments) {
        Ok(status) => status,
        Err(Failure::Argument(message)) => {
            say(&message);
            EXIT_USAGE
        }
        Err(Failure::Config(diagnostics)) => {
            show(&diagnostics);
            EXIT_USAGE
        }
    }
}

fn diff(arguments: &DiffArguments) -> Result<u8, Failure> {
    let [old, new] = &arguments.config[..] else {
        return Err(Failure::Argument(format!(
            "two configs are compared, {} given: `sawlog diff -c OLD -c NEW FILE…`",
            arguments.config.len()
        )));
    };
    let now = match &arguments.now {
        Some(text) => Timestamp::parse_lenient(text, &Zone::utc()).ok_or_else(|| {
            Failure::Argument(format!("`--now {text}` is no time such as `2024-03-15T14:23:01Z`"))
        })?,
        None => host::now(),
    };
    let pipelines = [compile(old, arguments, now)?, compile(new, arguments, now)?];
    let mut sides = [Side::new(&pipelines[0], arguments)?, Side::new(&pipelines[1], arguments)?];
    let (a, b) = (sides[0].worker.delimiter(), sides[1].worker.delimiter());
    if a != b {
        return Err(Failure::Argument(
            "the codecs of the two configs end lines differently: give one for both with `--codec`"
                .to_owned(),
        ));
    }
    // Pieces that end with this byte hold one line's end at most.
    let line_end = a.last().copied().unwrap_or(b'\n');
    let delimiter = a.to_vec();
    let mut report = Report::new(arguments.format, arguments.limit);
    let found = input::discover(&arguments.inputs, &Excluded::default());
    for unreadable in &found.unreadable {
        say(&format!("cannot read `{}`: {}", unreadable.path.display(), unreadable.error));
    }
    let mut is_incomplete = !found.unreadable.is_empty();
    for (index, input) in found.inputs.iter().enumerate() {
        let mut pair = Pair { name: input.name(), sides: &mut sides, now, report: &mut report };
        is_incomplete |= !pair.run(input.source(index, &delimiter), line_end);
    }
    let is_same = report.finish();
    Ok(match (is_incomplete, is_same) {
        (true, _) => EXIT_USAGE,
        (false, true) => EXIT_DONE,
        (false, false) => EXIT_INCOMPLETE,
    })
}

fn compile(path: &Path, arguments: &DiffArguments, now: Timestamp) -> Result<Pipeline, Failure> {
    let config = ConfigArguments { config: Some(path.to_owned()), execute: None, grok: None };
    let compiled = pipeline::compile(&config, &arguments.compile, now)?;
    show(compiled.pipeline.warnings());
    Ok(compiled.pipeline)
}

/// One config at work.
struct Side {
    worker: Worker,
    left: Left,
}

impl Side {
    fn new(pipeline: &Pipeline, arguments: &DiffArguments) -> Result<Self, Failure> {
        let index = match &arguments.input {
            Some(wanted) => Some(inputs::find(pipeline, wanted).map_err(Failure::Argument)?),
            None => (!pipeline.inputs().is_empty()).then_some(0),
        };
        let options = InputOptions {
            input: index,
            codec: arguments.codec.clone(),
            set: arguments.set.clone(),
            ..InputOptions::default()
        };
        let worker = Worker::new(pipeline, &options)
            .map_err(|error| Failure::Argument(error.to_string()))?;
        Ok(Self { worker, left: Left::default() })
    }
}

/// Both configs on one input.
struct Pair<'a> {
    name: String,
    sides: &'a mut [Side; 2],
    now: Timestamp,
    report: &'a mut Report,
}

impl Pair<'_> {
    /// Runs all streams of one input; tells whether all of it could be read.
    fn run(&mut self, mut source: Box<dyn Source>, line_end: u8) -> bool {
        let mut is_whole = true;
        while let Some(item) = source.next() {
            match item {
                block::Item::Block(block) => {
                    for line in block.bytes.split_inclusive(|byte| *byte == line_end) {
                        self.step(|worker, tick, left| worker.push(line, tick, left));
                    }
                }
                block::Item::Error(error) => {
                    say(&format!("cannot read `{}`: {error}", self.name));
                    is_whole = false;
                }
                block::Item::Head(head) => {
                    self.step(|worker, tick, left| worker.flush(tick, left));
                    self.name.clone_from(&head.info.name);
                    for side in &mut *self.sides {
                        side.worker.start_stream(head.info.path.as_deref());
                    }
                }
            }
            if !self.report.is_wanted() {
                break;
            }
        }
        self.step(|worker, tick, left| worker.flush(tick, left));
        is_whole
    }

    /// Lets both workers do one thing and compares what comes out.
    fn step(&mut self, mut act: impl FnMut(&mut Worker, Tick, &mut Left)) {
        let tick = Tick { now: self.now, seed: 0 };
        for side in &mut *self.sides {
            side.left.clear();
            act(&mut side.worker, tick, &mut side.left);
        }
        let [old, new] = self.sides.each_mut().map(|side| std::mem::take(&mut side.left));
        self.compare(&old, &new);
        // Their memory serves the next line.
        self.sides[0].left = old;
        self.sides[1].left = new;
    }

    /// Compares the events of one line: equal ones at both ends stand for each other, those between
    /// in their order.
    fn compare(&mut self, old: &Left, new: &Left) {
        let (mut a, mut b) = (&old.items[..], &new.items[..]);
        let same = |x: &Item, y: &Item| old.text(x) == new.text(y) && x.kind == y.kind;
        let mut equal = 0;
        while let ([x, a_rest @ ..], [y, b_rest @ ..]) = (a, b)
            && same(x, y)
        {
            equal += u64::from(x.kind == Kind::Event);
            (a, b) = (a_rest, b_rest);
        }
        while let ([a_rest @ .., x], [b_rest @ .., y]) = (a, b)
            && same(x, y)
        {
            equal += u64::from(x.kind == Kind::Event);
            (a, b) = (a_rest, b_rest);
        }
        self.report.count_same(equal);
        for index in 0..a.len().max(b.len()) {
            match (a.get(index), b.get(index)) {
                (Some(x), Some(y)) => self.pair((x, old), (y, new)),
                (Some(x), None) => self.alone(Change::OnlyOld, x, old),
                (None, Some(y)) => self.alone(Change::OnlyNew, y, new),
                (None, None) => {}
            }
        }
    }

    fn pair(&mut self, (x, old): (&Item, &Left), (y, new): (&Item, &Left)) {
        let place = Place { input: &self.name, line: y.line.max(x.line) };
        if x.kind == Kind::Refusal || y.kind == Kind::Refusal {
            self.alone(Change::OnlyOld, x, old);
            self.alone(Change::OnlyNew, y, new);
            return;
        }
        let (before, after) = (old.event(x), new.event(y));
        let all = differences(&before, &after, Numbers::ByTypeAndValue);
        if all.is_empty() {
            // The order of the fields is no difference.
            self.report.count_same(1);
        } else {
            self.report.changed(&place, &all);
        }
    }

    /// Reports what only one side has; a refusal is no event, but explains why there is none.
    fn alone(&mut self, change: Change, item: &Item, left: &Left) {
        let place = Place { input: &self.name, line: item.line };
        match item.kind {
            Kind::Event => self.report.alone(change, &place, &left.event(item)),
            Kind::Refusal => {
                self.report.refused(change, &place, &String::from_utf8_lossy(left.text(item)));
            }
        }
    }
}

/// What one worker gave for one line: events as JSON, refusals as reasons, one behind the other.
#[derive(Default)]
struct Left {
    bytes: Vec<u8>,
    items: Vec<Item>,
}

struct Item {
    kind: Kind,
    start: usize,
    end: usize,
    line: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Event,
    Refusal,
}

impl Left {
    fn clear(&mut self) {
        self.bytes.clear();
        // One huge event must not keep its memory for good.
        self.bytes.shrink_to(KEPT_BYTES);
        self.items.clear();
    }

    fn text(&self, item: &Item) -> &[u8] {
        &self.bytes[item.start..item.end]
    }

    fn event(&self, item: &Item) -> Value {
        // What the engine writes is JSON; a text shows what is not.
        serde_json::from_slice(self.text(item))
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(self.text(item))))
    }

    fn push(&mut self, kind: Kind, line: u64, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.items.push(Item { kind, start, end: self.bytes.len(), line });
    }
}

impl Sink for Left {
    fn event(&mut self, event: &Event<'_>) {
        self.push(Kind::Event, event.origin().line, |bytes| event.write_json(bytes));
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        self.push(Kind::Refusal, refusal.origin.line, |bytes| {
            bytes.extend_from_slice(refusal.kind.to_string().as_bytes());
        });
    }
}

/// Bytes of a line's events that are kept for the next line.
const KEPT_BYTES: usize = 256 * 1024;

fn show(diagnostics: &sawlog::Diagnostics) {
    let mut stderr = io::stderr();
    let text = render::text(diagnostics, render::Style::of(&stderr));
    // Nobody is left to be told when standard error is gone.
    let _ = stderr.write_all(text.as_bytes());
}

fn say(text: &str) {
    let _ = writeln!(io::stderr(), "sawlog: {text}");
}

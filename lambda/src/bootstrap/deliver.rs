//! Does what an invocation asks for: sends events on, reads objects, and gives the answer.

use std::io::Write as _;
use std::time::Duration;

use sawlog::Tick;
use sawlog_cli::host;
use sawlog_lambda::{Batch, Fetch, Function, Job, Object, Plan, Sender, Shipment, Step, Target};

use crate::aws::Aws;
use crate::init::Ready;
use crate::serve::{Deadline, log};

/// Bytes of events of an object that are sent on together.
const BATCH_BYTES: usize = 16 << 20;

/// The longest time before the end from which on nothing more is taken up, and an object is left to another invocation if there is
/// a queue for that: what was read is then still to be sent. Of a short invocation it is a quarter.
const SENDING: Duration = Duration::from_secs(5);

/// Unpacked bytes of an object that an invocation reads at least before it leaves the rest to another one: otherwise each might
/// do nothing but unpack what the last one did.
const LEAST_BYTES: u64 = 1 << 20;

/// The time that is kept free for sending.
pub(crate) fn sending(clock: Deadline) -> Duration {
    SENDING.min(clock.left() / 4)
}

/// Does a job and gives the answer.
///
/// # Errors
/// Why the invocation failed.
pub(crate) async fn run(
    job: Job,
    ready: &mut Ready,
    tick: Tick,
    clock: Deadline,
) -> Result<Vec<u8>, String> {
    if let Job::Answer(answer) = job {
        return Ok(answer);
    }
    ready.find_queues(clock).await?;
    let Ready { function, plan, aws, continuation, .. } = ready;
    let sending = continuation.as_ref().map(|_| sending(clock));
    let way = Way {
        plan,
        aws: aws.as_ref(),
        continuation: continuation.as_ref(),
        sending: sending.unwrap_or_default(),
        tick,
        clock,
    };
    match job {
        Job::Answer(answer) => Ok(answer),
        Job::Deliver(mut delivery) => {
            let tick = Tick { now: delivery.arrival, ..tick };
            let failed = Way { tick, ..way }.ship(std::mem::take(&mut delivery.batches)).await;
            delivery.answer(&failed).map_err(|error| error.to_string())
        }
        Job::Fetch(fetch) => way.read_all(function, &fetch).await,
    }
}

/// The way that events of one invocation take.
#[derive(Clone, Copy)]
struct Way<'a> {
    plan: &'a Plan,
    aws: Option<&'a Aws>,
    continuation: Option<&'a Target>,
    sending: Duration,
    tick: Tick,
    clock: Deadline,
}

impl Way<'_> {
    /// Sends batches, and gives the items of which something was not taken.
    async fn ship(&self, batches: Vec<Batch>) -> Vec<usize> {
        let Tick { now, seed } = self.tick;
        let mut shipment = Shipment::new(self.plan, batches, now, seed);
        loop {
            if !self.clock.has_time() {
                shipment.give_up(host::now());
            }
            match shipment.poll(host::now()) {
                Step::Done => break,
                Step::WaitUntil(until) => self.clock.wait(until).await,
                Step::Write(bytes) => {
                    shipment.handle_written(write(&bytes).is_ok(), host::now());
                }
                Step::Send(request) => match self.send(request).await {
                    Ok((status, body)) => shipment.handle_response(status, &body, host::now()),
                    Err(problem) => shipment.handle_failure(&problem, host::now()),
                },
            }
        }
        let shipped = shipment.finish();
        shipped.problems.iter().for_each(|problem| log(&format!("failed: {problem}")));
        if shipped.dead_letters > 0 {
            log(&format!("{} events became dead letters", shipped.dead_letters));
        }
        shipped.failed
    }

    async fn send(&self, request: sawlog_lambda::Request) -> Result<(u16, Vec<u8>), String> {
        let aws = self.aws.ok_or(NO_CREDENTIALS)?;
        let (status, body) = aws.send(request, self.clock).await?;
        Ok((status, body.to_vec()))
    }

    async fn read_all(&self, function: &mut Function, fetch: &Fetch) -> Result<Vec<u8>, String> {
        let mut failed = Vec::new();
        for (index, object) in fetch.objects.iter().enumerate() {
            // Events and names of what they are written to are the same when the object is read again.
            let tick = Tick { now: object.time.unwrap_or(self.tick.now), ..self.tick };
            let way = Self { tick, ..*self };
            if let Err(problem) = way.read(function, object, index).await {
                log(&format!("failed: `s3://{}/{}`: {problem}", object.bucket, object.key));
                failed.push(index);
                if fetch.ends_at_failure() {
                    break;
                }
            }
        }
        // When all of it comes again, so does this.
        let is_held_wanted = fetch.answer(&failed).is_ok();
        if let Some(last) = fetch.objects.len().checked_sub(1).filter(|_| is_held_wanted) {
            let held = match function.finish_objects(self.tick, last) {
                Ok(batches) => self.ship_whole(batches).await,
                Err(error) => Err(error.to_string()),
            };
            if let Err(problem) = held {
                log(&format!("failed: what filters held at the end: {problem}"));
                failed.push(last);
            }
        }
        fetch.answer(&failed).map_err(|error| error.to_string())
    }

    /// Reads an object and sends its events on.
    async fn read(
        &self,
        function: &mut Function,
        object: &Object,
        index: usize,
    ) -> Result<(), String> {
        // The first is always begun: otherwise an invocation might do nothing but leave it to the next.
        if index > 0 && self.is_late() {
            return self.leave(object, (object.offset, object.is_plain)).await;
        }
        let aws = self.aws.ok_or(NO_CREDENTIALS)?;
        let (Some(mut body), is_from_offset) = aws.fetch(object, self.clock).await? else {
            return Ok(());
        };
        let mut batches = Vec::new();
        if is_from_offset {
            function.start_object_at_offset(object, index, self.tick);
        } else {
            function.start_object(object, index, self.tick);
        }
        while let Some(piece) = aws.next_piece(&mut body, self.clock).await? {
            if self.is_late() {
                if self.continuation.is_none() || !self.clock.has_time() {
                    return Err(NO_TIME.to_owned());
                }
                if function.read_bytes() >= LEAST_BYTES {
                    function.stop_object();
                }
            }
            let mut rest = &piece[..];
            while !rest.is_empty() {
                let taken = function.push_object(rest).map_err(|error| error.to_string())?;
                rest = rest.get(taken..).unwrap_or_default();
                self.add(&mut batches, function.take_batches()).await?;
                if let Some(place) = function.stopped_at() {
                    self.ship_whole(batches).await?;
                    return self.leave(object, place).await;
                }
            }
        }
        while !function.finish_object().map_err(|error| error.to_string())? {
            self.add(&mut batches, function.take_batches()).await?;
        }
        self.add(&mut batches, function.take_batches()).await?;
        self.ship_whole(batches).await
    }

    /// Whether an object, or more of it, is to be left to another invocation.
    fn is_late(&self) -> bool {
        self.clock.left() <= self.sending
    }

    /// Leaves an object from an offset on to the invocation that a message begins.
    async fn leave(&self, object: &Object, (offset, is_plain): (u64, bool)) -> Result<(), String> {
        let Some(target) = self.continuation else { return Err(NO_TIME.to_owned()) };
        let mut batch = Batch::default();
        batch.bytes.extend_from_slice(object.continuation(offset, is_plain).as_bytes());
        batch.ends.push(batch.bytes.len());
        let mut sender = Sender::new(target, batch, self.tick.now, self.tick.seed);
        loop {
            if !self.clock.has_time() {
                sender.give_up();
            }
            match sender.poll(host::now()) {
                Step::Done => break,
                Step::WaitUntil(until) => self.clock.wait(until).await,
                Step::Write(_) => sender.handle_written(false, host::now()),
                Step::Send(request) => match self.send(request).await {
                    Ok((status, body)) => sender.handle_response(status, &body, host::now()),
                    Err(problem) => sender.handle_failure(&problem, host::now()),
                },
            }
        }
        match sender.problem() {
            None => {
                let Object { bucket, key, .. } = object;
                log(&format!(
                    "`s3://{bucket}/{key}` is left to another invocation from byte {offset} on"
                ));
                Ok(())
            }
            Some(problem) => Err(format!("{NO_TIME}, and the queue to go on with: {problem}")),
        }
    }

    /// Adds batches to those that wait, and sends what is enough of them. Where they are cut depends on nothing but the events, so
    /// that an object that is read again gives the same requests and objects.
    async fn add(&self, waiting: &mut Vec<Batch>, more: Vec<Batch>) -> Result<(), String> {
        if waiting.is_empty() {
            *waiting = more;
        } else {
            waiting.iter_mut().zip(more).for_each(|(waiting, more)| waiting.append(more));
        }
        while waiting.iter().any(|batch| batch.bytes.len() >= BATCH_BYTES) {
            let enough = waiting.iter_mut().map(|batch| batch.split_front(BATCH_BYTES));
            let enough = enough.map(Option::unwrap_or_default).collect();
            self.ship_whole(enough).await?;
        }
        Ok(())
    }

    async fn ship_whole(&self, batches: Vec<Batch>) -> Result<(), String> {
        if self.ship(batches).await.is_empty() {
            Ok(())
        } else {
            Err("some of its events were not taken".to_owned())
        }
    }
}

const NO_CREDENTIALS: &str = "there are no credentials for AWS in the environment";
const NO_TIME: &str = "no time was left for it: it must be read again";

fn write(bytes: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

//! All batches of an invocation on their way, one after the other, and last what none of the targets will ever take.

use sawlog::Timestamp;

use super::{Sender, Step};
use crate::batch::Batch;
use crate::dead::{self, Cause, Letter};
use crate::plan::Plan;

/// Sends batches to the targets of a plan.
#[derive(Debug)]
pub struct Shipment<'a> {
    plan: &'a Plan,
    batches: Vec<Batch>,
    /// The batch that is being sent.
    place: usize,
    sender: Option<Sender<'a>>,
    started: Timestamp,
    seed: u64,
    shipped: Shipped,
}

/// What became of batches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shipped {
    /// The items of the source of which an event was neither taken nor put among the dead letters, in order.
    pub failed: Vec<usize>,
    /// Events that became dead letters.
    pub dead_letters: usize,
    /// Why events were not taken, one line for each target.
    pub problems: Vec<String>,
}

impl<'a> Shipment<'a> {
    /// Begins to send batches, one for each of [`Plan::targets`]. The times between attempts derive from `seed`.
    pub fn new(plan: &'a Plan, batches: Vec<Batch>, started: Timestamp, seed: u64) -> Self {
        let shipped = Shipped::default();
        Self { plan, batches, place: 0, sender: None, started, seed, shipped }
    }

    /// Tells what is to be done.
    pub fn poll(&mut self, now: Timestamp) -> Step {
        loop {
            if let Some(sender) = &mut self.sender {
                match sender.poll(now) {
                    Step::Done => self.close(now),
                    step => return step,
                }
            }
            let Some(batch) = self.batches.get_mut(self.place) else { return Step::Done };
            let Some(target) = self.plan.targets().nth(self.place) else { return Step::Done };
            let batch = core::mem::take(batch);
            self.place += 1;
            if !batch.ends.is_empty() {
                self.sender = Some(Sender::new(target, batch, self.started, self.seed));
            }
        }
    }

    /// As [`Sender::handle_response`].
    pub fn handle_response(&mut self, status: u16, body: &[u8], now: Timestamp) {
        if let Some(sender) = &mut self.sender {
            sender.handle_response(status, body, now);
        }
    }

    /// As [`Sender::handle_failure`].
    pub fn handle_failure(&mut self, reason: &str, now: Timestamp) {
        if let Some(sender) = &mut self.sender {
            sender.handle_failure(reason, now);
        }
    }

    /// As [`Sender::handle_written`].
    pub fn handle_written(&mut self, is_written: bool, now: Timestamp) {
        if let Some(sender) = &mut self.sender {
            sender.handle_written(is_written, now);
        }
    }

    /// Gives up: what waits for any target stays unsent.
    pub fn give_up(&mut self, now: Timestamp) {
        if let Some(sender) = &mut self.sender {
            sender.give_up();
            self.close(now);
        }
        let mut unsent = 0;
        for batch in &mut self.batches {
            let batch = core::mem::take(batch);
            unsent += batch.ends.len();
            self.shipped.failed.extend((0..batch.ends.len()).map(|event| batch.item(event)));
        }
        if unsent > 0 {
            self.shipped.problems.push(format!("{unsent} events were not sent: no time was left"));
        }
    }

    /// What became of the batches, when there is nothing left to be done.
    pub fn finish(mut self) -> Shipped {
        self.shipped.failed.sort_unstable();
        self.shipped.failed.dedup();
        self.shipped
    }

    /// Ends the way of one batch.
    fn close(&mut self, now: Timestamp) {
        let Some(sender) = self.sender.take() else { return };
        let place = self.place.saturating_sub(1);
        let (unsent, batch) = (sender.unsent(), sender.batch());
        self.shipped.failed.extend(unsent.iter().map(|event| batch.item(*event)));
        let dead_place = self.plan.dead_letter_place().filter(|dead| *dead > place);
        let dead = dead_place.and_then(|dead| self.batches.get_mut(dead));
        let (plugin, id) = self.plan.plugin(place);
        if let Some(dead) = dead {
            for refused in sender.refused() {
                let cause = Cause { now, plugin, id, reason: &refused.reason };
                let letter = Letter::Encoded(batch.event(refused.entry));
                dead::push(cause, letter, &mut dead.bytes);
                let origin = batch.origin(refused.entry);
                dead.end_event(batch.item(refused.entry), None, origin);
                self.shipped.dead_letters += 1;
            }
        } else {
            let refused = sender.refused().iter().map(|refused| batch.item(refused.entry));
            self.shipped.failed.extend(refused);
        }
        if let Some(problem) = sender.problem() {
            let (unsent, refused) = (unsent.len(), sender.refused().len());
            self.shipped.problems.push(format!(
                "`{plugin}`: {unsent} events were not taken, {refused} never will be: {problem}"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use sawlog::{Config, Options, ParseOptions, Pipeline, Resources, Source};

    use super::*;
    use crate::send::Request;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn plan(dead_letters: Option<&str>) -> Plan {
        let config = r#"output { elasticsearch { hosts => "http://a:1" id => "main" compression_level => 0 } stdout {} }"#;
        let sources = vec![Source::new("a.conf", config)];
        let config = Config::parse(sources, &ParseOptions::default()).expect("a config");
        let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default());
        Plan::new(&pipeline.expect("a pipeline"), None, dead_letters).expect("a plan")
    }

    fn batch(count: usize) -> Batch {
        let mut batch = Batch::default();
        for at in 0..count {
            let lines = format!("{{\"create\":{{}}}}\n{{\"n\":{at}}}\n");
            batch.bytes.extend_from_slice(lines.as_bytes());
            batch.end_event(at, None, at as u64);
        }
        batch
    }

    fn send(step: Step) -> Request {
        match step {
            Step::Send(request) => request,
            other => panic!("no request but {other:?}"),
        }
    }

    const MIXED: &[u8] = br#"{"errors":true,"items":[{"create":{"status":201}},
        {"create":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"bad"}}},
        {"create":{"status":201}}]}"#;

    #[test]
    fn what_a_server_never_takes_becomes_a_dead_letter_and_the_item_is_done() {
        let plan = plan(Some("https://sqs/1/dead"));
        let batches = vec![batch(3), batch(1), Batch::default()];
        let mut shipment = Shipment::new(&plan, batches, NOW, 1);
        assert_eq!(send(shipment.poll(NOW)).host.as_deref(), Some("http://a:1"));
        shipment.handle_response(200, MIXED, NOW);
        assert!(matches!(shipment.poll(NOW), Step::Write(_)));
        shipment.handle_written(true, NOW);
        let request = send(shipment.poll(NOW));
        assert_eq!(request.service, "sqs");
        let body: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
        let letter = body["Entries"][0]["MessageBody"].as_str().expect("a text");
        let letter: serde_json::Value = serde_json::from_str(letter).expect("JSON");
        assert_eq!(letter["reason"], "status 400: mapper_parsing_exception: bad");
        assert_eq!((&letter["plugin_id"], &letter["event"]["n"]), (&"main".into(), &1.into()));
        shipment.handle_response(200, br#"{"Successful":[{"Id":"0"}]}"#, NOW);
        assert_eq!(shipment.poll(NOW), Step::Done);
        let shipped = shipment.finish();
        assert_eq!((shipped.failed, shipped.dead_letters), (vec![], 1));
    }

    #[test]
    fn what_a_server_never_takes_fails_its_item_without_a_place_for_dead_letters() {
        let plan = plan(None);
        let mut shipment = Shipment::new(&plan, vec![batch(3), Batch::default()], NOW, 1);
        send(shipment.poll(NOW));
        shipment.handle_response(200, MIXED, NOW);
        assert_eq!(shipment.poll(NOW), Step::Done);
        assert_eq!(shipment.finish().failed, [1]);
    }

    #[test]
    fn dead_letter_that_is_not_taken_fails_its_item() {
        let plan = plan(Some("https://sqs/1/dead"));
        let batches = vec![batch(3), Batch::default(), Batch::default()];
        let mut shipment = Shipment::new(&plan, batches, NOW, 1);
        send(shipment.poll(NOW));
        shipment.handle_response(200, MIXED, NOW);
        send(shipment.poll(NOW));
        shipment.handle_response(403, b"", NOW);
        assert_eq!(shipment.poll(NOW), Step::Done);
        assert_eq!(shipment.finish().failed, [1]);
    }

    #[test]
    fn what_had_no_time_fails_its_items_whatever_the_target() {
        let plan = plan(None);
        let mut shipment = Shipment::new(&plan, vec![batch(2), batch(4)], NOW, 1);
        send(shipment.poll(NOW));
        shipment.give_up(NOW);
        assert_eq!(shipment.poll(NOW), Step::Done);
        assert_eq!(shipment.finish().failed, [0, 1, 2, 3]);
    }
}

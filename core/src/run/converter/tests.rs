use super::*;
use crate::{Config, ParseOptions, Resources, Source};

const CONFIG: &str = r#"filter {
  grok { match => { "message" => "^%{WORD:verb} %{INT:n:int}" } id => "first" remove_field => ["@timestamp", "@version", "event"] }
  if [verb] == "DROP" { drop { } }
}"#;
const TICK: Tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };

fn pipeline() -> Pipeline {
    let sources = vec![Source::new("t.conf", CONFIG)];
    let config = Config::parse(sources, &ParseOptions::default()).expect("parses");
    Pipeline::compile(&config, &Resources::new(), &crate::Options::default()).expect("compiles")
}

fn converter(rejects: Rejects, max_pending_bytes: usize) -> Converter {
    let options = ConverterOptions { rejects, max_pending_bytes, ..ConverterOptions::default() };
    Converter::new(&pipeline(), options).expect("can be made")
}

/// Takes everything out in pieces of `room` bytes.
fn drain(converter: &mut Converter, room: usize) -> String {
    let mut all = Vec::new();
    let mut buffer = vec![0; room];
    loop {
        match converter.pull(&mut buffer) {
            0 => return String::from_utf8(all).expect("UTF-8"),
            written => all.extend_from_slice(&buffer[..written]),
        }
    }
}

fn lines(count: usize) -> String {
    let lines: Vec<String> = (0..count).map(|n| format!("GET {n}\n")).collect();
    lines.concat()
}

#[test]
fn pieces_of_any_size_give_the_same_bytes() {
    let input = lines(50);
    let mut whole = converter(Rejects::None, usize::MAX);
    assert_eq!(whole.push(input.as_bytes(), TICK), input.len());
    whole.finish(TICK);
    let expected = drain(&mut whole, 1 << 20);
    assert_eq!(expected.lines().count(), 50);
    assert_eq!(expected.lines().next(), Some(r#"{"message":"GET 0","verb":"GET","n":0}"#));
    for (piece, room) in [(1, 1), (7, 3), (64, 1000)] {
        let mut cut = converter(Rejects::None, usize::MAX);
        let mut found = String::new();
        for bytes in input.as_bytes().chunks(piece) {
            assert_eq!(cut.push(bytes, TICK), bytes.len());
            found += &drain(&mut cut, room);
        }
        cut.finish(TICK);
        assert_eq!(found + &drain(&mut cut, room), expected, "{piece} in, {room} out");
    }
}

#[test]
fn full_converter_takes_nothing_until_something_is_taken_out() {
    let input = lines(20_000);
    let mut full = converter(Rejects::None, 100);
    let taken = full.push(input.as_bytes(), TICK);
    assert_eq!(taken, limits::PUSH_BYTES, "one piece, whatever the bound");
    assert!(full.is_full());
    assert_eq!(full.push(&input.as_bytes()[taken..], TICK), 0);
    assert!(!full.push_event("{}", TICK));
    assert_eq!(full.run_line(b"GET 1", TICK).map(<[_]>::len), Err(ConvertError::Full));
    assert_eq!(full.push_values(b"GET 1\n", TICK), Err(ConvertError::Full));
    let waiting = full.pending().len();
    full.take_pending(waiting - 99);
    assert!(!full.is_full());
    assert!(full.push(&input.as_bytes()[taken..], TICK) > 0);
}

#[test]
fn taking_more_than_there_is_takes_all() {
    let mut converter = converter(Rejects::None, usize::MAX);
    converter.push(b"GET 1\n", TICK);
    converter.take_pending(3);
    assert_eq!(converter.pending().first(), Some(&b'e'));
    converter.take_pending(usize::MAX);
    assert_eq!(converter.pending(), b"");
    converter.push(b"GET 2\n", TICK);
    assert_eq!(drain(&mut converter, 4), "{\"message\":\"GET 2\",\"verb\":\"GET\",\"n\":2}\n");
}

#[test]
fn memory_of_a_burst_is_given_back() {
    let mut converter = converter(Rejects::None, 1000);
    // One line may give any number of bytes.
    let line = format!("GET 1 {}\n", "x".repeat(limits::PUSH_BYTES * 10));
    let mut rest = line.as_bytes();
    while !rest.is_empty() {
        rest = &rest[converter.push(rest, TICK)..];
    }
    assert!(converter.output.pending.capacity() > limits::PUSH_BYTES * 10);
    drain(&mut converter, 1 << 20);
    assert_eq!(converter.output.pending.capacity(), 0);
}

#[test]
fn rejects_are_kept_as_asked_for() {
    let input = b"GET 1\nnothing\nDROP x\n";
    let kinds = |rejects| {
        let mut converter = converter(rejects, usize::MAX);
        converter.push(input, TICK);
        converter.push_event("[1]", TICK);
        let mut found = Vec::new();
        while let Some(reject) = converter.take_reject() {
            found.push((reject.outcome, reject.kind, reject.line, reject.filter));
        }
        assert_eq!(converter.reject_count(), 0);
        found
    };
    assert_eq!(kinds(Rejects::None), []);
    let refused = kinds(Rejects::Refused);
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].0, RejectOutcome::Refused);
    let failed = kinds(Rejects::Failed);
    assert_eq!(failed[0], (RejectOutcome::Kept, "filter", 2, Some(0)));
    assert_eq!(failed[1], (RejectOutcome::Kept, "filter", 3, Some(0)));
    assert_eq!(failed[2..], refused[..]);
}

#[test]
fn reject_says_what_where_and_why() {
    let mut converter = converter(Rejects::Failed, usize::MAX);
    converter.start_stream_at(Some("a.log"), 10, 700);
    converter.push(b"GET 1\nnothing\n", TICK);
    let reject = converter.take_reject().expect("a reject");
    assert_eq!((reject.line, reject.offset, reject.text.as_str()), (11, 706, "nothing"));
    assert_eq!((reject.stream.as_deref(), reject.reason.as_str()), (Some("a.log"), "grok failed"));
    let position = reject.position.expect("a place in the config");
    assert_eq!((&*position.source, position.line, position.column), ("t.conf", 2, 3));
}

#[test]
fn rejects_that_nobody_takes_fill_the_converter() {
    let mut converter = converter(Rejects::Failed, 10_000);
    let mut pushed = 0;
    while converter.push(b"nothing\n", TICK) > 0 {
        let waiting = converter.pending().len();
        converter.take_pending(waiting);
        pushed += 1;
        assert!(pushed < 10_000, "nothing stops it");
    }
    assert_eq!(converter.reject_count(), pushed);
    converter.take_reject();
    assert!(converter.push(b"nothing\n", TICK) > 0);
}

#[test]
fn values_are_no_output() {
    let mut converter = converter(Rejects::Failed, usize::MAX);
    let events = converter.run_line(b"GET 5", TICK).expect("is taken");
    assert_eq!(events.len(), 1);
    assert_eq!(converter.run_line(b"nothing", TICK).map(<[_]>::len), Ok(1));
    assert_eq!(converter.reject_count(), 1);
    assert_eq!(converter.run_line(b"DROP 5", TICK).map(<[_]>::len), Ok(0));
    assert_eq!(converter.push_values(b"GET 1\nGET 2\nGET", TICK), Ok(15));
    assert_eq!(converter.snapshots().len(), 2);
    assert_eq!(converter.flush_values(TICK).map(<[_]>::len), Ok(1));
    assert_eq!(converter.run_event("{\"message\":\"GET 6\"}", TICK).map(<[_]>::len), Ok(1));
    assert_eq!(converter.finish_values(TICK).map(<[_]>::len), Ok(0));
    assert_eq!(converter.pending(), b"");
}

#[test]
fn header_of_csv_comes_once_and_first() {
    let style = crate::EscapeStyle::default();
    let encoder = Encoder::csv(&["verb", "n"], style).expect("names");
    let options = ConverterOptions { encoder, ..ConverterOptions::default() };
    let mut converter = Converter::new(&pipeline(), options).expect("can be made");
    assert_eq!(drain(&mut converter, 100), "verb,n\n");
    converter.push(b"GET 1\n", TICK);
    assert_eq!(drain(&mut converter, 100), "GET,1\n");
}

#[cfg(feature = "arrow")]
mod batches {
    use super::*;
    use crate::arrow::BatchOptions;

    fn batching(batch_events: usize) -> Converter {
        let options = BatchOptions { batch_events, ..BatchOptions::default() };
        let builder = BatchBuilder::new(&options).expect("columns");
        converter(Rejects::Failed, usize::MAX).with_batches(builder)
    }

    fn rows(converter: &mut Converter) -> Option<usize> {
        converter.take_batch().expect("batches").map(|batch| batch.rows())
    }

    #[test]
    fn full_batch_fills_the_converter() {
        let mut converter = batching(10);
        assert_eq!(converter.push(lines(9).as_bytes(), TICK), lines(9).len());
        assert!(!converter.is_full());
        converter.push(lines(16).as_bytes(), TICK);
        assert!(converter.is_full());
        assert_eq!(converter.push(b"GET 1\n", TICK), 0);
        assert_eq!(converter.pending(), b"");
        assert_eq!([rows(&mut converter), rows(&mut converter)], [Some(10), Some(10)]);
        assert_eq!([rows(&mut converter), rows(&mut converter)], [Some(5), None]);
    }

    #[test]
    fn columns_are_decided_by_events_or_by_the_end() {
        let mut converter = batching(10);
        let columns = |converter: &Converter| {
            let schema = converter.batches().and_then(BatchBuilder::schema)?;
            Some(schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>())
        };
        assert_eq!(rows(&mut converter), None);
        assert_eq!(columns(&converter), None, "no event came");
        converter.push(b"GET 1\n", TICK);
        assert_eq!(rows(&mut converter), Some(1));
        assert_eq!(columns(&converter).expect("decided").join(","), "message,verb,n,_rest");
        let mut empty = batching(10);
        empty.finish(TICK);
        assert_eq!(columns(&empty).expect("decided").join(","), "_rest");
    }

    #[test]
    fn rejects_and_values_go_past_batches() {
        let mut converter = batching(10);
        converter.push(b"nothing\n", TICK);
        assert_eq!(converter.reject_count(), 1);
        assert_eq!(converter.run_line(b"GET 1", TICK).map(<[_]>::len), Ok(1));
        assert_eq!([rows(&mut converter), rows(&mut converter)], [Some(1), None]);
    }
}

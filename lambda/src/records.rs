//! Reads the event of a Firehose transformation, several times as fast as a reader of any JSON: megabytes of base64, in which no
//! quote is escaped.
//!
//! ```json
//! {"invocationId":"1","deliveryStreamArn":"arn:…","records":[{"recordId":"a","data":"R0VUIC8="}]}
//! ```
//! Gives nothing where it meets what it does not know (an escape, a field that is named twice, a value of another type): the
//! event is then read by serde, whose word counts. What it gives is what serde gives.

use std::borrow::Cow;

use crate::shape::{FirehoseKinesis, FirehoseRecord, Text};

/// Reads the records of an event, if it is one of Firehose and holds nothing unusual.
pub(crate) fn read(event: &str) -> Option<Vec<FirehoseRecord<'_>>> {
    let mut reader = Reader { text: event, at: 0 };
    let mut records = None;
    let mut has_stream = false;
    reader.fields(|reader, name| match name {
        "deliveryStreamArn" => {
            has_stream = true;
            reader.string().map(drop)
        }
        // The marks of other events.
        "Records" | "awslogs" | "body" | "httpMethod" | "isBase64Encoded" | "requestContext" => {
            None
        }
        "records" if records.is_none() => {
            records = Some(reader.records()?);
            Some(())
        }
        "records" => None,
        _ => reader.skip(),
    })?;
    reader.space();
    if reader.at < event.len() || !has_stream {
        return None;
    }
    records
}

/// Bytes of a record with one line.
const USUAL_BYTES: usize = 512;

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn records(&mut self) -> Option<Vec<FirehoseRecord<'a>>> {
        // Room for records of that size; what is not used takes no memory.
        let mut records = Vec::with_capacity(self.text.len() / USUAL_BYTES);
        self.byte(b'[')?;
        if self.byte(b']').is_some() {
            return Some(records);
        }
        loop {
            records.push(self.record()?);
            if self.byte(b',').is_none() {
                self.byte(b']')?;
                return Some(records);
            }
        }
    }

    fn record(&mut self) -> Option<FirehoseRecord<'a>> {
        let (mut id, mut arrival_ms, mut data, mut kinesis) = (None, None, None, None);
        self.byte(b'{')?;
        if self.byte(b'}').is_some() {
            return None;
        }
        loop {
            // PERF: the fields of every record, as the service writes them, are compared and not looked for.
            if self.begins(b"\"data\":\"") {
                put(&mut data, self.rest_of_string()?)?;
            } else if self.begins(b"\"recordId\":\"") {
                put(&mut id, self.rest_of_string()?)?;
            } else if self.begins(b"\"approximateArrivalTimestamp\":") {
                put(&mut arrival_ms, self.number()?)?;
            } else {
                self.field(&mut |reader, name| match name {
                    "approximateArrivalTimestamp" => put(&mut arrival_ms, reader.number()?),
                    "data" => put(&mut data, reader.string()?),
                    "kinesisRecordMetadata" => put(&mut kinesis, Box::new(reader.kinesis()?)),
                    "recordId" => put(&mut id, reader.string()?),
                    "kafkaRecordValue" => None,
                    _ => reader.skip(),
                })?;
            }
            if self.byte(b',').is_none() {
                self.byte(b'}')?;
                return Some(FirehoseRecord {
                    id: id?,
                    arrival_ms,
                    data,
                    kafka_value: None,
                    kinesis,
                });
            }
        }
    }

    fn kinesis(&mut self) -> Option<FirehoseKinesis<'a>> {
        let (mut partition_key, mut sequence_number) = (None, None);
        self.fields(|reader, name| match name {
            "partitionKey" => put(&mut partition_key, reader.string()?),
            "sequenceNumber" => put(&mut sequence_number, reader.string()?),
            _ => reader.skip(),
        })?;
        Some(FirehoseKinesis { partition_key, sequence_number })
    }

    /// Reads an object, whose values `value` takes.
    fn fields(&mut self, mut value: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        self.byte(b'{')?;
        if self.byte(b'}').is_some() {
            return Some(());
        }
        loop {
            self.field(&mut value)?;
            if self.byte(b',').is_none() {
                return self.byte(b'}');
            }
        }
    }

    fn field(&mut self, value: &mut impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        let name = self.name()?;
        self.byte(b':')?;
        value(self, name)
    }

    /// Passes a text or a number.
    fn skip(&mut self) -> Option<()> {
        if self.string().is_some() { Some(()) } else { self.number().map(drop) }
    }

    /// Reads the name of a field: a few bytes without escapes.
    fn name(&mut self) -> Option<&'a str> {
        self.byte(b'"')?;
        let rest = self.text.get(self.at..)?;
        let end = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))?;
        self.at += end + 1;
        rest.get(..end).filter(|_| rest.as_bytes()[end] == b'"')
    }

    /// Reads a text without escapes.
    fn string(&mut self) -> Option<Text<'a>> {
        self.byte(b'"')?;
        self.rest_of_string()
    }

    /// Reads a text without escapes, behind its quote.
    fn rest_of_string(&mut self) -> Option<Text<'a>> {
        let rest = self.text.get(self.at..)?;
        let end = memchr::memchr2(b'"', b'\\', rest.as_bytes())?;
        let text = rest.get(..end)?;
        // The least byte is found by vector instructions.
        let has_control = text.bytes().fold(u8::MAX, u8::min) < b' ';
        if has_control || rest.as_bytes()[end] == b'\\' {
            return None;
        }
        self.at += end + 1;
        Some(Text(Cow::Borrowed(text)))
    }

    /// Reads a whole number that is not negative and not too large.
    fn number(&mut self) -> Option<i64> {
        self.space();
        let rest = self.text.as_bytes().get(self.at..)?;
        let (mut number, mut digits) = (0_i64, 0);
        while let Some(digit) = rest.get(digits).map(|byte| byte.wrapping_sub(b'0'))
            && digit < 10
        {
            digits += 1;
            if digits > 18 {
                return None;
            }
            number = number * 10 + i64::from(digit);
        }
        let is_whole = !matches!(rest.get(digits), Some(b'.' | b'e' | b'E'));
        let is_canonical = digits == 1 || (digits > 1 && rest[0] != b'0');
        self.at += digits;
        (is_whole && is_canonical).then_some(number)
    }

    /// Passes what comes next, if it is this.
    #[inline]
    fn begins(&mut self, with: &[u8]) -> bool {
        let begins = self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(with));
        self.at += if begins { with.len() } else { 0 };
        begins
    }

    /// Passes a byte, and spaces before it.
    fn byte(&mut self, wanted: u8) -> Option<()> {
        self.space();
        (self.text.as_bytes().get(self.at) == Some(&wanted)).then(|| self.at += 1)
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.text.as_bytes().get(self.at) {
            self.at += 1;
        }
    }
}

/// Takes a value unless there is one.
fn put<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.is_none().then(|| *place = Some(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shape::{Shape, recognise_any};

    const EVENT: &str = r#" {"invocationId":"1", "region" : "eu-west-1","deliveryStreamArn":"arn","n":12,
        "records":[{"recordId":"a","approximateArrivalTimestamp":1495072949453,"data":"R0VUIC8="},
        {"data":"","recordId":"","kinesisRecordMetadata":{"shardId":"s","partitionKey":"p","approximateArrivalTimestamp":0,
        "sequenceNumber":"49","subsequenceNumber":""}},{"recordId":"b","x":"y"} ]}
        "#;

    /// Both readers' records, of which the quick one may have none.
    fn both(event: &str) -> (Option<String>, Option<String>) {
        let slow = match recognise_any(event.as_bytes()) {
            Ok(Shape::Firehose(records)) => Some(format!("{records:?}")),
            _ => None,
        };
        (read(event).map(|records| format!("{records:?}")), slow)
    }

    #[test]
    fn usual_events_are_read() {
        let (quick, slow) = both(EVENT);
        assert!(quick.is_some());
        assert_eq!(quick, slow);
        let empty = r#"{"deliveryStreamArn":"a","records":[]}"#;
        assert_eq!(read(empty).map(|records| records.len()), Some(0));
    }

    #[test]
    fn unusual_events_are_left_to_serde() {
        for (usual, unusual) in [
            (r#""recordId":"a""#, r#""recordId":"\u0061""#),
            (r#""recordId":"a""#, r#""recordId":"a","recordId":"a""#),
            (r#""recordId":"a","#, ""),
            ("1495072949453", "1495072949453.5"),
            ("1495072949453", "01"),
            ("1495072949453", "-1"),
            (r#""data":"""#, r#""data":null"#),
            (r#""n":12"#, r#""n":{}"#),
            (r#""n":12"#, r#""records":[]"#),
            (r#""n":12"#, r#""body":"b""#),
            (r#""x":"y"} ]}"#, r#""x":"y"} ]},"#),
            (r#""deliveryStreamArn":"arn","#, ""),
        ] {
            assert_eq!(EVENT.matches(usual).count(), 1, "{usual}");
            assert!(read(&EVENT.replace(usual, unusual)).is_none(), "{unusual}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: proptest::test_runner::RngSeed::Fixed(8),
            cases: 4096,
            ..ProptestConfig::default()
        })]

        #[test]
        fn what_is_read_is_what_serde_reads(
            edits in proptest::collection::vec(
                (any::<proptest::sample::Index>(), 0_usize..4, "[ -~\n]|[\"\\\\{}\\[\\],:0-9]{1,2}"), 0..3)
        ) {
            let mut event = EVENT.to_owned();
            for (place, removed, text) in edits {
                let at = place.index(event.len());
                let end = (at + removed).min(event.len());
                event.replace_range(at..end, &text);
            }
            let (quick, slow) = both(&event);
            if quick.is_some() {
                prop_assert_eq!(quick, slow);
            }
        }
    }
}

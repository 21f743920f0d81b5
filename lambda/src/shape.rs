//! Recognises a Lambda event by its shape: JSON text to one of the sources that have an adapter.
//!
//! `{"awslogs":{"data":"…"}}` is a subscription to a log group, `{"Records":[{"eventSource":"aws:sqs",…}]}` a batch
//! of a queue. Texts are borrowed from the event; what an adapter does not need is not kept.
//!
//! Shapes: the AWS Lambda developer guide, and the samples of the crate `aws_lambda_events`.

use core::fmt;
use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::object::{self, Object};
use crate::records;

/// An event that has an adapter.
#[derive(Debug)]
pub(crate) enum Shape<'a> {
    Firehose(Vec<FirehoseRecord<'a>>),
    Http(HttpRequest<'a>),
    Kafka(Vec<KafkaRecord<'a>>),
    Kinesis(Vec<KinesisRecord<'a>>),
    /// The base64 text of a CloudWatch Logs subscription.
    Logs(Cow<'a, str>),
    /// Notifications of S3; none for its test message.
    Objects(Vec<Object>),
    Sqs(Vec<SqsMessage<'a>>),
}

/// Tells what an event is.
pub(crate) fn recognise(event: &[u8]) -> Result<Shape<'_>, EventError> {
    match simdutf8::basic::from_utf8(event).ok().and_then(records::read) {
        Some(records) => Ok(Shape::Firehose(records)),
        None => recognise_any(event),
    }
}

/// Tells what an event is, whatever it is.
pub(crate) fn recognise_any(event: &[u8]) -> Result<Shape<'_>, EventError> {
    // Read as a text, it is not asked of each of its texts whether it is UTF-8.
    let read = match core::str::from_utf8(event) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(event),
    };
    let envelope: Envelope<'_> = match read {
        Ok(envelope) => envelope,
        Err(error) => return Err(unknown(event, Some(&error))),
    };
    let Envelope { batch, records, awslogs, .. } = envelope;
    match (batch, records) {
        (Some(batch), _) => return of_batch(batch, event),
        (None, Some(Records::Firehose(records))) if envelope.delivery_stream.is_some() => {
            return Ok(Shape::Firehose(records));
        }
        (None, Some(Records::Kafka(records))) => return Ok(Shape::Kafka(records)),
        _ => {}
    }
    if let Some(Logs { data }) = awslogs {
        return Ok(Shape::Logs(data.0));
    }
    if let Some(context) = envelope.request_context {
        let method = context.http.map(|http| http.method).or(envelope.http_method);
        if let Some(method) = method {
            let is_base64 = envelope.is_base64.unwrap_or(false);
            return Ok(Shape::Http(HttpRequest {
                method: method.0,
                body: envelope.body,
                is_base64,
            }));
        }
    }
    if let Some(objects) = object::of_notification(event) {
        return Ok(Shape::Objects(objects));
    }
    Err(unknown(event, None))
}

fn of_batch<'a>(batch: Vec<BatchRecord<'a>>, event: &'a [u8]) -> Result<Shape<'a>, EventError> {
    let source = batch.first().and_then(|record| record.source.as_ref());
    let source = source.map(|source| source.0.clone()).unwrap_or_default();
    if batch.iter().any(|record| record.source.as_ref().is_none_or(|other| other.0 != source)) {
        return Err(unknown(event, None));
    }
    let shape = match &*source {
        "aws:kinesis" => {
            let records = batch.into_iter().map(|record| record.kinesis);
            records.collect::<Option<_>>().map(Shape::Kinesis)
        }
        "aws:s3" | "aws:sns" => object::of_notification(event).map(Shape::Objects),
        "aws:sqs" => {
            let messages = batch.into_iter().map(|record| {
                let group = record.attributes.as_ref().and_then(|all| all.group.clone());
                let sent_ms = record.attributes.and_then(|all| all.sent?.0.parse().ok());
                let is_fifo = record.arn.is_some_and(|arn| arn.0.ends_with(".fifo"));
                Some(SqsMessage {
                    id: record.message_id?.0,
                    body: record.body.map(|body| body.0).unwrap_or_default(),
                    is_fifo: is_fifo || group.is_some(),
                    sent_ms,
                })
            });
            messages.collect::<Option<_>>().map(Shape::Sqs)
        }
        _ => None,
    };
    shape.ok_or_else(|| unknown(event, None))
}

/// An event has no shape that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventError {
    message: String,
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for EventError {}

const KNOWN: &str = "Firehose transformation, CloudWatch Logs subscription, Kinesis, SQS, S3 notification (also through \
    SQS, SNS or EventBridge), MSK or self-managed Kafka, API Gateway or function URL";

/// Names that are listed of an unknown event.
const NAMES: usize = 12;

/// Says what was found instead of an event.
#[cold]
fn unknown(event: &[u8], error: Option<&serde_json::Error>) -> EventError {
    let found = match serde_json::from_slice::<Outline<'_>>(event) {
        Err(syntax) => format!("it is no JSON: {syntax}"),
        Ok(Outline::Other) => "it is no JSON object".to_owned(),
        Ok(Outline::Map { names, sources }) => {
            let more = if names.len() > NAMES { ", …" } else { "" };
            let names: Vec<String> =
                names.iter().take(NAMES).map(|name| format!("`{}`", short(name))).collect();
            let mut found = if names.is_empty() {
                "an object without fields".to_owned()
            } else {
                format!("an object with {}{more}", names.join(", "))
            };
            if !sources.is_empty() {
                let sources: Vec<String> =
                    sources.iter().map(|name| format!("`{}`", short(name))).collect();
                found.extend([" from ", &sources.join(", ")]);
            }
            if let Some(error) = error {
                found.extend([" (", &error.to_string(), ")"]);
            }
            found
        }
    };
    EventError {
        message: format!("the event is of no known kind: found {found}; known are {KNOWN}"),
    }
}

/// The beginning of a name of unknown origin, without control characters.
fn short(name: &str) -> String {
    name.chars().take(60).map(|one| if one.is_control() { '\u{FFFD}' } else { one }).collect()
}

/// What is told of an unknown event.
enum Outline<'a> {
    Map { names: Vec<Cow<'a, str>>, sources: Vec<String> },
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Outline<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Outline<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut names, mut sources) = (Vec::new(), Vec::new());
                while let Some(Text(name)) = map.next_key()? {
                    match &*name {
                        "eventSource" | "source" | "detail-type" => {
                            let value: serde_json::Value = map.next_value()?;
                            sources.extend(value.as_str().map(str::to_owned));
                        }
                        "Records" => {
                            let value: serde_json::Value = map.next_value()?;
                            let first = value.get(0);
                            let source = first.and_then(|first| {
                                first.get("eventSource").or_else(|| first.get("EventSource"))
                            });
                            sources
                                .extend(source.and_then(|name| name.as_str().map(str::to_owned)));
                        }
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                    if names.len() <= NAMES {
                        names.push(name);
                    }
                }
                Ok(Outline::Map { names, sources })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Outline::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Outline::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Outline::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Outline::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Outline::Other)
            }

            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Outline::Other)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Outline::Other)
            }
        }
        deserializer.deserialize_any(Names)
    }
}

/// A text of the event.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// The fields by which events are told apart.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "Records")]
    batch: Option<Vec<BatchRecord<'a>>>,
    #[serde(borrow)]
    records: Option<Records<'a>>,
    #[serde(rename = "deliveryStreamArn")]
    delivery_stream: Option<IgnoredAny>,
    #[serde(borrow)]
    awslogs: Option<Logs<'a>>,
    #[serde(borrow, rename = "requestContext")]
    request_context: Option<RequestContext<'a>>,
    #[serde(borrow, rename = "httpMethod")]
    http_method: Option<Text<'a>>,
    #[serde(borrow)]
    body: Option<Text<'a>>,
    #[serde(rename = "isBase64Encoded")]
    is_base64: Option<bool>,
}

#[derive(Deserialize)]
struct Logs<'a> {
    #[serde(borrow)]
    data: Text<'a>,
}

#[derive(Deserialize)]
struct RequestContext<'a> {
    #[serde(borrow)]
    http: Option<RequestHttp<'a>>,
}

#[derive(Deserialize)]
struct RequestHttp<'a> {
    #[serde(borrow)]
    method: Text<'a>,
}

/// A request through API Gateway, a load balancer or a function URL.
#[derive(Debug)]
pub(crate) struct HttpRequest<'a> {
    pub(crate) method: Cow<'a, str>,
    pub(crate) body: Option<Text<'a>>,
    pub(crate) is_base64: bool,
}

/// One of `Records`, with the fields of all sources that have such a list.
#[derive(Deserialize)]
struct BatchRecord<'a> {
    #[serde(borrow, rename = "eventSource", alias = "EventSource")]
    source: Option<Text<'a>>,
    #[serde(borrow, rename = "eventSourceARN")]
    arn: Option<Text<'a>>,
    #[serde(borrow)]
    kinesis: Option<KinesisRecord<'a>>,
    #[serde(borrow, rename = "messageId")]
    message_id: Option<Text<'a>>,
    #[serde(borrow)]
    body: Option<Text<'a>>,
    #[serde(borrow)]
    attributes: Option<SqsAttributes<'a>>,
}

#[derive(Deserialize)]
struct SqsAttributes<'a> {
    #[serde(borrow, rename = "MessageGroupId")]
    group: Option<Text<'a>>,
    #[serde(borrow, rename = "SentTimestamp")]
    sent: Option<Text<'a>>,
}

/// One record of a Firehose transformation.
#[derive(Debug, Deserialize)]
pub(crate) struct FirehoseRecord<'a> {
    #[serde(borrow, rename = "recordId")]
    pub(crate) id: Text<'a>,
    #[serde(rename = "approximateArrivalTimestamp")]
    pub(crate) arrival_ms: Option<i64>,
    #[serde(borrow)]
    pub(crate) data: Option<Text<'a>>,
    /// Instead of `data` when the stream reads from MSK.
    #[serde(borrow, rename = "kafkaRecordValue")]
    pub(crate) kafka_value: Option<Text<'a>>,
    #[serde(borrow, rename = "kinesisRecordMetadata")]
    pub(crate) kinesis: Option<Box<FirehoseKinesis<'a>>>,
}

/// Where a Firehose record stood in its Kinesis stream.
#[derive(Debug, Deserialize)]
pub(crate) struct FirehoseKinesis<'a> {
    #[serde(borrow, rename = "partitionKey")]
    pub(crate) partition_key: Option<Text<'a>>,
    #[serde(borrow, rename = "sequenceNumber")]
    pub(crate) sequence_number: Option<Text<'a>>,
}

/// One record of a Kinesis stream.
#[derive(Debug, Deserialize)]
pub(crate) struct KinesisRecord<'a> {
    #[serde(borrow, rename = "sequenceNumber")]
    pub(crate) sequence_number: Text<'a>,
    #[serde(borrow, rename = "partitionKey")]
    pub(crate) partition_key: Option<Text<'a>>,
    #[serde(rename = "approximateArrivalTimestamp")]
    pub(crate) arrival_s: Option<f64>,
    #[serde(borrow)]
    pub(crate) data: Text<'a>,
}

/// One message of a queue.
#[derive(Debug)]
pub(crate) struct SqsMessage<'a> {
    pub(crate) id: Cow<'a, str>,
    pub(crate) body: Cow<'a, str>,
    pub(crate) is_fifo: bool,
    pub(crate) sent_ms: Option<i64>,
}

/// One record of a Kafka topic.
#[derive(Debug, Deserialize)]
pub(crate) struct KafkaRecord<'a> {
    #[serde(borrow)]
    pub(crate) topic: Text<'a>,
    pub(crate) partition: i64,
    pub(crate) offset: i64,
    #[serde(rename = "timestamp")]
    pub(crate) timestamp_ms: Option<i64>,
    #[serde(borrow)]
    pub(crate) key: Option<Text<'a>>,
    /// Nothing is a tombstone.
    #[serde(borrow)]
    pub(crate) value: Option<Text<'a>>,
}

/// `records`: a list for Firehose, a map of topics and partitions for Kafka.
enum Records<'a> {
    Firehose(Vec<FirehoseRecord<'a>>),
    Kafka(Vec<KafkaRecord<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Records<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrMap;
        impl<'de> Visitor<'de> for ListOrMap {
            type Value = Records<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of Firehose records or a map of Kafka partitions")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut records = Vec::new();
                while let Some(record) = seq.next_element()? {
                    records.push(record);
                }
                Ok(Records::Firehose(records))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut partitions: BTreeMap<Cow<'de, str>, Vec<KafkaRecord<'de>>> =
                    BTreeMap::new();
                while let Some(Text(name)) = map.next_key()? {
                    partitions.entry(name).or_default().extend(map.next_value::<Vec<_>>()?);
                }
                Ok(Records::Kafka(partitions.into_values().flatten().collect()))
            }
        }
        deserializer.deserialize_any(ListOrMap)
    }
}

//! Notifications of S3: which objects are to be read, however the notification came.
//!
//! Straight from S3, through SNS, through EventBridge, or as the body of a message in a queue. Keys are URL-encoded in S3's
//! own notifications and plain in those of EventBridge.
//!
//! Source: the S3 user guide, "Event message structure"; the EventBridge events reference, "Amazon S3 events".

use sawlog::{Timestamp, Zone};
use serde::Deserialize;

use crate::shape::Text;

/// Notifications inside notifications: S3 in SNS in a queue.
const LEVELS: usize = 3;

/// One object to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The bucket's name.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// The version, where the bucket has versions.
    pub version: Option<String>,
    /// What S3 knows this content by, as the notification says.
    pub etag: Option<String>,
    /// The bytes of the object, as the notification says.
    pub size: Option<u64>,
    /// When it was written, as the notification says: the time of its events, so that they are the same when it is read again.
    pub time: Option<Timestamp>,
    /// Unpacked bytes at its start that were read before: an earlier invocation had no time for more.
    pub offset: u64,
    /// Whether the offset is known to be one into the object as it is stored, so that its bytes from there on are enough.
    pub is_plain: bool,
}

impl Object {
    /// A message for a queue that makes a function go on with the object from an offset: a notification of S3, which other readers
    /// take as such.
    pub fn continuation(&self, offset: u64, is_plain: bool) -> String {
        let key =
            percent_encoding::utf8_percent_encode(&self.key, percent_encoding::NON_ALPHANUMERIC);
        let mut object = serde_json::json!({ "key": key.to_string() });
        if let Some(version) = &self.version {
            object["versionId"] = version.as_str().into();
        }
        if let Some(etag) = &self.etag {
            object["eTag"] = etag.as_str().into();
        }
        if let Some(size) = self.size {
            object["size"] = size.into();
        }
        let mut record = serde_json::json!({
            "eventSource": "aws:s3", "eventName": "ObjectCreated:Continued",
            "s3": { "bucket": { "name": self.bucket }, "object": object },
            "sawlog": { "offset": offset, "plain": is_plain },
        });
        if let Some(time) = self.time {
            let mut text = String::new();
            time.push_iso(&mut text);
            record["eventTime"] = text.into();
        }
        serde_json::json!({ "Records": [record] }).to_string()
    }
}

/// The objects that a text asks to be read: none for S3's test, or when objects were removed. Nothing when the text is
/// no notification.
pub(crate) fn of_notification(text: &[u8]) -> Option<Vec<Object>> {
    let mut objects = Vec::new();
    read(text, LEVELS, &mut objects).then_some(objects)
}

fn read(text: &[u8], levels: usize, objects: &mut Vec<Object>) -> bool {
    let is_map = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if levels == 0 || !is_map {
        return false;
    }
    let Ok(notice) = serde_json::from_slice::<Notice<'_>>(text) else { return false };
    let is =
        |text: &Option<Text<'_>>, wanted: &str| text.as_ref().is_some_and(|text| text.0 == wanted);
    if is(&notice.test, "s3:TestEvent") {
        return true;
    }
    if is(&notice.kind, "Notification") {
        return notice
            .message
            .is_some_and(|message| read(message.0.as_bytes(), levels - 1, objects));
    }
    if is(&notice.source, "aws.s3") {
        let is_new = is(&notice.detail_type, "Object Created");
        let Some(Detail { bucket, object }) = notice.detail else { return false };
        if is_new {
            objects.push(Object {
                bucket: bucket.name.0.into_owned(),
                key: object.key.0.into_owned(),
                version: object.version.map(|version| version.0.into_owned()),
                etag: object.etag.map(|etag| etag.0.into_owned()),
                size: object.size,
                time: time(notice.time),
                offset: 0,
                is_plain: false,
            });
        }
        return true;
    }
    let Some(records) = notice.records else { return false };
    !records.is_empty()
        && records.into_iter().all(|record| match (record.s3, record.sns) {
            (Some(Detail { bucket, object }), _) => {
                let name = record.name.map(|name| name.0).unwrap_or_default();
                if name.trim_start_matches("s3:").starts_with("ObjectCreated") {
                    objects.push(Object {
                        bucket: bucket.name.0.into_owned(),
                        key: decoded(&object.key.0),
                        version: object.version.map(|version| version.0.into_owned()),
                        etag: object.etag.map(|etag| etag.0.into_owned()),
                        size: object.size,
                        time: time(record.time),
                        offset: record.sawlog.as_ref().map_or(0, |own| own.offset),
                        is_plain: record.sawlog.is_some_and(|own| own.plain),
                    });
                }
                true
            }
            (None, Some(sns)) => read(sns.message.0.as_bytes(), levels - 1, objects),
            (None, None) => false,
        })
}

fn time(text: Option<Text<'_>>) -> Option<Timestamp> {
    Timestamp::parse_lenient(&text?.0, &Zone::utc())
}

/// A key as S3 encodes it: `a+b%2Bc` is `a b+c`.
fn decoded(key: &str) -> String {
    let spaced = key.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[derive(Deserialize)]
struct Notice<'a> {
    #[serde(borrow, rename = "Event")]
    test: Option<Text<'a>>,
    #[serde(borrow, rename = "Type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, rename = "Message")]
    message: Option<Text<'a>>,
    #[serde(borrow)]
    source: Option<Text<'a>>,
    #[serde(borrow, rename = "detail-type")]
    detail_type: Option<Text<'a>>,
    #[serde(borrow)]
    detail: Option<Detail<'a>>,
    #[serde(borrow)]
    time: Option<Text<'a>>,
    #[serde(borrow, rename = "Records")]
    records: Option<Vec<Record<'a>>>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow, rename = "eventName")]
    name: Option<Text<'a>>,
    #[serde(borrow, rename = "eventTime")]
    time: Option<Text<'a>>,
    #[serde(borrow)]
    s3: Option<Detail<'a>>,
    sawlog: Option<Own>,
    #[serde(borrow, rename = "Sns")]
    sns: Option<Sns<'a>>,
}

/// What [`Object::continuation`] adds.
#[derive(Deserialize)]
struct Own {
    offset: u64,
    #[serde(default)]
    plain: bool,
}

#[derive(Deserialize)]
struct Sns<'a> {
    #[serde(borrow, rename = "Message")]
    message: Text<'a>,
}

#[derive(Deserialize)]
struct Detail<'a> {
    #[serde(borrow)]
    bucket: Bucket<'a>,
    #[serde(borrow)]
    object: ObjectDetail<'a>,
}

#[derive(Deserialize)]
struct Bucket<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize)]
struct ObjectDetail<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(borrow, rename = "versionId", alias = "version-id")]
    version: Option<Text<'a>>,
    #[serde(borrow, rename = "eTag", alias = "etag")]
    etag: Option<Text<'a>>,
    size: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = r#"{"Records":[{"eventName":"ObjectCreated:Put","eventTime":"1970-01-01T00:00:01.500Z",
        "s3":{"bucket":{"name":"b"},"object":{"key":"a+b%2Bc%C3%A4.log","size":5,"eTag":"e","versionId":"v"}}}]}"#;

    fn object() -> Object {
        let key = "a b+cä.log".to_owned();
        let time = Some(Timestamp::from_millis(1500));
        let version = Some("v".to_owned());
        Object {
            bucket: "b".to_owned(),
            key,
            version,
            etag: Some("e".to_owned()),
            size: Some(5),
            time,
            offset: 0,
            is_plain: false,
        }
    }

    #[test]
    fn continuation_is_a_notification_that_begins_further_on() {
        let message = object().continuation(77, true);
        let wanted = Object { offset: 77, is_plain: true, ..object() };
        assert_eq!(of_notification(message.as_bytes()), Some(vec![wanted]));
    }

    fn quoted(text: &str) -> String {
        serde_json::to_string(text).expect("a text")
    }

    #[test]
    fn key_is_decoded_however_the_notification_came() {
        let sns = format!(r#"{{"Type":"Notification","Message":{}}}"#, quoted(PLAIN));
        let lambda_sns = format!(
            r#"{{"Records":[{{"EventSource":"aws:sns","Sns":{{"Message":{}}}}}]}}"#,
            quoted(PLAIN)
        );
        for text in [PLAIN, &sns, &lambda_sns] {
            assert_eq!(of_notification(text.as_bytes()), Some(vec![object()]), "{text}");
        }
        let bridge = r#"{"detail-type":"Object Created","source":"aws.s3","time":"1970-01-01T00:00:01.5Z","detail":{"bucket":{"name":"b"},
            "object":{"key":"a b+cä.log","size":5,"etag":"e","version-id":"v"}}}"#;
        assert_eq!(of_notification(bridge.as_bytes()), Some(vec![object()]));
    }

    #[test]
    fn test_and_removal_ask_for_nothing() {
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#;
        let removed = PLAIN.replace("ObjectCreated:Put", "ObjectRemoved:Delete");
        for text in [test, &removed] {
            assert_eq!(of_notification(text.as_bytes()), Some(Vec::new()), "{text}");
        }
    }

    #[test]
    fn log_lines_are_no_notification() {
        for text in ["", "GET /", "{\"a\":1}", "{\"Records\":[]}", "{\"Records\":[{}]}", "[1]", "{"]
        {
            assert_eq!(of_notification(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn notifications_inside_each_other_have_an_end() {
        let mut text = PLAIN.to_owned();
        for _ in 0..3 {
            text = format!(r#"{{"Type":"Notification","Message":{}}}"#, quoted(&text));
        }
        assert_eq!(of_notification(text.as_bytes()), None);
    }
}

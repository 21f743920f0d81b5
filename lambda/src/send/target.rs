//! Where batches go, and what each of these places takes in one request.

use std::time::Duration;

use sawlog::limits;
use sawlog::protocol::bulk::Refusals;

/// Where events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An Elasticsearch or `OpenSearch` server, by its bulk interface.
    Elasticsearch(Box<Elasticsearch>),
    /// A Firehose stream, each event a record.
    Firehose {
        /// The name of the stream.
        stream: String,
    },
    /// A Kinesis stream, each event a record with its key as partition key, or with a hash of the event.
    Kinesis {
        /// The name of the stream.
        stream: String,
    },
    /// A bucket, the events of each key an object. An equal batch has the same name, so that what is sent again replaces itself.
    S3 {
        /// The bucket's name.
        bucket: String,
        /// How objects are named.
        name: ObjectName,
    },
    /// A queue, each event a message without its line end.
    Sqs {
        /// The URL of the queue; one that ends in `.fifo` has an order. The host puts it in the place of a name, or of
        /// `ACCOUNT/NAME`.
        queue_url: String,
    },
    /// The log, through standard output.
    StandardOutput,
}

impl Target {
    /// The name of a queue whose URL is to be asked for.
    pub fn queue_name(&self) -> Option<&str> {
        match self {
            Self::Sqs { queue_url } if !queue_url.contains("://") => Some(queue_url),
            _ => None,
        }
    }

    /// Whether the target is asked over the network.
    pub fn is_remote(&self) -> bool {
        *self != Self::StandardOutput
    }
}

/// How objects are named: `PREFIX2024/03/15/14/HASH.ndjson.gz` with a prefix, the hour that of the invocation; without one the
/// event's key stands before the hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName {
    /// What the name begins with.
    pub prefix: Option<String>,
    /// What it ends with.
    pub ending: &'static str,
    /// Whether objects are gzip.
    pub is_packed: bool,
}

/// A server of Elasticsearch's bulk interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elasticsearch {
    /// Scheme and host of each; they are asked in turn.
    pub hosts: Vec<String>,
    /// What stands before all paths.
    pub path: String,
    /// The path of the bulk interface.
    pub bulk_path: String,
    /// Further parameters of the request.
    pub parameters: Vec<(String, String)>,
    /// Further headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Who asks.
    pub authorization: Authorization,
    /// Files of certificates that are trusted instead of the public ones.
    pub ca_files: Vec<String>,
    /// What is done with actions that are not taken.
    pub refusals: Refusals,
    /// The longest time for which an answer is waited for.
    pub timeout: Duration,
    /// Whether bodies are gzip.
    pub is_packed: bool,
}

impl Default for Elasticsearch {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            path: String::new(),
            bulk_path: "/_bulk".to_owned(),
            parameters: Vec::new(),
            headers: Vec::new(),
            authorization: Authorization::None,
            ca_files: Vec::new(),
            refusals: Refusals::default(),
            // Logstash's own default.
            timeout: Duration::from_mins(1),
            is_packed: true,
        }
    }
}

/// How a server knows who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// By a key: `id:key`, or that in base64.
    ApiKey(String),
    /// By a signature of AWS for this service.
    Aws(&'static str),
    /// By name and password: `user:password`.
    Basic(String),
    /// Not at all.
    None,
}

/// What a service takes in one request.
pub(super) struct Bounds {
    pub(super) entries: usize,
    /// Bytes of all entries together, as the service counts them.
    pub(super) bytes: usize,
    /// Bytes of one entry.
    pub(super) entry_bytes: usize,
}

const ANY: Bounds = Bounds { entries: usize::MAX, bytes: usize::MAX, entry_bytes: usize::MAX };
const FIREHOSE: Bounds = Bounds { entries: 500, bytes: 4 << 20, entry_bytes: 1_000 << 10 };
const KINESIS: Bounds = Bounds { entries: 500, bytes: 5 << 20, entry_bytes: 1 << 20 };
const SEARCH: Bounds =
    Bounds { entries: limits::BULK_ACTIONS, bytes: limits::BULK_BYTES, entry_bytes: usize::MAX };
// A queue may be set to less, 256 KiB at its birth until 2025: it then refuses a request, which is halved.
const SQS: Bounds = Bounds { entries: 10, bytes: 1 << 20, entry_bytes: 1 << 20 };

/// Bytes of the longest name of an object, before it is encoded.
const NAME_BYTES: usize = 1024;

/// Bytes of the longest partition key, in characters as the service counts.
pub(super) const KEY_CHARACTERS: usize = 256;

pub(super) fn bounds(target: &Target) -> &'static Bounds {
    match target {
        Target::Elasticsearch(_) => &SEARCH,
        Target::Firehose { .. } => &FIREHOSE,
        Target::Kinesis { .. } => &KINESIS,
        Target::S3 { .. } | Target::StandardOutput => &ANY,
        Target::Sqs { .. } => &SQS,
    }
}

/// Bytes by which a service counts an event.
pub(super) fn counted_bytes(target: &Target, event_bytes: usize) -> usize {
    match target {
        Target::Kinesis { .. } => event_bytes + KEY_CHARACTERS,
        _ => event_bytes,
    }
}

/// Why an event cannot be sent at all; nothing when it may be.
pub(super) fn unfit(target: &Target, event: &[u8], key: Option<&str>) -> Option<&'static str> {
    if counted_bytes(target, event.len()) > bounds(target).entry_bytes {
        return Some("the event is larger than the service takes");
    }
    match target {
        Target::S3 { name, .. } => (name_bytes(name, key) > NAME_BYTES)
            .then_some("the object's name would be longer than 1024 bytes"),
        Target::Sqs { .. } => {
            matches!(event, b"" | b"\n").then_some("a message of SQS cannot be empty")
        }
        _ => None,
    }
}

/// Bytes of an object's name.
fn name_bytes(name: &ObjectName, key: Option<&str>) -> usize {
    const HOUR: usize = "2024/03/15/14/".len();
    const HASH: usize = 32;
    let start = match &name.prefix {
        Some(prefix) => prefix.len() + HOUR,
        None => key.unwrap_or_default().len() + "ls.s3.".len(),
    };
    start + HASH + name.ending.len()
}

//! Elasticsearch's bulk interface: events to actions with documents, and what the server says of each of them.
//!
//! ```json
//! {"create":{"_index":"logs-generic-default"}}
//! {"@timestamp":"2024-03-15T14:00:00.000Z","message":"a line"}
//! ```
//! Source of behaviour: logstash-output-elasticsearch 12.x (`lib/logstash/outputs/elasticsearch.rb`, `data_stream_support.rb`,
//! `plugin_mixins/elasticsearch/common.rb`); the bulk API of Elasticsearch 8.x and `OpenSearch` 2.x. Document types, which servers
//! before 7 want, are not sent. Index lifecycle management is not set up: an `index` that is not set has a date in its name.

mod encode;
mod options;
mod reply;

pub use encode::{BulkEncoder, BulkError};
pub use options::{BulkOptions, DataStream};
pub use reply::{FILTER_PATH, Refusals, reply};

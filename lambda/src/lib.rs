//! Logstash's filter engine as an AWS Lambda function: the bytes of a Lambda event in, the bytes of its answer out.
//!
//! ```
//! use sawlog::{Config, Options, ParseOptions, Pipeline, Resources, Source, Tick, Timestamp};
//! use sawlog_lambda::{Function, Job, Settings};
//!
//! let text = r#"filter { grok { match => { "message" => "%{WORD:verb} %{NOTSPACE:path}" } } }"#;
//! let config = Config::parse(vec![Source::new("pipeline.conf", text)], &ParseOptions::default())?;
//! let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default())?;
//! let mut function = Function::new(&pipeline, Settings::default())?;
//!
//! let event = br#"{"invocationId":"1","deliveryStreamArn":"arn:aws:firehose:eu-west-1:1:deliverystream/logs",
//!     "region":"eu-west-1","records":[{"recordId":"a","data":"R0VUIC9pbmRleC5odG1s"}]}"#;
//! let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
//! let Job::Answer(answer) = function.start(event, tick, &mut |_| true)? else { panic!("an answer") };
//! assert!(answer.starts_with(br#"{"records":[{"recordId":"a","result":"Ok","data":""#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Function::start`] recognises an event by its shape. What is to be done with the network (an object to be read, events
//! to be sent on) is not done here: it comes back as a [`Job`], and the host says what became of it.

mod batch;
mod cloudwatch;
mod collector;
mod dead;
mod engine;
mod firehose;
mod function;
mod http;
mod items;
mod kpl;
mod metrics;
mod object;
mod outbound;
mod plan;
mod records;
mod send;
mod settings;
mod shape;

pub use batch::Batch;
pub use engine::PayloadError;
pub use function::{Fetch, Function, InvocationError, Job, Need};
pub use items::Delivery;
pub use metrics::{Report, write_metrics};
pub use object::Object;
pub use plan::{Plan, PlanError};
pub use send::{
    Authorization, Elasticsearch, ObjectName, Request, Sender, Shipment, Shipped, Step, Target,
    object_path, queue_request, queue_url,
};
pub use settings::{OnFailure, Oversize, Settings, SettingsError};
pub use shape::EventError;

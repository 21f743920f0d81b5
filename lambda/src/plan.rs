//! Where events go that are no answer: the outputs of the config as far as they can be carried out here, or one destination for all.
//!
//! `SAWLOG_OUTPUT=s3://logs/app/%{+yyyy}/` is one destination; `output { if [level] == "error" { sqs { queue => "alerts" } } }` of a
//! config is as many as it has outputs.

use core::fmt;
use core::time::Duration;

use sawlog::program::options::PluginOptions;
use sawlog::protocol::bulk::BulkOptions;
use sawlog::{EscapeStyle, Output, Pipeline, Template};

use crate::send::{Authorization, Elasticsearch, ObjectName, Target};

/// Where events go.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The destinations; without any, events go nowhere.
    pub(crate) destinations: Vec<Destination>,
    /// For each output of the config the destination that stands for it; nothing when all events go to the first.
    pub(crate) outputs: Option<Vec<usize>>,
    /// Where goes what can never become output or is never taken.
    pub(crate) dead_letters: Option<Target>,
    /// What is done otherwise than the config says.
    pub(crate) notices: Vec<String>,
}

/// One destination.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    /// The plugin's name, as dead letters tell it.
    pub(crate) plugin: String,
    pub(crate) id: Option<String>,
    pub(crate) target: Target,
    pub(crate) form: Form,
    /// The key of each event: the start of an object's name, a partition key, a message group.
    pub(crate) key: Option<String>,
    pub(crate) style: EscapeStyle,
}

/// How events are written.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    Bulk(Box<BulkOptions>),
    JsonLines,
    /// By the codec of this output of the config.
    OfOutput(usize),
}

/// What is wrong with the destinations; all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    problems: Vec<String>,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n"))
    }
}

impl core::error::Error for PlanError {}

impl Plan {
    /// All events to standard output, as JSON lines.
    pub fn standard_output() -> Self {
        let destination = Destination::json_lines("stdout", Target::StandardOutput, None);
        Self { destinations: vec![destination], ..Self::default() }
    }

    /// Reads where events go: to `output` (`SAWLOG_OUTPUT`) if that is set, else where the outputs of the config say, else to standard
    /// output. `dead_letters` (`SAWLOG_DEAD_LETTER`) is a bucket or a queue.
    ///
    /// # Errors
    /// A destination of an unknown form, and options of outputs that cannot be carried out; all at once.
    pub fn new(
        pipeline: &Pipeline,
        output: Option<&str>,
        dead_letters: Option<&str>,
    ) -> Result<Self, PlanError> {
        let mut problems = Vec::new();
        let mut plan = match output {
            Some(output) => {
                if let Some(destination) = destination(output) {
                    Self { destinations: vec![destination], ..Self::default() }
                } else {
                    problems.push(format!("`SAWLOG_OUTPUT` is `{}`; use {FORMS}", masked(output)));
                    Self::default()
                }
            }
            None if pipeline.outputs().is_empty() => Self::standard_output(),
            None => of_config(pipeline.outputs(), &mut problems),
        };
        if output.is_some() && !pipeline.outputs().is_empty() {
            let notice = "the output section is not executed: `SAWLOG_OUTPUT` says where events go";
            plan.notices.push(notice.to_owned());
        }
        if let Some(place) = dead_letters {
            match dead_letter_target(place) {
                Some(target) => plan.dead_letters = Some(target),
                None => problems.push(format!(
                    "`SAWLOG_DEAD_LETTER` is `{place}`; use `s3://BUCKET/PREFIX` or the URL of a queue of SQS"
                )),
            }
        }
        if problems.is_empty() { Ok(plan) } else { Err(PlanError { problems }) }
    }

    /// The target of each of an invocation's batches, in order; dead letters, where there is a place for them, are the last.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.destinations.iter().map(|one| &one.target).chain(&self.dead_letters)
    }

    /// The place in [`Plan::targets`] of that for dead letters.
    pub fn dead_letter_place(&self) -> Option<usize> {
        self.dead_letters.as_ref().map(|_| self.destinations.len())
    }

    /// Puts the URL of a queue in the place of its name.
    pub fn set_queue_url(&mut self, place: usize, url: String) {
        let targets = self.destinations.iter_mut().map(|one| &mut one.target);
        if let Some(Target::Sqs { queue_url }) = targets.chain(&mut self.dead_letters).nth(place) {
            *queue_url = url;
        }
    }

    /// What is done otherwise than the config says, for the log.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The plugin that stands behind a target, and its id.
    pub(crate) fn plugin(&self, place: usize) -> (&str, Option<&str>) {
        let destination = self.destinations.get(place);
        destination.map_or(("lambda", None), |one| (&one.plugin, one.id.as_deref()))
    }
}

const FORMS: &str = "`stdout`, `firehose:STREAM`, `kinesis:STREAM`, `sqs:URL`, `s3://BUCKET/PREFIX` or \
                     `elasticsearch:URL/INDEX`";

impl Destination {
    fn json_lines(plugin: &str, target: Target, key: Option<String>) -> Self {
        Self {
            plugin: plugin.to_owned(),
            id: None,
            target,
            form: Form::JsonLines,
            key,
            style: EscapeStyle::None,
        }
    }
}

/// Reads the value of `SAWLOG_OUTPUT`.
fn destination(output: &str) -> Option<Destination> {
    if output == "stdout" {
        return Some(Destination::json_lines("stdout", Target::StandardOutput, None));
    }
    let (kind, name) = output.split_once(':').filter(|(_, name)| !name.is_empty())?;
    let stream = name.to_owned();
    Some(match kind {
        "firehose" => Destination::json_lines(kind, Target::Firehose { stream }, None),
        "kinesis" => Destination::json_lines(kind, Target::Kinesis { stream }, None),
        "sqs" => Destination::json_lines(kind, Target::Sqs { queue_url: stream }, None),
        "s3" => {
            let (bucket, prefix) = bucket_and_prefix(name)?;
            let is_template = Template::parse(&prefix, EscapeStyle::None).as_literal().is_none();
            let (prefix, key) =
                if is_template { (None, Some(prefix)) } else { (Some(prefix), None) };
            let name = ObjectName { prefix, ending: ".ndjson.gz", is_packed: true };
            Destination::json_lines(kind, Target::S3 { bucket, name }, key)
        }
        "elasticsearch" => {
            let (scheme, rest) = name.split_once("://")?;
            let (host, index) = rest.split_once('/').unwrap_or((rest, ""));
            let mut target = Elasticsearch::default();
            target.hosts = vec![host_url(&format!("{scheme}://{host}"), &mut target).ok()?];
            let index = Some(index.trim_matches('/')).filter(|index| !index.is_empty());
            let options = BulkOptions {
                index: index.map(str::to_owned),
                data_stream: index.is_none().then(Default::default),
                is_ecs: true,
                ..BulkOptions::default()
            };
            let form = Form::Bulk(Box::new(options));
            let target = Target::Elasticsearch(Box::new(target));
            Destination { form, ..Destination::json_lines(kind, target, None) }
        }
        _ => return None,
    })
}

fn dead_letter_target(place: &str) -> Option<Target> {
    if let Some(name) = place.strip_prefix("s3:") {
        let (bucket, prefix) = bucket_and_prefix(name)?;
        let name = ObjectName { prefix: Some(prefix), ending: ".ndjson.gz", is_packed: true };
        return Some(Target::S3 { bucket, name });
    }
    let url = place.strip_prefix("sqs:").unwrap_or(place);
    url.contains("://").then(|| Target::Sqs { queue_url: url.to_owned() })
}

fn bucket_and_prefix(name: &str) -> Option<(String, String)> {
    let name = name.trim_start_matches('/');
    let (bucket, prefix) = name.split_once('/').unwrap_or((name, ""));
    (!bucket.is_empty()).then(|| (bucket.to_owned(), prefix.to_owned()))
}

/// The destinations of a config.
fn of_config(outputs: &[Output], problems: &mut Vec<String>) -> Plan {
    let mut plan = Plan { outputs: Some(Vec::new()), ..Plan::default() };
    let mut places = Vec::new();
    for (at, output) in outputs.iter().enumerate() {
        let mut told = Told { output, left_out: Vec::new(), notices: &mut plan.notices, problems };
        let destination = match output.name() {
            "elasticsearch" | "opensearch" => told.elasticsearch(),
            "s3" => told.s3(at),
            "sqs" => told.sqs(at),
            "stdout" => told.stdout(at),
            _ => {
                told.notice("is not built; its events go to standard output");
                Destination::json_lines("stdout", Target::StandardOutput, None)
            }
        };
        told.leave_out_rest();
        places.push(plan.destinations.len());
        plan.destinations.push(Destination {
            plugin: output.name().to_owned(),
            id: output.id().map(str::to_owned),
            style: output.style(),
            ..destination
        });
    }
    plan.outputs = Some(places);
    plan
}

/// Options of every output.
const EVERYWHERE: [&str; 5] = ["codec", "ecs_compatibility", "enable_metric", "id", "workers"];

const SEARCH_OPTIONS: &[&str] = &[
    "action",
    "api_key",
    "bulk_path",
    "cloud_auth",
    "compression_level",
    "custom_headers",
    "data_stream",
    "data_stream_auto_routing",
    "data_stream_dataset",
    "data_stream_namespace",
    "data_stream_sync_fields",
    "data_stream_type",
    "dlq_custom_codes",
    "doc_as_upsert",
    "document_id",
    "drop_error_types",
    "hosts",
    "index",
    "parameters",
    "password",
    "path",
    "pipeline",
    "retry_on_conflict",
    "routing",
    "ssl_certificate_authorities",
    "ssl_enabled",
    "ssl_verification_mode",
    "timeout",
    "upsert",
    "user",
    "version",
    "version_type",
];

/// Those that only the output `opensearch` has.
const OPENSEARCH_OPTIONS: &[&str] =
    &["auth_type", "cacert", "service_name", "ssl", "ssl_certificate_verification"];

/// The options of each output that is built which are carried out here; any other that is set is told of.
const CARRIED_OUT: [(&str, &[&[&str]]); 5] = [
    ("elasticsearch", &[SEARCH_OPTIONS]),
    ("opensearch", &[SEARCH_OPTIONS, OPENSEARCH_OPTIONS]),
    ("s3", &[&["bucket", "encoding", "prefix"]]),
    ("sqs", &[&["queue", "queue_owner_aws_account_id"]]),
    ("stdout", &[]),
];

/// An output, and what is told about it.
struct Told<'a> {
    output: &'a Output,
    /// The options that were told of.
    left_out: Vec<String>,
    notices: &'a mut Vec<String>,
    problems: &'a mut Vec<String>,
}

impl Told<'_> {
    fn text(&self, what: &str) -> String {
        format!("{}: the output `{}` {what}", self.output.position(), self.output.name())
    }

    fn notice(&mut self, what: &str) {
        let text = self.text(what);
        self.notices.push(text);
    }

    fn problem(&mut self, what: &str) {
        let text = self.text(what);
        self.problems.push(text);
    }

    fn option(&self, name: &str) -> Option<String> {
        self.output.options().text(name).map(|text| text.value.to_owned())
    }

    /// Names the options that are set and not carried out.
    fn leave_out(&mut self, names: &[&str], instead: &str) {
        let set: Vec<&str> =
            self.output.options().names().filter(|name| names.contains(name)).collect();
        if !set.is_empty() {
            let text = format!("goes without `{}`: {instead}", set.join("`, `"));
            self.left_out.extend(set.into_iter().map(str::to_owned));
            self.notice(&text);
        }
    }

    /// Names the options that are set, not carried out and not told of yet.
    fn leave_out_rest(&mut self) {
        let Some((_, carried_out)) =
            CARRIED_OUT.iter().find(|(name, _)| *name == self.output.name())
        else {
            return;
        };
        let output = self.output;
        let rest: Vec<&str> = output
            .options()
            .names()
            .filter(|name| {
                !EVERYWHERE.contains(name) && !carried_out.iter().any(|all| all.contains(name))
            })
            .filter(|name| !self.left_out.iter().any(|other| other == name))
            .collect();
        self.leave_out(&rest, "the function has no such thing");
    }

    fn leave_out_credentials(&mut self) {
        const NAMES: [&str; 11] = [
            "access_key_id",
            "aws_credentials_file",
            "endpoint",
            "proxy_uri",
            "region",
            "role_arn",
            "role_session_name",
            "secret_access_key",
            "session_token",
            "use_aws_bundled_ca",
            "web_identity_token_file",
        ];
        self.leave_out(&NAMES, "the function's own role, region and endpoint are used");
    }

    fn form(&mut self, at: usize) -> Form {
        let encoder = self.output.encoder().err().map(str::to_owned);
        match encoder {
            None => Form::OfOutput(at),
            Some(problem) => {
                self.problem(&format!("has no codec that writes: {problem}"));
                Form::JsonLines
            }
        }
    }

    fn stdout(&mut self, at: usize) -> Destination {
        let form = if self.output.options().codec("codec").is_some() {
            self.form(at)
        } else {
            self.notice("writes JSON lines: `rubydebug`, its codec if none is set, has several lines an event");
            Form::JsonLines
        };
        Destination { form, ..Destination::json_lines("stdout", Target::StandardOutput, None) }
    }

    fn s3(&mut self, at: usize) -> Destination {
        self.leave_out_credentials();
        self.leave_out(
            &[
                "additional_settings",
                "canned_acl",
                "server_side_encryption",
                "server_side_encryption_algorithm",
                "signature_version",
                "ssekms_key_id",
                "storage_class",
            ],
            "the bucket's own settings hold",
        );
        self.leave_out(
            &[
                "restore",
                "retry_count",
                "retry_delay",
                "rotation_strategy",
                "size_file",
                "tags",
                "temporary_directory",
                "time_file",
                "upload_multipart_threshold",
                "upload_queue_size",
                "upload_workers_count",
                "validate_credentials_on_root_bucket",
            ],
            "each batch of an invocation is an object of its own, and none lies on a disk before",
        );
        let is_packed = self.option("encoding").as_deref() == Some("gzip");
        let ending = if is_packed { ".txt.gz" } else { ".txt" };
        let name = ObjectName { prefix: None, ending, is_packed };
        let bucket = self.option("bucket").unwrap_or_default();
        let key = Some(self.option("prefix").unwrap_or_default());
        let form = self.form(at);
        Destination { form, ..Destination::json_lines("s3", Target::S3 { bucket, name }, key) }
    }

    fn sqs(&mut self, at: usize) -> Destination {
        self.leave_out_credentials();
        self.leave_out(
            &["batch_events", "message_max_size"],
            "a request has as many messages as SQS takes",
        );
        let queue = self.option("queue").unwrap_or_default();
        let queue_url = if queue.contains("://") {
            queue
        } else {
            match self.option("queue_owner_aws_account_id") {
                Some(account) => format!("{account}/{queue}"),
                None => queue,
            }
        };
        let form = self.form(at);
        Destination { form, ..Destination::json_lines("sqs", Target::Sqs { queue_url }, None) }
    }

    fn elasticsearch(&mut self) -> Destination {
        let options = self.output.options().clone();
        let bulk = match BulkOptions::of_output(&options, self.output.ecs()) {
            Ok(bulk) => bulk,
            Err(problems) => {
                for problem in problems {
                    self.problem(&format!("cannot be used: {problem}"));
                }
                BulkOptions::default()
            }
        };
        let target = self.elasticsearch_target(&options);
        self.leave_out(
            &[
                "ilm_enabled",
                "ilm_pattern",
                "ilm_policy",
                "ilm_rollover_alias",
                "manage_template",
                "template",
                "template_api",
                "template_name",
                "template_overwrite",
            ],
            "templates and policies are not set up; do that once, beside the function",
        );
        self.leave_out(
            &[
                "healthcheck_path",
                "proxy",
                "resurrect_delay",
                "sniffing",
                "sniffing_delay",
                "sniffing_path",
            ],
            "the hosts are asked that are named, in turn and without a proxy",
        );
        self.leave_out(
            &["retry_initial_interval", "retry_max_interval"],
            "pauses double from 0.1 to 12.8 seconds, and what is not taken goes back to its source",
        );
        self.leave_out(
            &["ssl_cipher_suites", "ssl_supported_protocols"],
            "TLS 1.2 and 1.3 are spoken, with the ciphers that are held to be safe",
        );
        self.leave_out(
            &["pool_max", "pool_max_per_route", "validate_after_inactivity"],
            "one request is under way at a time",
        );
        let target = Target::Elasticsearch(Box::new(target));
        Destination {
            form: Form::Bulk(Box::new(bulk)),
            ..Destination::json_lines("elasticsearch", target, None)
        }
    }

    fn elasticsearch_target(&mut self, options: &PluginOptions) -> Elasticsearch {
        let mut target = Elasticsearch::default();
        for name in [
            "ssl_certificate",
            "ssl_keystore_path",
            "ssl_truststore_path",
            "ca_trusted_fingerprint",
            "cloud_id",
            "keystore",
            "tls_certificate",
            "truststore",
        ] {
            if options.has(name) {
                self.problem(&format!("cannot be used: `{name}` is not built"));
            }
        }
        if self.option("ssl_verification_mode").as_deref() == Some("none")
            || !options.flag("ssl_certificate_verification", true)
        {
            self.problem(
                "cannot be used: a server whose certificate is not verified is not trusted",
            );
        }
        let is_tls = options.flag("ssl_enabled", false) || options.flag("ssl", false);
        let hosts: Vec<String> =
            options.texts("hosts").iter().map(|text| text.value.to_owned()).collect();
        for host in if hosts.is_empty() { vec!["127.0.0.1".to_owned()] } else { hosts } {
            let host = if host.contains("://") {
                host
            } else {
                format!("{}://{host}", if is_tls { "https" } else { "http" })
            };
            match host_url(&host, &mut target) {
                Ok(host) => target.hosts.push(host),
                Err(problem) => self.problem(&format!("cannot be used: {problem}")),
            }
        }
        let path = self.option("path").unwrap_or_default();
        let path = path.trim_matches('/');
        if !path.is_empty() {
            target.path = format!("/{path}");
        }
        if let Some(path) = self.option("bulk_path") {
            target.bulk_path = format!("/{}", path.trim_start_matches('/'));
        }
        for (name, value) in options.pairs("parameters") {
            target.parameters.push((name.value.to_owned(), value.to_text().into_owned()));
        }
        for (name, value) in options.pairs("custom_headers") {
            target.headers.push((name.value.to_ascii_lowercase(), value.to_text().into_owned()));
        }
        self.read_auth_type(options, &mut target);
        if let (Some(user), Some(password)) = (self.option("user"), self.option("password")) {
            target.authorization = Authorization::Basic(format!("{user}:{password}"));
        } else if let Some(pair) = self.option("cloud_auth") {
            target.authorization = Authorization::Basic(pair);
        } else if let Some(key) = self.option("api_key") {
            // As in Logstash.
            if target.hosts.iter().any(|host| host.starts_with("http://")) {
                self.problem("cannot be used: `api_key` needs hosts with `https://`");
            }
            target.authorization = Authorization::ApiKey(key);
        }
        for name in ["ssl_certificate_authorities", "cacert"] {
            let files = options.texts(name);
            target.ca_files.extend(files.iter().map(|text| text.value.to_owned()));
        }
        target.refusals.codes = options
            .texts("dlq_custom_codes")
            .iter()
            .filter_map(|code| code.value.parse().ok())
            .collect();
        target.refusals.dropped_types =
            options.texts("drop_error_types").iter().map(|kind| kind.value.to_owned()).collect();
        if let Some(seconds) = options.number("timeout").and_then(|number| number.value.as_int()) {
            match u64::try_from(seconds) {
                Ok(seconds) if seconds > 0 => target.timeout = Duration::from_secs(seconds),
                _ => self.problem(&format!("cannot be used: `timeout` is {seconds} seconds")),
            }
        }
        let level = options.number("compression_level").and_then(|number| number.value.as_int());
        target.is_packed = level != Some(0);
        target
    }

    /// Reads who asks as the output `opensearch` has it.
    fn read_auth_type(&mut self, options: &PluginOptions, target: &mut Elasticsearch) {
        let pairs = options.pairs("auth_type");
        let part = |wanted: &str| {
            let found = pairs.iter().find(|(name, _)| name.value == wanted);
            found.map(|(_, value)| value.to_text().into_owned())
        };
        match part("type").as_deref() {
            None if pairs.is_empty() => {}
            Some("basic") => {
                let pair = [part("user"), part("password")].map(Option::unwrap_or_default);
                target.authorization = Authorization::Basic(pair.join(":"));
            }
            Some("aws_iam") => {
                let is_serverless = part("service_name").as_deref() == Some("aoss")
                    || self.option("service_name").as_deref() == Some("aoss");
                let service = if is_serverless { "aoss" } else { "es" };
                target.authorization = Authorization::Aws(service);
                if pairs.iter().any(|(name, _)| !matches!(name.value, "type" | "service_name")) {
                    self.notice(
                        "goes without the rest of `auth_type`: the function's own role and region are used",
                    );
                }
            }
            _ => self.problem(
                "cannot be used: `auth_type` has no `type` that is known: `basic` or `aws_iam`",
            ),
        }
    }
}

/// What was meant as a URL, without name and password.
fn masked(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before.find("://").map_or("", |at| &before[..at + 3]);
            format!("{scheme}…@{host}")
        }
        None => url.to_owned(),
    }
}

/// `http://user:password@host:9200/` to `http://host:9200`; what stands around the host goes where it belongs.
fn host_url(url: &str, target: &mut Elasticsearch) -> Result<String, String> {
    let problem =
        || format!("`{}` is no URL of a host: `https://search.example.com:9200`", masked(url));
    let (scheme, rest) = url.split_once("://").ok_or_else(problem)?;
    if !matches!(scheme, "http" | "https") {
        return Err(problem());
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = match host.rsplit_once('@') {
        Some((pair, host)) => {
            let pair = percent_encoding::percent_decode_str(pair).decode_utf8_lossy().into_owned();
            target.authorization = Authorization::Basic(pair);
            host
        }
        None => host,
    };
    let path = path.trim_matches('/');
    if !path.is_empty() {
        target.path = format!("/{path}");
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if name.is_empty() || host.contains(|byte: char| byte.is_whitespace() || byte == '?') {
        return Err(problem());
    }
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let service = amazons_service(name);
    if let Some(service) = service.filter(|_| target.authorization == Authorization::None) {
        target.authorization = Authorization::Aws(service);
    }
    Ok(match (has_port, service) {
        (true, _) | (_, Some(_)) => format!("{scheme}://{host}"),
        // Logstash's own default.
        (false, None) => format!("{scheme}://{host}:9200"),
    })
}

/// The name of the service of AWS that a host belongs to, for signatures: `DOMAIN.eu-west-1.es.amazonaws.com` and `….com.cn`,
/// `DOMAIN.aos.eu-west-1.on.aws`.
fn amazons_service(host: &str) -> Option<&'static str> {
    let is_of = |service: &str| {
        let old = ["amazonaws.com", "amazonaws.com.cn"];
        let mut old = old.iter().filter_map(|suffix| host.strip_suffix(suffix));
        let new = host.strip_suffix(".on.aws").and_then(|rest| rest.rsplit_once('.'));
        old.any(|rest| rest.ends_with(&format!(".{service}.")))
            || new.is_some_and(|(rest, _)| rest.ends_with(&format!(".{service}")))
    };
    match () {
        () if is_of("es") || is_of("aos") => Some("es"),
        () if is_of("aoss") => Some("aoss"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use sawlog::{Config, Options, ParseOptions, Resources, Source};

    use super::*;

    fn pipeline(config: &str) -> Pipeline {
        let sources = vec![Source::new("a.conf", config)];
        let config = Config::parse(sources, &ParseOptions::default()).expect("a config");
        Pipeline::compile(&config, &Resources::new(), &Options::default()).expect("a pipeline")
    }

    fn of(config: &str) -> Result<Plan, PlanError> {
        Plan::new(&pipeline(config), None, None)
    }

    #[test]
    fn problems_do_not_tell_passwords() {
        let mistyped = "elasticsearch:htps://u:secret@h";
        let in_config = r#"output { elasticsearch { hosts => "htps://u:secret@h" } }"#;
        let error = Plan::new(&pipeline(""), Some(mistyped), None).expect_err("mistyped");
        for error in [error, of(in_config).expect_err("mistyped")] {
            let error = error.to_string();
            assert!(!error.contains("secret") && error.contains("htps://…@h"), "{error}");
        }
    }

    #[test]
    fn outputs_are_carried_out_and_what_is_not_is_told() {
        let plan = of(r#"output {
            elasticsearch { hosts => ["https://u:p%40@a", "b:9201"] index => "i" path => "/x/" custom_headers => { "X-A" => "b" } }
            s3 { bucket => "logs" prefix => "%{app}/" encoding => "gzip" region => "eu-west-1" codec => json_lines }
            kafka { topic_id => "t" }
            sqs { queue => "q" }
        }"#)
        .expect("a plan");
        let targets: Vec<&Target> = plan.targets().collect();
        let Target::Elasticsearch(target) = targets[0] else { panic!("Elasticsearch") };
        assert_eq!(target.hosts, ["https://a:9200", "http://b:9201"]);
        assert_eq!(target.authorization, Authorization::Basic("u:p@".to_owned()));
        assert_eq!((&*target.path, target.headers.len()), ("/x", 1));
        assert!(
            matches!(targets[1], Target::S3 { bucket, name } if bucket == "logs" && name.is_packed)
        );
        assert_eq!(plan.destinations[1].key.as_deref(), Some("%{app}/"));
        assert_eq!(targets[2], &Target::StandardOutput);
        assert_eq!(targets[3], &Target::Sqs { queue_url: "q".to_owned() });
        assert_eq!(
            plan.notices(),
            [
                "a.conf:3:13: the output `s3` goes without `region`: the function's own role, region and endpoint are used",
                "a.conf:4:13: the output `kafka` is not built; its events go to standard output",
            ]
        );
    }

    #[test]
    fn what_would_send_less_safely_than_the_config_says_is_an_error() {
        let error = of(
            "output { elasticsearch { ssl_verification_mode => none hosts => 'ftp://a' script => 'x' } }",
        );
        let error = error.expect_err("three problems").to_string();
        assert_eq!(error.lines().count(), 3, "{error}");
        assert!(
            error.contains("a.conf:1:10: the output `elasticsearch` cannot be used"),
            "{error}"
        );
    }

    #[test]
    fn options_of_the_connection_are_carried_out_or_told() {
        let plan = of(r#"output { elasticsearch {
            hosts => "https://a" api_key => "aWQ6a2V5" timeout => 5 drop_error_types => ["index_closed_exception"]
            dlq_custom_codes => [403] silence_errors_in_log => ["x"] retry_max_interval => 9 ssl_supported_protocols => ["TLSv1.3"] pool_max => 3
        } }"#);
        let plan = plan.expect("a plan");
        let Target::Elasticsearch(target) = &plan.destinations[0].target else { panic!("target") };
        assert_eq!(target.timeout, Duration::from_secs(5));
        assert_eq!(target.refusals.codes, [403]);
        assert_eq!(target.refusals.dropped_types, ["index_closed_exception"]);
        let left_out: Vec<&str> =
            plan.notices().iter().filter_map(|text| text.split('`').nth(3)).collect();
        assert_eq!(
            left_out,
            ["retry_max_interval", "ssl_supported_protocols", "pool_max", "silence_errors_in_log"]
        );
        let error =
            of("output { elasticsearch { hosts => 'http://a' api_key => 'i:k' timeout => 0 } }");
        assert_eq!(error.expect_err("two problems").problems.len(), 2);
    }

    #[test]
    fn opensearch_says_who_asks_in_its_own_way() {
        let authorization = |auth: &str| {
            let plan = of(&format!(
                "output {{ opensearch {{ hosts => 'https://a' auth_type => {{ {auth} }} }} }}"
            ));
            let plan = plan.map_err(|error| error.to_string())?;
            let Target::Elasticsearch(target) = &plan.destinations[0].target else {
                panic!("target")
            };
            Ok::<_, String>((target.authorization.clone(), plan.notices().len()))
        };
        let basic = "type => 'basic' user => 'u' password => 'p'";
        assert_eq!(authorization(basic), Ok((Authorization::Basic("u:p".to_owned()), 0)));
        let iam = "type => 'aws_iam' region => 'eu-west-1' service_name => 'aoss'";
        assert_eq!(authorization(iam), Ok((Authorization::Aws("aoss"), 1)));
        assert!(authorization("type => 'kerberos'").is_err());
        let unsafe_ssl =
            "output { opensearch { ssl => true ssl_certificate_verification => false } }";
        assert!(of(unsafe_ssl).is_err());
    }

    #[test]
    fn variable_stands_for_all_outputs() {
        let pipeline = pipeline("output { kafka { topic_id => 't' } }");
        for (output, wanted) in [
            ("stdout", Target::StandardOutput),
            ("firehose:s", Target::Firehose { stream: "s".to_owned() }),
            ("sqs:https://a/q", Target::Sqs { queue_url: "https://a/q".to_owned() }),
        ] {
            let plan =
                Plan::new(&pipeline, Some(output), Some("sqs:https://a/dead")).expect("a plan");
            let dead = Target::Sqs { queue_url: "https://a/dead".to_owned() };
            assert_eq!(plan.targets().collect::<Vec<_>>(), [&wanted, &dead]);
            assert_eq!((plan.dead_letter_place(), plan.notices().len()), (Some(1), 1));
        }
        let plan = Plan::new(&pipeline, Some("s3://logs/%{app}/"), None).expect("a plan");
        assert_eq!(plan.destinations[0].key.as_deref(), Some("%{app}/"));
        let error = Plan::new(&pipeline, Some("tape:1"), Some("there")).expect_err("two problems");
        assert_eq!(error.problems.len(), 2);
    }

    #[test]
    fn amazons_own_servers_are_asked_with_a_signature() {
        let plan = Plan::new(
            &pipeline(""),
            Some("elasticsearch:https://logs.eu-west-1.es.amazonaws.com/app"),
            None,
        );
        for (host, wanted) in [
            ("logs.cn-north-1.es.amazonaws.com.cn", Some("es")),
            ("logs.aos.eu-west-1.on.aws", Some("es")),
            ("id.eu-west-1.aoss.amazonaws.com", Some("aoss")),
            ("es.amazonaws.com.example.org", None),
            ("ec2-1.eu-west-1.compute.amazonaws.com", None),
        ] {
            assert_eq!(amazons_service(host), wanted, "{host}");
        }
        let plan = plan.expect("a plan");
        let Target::Elasticsearch(target) = &plan.destinations[0].target else {
            panic!("a target")
        };
        assert_eq!(target.authorization, Authorization::Aws("es"));
        assert_eq!(target.hosts, ["https://logs.eu-west-1.es.amazonaws.com"]);
    }
}

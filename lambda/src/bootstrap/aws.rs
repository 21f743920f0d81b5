//! AWS over HTTP: requests of the library signed and sent, objects read piece by piece.
//!
//! Credentials are those that Lambda puts into the environment, which live as long as the environment does.

use std::cell::OnceCell;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sawlog::limits;
use sawlog::protocol::outbox::{Outbox, Reply, Step};
use sawlog_cli::host;
use sawlog_lambda::{Object, Plan, Target, object_path};
use tokio::time::timeout;

use crate::serve::Deadline;

/// The longest time that a service may take to begin an answer, or to go on with one.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes of the longest answer that is kept. What Elasticsearch says of the actions of a request may repeat their values twice, of 8 MiB
/// at most; what the other services say is shorter.
const ANSWER_BYTES: usize = 32 << 20;

type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Sends requests to AWS, and to servers that a config names.
pub(crate) struct Aws {
    /// Made when it is first needed: a function that answers and asks nobody does without.
    client: OnceCell<HttpClient>,
    servers: Vec<Server>,
    region: String,
    credentials: Credentials,
    /// Instead of the services' own, for all of them: scheme and host.
    endpoint: Option<String>,
}

/// Servers with certificates of their own.
struct Server {
    hosts: Vec<String>,
    roots: RootCertStore,
    client: OnceCell<HttpClient>,
}

impl Aws {
    /// Reads region and credentials from the environment.
    ///
    /// # Errors
    /// Which variable is missing.
    pub(crate) fn from_variables(
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let needed = |name: &str| variable(name).ok_or_else(|| format!("`{name}` is not set"));
        let credentials = Credentials::new(
            needed("AWS_ACCESS_KEY_ID")?,
            needed("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let region = needed("AWS_REGION").or_else(|_| needed("AWS_DEFAULT_REGION"))?;
        let endpoint = variable("AWS_ENDPOINT_URL");
        let endpoint = endpoint.map(|url| url.trim_end_matches('/').to_owned());
        Ok(Self { client: OnceCell::new(), servers: Vec::new(), region, credentials, endpoint })
    }

    /// Reads the certificates that the servers of a plan are to be trusted by.
    ///
    /// # Errors
    /// Which file is none of certificates.
    pub(crate) fn with_servers(mut self, plan: &Plan) -> Result<Self, String> {
        for target in plan.targets() {
            let Target::Elasticsearch(server) = target else { continue };
            if server.ca_files.is_empty() {
                continue;
            }
            let mut roots = RootCertStore::empty();
            for path in &server.ca_files {
                let problem = |error: &dyn std::fmt::Display| format!("`{path}`: {error}");
                let pem = std::fs::read(path).map_err(|error| problem(&error))?;
                for certificate in CertificateDer::pem_slice_iter(&pem) {
                    let certificate = certificate.map_err(|error| problem(&error))?;
                    roots.add(certificate).map_err(|error| problem(&error))?;
                }
            }
            let hosts = server.hosts.clone();
            self.servers.push(Server { hosts, roots, client: OnceCell::new() });
        }
        Ok(self)
    }

    /// The client for a host.
    fn client(&self, host: Option<&str>) -> Result<&HttpClient, String> {
        let server = host.and_then(|host| {
            self.servers.iter().find(|server| server.hosts.iter().any(|other| other == host))
        });
        let cell = server.map_or(&self.client, |server| &server.client);
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let made = client(server.map(|server| &server.roots))?;
        Ok(cell.get_or_init(|| made))
    }

    /// Sends a request and gives status and body.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(crate) async fn send(
        &self,
        request: sawlog_lambda::Request,
        clock: Deadline,
    ) -> Result<(u16, Bytes), String> {
        let sawlog_lambda::Request {
            service,
            method,
            host,
            path,
            action,
            content_type,
            headers,
            timeout: limit,
            body,
        } = request;
        let limit = limit.unwrap_or(PATIENCE);
        let mut builder = Request::builder().method(method).header("content-type", content_type);
        if let Some(action) = action {
            builder = builder.header("x-amz-target", action);
        }
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        let call = self.call(builder, service, host.as_deref(), &path, body);
        let response =
            timeout(patience(limit, clock), call).await.map_err(|_| TOO_SLOW.to_owned())??;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES).collect();
        let body = timeout(patience(limit, clock), body).await.map_err(|_| TOO_SLOW.to_owned())?;
        Ok((status, body.map_err(|error| error.to_string())?.to_bytes()))
    }

    /// Begins to read an object; [`Aws::next_piece`] gives its bytes, from its offset on if that is said; there
    /// are none when the offset is its end.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) async fn fetch(
        &self,
        object: &Object,
        clock: Deadline,
    ) -> Result<(Option<Download>, bool), String> {
        let mut path = object_path(&object.bucket, &object.key);
        if let Some(version) = &object.version {
            let version = utf8_percent_encode(version, NON_ALPHANUMERIC);
            path = format!("{path}?versionId={version}");
        }
        let offset = Some(object.offset).filter(|offset| *offset > 0);
        // What is gone on with must be what was begun; a version is that by itself.
        let same = object.etag.as_deref().filter(|_| offset.is_some() && object.version.is_none());
        let from = offset.filter(|_| object.is_plain);
        let (response, is_from_offset) = self.start_get(&path, from, same, clock).await?;
        let download = response.map(|response| {
            let etag = response.headers().get("etag").and_then(|etag| etag.to_str().ok());
            Download {
                etag: etag.map(str::to_owned),
                body: response.into_body(),
                path,
                at: from.filter(|_| is_from_offset).unwrap_or(0),
            }
        });
        Ok((download, is_from_offset))
    }

    /// Gives the next bytes of an object, or nothing at its end. A connection that breaks is made anew for the rest.
    ///
    /// # Errors
    /// Why there are no more.
    pub(crate) async fn next_piece(
        &self,
        download: &mut Download,
        clock: Deadline,
    ) -> Result<Option<Bytes>, String> {
        let mut breaks = 0;
        loop {
            let problem = match timeout(patience(PATIENCE, clock), download.body.frame()).await {
                Err(_) => TOO_SLOW.to_owned(),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => text(&error),
                Ok(Some(Ok(frame))) => {
                    let Ok(bytes) = frame.into_data() else { continue };
                    download.at += bytes.len() as u64;
                    return Ok(Some(bytes));
                }
            };
            breaks += 1;
            let Some(etag) = download.etag.as_deref().filter(|_| breaks < limits::SEND_ATTEMPTS)
            else {
                return Err(problem);
            };
            let from = Some(download.at).filter(|at| *at > 0);
            match self.start_get(&download.path, from, Some(etag), clock).await? {
                (Some(response), is_rest) if is_rest == from.is_some() => {
                    download.body = response.into_body();
                }
                (None, _) => return Ok(None),
                // Ranges are not known there.
                (Some(_), _) => return Err(problem),
            }
        }
    }

    /// Reads what lies at a path of S3, as a whole.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) async fn get(&self, path: &str, clock: Deadline) -> Result<Bytes, String> {
        let (Some(response), _) = self.start_get(path, None, None, clock).await? else {
            return Ok(Bytes::new());
        };
        let body = Limited::new(response.into_body(), ANSWER_BYTES).collect();
        let body =
            timeout(patience(PATIENCE, clock), body).await.map_err(|_| TOO_SLOW.to_owned())?;
        Ok(body.map_err(|error| error.to_string())?.to_bytes())
    }

    /// Asks for what lies at a path, from an offset on if there is one, and only if it is still what has that tag; tells whether it
    /// begins at the offset. What goes away by itself is waited for, as the senders do.
    async fn start_get(
        &self,
        path: &str,
        offset: Option<u64>,
        same: Option<&str>,
        clock: Deadline,
    ) -> Result<(Option<Response<Incoming>>, bool), String> {
        #[expect(clippy::cast_sign_loss, reason = "any bits will do")]
        let mut attempts = Outbox::new([0], host::now().to_millis() as u64);
        loop {
            match attempts.poll(host::now()) {
                Step::Send if clock.has_time() => attempts.begin(1),
                Step::WaitUntil(until) if clock.has_time() => {
                    clock.wait(until).await;
                    continue;
                }
                _ => return Err(attempts.problem().unwrap_or(TOO_SLOW).to_owned()),
            }
            let call = self.call_get(path, offset, same);
            let problem = match timeout(patience(PATIENCE, clock), call).await {
                Err(_) => TOO_SLOW.to_owned(),
                Ok(Err(problem)) => problem,
                Ok(Ok(response)) => match response.status().as_u16() {
                    200 => return Ok((Some(response), false)),
                    206 if offset.is_some() => return Ok((Some(response), true)),
                    // The offset is the object's end.
                    416 if offset.is_some() => return Ok((None, true)),
                    412 => return Err("it was replaced by another while it was read".to_owned()),
                    status @ (408 | 429 | 500..) => format!("S3 answers with status {status}"),
                    status => return Err(format!("S3 answers with status {status}")),
                },
            };
            attempts.handle(Reply::Later(problem), host::now());
        }
    }

    async fn call_get(
        &self,
        path: &str,
        offset: Option<u64>,
        same: Option<&str>,
    ) -> Result<Response<Incoming>, String> {
        let mut builder = Request::builder().method("GET");
        if let Some(etag) = same {
            builder = builder.header("if-match", format!("\"{}\"", etag.trim_matches('"')));
        }
        if let Some(offset) = offset {
            builder = builder.header("range", format!("bytes={offset}-"));
        }
        self.call(builder, "s3", None, path, Vec::new()).await
    }

    async fn call(
        &self,
        builder: http::request::Builder,
        service: &str,
        host: Option<&str>,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Response<Incoming>, String> {
        let uri = match host.or(self.endpoint.as_deref()) {
            Some(host) => format!("{host}{path}"),
            None => service_uri(service, &self.region, path),
        };
        let client = self.client(host)?;
        let body = Bytes::from(body);
        if service.is_empty() {
            let request = builder.uri(&uri).body(Full::new(body)).map_err(|error| text(&error))?;
            return client.request(request).await.map_err(|error| text(&error));
        }
        let mut settings = SigningSettings::default();
        // S3 and OpenSearch Serverless ask for it, the others take it.
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        if service == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let identity = self.credentials.clone().into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| text(&error))?
            .into();
        let mut request =
            builder.uri(&uri).body(Full::new(body.clone())).map_err(|error| text(&error))?;
        let headers = request
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let signable = SignableRequest::new(
            request.method().as_str(),
            &uri,
            headers,
            SignableBody::Bytes(&body),
        );
        let signed = signable.and_then(|signable| sign(signable, &params));
        let (instructions, _) = signed.map_err(|error| text(&error))?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        client.request(request).await.map_err(|error| text(&error))
    }
}

/// An object that is being read.
pub(crate) struct Download {
    body: Incoming,
    path: String,
    /// Where in the object the next bytes stand.
    at: u64,
    /// What S3 knows it by.
    etag: Option<String>,
}

fn text(error: &dyn std::error::Error) -> String {
    let source = error.source().map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

fn client(roots: Option<&RootCertStore>) -> Result<HttpClient, String> {
    let tls = rustls::ClientConfig::builder_with_provider(
        rustls::crypto::ring::default_provider().into(),
    )
    .with_safe_default_protocol_versions()
    .map_err(|error| error.to_string())?;
    let tls = match roots {
        Some(roots) => tls.with_root_certificates(roots.clone()),
        None => tls.with_webpki_roots(),
    };
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls.with_no_client_auth())
        .https_or_http()
        .enable_http1()
        .build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

/// The address of a service in a region; buckets have hosts of their own, where their names are names of hosts.
fn service_uri(service: &str, region: &str, path: &str) -> String {
    let suffix = match region {
        _ if region.starts_with("cn-") => "amazonaws.com.cn",
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ if region.starts_with("eusc-") => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    let host = format!("{service}.{region}.{suffix}");
    let rest = path.get(1..).unwrap_or_default();
    let (bucket, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let is_host = (3..=63).contains(&bucket.len())
        && bucket
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    match service {
        "s3" if is_host && rest.starts_with('/') => format!("https://{bucket}.{host}{rest}"),
        "s3" if is_host => format!("https://{bucket}.{host}/{rest}"),
        _ => format!("https://{host}{path}"),
    }
}

const TOO_SLOW: &str = "the service did not answer in time";

/// How long a service may take: not so long that no time is left to say that it did not answer.
fn patience(limit: Duration, clock: Deadline) -> Duration {
    limit.min(clock.left())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_the_hosts_of_their_partition() {
        for (service, region, path, wanted) in [
            ("sqs", "eu-west-1", "/", "https://sqs.eu-west-1.amazonaws.com/"),
            ("firehose", "cn-north-1", "/", "https://firehose.cn-north-1.amazonaws.com.cn/"),
            ("s3", "us-gov-west-1", "/a-b/c/d", "https://a-b.s3.us-gov-west-1.amazonaws.com/c/d"),
            ("s3", "eu-west-1", "/a.b/c", "https://s3.eu-west-1.amazonaws.com/a.b/c"),
            ("s3", "eu-west-1", "/abc?x=/", "https://abc.s3.eu-west-1.amazonaws.com/?x=/"),
        ] {
            assert_eq!(service_uri(service, region, path), wanted);
        }
    }
}

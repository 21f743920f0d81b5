//! Requests to Elasticsearch's bulk interface.

use sawlog::protocol::bulk::FILTER_PATH;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::target::{Authorization, Elasticsearch, Target, bounds};
use super::{Batch, Request};
use crate::firehose::compress;

/// A request with as many of the waiting actions as it may have, and their number; `turn` says which host is asked.
pub(super) fn request(
    server: &Elasticsearch,
    batch: &Batch,
    waiting: &[usize],
    turn: usize,
) -> (Request, usize) {
    let bounds = bounds(&Target::Elasticsearch(Box::default()));
    let mut bytes = 0;
    let count = waiting
        .iter()
        .take(bounds.entries)
        .take_while(|event| {
            bytes += batch.event(**event).len();
            bytes <= bounds.bytes
        })
        .count()
        // What is larger by itself may still be taken.
        .max(1);
    let actions: Vec<&[u8]> = waiting.iter().take(count).map(|event| batch.event(*event)).collect();
    let mut headers = server.headers.clone();
    let mut body = actions.concat();
    if server.is_packed {
        let mut packed = Vec::new();
        compress(&body, &mut packed);
        body = packed;
        headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
    }
    let encoded = |text: &str| base64_simd::STANDARD.encode_to_string(text.as_bytes());
    let service = match &server.authorization {
        Authorization::Aws(service) => service,
        Authorization::ApiKey(key) => {
            // As Logstash takes both forms. A colon is no character of base64.
            let is_encoded = base64_simd::STANDARD.check(key.as_bytes()).is_ok();
            let key = if is_encoded { key.clone() } else { encoded(key) };
            headers.push(("authorization".to_owned(), format!("ApiKey {key}")));
            ""
        }
        Authorization::Basic(pair) => {
            headers.push(("authorization".to_owned(), format!("Basic {}", encoded(pair))));
            ""
        }
        Authorization::None => "",
    };
    // Only what is needed to know what became of each action.
    let mut path = format!("{}{}?filter_path={FILTER_PATH}", server.path, server.bulk_path);
    for (name, value) in &server.parameters {
        let part = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        path.extend(["&", &part(name).to_string(), "=", &part(value).to_string()]);
    }
    let host = server.hosts.get(turn % server.hosts.len().max(1)).cloned();
    let request = Request {
        service,
        method: "POST",
        host,
        path,
        action: None,
        content_type: "application/x-ndjson",
        headers,
        timeout: Some(server.timeout),
        body,
    };
    (request, count)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sawlog::limits;

    use super::*;

    fn batch(count: usize, bytes: usize) -> Batch {
        let mut batch = Batch::default();
        for at in 0..count {
            batch.bytes.extend_from_slice(b"{\"create\":{}}\n");
            batch.bytes.extend(core::iter::repeat_n(b'x', bytes));
            batch.bytes.push(b'\n');
            batch.end_event(at, None, at as u64);
        }
        batch
    }

    #[test]
    fn hosts_are_asked_in_turn_by_who_may() {
        let server = Elasticsearch {
            hosts: vec!["http://a:9200".to_owned(), "http://b:9200".to_owned()],
            path: "/x".to_owned(),
            parameters: vec![("a b".to_owned(), "c&d".to_owned())],
            authorization: Authorization::Basic("u:p".to_owned()),
            is_packed: false,
            ..Elasticsearch::default()
        };
        let batch = batch(2, 1);
        let (made, count) = request(&server, &batch, &[1], 3);
        assert_eq!((made.host.as_deref(), count), (Some("http://b:9200"), 1));
        let path = format!("/x/_bulk?filter_path={FILTER_PATH}&a%20b=c%26d");
        assert_eq!((made.path.as_str(), made.service), (path.as_str(), ""));
        assert_eq!(made.headers, [("authorization".to_owned(), "Basic dTpw".to_owned())]);
        assert_eq!(made.body, b"{\"create\":{}}\nx\n");
    }

    #[test]
    fn request_has_as_many_actions_as_fit_and_one_at_least() {
        let server = Elasticsearch { hosts: vec!["http://a".to_owned()], ..Default::default() };
        let all: Vec<usize> = (0..20).collect();
        assert_eq!(request(&server, &batch(20, 1 << 20), &all, 0).1, 7);
        assert_eq!(request(&server, &batch(2, 20 << 20), &all[..2], 0).1, 1);
        let many: Vec<usize> = (0..6_000).collect();
        let (made, count) = request(&server, &batch(6_000, 1), &many, 0);
        assert_eq!((count, made.timeout), (limits::BULK_ACTIONS, Some(Duration::from_mins(1))));
    }

    #[test]
    fn key_is_encoded_once() {
        for key in ["id:key", "aWQ6a2V5"] {
            let server = Elasticsearch {
                hosts: vec!["https://a".to_owned()],
                authorization: Authorization::ApiKey(key.to_owned()),
                is_packed: false,
                ..Elasticsearch::default()
            };
            let (made, _) = request(&server, &batch(1, 1), &[0], 0);
            let wanted = ("authorization".to_owned(), "ApiKey aWQ6a2V5".to_owned());
            assert_eq!(made.headers, [wanted], "{key}");
        }
    }
}

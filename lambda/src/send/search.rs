//! Requests to Elasticsearch's bulk interface.

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
    let most = bounds(&Target::Elasticsearch(Box::default())).bytes;
    let mut bytes = 0;
    let count = waiting
        .iter()
        .take_while(|event| {
            bytes += batch.event(**event).len();
            bytes <= most
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
            headers.push(("authorization".to_owned(), format!("ApiKey {}", encoded(key))));
            ""
        }
        Authorization::Basic(pair) => {
            headers.push(("authorization".to_owned(), format!("Basic {}", encoded(pair))));
            ""
        }
        Authorization::None => "",
    };
    // Only what is needed to know what became of each action.
    let mut path = format!(
        "{}{}?filter_path=errors,items.*.error,items.*.status",
        server.path, server.bulk_path
    );
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
        body,
    };
    (request, count)
}

#[cfg(test)]
mod tests {
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
        let path = "/x/_bulk?filter_path=errors,items.*.error,items.*.status&a%20b=c%26d";
        assert_eq!((made.path.as_str(), made.service), (path, ""));
        assert_eq!(made.headers, [("authorization".to_owned(), "Basic dTpw".to_owned())]);
        assert_eq!(made.body, b"{\"create\":{}}\nx\n");
    }

    #[test]
    fn request_has_as_many_actions_as_fit_and_one_at_least() {
        let server = Elasticsearch { hosts: vec!["http://a".to_owned()], ..Default::default() };
        let all: Vec<usize> = (0..20).collect();
        assert_eq!(request(&server, &batch(20, 1 << 20), &all, 0).1, 7);
        assert_eq!(request(&server, &batch(2, 20 << 20), &all[..2], 0).1, 1);
    }
}

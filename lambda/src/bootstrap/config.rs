//! A config that lies in S3: fetched at the start, with all that lies below the same prefix.

use std::path::{Component, Path, PathBuf};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sawlog_lambda::{Object, object_path};

use crate::aws::Aws;
use crate::serve::Deadline;

/// Where the files are put: the one place on Lambda that can be written to.
const FOLDER: &str = "/tmp/sawlog-config";

/// Bytes of all files together.
const MAX_BYTES: usize = 256 << 20;

/// Fetches `BUCKET/KEY`, or all of `BUCKET/PREFIX/`, makes their folder the working directory, so that the config finds what lies
/// beside it, and gives the path of the config: of a prefix `pipeline.conf`, if there is one, else all files.
///
/// # Errors
/// Why there is no config.
pub(crate) async fn fetch(aws: &Aws, place: &str, clock: Deadline) -> Result<PathBuf, String> {
    let problem = |why: String| format!("the config `s3://{place}` cannot be read: {why}");
    let (bucket, key) = place.split_once('/').unwrap_or((place, ""));
    let folder = Path::new(FOLDER);
    let is_prefix = key.is_empty() || key.ends_with('/');
    let keys = if is_prefix {
        list(aws, bucket, key, clock).await.map_err(problem)?
    } else {
        vec![key.to_owned()]
    };
    let prefix = if is_prefix { key.len() } else { key.rfind('/').map_or(0, |slash| slash + 1) };
    let mut left = MAX_BYTES;
    for key in &keys {
        let name = Path::new(key.get(prefix..).unwrap_or_default());
        let is_below = name.components().all(|part| matches!(part, Component::Normal(_)));
        if !is_below || key.ends_with('/') {
            continue;
        }
        let bytes = read(aws, bucket, key, &mut left, clock).await.map_err(problem)?;
        let path = folder.join(name);
        let written = std::fs::create_dir_all(path.parent().unwrap_or(folder))
            .and_then(|()| std::fs::write(&path, bytes));
        written.map_err(|error| problem(format!("{}: {error}", path.display())))?;
    }
    std::env::set_current_dir(folder).map_err(|error| problem(error.to_string()))?;
    let name = if is_prefix { "pipeline.conf" } else { key.get(prefix..).unwrap_or_default() };
    let path = folder.join(name);
    Ok(if path.is_file() { path } else { folder.to_owned() })
}

async fn read(
    aws: &Aws,
    bucket: &str,
    key: &str,
    left: &mut usize,
    clock: Deadline,
) -> Result<Vec<u8>, String> {
    let object = Object {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version: None,
        etag: None,
        size: None,
        time: None,
        offset: 0,
        is_plain: false,
    };
    let fetched = aws.fetch(&object, clock).await;
    let (body, _) = fetched.map_err(|error| format!("`{key}`: {error}"))?;
    let Some(mut body) = body else { return Ok(Vec::new()) };
    let mut bytes = Vec::new();
    while let Some(piece) = aws.next_piece(&mut body, clock).await? {
        *left = left.checked_sub(piece.len()).ok_or("its files have more than 256 MiB")?;
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// The keys below a prefix.
async fn list(
    aws: &Aws,
    bucket: &str,
    prefix: &str,
    clock: Deadline,
) -> Result<Vec<String>, String> {
    let encoded = utf8_percent_encode(prefix, NON_ALPHANUMERIC);
    let path = format!(
        "{}?encoding-type=url&list-type=2&prefix={encoded}",
        object_path(bucket, "").trim_end_matches('/')
    );
    let answer = aws.get(&path, clock).await?;
    let text = String::from_utf8_lossy(&answer);
    if text.contains("<IsTruncated>true<") {
        return Err("it has more than 1,000 files".to_owned());
    }
    // Keys are URL-encoded as was asked for, so that nothing in them is XML.
    let keys = text.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
    let keys: Vec<String> = keys
        .map(|key| percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned())
        .collect();
    if keys.is_empty() { Err("there are no files".to_owned()) } else { Ok(keys) }
}

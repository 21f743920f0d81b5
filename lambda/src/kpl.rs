//! Records that the Kinesis Producer Library packed into one: bytes to the records inside.
//!
//! `F3 89 9A C2`, a protocol buffer, and 16 bytes of MD5 over the buffer. What has no such mark, or whose MD5 is another, is plain
//! data that looks alike.
//!
//! Source: amazon-kinesis-producer, "KPL Aggregated Record Format".

use md5::{Digest as _, Md5};
use prost::Message as _;

const MAGIC: &[u8] = b"\xF3\x89\x9A\xC2";
const DIGEST_BYTES: usize = 16;

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct AggregatedRecord {
    #[prost(string, repeated, tag = "1")]
    partition_keys: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    hash_keys: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    records: Vec<Record>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Record {
    #[prost(uint64, tag = "1")]
    partition_key: u64,
    #[prost(bytes = "vec", tag = "3")]
    data: Vec<u8>,
}

/// The records inside one.
#[derive(Debug)]
pub(crate) struct Aggregate(AggregatedRecord);

impl Aggregate {
    /// Takes a record apart; nothing when it is plain data.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (buffer, digest) = rest.split_at_checked(rest.len().checked_sub(DIGEST_BYTES)?)?;
        if Md5::digest(buffer).as_slice() != digest {
            return None;
        }
        AggregatedRecord::decode(buffer).ok().map(Self)
    }

    /// The partition key and the data of each record, in order.
    pub(crate) fn records(&self) -> impl Iterator<Item = (Option<&str>, &[u8])> {
        self.0.records.iter().map(|record| {
            let key = usize::try_from(record.partition_key).ok();
            let key = key.and_then(|key| self.0.partition_keys.get(key));
            (key.map(String::as_str), &*record.data)
        })
    }
}

/// Packs records, for tests.
#[cfg(test)]
pub(crate) fn pack(records: &[(&str, &[u8])]) -> Vec<u8> {
    let aggregate = AggregatedRecord {
        partition_keys: records.iter().map(|(key, _)| (*key).to_owned()).collect(),
        hash_keys: Vec::new(),
        records: records
            .iter()
            .zip(0..)
            .map(|((_, data), partition_key)| Record { partition_key, data: data.to_vec() })
            .collect(),
    };
    let buffer = aggregate.encode_to_vec();
    let digest = Md5::digest(&buffer);
    [MAGIC, &buffer, digest.as_slice()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn records_come_out_in_order_with_their_keys() {
        let packed = pack(&[("a", b"1"), ("b", b""), ("a", b"3")]);
        let aggregate = Aggregate::read(&packed).expect("an aggregate");
        let records: Vec<_> = aggregate.records().collect();
        assert_eq!(records, [(Some("a"), &b"1"[..]), (Some("b"), b""), (Some("a"), b"3")]);
    }

    /// As `amazon-kinesis-producer` writes it: the fields of one record, by hand.
    #[test]
    fn wire_format_is_that_of_the_library() {
        let buffer = b"\x0a\x03key\x1a\x08\x08\x00\x1a\x04line";
        let packed = [MAGIC, buffer, Md5::digest(buffer).as_slice()].concat();
        let aggregate = Aggregate::read(&packed).expect("an aggregate");
        assert_eq!(aggregate.records().collect::<Vec<_>>(), [(Some("key"), &b"line"[..])]);
    }

    #[test]
    fn partition_key_that_is_not_in_the_table_is_none() {
        let buffer = b"\x0a\x03key\x1a\x08\x08\x07\x1a\x04line";
        let packed = [MAGIC, buffer, Md5::digest(buffer).as_slice()].concat();
        let aggregate = Aggregate::read(&packed).expect("an aggregate");
        assert_eq!(aggregate.records().collect::<Vec<_>>(), [(None, &b"line"[..])]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(8), ..ProptestConfig::default() })]

        #[test]
        fn record_with_any_byte_changed_is_plain_data(at in 0usize..100, bit in 0u32..8) {
            let mut packed = pack(&[("key", b"a line of a log"), ("other", b"another line")]);
            let at = at % packed.len();
            packed[at] ^= 1 << bit;
            prop_assert!(Aggregate::read(&packed).is_none());
        }

        #[test]
        fn any_bytes_behind_the_mark_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let digest = Md5::digest(&bytes);
            let packed = [MAGIC, &bytes, digest.as_slice()].concat();
            if let Some(aggregate) = Aggregate::read(&packed) {
                prop_assert!(aggregate.records().map(|(_, data)| data.len()).sum::<usize>() <= bytes.len());
            }
        }
    }
}

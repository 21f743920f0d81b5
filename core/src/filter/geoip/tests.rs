use crate::codec::Encoder;
use crate::config::{Config, ParseOptions};
use crate::diagnostic::{Code, Diagnostics, Source};
use crate::event::Event;
use crate::program::{Ecs, Options, Pipeline, Resources};
use crate::run::{InputOptions, Sink, Tick, Worker};
use crate::time::Timestamp;

/// The databases in `core/tests/data/maxmind`, under the names that configs here use.
fn resources() -> Resources {
    let mut resources = Resources::new();
    macro_rules! add {
        ($($name:literal)+) => {
            $(resources.add_file(
                $name,
                include_bytes!(concat!("../../../tests/data/maxmind/", $name, "-Test.mmdb")).to_vec(),
            );)+
        };
    }
    add! {
        "GeoLite2-City" "GeoLite2-ASN" "GeoLite2-Country" "GeoIP2-Anonymous-IP" "GeoIP2-Domain"
        "GeoIP2-Enterprise" "GeoIP2-Connection-Type"
    }
    resources
}

fn compile(options: &str, ecs: Ecs, resources: &Resources) -> Result<Pipeline, Diagnostics> {
    let text = format!("filter {{ geoip {{ {options} }} }}");
    let config = Config::parse(vec![Source::new("test", text)], &ParseOptions::default());
    let settings = Options { ecs, ..Options::default() };
    Pipeline::compile(&config.expect("parses"), resources, &settings)
}

struct Json(Vec<String>);

impl Sink for Json {
    fn event(&mut self, event: &Event<'_>) {
        let mut value: serde_json::Value = {
            let mut out = Vec::new();
            Encoder::json().encode(event, Timestamp::UNIX_EPOCH, &mut out);
            serde_json::from_slice(&out).expect("JSON")
        };
        let object = value.as_object_mut().expect("an object");
        object.remove("@timestamp");
        object.remove("@version");
        self.0.push(value.to_string());
    }
}

fn run(options: &str, ecs: Ecs, event: &str) -> String {
    let pipeline = compile(options, ecs, &resources()).expect(options);
    let mut worker = Worker::new(&pipeline, &InputOptions::default()).expect("a worker");
    let mut out = Json(Vec::new());
    worker.run_event(event, Tick { now: Timestamp::UNIX_EPOCH, seed: 0 }, &mut out);
    out.0.pop().expect("an event")
}

#[track_caller]
fn assert_run(options: &str, ecs: Ecs, event: &str, expected: &str) {
    let expected: serde_json::Value = serde_json::from_str(expected).expect("JSON");
    assert_eq!(run(options, ecs, event), expected.to_string(), "{options} {event}");
}

const CITY: &str = r#"source => "[client][ip]" database => "GeoLite2-City""#;

#[test]
fn a_city_has_ecs_names() {
    assert_run(
        CITY,
        Ecs::V8,
        r#"{"client":{"ip":"216.160.83.56"}}"#,
        r#"{"client":{"ip":"216.160.83.56","geo":{"city_name":"Milton","continent_code":"NA",
            "country_iso_code":"US","country_name":"United States","location":{"lat":47.2513,"lon":-122.3149},
            "postal_code":"98354","region_iso_code":"US-WA","region_name":"Washington",
            "timezone":"America/Los_Angeles"},"mmdb":{"dma_code":819}}}"#,
    );
}

#[test]
fn a_city_has_legacy_names_and_the_most_specific_region() {
    assert_run(
        r#"source => "ip" database => "GeoLite2-City""#,
        Ecs::Disabled,
        r#"{"ip":["2.125.160.216","x"]}"#,
        r#"{"ip":["2.125.160.216","x"],"geoip":{"city_name":"Boxford","continent_code":"EU",
            "country_code2":"GB","country_code3":"GB","country_name":"United Kingdom","ip":"2.125.160.216",
            "latitude":51.75,"location":{"lat":51.75,"lon":-1.25},"longitude":-1.25,"postal_code":"OX1",
            "region_code":"WBK","region_name":"West Berkshire","timezone":"Europe/London"}}"#,
    );
}

#[test]
fn other_databases_have_their_own_fields() {
    for (database, address, expected) in [
        (
            "GeoLite2-ASN",
            "1.128.0.7",
            r#"{"as":{"number":1221,"organization":{"name":"Telstra Pty Ltd"}},"ip":"1.128.0.7"}"#,
        ),
        (
            "GeoLite2-Country",
            "2001:218::1",
            r#"{"geo":{"country_iso_code":"JP","country_name":"Japan","continent_name":"Asia"},
                "ip":"2001:218:0:0:0:0:0:1"}"#,
        ),
        ("GeoIP2-Domain", "1.2.0.1", r#"{"domain":"maxmind.com"}"#),
        (
            "GeoIP2-Anonymous-IP",
            "1.2.0.1",
            r#"{"ip_traits":{"anonymous":true,"anonymous_vpn":true,"hosting_provider":false,
                "public_proxy":false,"residential_proxy":false,"tor_exit_node":false}}"#,
        ),
        (
            "GeoIP2-Enterprise",
            "74.209.24.0",
            r#"{"geo":{"city_name":"Chatham","continent_name":"North America","country_iso_code":"US",
                "country_name":"United States","location":{"lat":42.3478,"lon":-73.5549},
                "region_iso_code":"US-NY","region_name":"New York"},"ip":"74.209.24.0"}"#,
        ),
    ] {
        assert_run(
            &format!(r#"source => "a" target => "t" database => "{database}""#),
            Ecs::V1,
            &format!(r#"{{"a":"{address}"}}"#),
            &format!(r#"{{"a":"{address}","t":{expected}}}"#),
        );
    }
}

#[test]
fn chosen_fields_are_set_when_the_database_has_them() {
    assert_run(
        r#"source => "a" target => "t" database => "GeoLite2-City" fields => ["LATITUDE", "ip", "isp", "country_code3"]"#,
        Ecs::V8,
        r#"{"a":"89.160.20.112"}"#,
        r#"{"a":"89.160.20.112","t":{"geo":{"location":{"lat":58.4167}},"ip":"89.160.20.112"}}"#,
    );
    assert_run(
        r#"source => "a" target => "t" database => "GeoLite2-ASN" fields => ["network"]"#,
        Ecs::V8,
        r#"{"a":"1.128.0.7"}"#,
        r#"{"a":"1.128.0.7","t":{"ip_traits":{"network":"1.128.0.0/11"}}}"#,
    );
}

#[test]
fn what_is_not_found_is_tagged_and_makes_an_empty_target() {
    let failed = r#","t":{},"tags":["_geoip_lookup_failure"]}"#;
    let tagged = r#","tags":["_geoip_lookup_failure"]}"#;
    for (event, behind) in [
        (r#"{"a":"127.0.0.1""#, failed),
        (r#"{"a":"www.example.com""#, failed),
        (r#"{"a":"216.160.83.56 ""#, failed),
        (r#"{"a":"216.160.83.56","t":"text""#, tagged),
        (r#"{"a":"""#, tagged),
        (r#"{"a":null"#, tagged),
        (r#"{"b":1"#, tagged),
        (r#"{"a":5"#, tagged),
        (r#"{"a":[]"#, tagged),
        (r#"{"a":[null]"#, tagged),
    ] {
        assert_run(
            r#"source => "a" target => "t" database => "GeoLite2-City" add_tag => ["never"]"#,
            Ecs::V8,
            &format!("{event}}}"),
            &format!("{event}{behind}"),
        );
    }
    assert_run(
        r#"source => "a" target => "t" database => "GeoLite2-City" tag_on_failure => []"#,
        Ecs::V8,
        r#"{"a":"::ffff:216.160.83.57","t":{"x":1}}"#,
        &run(
            r#"source => "a" target => "t" database => "GeoLite2-City""#,
            Ecs::V8,
            r#"{"a":"::ffff:216.160.83.57","t":{"x":1}}"#,
        ),
    );
}

#[test]
fn wrong_options_and_databases_are_errors_with_a_position() {
    let mut resources = resources();
    resources.add_file("text", b"no database".to_vec());
    for (options, code, part) in [
        (r#"source => "[a][ip]""#, Code::MissingOption, "`geoip` has no `database`"),
        (r#"source => "[a][ip]" database => "x.mmdb""#, Code::MissingResource, "of the option `database`"),
        (r#"source => "ip" database => "GeoLite2-City""#, Code::MissingOption, "with ECS `target` is needed"),
        (r#"source => "[ip]" database => "GeoLite2-City""#, Code::MissingOption, "does not end in"),
        (r#"source => "a" target => "t" database => "text""#, Code::BadResource, "is no MaxMind database"),
        (
            r#"source => "a" target => "t" database => "GeoIP2-Connection-Type""#,
            Code::BadResource,
            "is of the type `GeoIP2-Connection-Type`",
        ),
        (
            r#"source => "a" target => "t" database => "GeoLite2-City" fields => ["town"]"#,
            Code::BadValue,
            "`town` is no field",
        ),
        (
            r#"source => "a" target => "[t" database => "GeoLite2-City""#,
            Code::BadFieldReference,
            "`[t` is no field reference",
        ),
    ] {
        let wrong = compile(options, Ecs::V8, &resources).expect_err(options);
        let found = wrong.iter().find(|one| one.message.contains(part));
        let found = found.unwrap_or_else(|| panic!("{options}: {wrong:?}"));
        assert_eq!(found.code, code, "{options}");
        assert!(found.span.is_some(), "{options}");
    }
}

#[test]
fn a_new_database_takes_the_place_of_the_old_one() {
    let options = r#"source => "a" target => "t" database => "GeoLite2-City""#;
    let pipeline = compile(options, Ecs::V8, &resources()).expect(options);
    let mut changed = Resources::new();
    let country = include_bytes!("../../../tests/data/maxmind/GeoLite2-Country-Test.mmdb");
    changed.add_file("GeoLite2-City", country.to_vec());
    let changed = pipeline.with_resources(&changed).expect("a database");
    let mut worker = Worker::new(&pipeline, &InputOptions::default()).expect("a worker");
    worker.set_pipeline(&changed).expect("of the same config");
    let mut out = Json(Vec::new());
    let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
    worker.run_event(r#"{"a":"89.160.20.112"}"#, tick, &mut out);
    assert!(out.0[0].contains(r#""continent_name":"Europe""#), "{}", out.0[0]);
    assert!(!out.0[0].contains("city_name"), "{}", out.0[0]);
}

#[test]
fn damaged_databases_find_nothing_and_do_not_panic() {
    let whole = include_bytes!("../../../tests/data/maxmind/GeoLite2-City-Test.mmdb");
    let mut state = 1_u64;
    let mut opened = 0;
    for _ in 0..200 {
        let mut bytes = whole.to_vec();
        for _ in 0..40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(state >> 33).expect("31 bits") % (bytes.len() - 500);
            bytes[at] ^= 1 << (state >> 20 & 7);
        }
        let mut resources = Resources::new();
        resources.add_file("x", bytes);
        let options = r#"source => "a" target => "t" database => "x""#;
        let Ok(pipeline) = compile(options, Ecs::V8, &resources) else { continue };
        opened += 1;
        let mut worker = Worker::new(&pipeline, &InputOptions::default()).expect("a worker");
        let mut out = Json(Vec::new());
        for address in ["89.160.20.112", "216.160.83.56", "2001:218::1", "81.2.69.160"] {
            let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
            worker.run_event(&format!(r#"{{"a":"{address}"}}"#), tick, &mut out);
        }
        assert_eq!(out.0.len(), 4);
    }
    assert!(opened > 100, "{opened}");
}

#[test]
fn what_is_wrong_is_told_at_once() {
    let options = r#"source => "ip" fields => ["no_such"] database => "missing""#;
    let wrong = compile(options, Ecs::V8, &resources()).expect_err("three errors");
    let codes: Vec<Code> = wrong.iter().map(|item| item.code).collect();
    assert_eq!(codes, [Code::MissingOption, Code::BadValue, Code::MissingResource]);
}

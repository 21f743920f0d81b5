//! Events as Arrow batches: nothing is lost, whatever comes when.

#![expect(clippy::unwrap_used, reason = "tests")]

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use proptest::prelude::*;
use sawlog::arrow::{BatchBuilder, BatchError, BatchOptions, ENCODING_KEY, REST_COLUMN, Rest};
use sawlog::{
    Config, Event, InputOptions, Options, ParseOptions, Pipeline, Resources, Sink, Source, Tick,
    Timestamp, Worker,
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Builds batches and keeps the events' own JSON.
struct Both {
    builder: BatchBuilder,
    json: Vec<Value>,
}

impl Sink for Both {
    fn event(&mut self, event: &Event<'_>) {
        self.builder.push(event);
        let mut bytes = Vec::new();
        event.write_json(&mut bytes);
        self.json.push(serde_json::from_slice(&bytes).unwrap());
    }
}

fn run(config: &str, lines: &[String], options: &BatchOptions) -> (Both, Vec<RecordBatch>) {
    let sources = vec![Source::new("t", config)];
    let config = Config::parse(sources, &ParseOptions::default()).unwrap();
    let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default()).unwrap();
    let input = InputOptions {
        codec: Some("json".to_owned()),
        keep_original: false,
        ..InputOptions::default()
    };
    let mut worker = Worker::new(&pipeline, &input).unwrap();
    let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
    let mut both = Both { builder: BatchBuilder::new(options).unwrap(), json: Vec::new() };
    for line in lines {
        worker.push(line.as_bytes(), tick, &mut both);
        worker.push(b"\n", tick, &mut both);
    }
    worker.finish(tick, &mut both);
    both.builder.finish();
    let mut batches = Vec::new();
    while let Some(batch) = both.builder.next_batch().unwrap() {
        batches.push(batch.into_record_batch().unwrap());
    }
    (both, batches)
}

fn batches_of(lines: &[&str], batch_events: usize) -> (Both, Vec<RecordBatch>) {
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let options = BatchOptions { batch_events, ..BatchOptions::default() };
    run("filter { }", &lines, &options)
}

/// Reads a row of a batch back: its columns, and what the rest adds.
fn row(batch: &RecordBatch, row: usize) -> Value {
    let mut event = Map::new();
    let schema = batch.schema();
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        if field.name() == REST_COLUMN {
            continue;
        }
        if let Some(value) = cell(field, column, row) {
            event.insert(field.name().clone(), value);
        }
    }
    let mut event = Value::Object(event);
    let rest = batch.column_by_name(REST_COLUMN).unwrap().as_string::<i32>();
    if rest.is_valid(row) {
        merge(&mut event, serde_json::from_str(rest.value(row)).unwrap());
    }
    event
}

fn merge(into: &mut Value, rest: Value) {
    match (into, rest) {
        (Value::Object(into), Value::Object(rest)) => {
            for (name, value) in rest {
                match into.get_mut(&name) {
                    Some(known) => merge(known, value),
                    None => drop(into.insert(name, value)),
                }
            }
        }
        (into, rest) => panic!("{rest} is there twice, beside {into}"),
    }
}

fn cell(field: &Field, column: &dyn Array, row: usize) -> Option<Value> {
    if column.is_null(row) {
        return None;
    }
    let is_json = field.metadata().get(ENCODING_KEY).is_some_and(|encoding| encoding == "json");
    Some(match field.data_type() {
        DataType::Utf8 if is_json => {
            serde_json::from_str(column.as_string::<i32>().value(row)).unwrap()
        }
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).into(),
        DataType::Boolean => column.as_boolean().value(row).into(),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            let nanos = column.as_primitive::<TimestampNanosecondType>().value(row);
            let rest = u32::try_from(nanos.rem_euclid(1_000_000_000)).unwrap();
            Timestamp::new(nanos.div_euclid(1_000_000_000), rest).unwrap().to_string().into()
        }
        DataType::List(item) => {
            let items = column.as_list::<i32>().value(row);
            let values = (0..items.len()).map(|at| cell(item, &items, at).unwrap_or(Value::Null));
            Value::Array(values.collect())
        }
        DataType::Struct(fields) => {
            let columns = column.as_struct();
            let members = fields.iter().zip(columns.columns());
            let members = members.filter_map(|(field, column)| {
                Some((field.name().clone(), cell(field, column, row)?))
            });
            Value::Object(members.collect())
        }
        other => panic!("{other} is no type of a column"),
    })
}

/// Members that are null are as good as missing, and a number is its value.
fn normal(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(members.map(|(name, value)| (name, normal(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(normal).collect()),
        Value::Number(number) => {
            let text = number.to_string();
            if text.parse::<i64>().is_ok() {
                return Value::Number(number);
            }
            match text.parse::<f64>() {
                #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
                Ok(float) if float.fract() == 0.0 && float.abs() <= 9e15 => (float as i64).into(),
                Ok(float) if format!("{float:?}") == text => float.into(),
                _ => Value::String(text),
            }
        }
        other => other,
    }
}

fn assert_lossless(both: &Both, batches: &[RecordBatch]) {
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|at| row(batch, at)));
    let rows: Vec<Value> = rows.map(normal).collect();
    let events: Vec<Value> = both.json.iter().cloned().map(normal).collect();
    assert_eq!(rows, events);
}

fn type_of<'a>(batch: &'a RecordBatch, name: &str) -> (&'a DataType, bool) {
    let (_, field) = batch.schema_ref().fields().find(name).unwrap();
    (field.data_type(), field.metadata().contains_key(ENCODING_KEY))
}

#[test]
fn first_batch_decides_the_columns_in_order_of_appearance() {
    let (both, batches) = batches_of(
        &[
            r#"{"a":"x","n":1,"f":1.5,"b":true,"l":["p","q"],"m":{"i":1}}"#,
            r#"{"n":null,"z":"late","m":{"j":"k"}}"#,
        ],
        100,
    );
    assert_lossless(&both, &batches);
    let names: Vec<&str> =
        batches[0].schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["@timestamp", "@version", "a", "n", "f", "b", "l", "m", "z", REST_COLUMN]);
    let utc = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    assert_eq!(type_of(&batches[0], "@timestamp"), (&utc, false));
    assert_eq!(type_of(&batches[0], "n"), (&DataType::Int64, false));
    assert_eq!(type_of(&batches[0], "f"), (&DataType::Float64, false));
    assert_eq!(type_of(&batches[0], "b"), (&DataType::Boolean, false));
    let texts = DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)));
    assert_eq!(type_of(&batches[0], "l"), (&texts, false));
    assert!(matches!(type_of(&batches[0], "m").0, DataType::Struct(fields) if fields.len() == 2));
    let rest = batches[0].column_by_name(REST_COLUMN).unwrap();
    assert_eq!(rest.null_count(), 2, "everything has a column");
}

#[test]
fn what_comes_later_and_has_no_place_is_in_the_rest() {
    let (both, batches) = batches_of(
        &[
            r#"{"n":1,"m":{"i":1},"l":[1]}"#,
            r#"{"n":"x","m":{"i":2,"j":{"k":[]}},"l":["1"],"new":{"a":null}}"#,
            r#"{"n":9007199254740993,"m":"text","_rest":1}"#,
        ],
        1,
    );
    assert_eq!(batches.len(), 3);
    assert!(batches.iter().all(|batch| batch.schema() == batches[0].schema()));
    assert_lossless(&both, &batches);
    let rest = batches[1].column_by_name(REST_COLUMN).unwrap().as_string::<i32>().value(0);
    assert_eq!(rest, r#"{"n":"x","m":{"j":{"k":[]}},"l":["1"],"new":{"a":null}}"#);
    let rest = batches[2].column_by_name(REST_COLUMN).unwrap().as_string::<i32>().value(0);
    assert_eq!(rest, r#"{"m":"text","_rest":1}"#);
}

#[test]
fn mixtures_in_the_first_batch_are_json() {
    let (both, batches) = batches_of(
        &[
            r#"{"mixed":1,"wide":1,"deep":{"x":{}},"lists":[[1]],"late":[],"big":1}"#,
            r#"{"mixed":"a","wide":2.5,"deep":{"x":{}},"lists":[],"late":[1,null],"big":9007199254740993}"#,
            r#"{"mixed":{"a":[true]},"wide":-1,"late":[2],"big":0.5}"#,
        ],
        100,
    );
    assert_lossless(&both, &batches);
    assert_eq!(type_of(&batches[0], "mixed"), (&DataType::Utf8, true));
    assert_eq!(type_of(&batches[0], "wide"), (&DataType::Float64, false));
    assert_eq!(type_of(&batches[0], "lists"), (&DataType::Utf8, true));
    assert_eq!(type_of(&batches[0], "big"), (&DataType::Utf8, true), "a double would round it");
    assert!(matches!(type_of(&batches[0], "late").0, DataType::List(_)));
    let mixed = batches[0].column_by_name("mixed").unwrap().as_string::<i32>();
    assert_eq!(mixed.value(1), r#""a""#, "a text and a number stay apart");
}

#[test]
fn empty_map_is_no_missing_one() {
    let (_, batches) = batches_of(&[r#"{"m":{"a":1}}"#, r#"{"m":{}}"#, "{}"], 100);
    let column = batches[0].column_by_name("m").unwrap();
    assert!(column.is_valid(1) && column.is_null(2));
}

#[test]
fn instants_that_nanoseconds_cannot_count_are_texts() {
    let lines =
        [r#"{"@timestamp":"2024-01-01T00:00:00Z"}"#, r#"{"@timestamp":"1600-01-01T00:00:00Z"}"#];
    let (both, batches) = batches_of(&lines, 1);
    assert_lossless(&both, &batches);
    let rest = batches[1].column_by_name(REST_COLUMN).unwrap().as_string::<i32>();
    assert_eq!(rest.value(0), r#"{"@timestamp":"1600-01-01T00:00:00.000Z"}"#);
    let (both, batches) = batches_of(&lines, 100);
    assert_lossless(&both, &batches);
    assert_eq!(type_of(&batches[0], "@timestamp"), (&DataType::Utf8, true));
}

#[test]
fn names_with_a_zero_are_in_the_rest() {
    let (both, batches) = batches_of(&[r#"{"a\u0000b":1,"m":{"\u0000":2,"c":3}}"#], 1);
    assert_lossless(&both, &batches);
    let schema = batches[0].schema();
    let fields = schema.flattened_fields();
    assert!(fields.iter().all(|field| !field.name().contains('\0')), "{fields:?}");
    let given = given(vec![Field::new("a\0", DataType::Utf8, true)], Rest::Keep);
    assert_eq!(BatchBuilder::new(&given).unwrap_err(), BatchError::ColumnName("a\0".into()));
}

#[test]
fn fields_in_another_order_find_their_columns() {
    let lines =
        [r#"{"a":1,"b":2,"c":3}"#, r#"{"c":3,"x":9,"a":1,"b":2}"#, r#"{"b":2,"c":3,"a":1}"#];
    for batch_events in [1, 2, 100] {
        let (both, batches) = batches_of(&lines, batch_events);
        assert_lossless(&both, &batches);
    }
}

#[test]
fn names_without_end_and_maps_without_bottom_stay_bounded() {
    let names: Vec<String> = (0..5000).map(|at| format!("\"k{at}\":{at}")).collect();
    let wide = format!("{{{}}}", names.join(","));
    let deep = format!("{}1{}", r#"{"d":"#.repeat(40), "}".repeat(40));
    let (both, batches) = batches_of(&[&wide, &deep], 100);
    assert_lossless(&both, &batches);
    assert!(batches[0].num_columns() <= sawlog::limits::BATCH_COLUMNS + 1);
}

#[test]
fn no_event_gives_a_schema_and_no_batch() {
    let (both, batches) = batches_of(&[], 100);
    assert!(batches.is_empty());
    assert_eq!(both.builder.schema().unwrap().fields().len(), 1);
}

#[test]
fn long_texts_end_a_batch_early() {
    let lines: Vec<String> =
        (0..10).map(|_| format!("{{\"a\":\"{}\"}}", "x".repeat(1000))).collect();
    let options = BatchOptions { batch_bytes: 2500, ..BatchOptions::default() };
    let (both, batches) = run("filter { }", &lines, &options);
    assert_lossless(&both, &batches);
    assert_eq!(batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [3, 3, 3, 1]);
}

fn given(fields: Vec<Field>, rest: Rest) -> BatchOptions {
    let schema = Some(Arc::new(Schema::new(fields)));
    BatchOptions { schema, rest, ..BatchOptions::default() }
}

#[test]
fn given_columns_take_what_they_can_hold_and_texts_take_all() {
    let inner = vec![Field::new("i", DataType::Int64, true)];
    let second = DataType::Timestamp(TimeUnit::Second, Some("UTC".into()));
    let fields = vec![
        Field::new("n", DataType::Int64, true),
        Field::new("t", DataType::Utf8, true),
        Field::new("m", DataType::Struct(inner.into()), true),
        Field::new("@timestamp", second, true),
    ];
    let lines = [
        r#"{"n":1,"t":5,"m":{"i":1,"j":2},"x":"y","@timestamp":"1970-01-01T00:00:01.999Z"}"#,
        r#"{"n":"1","t":{"a":[1]},"m":{"i":"1"}}"#,
    ];
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let (both, batches) = run("filter { }", &lines, &given(fields.clone(), Rest::Keep));
    assert_eq!(both.builder.left_out(), 0);
    let batch = &batches[0];
    let texts = batch.column_by_name("t").unwrap().as_string::<i32>();
    assert_eq!((texts.value(0), texts.value(1)), ("5", r#"{"a":[1]}"#));
    let rest = batch.column_by_name(REST_COLUMN).unwrap().as_string::<i32>();
    assert_eq!(rest.value(0), r#"{"@version":"1","m":{"j":2},"x":"y"}"#);
    assert_eq!(rest.value(1), r#"{"@version":"1","n":"1","m":{"i":"1"}}"#);
    let (both, batches) = run("filter { }", &lines, &given(fields, Rest::Count));
    assert_eq!((both.builder.left_out(), batches[0].num_columns()), (2, 4));
}

#[test]
fn columns_that_cannot_be_built_are_refused() {
    let refused = |fields| BatchBuilder::new(&given(fields, Rest::Keep)).unwrap_err();
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    assert_eq!(refused(vec![text("a"), text("a")]), BatchError::ColumnName("a".into()));
    assert_eq!(refused(vec![text(REST_COLUMN)]), BatchError::ColumnName(REST_COLUMN.into()));
    let local = DataType::Timestamp(TimeUnit::Second, None);
    for kind in
        [DataType::Int8, DataType::Null, DataType::Struct(Vec::<Field>::new().into()), local]
    {
        let error = refused(vec![Field::new("c", kind, true)]);
        assert!(matches!(error, BatchError::ColumnType { .. }), "{error}");
    }
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-100_i32..100).prop_map(|n| Value::from(f64::from(n) / 4.0)),
        "[a-c\"é]{0,3}".prop_map(Value::from),
        Just(json!("2024-01-01T00:00:00Z")),
        Just(serde_json::from_str("123456789012345678901234567890").unwrap()),
    ]
}

fn object() -> impl Strategy<Value = Value> {
    let value = leaf().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::vec(("[a-d]", inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    prop::collection::vec(("[a-e]", value), 0..5)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn columns_and_rest_are_the_event(
        events in prop::collection::vec(object(), 1..12),
        batch_events in 1_usize..6,
    ) {
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        let options = BatchOptions { batch_events, ..BatchOptions::default() };
        let (both, batches) = run("filter { }", &lines, &options);
        assert_lossless(&both, &batches);
    }
}

//! Events as one list of items, owned: made while the interpreter's lock is free, turned into dicts under it.
//!
//! `{"a":[1,"x"]}` is `Object(1) Key(1) Array(2) Int(1) Str(1)` with the text `ax`: the items of one event after the other in
//! the order in which they are written, their texts behind each other.

use std::collections::HashMap;
use std::mem;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyNone, PyString, PyType};
use sawlog::{Event, Object, Timestamp, Value};

use crate::errors::value_error;

/// Names that are kept as Python texts; names beyond are made each time.
const KEPT_NAMES: usize = 4096;

#[derive(Clone, Copy, Debug)]
enum Item {
    Array(usize),
    Bool(bool),
    Float(f64),
    Int(i64),
    Key(usize),
    Null,
    Number(usize),
    Object(usize),
    Str(usize),
    Time(Timestamp),
}

/// Events that were written and not yet read.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    items: Vec<Item>,
    text: String,
    /// Where the next event starts.
    item: usize,
    byte: usize,
}

impl Tape {
    /// Appends an event.
    pub(crate) fn write(&mut self, event: &Event<'_>, shows_metadata: bool) {
        let metadata = Some(event.metadata()).filter(|map| shows_metadata && !map.is_empty());
        let data = event.data();
        self.items.push(Item::Object(data.len() + usize::from(metadata.is_some())));
        self.members(data);
        if let Some(metadata) = metadata {
            self.key("@metadata");
            self.object(metadata);
        }
    }

    fn object(&mut self, object: &Object<'_>) {
        self.items.push(Item::Object(object.len()));
        self.members(object);
    }

    fn members(&mut self, object: &Object<'_>) {
        for (name, value) in object.iter() {
            self.key(name);
            self.value(value);
        }
    }

    fn key(&mut self, name: &str) {
        self.text.push_str(name);
        self.items.push(Item::Key(name.len()));
    }

    fn value(&mut self, value: &Value<'_>) {
        let item = match value {
            Value::Array(array) => {
                self.items.push(Item::Array(array.as_slice().len()));
                for item in array.as_slice() {
                    self.value(item);
                }
                return;
            }
            Value::Object(object) => return self.object(object),
            Value::Bool(value) => Item::Bool(*value),
            Value::Float(value) => Item::Float(*value),
            Value::Int(value) => Item::Int(*value),
            Value::Null => Item::Null,
            Value::Number(text) => {
                self.text.push_str(text);
                Item::Number(text.len())
            }
            Value::Str(text) => {
                self.text.push_str(text);
                Item::Str(text.len())
            }
            Value::Time(time) => Item::Time(*time),
        };
        self.items.push(item);
    }

    /// Takes the next event out; nothing when all are.
    pub(crate) fn next<'py>(
        &mut self,
        py: Python<'py>,
        names: &mut Names,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.item == self.items.len() {
            self.items.clear();
            self.text.clear();
            (self.item, self.byte) = (0, 0);
            return Ok(None);
        }
        names.next = 0;
        match self.item() {
            Item::Object(len) => self.event(py, names, len).map(|dict| Some(dict.into_any())),
            _ => Ok(Some(PyNone::get(py).to_owned().into_any())),
        }
    }

    fn item(&mut self) -> Item {
        let item = self.items.get(self.item).copied().unwrap_or(Item::Null);
        self.item += 1;
        item
    }

    fn text(&mut self, bytes: usize) -> &str {
        let from = self.byte;
        self.byte += bytes;
        self.text.get(from..self.byte).unwrap_or_default()
    }

    /// The dict of an event.
    ///
    /// PERF: a copy of a dict with the same names has its table already; one that grows to 14 fields is moved twice.
    fn event<'py>(
        &mut self,
        py: Python<'py>,
        names: &mut Names,
        len: usize,
    ) -> PyResult<Bound<'py, PyDict>> {
        let form = names.form(py, len)?;
        let mut is_form = form.is_some();
        let mut dict = form.unwrap_or_else(|| PyDict::new(py));
        let mut order = mem::take(&mut names.order);
        order.clear();
        for at in 0..len {
            let Item::Key(bytes) = self.item() else { break };
            let (name, place) = names.name(py, self.text(bytes));
            if is_form && names.form_order.get(at) != Some(&place) {
                // It begins as the form does, and goes on in another way.
                let begun = PyDict::new(py);
                for place in &order {
                    let name = names.known[*place].1.bind(py);
                    begun.set_item(name, dict.get_item(name)?)?;
                }
                dict = begun;
                is_form = false;
            }
            order.push(place);
            dict.set_item(name, self.read(py, names)?)?;
        }
        names.order = order;
        if !is_form {
            names.learn(py)?;
        }
        Ok(dict)
    }

    fn read<'py>(&mut self, py: Python<'py>, names: &mut Names) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self.item() {
            Item::Null | Item::Key(_) => PyNone::get(py).to_owned().into_any(),
            Item::Bool(value) => PyBool::new(py, value).to_owned().into_any(),
            Item::Float(value) => PyFloat::new(py, value).into_any(),
            Item::Int(value) => PyInt::new(py, value).into_any(),
            Item::Number(len) => number(py, self.text(len))?,
            Item::Str(len) => PyString::new(py, self.text(len)).into_any(),
            Item::Time(time) => names.time(py, time)?,
            Item::Array(len) => {
                let list = PyList::empty(py);
                for _ in 0..len {
                    list.append(self.read(py, names)?)?;
                }
                list.into_any()
            }
            Item::Object(len) => {
                let dict = PyDict::new(py);
                for _ in 0..len {
                    let Item::Key(bytes) = self.item() else { break };
                    let (name, _) = names.name(py, self.text(bytes));
                    dict.set_item(name, self.read(py, names)?)?;
                }
                dict.into_any()
            }
        })
    }
}

/// Python objects that are used again: names of fields, and the last instant.
#[derive(Default)]
pub(crate) struct Names {
    known: Vec<(Box<str>, Py<PyString>)>,
    places: HashMap<Box<str>, usize>,
    /// The place behind that of the last name.
    next: usize,
    /// The places of an event's names, in order.
    order: Vec<usize>,
    /// Those of the last event that was not made of `form`.
    form_order: Vec<usize>,
    /// A dict with the names of two events that came one after the other.
    form: Option<Py<PyDict>>,
    time: Option<(Timestamp, Py<PyAny>)>,
}

impl Names {
    // PERF: events of one program have their fields in one order, so that the next name is nearly always the one behind the
    // last; and the events of a second have one instant.
    /// The name as a Python text, and its place; `usize::MAX` if it has none.
    fn name<'py>(&mut self, py: Python<'py>, name: &str) -> (Bound<'py, PyString>, usize) {
        if let Some((spelling, text)) = self.known.get(self.next)
            && **spelling == *name
        {
            let place = self.next;
            self.next += 1;
            return (text.bind(py).clone(), place);
        }
        if let Some(place) = self.places.get(name) {
            self.next = place + 1;
            return (self.known[*place].1.bind(py).clone(), *place);
        }
        let text = PyString::intern(py, name);
        let place = self.known.len();
        if place >= KEPT_NAMES {
            return (text, usize::MAX);
        }
        self.places.insert(name.into(), place);
        self.known.push((name.into(), text.clone().unbind()));
        self.next = place + 1;
        (text, place)
    }

    /// A dict in which nothing but the values is missing, for an event of so many fields.
    fn form<'py>(&self, py: Python<'py>, len: usize) -> PyResult<Option<Bound<'py, PyDict>>> {
        match &self.form {
            Some(form) if self.form_order.len() == len => form.bind(py).copy().map(Some),
            _ => Ok(None),
        }
    }

    /// Makes a form of what was the order of two events.
    fn learn(&mut self, py: Python<'_>) -> PyResult<()> {
        if self.order != self.form_order || self.order.contains(&usize::MAX) {
            self.form = None;
            mem::swap(&mut self.form_order, &mut self.order);
            return Ok(());
        }
        let form = PyDict::new(py);
        for place in &self.order {
            form.set_item(&self.known[*place].1, PyNone::get(py))?;
        }
        self.form = Some(form.unbind());
        Ok(())
    }

    fn time<'py>(&mut self, py: Python<'py>, time: Timestamp) -> PyResult<Bound<'py, PyAny>> {
        if let Some((known, object)) = &self.time
            && *known == time
        {
            return Ok(object.bind(py).clone());
        }
        let object = datetime(py, time)?;
        self.time = Some((time, object.clone().unbind()));
        Ok(object)
    }
}

/// A number that is exactly neither an `i64` nor a double: an `int` of any size, or a `decimal.Decimal`.
fn number<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    // Python refuses to read integers of more than some thousand digits, which a Decimal may have.
    let is_integer =
        text.len() < 4000 && text.bytes().all(|byte| byte != b'.' && byte | 32 != b'e');
    if is_integer {
        return py.get_type::<PyInt>().call1((text,));
    }
    DECIMAL.import(py, "decimal", "Decimal")?.call1((text,))
}

/// An aware `datetime` in UTC, cut to microseconds; the text of an instant outside the years 1 to 9999.
pub(crate) fn datetime(py: Python<'_>, time: Timestamp) -> PyResult<Bound<'_, PyAny>> {
    static DATETIME: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static UTC: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    let seconds = time.as_seconds();
    if !(FIRST..=LAST).contains(&seconds) {
        return Ok(PyString::new(py, &time.to_string()).into_any());
    }
    let utc = UTC.get_or_try_init(py, || {
        py.import("datetime")?.getattr("timezone")?.getattr("utc").map(Bound::unbind)
    })?;
    let class = DATETIME.import(py, "datetime", "datetime")?;
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let micros = time.subsec_nanos() / 1000;
    class.call1((
        year,
        month,
        day,
        second / 3600,
        second / 60 % 60,
        second % 60,
        micros,
        utc.bind(py),
    ))
}

/// Year, month and day of a day since 1970 (Howard Hinnant's `civil_from_days`).
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// An aware `datetime`, or an integer of nanoseconds since 1970, as an instant.
pub(crate) fn timestamp(object: &Bound<'_, PyAny>) -> PyResult<Timestamp> {
    let py = object.py();
    let wrong = || {
        value_error(
            "a datetime with a time zone is wanted, as datetime.now(timezone.utc), or nanoseconds since 1970, as \
             time.time_ns()",
        )
    };
    if object.is_instance_of::<PyInt>() {
        let nanos: i64 = object.extract()?;
        let rest = u32::try_from(nanos.rem_euclid(1_000_000_000)).map_err(|_| wrong())?;
        return Timestamp::new(nanos.div_euclid(1_000_000_000), rest).ok_or_else(wrong);
    }
    let epoch = datetime(py, Timestamp::UNIX_EPOCH)?;
    let since = object.sub(epoch).map_err(|_| wrong())?;
    let part = |name: &Bound<'_, PyString>| -> PyResult<i64> { since.getattr(name)?.extract() };
    let days = part(intern!(py, "days"))?;
    let seconds = part(intern!(py, "seconds"))?;
    let micros = part(intern!(py, "microseconds"))?;
    let nanos = u32::try_from(micros * 1000).map_err(|_| wrong())?;
    Timestamp::new(days * 86_400 + seconds, nanos).ok_or_else(wrong)
}

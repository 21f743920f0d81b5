//! Failures as Python exceptions, and diagnostics as Python objects.

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyType};
use sawlog::{Diagnostic, Diagnostics, Span};
use sawlog_cli::{
    pipeline::Failure,
    render::{self, Style},
};

/// Names a class of `sawlog/_types.py`.
pub(crate) fn class<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyType>>,
    name: &str,
) -> PyResult<&'py Bound<'py, PyType>> {
    cell.import(py, "sawlog._types", name)
}

/// Turns what stops a compilation into an exception.
pub(crate) fn of_failure(py: Python<'_>, failure: Failure) -> PyErr {
    match failure {
        Failure::Argument(message) => value_error(message),
        Failure::Config(diagnostics) => config_error(py, &diagnostics),
    }
}

/// A `ConfigError` that holds the diagnostics and shows them as the command line does.
pub(crate) fn config_error(py: Python<'_>, diagnostics: &Diagnostics) -> PyErr {
    static CONFIG_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let make = || {
        let text = render::text(diagnostics, Style::Plain);
        let list = list(py, diagnostics)?;
        class(py, &CONFIG_ERROR, "ConfigError")?.call1((text.trim_end(), list))
    };
    match make() {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// A list of `Diagnostic`.
pub(crate) fn list<'py>(
    py: Python<'py>,
    diagnostics: &Diagnostics,
) -> PyResult<Bound<'py, PyList>> {
    static DIAGNOSTIC: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = class(py, &DIAGNOSTIC, "Diagnostic")?;
    let list = PyList::empty(py);
    for one in diagnostics.iter() {
        list.append(diagnostic(class, diagnostics, one)?)?;
    }
    Ok(list)
}

fn diagnostic<'py>(
    class: &Bound<'py, PyType>,
    all: &Diagnostics,
    one: &Diagnostic,
) -> PyResult<Bound<'py, PyAny>> {
    let place = one.span.and_then(|span| Some((span, all.position(span)?)));
    let (source, line, column, end_line, end_column, span) = match place {
        Some((span, start)) => {
            let end = all.position(Span::new(span.source, span.end, span.end));
            (
                Some(start.name.to_owned()),
                Some(start.line),
                Some(start.column),
                end.map(|end| end.line),
                end.map(|end| end.column),
                Some((span.start, span.end)),
            )
        }
        None => (None, None, None, None, None, None),
    };
    let (severity, code, message) = (one.severity.as_str(), one.code.as_str(), &one.message);
    let hint = one.help.as_deref();
    class.call1((severity, code, message, hint, source, line, column, end_line, end_column, span))
}

/// A `ValueError`.
pub(crate) fn value_error(message: impl Into<String>) -> PyErr {
    PyValueError::new_err(message.into())
}

/// A `RuntimeError`.
pub(crate) fn runtime_error(message: impl Into<String>) -> PyErr {
    PyRuntimeError::new_err(message.into())
}

//! Where bytes come from: a bytes-like object, a binary file, a path, or an iterable of bytes-like objects.

use std::ops::{Deref, Range};

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyIterator, PyMemoryView, PyString};

/// Bytes that the engine is given at a time: as many as a processor's cache holds beside the events made of them, and
/// few enough for Ctrl-C to be answered at once.
pub(crate) const BLOCK_BYTES: usize = 256 * 1024;

/// A stream of bytes, taken in blocks.
pub(crate) enum Source {
    /// Bytes that never change: parts of them are looked at where they are.
    Bytes { bytes: PyBackedBytes, at: usize },
    /// A method `read` that gives bytes.
    File { read: Py<PyAny>, close: Option<Py<PyAny>> },
    /// An iterator over bytes-like objects, and what is left of the one before.
    Iterator { iterator: Py<PyIterator>, inner: Option<Box<Self>> },
    /// Any other buffer. It may change while nobody looks, so that each block is copied.
    View { view: Py<PyAny>, at: usize, len: usize },
}

/// Some bytes that stay as they are.
pub(crate) struct Block {
    bytes: PyBackedBytes,
    range: Range<usize>,
}

impl Deref for Block {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(self.range.clone()).unwrap_or_default()
    }
}

impl Source {
    /// Takes a bytes-like object.
    pub(crate) fn of_bytes(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Self::Bytes { bytes: PyBackedBytes::from(bytes.clone()), at: 0 });
        }
        if object.is_instance_of::<PyString>() {
            let text = "bytes are wanted, not str: use .encode(), or open files in binary mode";
            return Err(PyTypeError::new_err(text));
        }
        let view = PyMemoryView::from(object)?;
        let view = view.call_method1(intern!(object.py(), "cast"), ("B",))?;
        let len = view.len()?;
        Ok(Self::View { view: view.unbind(), at: 0, len })
    }

    /// Takes whatever gives bytes.
    pub(crate) fn of_any(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = object.py();
        if object.is_instance_of::<PyBytes>() {
            return Self::of_bytes(object);
        }
        if object.hasattr(intern!(py, "__fspath__"))? {
            let file = py.import(intern!(py, "builtins"))?.call_method1("open", (object, "rb"))?;
            let close = file.getattr(intern!(py, "close"))?.unbind();
            return Ok(Self::File { read: file.getattr("read")?.unbind(), close: Some(close) });
        }
        // A map of memory is both a file and a buffer; as a buffer it needs no position.
        if let Ok(source) = Self::of_bytes(object) {
            return Ok(source);
        }
        if let Some(read) = object.getattr_opt(intern!(py, "read"))? {
            return Ok(Self::File { read: read.unbind(), close: None });
        }
        if object.is_instance_of::<PyString>() {
            return Self::of_bytes(object);
        }
        match object.try_iter() {
            Ok(iterator) => Ok(Self::Iterator { iterator: iterator.unbind(), inner: None }),
            Err(_) => Err(PyTypeError::new_err(format!(
                "bytes, a path, a binary file or an iterable of bytes is wanted, not {}",
                object.get_type().name()?
            ))),
        }
    }

    /// Whether it can be read again from its start, and nothing of Python's is needed to read it.
    pub(crate) fn as_bytes(&self) -> Option<&PyBackedBytes> {
        match self {
            Self::Bytes { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    /// Gives the next bytes, at most [`BLOCK_BYTES`]; nothing at the end.
    pub(crate) fn next(&mut self, py: Python<'_>) -> PyResult<Option<Block>> {
        match self {
            Self::Bytes { bytes, at } => {
                let range = *at..bytes.len().min(*at + BLOCK_BYTES);
                *at = range.end;
                let block = || Block { bytes: bytes.clone_ref(py), range: range.clone() };
                Ok((!range.is_empty()).then(block))
            }
            Self::View { view, at, len } => {
                if *at == *len {
                    return Ok(None);
                }
                let range = *at..(*len).min(*at + BLOCK_BYTES);
                *at = range.end;
                let slice = pyo3::types::PySlice::new(
                    py,
                    isize::try_from(range.start)?,
                    isize::try_from(range.end)?,
                    1,
                );
                let part = view.bind(py).get_item(slice)?;
                let bytes = part.call_method0(intern!(py, "tobytes"))?;
                Ok(Some(whole(bytes.cast_into::<PyBytes>()?)))
            }
            Self::File { read, close } => {
                let data = read.call1(py, (BLOCK_BYTES,))?.into_bound(py);
                if data.is_none() {
                    let text = "the file has nothing to read yet: it must be a blocking one";
                    return Err(PyTypeError::new_err(text));
                }
                let Ok(bytes) = data.cast_into::<PyBytes>() else {
                    let text =
                        "read() gave something else than bytes: open the file in binary mode";
                    return Err(PyTypeError::new_err(text));
                };
                if bytes.as_bytes().is_empty() {
                    if let Some(close) = close.take() {
                        close.call0(py)?;
                    }
                    return Ok(None);
                }
                Ok(Some(whole(bytes)))
            }
            Self::Iterator { iterator, inner } => loop {
                if let Some(source) = inner
                    && let Some(block) = source.next(py)?
                {
                    return Ok(Some(block));
                }
                match iterator.bind(py).clone().next() {
                    None => return Ok(None),
                    Some(object) => *inner = Some(Box::new(Self::of_bytes(&object?)?)),
                }
            },
        }
    }
}

fn whole(bytes: Bound<'_, PyBytes>) -> Block {
    let bytes = PyBackedBytes::from(bytes);
    Block { range: 0..bytes.len(), bytes }
}

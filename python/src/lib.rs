//! The compiled half of the Python package `sawlog`: pipelines and workers of the engine as Python classes.
//!
//! Bytes go in and come out; while the engine runs, the interpreter's lock is free, and between blocks of some
//! hundred kilobytes it is taken to see whether Ctrl-C was pressed. What is plain data (diagnostics, counts) are
//! classes of Python's, in `sawlog/_types.py`; `sawlog/_sawlog.pyi` has the documentation of what is here.

mod arrow;
mod convert;
mod errors;
mod events;
mod options;
mod pipeline;
mod sink;
mod source;
mod tape;
mod worker;

use pyo3::prelude::*;

/// Fills the module.
#[pymodule]
fn _sawlog(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<arrow::ArrowStream>()?;
    module.add_class::<events::EventIterator>()?;
    module.add_class::<pipeline::Pipeline>()?;
    module.add_class::<worker::Worker>()?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}

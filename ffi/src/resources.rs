//! What a config can reach, given as data.

use core::ffi::{c_char, c_void};

use sawlog::limits;

use crate::diagnostics::Diagnostics;
use crate::handle::{Entered, Exclusive, Freed, bytes, call, free, out, shared, text};
use crate::status::{Result, SAWLOG_BAD_LENGTH, Status};

/// What a config can reach: variables, files, directories, the list of user agents.
#[derive(Debug)]
pub struct Resources(Exclusive<sawlog::Resources>);

impl Freed for Resources {
    fn check_free(&self) -> Result {
        self.0.check_free()
    }
}

impl Resources {
    pub(crate) fn enter(&self) -> Result<Entered<'_, sawlog::Resources>> {
        self.0.enter()
    }
}

/// Makes resources that hold nothing.
///
/// Effect: `*resources` is the new handle. Ownership: the caller's, to be freed with `sawlog_resources_free`; what is put in is
/// copied. Threads: any; the handle may be used by one thread at a time. Statuses: `SAWLOG_BAD_POINTER`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_resources_new(resources: *mut *mut Resources) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let resources = unsafe { out(resources) }?;
        resources.give(Resources(Exclusive::new(sawlog::Resources::new())));
        Ok(())
    })
}

/// Gives a variable its value; an empty one counts as set.
///
/// Effect: copies both. Threads: one at a time for each handle. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`,
/// `SAWLOG_BAD_UTF8`, `SAWLOG_BUSY`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_resources_set_variable(
    resources: *mut Resources,
    name: *const c_char,
    name_len: usize,
    value: *const c_char,
    value_len: usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (resources, name, value) =
            unsafe { (shared(resources)?, text(name, name_len)?, text(value, value_len)?) };
        resources.0.enter()?.set_variable(name, value);
        Ok(())
    })
}

/// Gives the content of a file under the path that the need names.
///
/// Effect: copies both. What is wrong with the content is for compiling to say. Threads: one at a time for each handle.
/// Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH` above 2 GiB, `SAWLOG_BAD_UTF8` for the path, `SAWLOG_BUSY`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_resources_add_file(
    resources: *mut Resources,
    path: *const c_char,
    path_len: usize,
    content: *const c_void,
    content_len: usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (resources, path, content) =
            unsafe { (shared(resources)?, text(path, path_len)?, bytes(content, content_len)?) };
        let content = owned(content)?;
        resources.0.enter()?.add_file(path, content);
        Ok(())
    })
}

/// Gives a directory under the path that the need names; its files are added one by one. Without files it counts as empty, and
/// what it held before is forgotten.
///
/// Effect: copies the path. Threads: one at a time for each handle. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`,
/// `SAWLOG_BAD_UTF8`, `SAWLOG_BUSY`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_resources_add_directory(
    resources: *mut Resources,
    path: *const c_char,
    path_len: usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (resources, path) = unsafe { (shared(resources)?, text(path, path_len)?) };
        resources.0.enter()?.add_directory(path, Vec::new());
        Ok(())
    })
}

/// Adds a file to a directory, behind those added before; `name` is its path from there.
///
/// Effect: copies all. Threads: one at a time for each handle. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`,
/// `SAWLOG_BAD_UTF8` for path and name, `SAWLOG_BUSY`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_resources_add_directory_file(
    resources: *mut Resources,
    path: *const c_char,
    path_len: usize,
    name: *const c_char,
    name_len: usize,
    content: *const c_void,
    content_len: usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (resources, path, name, content) = unsafe {
            (
                shared(resources)?,
                text(path, path_len)?,
                text(name, name_len)?,
                bytes(content, content_len)?,
            )
        };
        let content = owned(content)?;
        resources.0.enter()?.add_directory_file(path, name, content);
        Ok(())
    })
}

/// Gives what user agents are known by: uap-core's `regexes.yaml`, which `make install` puts into `share/sawlog`.
///
/// Effect: the text is read, which takes some ten milliseconds, and not kept; all pipelines compiled with these resources share
/// what was read. `diagnostics` may be NULL; else `*diagnostics` is a new list when the text is no such list, and NULL if it is.
/// Threads: one at a time for each handle. Statuses: `SAWLOG_BAD_CONFIG` when it is no such list, `SAWLOG_BAD_POINTER`,
/// `SAWLOG_BAD_LENGTH`, `SAWLOG_BUSY`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_resources_set_user_agents(
    resources: *mut Resources,
    yaml: *const c_void,
    yaml_len: usize,
    diagnostics: *mut *mut Diagnostics,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (resources, yaml) = unsafe { (shared(resources)?, bytes(yaml, yaml_len)?) };
        // SAFETY: as above.
        unsafe {
            Diagnostics::collect(diagnostics, || {
                let set = resources.0.enter()?.set_user_agents(yaml);
                Ok(set.map_err(|error| Diagnostics::one("bad-resource", error.to_string())))
            })
        }
    })
}

/// Frees resources and sets `*resources` to NULL.
///
/// Effect: nothing if one of them is NULL. What was compiled with them goes on. Threads: any one. Statuses: `SAWLOG_BUSY` when a
/// thread is inside, and nothing is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_resources_free(resources: *mut *mut Resources) -> i32 {
    // SAFETY: see the crate's documentation.
    call(|| unsafe { free(resources) })
}

/// A copy, unless it is larger than any file that is read.
fn owned(content: &[u8]) -> Result<Vec<u8>> {
    if content.len() > limits::DATABASE_BYTES {
        return Err(Status(SAWLOG_BAD_LENGTH));
    }
    Ok(content.to_vec())
}

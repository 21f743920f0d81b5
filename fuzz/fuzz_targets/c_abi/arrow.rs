//! Record batches as a consumer sees them: everything that the specification of Arrow's C data interface asks for is looked at, and every
//! byte of every buffer is read.

use std::ffi::{CStr, c_char, c_void};
use std::{ptr, slice, str};

use sawlog_ffi::{ArrowArray, ArrowSchema};

/// The structs with members that can be read.
#[derive(Clone, Copy)]
#[repr(C)]
struct Schema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut Self,
    dictionary: *mut Self,
    release: Option<unsafe extern "C" fn(*mut Self)>,
    private_data: *mut c_void,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Array {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut Self,
    dictionary: *mut Self,
    release: Option<unsafe extern "C" fn(*mut Self)>,
    private_data: *mut c_void,
}

/// Reads and releases a batch; gives its rows.
pub(crate) unsafe fn check(schema: *mut ArrowSchema, array: *mut ArrowArray) -> u64 {
    let (schema, array) = (schema.cast::<Schema>(), array.cast::<Array>());
    // SAFETY: the library has filled both.
    unsafe {
        assert_eq!(CStr::from_ptr((*schema).format), c"+s");
        assert!((*array).length > 0 && (*array).null_count == 0);
        column(&*schema, &*array);
        let rows = (*array).length;
        ((*array).release.expect("release"))(array);
        assert!((*array).release.is_none());
        ((*schema).release.expect("release"))(schema);
        assert!((*schema).release.is_none());
        u64::try_from(rows).expect("rows")
    }
}

unsafe fn column(schema: &Schema, array: &Array) {
    let length = usize::try_from(array.length).expect("a length");
    assert_eq!((array.offset, array.n_children), (0, schema.n_children));
    assert!(array.dictionary.is_null() && schema.dictionary.is_null());
    // SAFETY: the library says that there are so many, and of what type they are.
    unsafe {
        assert!(CStr::from_ptr(schema.name).to_str().is_ok());
        let count = usize::try_from(array.n_buffers).expect("buffers");
        let buffers = slice::from_raw_parts(array.buffers, count);
        let mut nulls = 0;
        if !buffers[0].is_null() {
            let bits = slice::from_raw_parts(buffers[0].cast::<u8>(), length.div_ceil(8));
            nulls = (0..length).filter(|at| bits[at / 8] >> (at % 8) & 1 == 0).count();
        }
        assert_eq!(usize::try_from(array.null_count), Ok(nulls));
        let children = usize::try_from(array.n_children).expect("children");
        let lengths: Vec<usize> = match CStr::from_ptr(schema.format).to_str().expect("a format") {
            "b" => {
                std::hint::black_box(
                    slice::from_raw_parts(buffers[1].cast::<u8>(), length.div_ceil(8)).to_vec(),
                );
                Vec::new()
            }
            "g" => {
                std::hint::black_box(
                    slice::from_raw_parts(buffers[1].cast::<f64>(), length).to_vec(),
                );
                Vec::new()
            }
            "l" | "tss:UTC" | "tsm:UTC" | "tsu:UTC" | "tsn:UTC" => {
                std::hint::black_box(
                    slice::from_raw_parts(buffers[1].cast::<i64>(), length).to_vec(),
                );
                Vec::new()
            }
            "u" => {
                let ends = ends(buffers[1], length);
                let text = slice::from_raw_parts(buffers[2].cast::<u8>(), ends[length]);
                assert!(ends.windows(2).all(|two| str::from_utf8(&text[two[0]..two[1]]).is_ok()));
                Vec::new()
            }
            "+l" => vec![ends(buffers[1], length)[length]],
            "+s" => vec![length; children],
            other => panic!("the format `{other}`"),
        };
        assert_eq!(lengths.len(), children);
        for (at, expected) in lengths.into_iter().enumerate() {
            let child = &**array.children.add(at);
            assert_eq!(usize::try_from(child.length), Ok(expected));
            column(&**schema.children.add(at), child);
        }
    }
}

unsafe fn ends(buffer: *const c_void, length: usize) -> Vec<usize> {
    // SAFETY: the library says that there are so many.
    let ends = unsafe { slice::from_raw_parts(buffer.cast::<i32>(), length + 1) };
    assert!(ends[0] == 0 && ends.windows(2).all(|two| two[0] <= two[1]));
    ends.iter().map(|end| usize::try_from(*end).expect("an end")).collect()
}

/// A schema of the caller's.
pub(crate) struct Columns {
    children: Vec<Box<Schema>>,
    pointers: Vec<*mut Schema>,
    whole: Option<Schema>,
}

impl Columns {
    pub(crate) fn new(choice: usize, formats: usize) -> Self {
        const NAMES: [&CStr; 4] = [c"message", c"a", c"n", c"@timestamp"];
        const FORMATS: [&CStr; 4] = [c"u", c"l", c"tsm:UTC", c"b"];
        let columns = if choice.is_multiple_of(2) { choice / 2 % 5 } else { 0 };
        let children = (0..columns).map(|at| {
            Box::new(schema(FORMATS[formats >> (2 * at) & 3], NAMES[at], 0, ptr::null_mut()))
        });
        Self { children: children.collect(), pointers: Vec::new(), whole: None }
    }

    /// NULL when there is no column.
    pub(crate) fn schema(&mut self) -> *const ArrowSchema {
        if self.children.is_empty() {
            return ptr::null();
        }
        self.pointers = self.children.iter_mut().map(|child| &raw mut **child).collect();
        let count = i64::try_from(self.pointers.len()).expect("few");
        let whole = self.whole.insert(schema(c"+s", c"", count, self.pointers.as_mut_ptr()));
        (&raw const *whole).cast()
    }
}

fn schema(
    format: &'static CStr,
    name: &'static CStr,
    n_children: i64,
    children: *mut *mut Schema,
) -> Schema {
    unsafe extern "C" fn never(_: *mut Schema) {
        panic!("the schema is the caller's");
    }
    Schema {
        format: format.as_ptr(),
        name: name.as_ptr(),
        metadata: ptr::null(),
        flags: 2,
        n_children,
        children,
        dictionary: ptr::null_mut(),
        release: Some(never),
        private_data: ptr::null_mut(),
    }
}

//! What functions return.

use crate::types::Str;

/// The call did what it says.
pub const SAWLOG_OK: i32 = 0;
/// There is more than was taken: pending output or rejects are to be taken, then the call, or the rest of its input, is
/// to be given again.
pub const SAWLOG_OUTPUT_FULL: i32 = 1;
/// There is nothing more: the iteration is at its end, there is no such field, no deadline, no reject.
pub const SAWLOG_END: i32 = 2;

/// A pointer that must lead to something is NULL, or is not aligned.
pub const SAWLOG_BAD_POINTER: i32 = 100;
/// The `struct_size` of a struct is smaller than the first version of the struct, or larger than 4,096, or what lies
/// behind the part that this library knows is not zero.
pub const SAWLOG_BAD_STRUCT_SIZE: i32 = 101;
/// A length is larger than half of the address space, or an amount is larger than a limit of the library.
pub const SAWLOG_BAD_LENGTH: i32 = 102;
/// A text is not UTF-8.
pub const SAWLOG_BAD_UTF8: i32 = 103;
/// A value is none of those that the header lists, an index is out of range, or a text is no field reference.
pub const SAWLOG_BAD_VALUE: i32 = 104;
/// The config, or what it was compiled with, is wrong: the diagnostics say where and why.
pub const SAWLOG_BAD_CONFIG: i32 = 105;
/// The calls came in an order that makes no sense, such as compiling what was not parsed.
pub const SAWLOG_BAD_ORDER: i32 = 106;
/// The pipeline was compiled from another config than the worker's.
pub const SAWLOG_OTHER_PIPELINE: i32 = 107;
/// Another thread is inside a call with the same handle. Nothing was done.
pub const SAWLOG_BUSY: i32 = 108;
/// An event is too large to be handed out as values; the line's events are lost.
pub const SAWLOG_EVENT_TOO_LARGE: i32 = 109;
/// The library met a mistake of its own. The handle of the call, if it is a config, resources or a worker, can only be
/// freed from here on; others go on.
pub const SAWLOG_PANICKED: i32 = 110;

/// Gives the meaning of a status in words.
///
/// Effect: none. Ownership: the text is the library's and lives as long as it. Threads: any.
/// A number that is no status gives `unknown status`.
#[unsafe(no_mangle)]
pub extern "C" fn sawlog_status_text(status: i32) -> Str {
    Str::new(text(status))
}

pub(crate) const fn text(status: i32) -> &'static str {
    match status {
        SAWLOG_OK => "ok",
        SAWLOG_OUTPUT_FULL => "pending output or rejects are to be taken first",
        SAWLOG_END => "there is nothing more",
        SAWLOG_BAD_POINTER => "a pointer is NULL or not aligned",
        SAWLOG_BAD_STRUCT_SIZE => "the struct_size of a struct is not one of its sizes",
        SAWLOG_BAD_LENGTH => "a length is out of range",
        SAWLOG_BAD_UTF8 => "a text is not UTF-8",
        SAWLOG_BAD_VALUE => "a value is not among those accepted",
        SAWLOG_BAD_CONFIG => "the config is wrong: see the diagnostics",
        SAWLOG_BAD_ORDER => "the calls came in a wrong order",
        SAWLOG_OTHER_PIPELINE => "the pipeline was compiled from another config",
        SAWLOG_BUSY => "another thread is inside a call with the same handle",
        SAWLOG_EVENT_TOO_LARGE => "an event is too large to be handed out as values",
        SAWLOG_PANICKED => "the library met a mistake of its own; the handle can only be freed",
        _ => "unknown status",
    }
}

/// A status that is not 0, on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) i32);

/// What the body of a call gives.
pub(crate) type Result<T = ()> = core::result::Result<T, Status>;

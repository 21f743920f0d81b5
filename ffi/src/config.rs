//! Configs: sources to what can be compiled.

use core::ffi::c_char;

use sawlog::{Code, Diagnostic, ParseOptions, Severity, Source, Span, limits};

use crate::diagnostics::Diagnostics;
use crate::handle::{
    Entered, Exclusive, Freed, Sized0, bytes, call, free, options, out, shared, text,
};
use crate::status::{
    Result, SAWLOG_BAD_CONFIG, SAWLOG_BAD_LENGTH, SAWLOG_BAD_ORDER, SAWLOG_BAD_VALUE, Status,
};

/// A config: texts that are read as one, as Logstash reads the files of a directory.
#[derive(Debug)]
pub struct Config(Exclusive<Texts>);

#[derive(Debug, Default)]
pub(crate) struct Texts {
    sources: Vec<(String, Vec<u8>)>,
    bytes: usize,
    parsed: Option<sawlog::Config>,
}

impl Freed for Config {
    fn check_free(&self) -> Result {
        self.0.check_free()
    }
}

impl Config {
    /// The config as it was parsed.
    pub(crate) fn parsed(&self) -> Result<sawlog::Config> {
        self.0.enter()?.parsed.clone().ok_or(Status(SAWLOG_BAD_ORDER))
    }
}

/// How a config is read. Zeros are the defaults, Logstash's own.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ParseSettings {
    /// `sizeof(sawlog_parse_settings)`.
    pub struct_size: usize,
    /// Not 0: `config.support_escapes`, by which `\n`, `\"` and others mean in quoted values what they stand for.
    pub support_escapes: i32,
    /// 0.
    pub reserved: i32,
}

// SAFETY: repr(C), begins with the size, numbers only.
unsafe impl Sized0 for ParseSettings {
    const FIRST_BYTES: usize = size_of::<Self>();
}

/// Makes a config without any text.
///
/// Effect: `*config` is the new handle. Ownership: the caller's, to be freed with `sawlog_config_free`. Threads: any; the
/// handle may be used by one thread at a time. Statuses: `SAWLOG_BAD_POINTER`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_config_new(config: *mut *mut Config) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let config = unsafe { out(config) }?;
        config.give(Config(Exclusive::new(Texts::default())));
        Ok(())
    })
}

/// Adds a text behind those added before.
///
/// Effect: both texts are copied; whether the text is right, UTF-8 included, is for `sawlog_config_parse` to say. `name` is
/// what diagnostics call it: the path of a file, or anything else. Threads: one at a time for each config. Statuses:
/// `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_UTF8` for the name, `SAWLOG_BAD_LENGTH` for more than 16 MiB in all, `SAWLOG_BAD_ORDER`
/// after `sawlog_config_parse`, `SAWLOG_BUSY`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_config_add_source(
    config: *mut Config,
    name: *const c_char,
    name_len: usize,
    source: *const c_char,
    source_len: usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (config, name, source) =
            unsafe { (shared(config)?, text(name, name_len)?, bytes(source.cast(), source_len)?) };
        let mut texts = config.0.enter()?;
        if texts.parsed.is_some() {
            return Err(Status(SAWLOG_BAD_ORDER));
        }
        let bytes = texts.bytes.saturating_add(source.len()).saturating_add(name.len());
        if bytes > limits::CONFIG_BYTES {
            return Err(Status(SAWLOG_BAD_LENGTH));
        }
        texts.bytes = bytes;
        texts.sources.push((name.to_owned(), source.to_vec()));
        Ok(())
    })
}

/// Reads the texts by Logstash's grammar.
///
/// Effect: the config can be asked for its needs and be compiled. `settings` may be NULL. `diagnostics` may be NULL; else
/// `*diagnostics` is set to a new list of all that is wrong if something is, and to NULL if not. Ownership: the list is
/// the caller's, to be freed with `sawlog_diagnostics_free`. Threads: one at a time for each config. Statuses:
/// `SAWLOG_BAD_CONFIG` when something is wrong, `SAWLOG_BAD_ORDER` when it was parsed before, `SAWLOG_BAD_POINTER`,
/// `SAWLOG_BAD_STRUCT_SIZE`, `SAWLOG_BUSY`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_config_parse(
    config: *mut Config,
    settings: *const ParseSettings,
    diagnostics: *mut *mut Diagnostics,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (config, settings) = unsafe { (shared(config)?, options(settings)?) };
        // SAFETY: as above.
        unsafe {
            Diagnostics::collect(diagnostics, || {
                let mut texts = config.0.enter()?;
                parse(&mut texts, settings)
            })
        }
    })
}

/// Frees a config and sets `*config` to NULL.
///
/// Effect: nothing if `config` or `*config` is NULL, so that freeing twice through the same variable is harmless. What was
/// compiled from the config goes on. Threads: any one. Statuses: `SAWLOG_BUSY` when a thread is inside, and nothing is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_config_free(config: *mut *mut Config) -> i32 {
    // SAFETY: see the crate's documentation.
    call(|| unsafe { free(config) })
}

fn parse(
    texts: &mut Entered<'_, Texts>,
    settings: ParseSettings,
) -> Result<core::result::Result<(), Diagnostics>> {
    if texts.parsed.is_some() {
        return Err(Status(SAWLOG_BAD_ORDER));
    }
    if settings.reserved != 0 {
        return Err(Status(SAWLOG_BAD_VALUE));
    }
    let sources: Vec<Source> = texts
        .sources
        .iter()
        .map(|(name, bytes)| Source::new(name.as_str(), String::from_utf8_lossy(bytes).as_ref()))
        .collect();
    let mut wrong = sawlog::Diagnostics::new(sources.clone());
    for ((_, bytes), index) in texts.sources.iter().zip(0..) {
        if let Err(error) = core::str::from_utf8(bytes) {
            // The bytes before are as they were, so that the place is the same in the text that is shown.
            let at = u32::try_from(error.valid_up_to()).unwrap_or(u32::MAX);
            let message = format!("the text is not UTF-8 from byte {at} on");
            let span = Span::new(index, at, at);
            wrong.push(
                Diagnostic::new(Code::Syntax, Severity::Error, Some(span), message)
                    .with_help("save the config as UTF-8"),
            );
        }
    }
    if wrong.has_errors() {
        return Ok(Err(Diagnostics::new(&wrong)));
    }
    let options = ParseOptions { support_escapes: settings.support_escapes != 0 };
    Ok(match sawlog::Config::parse(sources, &options) {
        Ok(parsed) => {
            texts.parsed = Some(parsed);
            texts.sources = Vec::new();
            Ok(())
        }
        Err(wrong) => Err(Diagnostics::new(&wrong)),
    })
}

impl Diagnostics {
    /// Runs what gives diagnostics when it fails, and hands them to the caller if asked for.
    ///
    /// # Safety
    /// As [`out`], for a pointer that is not NULL.
    pub(crate) unsafe fn collect(
        place: *mut *mut Self,
        body: impl FnOnce() -> Result<core::result::Result<(), Self>>,
    ) -> Result {
        if place.is_null() {
            return body()?.map_err(|_| Status(SAWLOG_BAD_CONFIG));
        }
        // SAFETY: the caller vouches for it.
        let list = unsafe { out(place) }?;
        list.set(core::ptr::null_mut());
        match body()? {
            Ok(()) => Ok(()),
            Err(wrong) => {
                // SAFETY: as above.
                unsafe { out(place) }?.give(wrong);
                Err(Status(SAWLOG_BAD_CONFIG))
            }
        }
    }
}

//! Pipelines: compiled configs.

use core::ffi::c_void;

use sawlog::{Converter, ConverterOptions, Ecs, EscapeStyle, InputOptions, Order, Rejects, Zone};

use crate::config::Config;
use crate::diagnostics::Diagnostics;
use crate::handle::{
    Freed, Sized0, bytes, call, free, member, optional, options, out, shared, structure,
};
use crate::resources::Resources;
use crate::status::{Result, SAWLOG_BAD_VALUE, Status};
use crate::types::{Str, tick, timestamp};

/// `pipeline.ecs_compatibility: disabled`.
pub const SAWLOG_ECS_DISABLED: i32 = 1;
/// `pipeline.ecs_compatibility: v1`.
pub const SAWLOG_ECS_V1: i32 = 2;
/// `pipeline.ecs_compatibility: v8`, Logstash's default and that of 0.
pub const SAWLOG_ECS_V8: i32 = 3;

/// `config.field_reference.escape_style: none`, Logstash's default and that of 0.
pub const SAWLOG_ESCAPE_NONE: i32 = 1;
/// `config.field_reference.escape_style: percent`.
pub const SAWLOG_ESCAPE_PERCENT: i32 = 2;
/// `config.field_reference.escape_style: ampersand`.
pub const SAWLOG_ESCAPE_AMPERSAND: i32 = 3;

/// A compiled config. It never changes: any number of threads may use it, make workers of it, and free it; workers go on
/// without it.
#[derive(Debug)]
pub struct Pipeline(pub(crate) sawlog::Pipeline);

impl Freed for Pipeline {}

/// Settings of a pipeline that do not stand in its config. Zeros are the defaults.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Options {
    /// `sizeof(sawlog_options)`.
    pub struct_size: usize,
    /// `SAWLOG_ECS_…`; 0 is `SAWLOG_ECS_V8`.
    pub ecs: i32,
    /// `SAWLOG_ESCAPE_…`; 0 is `SAWLOG_ESCAPE_NONE`.
    pub escape_style: i32,
    /// Not 0: plugins that Logstash has and this library does not are left out with a warning, instead of being refused.
    pub skip_unsupported: i32,
    /// 0.
    pub reserved: i32,
    /// The zone of dates that name none, such as `Europe/Berlin`; missing or empty is UTC.
    pub timezone: Str,
    /// The machine's name, for filters that put it on the events they make; may be missing.
    pub host_name: Str,
    /// The clock when the pipeline starts, in nanoseconds since 1970: the year of `Feb 29` in a date without a year.
    pub start_ns: i64,
}

// SAFETY: repr(C), begins with the size, numbers and pointers only.
unsafe impl Sized0 for Options {
    const FIRST_BYTES: usize = size_of::<Self>();
}

/// What is to be known of a pipeline.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct PipelineView {
    /// `sizeof(sawlog_pipeline_info)`, to be set before the call.
    pub struct_size: usize,
    /// 1 if one worker must see all events in order, because a filter remembers; else 0, and a stream may be shared among
    /// workers. A worker's codec may ask for the same: `sawlog_worker_is_ordered`.
    pub is_ordered: i32,
    /// 0.
    pub reserved: i32,
    /// The number of filters.
    pub filters: usize,
    /// The number of inputs; the host reads them, and the library takes their codec and common options.
    pub inputs: usize,
    /// The number of outputs; the library runs none.
    pub outputs: usize,
}

// SAFETY: repr(C), begins with the size, numbers only.
unsafe impl Sized0 for PipelineView {
    const FIRST_BYTES: usize = size_of::<Self>();
}

/// One filter or input of a pipeline. Its texts live as long as the pipeline's handle.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct PluginView {
    /// `sizeof(sawlog_plugin)`, to be set before the call.
    pub struct_size: usize,
    /// The plugin's name.
    pub name: Str,
    /// Its id; missing when the config sets none.
    pub id: Str,
    /// The source that it stands in; missing for an input, and then the numbers are 0.
    pub source: Str,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

// SAFETY: repr(C), begins with the size, numbers and pointers only.
unsafe impl Sized0 for PluginView {
    const FIRST_BYTES: usize = size_of::<Self>();
}

/// Compiles a config.
///
/// Effect: `*pipeline` is the new handle; nothing of `config`, `resources` (may be NULL) and `options` (may be NULL) is needed any
/// more. `diagnostics` may be NULL; else `*diagnostics` is set to a new list of all that is wrong or worth a warning, and to NULL
/// if there is nothing. Ownership: both are the caller's. Threads: one at a time for each config and each resources. Statuses:
/// `SAWLOG_BAD_CONFIG` when the config cannot be compiled or the time zone is unknown, `SAWLOG_BAD_ORDER` before
/// `sawlog_config_parse`, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`, `SAWLOG_BAD_VALUE`, `SAWLOG_BAD_UTF8`, `SAWLOG_BUSY`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_pipeline_compile(
    config: *const Config,
    resources: *const Resources,
    options: *const Options,
    pipeline: *mut *mut Pipeline,
    diagnostics: *mut *mut Diagnostics,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (config, resources, options, pipeline) =
            unsafe { (shared(config)?, optional(resources)?, settings(options)?, out(pipeline)?) };
        let config = config.parsed()?;
        let mut compiled = None;
        // SAFETY: as above.
        unsafe {
            Diagnostics::collect(diagnostics, || {
                let options = match options {
                    Ok(options) => options,
                    Err(wrong) => return Ok(Err(wrong)),
                };
                let made = match resources {
                    Some(resources) => {
                        sawlog::Pipeline::compile(&config, &*resources.enter()?, &options)
                    }
                    None => sawlog::Pipeline::compile(&config, &sawlog::Resources::new(), &options),
                };
                Ok(made.map(|made| compiled = Some(made)).map_err(|all| Diagnostics::new(&all)))
            })?;
        }
        let compiled = compiled.ok_or(Status(SAWLOG_BAD_VALUE))?;
        let warnings = Diagnostics::new(compiled.warnings());
        if !diagnostics.is_null() && !warnings.is_empty() {
            // SAFETY: as above.
            unsafe { out(diagnostics) }?.give(warnings);
        }
        pipeline.give(Pipeline(compiled));
        Ok(())
    })
}

/// Makes a pipeline with the files anew that its filters look things up in: dictionaries, address databases, user agents.
///
/// Effect: `*changed` is a new handle; what `resources` does not hold stays as it was, and `pipeline` goes on unchanged.
/// `sawlog_worker_set_pipeline` changes a worker over. `diagnostics` as in `sawlog_pipeline_compile`. Ownership: the caller's.
/// Threads: any for the pipeline, one at a time for the resources. Statuses: `SAWLOG_BAD_CONFIG` when a file cannot be used,
/// `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_pipeline_with_resources(
    pipeline: *const Pipeline,
    resources: *const Resources,
    changed: *mut *mut Pipeline,
    diagnostics: *mut *mut Diagnostics,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (pipeline, resources, changed) =
            unsafe { (shared(pipeline)?, shared(resources)?, out(changed)?) };
        let mut made = None;
        // SAFETY: as above.
        unsafe {
            Diagnostics::collect(diagnostics, || {
                let result = pipeline.0.with_resources(&*resources.enter()?);
                Ok(result.map(|new| made = Some(new)).map_err(|all| Diagnostics::new(&all)))
            })?;
        }
        changed.give(Pipeline(made.ok_or(Status(SAWLOG_BAD_VALUE))?));
        Ok(())
    })
}

/// Makes another handle to the same pipeline, for a part of a program that frees its own. Costs next to nothing.
///
/// Effect: `*copy` is the new handle. Ownership: the caller's. Threads: any. Statuses: `SAWLOG_BAD_POINTER`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_pipeline_clone(
    pipeline: *const Pipeline,
    copy: *mut *mut Pipeline,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (pipeline, copy) = unsafe { (shared(pipeline)?, out(copy)?) };
        copy.give(Pipeline(pipeline.0.clone()));
        Ok(())
    })
}

/// Tells what there is to know of a pipeline.
///
/// Effect: `*info` is filled. Threads: any. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_pipeline_describe(
    pipeline: *const Pipeline,
    info: *mut PipelineView,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (pipeline, info) = unsafe { (shared(pipeline)?, structure(info)?) };
        info.set(&PipelineView {
            struct_size: size_of::<PipelineView>(),
            is_ordered: i32::from(pipeline.0.order() == Order::Ordered),
            reserved: 0,
            filters: pipeline.0.filters().len(),
            inputs: pipeline.0.inputs().len(),
            outputs: pipeline.0.output_count(),
        });
        Ok(())
    })
}

/// Tells of one filter, from 0, in the config's order.
///
/// Effect: `*filter` is filled. Ownership: the texts belong to the pipeline's handle. Threads: any. Statuses: `SAWLOG_BAD_VALUE`
/// for an index that is too large, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_pipeline_filter(
    pipeline: *const Pipeline,
    index: usize,
    filter: *mut PluginView,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (pipeline, filter) = unsafe { (shared(pipeline)?, structure(filter)?) };
        let found = pipeline.0.filters().nth(index).ok_or(Status(SAWLOG_BAD_VALUE))?;
        filter.set(&PluginView {
            struct_size: size_of::<PluginView>(),
            name: Str::new(found.name),
            id: Str::of(found.id),
            source: Str::new(&found.position.source),
            line: found.position.line,
            column: found.position.column,
        });
        Ok(())
    })
}

/// Tells of one input, from 0, in the config's order: as `sawlog_pipeline_filter`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_pipeline_input(
    pipeline: *const Pipeline,
    index: usize,
    input: *mut PluginView,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (pipeline, input) = unsafe { (shared(pipeline)?, structure(input)?) };
        let found = pipeline.0.inputs().get(index).ok_or(Status(SAWLOG_BAD_VALUE))?;
        input.set(&PluginView {
            struct_size: size_of::<PluginView>(),
            name: Str::new(found.name()),
            id: Str::of(found.id()),
            source: Str::none(),
            line: 0,
            column: 0,
        });
        Ok(())
    })
}

/// Explains what goes wrong with some lines: runs them through a worker of their own, with line ends between them, and gives a
/// list of what was refused and of the filters that failed.
///
/// Effect: `*diagnostics` is a new list, empty if nothing goes wrong. Of each entry the code is the kind of a reject, the message
/// what failed, the hint why (of a `grok`: how far the pattern got, and what it expected there), the place that of the filter or
/// condition. For people: it takes many times what running the lines takes. At most 1 MiB of explanations is given. Ownership:
/// the caller's. Threads: any. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_pipeline_explain(
    pipeline: *const Pipeline,
    lines: *const c_void,
    lines_len: usize,
    now_ns: i64,
    seed: u64,
    diagnostics: *mut *mut Diagnostics,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (pipeline, lines, diagnostics) =
            unsafe { (shared(pipeline)?, bytes(lines, lines_len)?, out(diagnostics)?) };
        let input = InputOptions { explain_failures: true, ..InputOptions::default() };
        let options = ConverterOptions { input, rejects: Rejects::Failed, ..Default::default() };
        let mut converter =
            Converter::new(&pipeline.0, options).map_err(|_| Status(SAWLOG_BAD_VALUE))?;
        let tick = tick(now_ns, seed);
        let mut rest = lines;
        while !rest.is_empty() {
            let taken = converter.push(rest, tick);
            converter.take_pending(usize::MAX);
            rest = rest.get(taken..).unwrap_or_default();
            if taken == 0 {
                break;
            }
        }
        converter.finish(tick);
        let rejects = core::iter::from_fn(|| converter.take_reject());
        diagnostics.give(Diagnostics::of_rejects(rejects));
        Ok(())
    })
}

/// Frees a pipeline and sets `*pipeline` to NULL; nothing happens if one of them is NULL. Workers go on. Threads: any one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_pipeline_free(pipeline: *mut *mut Pipeline) -> i32 {
    // SAFETY: see the crate's documentation.
    call(|| unsafe { free(pipeline) })
}

/// The engine's options; diagnostics for a time zone that does not exist.
///
/// # Safety
/// As for [`options`].
unsafe fn settings(
    pointer: *const Options,
) -> Result<core::result::Result<sawlog::Options, Diagnostics>> {
    // SAFETY: the caller vouches for it.
    let given = unsafe { options(pointer) }?;
    // SAFETY: as above.
    let (timezone, host_name) = unsafe { (member(given.timezone)?, member(given.host_name)?) };
    let ecs = match given.ecs {
        0 | SAWLOG_ECS_V8 => Ecs::V8,
        SAWLOG_ECS_DISABLED => Ecs::Disabled,
        SAWLOG_ECS_V1 => Ecs::V1,
        _ => return Err(Status(SAWLOG_BAD_VALUE)),
    };
    let field_reference_escape_style = match given.escape_style {
        0 | SAWLOG_ESCAPE_NONE => EscapeStyle::None,
        SAWLOG_ESCAPE_PERCENT => EscapeStyle::Percent,
        SAWLOG_ESCAPE_AMPERSAND => EscapeStyle::Ampersand,
        _ => return Err(Status(SAWLOG_BAD_VALUE)),
    };
    if given.reserved != 0 {
        return Err(Status(SAWLOG_BAD_VALUE));
    }
    let timezone = match timezone.filter(|name| !name.is_empty()).map(Zone::parse) {
        None => Zone::utc(),
        Some(Ok(zone)) => zone,
        Some(Err(error)) => {
            let suggestion = error.suggestion().map(|name| format!("; did you mean `{name}`?"));
            let message = format!("{error}{}", suggestion.unwrap_or_default());
            return Ok(Err(Diagnostics::one("bad-time-zone", message)));
        }
    };
    Ok(Ok(sawlog::Options {
        ecs,
        field_reference_escape_style,
        skip_unsupported: given.skip_unsupported != 0,
        host_name: host_name.map(str::to_owned),
        start: timestamp(given.start_ns),
        timezone,
        ..sawlog::Options::default()
    }))
}

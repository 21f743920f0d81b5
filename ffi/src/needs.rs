//! What a config asks its host for.

use sawlog::{PathKind, Span};

use crate::config::Config;
use crate::handle::{Freed, Sized0, call, free, optional, out, shared, structure};
use crate::resources::Resources;
use crate::status::{SAWLOG_BAD_VALUE, Status};
use crate::types::Str;

/// A variable, `${NAME}`: `sawlog_resources_set_variable`.
pub const SAWLOG_NEED_VARIABLE: i32 = 1;
/// A file: `sawlog_resources_add_file`.
pub const SAWLOG_NEED_FILE: i32 = 2;
/// A directory of grok patterns: `sawlog_resources_add_directory` and `sawlog_resources_add_directory_file` for each of its files
/// that `glob` matches, in the order of their names; or one file, as above.
pub const SAWLOG_NEED_PATTERNS: i32 = 3;
/// The list of user agents that a `useragent` filter takes which names no file: `sawlog_resources_set_user_agents`.
pub const SAWLOG_NEED_USER_AGENTS: i32 = 4;

/// A list of what a config asks for. It never changes; any number of threads may read it.
#[derive(Debug)]
pub struct Needs {
    items: Vec<Item>,
}

#[derive(Debug)]
struct Item {
    kind: i32,
    has_default: bool,
    name: String,
    glob: Option<String>,
    plugin: Option<String>,
    option: Option<String>,
    source: Option<String>,
    line: usize,
    column: usize,
    start: usize,
    end: usize,
}

impl Freed for Needs {}

/// One thing that a config asks for. Its texts live as long as the list.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct NeedView {
    /// `sizeof(sawlog_need)`, to be set before the call.
    pub struct_size: usize,
    /// `SAWLOG_NEED_…`.
    pub kind: i32,
    /// 1 for a variable that may be missing, else 0.
    pub has_default: i32,
    /// The variable's name, or the path as the config has it, with variables replaced; relative paths start at the
    /// host's working directory, as in Logstash. Missing for user agents.
    pub name: Str,
    /// `SAWLOG_NEED_PATTERNS`: which files of the directory are read. Else missing.
    pub glob: Str,
    /// The plugin that asks; missing for variables and user agents.
    pub plugin: Str,
    /// The option that has the path; missing for variables and user agents.
    pub option: Str,
    /// The source that it stands in; missing for user agents, and then the numbers are 0.
    pub source: Str,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The first byte of the value, in its source.
    pub start: usize,
    /// The byte behind the last one.
    pub end: usize,
}

// SAFETY: repr(C), begins with the size, numbers and pointers only.
unsafe impl Sized0 for NeedView {
    const FIRST_BYTES: usize = size_of::<Self>();
}

/// Lists what a config asks for: variables in the order written, then files and directories.
///
/// Effect: `*needs` is the new list. Paths may hold variables: ask once, set the variables in `resources`, and ask again with
/// these resources (NULL: no variable is set). A variable used twice stands there twice. Ownership: the caller's, to be freed
/// with `sawlog_needs_free`. Threads: one at a time for each config and each resources. Statuses: `SAWLOG_BAD_ORDER` before
/// `sawlog_config_parse`, `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_config_needs(
    config: *const Config,
    resources: *const Resources,
    needs: *mut *mut Needs,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (config, resources, needs) =
            unsafe { (shared(config)?, optional(resources)?, out(needs)?) };
        let config = config.parsed()?;
        let found = match resources {
            Some(resources) => {
                let resources = resources.enter()?;
                config.needs_with(&|name| resources.variable(name))
            }
            None => config.needs(),
        };
        needs.give(Needs::new(&config, found));
        Ok(())
    })
}

/// Counts the needs of a list; 0 for NULL.
///
/// Effect: none. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_needs_count(needs: *const Needs) -> usize {
    // SAFETY: see the crate's documentation.
    unsafe { shared(needs) }.map_or(0, |list| list.items.len())
}

/// Gives one need, from 0.
///
/// Effect: `*need` is filled. Ownership: the texts belong to the list. Threads: any. Statuses: `SAWLOG_BAD_VALUE` for an index
/// that is too large, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_needs_at(
    needs: *const Needs,
    index: usize,
    need: *mut NeedView,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (list, need) = unsafe { (shared(needs)?, structure(need)?) };
        let item = list.items.get(index).ok_or(Status(SAWLOG_BAD_VALUE))?;
        need.set(&NeedView {
            struct_size: size_of::<NeedView>(),
            kind: item.kind,
            has_default: i32::from(item.has_default),
            name: Str::of(
                Some(item.name.as_str()).filter(|_| item.kind != SAWLOG_NEED_USER_AGENTS),
            ),
            glob: Str::of(item.glob.as_deref()),
            plugin: Str::of(item.plugin.as_deref()),
            option: Str::of(item.option.as_deref()),
            source: Str::of(item.source.as_deref()),
            line: item.line,
            column: item.column,
            start: item.start,
            end: item.end,
        });
        Ok(())
    })
}

/// Frees a list and sets `*needs` to NULL; nothing happens if one of them is NULL. Threads: any one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_needs_free(needs: *mut *mut Needs) -> i32 {
    // SAFETY: see the crate's documentation.
    call(|| unsafe { free(needs) })
}

impl Needs {
    fn new(config: &sawlog::Config, needs: sawlog::Needs) -> Self {
        let places = sawlog::Diagnostics::new(config.sources().to_vec());
        let item = |kind, name, span: Span| {
            let at = places.position(span);
            Item {
                kind,
                has_default: false,
                name,
                glob: None,
                plugin: None,
                option: None,
                source: at.map(|at| at.name.to_owned()),
                line: at.map_or(0, |at| at.line),
                column: at.map_or(0, |at| at.column),
                start: span.start as usize,
                end: span.end as usize,
            }
        };
        let mut items: Vec<Item> = needs
            .variables
            .into_iter()
            .map(|need| Item {
                has_default: need.has_default,
                ..item(SAWLOG_NEED_VARIABLE, need.name, need.span)
            })
            .collect();
        items.extend(needs.paths.into_iter().map(|need| {
            let (kind, glob) = match need.kind {
                PathKind::File => (SAWLOG_NEED_FILE, None),
                PathKind::PatternsDir { glob } => (SAWLOG_NEED_PATTERNS, Some(glob)),
            };
            let (plugin, option) = (Some(need.plugin), Some(need.option));
            Item { glob, plugin, option, ..item(kind, need.path, need.span) }
        }));
        if needs.user_agents {
            items.push(Item {
                source: None,
                line: 0,
                column: 0,
                ..item(SAWLOG_NEED_USER_AGENTS, String::new(), Span::default())
            });
        }
        Self { items }
    }
}

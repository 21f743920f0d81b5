//! The arguments of every command, as clap reads them.

mod tools;

use std::{ffi::OsString, num::NonZeroUsize, path::PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use tools::{
    CompletionsArguments, DiffArguments, DiffFormat, FmtArguments, ManArguments, PluginArguments,
    TestArguments,
};

/// Runs Logstash pipeline configurations without Logstash.
#[derive(Debug, Parser)]
#[command(name = "sawlog", version, max_term_width = 100)]
pub struct Arguments {
    /// The command to run.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows everything that is wrong with a config, and what is legal and surely a mistake
    Check(CheckArguments),
    /// Lists the codecs, or shows the options of one
    Codecs(PluginArguments),
    /// Prints the completion script of a shell
    Completions(CompletionsArguments),
    /// Runs a pipeline's filters over logs and writes one JSON object per event
    Convert(ConvertArguments),
    /// Shows which events a change of a config alters
    Diff(DiffArguments),
    /// Lists the filters, or shows the options of one
    Filters(PluginArguments),
    /// Gives configs their canonical layout, comments kept
    Fmt(FmtArguments),
    /// Tries a grok pattern on lines: their fields, or where it stopped
    Grok(GrokArguments),
    /// Prints a manual page
    Man(ManArguments),
    /// Runs the texts of rejects through a repaired config
    Retry(RetryArguments),
    /// Lists the grok patterns, or shows one
    Patterns(PatternsArguments),
    /// Runs test cases of a config, or recorded cases, and shows what differs
    Test(TestArguments),
}

/// Reads the command line, program name first.
///
/// # Errors
/// What clap says; `check` without `-c` in front of the file is told of it.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Arguments, clap::Error> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    Arguments::try_parse_from(&arguments).map_err(|mut error| {
        let is_file = error.kind() == ErrorKind::UnknownArgument
            && matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(name)) if !name.starts_with('-'));
        if is_file && arguments.get(1).is_some_and(|name| name == "check") {
            let tip = "the config stands behind `-c`: sawlog check -c FILE".into();
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
        }
        error
    })
}

/// Where the config comes from; exactly one of the three.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct ConfigArguments {
    /// Reads the config from a file, from all files of a directory, or from what a glob matches
    #[arg(short, long, value_name = "FILE|DIR|GLOB")]
    pub config: Option<PathBuf>,
    /// Takes the config from the command line
    #[arg(short, long, value_name = "CONFIG")]
    pub execute: Option<String>,
    /// Runs a single grok filter over `message`
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    pub grok: Option<String>,
}

/// What decides how a config is compiled.
#[derive(Debug, Clone, Args)]
pub struct CompileArguments {
    /// Names of fields and captures: those before ECS, or those of ECS
    #[arg(long, value_name = "MODE", default_value = "v8")]
    pub ecs: EcsMode,
    /// Time zone of dates that name none [default: this machine's; UTC in test cases]
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// Leaves out plugins that are not built, with a warning
    #[arg(long)]
    pub skip_unsupported: bool,
    /// Decodes `\n`, `\t`, `\"` and the like in strings (Logstash's `config.support_escapes`)
    #[arg(long)]
    pub support_escapes: bool,
}

/// Logstash's `pipeline.ecs_compatibility`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EcsMode {
    /// No ECS names.
    Disabled,
    /// ECS 1.x names.
    V1,
    /// ECS 8.x names.
    V8,
}

/// `sawlog check`
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The config.
    #[command(flatten)]
    pub config: ConfigArguments,
    /// How to compile it.
    #[command(flatten)]
    pub compile: CompileArguments,
    /// How to show what was found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: CheckFormat,
    /// Takes warnings for errors: exit status 2 when there is one
    #[arg(long)]
    pub deny_warnings: bool,
}

/// The forms that `sawlog check` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// One JSON object with all diagnostics.
    Json,
    /// Excerpts with carets.
    Text,
}

/// `sawlog convert`
#[derive(Debug, Clone, Args)]
pub struct ConvertArguments {
    /// The config.
    #[command(flatten)]
    pub config: ConfigArguments,
    /// How to compile it.
    #[command(flatten)]
    pub compile: CompileArguments,
    /// Logs to read: files, directories with all below them, globs; `-` is standard input, which is
    /// read when none is given. Gzip, zstd, bzip2, xz, lz4, tar and zip are found by content
    #[arg(value_name = "FILE|DIR|GLOB")]
    pub inputs: Vec<PathBuf>,
    /// Where events go: `-` is standard output, a directory (`DIR/`, or one that exists) gets a file
    /// for each input; a name ending in .gz, .zst or .xz compresses
    #[arg(short, long, value_name = "FILE|DIR/", default_value = "-")]
    pub output: PathBuf,
    /// Where rejects go; a name ending in .gz, .zst or .xz compresses
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Worker threads; the output is the same for every number [default: one for each core]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Leaves out inputs whose file in the output directory is there
    #[arg(long)]
    pub skip_existing: bool,
    /// Keeps what is done in this file: a stopped run goes on where it was, a finished one does
    /// nothing
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// The id (or, if only one has it, the plugin name) of the input whose codec, type, tags and
    /// added fields apply
    #[arg(long, value_name = "ID")]
    pub input: Option<String>,
    /// Reads with this codec instead of the input's: a name, or as in a config with its options
    #[arg(long, value_name = "CODEC")]
    pub codec: Option<String>,
    /// Sets a field of every event before the filters run
    #[arg(long, value_name = "FIELD=VALUE", value_parser = parse_assignment)]
    pub set: Vec<(String, String)>,
    /// Does not keep the original text in `[event][original]`
    #[arg(long)]
    pub no_original: bool,
    /// The clock of the run: a time (RFC 3339), or `mtime` for the modification time of each input
    /// [default: the machine's]
    #[arg(long, value_name = "TIME|mtime")]
    pub now: Option<String>,
    /// Refuses longer lines
    #[arg(long, value_name = "BYTES", default_value_t = sawlog::limits::LINE_BYTES)]
    pub max_line_bytes: usize,
    /// Where events go on which a filter or the codec failed
    #[arg(long, value_name = "WHERE", default_value = "keep")]
    pub failed: FailedEvents,
    /// The form of the output.
    #[command(flatten)]
    pub form: FormArguments,
    /// Says at the end where time and steps went, by filter, pattern and `%{NAME}`, and what would
    /// save some: as a table on standard error, with `=json` as JSON there, else as JSON in this file
    #[arg(
        long,
        value_name = "json|FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "text"
    )]
    pub profile: Option<PathBuf>,
    /// What is said at the end.
    #[command(flatten)]
    pub report: ReportArguments,
}

impl ConvertArguments {
    /// The file that gets the profile.
    pub fn profile_file(&self) -> Option<&PathBuf> {
        self.profile
            .as_ref()
            .filter(|path| path.as_os_str() != "text" && path.as_os_str() != "json")
    }
}

/// Where events go on which something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailedEvents {
    /// To the output, as in Logstash; `--rejects` gets a copy
    Keep,
    /// To the file of `--rejects`, and not to the output
    Divert,
}

/// The form of the events that are written.
#[derive(Debug, Clone, Args)]
pub struct FormArguments {
    /// How events are written
    #[arg(long, value_name = "FORMAT", default_value = "ndjson")]
    pub format: OutputFormat,
    /// Writes only these fields, in this order: `a,[b][c]`; the columns of `csv`
    #[arg(long, value_name = "FIELD,…", value_delimiter = ',')]
    pub fields: Vec<String>,
    /// Writes events with a codec as it stands in a config, such as `dots` or `cef { fields => ["src"] }`
    #[arg(long, value_name = "CODEC", conflicts_with_all = ["format", "fields"])]
    pub output_codec: Option<String>,
}

/// The forms that events are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// One row for each event, under a row of names
    Csv,
    /// One list of all events
    Json,
    /// One JSON object a line
    Ndjson,
    /// Indented, for people
    Rubydebug,
}

/// What is said on standard error, and the exit status for rejects.
#[derive(Debug, Clone, Default, Args)]
pub struct ReportArguments {
    /// Ends with status 3 when anything was rejected
    #[arg(long)]
    pub strict: bool,
    /// Shows neither progress nor summary, only what went wrong
    #[arg(short, long)]
    pub quiet: bool,
    /// Writes all counts as a JSON object: `json` to standard error instead of the summary, else to
    /// this file
    #[arg(long, value_name = "json|FILE")]
    pub stats: Option<PathBuf>,
}

impl ReportArguments {
    /// The file that gets the counts.
    pub fn file(&self) -> Option<&PathBuf> {
        self.stats.as_ref().filter(|path| path.as_os_str() != "json")
    }

    /// Whether the counts go to standard error.
    pub fn wants_json(&self) -> bool {
        self.stats.is_some() && self.file().is_none()
    }
}

/// `sawlog retry`
#[derive(Debug, Args)]
pub struct RetryArguments {
    /// The config.
    #[command(flatten)]
    pub config: ConfigArguments,
    /// How to compile it.
    #[command(flatten)]
    pub compile: CompileArguments,
    /// Rejects of `sawlog convert --rejects`, plain or compressed
    #[arg(value_name = "REJECTS")]
    pub source: PathBuf,
    /// Where events go; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
    /// Where the rejects go that are left [default: REJECTS with `.left` before its suffix]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Converts also lines of which the output has events already
    #[arg(long)]
    pub again: bool,
    /// The id (or, if only one has it, the plugin name) of the input whose codec, type, tags and
    /// added fields apply
    #[arg(long, value_name = "ID")]
    pub input: Option<String>,
    /// Reads with this codec instead of the input's: a name, or as in a config with its options
    #[arg(long, value_name = "CODEC")]
    pub codec: Option<String>,
    /// Sets a field of every event before the filters run
    #[arg(long, value_name = "FIELD=VALUE", value_parser = parse_assignment)]
    pub set: Vec<(String, String)>,
    /// Does not keep the original text in `[event][original]`
    #[arg(long)]
    pub no_original: bool,
    /// The clock of the run, RFC 3339 [default: the one that the rejects name, else the machine's]
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// The form of the output.
    #[command(flatten)]
    pub form: FormArguments,
    /// What is said at the end.
    #[command(flatten)]
    pub report: ReportArguments,
}

/// The patterns that `%{NAME}` can stand for.
#[derive(Debug, Clone, Args)]
pub struct DictionaryArguments {
    /// Names of captures: those before ECS, or those of ECS
    #[arg(long, value_name = "MODE", default_value = "v8")]
    pub ecs: EcsMode,
    /// Adds the patterns of a file, or of all files of a directory: one `NAME regex` a line
    #[arg(long, value_name = "FILE|DIR")]
    pub patterns_dir: Vec<PathBuf>,
    /// Adds one pattern
    #[arg(long, value_name = "NAME=REGEX", value_parser = parse_definition)]
    pub definition: Vec<(String, String)>,
}

/// `sawlog grok`
#[derive(Debug, Args)]
pub struct GrokArguments {
    /// The pattern to try
    #[arg(value_name = "PATTERN", allow_hyphen_values = true)]
    pub pattern: String,
    /// Files to read, plain or packed; `-` is standard input, which is read when none is given
    #[arg(value_name = "FILE")]
    pub inputs: Vec<PathBuf>,
    /// The patterns that it can use.
    #[command(flatten)]
    pub dictionary: DictionaryArguments,
    /// Shows the lines that do not match and leaves out the others
    #[arg(long)]
    pub only_failed: bool,
    /// Shows how many lines match, and how many do not for which reason
    #[arg(long)]
    pub count: bool,
    /// Says what to change in the pattern so that a line matches that does not
    #[arg(long)]
    pub explain: bool,
    /// How to show what was found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextOrJson,
}

/// `sawlog patterns`
#[derive(Debug, Args)]
pub struct PatternsArguments {
    /// The pattern to show: its definition, captures, what it is made of, what uses it
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// The patterns to choose from.
    #[command(flatten)]
    pub dictionary: DictionaryArguments,
    /// Writes the regular expression that the pattern expands to, and nothing else
    #[arg(long, requires = "name")]
    pub expand: bool,
    /// How to show what was found
    #[arg(long, value_name = "FORMAT", default_value = "text", conflicts_with = "expand")]
    pub format: TextOrJson,
}

/// For people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TextOrJson {
    /// JSON, one object a line.
    Json,
    /// Text.
    Text,
}

fn parse_assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.is_empty() => Ok((field.to_owned(), value.to_owned())),
        _ => Err("needs the form FIELD=VALUE".to_owned()),
    }
}

fn parse_definition(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, regex)) if !name.is_empty() && !regex.is_empty() => {
            if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return Ok((name.to_owned(), regex.to_owned()));
            }
            Err(format!("`{name}` is no name: it takes letters, digits and `_`"))
        }
        _ => Err("needs the form NAME=REGEX".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn only_the_first_equals_sign_separates() {
        assert_eq!(parse_assignment("[a][b]=c=d"), Ok(("[a][b]".to_owned(), "c=d".to_owned())));
        assert!(parse_assignment("a").is_err());
        assert!(parse_assignment("=a").is_err());
    }

    #[test]
    fn exactly_one_config_is_needed() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' ')).is_ok();
        assert!(parse("sawlog check -c a"));
        assert!(parse("sawlog check --grok %{WORD}"));
        assert!(!parse("sawlog check"));
        assert!(!parse("sawlog check -c a -e b"));
    }
}

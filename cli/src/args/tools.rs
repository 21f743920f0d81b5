//! The arguments of the commands around a config: testing, comparing and formatting it, and those of
//! the pages about the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::Shell;

use super::{CompileArguments, TextOrJson, parse_assignment};

/// `sawlog test`
#[derive(Debug, Args)]
pub struct TestArguments {
    /// Test cases of the config (.yaml, .yml, .json, or directories of them); without a config,
    /// recorded cases, one JSON object a line
    #[arg(value_name = "CASES", required = true)]
    pub files: Vec<PathBuf>,
    /// The config under test: a file, all files of a directory, or what a glob matches
    #[arg(short, long, value_name = "FILE|DIR|GLOB", conflicts_with = "execute")]
    pub config: Option<PathBuf>,
    /// The config under test, from the command line
    #[arg(short, long, value_name = "CONFIG")]
    pub execute: Option<String>,
    /// How to compile it; dates that name no time zone are UTC by default.
    #[command(flatten)]
    pub compile: CompileArguments,
    /// The clock of cases that name none, RFC 3339 [default: the machine's]
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// Differences of recorded cases that are known and wanted: `id<TAB>kind<TAB>reason` a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "execute"])]
    pub expected: Option<PathBuf>,
}

/// `sawlog diff`
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// The configs, first the old one, then the new one
    #[arg(short, long, value_name = "OLD|NEW", required = true)]
    pub config: Vec<PathBuf>,
    /// How to compile both.
    #[command(flatten)]
    pub compile: CompileArguments,
    /// Logs to read, plain or packed; `-` is standard input, which is read when none is given
    #[arg(value_name = "FILE")]
    pub inputs: Vec<PathBuf>,
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
    /// The clock of both runs, RFC 3339 [default: the machine's]
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// Differences that are shown one by one
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub limit: u64,
    /// How to show what differs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: DiffFormat,
}

/// The forms that `sawlog diff` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// One JSON object with counts and differences.
    Json,
    /// A line for each field that differs.
    Text,
}

/// `sawlog fmt`
#[derive(Debug, Args)]
pub struct FmtArguments {
    /// Configs to rewrite; `-` is standard input, which goes to standard output, as when none is
    /// given
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Writes nothing, names the files that would change, and exits with 1 if there are any
    #[arg(long)]
    pub check: bool,
}

/// `sawlog filters` and `sawlog codecs`
#[derive(Debug, Args)]
pub struct PluginArguments {
    /// The plugin to show: its options, an example, what differs from Logstash
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// How to show what is known
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextOrJson,
}

/// `sawlog completions`
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// `sawlog man`
#[derive(Debug, Args)]
pub struct ManArguments {
    /// The command that the page is about [default: sawlog itself]
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

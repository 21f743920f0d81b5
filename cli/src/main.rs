//! The binary: hands the process's arguments to the library and its exit status to the system.

use std::process::ExitCode;

fn main() -> ExitCode {
    sawlog_cli::run(std::env::args_os())
}

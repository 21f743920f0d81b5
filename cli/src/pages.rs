//! `sawlog completions` and `sawlog man`: what clap knows about the arguments, as a completion
//! script and as manual pages.

use std::io::{self, Write as _};

use clap::CommandFactory as _;

use crate::{
    EXIT_DONE, EXIT_USAGE,
    args::{Arguments, CompletionsArguments, ManArguments},
};

/// Writes the completion script of a shell.
pub fn completions(arguments: &CompletionsArguments) -> u8 {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    write(&script);
    EXIT_DONE
}

/// Writes the manual page of the program or of one of its commands, in roff.
pub fn man(arguments: &ManArguments) -> u8 {
    let mut program = Arguments::command();
    // Building names the pages of commands `sawlog-check` and so on, as git has them.
    program.build();
    let command = match &arguments.command {
        None => Some(&program),
        Some(name) => program.find_subcommand(name),
    };
    let Some(command) = command else {
        let known: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
        let _ = writeln!(
            io::stderr(),
            "sawlog: there is no command `{}`; the commands are {}",
            arguments.command.as_deref().unwrap_or_default(),
            known.join(", ")
        );
        return EXIT_USAGE;
    };
    let mut page = Vec::new();
    // Writing to memory cannot fail.
    let _ = clap_mangen::Man::new(command.clone()).render(&mut page);
    write(&page);
    EXIT_DONE
}

fn write(bytes: &[u8]) {
    let mut stdout = io::stdout();
    // A closed pipe has seen all that it wants.
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}

//! `sawlog completions` and `sawlog man`: they know every command.

use crate::support::run;

/// Returns the names of the commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = run(&["--help"]);
    let text = help.text().split("Commands:\n").nth(1).unwrap();
    let lines = text.lines().take_while(|line| !line.is_empty());
    lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn completion_scripts_know_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(&["completions", shell]);
        assert_eq!(script.status, 0, "{shell}: {}", script.stderr);
        for command in commands() {
            assert!(script.text().contains(&command), "{shell} lacks {command}");
        }
    }
    assert_eq!(run(&["completions", "dos"]).status, 2);
}

#[test]
fn manual_has_a_page_for_the_program_and_each_command() {
    let page = run(&["man"]);
    assert!(page.text().contains(".TH sawlog 1"), "{}", page.text());
    for command in commands() {
        assert!(page.text().contains(&format!("sawlog\\-{command}(1)")), "{command}");
        let own = run(&["man", &command]);
        assert_eq!(own.status, 0, "{command}: {}", own.stderr);
        assert!(own.text().contains(&format!(".TH sawlog-{command} 1")), "{}", own.text());
    }
    let unknown = run(&["man", "nope"]);
    assert_eq!((unknown.status, unknown.text()), (2, ""));
    assert!(unknown.stderr.contains("the commands are check, "), "{}", unknown.stderr);
}

//! The ceiling alone: `ceiling T1|T2|T3 FILE ROUNDS` prints megabytes of input per second of
//! processor time, the best round.

#![expect(clippy::print_stdout, reason = "the figure is the output")]

use std::error::Error;
use std::time::Duration;
use std::{env, fs};

use sawlog_benches::{clock, contestant, tasks};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let [_, task, file, rounds] = &arguments[..] else { return Err("task, file, rounds".into()) };
    let task = tasks::by_name(task).ok_or("T1, T2 or T3")?;
    let mut ceiling = contestant("ceiling", task, "").ok_or("not on this processor")?;
    let input = fs::read_to_string(file)?;
    ceiling.load(&input);
    let mut best = Duration::MAX;
    let mut came_out = 0;
    for _ in 0..rounds.parse::<u32>()? {
        let start = clock::thread();
        came_out = ceiling.run(&input, task.output);
        best = best.min(clock::thread().saturating_sub(start));
    }
    let speed = input.len() as f64 / 1e6 / best.as_secs_f64();
    println!("{} {speed:.1} MB/s, {came_out} events or bytes", task.name);
    Ok(())
}

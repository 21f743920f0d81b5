//! The Lambda function: the library's pure adapters between Lambda's runtime interface and the network.
//!
//! Everything is read and compiled before the first event; a config that is wrong ends the start, with all its diagnostics in
//! the log.

mod aws;
mod config;
mod deliver;
mod init;
mod serve;

use std::process::ExitCode;

/// Bytes of the largest block from which glibc learns, less what it puts around one.
const LEARNT_BYTES: usize = (32 << 20) - (64 << 10);

/// Has the allocator keep the memory of an invocation for the next one.
///
/// glibc gives large blocks back to the system when they are freed, and the system gives them back page by page: events and
/// answers have megabytes. From a block that is freed it learns to keep others of its size. Nobody touches this one, so it
/// takes no memory.
///
/// PERF: a Firehose batch of 3 MB, T2, one line a record: 1,500 page faults and 15.2 ms of processor time before, 100 and 10.5
/// behind it (`make bench-lambda`, busy machine).
fn keep_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LEARNT_BYTES)));
}

fn main() -> ExitCode {
    keep_memory();
    // One event at a time: a second thread would have nothing to do.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            serve::log(&format!("no runtime can be made: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let variable = |name: &str| std::env::var(name).ok();
    let done = match runtime.block_on(init::read(&variable)) {
        Ok(ready) => runtime.block_on(serve::run(ready)),
        Err(problem) => {
            serve::log(&problem);
            runtime.block_on(serve::report_start(&problem))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            serve::log(&format!("the function ends: {error}"));
            ExitCode::FAILURE
        }
    }
}

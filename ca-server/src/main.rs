//! The binary `signet`.

use std::process::ExitCode;

/// Most of what a request needs is small and short-lived, and other threads than its own let go of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ca_server::cli::main()
}

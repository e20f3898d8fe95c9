//! The binary `signet`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ca_server::cli::main()
}

//! The binary `signet-sign`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ca_client::cli::main()
}

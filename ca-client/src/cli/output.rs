//! What is printed: results on stdout, messages on stderr.

use std::fmt::Display;

/// A line of the result.
#[expect(clippy::print_stdout, reason = "the command line speaks to its user")]
pub(super) fn say(line: impl Display) {
    println!("{line}");
}

/// A line beside the result.
#[expect(clippy::print_stderr, reason = "the command line speaks to its user")]
pub(super) fn note(line: impl Display) {
    eprintln!("{line}");
}

/// Lower-case hexadecimal.
pub(super) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

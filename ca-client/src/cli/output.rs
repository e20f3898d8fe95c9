//! What is printed: results on stdout, messages on stderr. Texts of servers and names of files are among it, so nothing of
//! it reaches a terminal, or a CI that reads commands from logs, but visible characters.

use std::fmt::{Display, Write as _};

/// A line of the result.
#[expect(clippy::print_stdout, reason = "the command line speaks to its user")]
pub(super) fn say(line: impl Display) {
    println!("{}", visible(&line.to_string()));
}

/// A line beside the result.
#[expect(clippy::print_stderr, reason = "the command line speaks to its user")]
pub(super) fn note(line: impl Display) {
    eprintln!("{}", visible(&line.to_string()));
}

/// Control characters, ends of lines among them, and those that turn the direction of writing, as `\u001b`: which is JSON,
/// too, where they stand in a string.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_formatting(character) {
            // Writing to a String cannot fail, and none of them has more than 16 bits.
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out
}

/// Separators of lines and paragraphs, and marks, embeddings and isolates of direction.
fn is_formatting(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Lower-case hexadecimal.
pub(super) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_visible_characters_are_printed() {
        assert_eq!(visible("größe \"a\" \\ 漢"), "größe \"a\" \\ 漢");
        assert_eq!(
            visible("a\x1b[2Jb\r\n::add-mask::\u{9b}c\u{202e}"),
            r"a\u001b[2Jb\u000d\u000a::add-mask::\u009bc\u202e"
        );
        let json = serde_json::json!({ "detail": "\u{9b}\u{7f}\u{1b}\u{2066}" });
        assert_eq!(serde_json::from_str(&visible(&json.to_string())).ok(), Some(json));
    }
}

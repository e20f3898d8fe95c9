//! Text that others chose, safe to look at.

/// The text with every character that moves, hides or turns around what stands beside it written as its number.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|c| if misleads(c) { format!("\\u{{{:x}}}", u32::from(c)) } else { c.to_string() }).collect()
}

fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Lower-case pairs between colons; of a long value the beginning.
pub(super) fn octets(octets: &[u8]) -> String {
    const MOST: usize = 64;
    let pairs: Vec<String> = octets.iter().take(MOST).map(|octet| format!("{octet:02x}")).collect();
    match octets.len() {
        0..=MOST => pairs.join(":"),
        all => format!("{}… ({all} octets)", pairs.join(":")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_misleads_is_shown() {
        assert_eq!(visible("a\u{202e}gpj.exe\0\n"), "a\\u{202e}gpj.exe\\u{0}\\u{a}");
        assert_eq!(visible("Müller & Söhne <b>"), "Müller & Söhne <b>");
        assert_eq!(octets(&[1, 0xab]), "01:ab");
        assert!(octets(&[0; 65]).ends_with("… (65 octets)"));
    }
}

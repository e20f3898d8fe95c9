//! Just enough of Rust's lexical structure to look at code without being fooled by comments, strings and tests.

use std::ops::Range;

/// `text` with comments, string and character literals replaced by spaces. Newlines stay, so line numbers hold.
pub(crate) fn blank_literals(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_end(bytes, at);
        if end > at {
            blank(&mut out[at..end]);
            at = end;
        } else {
            at += word_length(bytes, at).max(1);
        }
    }
    String::from_utf8(out).expect("blanking replaces whole literals")
}

/// Where the comment or literal that starts at `at` ends; `at` itself if none starts there.
fn literal_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        return at + rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
    }
    if rest.starts_with(b"/*") {
        return block_comment_end(bytes, at);
    }
    // Prefixes of string literals: b"", c"", r"", r#""#, br"", cr"". A raw identifier (r#type) is none.
    let prefix = rest.iter().take_while(|b| matches!(b, b'b' | b'c' | b'r')).count();
    let raw = rest[..prefix].last() == Some(&b'r');
    let hashes = if raw { rest[prefix..].iter().take_while(|&&b| b == b'#').count() } else { 0 };
    match rest.get(prefix + hashes) {
        Some(b'"') if raw => raw_string_end(bytes, at + prefix + hashes + 1, hashes),
        Some(b'"') => quoted_end(bytes, at + prefix + 1, b'"'),
        Some(b'\'') if prefix <= 1 && !raw => char_end(bytes, at, at + prefix + 1),
        _ => at,
    }
}

fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < bytes.len() {
        match &bytes[at..(at + 2).min(bytes.len())] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn raw_string_end(bytes: &[u8], start: usize, hashes: usize) -> usize {
    let close = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
    let found = bytes[start..].windows(close.len()).position(|w| w == close);
    found.map_or(bytes.len(), |offset| start + offset + close.len())
}

fn quoted_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// `'x'` and `'\n'` are literals, `'a` is a lifetime.
fn char_end(bytes: &[u8], at: usize, start: usize) -> usize {
    if bytes.get(start) == Some(&b'\\') {
        return quoted_end(bytes, start, b'\'');
    }
    let width = bytes.get(start).map_or(1, |first| match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    });
    if bytes.get(start + width) == Some(&b'\'') { start + width + 1 } else { at }
}

fn blank(bytes: &mut [u8]) {
    bytes.iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
}

fn word_length(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().take_while(|&&b| is_word(b)).count()
}

/// Whether a byte belongs to an identifier.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// `code` without the items under `#[cfg(test)]` or `#[test]`, and empty if the whole file is test code.
pub(crate) fn blank_tests(code: &str) -> String {
    if code.contains("#![cfg(test)]") {
        return String::new();
    }
    let mut out = code.as_bytes().to_vec();
    for start in test_attributes(code) {
        blank(&mut out[start..item_end(code, start)]);
    }
    String::from_utf8(out).expect("blanking ends at ASCII characters")
}

/// Names of the modules declared as `#[cfg(test)] mod name;`.
pub(crate) fn test_module_declarations(code: &str) -> Vec<&str> {
    let items = test_attributes(code).into_iter().map(|start| &code[start..item_end(code, start)]);
    items
        .filter(|item| item.ends_with(';'))
        .filter_map(|item| item[..item.len() - 1].rsplit_once("mod "))
        .map(|(_, name)| name.trim())
        .collect()
}

fn test_attributes(code: &str) -> Vec<usize> {
    let marks = ["#[cfg(test)]", "#[cfg(all(test", "#[test]", "#[tokio::test"];
    marks.iter().flat_map(|mark| code.match_indices(mark).map(|(at, _)| at)).collect()
}

/// The end of the item that the attribute at `start` belongs to: its `;` or its closing brace.
fn item_end(code: &str, start: usize) -> usize {
    let bytes = code.as_bytes();
    let mut depth = 0_i32;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b';' | b',' if depth == 0 => return at + 1,
            b'{' if depth == 0 => return block_end(bytes, at),
            _ => {}
        }
    }
    code.len()
}

/// The offset after the brace that closes the block opened at `open`.
pub(crate) fn block_end(bytes: &[u8], open: usize) -> usize {
    let mut depth = 0_i32;
    for (at, byte) in bytes.iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    bytes.len()
}

/// Where the bodies of `impl Trait for Type` blocks lie.
pub(crate) fn trait_implementations(code: &str) -> Vec<Range<usize>> {
    let headers = words(code, "impl").filter_map(|at| Some((at, at + code[at..].find('{')?)));
    let of_traits = headers.filter(|&(at, open)| words(&code[at..open], "for").next().is_some());
    of_traits.map(|(_, open)| open..block_end(code.as_bytes(), open)).collect()
}

/// The line, counted from one, that holds the byte at `offset`.
pub(crate) fn line_of(code: &str, offset: usize) -> usize {
    code[..offset].bytes().filter(|&b| b == b'\n').count() + 1
}

/// Offsets at which `word` stands as a whole identifier.
pub(crate) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = code.as_bytes();
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = at.checked_sub(1).is_some_and(|b| is_word(bytes[b]));
        let after = bytes.get(at + word.len()).is_some_and(|&b| is_word(b));
        !before && !after
    })
}

#[test]
fn literals_are_blanked_and_lifetimes_are_not() {
    let text = "a // x\n\"s\\\"t\" b'q' r#\"raw \" x\"# 'l: loop {} 'c' '\\'' /* /* n */ */ z r#type";
    let code = blank_literals(text);
    assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["a", "'l:", "loop", "{}", "z", "r#type"]);
    assert_eq!(code.len(), text.len());
}

#[test]
fn test_items_are_blanked() {
    let code = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}\n#[cfg(test)]\nmod proofs;\n";
    assert_eq!(blank_tests(code).split_whitespace().collect::<Vec<_>>(), ["fn", "a()", "{}", "fn", "c()", "{}"]);
    assert_eq!(test_module_declarations(code), ["proofs"]);
}

//! Size of files and functions outside tests: a report above the measure, a failure above the ceiling.

use crate::rust_text::{block_end, line_of, words};
use crate::source::{report, rust_files, text_files};

/// Lines of a file: worth a question, and too many.
const FILE: (usize, usize) = (400, 500);
/// Lines of a function: worth a question, and too many.
const FUNCTION: (usize, usize) = (60, 80);

#[test]
fn files_and_functions_stay_readable() {
    let mut sizes = file_sizes();
    sizes.extend(rust_files().iter().flat_map(|file| function_sizes(&file.path, &file.shipped)));
    sizes.sort_by_key(|size| std::cmp::Reverse(size.lines));
    let questioned: Vec<String> = sizes.iter().filter(|s| s.lines > s.limits.0).map(Size::line).collect();
    if !questioned.is_empty() {
        println!("Long enough to ask whether it is one thing:\n  {}", questioned.join("\n  "));
    }
    let refused: Vec<String> = sizes.iter().filter(|s| s.lines > s.limits.1).map(Size::line).collect();
    report("Too long for one reading (files 500 lines, functions 80):", &refused);
}

struct Size {
    what: String,
    lines: usize,
    limits: (usize, usize),
}

impl Size {
    fn line(&self) -> String {
        format!("{:4} lines  {}", self.lines, self.what)
    }
}

fn file_sizes() -> Vec<Size> {
    let shipped = rust_files().iter().filter(|f| !f.shipped.trim().is_empty()).map(|f| f.path.as_str());
    let lines = |path: &str| text_files().iter().find(|f| f.path == path).map_or(0, |f| f.text.lines().count());
    shipped.map(|path| Size { what: path.to_owned(), lines: lines(path), limits: FILE }).collect()
}

fn function_sizes(path: &str, code: &str) -> Vec<Size> {
    let functions = words(code, "fn").filter_map(|at| body_of(code, at).map(|body| (at, body)));
    let sized = functions.map(|(at, end)| {
        let name: String = code[at..].chars().take_while(|&c| c != '(' && c != '<').collect();
        let (first, last) = (line_of(code, at), line_of(code, end - 1));
        Size { what: format!("{path}:{first} {}", name.trim()), lines: last - first + 1, limits: FUNCTION }
    });
    sized.collect()
}

/// The end of the body of the function whose `fn` stands at `at`; none for a declaration or a function pointer type.
fn body_of(code: &str, at: usize) -> Option<usize> {
    let bytes = code.as_bytes();
    let mut depth = 0_i32;
    for (offset, byte) in bytes.iter().enumerate().skip(at) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' if depth == 0 => return None,
            b')' | b']' => depth -= 1,
            b';' | b',' | b'=' | b'}' if depth == 0 => return None,
            b'{' if depth == 0 => return Some(block_end(bytes, offset)),
            _ => {}
        }
    }
    None
}

#[test]
fn function_bodies_are_measured() {
    let sizes =
        function_sizes("x.rs", "fn a<T>(b: [u8; 2]) -> u8\nwhere T: Fn(u8) -> u8\n{\n  1\n}\ntrait T { fn d(); }\n");
    assert_eq!(sizes.iter().map(|s| s.lines).collect::<Vec<_>>(), [5]);
}

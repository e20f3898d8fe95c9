//! Which paths (`crate::store::Store`, `std::time::Instant::now`) a Rust file mentions, with `use` and `super` resolved.

use std::collections::HashMap;

use crate::rust_text::{is_word, line_of, words};
use crate::source::RustFile;

/// A path mentioned in code.
#[derive(PartialEq, Eq)]
pub(crate) struct Mention {
    /// Segments joined by `::`, as far as the file's own imports resolve them; `crate` stays `crate`.
    pub(crate) path: String,
    pub(crate) line: usize,
}

impl Mention {
    /// Whether the path is `prefix` or lies below it.
    pub(crate) fn is_below(&self, prefix: &str) -> bool {
        self.path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }

    /// Whether the path ends in these segments.
    pub(crate) fn ends_in(&self, suffix: &str) -> bool {
        self.path.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with("::"))
    }
}

/// Every path in the code that ships.
pub(crate) fn mentions(file: &RustFile) -> Vec<Mention> {
    let module = module_path(&file.path);
    let mut found = Vec::new();
    let mut imports = HashMap::new();
    for (offset, statement) in use_statements(&file.shipped) {
        for (path, name) in expand(statement.trim()) {
            let path = absolute(&path, &module);
            imports.insert(name, path.clone());
            found.push(Mention { path, line: line_of(&file.shipped, offset) });
        }
    }
    found.extend(inline_paths(&file.shipped).map(|(offset, path)| Mention {
        path: absolute(&through_imports(&path, &imports), &module),
        line: line_of(&file.shipped, offset),
    }));
    found.sort_by(|a, b| (a.line, &a.path).cmp(&(b.line, &b.path)));
    found.dedup();
    found
}

/// `ca-server/src/store/account.rs` is `crate::store::account`.
fn module_path(file: &str) -> Vec<String> {
    let inside = file.split_once("src/").map_or(file, |(_, inside)| inside).trim_end_matches(".rs");
    let names = inside.split('/').filter(|name| !["lib", "main", "mod"].contains(name));
    std::iter::once("crate").chain(names).map(str::to_owned).collect()
}

fn absolute(path: &str, module: &[String]) -> String {
    let mut base = module.to_vec();
    let mut rest = path;
    if let Some(tail) = rest.strip_prefix("self::") {
        rest = tail;
    } else if !rest.starts_with("super::") {
        return path.to_owned();
    }
    while let Some(tail) = rest.strip_prefix("super::") {
        base.pop();
        rest = tail;
    }
    format!("{}::{rest}", base.join("::"))
}

fn through_imports(path: &str, imports: &HashMap<String, String>) -> String {
    let (first, rest) = path.split_once("::").unwrap_or((path, ""));
    imports.get(first).map_or_else(|| path.to_owned(), |whole| format!("{whole}::{rest}"))
}

fn use_statements(code: &str) -> impl Iterator<Item = (usize, &str)> {
    words(code, "use").filter_map(|at| {
        let statement = &code[at + 3..];
        // `use<'a>` in a return type is precise capturing, not an import.
        let end = statement.find(';').filter(|_| statement.starts_with(char::is_whitespace))?;
        Some((at, &statement[..end]))
    })
}

/// `a::{b, c::{self, D as E}}` is `a::b` named b, `a::c` named c, `a::c::D` named E.
fn expand(tree: &str) -> Vec<(String, String)> {
    let tree = tree.trim().trim_start_matches("::");
    let Some((prefix, group)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(p, a)| (p.trim(), Some(a.trim())));
        let name = alias.unwrap_or_else(|| path.rsplit("::").next().unwrap_or(path));
        return vec![(path.to_owned(), name.to_owned())];
    };
    let group = group.rsplit_once('}').map_or(group, |(inside, _)| inside);
    let prefix = prefix.trim();
    let leaves = split_top_level(group).into_iter().filter(|leaf| !leaf.trim().is_empty());
    leaves.flat_map(expand).map(|(path, name)| join(prefix, &path, name)).collect()
}

fn join(prefix: &str, path: &str, name: String) -> (String, String) {
    if path == "self" {
        let whole = prefix.trim_end_matches("::");
        let own = whole.rsplit("::").next().unwrap_or(whole).to_owned();
        return (whole.to_owned(), if name == "self" { own } else { name });
    }
    (format!("{prefix}{path}"), name)
}

fn split_top_level(group: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, byte) in group.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts
}

/// Every `a::b::c` in the code, without generic arguments.
fn inline_paths(code: &str) -> impl Iterator<Item = (usize, String)> + '_ {
    let bytes = code.as_bytes();
    let starts = (0..bytes.len()).filter(move |&at| {
        let continues = at > 0 && (is_word(bytes[at - 1]) || bytes[at - 1] == b':');
        is_word(bytes[at]) && !continues
    });
    starts.filter_map(move |at| {
        let length = bytes[at..].iter().take_while(|&&b| is_word(b) || b == b':').count();
        let path = code[at..at + length].trim_end_matches(':');
        path.contains("::").then(|| (at, path.to_owned()))
    })
}

#[test]
fn imports_are_expanded_and_resolved() {
    let shipped = "use crate::{ops::order, store::{self, Store as S}};\nuse std::time as t;\n\
                   fn f() { t::Instant::now(); super::clock::now(); S::open(); }";
    let file = RustFile { path: "ca-server/src/http/error.rs".into(), code: String::new(), shipped: shipped.into() };
    let found: Vec<String> = mentions(&file).into_iter().map(|m| m.path).collect();
    for expected in [
        "crate::ops::order",
        "crate::store",
        "crate::store::Store::open",
        "std::time::Instant::now",
        "crate::http::clock::now",
    ] {
        assert!(found.iter().any(|path| path == expected), "{expected} in {found:?}");
    }
}

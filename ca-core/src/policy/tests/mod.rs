#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod decisions;
mod matrix;
mod samples;
mod soundness;

use super::{PolicyEngine, PolicySource};

fn source(file: &str, text: &str) -> PolicySource {
    PolicySource { file: file.to_owned(), text: text.to_owned() }
}

fn engine(text: &str) -> PolicyEngine {
    PolicyEngine::new(&[source("test.cedar", text)]).expect("sound policies")
}

//! What a refusal must be: a problem document of the right type that says why, and a fresh nonce.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::https::Answer;
use crate::process::Finished;

/// Checks status, type, media type, a detail for humans, and that the answer to a POST brought a nonce.
///
/// # Errors
/// If the answer is not this refusal, with what it is.
pub fn expect(answer: &Answer, status: u16, kind: &str) -> Result<Value> {
    let text = format!("{} {:?} {}", answer.status, answer.headers, answer.text());
    ensure!(answer.status == status, "expected {status} {kind}, got {text}");
    ensure!(
        answer.header("content-type").is_some_and(|v| v.starts_with("application/problem+json")),
        "no problem document: {text}"
    );
    let problem = answer.json()?;
    ensure!(problem["type"] == format!("urn:ietf:params:acme:error:{kind}"), "expected {kind}, got {text}");
    ensure!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 10), "the problem does not say why: {text}");
    // RFC 8555 §6.5: also in error responses.
    ensure!(answer.header("replay-nonce").is_some(), "no Replay-Nonce: {text}");
    Ok(problem)
}

/// Checks that a program failed with this exit code and these words.
///
/// # Errors
/// If it did not, with everything it said.
pub fn expect_exit(finished: &Finished, code: i32, words: &[&str]) -> Result<()> {
    let said = finished.words();
    ensure!(
        finished.status.code() == Some(code),
        "{}: expected exit {code}, got {}\n{said}",
        finished.command,
        finished.status
    );
    for word in words {
        ensure!(said.contains(word), "{}: does not say {word:?}:\n{said}", finished.command);
    }
    ensure!(!said.contains("panicked"), "{}: a panic is no message:\n{said}", finished.command);
    Ok(())
}

//! Signatures of code: what `signet-sign` takes the digest of and writes, judged by the programs that others verify with.

#![expect(clippy::unwrap_used, reason = "what a test made itself is there")]

mod between_steps;
mod end_to_end;
mod formats;
mod machines;
mod other_authorities;
mod patience;
mod refusals;
mod static_binary;
mod templates;

//! Timestamps (RFC 3161): as an authority that makes them, and as somebody who asks another one.
//!
//! [`SignableTimestamp`] -> [`LintedTimestamp`] -> [`TimeStampToken`], each consuming the one before.

mod asn1;
mod imprint;
mod policy;
mod request;
mod response;
mod signable;
mod signer;
#[cfg(all(test, feature = "policy"))]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]
pub(crate) mod tests;
mod token;
mod tst_info;

pub use imprint::MessageImprint;
pub use policy::{Accuracy, InvalidPolicyId, PolicyId, TsaPolicy};
pub use request::{LARGEST_REQUEST, RequestFault, TimeStampRequest};
pub use response::{FailureInfo, Rejection, ResponseFault, TimeStampResponse};
pub use signable::{LintedTimestamp, SignableTimestamp, TimestampAssemblyError, TimestampError, TimestampRefusal};
pub use signer::{TsaSigner, UnusableTsa};
pub use token::{InvalidToken, TimeStampToken, TimestampFault, VerifiedTimestamp};
pub use tst_info::TstInfo;

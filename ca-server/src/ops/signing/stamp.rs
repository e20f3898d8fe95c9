//! When a signature was made, by a clock that others trust: the one place where signatures get their timestamps.

use ca_core::acme::Problem;
use ca_core::signing::{Format, SignedArtifact, SigningProfile};
use ca_core::time::UnixTime;

use crate::app::App;
use crate::ops::OpError;

/// What the ledger keeps of a timestamp.
pub(super) struct Stamped {
    /// The time that it says.
    pub(super) at: UnixTime,
    /// Its serial number in hexadecimal.
    pub(super) serial: String,
}

/// Puts a timestamp to a signature, if its form has a place for one. A signature that must have one and gets none is not
/// kept: the request goes on later, and nothing is released without.
///
/// # Errors
/// When the profile requires a timestamp and nobody gives one: worth trying again.
pub(super) async fn stamp(
    _app: &App,
    profile: &SigningProfile,
    format: Format,
    signed: SignedArtifact,
) -> Result<(SignedArtifact, Option<Stamped>), OpError> {
    if format == Format::Raw || !profile.timestamp_required() {
        return Ok((signed, None));
    }
    Err(Problem::unavailable("a timestamp authority: the profile requires a timestamp, and none is configured").into())
}

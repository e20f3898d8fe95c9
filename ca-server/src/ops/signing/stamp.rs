//! When a signature was made, by a clock that others trust: the one place where signatures get their timestamps.

use ca_core::acme::Problem;
use ca_core::signing::{Format, SignedArtifact, SigningProfile};
use ca_core::time::UnixTime;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::timestamp::stamp::{self as timestamps, NoTimestamp};

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
    app: &App,
    profile: &SigningProfile,
    format: Format,
    signed: SignedArtifact,
) -> Result<(SignedArtifact, Option<Stamped>), OpError> {
    if format == Format::Raw {
        return Ok((signed, None));
    }
    let token = match timestamps::stamp(app, signed.signature_value(), profile.external_timestamps()).await {
        Ok(token) => token,
        Err(obstacle) if profile.timestamp_required() => {
            let what =
                format!("a timestamp authority: the profile requires a timestamp, and there is none: {obstacle}");
            return Err(Problem::unavailable(what).into());
        }
        Err(NoTimestamp::NobodyToAsk) => return Ok((signed, None)),
        Err(obstacle) => {
            tracing::warn!(profile = profile.name(), %obstacle, "a signature is released without a timestamp");
            return Ok((signed, None));
        }
    };
    let info = token.info();
    let stamped = Stamped { at: info.time.to_unix_time(), serial: info.serial.to_string() };
    let signed = signed.with_timestamp(&token).map_err(|fault| OpError::Integrity(fault.to_string()))?;
    Ok((signed, Some(stamped)))
}

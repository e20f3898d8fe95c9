//! What was read of an issuer, kept for a while; when the issuer is away, the old serves on.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use ca_core::time::UnixTime;

use super::wire::ProviderError;
use crate::clock::Clock;

pub(super) struct Kept<T> {
    pub(super) value: T,
    pub(super) read_at: UnixTime,
}

/// What is kept in `place`, read again if it is older than that. `who` is for the log.
pub(super) async fn kept<T>(
    place: &ArcSwapOption<Kept<T>>,
    clock: &Clock,
    oldest: Duration,
    who: &str,
    read: impl AsyncFnOnce() -> Result<T, ProviderError>,
) -> Result<Arc<Kept<T>>, ProviderError> {
    let (old, now) = (place.load_full(), clock.now());
    if let Some(kept) = old.as_ref().filter(|kept| now.since(kept.read_at) < oldest) {
        return Ok(Arc::clone(kept));
    }
    match (read().await, old) {
        (Ok(value), _) => {
            let kept = Arc::new(Kept { value, read_at: now });
            place.store(Some(Arc::clone(&kept)));
            Ok(kept)
        }
        (Err(error), Some(old)) if error.is_transient() => {
            tracing::warn!(provider = who, %error, "the identity provider is away; what it said last is used");
            Ok(old)
        }
        (Err(error), _) => Err(error),
    }
}

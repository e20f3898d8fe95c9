//! Waiting for something to happen to a request: a long poll.

use std::time::Duration;

use ca_core::policy::Actor;
use ca_core::signing::SigningState;

use super::view::{SigningView, view};
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::SigningRequestId;

/// Longer than this nobody is made to wait in one request.
pub const LONGEST: Duration = Duration::from_secs(45);

/// What another server did is noticed after so long.
const LOOK: Duration = Duration::from_secs(1);

/// Looks at a request when it has ended, or when `limit` is over. When too many wait already, the answer comes at once.
///
/// # Errors
/// As [`view`].
pub async fn ended(app: &App, actor: &Actor, id: SigningRequestId, limit: Duration) -> Result<SigningView, OpError> {
    let deadline = app.clock.now().plus(limit.min(LONGEST));
    let place = app.signing.waiting.try_acquire();
    loop {
        // Whoever rings while we look is heard.
        let changed = app.signing.changed.notified();
        let view = view(app, actor, id).await?;
        if has_ended(view.row.state) || place.is_err() || limit.is_zero() || app.clock.now() >= deadline {
            return Ok(view);
        }
        tokio::select! {
            () = changed => {}
            () = app.clock.sleep(LOOK) => {}
        }
    }
}

fn has_ended(state: SigningState) -> bool {
    !state.is_open() && state != SigningState::Received
}

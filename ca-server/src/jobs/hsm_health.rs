//! Asks each HSM for a signature of its canary key, and counts the answers.

use std::sync::Arc;

use crate::app::App;
use crate::ops::{OpError, hsm};

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    for name in app.hsms.keys() {
        let begun = app.clock.now_micros();
        let health = hsm::probe_and_note(&app, &hsm::READINESS, name).await;
        app.observe_signature(name, begun);
        metrics::gauge!("signet_hsm_up", "hsm" => name.clone()).set(if health.is_ok() { 1.0 } else { 0.0 });
        if let Err(error) = health {
            tracing::warn!(%error, "the HSM does not sign");
        }
    }
    Ok(())
}

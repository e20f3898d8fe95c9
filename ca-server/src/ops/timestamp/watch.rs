//! What a server does about its clock and its certificate all the time.

use super::signer;
use crate::app::App;
use crate::ops::OpError;

/// Compares the clock with its sources, if it is time to.
pub async fn clock(app: &App) {
    let settings = &app.settings.timestamp;
    if settings.enabled && app.timestamps.guard.watch(&app.clock, settings).await {
        if let Err(fault) = app.timestamps.guard.trust(&app.clock, settings) {
            tracing::error!(%fault, "nothing is stamped: the clock cannot be believed");
        }
        for (name, source) in app.timestamps.guard.sources() {
            if let Some(fault) = source.fault {
                tracing::warn!(source = name, fault, "a source of time does not answer");
            }
        }
    }
}

/// Renews the certificate before it ends, and forgets clients that asked long ago.
///
/// # Errors
/// When the certificate cannot be renewed now.
pub async fn certificate(app: &App) -> Result<(), OpError> {
    app.timestamps.forget_idle();
    if app.settings.timestamp.enabled { signer::renew(app).await } else { Ok(()) }
}

/// Sets the gauges.
pub fn gauges(app: &App) {
    let settings = &app.settings.timestamp;
    if !settings.enabled {
        return;
    }
    let trusted = app.timestamps.guard.trust(&app.clock, settings).is_ok();
    metrics::gauge!("signet_clock_trusted").set(if trusted { 1.0 } else { 0.0 });
    for (name, source) in app.timestamps.guard.sources() {
        if let Some(answer) = source.answer {
            #[expect(clippy::cast_precision_loss, reason = "microseconds of offset stay far below 2^52")]
            metrics::gauge!("signet_clock_offset_seconds", "source" => name).set(answer.offset as f64 / 1e6);
        }
    }
}

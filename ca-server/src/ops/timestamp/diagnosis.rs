//! What doctor and dashboard say about timestamps.

use super::signer;
use crate::app::App;
use crate::clock_guard::{Answer, ClockFault};
use crate::ops::diagnosis::Check;

/// Why nothing is stamped at the moment; `None` when all is well, or nobody wants timestamps.
pub fn fault(app: &App) -> Option<ClockFault> {
    let settings = &app.settings.timestamp;
    if settings.enabled { app.timestamps.guard.trust(&app.clock, settings).err() } else { None }
}

/// Asks every source of time, and looks at the certificate.
pub async fn diagnose(app: &App) -> Vec<Check> {
    let settings = &app.settings.timestamp;
    if !settings.enabled {
        return vec![Check::passed("timestamps", "switched off")];
    }
    app.timestamps.guard.measure(&app.clock, settings).await;
    let sources = app.timestamps.guard.sources().into_iter().map(|(name, source)| {
        let subject = format!("clock source {name}");
        match (source.fault, source.answer) {
            (None, Some(Answer { offset, uncertainty, .. })) => {
                Check::passed(subject, format!("{offset} µs from our clock, give or take {uncertainty}"))
            }
            (fault, _) => Check::failed(subject, fault.unwrap_or_else(|| "it was not asked".to_owned())),
        }
    });
    let mut checks: Vec<Check> = sources.collect();
    checks.push(match app.timestamps.guard.trust(&app.clock, settings) {
        Ok(()) if settings.clock_sources.is_empty() => {
            Check::passed("clock", "did not jump; timestamp.clock_sources would tell whether it is right")
        }
        Ok(()) => Check::passed("clock", "agrees with its sources"),
        Err(fault) => Check::failed("clock", format!("nothing is stamped: {fault}")),
    });
    checks.push(match signer::certificate_of(app).await {
        Ok(Some(found)) => {
            Check::passed("timestamps", format!("certificate {} until {}", found.serial(), found.validity().not_after))
        }
        Ok(None) => Check::passed("timestamps", "no certificate yet: the first timestamp makes one"),
        Err(error) => Check::failed("timestamps", error.to_string()),
    });
    checks
}

//! `signet doctor`: whether everything that issuance and status need is well.

use serde_json::json;

use super::arguments::DoctorArguments;
use super::failure::Failure;
use super::installation;
use super::output::say;
use crate::ops::diagnosis::{self, Check};
use crate::start;

pub(super) async fn run(arguments: DoctorArguments) -> Result<(), Failure> {
    let settings = installation::settings(&arguments.config)?;
    let mut checks = vec![Check::passed("configuration", settings.file().display().to_string())];
    match start::open(settings).await {
        Ok(app) => {
            checks.extend(diagnosis::diagnose(&app, &installation::local_administrator()).await);
            app.store.close().await;
        }
        Err(error) => checks.push(Check::failed("start", error.to_string())),
    }
    let well = checks.iter().all(|check| check.passed);
    if arguments.json {
        let rows: Vec<_> = checks
            .iter()
            .map(|check| json!({ "check": check.subject, "ok": check.passed, "detail": check.detail }))
            .collect();
        say(json!({ "ok": well, "checks": rows }));
    } else {
        for check in &checks {
            say(format_args!(
                "{}  {}  {}",
                if check.passed { "ok    " } else { "FAILED" },
                check.subject,
                check.detail
            ));
        }
    }
    if well { Ok(()) } else { Err(Failure::failed(anyhow::anyhow!("something is wrong: see FAILED above"))) }
}

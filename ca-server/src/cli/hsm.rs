//! `signet hsm status|keys|probe`.

use std::sync::Arc;

use ca_core::hsm::Hsm;
use serde_json::{Value, json};

use super::arguments::{HsmArguments, HsmCommand};
use super::failure::Failure;
use super::installation::{self, local_administrator};
use super::output::{hexadecimal, say};
use crate::hsms::{self, Hsms};
use crate::ops;
use crate::policies::Policies;

pub(super) async fn run(command: HsmCommand) -> Result<(), Failure> {
    match command {
        HsmCommand::Status(arguments) => status(&arguments).await,
        HsmCommand::Keys(arguments) => keys(&arguments).await,
        HsmCommand::Probe(arguments) => probe(&arguments).await,
    }
}

/// The HSMs asked for, by name, and the policies that say who may look at them.
async fn chosen(arguments: &HsmArguments) -> Result<(Policies, Vec<(String, Arc<dyn Hsm>)>), Failure> {
    let settings = installation::settings(&arguments.config)?;
    let policies = Policies::load(settings.server.policies_dir.as_deref())?;
    let wanted = |name: &str| arguments.hsm.as_deref().is_none_or(|only| only == name);
    let chosen: Vec<_> = settings.hsms.into_iter().filter(|hsm| wanted(&hsm.name)).collect();
    if chosen.is_empty() {
        let name = arguments.hsm.as_deref().unwrap_or_default();
        return Err(Failure::usage(anyhow::anyhow!("--hsm {name}: the configuration has no [[hsm]] of that name")));
    }
    let opened: Hsms = hsms::open_all(&chosen).await?;
    let mut named: Vec<_> = opened.into_iter().collect();
    named.sort_by(|left, right| left.0.cmp(&right.0));
    Ok((policies, named))
}

async fn status(arguments: &HsmArguments) -> Result<(), Failure> {
    let mut rows = Vec::new();
    let mut well = true;
    let (policies, chosen) = chosen(arguments).await?;
    for (name, hsm) in chosen {
        match ops::hsm::info(&policies, &local_administrator(), &*hsm).await {
            Ok(info) => {
                if !arguments.json {
                    say(format_args!(
                        "{name}  up  {} ({}), {} {} serial {} at {}",
                        info.kind, info.protection, info.manufacturer, info.model, info.serial_number, info.place
                    ));
                }
                rows.push(json!({
                    "name": name, "status": "up", "kind": info.kind, "protection": info.protection.to_string(),
                    "manufacturer": info.manufacturer, "model": info.model, "serial_number": info.serial_number,
                    "place": info.place, "firmware": info.firmware,
                }));
            }
            Err(error) => {
                well = false;
                if !arguments.json {
                    say(format_args!("{name}  down  {error}"));
                }
                rows.push(json!({ "name": name, "status": "down", "error": error.to_string() }));
            }
        }
    }
    finish(arguments, rows, well, "an HSM does not answer")
}

async fn keys(arguments: &HsmArguments) -> Result<(), Failure> {
    let mut rows = Vec::new();
    let (policies, chosen) = chosen(arguments).await?;
    for (name, hsm) in chosen {
        for key in ops::hsm::keys(&policies, &local_administrator(), &*hsm).await? {
            let purposes: Vec<String> = key.purposes.iter().flatten().map(ToString::to_string).collect();
            let state = key.state.map_or_else(|| "-".to_owned(), |state| state.to_string());
            if !arguments.json {
                say(format_args!(
                    "{name}  {}  {}  {}  {}  {}",
                    key.key.id,
                    key.spec,
                    state,
                    purposes.join(","),
                    key.label
                ));
            }
            rows.push(json!({
                "hsm": name, "id": key.key.id.to_string(), "algorithm": key.spec.to_string(), "label": key.label,
                "state": key.state.map(|state| state.to_string()), "purposes": purposes, "locator": key.key.locator,
                "spki_sha256": hexadecimal(&key.key.public_key.sha256()),
            }));
        }
    }
    finish(arguments, rows, true, "")
}

async fn probe(arguments: &HsmArguments) -> Result<(), Failure> {
    let mut rows = Vec::new();
    let mut well = true;
    let (policies, chosen) = chosen(arguments).await?;
    for (name, hsm) in chosen {
        let health = ops::hsm::probe(&policies, &local_administrator(), &*hsm).await;
        let text = match &health {
            Ok(_) => "signs; the signature verifies with two implementations".to_owned(),
            Err(error) => error.to_string(),
        };
        well &= health.is_ok();
        if !arguments.json {
            say(format_args!("{name}  {}  {text}", if health.is_ok() { "ok" } else { "FAILED" }));
        }
        rows.push(json!({ "name": name, "ok": health.is_ok(), "detail": text }));
    }
    finish(arguments, rows, well, "an HSM does not sign")
}

fn finish(arguments: &HsmArguments, rows: Vec<Value>, well: bool, fault: &'static str) -> Result<(), Failure> {
    if arguments.json {
        say(Value::Array(rows));
    }
    if well { Ok(()) } else { Err(Failure::failed(anyhow::anyhow!(fault))) }
}

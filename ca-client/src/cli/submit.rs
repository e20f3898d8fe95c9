//! `signet-sign submit`: asks for signatures, or finds the request that asks for the same.

use serde_json::json;

use super::arguments::{RequestArguments, SharedArguments, SubmitArguments};
use super::batch::Batch;
use super::connect;
use super::failure::Failure;
use super::output::say;
use super::wait;
use crate::api::{Api, Request, State};
use crate::provenance::Provenance;
use crate::state::{Folder, Remembered};

pub(super) async fn run(arguments: SubmitArguments, shared: &SharedArguments) -> Result<(), Failure> {
    let deadline = connect::deadline(&arguments.server);
    let folder = connect::folder(shared);
    let batch = Batch::prepare(&arguments.request.batch, &folder)?;
    let (api, name) = connect::server(&arguments.server, shared, None, deadline)?;
    let (request, _) = submit(&api, &name, &batch, &arguments.request, &folder).await?;
    print(&request, shared);
    match wait::verdict(&request)? {
        State::Signed => Ok(()),
        _ => Err(wait::pending(&request)),
    }
}

/// Sends the request and writes it down before anything else happens.
pub(super) async fn submit(
    api: &Api,
    server: &str,
    batch: &Batch,
    arguments: &RequestArguments,
    folder: &Folder,
) -> Result<(Request, Remembered), Failure> {
    let provenance = Provenance::from_variables(&|name| std::env::var(name).ok());
    let reason = arguments.reason.clone().or_else(|| provenance.reason());
    let new = batch.request(&arguments.profile, reason.as_deref(), arguments.expires_in, &provenance);
    let request = api.submit(&new).await?;
    // Approvals are for this hash: a server that counts differently must not be waited for.
    if request.digest_set != batch.digest_set.to_string() {
        let words = format!("the server speaks of {}, the files are {}", request.digest_set, batch.digest_set);
        return Err(Failure::Failed(anyhow::Error::msg(words)));
    }
    let remembered = batch.remembered(server, &request);
    folder.remember(&remembered)?;
    Ok((request, remembered))
}

/// The id, or everything about it but the token.
pub(super) fn print(request: &Request, shared: &SharedArguments) {
    if shared.json {
        say(describe(request));
    } else {
        say(&request.id);
    }
}

/// For machines.
pub(super) fn describe(request: &Request) -> serde_json::Value {
    json!({
        "id": request.id,
        "state": request.state,
        "profile": request.profile,
        "format": request.format,
        "digest_set": request.digest_set,
        "items": request.items,
        "signed": request.signed,
        "approvals": { "need": request.approvals.need, "have": request.approvals.have },
        "expires_at": request.expires_at,
        "ui": request.ui,
    })
}

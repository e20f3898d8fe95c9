//! `signet-sign submit`: asks for signatures, or finds the request that asks for the same.

use serde_json::json;

use super::arguments::{RequestArguments, SharedArguments, SubmitArguments};
use super::batch::Batch;
use super::connect;
use super::failure::Failure;
use super::output::say;
use super::wait;
use crate::api::{Api, ApiError, Request, State};
use crate::provenance::Provenance;
use crate::state::{Folder, Remembered};

pub(super) async fn run(arguments: SubmitArguments, shared: &SharedArguments) -> Result<(), Failure> {
    let deadline = connect::deadline(&arguments.server);
    let folder = connect::folder(shared);
    let known = folder.all()?;
    let batch = Batch::prepare(&arguments.request.batch, &known)?;
    let (mut api, name) = connect::server(&arguments.server, shared, None, deadline)?;
    let (request, _) = ask(&mut api, &name, &batch, &arguments.request, &folder, &known).await?;
    print(&request, shared);
    match wait::verdict(&request)? {
        State::Signed => Ok(()),
        _ => Err(wait::pending(&request)),
    }
}

/// The request of an earlier run that asks for the same and goes on or is signed, else a new one. A profile that signs
/// anew whatever it is asked makes no difference to a run that was interrupted.
pub(super) async fn ask(
    api: &mut Api,
    server: &str,
    batch: &Batch,
    arguments: &RequestArguments,
    folder: &Folder,
    known: &[Remembered],
) -> Result<(Request, Remembered), Failure> {
    let set = batch.digest_set.to_string();
    let same = |known: &&Remembered| known.server == server && known.profile == arguments.profile;
    for earlier in known.iter().filter(same).filter(|known| known.digest_set == set) {
        api.use_request_token(connect::request_token(earlier));
        if let Some(request) = standing(api, earlier, batch, &arguments.profile).await? {
            let mut remembered = earlier.clone();
            remembered.files = batch.remembered(server, &request).files;
            folder.remember(&remembered)?;
            return Ok((request, remembered));
        }
        api.use_request_token(None);
    }
    let made = submit(api, server, batch, arguments, folder).await?;
    api.use_request_token(connect::request_token(&made.1));
    Ok(made)
}

/// What became of an earlier request; none if it ended, is not there any more, or its certificate was revoked.
async fn standing(api: &Api, earlier: &Remembered, batch: &Batch, profile: &str) -> Result<Option<Request>, Failure> {
    let passing = |error: ApiError| error.is_passing().then(|| wait::still_open(&earlier.id)(error));
    let request = match api.request(&earlier.id, 0).await {
        Ok(request) => request,
        Err(error) => return passing(error).map_or(Ok(None), Err),
    };
    if request.id != earlier.id || compare(&request, batch, profile).is_err() || wait::verdict(&request).is_err() {
        return Ok(None);
    }
    if request.state != State::Signed {
        return Ok(Some(request));
    }
    match api.items(&request.id).await {
        Ok(items) => Ok(items.iter().all(|item| item.withdrawn.is_none()).then_some(request)),
        Err(error) => passing(error).map_or(Ok(None), Err),
    }
}

/// Sends the request and writes it down before anything else happens.
async fn submit(
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
    compare(&request, batch, &arguments.profile)?;
    let remembered = batch.remembered(server, &request);
    folder.remember(&remembered)?;
    Ok((request, remembered))
}

/// Approvals are for this hash, profile and format: a server that understood something else must not be waited for.
fn compare(request: &Request, batch: &Batch, profile: &str) -> Result<(), Failure> {
    let (set, format) = (batch.digest_set.to_string(), batch.format.as_str());
    for (theirs, ours) in [(&*request.digest_set, &*set), (&*request.profile, profile), (&*request.format, format)] {
        if theirs != ours {
            let words = format!("the server speaks of {theirs} where this was asked for: {ours}");
            return Err(Failure::Failed(anyhow::Error::msg(words)));
        }
    }
    Ok(())
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

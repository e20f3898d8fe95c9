//! `signet-sign fetch`: the signatures of a signed request, into the state folder.

use serde_json::json;

use super::arguments::{FetchArguments, SharedArguments};
use super::connect;
use super::failure::Failure;
use super::output::say;
use super::wait;
use crate::api::{Api, ApiError, Item, Request, State};
use crate::artifact::path_of;
use crate::state::{Folder, Remembered, RememberedFile};

pub(super) async fn run(arguments: FetchArguments, shared: &SharedArguments) -> Result<(), Failure> {
    let folder = connect::folder(shared);
    let known = folder.find(arguments.chosen.request.as_deref())?;
    let deadline = connect::deadline(&arguments.server);
    let (api, name) = connect::server(&arguments.server, shared, known.as_ref(), deadline)?;
    let id = known.as_ref().map(|known| known.id.clone()).or(arguments.chosen.request);
    let id = id.ok_or_else(|| Failure::usage("there is no request in the state folder: name one with --request"))?;
    let request = api.request(&id, 0).await.map_err(wait::still_open(&id))?;
    if wait::verdict(&request)? != State::Signed {
        return Err(wait::pending(&request));
    }
    let mut known = match known {
        Some(known) => known,
        None => adopt(&api, &name, &request, &folder).await?,
    };
    fetch(&api, &mut known, &folder).await?;
    if shared.json {
        say(json!({ "id": known.id, "digest_set": known.digest_set, "signatures": known.files.len() }));
    } else {
        say(format_args!("{} signatures of request {} fetched", known.files.len(), known.id));
    }
    Ok(())
}

/// Writes down a request that another machine submitted.
async fn adopt(api: &Api, server: &str, request: &Request, folder: &Folder) -> Result<Remembered, Failure> {
    let file = |item: Item| -> Result<RememberedFile, Failure> {
        let path = path_of(&item.name).map_err(|error| Failure::Failed(error.into()))?;
        Ok(RememberedFile {
            name: item.name,
            path,
            algorithm: item.alg,
            digest: item.digest.to_ascii_lowercase(),
            size: None,
            file_sha256: None,
            approved_sha256: None,
        })
    };
    let files: Result<Vec<_>, Failure> =
        api.items(&request.id).await.map_err(wait::still_open(&request.id))?.into_iter().map(file).collect();
    let remembered = Remembered::new(server, request, files?);
    folder.remember(&remembered)?;
    Ok(remembered)
}

/// Keeps every signature under the place of its file, the chain, and what files people saw who approved.
pub(super) async fn fetch(api: &Api, known: &mut Remembered, folder: &Folder) -> Result<(), Failure> {
    let items = api.items(&known.id).await.map_err(wait::still_open(&known.id))?;
    let mut bundle = api.bundle(&known.id).await.map_err(wait::still_open(&known.id))?;
    let unreadable = |error: zip::result::ZipError| Failure::from(ApiError::Unreadable(format!("bundle.zip: {error}")));
    let mut signatures = Vec::with_capacity(known.files.len());
    for file in &mut known.files {
        let item = items.iter().find(|item| item.name == file.name && item.digest.eq_ignore_ascii_case(&file.digest));
        let missing = || Failure::Failed(anyhow::anyhow!("request {} has no signature for {}", known.id, file.name));
        let item = item.ok_or_else(missing)?;
        file.approved_sha256 = item.file_sha256.as_ref().map(|digest| digest.to_ascii_lowercase());
        signatures.push(bundle.signature(item.n).map_err(unreadable)?);
    }
    for (place, signature) in signatures.iter().enumerate() {
        folder.keep(known, &kept_as(place), signature)?;
    }
    folder.keep(known, CHAIN, &bundle.chain().map_err(unreadable)?)?;
    Ok(folder.remember(known)?)
}

/// The certificates above the signatures, in the state folder.
pub(super) const CHAIN: &str = "chain.pem";

/// What the signature of a request's file is called in the state folder.
pub(super) fn kept_as(place: usize) -> String {
    format!("{place:04}.signature")
}

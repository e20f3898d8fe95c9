//! `signet-sign sign`: everything in one go, and from where the last one stopped.

use std::path::Path;

use super::arguments::{SharedArguments, SignArguments};
use super::batch::Batch;
use super::embed::Chosen;
use super::failure::Failure;
use super::{connect, embed, fetch, submit, wait};
use crate::api::State;
use crate::artifact::Existing;
use crate::clock::Deadline;

pub(super) async fn run(arguments: SignArguments, shared: &SharedArguments) -> Result<(), Failure> {
    let deadline = connect::deadline(&arguments.server);
    // Whoever cannot verify should hear so before people are asked.
    connect::judged_by(shared)?;
    let folder = connect::folder(shared);
    let remembered = folder.all()?;
    let batch = Batch::prepare(&arguments.request.batch, &remembered)?;
    let paths: Vec<&Path> = batch.artifacts.iter().map(|artifact| artifact.path.as_path()).collect();
    let destinations = embed::destinations(&paths, batch.format, &arguments.output)?;
    let (mut api, name) = connect::server(&arguments.server, shared, None, deadline)?;
    let (request, mut known) = submit::ask(&mut api, &name, &batch, &arguments.request, &folder, &remembered).await?;
    if wait::verdict(&request)? != State::Signed {
        let waited = wait::wait(&api, &request.id, Deadline::after(arguments.wait).earlier(deadline)).await;
        if let Err(Failure::Pending(_)) = &waited
            && shared.json
        {
            submit::print(&request, shared);
        }
        waited?;
    }
    fetch::fetch(&api, &mut known, &folder).await?;
    let places = paths.iter().zip(destinations).enumerate();
    let chosen: Vec<Chosen> =
        places.map(|(place, (path, destination))| Chosen { place, path: path.to_path_buf(), destination }).collect();
    let results = embed::embed_all(&known, &chosen, Existing::Replace, &arguments.output, shared, &folder)?;
    embed::print(&known, &results, shared);
    Ok(())
}

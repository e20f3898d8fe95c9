//! `signet-sign sign`: everything in one go, and from where the last one stopped.

use super::arguments::{SharedArguments, SignArguments};
use super::batch::Batch;
use super::failure::Failure;
use super::{connect, embed, fetch, submit, wait};
use crate::api::State;
use crate::artifact::Existing;
use crate::clock::Deadline;
use crate::secret::Secret;
use crate::state::Folder;

pub(super) async fn run(arguments: SignArguments, shared: &SharedArguments) -> Result<(), Failure> {
    // Whoever cannot verify should hear so before people are asked.
    connect::judged_by(shared)?;
    let folder = Folder::new(shared.state_dir.clone());
    let batch = Batch::prepare(&arguments.request.batch, &folder)?;
    let deadline = connect::deadline(&arguments.server);
    let (mut api, name) = connect::server(&arguments.server, shared, None, deadline)?;
    let (request, known) = submit::submit(&api, &name, &batch, &arguments.request, &folder).await?;
    api.use_request_token(known.request_token.as_deref().and_then(|token| Secret::new(token).ok()));
    if wait::verdict(&request)? != State::Signed {
        let waited = wait::wait(&api, &request.id, Deadline::after(arguments.wait).earlier(deadline)).await;
        if let Err(Failure::Pending(_)) = &waited
            && shared.json
        {
            submit::print(&request, shared);
        }
        waited?;
    }
    fetch::fetch(&api, &known, &folder).await?;
    let chosen: Vec<_> = batch.artifacts.iter().map(|artifact| artifact.path.clone()).enumerate().collect();
    let results = embed::embed_all(&known, &chosen, Existing::Replace, &arguments.output, shared, &folder)?;
    embed::print(&known, &results, shared);
    Ok(())
}

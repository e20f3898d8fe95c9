//! `signet migrate`: the schema up to date.

use super::arguments::MigrateArguments;
use super::failure::Failure;
use super::installation::{self, local_administrator};
use super::output::say;
use crate::ops;
use crate::policies::Policies;
use crate::start;
use crate::store::migration;

pub(super) async fn run(arguments: MigrateArguments) -> Result<(), Failure> {
    let settings = installation::settings(&arguments.config)?;
    let database = start::database(&settings.database, &settings.directory())?;
    let pending = migration::pending(&database).await?;
    if pending.is_empty() {
        say("The schema is up to date.");
        return Ok(());
    }
    for step in &pending {
        say(format_args!("{} {step}", if arguments.dry_run { "would apply" } else { "applying" }));
    }
    if !arguments.dry_run {
        let policies = Policies::load(settings.server.policies_dir.as_deref())?;
        ops::migrate::migrate(&policies, &local_administrator(), &database).await?;
        say("Done.");
    }
    Ok(())
}

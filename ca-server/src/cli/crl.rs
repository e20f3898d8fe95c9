//! `signet crl publish|show`.

use serde_json::json;

use super::arguments::{CrlArguments, CrlCommand};
use super::failure::Failure;
use super::installation::{self, local_administrator, origin};
use super::output::say;
use crate::app::App;
use crate::ops::revocation::{load, publish, show};

pub(super) async fn run(command: CrlCommand) -> Result<(), Failure> {
    match command {
        CrlCommand::Publish(arguments) => publish_now(&arguments).await,
        CrlCommand::Show(arguments) => show_now(&arguments).await,
    }
}

/// Slug and shard of every list that is meant.
fn chosen(app: &App, arguments: &CrlArguments) -> Result<Vec<(String, u32)>, Failure> {
    let wanted = |name: &str| arguments.authority.as_deref().is_none_or(|only| only == name);
    let mut lists = Vec::new();
    for authority in app.authorities.all().iter().filter(|authority| wanted(&authority.name)) {
        let shards = (0..authority.crl_shards).filter(|shard| arguments.shard.is_none_or(|only| only == *shard));
        lists.extend(shards.map(|shard| (authority.issuer.slug().to_owned(), shard)));
    }
    if lists.is_empty() {
        return Err(Failure::usage(anyhow::anyhow!("there is no such authority or shard")));
    }
    Ok(lists)
}

async fn publish_now(arguments: &CrlArguments) -> Result<(), Failure> {
    let app = installation::open(&arguments.config).await?;
    for (slug, shard) in chosen(&app, arguments)? {
        let authority = app.authorities.by_slug(&slug)?;
        publish::publish(&app, &local_administrator(), &origin(&app), authority, shard).await?;
    }
    report(&app, arguments).await
}

async fn show_now(arguments: &CrlArguments) -> Result<(), Failure> {
    let app = installation::open(&arguments.config).await?;
    report(&app, arguments).await
}

async fn report(app: &App, arguments: &CrlArguments) -> Result<(), Failure> {
    load::load_current(app).await?;
    let mut rows = Vec::new();
    for (slug, shard) in chosen(app, arguments)? {
        let crl = show::current(app, &local_administrator(), app.authorities.by_slug(&slug)?, shard)?;
        if !arguments.json {
            say(format_args!(
                "{slug} shard {shard}  number {}  thisUpdate {}  nextUpdate {}  {} entries",
                crl.number, crl.this_update, crl.next_update, crl.entries
            ));
        }
        rows.push(json!({
            "authority": slug, "shard": shard, "number": crl.number, "this_update": crl.this_update.to_string(),
            "next_update": crl.next_update.to_string(), "entries": crl.entries,
        }));
    }
    if arguments.json {
        say(json!(rows));
    }
    app.store.close().await;
    Ok(())
}

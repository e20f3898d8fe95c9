//! `signet eab create|list|revoke`: external account bindings.

use serde_json::json;

use super::arguments::{EabCommand, EabCreateArguments, EabListArguments, EabRevokeArguments};
use super::failure::Failure;
use super::installation::{self, local_administrator, origin};
use super::output::say;
use crate::ops::external_account;

pub(super) async fn run(command: EabCommand) -> Result<(), Failure> {
    match command {
        EabCommand::Create(arguments) => create(arguments).await,
        EabCommand::List(arguments) => list(arguments).await,
        EabCommand::Revoke(arguments) => revoke(arguments).await,
    }
}

async fn create(arguments: EabCreateArguments) -> Result<(), Failure> {
    let expires = arguments.expires.as_deref().map(ca_core::duration::parse).transpose().map_err(Failure::usage)?;
    let app = installation::open(&arguments.config).await?;
    let first = || app.settings.acme.first().map(|endpoint| endpoint.name.clone()).unwrap_or_default();
    let endpoint = arguments.endpoint.clone().unwrap_or_else(first);
    let made =
        external_account::create(&app, &local_administrator(), &origin(&app), &endpoint, &arguments.name, expires)
            .await?;
    if arguments.json {
        say(json!({ "kid": made.kid, "hmac_key": made.hmac_key.as_str() }));
    } else {
        say(format_args!("kid       {}", made.kid));
        say(format_args!("hmac_key  {}", made.hmac_key.as_str()));
        say("The key is shown only now. certbot takes --eab-kid and --eab-hmac-key, lego --kid and --hmac with --eab.");
    }
    app.store.close().await;
    Ok(())
}

async fn list(arguments: EabListArguments) -> Result<(), Failure> {
    let app = installation::open(&arguments.config).await?;
    let found = external_account::list(&app, &local_administrator(), arguments.endpoint.as_deref()).await?;
    if arguments.json {
        let rows: Vec<_> = found
            .iter()
            .map(|row| {
                json!({
                    "kid": row.kid, "endpoint": row.endpoint, "name": row.name, "status": row.status,
                    "created_at": row.created_at.to_string(), "expires_at": row.expires_at.map(|at| at.to_string()),
                    "account": row.account,
                })
            })
            .collect();
        say(json!(rows));
    } else {
        for row in &found {
            say(format_args!("{}  {}  {}  {}", row.kid, row.endpoint, row.status, row.name));
        }
    }
    app.store.close().await;
    Ok(())
}

async fn revoke(arguments: EabRevokeArguments) -> Result<(), Failure> {
    let app = installation::open(&arguments.config).await?;
    external_account::revoke(&app, &local_administrator(), &origin(&app), &arguments.kid).await?;
    say(format_args!("{} is revoked: no new account can be opened with it.", arguments.kid));
    app.store.close().await;
    Ok(())
}

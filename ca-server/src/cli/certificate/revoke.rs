//! `signet certificate revoke`.

use ca_core::policy::action::RevocationGround;
use ca_core::revocation::RevocationReason;
use serde_json::json;

use super::super::arguments::RevokeArguments;
use super::super::failure::Failure;
use super::super::installation::{self, local_administrator, origin};
use super::super::output::say;
use super::find_one;
use crate::app::App;
use crate::ops::OpError;
use crate::ops::certificate::find::CertificateRecord;
use crate::ops::certificate::revoke::{Revocation, revoke as revoke_certificate};
use crate::ops::certificate::revoke_authority::confirmation;
use crate::ops::revocation::publish;

pub(super) async fn revoke(arguments: RevokeArguments) -> Result<(), Failure> {
    let reason: RevocationReason =
        arguments.reason.parse().map_err(|fault| Failure::usage(anyhow::anyhow!("--reason: {fault}")))?;
    let app = installation::open(&arguments.certificate.config).await?;
    let (row, certificate) = find_one(&app, &arguments.certificate).await?;
    if !reason.applies_to(certificate.basic_constraints()) {
        return Err(Failure::usage(anyhow::anyhow!("--reason {reason}: not a reason for revoking this certificate")));
    }
    let name = confirmation(&app, &certificate);
    let asked = Revocation {
        reason,
        block_key: arguments.block_key,
        ground: RevocationGround::Administration,
        confirmed: arguments.yes_revoke_authority,
    };
    let subject = (&row, &certificate);
    match (revoke_certificate(&app, &local_administrator(), &origin(&app), subject, asked).await, &name) {
        (Ok(()), Some(_)) => publish_at_once(&app, &row).await?,
        (Ok(()), None) => {}
        (Err(OpError::Unconfirmed(what)), Some(name)) => {
            return Err(Failure::usage(anyhow::anyhow!("{what}: --yes-revoke-authority {name}")));
        }
        (Err(error), _) => return Err(error.into()),
    }
    app.store.close().await;
    if arguments.json {
        say(json!({ "serial": row.serial.to_string(), "status": "revoked", "reason": reason.to_string() }));
        return Ok(());
    }
    let published = match name {
        Some(_) => format!("The CRL of {} lists it.", row.issuer),
        None => "A running server publishes the CRL within seconds.".to_owned(),
    };
    say(format_args!("{} is revoked ({reason}). {published}", row.serial));
    Ok(())
}

/// The list of a root may be one that no server signs by itself, and nobody should wait for the news of a CA.
async fn publish_at_once(app: &App, row: &CertificateRecord) -> Result<(), Failure> {
    let authority = app.authorities.by_slug(&row.issuer)?;
    let shard = u32::try_from(row.crl_shard).unwrap_or_default();
    match publish::publish(app, &local_administrator(), &origin(app), authority, shard).await {
        // A server is publishing it at this moment, and again for what has come since.
        Ok(()) | Err(OpError::Conflict(_)) => Ok(()),
        Err(error) => Err(Failure::failed(anyhow::anyhow!(
            "{serial} is revoked, but the CRL of {name} that says so could not be signed: {error}. Bring its HSM back and \
             run `signet crl publish --authority {name}`",
            serial = row.serial,
            name = authority.name,
        ))),
    }
}

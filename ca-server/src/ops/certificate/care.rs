//! Saying who answers for a certificate, and asking its holder to renew it.

use ca_core::policy::action::{AskForRenewal, AssignOwner};
use ca_core::policy::{Actor, Permitted};
use ca_core::time::UnixTime;

use super::detail::object;
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::{OpError, audit};
use crate::store::certificate::CertificateRecord;
use crate::store::{audit_event, certificate_care};

/// Characters of an owner.
const LONGEST_OWNER: usize = 200;

/// An owner as it is recorded: trimmed, in one line; none to take the owner away.
///
/// # Errors
/// `Conflict` with the rule.
pub fn owner(text: &str) -> Result<Option<String>, OpError> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(OpError::Conflict("an owner is one line of text".to_owned()));
    }
    match text.chars().count() {
        0 => Ok(None),
        1..=LONGEST_OWNER => Ok(Some(text.to_owned())),
        _ => Err(OpError::Conflict(format!("an owner has at most {LONGEST_OWNER} characters"))),
    }
}

/// Says who answers for a certificate; answers whether that is new.
///
/// # Errors
/// Policy and database.
pub async fn assign_owner(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    record: &CertificateRecord,
    owner: Option<String>,
) -> Result<bool, OpError> {
    let permitted = may_assign(app, actor, record, owner.as_deref())?;
    let event = audit::event(app, &permitted, origin, object(record));
    let id = record.id;
    let write = move |c: &mut _| {
        let changed = certificate_care::assign_owner(c, id, owner.as_deref())?;
        if changed {
            audit_event::insert(c, &event)?;
        }
        Ok(changed)
    };
    Ok(app.store.write(write).await?)
}

/// Asks the holder to renew before an instant, or takes that back; answers whether that is new.
///
/// # Errors
/// `Conflict` for a certificate that is over, policy and database.
pub async fn ask_for_renewal(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    record: &CertificateRecord,
    by: Option<UnixTime>,
) -> Result<bool, OpError> {
    let permitted = may_ask(app, actor, record)?;
    let event = audit::event(app, &permitted, origin, object(record));
    let id = record.id;
    let write = move |c: &mut _| {
        let changed = certificate_care::ask_for_renewal(c, id, by)?;
        if changed {
            audit_event::insert(c, &event)?;
        }
        Ok(changed)
    };
    Ok(app.store.write(write).await?)
}

pub(super) fn may_assign(
    app: &App,
    actor: &Actor,
    record: &CertificateRecord,
    owner: Option<&str>,
) -> Result<Permitted<AssignOwner>, OpError> {
    let act = AssignOwner {
        issuer: app.authorities.by_slug(&record.issuer)?.name.clone(),
        serial: record.serial.clone(),
        profile: record.profile.clone(),
        owner: owner.unwrap_or_default().to_owned(),
    };
    Ok(app.policies.load().engine().decide(actor, act)?)
}

pub(super) fn may_ask(
    app: &App,
    actor: &Actor,
    record: &CertificateRecord,
) -> Result<Permitted<AskForRenewal>, OpError> {
    let state = match record.revoked_at {
        Some(_) => Some("revoked"),
        None if record.not_after < app.clock.now() => Some("expired"),
        None => None,
    };
    if let Some(state) = state {
        return Err(OpError::Conflict(format!("the certificate is {state}: there is nothing to renew")));
    }
    let act = AskForRenewal {
        issuer: app.authorities.by_slug(&record.issuer)?.name.clone(),
        serial: record.serial.clone(),
        profile: record.profile.clone(),
    };
    Ok(app.policies.load().engine().decide(actor, act)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_one_line() {
        assert!(matches!(owner("  team a "), Ok(Some(text)) if text == "team a"));
        assert!(matches!(owner("  "), Ok(None)));
        assert!(owner("a\nb").is_err());
        assert!(owner(&"ü".repeat(200)).is_ok());
        assert!(owner(&"ü".repeat(201)).is_err());
    }
}

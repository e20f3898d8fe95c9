//! newOrder (RFC 8555 §7.4).

use std::sync::Arc;

use ca_core::acme::authorization::{PlannedAuthorization, plan};
use ca_core::acme::challenge::token;
use ca_core::acme::{ChallengeType, Identifier, Problem};
use ca_core::policy::Permitted;
use ca_core::policy::action::NewOrder as NewOrderAct;
use ca_core::profile::CertificateProfile;
use ca_core::time::UnixTime;
use ca_core::x509::GeneralName;

use super::order::OrderView;
use super::{Requester, names};
use crate::app::App;
use crate::config::AcmeSettings;
use crate::ops::{OpError, audit};
use crate::store::authorization::{Authorization, Holder, NewAuthorization};
use crate::store::challenge::NewChallenge;
use crate::store::fields::{AuthorizationId, ChallengeId, OrderId};
use crate::store::order::{NewOrder, OrderAuthorization};
use crate::store::{self};

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct OrderRequest {
    /// Without duplicates, never empty.
    pub identifiers: Vec<Identifier>,
    /// First second of the certificate.
    pub not_before: Option<UnixTime>,
    /// Last second of the certificate.
    pub not_after: Option<UnixTime>,
}

/// Places an order under the endpoint's default profile.
///
/// # Errors
/// `rejectedIdentifier` for a name that the profile does not allow, `unauthorized` with the policy's reason, `malformed` for
/// a validity beyond the profile's.
pub async fn new_order(app: &App, who: &Requester, request: OrderRequest) -> Result<OrderView, OpError> {
    let endpoint = app.endpoint(&who.endpoint).ok_or_else(|| Problem::not_found("ACME endpoint"))?;
    // Nobody proves names for a certificate that will not come.
    let _ = app.authorities.by_name(&endpoint.issuer)?;
    let profile = default_profile(app, endpoint)?;
    check(&profile, &request)?;
    let permitted = permit(app, who, endpoint, &profile, &request.identifiers)?;
    let reusable = reusable(app, who, endpoint, &request.identifiers).await?;
    let order = build(app, who, endpoint, &profile, &request, &reusable);
    let event = audit::event(app, &permitted, &who.origin, format!("order {}", order.id))
        .detail("profile", profile.name())
        .detail("names", audit::list(&request.identifiers))
        .detail_if_any("not_before", request.not_before)
        .detail_if_any("not_after", request.not_after);
    let (id, account) = (order.id, who.account);
    let stored = app
        .store
        .write(move |c| {
            store::order::insert(c, &order)?;
            store::audit_event::insert(c, &event)?;
            store::order::by_id(c, account, id)
        })
        .await?;
    OrderView::of(stored, app.clock.now())
}

fn default_profile(app: &App, endpoint: &AcmeSettings) -> Result<Arc<CertificateProfile>, OpError> {
    let name = endpoint.profiles.first().map(String::as_str).unwrap_or_default();
    let known = app.policies.load().profile(name).cloned();
    known.ok_or_else(|| OpError::Integrity(format!("ACME endpoint {}: no profile {name}", endpoint.name)))
}

fn check(profile: &CertificateProfile, request: &OrderRequest) -> Result<(), OpError> {
    let faults: Vec<Problem> = request
        .identifiers
        .iter()
        .filter_map(|identifier| {
            let refusal = profile.check_name(&identifier.to_general_name()).err()?;
            Some(Problem::rejected_identifier(identifier, refusal))
        })
        .collect();
    if let Some(problem) = Problem::combined(faults) {
        return Err(problem.into());
    }
    let asked = request.not_after.zip(request.not_before).map(|(last, first)| last.since(first));
    Ok(profile.validity_for(asked.filter(|_| request.not_after > request.not_before)).map(drop)?)
}

fn permit(
    app: &App,
    who: &Requester,
    endpoint: &AcmeSettings,
    profile: &CertificateProfile,
    identifiers: &[Identifier],
) -> Result<Permitted<NewOrderAct>, OpError> {
    let act = NewOrderAct {
        endpoint: endpoint.name.clone(),
        issuer: endpoint.issuer.clone(),
        profile: profile.name().to_owned(),
        identifiers: general_names(identifiers),
    };
    Ok(app.policies.load().engine().decide(&who.actor, act)?)
}

fn general_names(identifiers: &[Identifier]) -> Vec<GeneralName> {
    identifiers.iter().map(Identifier::to_general_name).collect()
}

/// Valid authorizations of the account that the configuration lets serve again.
async fn reusable(
    app: &App,
    who: &Requester,
    endpoint: &AcmeSettings,
    identifiers: &[Identifier],
) -> Result<Vec<Authorization>, OpError> {
    if endpoint.authorization_reuse.is_zero() {
        return Ok(Vec::new());
    }
    let ends = app.clock.now().plus(endpoint.order_lifetime);
    let (account, names) = (who.account, identifiers.iter().map(|id| id.base().value()).collect::<Vec<_>>());
    // An authorization must not end before the order that uses it.
    Ok(app.store.read(move |c| store::authorization::valid_for(c, account, &names, ends)).await?)
}

fn build(
    app: &App,
    who: &Requester,
    endpoint: &AcmeSettings,
    profile: &CertificateProfile,
    request: &OrderRequest,
    reusable: &[Authorization],
) -> NewOrder {
    let now = app.clock.now();
    let authorization = |planned: &PlannedAuthorization| {
        let base = names::stored(&planned.identifier);
        let held = reusable.iter().find(|held| held.identifier == base.value && held.wildcard == planned.wildcard);
        held.map_or_else(
            || OrderAuthorization::New(new_authorization(app, planned)),
            |held| OrderAuthorization::Reused(held.id),
        )
    };
    NewOrder {
        id: OrderId::new(app.entropy.uuid()),
        holder: Holder {
            endpoint: endpoint.name.clone(),
            account_id: who.account,
            created_at: now,
            expires_at: now.plus(endpoint.order_lifetime),
        },
        profile: profile.name().to_owned(),
        profile_hash: *profile.hash().as_bytes(),
        identifiers: request.identifiers.iter().map(names::stored).collect(),
        not_before: request.not_before,
        not_after: request.not_after,
        replaces: None,
        authorizations: plan(&request.identifiers).iter().map(authorization).collect(),
    }
}

fn new_authorization(app: &App, planned: &PlannedAuthorization) -> NewAuthorization {
    let challenge = |kind: &ChallengeType| NewChallenge {
        id: ChallengeId::new(app.entropy.uuid()),
        kind: kind.name().to_owned(),
        // RFC 8555 §8.1: at least 128 bits of entropy, base64url.
        token: token(app.entropy.bytes()),
    };
    NewAuthorization {
        id: AuthorizationId::new(app.entropy.uuid()),
        identifier: names::stored(&planned.identifier),
        wildcard: planned.wildcard,
        challenges: planned.challenges.iter().map(challenge).collect(),
    }
}

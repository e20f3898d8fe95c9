//! Authorities whose certificate or revocation list ends.

use std::time::Duration;

use ca_core::policy::Actor;
use ca_core::time::UnixTime;

use super::need::{Need, Place, Urgency};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::authority::{self, AuthorityDetail, IssuerKind, IssuerState, RevocationList};

const DAY: Duration = Duration::from_secs(86_400);

/// A list that only a person publishes is told of so long before it ends.
const BY_HAND: Duration = DAY.saturating_mul(60);

pub(super) fn needs(app: &App, actor: &Actor) -> Result<Vec<Need>, OpError> {
    let now = app.clock.now();
    let all = authority::all(app, actor)?;
    Ok(all.iter().flat_map(|found| certificate(found, now).into_iter().chain(lists(found, now))).collect())
}

fn need(found: &AuthorityDetail, urgency: Urgency, what: String, detail: &str) -> Need {
    Need { urgency, what, detail: detail.to_owned(), place: Place::Authority(found.slug.clone()) }
}

fn certificate(found: &AuthorityDetail, now: UnixTime) -> Option<Need> {
    let name = &found.slug;
    match found.state {
        IssuerState::Retired => None,
        IssuerState::Revoked if found.kind == IssuerKind::Root => None,
        IssuerState::Revoked => {
            let what = format!("The certificate of {name} was revoked");
            Some(need(found, Urgency::Broken, what, "It issues no certificates any more."))
        }
        IssuerState::Active if found.certificate.validity().not_after < now => {
            let what = format!("The certificate of {name} has ended");
            Some(need(found, Urgency::Broken, what, "Nothing that it issued is accepted any more."))
        }
        IssuerState::Active if found.ends_soon(now) => {
            let days = found.certificate.validity().not_after.since(now).as_secs() / DAY.as_secs();
            let what = format!("The certificate of {name} ends in {days} days");
            Some(need(found, Urgency::Soon, what, "Its last quarter has begun: plan its successor."))
        }
        IssuerState::Active => None,
    }
}

fn lists(found: &AuthorityDetail, now: UnixTime) -> impl Iterator<Item = Need> {
    found.lists.iter().filter_map(move |list| {
        let (urgency, state, detail) = trouble(found, list, now)?;
        let what = match found.lists.len() {
            1 => format!("The revocation list of {} {state}", found.slug),
            _ => format!("Revocation list {} of {} {state}", list.shard, found.slug),
        };
        Some(need(found, urgency, what, detail))
    })
}

fn trouble(
    found: &AuthorityDetail,
    list: &RevocationList,
    now: UnixTime,
) -> Option<(Urgency, &'static str, &'static str)> {
    const REFUSE: &str = "Clients that insist on a current list refuse what it issued. Publish it now.";
    let Some(published) = &list.published else { return Some((Urgency::Broken, "is missing", REFUSE)) };
    if published.next_update <= now {
        return Some((Urgency::Broken, "is overdue", REFUSE));
    }
    // Half of the time in which it may still be published has gone by without that.
    let late = list.next_publication.is_some_and(|next| now > next.plus(published.next_update.since(next) / 2));
    if late {
        return Some((Urgency::Soon, "was not renewed in time", "The log says why it could not be published."));
    }
    let by_hand = !found.automatic && now.plus(BY_HAND) > published.next_update;
    by_hand.then_some((Urgency::Soon, "ends soon", "It is published by hand: nobody else does it."))
}

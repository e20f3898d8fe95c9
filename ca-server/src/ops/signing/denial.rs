//! Submissions that the policies deny, in the audit trail. Whoever asked has proved who it is; as everybody may have a token
//! of a public CI, there is a bound. The log has them all.

use std::num::NonZeroU32;

use ca_core::policy::action::SubmitSigning;
use ca_core::policy::{Actor, Denied};
use ca_core::signing::profile::UnmetClaim;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::audit;
use crate::store::audit_event;

/// Events of all together in an hour.
const OF_ALL: NonZeroU32 = NonZeroU32::MIN.saturating_add(119);

/// Events of one who asks in an hour.
const OF_ONE: NonZeroU32 = NonZeroU32::MIN.saturating_add(11);

/// So many who ask are remembered before those are forgotten that asked long ago.
const KNOWN: usize = 1024;

/// Longest reason in an event, in characters: claims are as long as somebody likes.
const LONGEST: usize = 1000;

/// What is left of the bounds.
pub(super) struct Denials {
    of_all: DefaultDirectRateLimiter,
    of_one: DefaultKeyedRateLimiter<String>,
}

impl Default for Denials {
    fn default() -> Self {
        Self {
            of_all: RateLimiter::direct(Quota::per_hour(OF_ALL)),
            of_one: RateLimiter::keyed(Quota::per_hour(OF_ONE)),
        }
    }
}

impl Denials {
    fn have_room(&self, actor: &Actor) -> bool {
        if self.of_one.len() > KNOWN {
            self.of_one.retain_recent();
        }
        self.of_one.check_key(&actor.to_string()).is_ok() && self.of_all.check().is_ok()
    }
}

/// Writes down who was denied signatures under which profile, and why. That this fails changes nothing for whoever asked.
pub(super) async fn record(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    act: &SubmitSigning,
    denied: &Denied,
    unmet: &[UnmetClaim],
) {
    let reason = if unmet.is_empty() { denied.to_string() } else { told(unmet) };
    tracing::warn!(profile = act.profile, %actor, reason, "signatures were refused");
    metrics::counter!("signet_signing_denied_total", "profile" => act.profile.clone()).increment(1);
    if !app.signing.denials.have_room(actor) {
        return;
    }
    let object = format!("signing profile {}", act.profile);
    let event = audit::denied::event(app, actor, act, denied, origin, object)
        .detail("reason", reason.chars().take(LONGEST).collect::<String>())
        .detail("digest_set", act.set.hash());
    if let Err(error) = app.store.write(move |c| audit_event::insert(c, &event)).await {
        tracing::error!(%error, "a denial is not in the audit trail");
    }
}

/// What the rules miss, in one line.
fn told(unmet: &[UnmetClaim]) -> String {
    let one = |unmet: &UnmetClaim| {
        let got = unmet.got.as_deref().unwrap_or("nothing");
        format!("{}: {} is {got:?}, not {:?}", unmet.rule, unmet.claim, unmet.expected)
    };
    unmet.iter().map(one).collect::<Vec<_>>().join("; ")
}

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ca_core::policy::Actor;

use super::{export, search};
use crate::ops::OpError;
use crate::ops::audit::Filter;
use crate::store::audit_event::{self, NewAuditEvent};
use crate::store::fields::AuditEventId;
use crate::testing::{self, Installation, local_root};

/// Events of one object, as many as fill more than two pages of an export; two of three are Ann's.
const MANY: usize = 1_201;

async fn filled() -> Installation {
    let installation = testing::sqlite().await;
    let app = &installation.app;
    for number in 0..MANY {
        let event = NewAuditEvent {
            id: AuditEventId::new(app.entropy.uuid()),
            at: app.clock.now_micros(),
            actor: if number % 3 == 0 { "Operator:bob" } else { "Operator:ann" }.to_owned(),
            action: if number % 2 == 0 { "RevokeCertificate" } else { "AssignOwner" }.to_owned(),
            object: "certificate issuing/0abc".to_owned(),
            decision: "{}".to_owned(),
            origin: "192.0.2.7".to_owned(),
            request_id: format!("r-{}", number / 2),
            certificate_sha256: None,
            details: BTreeMap::new(),
        };
        app.store.write(move |c| audit_event::insert(c, &event)).await.unwrap();
    }
    installation
}

fn of_the_object() -> Filter {
    Filter { object: Some("certificate issuing/0abc".to_owned()), ..Filter::default() }
}

#[tokio::test]
async fn an_export_has_every_event_once_and_in_order() {
    let installation = filled().await;
    let mut export = export::begin(&installation.app, &local_root(), &of_the_object()).unwrap();
    let mut ids = Vec::new();
    loop {
        let page = export.next().await.unwrap();
        assert!(page.len() <= 500, "{}", page.len());
        if page.is_empty() {
            break;
        }
        ids.extend(page.into_iter().map(|event| event.id));
    }
    assert_eq!(ids.len(), MANY);
    assert!(ids.is_sorted());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), MANY);
}

#[tokio::test]
async fn every_part_of_a_filter_narrows() {
    let installation = filled().await;
    let app = &installation.app;
    let count = async |filter: Filter| {
        let (mut after, mut all) = (None, 0);
        loop {
            let page = search::search(app, &local_root(), &filter, after.as_deref(), 100).await.unwrap();
            all += page.items.len();
            let Some(next) = page.next else { return all };
            after = Some(next);
        }
    };
    let text = |text: &str| Some(text.to_owned());
    let all = of_the_object();
    assert_eq!(count(all.clone()).await, MANY);
    assert_eq!(count(Filter { actor: text("ann"), ..all.clone() }).await, 800);
    assert_eq!(count(Filter { actor: text("Operator:bob"), ..Filter::default() }).await, 401);
    assert_eq!(count(Filter { actor: text("bob"), action: text("AssignOwner"), ..Filter::default() }).await, 200);
    assert_eq!(count(Filter { request_id: text("r-7"), action: text("AssignOwner"), ..all.clone() }).await, 1);
    let now = app.clock.now();
    assert_eq!(count(Filter { since: Some(now.plus(Duration::from_secs(1))), ..all.clone() }).await, 0);
    assert_eq!(count(Filter { until: Some(now), ..all.clone() }).await, 0);
    assert_eq!(count(Filter { since: Some(now), until: Some(now.plus(Duration::from_secs(1))), ..all }).await, MANY);
}

#[tokio::test]
async fn who_has_no_role_reads_nothing() {
    let installation = testing::sqlite().await;
    let nobody = Actor::Operator { name: "eve".to_owned(), roles: Vec::new() };
    let denied = |result: Result<(), OpError>| matches!(result, Err(OpError::Denied(_)));
    let (app, filter) = (&installation.app, Filter::default());
    assert!(denied(export::begin(app, &nobody, &filter).map(drop)));
    assert!(denied(search::search(app, &nobody, &filter, None, 10).await.map(drop)));
    assert!(denied(search::one(app, &nobody, "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10").await.map(drop)));
}

//! Publishing a CRL: entries read in pages, signed, stored in chunks, made current by one small compare-and-set.

use std::sync::Arc;
use std::time::Duration;

use ca_core::policy::action::PublishCrl;
use ca_core::policy::{Actor, Permitted};
use ca_core::revocation::{
    CertificateListBuilder, CertificateListFacts, CrlNumber, IssuingDistributionPoint, RevokedEntry,
};
use ca_core::time::UnixTime;
use ca_core::x509::SerialNumber;

use super::list::{self, integrity, list_issuer, sha256, sign};
use super::load;
use super::published::PublishedCrl;
use crate::app::App;
use crate::authorities::Authority;
use crate::ops::acme::Origin;
use crate::ops::{OpError, audit};
use crate::store::audit_event::NewAuditEvent;
use crate::store::crl::{self, Crl, Publication};
use crate::store::fields::{IssuerKind, JobId};
use crate::store::job::NewJob;
use crate::store::lease::{self, Lease};
use crate::store::revocation::{self, RevokedSerial};
use crate::store::{StoreError, audit_event};

/// Kind of the jobs that publish after a revocation.
pub const JOB: &str = "publish-crl";

/// Entries read at once.
const PAGE: i64 = 500;

/// A publisher that has not renewed its lease by then has died.
const LEASE: Duration = Duration::from_secs(30);

/// A publisher renews its lease so often.
const RENEWAL: Duration = Duration::from_secs(10);

/// A job row that has `shard` of the authority `slug` published.
pub fn job(app: &App, slug: &str, shard: i64, now: UnixTime) -> NewJob {
    NewJob {
        id: JobId::new(app.entropy.uuid()),
        kind: JOB.to_owned(),
        key: format!("{slug}/{shard}"),
        payload: String::new(),
        run_at: now,
        created_at: now,
    }
}

/// Does what such a job row asks for.
///
/// # Errors
/// When the list cannot be published now; the job is then tried again.
pub async fn run_job(app: &App, key: &str) -> Result<(), OpError> {
    let parts = key.rsplit_once('/').and_then(|(slug, shard)| Some((slug, shard.parse().ok()?)));
    let (slug, shard) = parts.ok_or_else(|| OpError::Integrity(format!("job {JOB}: unreadable key {key:?}")))?;
    let authority = app.authorities.by_slug(slug)?;
    let automatic = app.settings.authority(&authority.name).is_none_or(|settings| settings.crl.automatic);
    if !automatic {
        tracing::warn!(authority = %slug, "a revocation waits for `signet crl publish`: crl.automatic is off");
        return Ok(());
    }
    publish_as_job(app, authority, shard).await
}

/// Publishes on the server's own account.
///
/// # Errors
/// As [`publish`].
pub async fn publish_as_job(app: &App, authority: &Authority, shard: u32) -> Result<(), OpError> {
    let origin = Origin { address: "job".to_owned(), request_id: app.entropy.uuid().to_string() };
    publish(app, &Actor::Job { name: "crl-publisher" }, &origin, authority, shard).await
}

/// Signs and publishes the list of one shard. The list before stays current until the new one is complete.
///
/// # Errors
/// `Conflict` while another process publishes the same list; else what policy, lint, HSM or database say.
pub async fn publish(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    authority: &Authority,
    shard: u32,
) -> Result<(), OpError> {
    let act = PublishCrl { issuer: authority.name.clone(), shard: Some(shard) };
    let permitted = app.policies.load().engine().decide(actor, act)?;
    let slug = authority.issuer.slug();
    let event = audit::event(app, &permitted, origin, format!("crl {slug}/{shard}"));
    let lease = acquire(app, slug, shard).await?;
    let begun = app.clock.now_micros();
    let work = async {
        let (row, der) = make(app, &permitted, authority, shard, &lease).await?;
        store(app, &row, &der, &lease, describe(event, &row)).await?;
        app.crls.replace(slug, shard, PublishedCrl::new(&row, der));
        tracing::info!(authority = %slug, shard, number = row.number, entries = row.entries, "CRL published");
        Ok(())
    };
    let result = tokio::select! {
        result = work => result,
        error = keep(app, &lease) => Err(error),
    };
    app.store.write(move |c| lease::release(c, &lease)).await?;
    let micros = app.clock.now_micros().micros().saturating_sub(begun.micros()).max(0);
    metrics::histogram!("signet_crl_publish_seconds")
        .record(Duration::from_micros(micros.unsigned_abs()).as_secs_f64());
    result
}

/// What the audit tells of a list.
fn describe(event: NewAuditEvent, row: &Crl) -> NewAuditEvent {
    event
        .detail("number", row.number)
        .detail("this_update", row.this_update)
        .detail("next_update", row.next_update)
        .detail("entries", row.entries)
        .detail("sha256", row.sha256.iter().map(|octet| format!("{octet:02x}")).collect::<String>())
}

/// The lease that a publisher of this list holds.
pub fn lease_name(slug: &str, shard: i64) -> String {
    format!("crl/{slug}/{shard}")
}

async fn acquire(app: &App, slug: &str, shard: u32) -> Result<Lease, OpError> {
    // Two publications of one process are no more one publisher than those of two.
    let (name, holder) = (lease_name(slug, shard.into()), format!("{}/{}", app.instance, app.entropy.uuid()));
    let taken = app.store.write(move |c| lease::acquire(c, &name, &holder, LEASE)).await?;
    taken.ok_or_else(|| OpError::Conflict(format!("the CRL of {slug} is being published at this moment")))
}

/// Renews the lease while the list is made, and returns only when it is lost.
async fn keep(app: &App, lease: &Lease) -> OpError {
    loop {
        app.clock.sleep(RENEWAL).await;
        let held = lease.clone();
        match app.store.write(move |c| lease::acquire(c, &held.name, &held.holder, LEASE)).await {
            Ok(Some(renewed)) if renewed.fencing == lease.fencing => {}
            Ok(_) => return OpError::Conflict(format!("the lease {} was lost", lease.name)),
            // Whether it still runs is asked again before the list becomes current.
            Err(error) => tracing::warn!(%error, lease = %lease.name, "a lease could not be renewed"),
        }
    }
}

async fn make(
    app: &App,
    permitted: &Permitted<PublishCrl>,
    authority: &Authority,
    shard: u32,
    lease: &Lease,
) -> Result<(Crl, Vec<u8>), OpError> {
    let issuer = Arc::clone(&authority.issuer);
    let (slug, place) = (issuer.slug().to_owned(), i64::from(shard));
    let this_update = app.clock.now_micros();
    let (number, previous) = {
        let slug = slug.clone();
        let read =
            move |c: &mut _| Ok((crl::next_number(c, &slug, place, this_update)?, crl::current(c, &slug, place)?));
        app.store.read(read).await?
    };
    let facts = facts(app, authority, shard, this_update.to_unix_time(), number);
    let next_update = facts.next_update;
    // RFC 5280 §3.3: an entry is listed once more after its certificate has expired.
    let expired_before = previous.as_ref().map_or(UnixTime::from_seconds(0), |crl| crl.this_update);
    let expected = previous.as_ref().map_or(0, |crl| usize::try_from(crl.entries).unwrap_or_default());
    let mut builder =
        CertificateListBuilder::new(permitted, list_issuer(&issuer), &facts, expected).map_err(integrity)?;
    let entries = append_all(app, &mut builder, &slug, place, expired_before).await?;
    let hsm = Arc::clone(app.hsm_of(authority)?);
    let der = sign(builder, issuer, hsm).await.inspect_err(|error| {
        if let OpError::Hsm(error) = error {
            app.hsm_watch.failed(&authority.hsm, app.clock.now(), error);
        }
    })?;
    let row = Crl {
        issuer: slug,
        shard: place,
        number,
        this_update: this_update.to_unix_time(),
        next_update,
        entries,
        size: i64::try_from(der.len()).unwrap_or(i64::MAX),
        sha256: sha256(&der),
        fencing: lease.fencing,
        created_at: app.clock.now(),
    };
    Ok((row, der))
}

fn facts(app: &App, authority: &Authority, shard: u32, now: UnixTime, number: i64) -> CertificateListFacts {
    let root = authority.kind == IssuerKind::Root;
    let validity = app.settings.authority(&authority.name).map(|settings| settings.crl.validity(root));
    let end = authority.issuer.certificate().validity().not_after;
    CertificateListFacts {
        this_update: now,
        next_update: now.plus(validity.unwrap_or(Duration::from_secs(7 * 86_400))).min(end),
        number: CrlNumber::new(u128::from(number.unsigned_abs())),
        issuing_distribution_point: distribution_point(app, authority, shard),
    }
}

fn distribution_point(app: &App, authority: &Authority, shard: u32) -> Option<IssuingDistributionPoint> {
    list::distribution_point(authority.kind, urls(app, authority, shard))
}

/// The URL that new certificates name, and those that the list before was known under: certificates may still name them.
fn urls(app: &App, authority: &Authority, shard: u32) -> Vec<String> {
    let current = app.authorities.status_urls(authority, shard).crl;
    let before = app.crls.current(authority.issuer.slug(), shard).map(|crl| crl.urls.clone()).unwrap_or_default();
    let mut all: Vec<String> = current.into_iter().chain(before).collect();
    let mut seen = std::collections::HashSet::new();
    all.retain(|url| seen.insert(url.clone()));
    all
}

async fn append_all(
    app: &App,
    builder: &mut CertificateListBuilder,
    slug: &str,
    shard: i64,
    expired_before: UnixTime,
) -> Result<i64, OpError> {
    let mut after: Option<SerialNumber> = None;
    let mut entries = 0;
    loop {
        let (slug, from) = (slug.to_owned(), after.clone());
        let read = move |c: &mut _| revocation::page(c, &slug, shard, expired_before, from.as_ref(), PAGE);
        let page: Vec<RevokedSerial> = app.store.read(read).await?;
        let listed: Vec<RevokedEntry> = page.iter().map(entry).collect::<Result<_, _>>()?;
        builder.append(&listed).map_err(integrity)?;
        entries += i64::try_from(listed.len()).unwrap_or_default();
        match page.last() {
            Some(last) if i64::try_from(page.len()).unwrap_or(PAGE) >= PAGE => after = Some(last.serial.clone()),
            _ => return Ok(entries),
        }
    }
}

fn entry(row: &RevokedSerial) -> Result<RevokedEntry, OpError> {
    let reason = row.reason.parse().map_err(|fault| integrity(format!("revoked_serial {}: {fault}", row.serial)))?;
    Ok(RevokedEntry {
        serial: row.serial.clone(),
        revoked_at: row.revoked_at,
        reason,
        invalidity_date: row.invalidity_date,
    })
}

async fn store(app: &App, row: &Crl, der: &[u8], lease: &Lease, event: NewAuditEvent) -> Result<(), OpError> {
    let new = row.clone();
    app.store.write(move |c| crl::insert(c, &new)).await?;
    for (position, chunk) in (0..).zip(der.chunks(crl::CHUNK)) {
        let (row, chunk) = (row.clone(), chunk.to_vec());
        app.store.write(move |c| crl::insert_chunk(c, &row, position, &chunk)).await?;
    }
    let (row, lease) = (row.clone(), lease.clone());
    let publication = app
        .store
        .write(move |c| {
            let publication = crl::publish(c, &row, &lease)?;
            if matches!(publication, Publication::Done) {
                audit_event::insert(c, &event)?;
            }
            Ok::<_, StoreError>(publication)
        })
        .await?;
    match publication {
        Publication::Done => Ok(()),
        other => Err(OpError::Conflict(format!("the CRL was not published: {other:?}"))),
    }
}

/// Publishes what is due: lists that were never made, that are old, or that do not name their present URL.
///
/// # Errors
/// The first failure; it keeps no other list from being published.
pub async fn publish_due(app: &App) -> Result<(), OpError> {
    load::load_current(app).await?;
    let mut result = Ok(());
    for authority in app.authorities.all() {
        let Some(settings) = app.settings.authority(&authority.name).filter(|settings| settings.crl.automatic) else {
            continue;
        };
        for shard in 0..authority.crl_shards {
            let interval = settings.crl.interval(authority.kind == IssuerKind::Root);
            if is_due(app, authority, shard, interval) {
                let published = match publish_as_job(app, authority, shard).await {
                    // Another server publishes at this moment: that is as good.
                    Err(OpError::Conflict(_)) => Ok(()),
                    other => other,
                };
                result = result.and(published);
            }
        }
    }
    result
}

fn is_due(app: &App, authority: &Authority, shard: u32, interval: Duration) -> bool {
    let Some(crl) = app.crls.current(authority.issuer.slug(), shard) else { return true };
    let named = distribution_point(app, authority, shard)
        .is_none_or(|point| point.urls.iter().all(|url| crl.urls.contains(url)));
    app.clock.now() >= crl.this_update.plus(interval) || !named
}

//! Every query that runs while requests are answered finds its rows by an index, on both engines.
//!
//! The statements are written down as they are executed, then explained: on SQLite for any value (its plans do not depend
//! on values), on PostgreSQL as the plan for all values with sequential scans made the last resort.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use diesel::Connection as _;
use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::acme::{at, attempt, key, made, new_account, new_order};
use super::issuance::{audit, facts, new_certificate, new_intent, serial};
use super::work::{list, new_job};
use crate::store::attempt::Decision;
use crate::store::audit_event::{Position, Search};
use crate::store::connection::{Connection, Engine, on_each};
use crate::store::error::StoreError;
use crate::store::external_account::BindingState;
use crate::store::fields::{AccountState, AuditEventId, ExternalAccountId, Finalization, SigningCheckKind};
use crate::store::issuance_intent::{Abandonment, IssuanceFacts};
use crate::store::lease::{self, Lease};
use crate::store::revocation::{self, Revocation};
use crate::store::testing::{TestStore, fresh_id, on_both_engines};
use crate::store::{
    account, acme_failure, attempt as attempts, audit_event, authorization, blocked_key, certificate,
    certificate_count, certificate_lineage, challenge, crl, expiry_watch, external_account, issuance_intent as intent,
    issuer, job, nonce, order, profile_version, retention, signature, signing_check, signing_key, signing_request,
    signing_retention, signing_token,
};

on_both_engines! {
    no_query_reads_a_whole_table,
}

/// What is read as a whole on purpose: a handful of rows for good, or one row a list.
const READ_WHOLE: [&str; 3] = ["issuer", "crl", "signing_check"];

type Queries = Arc<Mutex<BTreeSet<String>>>;
type Story = fn(&mut Connection) -> Result<(), StoreError>;

async fn no_query_reads_a_whole_table(store: TestStore) {
    let queries = Queries::default();
    let stories: [Story; 10] =
        [accounts, orders, issuance, revocations, lists_and_jobs, overview, inspected, retired, signed, signing_keys];
    for story in stories {
        let log = Arc::clone(&queries);
        let told = store.write(move |c| {
            let recorder = Recorder(Arc::clone(&log));
            on_each!(c, |c| c.set_instrumentation(recorder));
            let told = story(c);
            on_each!(c, |c| c.set_instrumentation(Silence));
            told
        });
        told.await.unwrap();
    }
    let queries = std::mem::take(&mut *queries.lock().unwrap());
    assert!(queries.len() > 40, "{queries:#?}");
    let scans = store.read(move |c| queries.iter().map(|query| scan(c, query)).collect::<Result<Vec<_>, _>>());
    let scans: Vec<String> = scans.await.unwrap().into_iter().flatten().collect();
    assert!(scans.is_empty(), "{}", scans.join("\n\n"));
    for query in BAD {
        assert!(store.read(move |c| scan(c, query)).await.unwrap().is_some(), "{query}");
    }
}

/// Writes down what is executed, without its values.
struct Recorder(Queries);

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let InstrumentationEvent::StartQuery { query, .. } = event else { return };
        let text = query.to_string();
        let statement = text.split(" -- binds: ").next().unwrap_or_default().trim();
        if ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| statement.starts_with(verb)) {
            self.0.lock().unwrap().insert(statement.to_owned());
        }
    }
}

struct Silence;

impl Instrumentation for Silence {
    fn on_connection_event(&mut self, _: InstrumentationEvent<'_>) {}
}

#[derive(QueryableByName)]
struct OnSqlite {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct OnPostgres {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// The query and its plan, if that plan reads a whole table.
fn scan(connection: &mut Connection, query: &str) -> Result<Option<String>, StoreError> {
    let (plan, whole) = match &mut connection.0 {
        Engine::Sqlite(c) => {
            let rows: Vec<OnSqlite> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}")).load(c.as_mut())?;
            let plan: Vec<String> = rows.into_iter().map(|row| row.detail).collect();
            let whole = plan.iter().any(|step| scans_on_sqlite(step)) && !is_first_of_an_order(query);
            (plan, whole)
        }
        Engine::Postgres(_) => {
            let plan = explain_on_postgres(connection, query)?;
            let whole = scans_on_postgres(&plan) && !is_first_of_an_order(query);
            (plan, whole)
        }
    };
    Ok(whole.then(|| format!("{query}\n  {}", plan.join("\n  "))))
}

/// The first rows in the order of an index are a few steps into it, where no condition skips any.
fn is_first_of_an_order(query: &str) -> bool {
    query.contains(" LIMIT ") && !query.contains(" WHERE ")
}

/// `SCAN t` walks over all of `t`, `SCAN t USING INDEX i` does so in the order of an index; `SEARCH` enters one.
fn scans_on_sqlite(step: &str) -> bool {
    let Some(table) = step.strip_prefix("SCAN ") else { return false };
    !table.starts_with("CONSTANT ROW") && !READ_WHOLE.contains(&table.split(' ').next().unwrap_or_default())
}

fn explain_on_postgres(connection: &mut Connection, query: &str) -> Result<Vec<String>, StoreError> {
    connection.batch_execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")?;
    connection.batch_execute(&format!("PREPARE explained AS {query}"))?;
    let values = (1..).take_while(|number| query.contains(&format!("${number}"))).map(|_| "NULL");
    let values = values.collect::<Vec<_>>().join(", ");
    let arguments = if values.is_empty() { String::new() } else { format!("({values})") };
    let explain = format!("EXPLAIN (COSTS off) EXECUTE explained{arguments}");
    let rows: Vec<OnPostgres> = on_each!(connection, |c| diesel::sql_query(explain).load(c))?;
    connection.batch_execute("DEALLOCATE explained")?;
    Ok(rows.into_iter().map(|row| row.line).collect())
}

/// A scan that enters no index by a condition: of a table, or of an index that only brings the order.
fn scans_on_postgres(plan: &[String]) -> bool {
    let depth = |line: &str| line.len() - line.trim_start().len();
    plan.iter().enumerate().any(|(number, line)| {
        let step = line.trim_start().trim_start_matches("->").trim_start();
        let table = step.split(" on ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        let own = plan[number + 1..].iter().take_while(|next| depth(next) > depth(line));
        let entered = own.clone().any(|next| next.trim_start().starts_with("Index Cond:"));
        let whole = step.starts_with("Seq Scan") || (step.starts_with("Index") && step.contains("Scan") && !entered);
        whole && !READ_WHOLE.contains(&table)
    })
}

/// What the test must not take for good.
const BAD: [&str; 3] = [
    "SELECT id FROM certificate WHERE subject = requester",
    "SELECT id FROM certificate WHERE subject = requester ORDER BY id LIMIT 1",
    "SELECT order_id FROM acme_order_authorization WHERE authorization_id = 'a'",
];

fn accounts(c: &mut Connection) -> Result<(), StoreError> {
    let new = new_account(1);
    account::insert(c, &new)?;
    account::by_id(c, "acme", new.id)?;
    account::by_key(c, "acme", &new.key.jwk_thumbprint)?;
    account::set_contacts(c, new.id, &[])?;
    account::change_key(c, new.id, &new.key.jwk_thumbprint, &key(2))?;
    account::close(c, new.id, AccountState::Deactivated)?;
    let binding = ExternalAccountId::new(fresh_id());
    external_account::by_id(c, "acme", binding)?;
    external_account::list(c, None, 10)?;
    external_account::revoke(c, binding, at(1))?;
    blocked_key::by_hash(c, [1; 32])?;
    profile_version::by_hash(c, [1; 32])?;
    issuer::by_slug(c, "issuing")?;
    issuer::all(c)?;
    nonce::epoch(c, b"epoch", at(0))?;
    nonce::spend(c, b"epoch", b"nonce", at(60)).map(drop)
}

fn orders(c: &mut Connection) -> Result<(), StoreError> {
    let account = new_account(3);
    account::insert(c, &account)?;
    let new = new_order(account.id, &["a.example.org", "*.b.example.org"]);
    order::insert(c, &new)?;
    order::by_id(c, account.id, new.id)?;
    order::list(c, account.id, at(500), None, 10)?;
    let authorization = made(&new, 0);
    authorization::by_id(c, account.id, authorization.id)?;
    authorization::valid_for(c, account.id, &["a.example.org".into(), "b.example.org".into()], at(500))?;
    let challenge = authorization.challenges[0].id;
    challenge::by_id(c, account.id, challenge)?;
    challenge::start(c, challenge)?;
    let valid = Decision::Valid { at: at(200), reuse_until: Some(at(3000)) };
    attempts::record(c, &attempt(authorization, true), &valid)?;
    attempts::of_authorization(c, authorization.id)?;
    let second = made(&new, 1);
    attempts::record(c, &attempt(second, false), &Decision::Invalid { problem: "{}".into() })?;
    authorization::deactivate(c, account.id, authorization.id)?;
    order::advance(c, new.id, Finalization::None, Finalization::Processing)?;
    order::fail(c, new.id, Finalization::Processing, "{}").map(drop)
}

fn issuance(c: &mut Connection) -> Result<(), StoreError> {
    let account = new_account(4);
    account::insert(c, &account)?;
    let ordered = new_order(account.id, &["a.example.org"]);
    order::insert(c, &ordered)?;
    let facts = IssuanceFacts { order_id: Some(ordered.id), account_id: Some(account.id), ..facts(1) };
    let new = new_intent(facts);
    intent::start(c, &new)?;
    intent::by_id(c, new.id)?;
    intent::is_open_for(c, [5; 32])?;
    let certificate = new.facts.certificate_id;
    intent::complete(c, new.id, &new_certificate(new.facts), &audit("certificate.issue"))?;
    certificate::by_id(c, certificate)?;
    certificate::of_account(c, account.id, certificate)?;
    certificate::by_serial(c, "issuing", &serial(1))?;
    certificate::by_fingerprint(c, [5; 32])?;
    certificate::newest(c)?;
    audit_event::list(c, None, 10)?;
    Ok(())
}

fn revocations(c: &mut Connection) -> Result<(), StoreError> {
    certificate::insert(c, &new_certificate(facts(2)))?;
    let revocation = Revocation {
        issuer: "issuing".into(),
        serial: serial(2),
        at: at(500),
        reason: "keyCompromise".into(),
        invalidity_date: None,
        block_key: true,
    };
    revocation::revoke(c, &revocation)?;
    revocation::page(c, "issuing", 0, at(1), None, 10)?;
    revocation::page(c, "issuing", 0, at(1), Some(&serial(1)), 10)?;
    let abandoned = new_intent(facts(3));
    intent::start(c, &abandoned)?;
    let Some(stored) = intent::by_id(c, abandoned.id)? else { return Err(StoreError::corrupt("no intent")) };
    let why = Abandonment { at: at(4000), problem: "{}".into(), reason: "cessationOfOperation".into(), for_good: None };
    intent::abandon(c, &stored, &why, &audit("intent.abandon"))?;
    let left = new_intent(facts(4));
    intent::start(c, &left)?;
    let taken = intent::take_over(c, "server-2", at(1000), at(1060), 10)?;
    intent::lease(c, &taken[0], "server-3", at(2000)).map(drop)
}

fn lists_and_jobs(c: &mut Connection) -> Result<(), StoreError> {
    let lease = lease::acquire(c, "crl/issuing/0", "server-1", std::time::Duration::from_secs(60))?;
    let lease = lease.unwrap_or(Lease { name: "none".into(), holder: "none".into(), fencing: 0 });
    for number in [1, 2] {
        let list = list(number, 3);
        crl::next_number(c, "issuing", 0, ca_core::time::UnixMicros::from_micros(number))?;
        crl::insert(c, &list)?;
        crl::insert_chunk(c, &list, 0, b"der")?;
        crl::publish(c, &list, &lease)?;
        crl::chunk(c, &list, 0)?;
    }
    crl::current(c, "issuing", 0)?;
    crl::all_current(c)?;
    lease::guard(c, &lease)?;
    lease::release(c, &lease)?;
    job::enqueue(c, &new_job("issuing/0", 10))?;
    let claimed = job::claim(c, "server-1", at(20), at(80), 10)?;
    job::retry(c, &claimed[0], at(30), "why")?;
    let again = job::claim(c, "server-1", at(40), at(100), 10)?;
    job::finish(c, &again[0], at(41)).map(drop)
}

fn signing_keys(c: &mut Connection) -> Result<(), StoreError> {
    signing_key::of_owner(c, "release", "local", "ecdsa-p256")?;
    signing_key::by_id(c, "key-1")?;
    signing_key::of_ended_requests(c, "", 10)?;
    signing_key::forget(c, "key-1")?;
    let kind = SigningCheckKind::Canary;
    signing_check::begin(c, "release", kind, at(100), at(40))?;
    signing_check::end(c, "release", kind, at(100), None)?;
    signing_check::settle(c, "release", kind)?;
    signing_check::all(c).map(drop)
}

fn overview(c: &mut Connection) -> Result<(), StoreError> {
    let new = new_certificate(facts(7));
    let id = new.facts.certificate_id;
    certificate::insert(c, &new)?;
    expiry_watch::of(c, id)?;
    let due = expiry_watch::due(c, at(5000), None, 10)?;
    expiry_watch::due(c, at(5000), due.last().copied(), 10)?;
    expiry_watch::end(c, id)?;
    if let Some(found) = certificate::by_id(c, id)? {
        certificate_lineage::is_covered(c, &found.record)?;
    }
    let to = certificate_count::Progress { at: at(5000), certificate_id: id };
    certificate_count::uncounted(c, None, at(5000), 10)?;
    certificate_count::uncounted(c, Some(to), at(5000), 10)?;
    certificate_count::add(c, None, to, &[])?;
    certificate_count::add(c, Some(to), to, &[])?;
    certificate_count::progress(c)?;
    certificate_count::counts(c, certificate_count::CountKind::Ends, 0, 10)?;
    certificate_count::revoked_unexpired(c, at(1), 10)?;
    acme_failure::since(c, at(1), 10).map(drop)
}

fn inspected(c: &mut Connection) -> Result<(), StoreError> {
    let (account, binding) = (new_account(5), ExternalAccountId::new(fresh_id()));
    account::insert(c, &account)?;
    account::find(c, account.id)?;
    let ordered = new_order(account.id, &["a.example.org"]);
    order::insert(c, &ordered)?;
    order::of_any_account(c, ordered.id)?;
    challenge::failed_of(c, &[made(&ordered, 0).id])?;
    for endpoints in [vec!["acme".to_owned()], vec!["acme".to_owned(), "lab".to_owned()]] {
        let accounts = account::Filter { endpoints: endpoints.clone(), ..account::Filter::default() };
        account::page(c, &accounts, None, 10)?;
        account::page(c, &account::Filter { state: Some(AccountState::Valid), ..accounts.clone() }, None, 10)?;
        account::page(c, &account::Filter { external_account: Some(binding), ..accounts }, None, 10)?;
        let orders = order::Filter { endpoints: endpoints.clone(), account: None };
        order::page(c, &orders, None, 10)?;
        order::page(c, &order::Filter { account: Some(account.id), ..orders }, None, 10)?;
        for state in [None, Some(BindingState::Unused), Some(BindingState::Bound), Some(BindingState::Revoked)] {
            let state = state.map(|state| (state, at(500)));
            external_account::page(c, &external_account::Filter { endpoints: endpoints.clone(), state }, None, 10)?;
        }
    }
    audited(c)
}

fn audited(c: &mut Connection) -> Result<(), StoreError> {
    let text = || Some("text".to_owned());
    let searches = [
        Search::default(),
        Search { actor: text(), ..Search::default() },
        Search { action: text(), ..Search::default() },
        Search { object: text(), ..Search::default() },
        Search { request_id: text(), ..Search::default() },
        Search { since: Some(at(100)), until: Some(at(900)), ..Search::default() },
        Search { actor: text(), action: text(), ..Search::default() },
        Search { actor: text(), action: text(), since: Some(at(100)), ..Search::default() },
        Search { actor: text(), action: text(), object: text(), ..Search::default() },
        Search { actor: text(), object: text(), request_id: text(), ..Search::default() },
    ];
    for search in searches {
        audit_event::search(c, &search, Position::Below(None), 10)?;
        audit_event::search(c, &search, Position::Above(Some(AuditEventId::new(fresh_id()))), 10)?;
    }
    audit_event::by_id(c, AuditEventId::new(fresh_id())).map(drop)
}

fn retired(c: &mut Connection) -> Result<(), StoreError> {
    retention::orders(c, at(5000), 10)?;
    retention::authorizations(c, at(5000), 10)?;
    retention::intents(c, at(5000), 10)?;
    retention::revoked_serials(c, at(5000), 10)?;
    retention::superseded_crl(c, at(5000))?;
    retention::counts(c, 100, 10)?;
    retention::nonces(c, at(5000), 10).map(drop)
}

fn signed(c: &mut Connection) -> Result<(), StoreError> {
    let request = super::signing::new("s");
    signing_request::insert(c, &request, [1; 32])?;
    for number in 0..25 {
        signing_token::insert(c, [number; 32], request.id, at(100))?;
    }
    signing_token::request(c, [1; 32], at(100))?;
    signing_retention::request_tokens(c, at(100), 10)?;
    signature::of_digest(c, &[1; 32], 10)?;
    signature::of_file(c, &[1; 32], 10).map(drop)
}

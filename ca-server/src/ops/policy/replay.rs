//! What another policy or profile would have decided: the decisions of the last days are put to it.
//!
//! What was permitted is in the audit trail with everything that policies could look at, so the same question is asked
//! again. What was refused is not there: what a proposal would newly permit cannot be seen here.

use std::collections::BTreeMap;
use std::time::Duration;

use ca_core::acme::Problem;
use ca_core::policy::action::ReadPolicy;
use ca_core::policy::{Actor, PolicyEngine, PolicySource};
use ca_core::profile::CertificateProfile;
use ca_core::time::{UnixMicros, UnixTime};

use super::verdict::Proposed;
use crate::app::App;
use crate::ops::OpError;
use crate::ops::audit::recorded;
use crate::store::audit_event::{self, AuditEvent, Position, Search};
use crate::store::fields::AuditEventId;

/// What is proposed. What is not given is not asked.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    /// Policies in Cedar.
    pub policies: Vec<PolicySource>,
    /// Whether they come on top of those in force, instead of replacing them.
    pub on_top: bool,
    /// Profiles by name, in TOML.
    pub profiles: Vec<(String, String)>,
    /// How many days to look back.
    pub days: u32,
}

/// What would change.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// Decisions since then were asked again.
    pub since: UnixTime,
    /// How many were asked again.
    pub asked: u64,
    /// How many could not be: they were recorded in another form.
    pub unreadable: u64,
    /// Whether older decisions of these days were left out, because there are too many.
    pub is_cut: bool,
    /// How many would be refused, or be done otherwise.
    pub changed: u64,
    /// The same by act and reason, most frequent first.
    pub summary: Vec<(String, String, u64)>,
    /// The newest of them.
    pub examples: Vec<Changed>,
    /// What is suspicious about the proposal, but sound.
    pub warnings: Vec<String>,
}

/// One decision that would be another one.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Id of the audit event.
    pub event: String,
    /// When it was permitted.
    pub at: UnixMicros,
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// What it was done to.
    pub object: String,
    /// What would become of it, and why.
    pub reason: String,
}

/// Days that can be looked back.
pub const MOST_DAYS: u32 = 366;

/// Decisions asked again at most, newest first.
const MOST: u64 = 100_000;

/// Events read at once.
const PAGE: i64 = 500;

/// Examples that are told one by one.
const EXAMPLES: usize = 200;

/// Lines of the summary.
const LINES: usize = 100;

/// Asks a proposal.
///
/// # Errors
/// When the policy denies it, the proposal does not hold (with file and line), or the database fails.
pub async fn replay(app: &App, actor: &Actor, proposal: &Proposal) -> Result<Replayed, OpError> {
    let _ = app.policies.load().engine().decide(actor, ReadPolicy)?;
    let proposed = read(app, proposal)?;
    let since = app.clock.now().minus(Duration::from_secs(u64::from(proposal.days) * 86_400));
    let mut tally = Tally::new(since, proposed.warnings());
    let search = Search { since: Some(since), ..Search::default() };
    let mut below: Option<AuditEventId> = None;
    while tally.asked < MOST {
        let (search, from) = (search.clone(), Position::Below(below));
        let rows = app.store.read(move |c| audit_event::search(c, &search, from, PAGE)).await?;
        rows.iter().for_each(|row| tally.ask(&proposed, row));
        below = rows.last().map(|row| row.id);
        if i64::try_from(rows.len()).is_ok_and(|length| length < PAGE) {
            return Ok(tally.finish(false));
        }
    }
    Ok(tally.finish(true))
}

fn read(app: &App, proposal: &Proposal) -> Result<Proposed, OpError> {
    if proposal.days == 0 || proposal.days > MOST_DAYS {
        return Err(Problem::malformed(format!("days is a number from 1 to {MOST_DAYS}")).into());
    }
    if proposal.policies.is_empty() && proposal.profiles.is_empty() {
        return Err(Problem::malformed("nothing is proposed: neither a policy nor a profile").into());
    }
    let mut sources = proposal.policies.clone();
    if proposal.on_top {
        let text = app.policies.load().engine().canonical_text().to_owned();
        sources.push(PolicySource { file: "in-force.cedar".to_owned(), text });
    }
    let engine = (!proposal.policies.is_empty()).then(|| PolicyEngine::new(&sources)).transpose();
    let engine = engine.map_err(|fault| Problem::malformed(fault.to_string()))?;
    let profile = |(name, text): &(String, String)| {
        let read = CertificateProfile::from_toml(name, &format!("{name}.toml"), text);
        read.map(|profile| (name.clone(), profile)).map_err(|fault| Problem::malformed(fault.to_string()))
    };
    let profiles = proposal.profiles.iter().map(profile).collect::<Result<_, _>>()?;
    let in_force = app.policies.load();
    let usual = in_force.profiles().map(|profile| (profile.name().to_owned(), profile.default_validity()));
    Ok(Proposed { engine, profiles, usual: usual.collect() })
}

/// What was found so far.
struct Tally {
    since: UnixTime,
    asked: u64,
    unreadable: u64,
    changed: u64,
    summary: BTreeMap<(String, String), u64>,
    examples: Vec<Changed>,
    warnings: Vec<String>,
}

impl Tally {
    fn new(since: UnixTime, warnings: Vec<String>) -> Self {
        Self { since, asked: 0, unreadable: 0, changed: 0, summary: BTreeMap::new(), examples: Vec::new(), warnings }
    }

    fn ask(&mut self, proposed: &Proposed, row: &AuditEvent) {
        // What was denied was not done: it is no act that other policies would have stopped.
        if serde_json::from_str(&row.decision).is_ok_and(|decision| recorded::is_denial(&decision)) {
            return;
        }
        self.asked += 1;
        let Some(inquiry) = recorded::inquiry(&row.actor, &row.action, &row.decision) else {
            self.unreadable += 1;
            return;
        };
        if let Some(reason) = proposed.change(&inquiry) {
            self.note(row, reason);
        }
    }

    fn note(&mut self, row: &AuditEvent, reason: String) {
        self.changed += 1;
        *self.summary.entry((row.action.clone(), reason.clone())).or_default() += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(Changed {
                event: row.id.to_string(),
                at: row.at,
                actor: row.actor.clone(),
                action: row.action.clone(),
                object: row.object.clone(),
                reason,
            });
        }
    }

    fn finish(self, is_cut: bool) -> Replayed {
        let mut summary: Vec<(String, String, u64)> =
            self.summary.into_iter().map(|((action, reason), count)| (action, reason, count)).collect();
        summary.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
        summary.truncate(LINES);
        Replayed {
            since: self.since,
            asked: self.asked,
            unreadable: self.unreadable,
            is_cut,
            changed: self.changed,
            summary,
            examples: self.examples,
            warnings: self.warnings,
        }
    }
}

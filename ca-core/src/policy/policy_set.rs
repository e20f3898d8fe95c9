//! Reads a set of policies and refuses it unless every one of them is sound under the schema.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use cedar_policy::ffi::DetailedError;
use cedar_policy::{Policy, PolicyId, PolicySet, Schema, ValidationMode, ValidationResult, Validator};

use super::permitted::{DecidingPolicy, PolicySetHash};
use super::source::{Fault, InvalidPolicySet, PolicySource};

/// What policies can speak about. It belongs to the program, not to the operator.
pub const SCHEMA: &str = include_str!("../../../policies/authorization/schema.cedarschema");

/// The policies of an installation that has none of its own.
pub const DEFAULT_POLICIES: &str = include_str!("../../../policies/authorization/default.cedar");

/// Policies that passed strict validation, under their own ids.
pub(super) struct SoundPolicies {
    pub(super) set: PolicySet,
    pub(super) deciding: HashMap<PolicyId, Arc<DecidingPolicy>>,
    pub(super) canonical_text: String,
    pub(super) hash: PolicySetHash,
    pub(super) warnings: Vec<Fault>,
}

/// A policy under its final id, and where it was written.
struct Statement<'a> {
    policy: Policy,
    source: &'a PolicySource,
    offset: usize,
}

impl SoundPolicies {
    pub(super) fn read(schema: &Schema, sources: &[PolicySource]) -> Result<Self, InvalidPolicySet> {
        let statements = collect(sources.iter().map(statements))?;
        let statements: Vec<Statement<'_>> = statements.into_iter().flatten().collect();
        let set = assemble(&statements)?;
        let result = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        let warnings = check(&result, &statements)?;
        let canonical_text = canonical_text(&statements)?;
        let hash = PolicySetHash::of(&canonical_text);
        let deciding = statements.iter().map(|s| (s.policy.id().clone(), s.deciding_policy())).collect();
        Ok(Self { set, deciding, canonical_text, hash, warnings })
    }
}

/// All the good ones, or all the faults of all the bad ones.
fn collect<T>(results: impl Iterator<Item = Result<T, Vec<Fault>>>) -> Result<Vec<T>, InvalidPolicySet> {
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(good) } else { Err(InvalidPolicySet(faults)) }
}

fn statements(source: &PolicySource) -> Result<Vec<Statement<'_>>, Vec<Fault>> {
    let set = PolicySet::from_str(&source.text).map_err(|e| source.faults_of(&DetailedError::from(&e), 0))?;
    if let Some(template) = set.templates().next() {
        let offset = source.text.find(&template.to_string()).unwrap_or(0);
        return Err(vec![source.fault_at(offset, "templates (?principal, ?resource) are never linked here")]);
    }
    set.policies().map(|policy| Statement::new(policy, source).map_err(|fault| vec![fault])).collect()
}

impl<'a> Statement<'a> {
    // Cedar numbers the policies of each file from policy0: useless in an audit log, and twice the same in two files.
    fn new(policy: &Policy, source: &'a PolicySource) -> Result<Self, Fault> {
        let offset = source.text.find(&policy.to_string()).unwrap_or(0);
        let place = source.fault_at(offset, "@id must be visible text without spaces");
        let id = policy.annotation("id").map_or_else(|| format!("{}:{}", place.file, place.line), str::to_owned);
        if id.is_empty() || id.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(place);
        }
        Ok(Self { policy: policy.new_id(PolicyId::new(id)), source, offset })
    }

    fn deciding_policy(&self) -> Arc<DecidingPolicy> {
        let id = self.policy.id().to_string();
        let reason = self.policy.annotation("reason").filter(|reason| !reason.is_empty());
        let reason = reason.map_or_else(|| format!("decided by policy {id}"), str::to_owned);
        Arc::new(DecidingPolicy { id, reason })
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        self.source.fault_at(self.offset, message)
    }
}

fn assemble(statements: &[Statement<'_>]) -> Result<PolicySet, InvalidPolicySet> {
    let mut set = PolicySet::new();
    let faults: Vec<Fault> = statements
        .iter()
        .filter_map(|statement| {
            let added = set.add(statement.policy.clone());
            added
                .err()
                .map(|_| statement.fault(format!("the @id {:?} is used twice", statement.policy.id().to_string())))
        })
        .collect();
    if faults.is_empty() { Ok(set) } else { Err(InvalidPolicySet(faults)) }
}

/// The warnings of a valid set; the errors of an invalid one.
fn check(result: &ValidationResult, statements: &[Statement<'_>]) -> Result<Vec<Fault>, InvalidPolicySet> {
    let place = |id: &PolicyId, detail: DetailedError| {
        let statement = statements.iter().find(|statement| statement.policy.id() == id);
        statement.map(|s| s.source.faults_of(&detail, s.offset)).unwrap_or_default()
    };
    if !result.validation_passed() {
        let faults = result.validation_errors().flat_map(|e| place(e.policy_id(), DetailedError::from(e)));
        return Err(InvalidPolicySet(faults.collect()));
    }
    Ok(result.validation_warnings().flat_map(|w| place(w.policy_id(), DetailedError::from(w))).collect())
}

/// The set without comments and layout, ordered by id: what decides is what is hashed.
fn canonical_text(statements: &[Statement<'_>]) -> Result<String, InvalidPolicySet> {
    let texts = collect(statements.iter().map(|statement| {
        let id = statement.policy.id().clone();
        let text = statement.policy.to_json().map_err(|e| vec![statement.fault(e.to_string())])?;
        let policy = Policy::from_json(Some(id.clone()), text).map_err(|e| vec![statement.fault(e.to_string())])?;
        Ok((id, policy.to_string()))
    }))?;
    let ordered: std::collections::BTreeMap<PolicyId, String> = texts.into_iter().collect();
    Ok(ordered.into_iter().map(|(id, text)| format!("// {id}\n{text}\n")).collect())
}

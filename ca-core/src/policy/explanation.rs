//! "May X do Y, and why?": every policy that could have a say, and what became of it.

use std::sync::Arc;

use cedar_policy::{EntityTypeName, EntityUid, Policy, PolicySet, PrincipalConstraint, ResourceConstraint};

use super::engine::{PolicyEngine, Question, Unevaluable};
use super::inquiry::Inquiry;
use super::permitted::DecidingPolicy;
use crate::x509::GeneralName;

/// The answer to an inquiry, with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// One for each name, or one for the act as such; at least one.
    pub questions: Vec<Explained>,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The name that it is about.
    pub identifier: Option<GeneralName>,
    /// Whether the policies permit it.
    pub permitted: bool,
    /// Why the question could not be put at all: it contradicts the schema.
    pub fault: Option<String>,
    /// Each policy whose scope names the act, ordered by id.
    pub policies: Vec<Considered>,
}

/// One policy, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// Its id and reason.
    pub policy: Arc<DecidingPolicy>,
    /// Whether it permits or forbids.
    pub effect: Effect,
    /// Whether it matched.
    pub outcome: Outcome,
    /// Its text.
    pub text: String,
}

/// What a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It permits.
    Permit,
    /// It forbids, and wins over what permits.
    Forbid,
}

/// What became of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It matched, and the answer is its.
    Decided,
    /// It matched, and another one forbids.
    Overruled,
    /// It did not match.
    Unmet(Unmet),
    /// It could not be evaluated, which denies.
    Failed(String),
}

/// The first part of a policy that does not fit the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// It is about other actors.
    Actor,
    /// It is about other objects.
    Object,
    /// Its `when` or `unless` says no.
    Condition,
}

impl Explanation {
    /// Whether the act may be done: every question was answered with yes.
    pub fn is_permitted(&self) -> bool {
        self.questions.iter().all(|question| question.permitted)
    }
}

impl Explained {
    /// What forbids to the operator of a token, or cannot be evaluated for them, counts for the token as well.
    fn bound_by(&mut self, theirs: &Self) {
        for own in &mut self.policies {
            let same = theirs.policies.iter().find(|policy| policy.policy == own.policy);
            let stands = |policy: &&Considered| match policy.outcome {
                Outcome::Decided => policy.effect == Effect::Forbid,
                Outcome::Failed(_) => true,
                Outcome::Overruled | Outcome::Unmet(_) => false,
            };
            if let Some(policy) = same.filter(stands) {
                own.outcome = policy.outcome.clone();
            }
        }
        self.conclude();
    }

    /// What follows from the policies that matched: one that forbids, or fails, wins over those that permit.
    fn conclude(&mut self) {
        let matched =
            |effect| move |policy: &Considered| policy.effect == effect && matches!(policy.outcome, Outcome::Decided);
        let failed = self.policies.iter().any(|policy| matches!(policy.outcome, Outcome::Failed(_)));
        let refused = failed || self.policies.iter().any(matched(Effect::Forbid));
        self.permitted = !refused && self.policies.iter().any(matched(Effect::Permit));
        if refused {
            let overruled = self.policies.iter_mut().filter(|policy| matched(Effect::Permit)(policy));
            overruled.for_each(|policy| policy.outcome = Outcome::Overruled);
        }
    }
}

impl PolicyEngine {
    /// Answers an inquiry and says why. Slower than a decision: each policy is asked by itself.
    pub fn explain(&self, inquiry: &Inquiry) -> Explanation {
        let mut explanation = self.explain_as(inquiry);
        if let Some(holder) = inquiry.as_its_holder() {
            let theirs = self.explain_as(&holder);
            explanation.questions.iter_mut().zip(&theirs.questions).for_each(|(own, theirs)| own.bound_by(theirs));
        }
        explanation
    }

    fn explain_as(&self, inquiry: &Inquiry) -> Explanation {
        let impossible = |fault: &Unevaluable| Explained {
            identifier: None,
            permitted: false,
            fault: Some(fault.to_string()),
            policies: Vec::new(),
        };
        let question = match self.question(inquiry) {
            Ok(question) => question,
            Err(fault) => return Explanation { questions: vec![impossible(&fault)] },
        };
        let explain = |name| self.explain_one(&question, name).unwrap_or_else(|fault| impossible(&fault));
        let questions = match inquiry.identifiers.as_slice() {
            [] => vec![explain(None)],
            names => names.iter().map(|name| explain(Some(name))).collect(),
        };
        Explanation { questions }
    }

    fn explain_one(&self, question: &Question<'_>, name: Option<&GeneralName>) -> Result<Explained, Unevaluable> {
        let mut considered = Vec::new();
        for policy in question.act.policies.policies() {
            considered.push(self.consider(question, name, policy)?);
        }
        considered.sort_by(|one, other| one.policy.cmp(&other.policy));
        let mut explained =
            Explained { identifier: name.cloned(), permitted: false, fault: None, policies: considered };
        explained.conclude();
        Ok(explained)
    }

    fn consider(
        &self,
        question: &Question<'_>,
        name: Option<&GeneralName>,
        policy: &Policy,
    ) -> Result<Considered, Unevaluable> {
        let response = self.ask(question, name, &PolicySet::from_policies([policy.clone()])?)?;
        let fault = response.diagnostics().errors().next().map(ToString::to_string);
        let matched = response.diagnostics().reason().next().is_some();
        let outcome = match fault {
            Some(fault) => Outcome::Failed(fault),
            None if matched => Outcome::Decided,
            None => Outcome::Unmet(unmet(question, policy)),
        };
        let deciding = self.policies.deciding.get(policy.id()).map(Arc::clone);
        Ok(Considered {
            policy: deciding.ok_or("a policy without an id")?,
            effect: match policy.effect() {
                cedar_policy::Effect::Permit => Effect::Permit,
                cedar_policy::Effect::Forbid => Effect::Forbid,
            },
            outcome,
            text: policy.to_string(),
        })
    }
}

fn unmet(question: &Question<'_>, policy: &Policy) -> Unmet {
    let actor = match policy.principal_constraint() {
        PrincipalConstraint::Any => true,
        PrincipalConstraint::Eq(one) => one == question.principal,
        PrincipalConstraint::In(group) => is_in(question, &question.principal, &group),
        PrincipalConstraint::Is(kind) => is_a(&question.principal, &kind),
        PrincipalConstraint::IsIn(kind, group) => {
            is_a(&question.principal, &kind) && is_in(question, &question.principal, &group)
        }
    };
    let object = match policy.resource_constraint() {
        ResourceConstraint::Any => true,
        ResourceConstraint::Eq(one) => one == question.resource,
        ResourceConstraint::In(group) => is_in(question, &question.resource, &group),
        ResourceConstraint::Is(kind) => is_a(&question.resource, &kind),
        ResourceConstraint::IsIn(kind, group) => {
            is_a(&question.resource, &kind) && is_in(question, &question.resource, &group)
        }
    };
    match (actor, object) {
        (false, _) => Unmet::Actor,
        (true, false) => Unmet::Object,
        (true, true) => Unmet::Condition,
    }
}

fn is_in(question: &Question<'_>, entity: &EntityUid, group: &EntityUid) -> bool {
    entity == group || question.entities.is_ancestor_of(group, entity)
}

fn is_a(entity: &EntityUid, kind: &EntityTypeName) -> bool {
    entity.type_name() == kind
}

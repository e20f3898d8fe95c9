//! Asks Cedar and turns its answer into a [`Permitted`] or a [`Denied`].

use std::collections::{BTreeSet, HashMap};
use std::str::FromStr;
use std::sync::Arc;

use cedar_policy::ffi::DetailedError;
use cedar_policy::{
    ActionConstraint, Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request, Response,
    RestrictedExpression, Schema,
};

use super::action::Action;
use super::actor::Actor;
use super::denied::{Denied, Refusal};
use super::entities::{self, EntityTypes};
use super::inquiry::Inquiry;
use super::permitted::{DecidingPolicy, Permitted, PolicySetHash};
use super::policy_set::{DEFAULT_POLICIES, SCHEMA, SoundPolicies};
use super::source::{Fault, InvalidPolicySet, PolicySource};
use crate::x509::GeneralName;

/// A sound set of policies, ready to be asked. Cheap to share between threads behind an `Arc`; to change policies, make
/// another one.
pub struct PolicyEngine {
    authorizer: Authorizer,
    schema: Schema,
    pub(super) types: EntityTypes,
    acts: HashMap<String, Act>,
    pub(super) policies: SoundPolicies,
}

/// What is the same in every question about one act.
pub(super) struct Act {
    entity: Entity,
    /// Only the policies whose scope can match the act: a decision need not look at the others.
    pub(super) policies: PolicySet,
}

/// What is the same for all identifiers of one request.
pub(super) struct Question<'a> {
    pub(super) act: &'a Act,
    pub(super) principal: EntityUid,
    pub(super) resource: EntityUid,
    pub(super) entities: Entities,
    attributes: Vec<(String, RestrictedExpression)>,
}

/// The policies that permitted, or the refusal.
type Answer = Result<Vec<Arc<DecidingPolicy>>, Refusal>;

/// The question could not be put, or not be answered: always a denial.
pub(super) type Unevaluable = Box<dyn std::error::Error>;

impl PolicyEngine {
    /// Reads the files of one policy set.
    ///
    /// # Errors
    /// [`InvalidPolicySet`] with file and line for text that is not Cedar, policies that fail strict validation against
    /// the schema, templates, and an `@id` used twice.
    pub fn new(sources: &[PolicySource]) -> Result<Self, InvalidPolicySet> {
        let schema_source = PolicySource { file: "schema.cedarschema".to_owned(), text: SCHEMA.to_owned() };
        let schema = Schema::from_str(&schema_source.text)
            .map_err(|e| InvalidPolicySet(schema_source.faults_of(&DetailedError::from(&e), 0)))?;
        let policies = SoundPolicies::read(&schema, sources)?;
        let acts = acts(&schema, &policies.set)
            .map_err(|error| InvalidPolicySet(vec![schema_source.fault_at(0, error.to_string())]))?;
        Ok(Self { authorizer: Authorizer::new(), types: EntityTypes::of(&schema), schema, acts, policies })
    }

    /// The default set, which is compiled in.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn built_in() -> Result<Self, InvalidPolicySet> {
        Self::new(&[PolicySource { file: "default.cedar".to_owned(), text: DEFAULT_POLICIES.to_owned() }])
    }

    /// Asks whether `actor` may do `action`, once for each of its identifiers. A token needs a permit by its own roles, and
    /// no `forbid` for any role of its operator: it does not escape one by leaving that role out.
    ///
    /// # Errors
    /// [`Denied`] when for any identifier a `forbid` matches, no `permit` does, or a policy cannot be evaluated.
    pub fn decide<A: Action>(&self, actor: &Actor, action: A) -> Result<Permitted<A>, Denied> {
        match self.answer(&Inquiry::of(actor, &action)) {
            Ok(policies) => Ok(Permitted::new(actor.clone(), action, policies, self.policies.hash)),
            Err(refusals) => Err(Denied::new(action.resource(), refusals)),
        }
    }

    /// The same for a question that was asked before, or that somebody only wants to know the answer of: nothing can be
    /// done with it.
    ///
    /// # Errors
    /// Each refusal; at least one.
    pub fn answer(&self, inquiry: &Inquiry) -> Result<Vec<Arc<DecidingPolicy>>, Vec<Refusal>> {
        let mut deciding = BTreeSet::new();
        let mut refusals = Vec::new();
        for answer in self.answers(inquiry) {
            match answer {
                Ok(policies) => deciding.extend(policies),
                Err(refusal) => refusals.push(refusal),
            }
        }
        if let Some(holder) = inquiry.as_its_holder().filter(|_| refusals.is_empty()) {
            refusals.extend(self.answers(&holder).into_iter().filter_map(Result::err));
        }
        if refusals.is_empty() { Ok(deciding.into_iter().collect()) } else { Err(refusals) }
    }

    /// SHA-256 of [`Self::canonical_text`].
    pub fn policy_set_hash(&self) -> PolicySetHash {
        self.policies.hash
    }

    /// The policies without comments and layout, ordered by id.
    pub fn canonical_text(&self) -> &str {
        &self.policies.canonical_text
    }

    /// What is suspicious but sound, such as a policy that can never match.
    pub fn warnings(&self) -> &[Fault] {
        &self.policies.warnings
    }

    fn answers(&self, inquiry: &Inquiry) -> Vec<Answer> {
        let question = match self.question(inquiry) {
            Ok(question) => question,
            Err(error) => return vec![Err(Refusal::new(&inquiry.act, None, Vec::new(), vec![error.to_string()]))],
        };
        let ask = |name| {
            self.ask(&question, name, &question.act.policies)
                .map_err(|error| Refusal::new(&inquiry.act, name, Vec::new(), vec![error.to_string()]))
                .and_then(|response| self.judge(&inquiry.act, name, &response))
        };
        match inquiry.identifiers.as_slice() {
            [] => vec![ask(None)],
            names => names.iter().map(|name| ask(Some(name))).collect(),
        }
    }

    pub(super) fn question(&self, inquiry: &Inquiry) -> Result<Question<'_>, Unevaluable> {
        let undeclared = || format!("the schema declares no action {}", inquiry.act);
        let act = self.acts.get(&inquiry.act).ok_or_else(undeclared)?;
        let principal = self.types.actor(inquiry)?;
        let resource = self.types.object(inquiry)?;
        let attributes = inquiry.attributes.iter().map(|(name, fact)| self.types.attribute(name, fact));
        Ok(Question {
            act,
            principal: principal.uid(),
            resource: resource.uid(),
            attributes: attributes.collect::<Result<_, _>>()?,
            entities: Entities::from_entities(present(act, principal, resource), None)?,
        })
    }

    pub(super) fn ask(
        &self,
        question: &Question<'_>,
        name: Option<&GeneralName>,
        policies: &PolicySet,
    ) -> Result<Response, Unevaluable> {
        let identifier = name.and_then(entities::identifier);
        let context = Context::from_pairs(question.attributes.iter().cloned().chain(identifier))?;
        let Question { act, principal, resource, .. } = question;
        // Validated against the schema: a kind of actor that an act is not for is refused even by `permit (..)` for all.
        let request = Request::new(principal.clone(), act.entity.uid(), resource.clone(), context, Some(&self.schema))?;
        Ok(self.authorizer.is_authorized(&request, policies, &question.entities))
    }

    fn judge(&self, act: &str, name: Option<&GeneralName>, response: &Response) -> Answer {
        let diagnostics = response.diagnostics();
        let mut deciding: Vec<_> =
            diagnostics.reason().filter_map(|id| self.policies.deciding.get(id)).map(Arc::clone).collect();
        deciding.sort();
        // Cedar skips a policy that cannot be evaluated. If that was a forbid, an Allow is not worth anything.
        let errors: Vec<String> = diagnostics.errors().map(ToString::to_string).collect();
        match response.decision() {
            Decision::Allow if errors.is_empty() && !deciding.is_empty() => Ok(deciding),
            Decision::Allow => Err(Refusal::new(act, name, Vec::new(), errors)),
            Decision::Deny => Err(Refusal::new(act, name, deciding, errors)),
        }
    }
}

/// An operator who acts on their own account is one entity: the principal, which knows its roles.
fn present(act: &Act, principal: Entity, resource: Entity) -> Vec<Entity> {
    let other = (principal.uid() != resource.uid()).then_some(resource);
    [act.entity.clone(), principal].into_iter().chain(other).collect()
}

fn acts(schema: &Schema, policies: &PolicySet) -> Result<HashMap<String, Act>, Unevaluable> {
    let entities = schema.action_entities()?;
    let act = |uid: &EntityUid| {
        let matching = policies.policies().filter(|policy| may_match(&policy.action_constraint(), uid, &entities));
        let policies = PolicySet::from_policies(matching.cloned())?;
        let entity = entities.get(uid).cloned().ok_or("an action without an entity")?;
        Ok((uid.id().unescaped().to_owned(), Act { entity, policies }))
    };
    schema.actions().map(act).collect()
}

fn may_match(scope: &ActionConstraint, act: &EntityUid, entities: &Entities) -> bool {
    let inside = |group: &EntityUid| group == act || entities.is_ancestor_of(group, act);
    match scope {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(one) => one == act,
        ActionConstraint::In(groups) => groups.iter().any(inside),
    }
}

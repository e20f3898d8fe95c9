//! Actors, resources and attributes in Cedar's terms.

use std::collections::{HashMap, HashSet};

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression, Schema};

use super::action::{Attribute, Resource, Value};
use super::actor::Actor;
use crate::x509::GeneralName;

/// The entity types of the schema by their short names.
pub(super) struct EntityTypes(HashMap<String, EntityTypeName>);

/// A kind of actor or resource that the schema does not declare: the program and its schema disagree.
#[derive(Debug, thiserror::Error)]
#[error("the schema declares no entity type {0}")]
pub(super) struct UndeclaredType(&'static str);

/// An actor that cannot be put before the policies.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unrepresentable {
    #[error(transparent)]
    Type(#[from] UndeclaredType),
    #[error(transparent)]
    Attribute(#[from] Box<cedar_policy::EntityAttrEvaluationError>),
}

type Uid = Result<EntityUid, UndeclaredType>;

impl EntityTypes {
    pub(super) fn of(schema: &Schema) -> Self {
        Self(schema.entity_types().map(|name| (name.basename().to_owned(), name.clone())).collect())
    }

    pub(super) fn actor(&self, actor: &Actor) -> Result<Entity, Unrepresentable> {
        let groups: HashSet<EntityUid> = match actor {
            Actor::AcmeAccount { endpoint, .. } | Actor::CertificateKey { endpoint, .. } => {
                HashSet::from([self.uid("Endpoint", endpoint)?])
            }
            Actor::Operator { roles, .. } | Actor::ApiToken { roles, .. } => {
                roles.iter().map(|role| self.uid("Role", role)).collect::<Result<_, _>>()?
            }
            Actor::LocalRoot { .. } | Actor::Job { .. } => HashSet::new(),
        };
        let uid = self.uid(actor.kind(), &actor.id())?;
        let Actor::ApiToken { scopes, .. } = actor else { return Ok(Entity::new_no_attrs(uid, groups)) };
        let scopes = RestrictedExpression::new_set(scopes.iter().cloned().map(RestrictedExpression::new_string));
        Ok(Entity::new(uid, HashMap::from([("scopes".to_owned(), scopes)]), groups).map_err(Box::new)?)
    }

    pub(super) fn resource(&self, resource: &Resource) -> Result<Entity, UndeclaredType> {
        let parent = match resource {
            Resource::Account { endpoint, .. } | Resource::ExternalAccount { endpoint, .. } => {
                Some(self.uid("Endpoint", endpoint)?)
            }
            Resource::Certificate { issuer, .. } => Some(self.uid("Issuer", issuer)?),
            Resource::Installation | Resource::Endpoint(_) | Resource::Issuer(_) | Resource::Hsm(_) => None,
            Resource::Operator(_) => None,
        };
        Ok(Entity::new_no_attrs(self.uid(resource.kind(), &resource.id())?, parent.into_iter().collect()))
    }

    pub(super) fn attribute(&self, (name, value): Attribute) -> Result<(String, RestrictedExpression), UndeclaredType> {
        let text = |text: String| RestrictedExpression::new_string(text);
        let value = match value {
            Value::Text(value) => text(value),
            Value::Texts(values) => RestrictedExpression::new_set(values.into_iter().map(text)),
            Value::Number(value) => RestrictedExpression::new_long(value),
            Value::Flag(value) => RestrictedExpression::new_bool(value),
            Value::Entity(resource) => RestrictedExpression::new_entity_uid(self.uid(resource.kind(), &resource.id())?),
        };
        Ok((name.to_owned(), value))
    }

    fn uid(&self, kind: &'static str, id: &str) -> Uid {
        let name = self.0.get(kind).ok_or(UndeclaredType(kind))?;
        Ok(EntityUid::from_type_name_and_id(name.clone(), EntityId::new(id)))
    }
}

/// The record `Identifier` of the schema, under its attribute name. Its three keys differ, so it always has a value.
pub(super) fn identifier(name: &GeneralName) -> Option<(String, RestrictedExpression)> {
    let value = name.value();
    let wildcard = matches!(name, GeneralName::Dns(text) if text.starts_with("*."));
    let record = RestrictedExpression::new_record([
        ("kind".to_owned(), RestrictedExpression::new_string(name.kind().to_owned())),
        ("value".to_owned(), RestrictedExpression::new_string(value)),
        ("wildcard".to_owned(), RestrictedExpression::new_bool(wildcard)),
    ]);
    Some(("identifier".to_owned(), record.ok()?))
}

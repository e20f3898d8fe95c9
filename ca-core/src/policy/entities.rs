//! Actors, resources and attributes in Cedar's terms.

use std::collections::{HashMap, HashSet};

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression, Schema};

use super::inquiry::{EntityName, Fact, Inquiry};
use crate::x509::GeneralName;

/// The entity types of the schema by their short names, each with the types that its entities are in.
pub(super) struct EntityTypes(HashMap<String, EntityType>);

struct EntityType {
    name: EntityTypeName,
    groups: Vec<EntityTypeName>,
}

/// What cannot be put before the policies.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unrepresentable {
    /// The question and the schema disagree.
    #[error("the schema declares no entity type {0}")]
    UndeclaredType(String),
    #[error(transparent)]
    Attribute(#[from] Box<cedar_policy::EntityAttrEvaluationError>),
}

/// The only type with tags: what the issuer of its token claims of it.
const CI_JOB: &str = "CiJob";

/// The only type with attributes: what a token may be used for.
const TOKEN: &str = "ApiToken";

/// The group that is not written in an id: who has which role is known with the actor.
const ROLE: &str = "Role";

impl EntityTypes {
    pub(super) fn of(schema: &Schema) -> Self {
        let of_type = |name: &EntityTypeName| {
            let groups = schema.ancestors(name).map(|groups| groups.cloned().collect()).unwrap_or_default();
            (name.basename().to_owned(), EntityType { name: name.clone(), groups })
        };
        Self(schema.entity_types().map(of_type).collect())
    }

    pub(super) fn actor(&self, inquiry: &Inquiry) -> Result<Entity, Unrepresentable> {
        let mut groups = self.groups(&inquiry.actor)?;
        for role in &inquiry.roles {
            groups.insert(self.uid(ROLE, role)?);
        }
        let uid = self.uid(&inquiry.actor.kind, &inquiry.actor.id)?;
        if inquiry.actor.kind == CI_JOB {
            let tag =
                |(name, value): (&String, &String)| (name.clone(), RestrictedExpression::new_string(value.clone()));
            let tags = inquiry.claims.iter().map(tag);
            return Ok(Entity::new_with_tags(uid, [], groups, tags).map_err(Box::new)?);
        }
        if inquiry.actor.kind != TOKEN {
            return Ok(Entity::new_no_attrs(uid, groups));
        }
        let scopes =
            RestrictedExpression::new_set(inquiry.scopes.iter().cloned().map(RestrictedExpression::new_string));
        Ok(Entity::new(uid, HashMap::from([("scopes".to_owned(), scopes)]), groups).map_err(Box::new)?)
    }

    pub(super) fn object(&self, inquiry: &Inquiry) -> Result<Entity, Unrepresentable> {
        let EntityName { kind, id } = &inquiry.object;
        Ok(Entity::new_no_attrs(self.uid(kind, id)?, self.groups(&inquiry.object)?))
    }

    pub(super) fn attribute(&self, name: &str, fact: &Fact) -> Result<(String, RestrictedExpression), Unrepresentable> {
        let text = |text: &String| RestrictedExpression::new_string(text.clone());
        let value = match fact {
            Fact::Text(value) => text(value),
            Fact::Texts(values) => RestrictedExpression::new_set(values.iter().map(text)),
            Fact::Number(value) => RestrictedExpression::new_long(*value),
            Fact::Flag(value) => RestrictedExpression::new_bool(*value),
            Fact::Entity(entity) => RestrictedExpression::new_entity_uid(self.uid(&entity.kind, &entity.id)?),
        };
        Ok((name.to_owned(), value))
    }

    /// An id begins with the id of what the entity is in: `acme/0198` is an account of the endpoint `acme`.
    fn groups(&self, entity: &EntityName) -> Result<HashSet<EntityUid>, Unrepresentable> {
        let declared = self.0.get(&entity.kind).ok_or_else(|| Unrepresentable::UndeclaredType(entity.kind.clone()))?;
        let group = entity.id.split('/').next().unwrap_or_default();
        let written = declared.groups.iter().filter(|name| name.basename() != ROLE);
        Ok(written.map(|name| EntityUid::from_type_name_and_id(name.clone(), EntityId::new(group))).collect())
    }

    fn uid(&self, kind: &str, id: &str) -> Result<EntityUid, Unrepresentable> {
        let declared = self.0.get(kind).ok_or_else(|| Unrepresentable::UndeclaredType(kind.to_owned()))?;
        Ok(EntityUid::from_type_name_and_id(declared.name.clone(), EntityId::new(id)))
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

//! A question to the policies in plain words: what an actor and an act come down to, what the audit trail keeps of it,
//! and what a person writes who asks "may X do Y?".

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::action::{Action, Resource, Value};
use super::actor::Actor;
use crate::x509::GeneralName;

/// One entity of the schema: its type and its id, such as `Operator:ann`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityName {
    /// Type without its namespace.
    pub kind: String,
    /// Id, unique among entities of one type.
    pub id: String,
}

/// Text that names no entity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not written as TYPE:ID, such as Operator:ann")]
pub struct InvalidEntityName(String);

impl fmt::Display for EntityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

impl FromStr for EntityName {
    type Err = InvalidEntityName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once(':').filter(|(kind, id)| !kind.is_empty() && !id.is_empty());
        let (kind, id) = parts.ok_or_else(|| InvalidEntityName(text.to_owned()))?;
        Ok(Self { kind: kind.to_owned(), id: id.to_owned() })
    }
}

impl From<&Resource> for EntityName {
    fn from(resource: &Resource) -> Self {
        Self { kind: resource.kind().to_owned(), id: resource.id() }
    }
}

/// The value of an attribute, without reference to a type of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// `String`.
    Text(String),
    /// `Set<String>`.
    Texts(Vec<String>),
    /// `Long`.
    Number(i64),
    /// `Bool`.
    Flag(bool),
    /// A reference to an entity.
    Entity(EntityName),
}

impl From<Value> for Fact {
    fn from(value: Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text),
            Value::Texts(texts) => Self::Texts(texts),
            Value::Number(number) => Self::Number(number),
            Value::Flag(flag) => Self::Flag(flag),
            Value::Entity(resource) => Self::Entity(EntityName::from(&resource)),
        }
    }
}

/// Who wants to do what to which object, with everything that policies may look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// Who.
    pub actor: EntityName,
    /// Roles of the actor.
    pub roles: Vec<String>,
    /// Every role of an API token's operator: what is forbidden to any of them is forbidden to the token.
    pub holder_roles: Vec<String>,
    /// Scopes of an API token.
    pub scopes: Vec<String>,
    /// Claims of a CI's job, by name.
    pub claims: BTreeMap<String, String>,
    /// Name of the act.
    pub act: String,
    /// What it is done to.
    pub object: EntityName,
    /// Attributes by the names of the schema.
    pub attributes: Vec<(String, Fact)>,
    /// Names that a certificate is to bind; each is a question of its own.
    pub identifiers: Vec<GeneralName>,
}

impl Inquiry {
    /// The question whether `actor` may do `action`.
    pub fn of<A: Action>(actor: &Actor, action: &A) -> Self {
        let (roles, holder_roles, scopes) = match actor {
            Actor::Operator { roles, .. } => (roles.clone(), Vec::new(), Vec::new()),
            Actor::ApiToken { roles, holder_roles, scopes, .. } => {
                (roles.clone(), holder_roles.clone(), scopes.clone())
            }
            _ => Default::default(),
        };
        let claims = match actor {
            Actor::CiJob { claims, .. } => claims.clone(),
            _ => BTreeMap::new(),
        };
        Self {
            actor: EntityName { kind: actor.kind().to_owned(), id: actor.id() },
            roles,
            holder_roles,
            scopes,
            claims,
            act: A::NAME.to_owned(),
            object: EntityName::from(&action.resource()),
            attributes: action.attributes().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
            identifiers: action.identifiers().to_vec(),
        }
    }

    /// The same question with every role of the token's operator, which permits too much and forbids what must be.
    pub(super) fn as_its_holder(&self) -> Option<Self> {
        let differs = !self.holder_roles.is_empty() && self.holder_roles != self.roles;
        differs.then(|| Self { roles: self.holder_roles.clone(), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_is_written_as_type_and_id() {
        let name: Result<EntityName, _> = "Certificate:issuing/0abc".parse();
        assert_eq!(name.map(|name| name.to_string()).as_deref(), Ok("Certificate:issuing/0abc"));
        let uri: Result<EntityName, _> = "Operator:a:b".parse();
        assert_eq!(uri.map(|name| name.id).as_deref(), Ok("a:b"));
        for bad in ["", "ann", ":ann", "Operator:"] {
            assert!(bad.parse::<EntityName>().is_err(), "{bad}");
        }
    }
}

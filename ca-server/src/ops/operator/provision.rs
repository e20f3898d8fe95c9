//! Operators whom somebody else vouches for: an issuer of client certificates, or an identity provider. They come into
//! being at their first sign-in, and have the roles that the configuration gives them then.

use ca_core::policy::action::{AddOperator, ChangeRoles};
use ca_core::policy::{Action, Actor};

use super::session::Visitor;
use super::{accounts, is_active, name};
use crate::app::App;
use crate::ops::{OpError, audit};
use crate::store::fields::OperatorId;
use crate::store::operator::{self, NewOperator, Operator};
use crate::store::{StoreError, audit_event};

/// Who does it, in the audit: what the configuration says is done without a person.
const PROVISIONER: Actor = Actor::Job { name: "sign-in" };

/// Who was vouched for.
#[derive(Debug)]
pub(super) struct Vouched<'a> {
    /// Who vouches: `certificate`, or `oidc/NAME`.
    pub(super) provider: &'a str,
    /// By what they are known there, for ever.
    pub(super) subject: &'a str,
    /// What they would like to be called here.
    pub(super) name: &'a str,
    /// The roles that they are to have.
    pub(super) roles: Vec<String>,
}

/// Why somebody who was vouched for is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Unwelcome {
    /// There is another operator of that name.
    #[error(
        "the name {0:?} belongs to another operator; a security officer can disable that one or a rule can name it"
    )]
    NameTaken(String),
    /// A security officer keeps them out.
    #[error("the operator {0:?} is disabled")]
    Disabled(String),
}

/// The operator of somebody who was vouched for.
pub(super) async fn ensure(
    app: &App,
    visitor: &Visitor,
    vouched: Vouched<'_>,
) -> Result<Result<Operator, Unwelcome>, OpError> {
    let known = find(app, vouched.provider, vouched.subject).await?;
    let roles = accounts::known_roles(vouched.roles.clone())?;
    let row = match known {
        Some(row) if row.roles == roles => row,
        Some(row) => change_roles(app, visitor, row, roles).await?,
        None => match add(app, visitor, &vouched, roles).await? {
            Some(row) => row,
            None => return Ok(Err(Unwelcome::NameTaken(spelled(vouched.name)))),
        },
    };
    Ok(if is_active(&row) { Ok(row) } else { Err(Unwelcome::Disabled(row.name)) })
}

/// The operator of a provider's subject, if there is one.
pub(super) async fn find(app: &App, provider: &str, subject: &str) -> Result<Option<Operator>, OpError> {
    let (provider, subject) = (provider.to_owned(), subject.to_owned());
    Ok(app.store.read(move |c| operator::by_subject(c, &provider, &subject)).await?)
}

/// Takes the roles from somebody who was vouched for once, and now has none.
pub(super) async fn forget_roles(app: &App, visitor: &Visitor, vouched: Vouched<'_>) -> Result<(), OpError> {
    match find(app, vouched.provider, vouched.subject).await? {
        Some(row) if !row.roles.is_empty() => change_roles(app, visitor, row, Vec::new()).await.map(drop),
        _ => Ok(()),
    }
}

async fn change_roles(app: &App, visitor: &Visitor, row: Operator, roles: Vec<String>) -> Result<Operator, OpError> {
    let act = ChangeRoles { operator: row.name.clone(), roles: roles.clone() };
    let permitted = app.policies.load().engine().decide(&PROVISIONER, act)?;
    let event = audit::event(app, &permitted, &visitor.origin, permitted.action().resource().to_string());
    let (id, stored) = (row.id, roles.clone());
    app.store
        .write(move |c| {
            operator::change_roles(c, id, &stored)?;
            audit_event::insert(c, &event)
        })
        .await?;
    Ok(Operator { roles, ..row })
}

/// Nobody when the name is taken.
async fn add(
    app: &App,
    visitor: &Visitor,
    vouched: &Vouched<'_>,
    roles: Vec<String>,
) -> Result<Option<Operator>, OpError> {
    let name = spelled(vouched.name);
    let act = AddOperator { operator: name.clone(), roles: roles.clone() };
    let permitted = app.policies.load().engine().decide(&PROVISIONER, act)?;
    let event = audit::event(app, &permitted, &visitor.origin, permitted.action().resource().to_string());
    let new = NewOperator {
        id: OperatorId::new(app.entropy.uuid()),
        name,
        provider: vouched.provider.to_owned(),
        subject: vouched.subject.to_owned(),
        roles,
        password: None,
        created_by: PROVISIONER.to_string(),
        created_at: app.clock.now(),
    };
    let id = new.id;
    let added = app
        .store
        .write(move |c| {
            operator::insert(c, &new)?;
            audit_event::insert(c, &event)
        })
        .await;
    match added {
        Err(StoreError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(app.store.read(move |c| operator::by_id(c, id)).await?),
    }
}

/// A sign-in name made of what others call somebody: what cannot be in one becomes a hyphen.
fn spelled(text: &str) -> String {
    if let Ok(name) = name::parse(text) {
        return name;
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@') { c } else { '-' };
    let replaced: String = text.chars().map(plain).collect();
    let tail: String = replaced.chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
    name::parse(tail.trim_matches(|c: char| !c.is_ascii_alphanumeric())).unwrap_or_else(|_| "unnamed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_elsewhere_become_sign_in_names() {
        assert_eq!(spelled("Ann@Example.org"), "ann@example.org");
        assert_eq!(spelled("spiffe://example.org/ops/ann"), "spiffe---example.org-ops-ann");
        assert_eq!(spelled("Ann Lee"), "ann-lee");
        assert_eq!(spelled("<script>"), "script");
        assert_eq!(spelled("äöü"), "unnamed");
        assert!(name::parse(&spelled(&"x/".repeat(200))).is_ok());
    }
}

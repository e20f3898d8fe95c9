//! Somebody must be left who can let people in.

use ca_core::policy::Actor;

use super::is_active;
use crate::app::App;
use crate::ops::OpError;
use crate::store::operator::{self, Operator};

const OFFICER: &str = "security-officer";

/// Operators in one page.
const PAGE: i64 = 500;

/// Refuses to take the last active security officer's role away, except to whoever has the machine anyway.
///
/// # Errors
/// [`OpError::Conflict`] with what to do first.
pub(super) async fn refuse(app: &App, actor: &Actor, of: &Operator, roles_after: &[String]) -> Result<(), OpError> {
    let stays = !is_officer(of) || roles_after.iter().any(|role| role == OFFICER);
    if stays || matches!(actor, Actor::LocalRoot { .. }) || another(app, of).await? {
        return Ok(());
    }
    let rule = format!("{:?} is the last security officer: give somebody else that role first", of.name);
    Err(OpError::Conflict(rule))
}

fn is_officer(operator: &Operator) -> bool {
    is_active(operator) && operator.roles.iter().any(|role| role == OFFICER)
}

async fn another(app: &App, than: &Operator) -> Result<bool, OpError> {
    let mut after = String::new();
    loop {
        let from = after.clone();
        let page = app.store.read(move |c| operator::list(c, &from, PAGE)).await?;
        if page.iter().any(|other| other.id != than.id && is_officer(other)) {
            return Ok(true);
        }
        match page.last() {
            Some(last) => last.name.clone_into(&mut after),
            None => return Ok(false),
        }
    }
}

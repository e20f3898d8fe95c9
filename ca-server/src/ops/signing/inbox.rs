//! Requests for signatures as lines of a list: with the first artifact and the approvals, and those that wait for somebody.

use std::sync::Arc;

use ca_core::policy::Actor;
use ca_core::signing::SigningProfile;

use super::list::{self, Wanted};
use super::load::version;
use super::view;
use crate::app::App;
use crate::ops::OpError;
use crate::store::signing_request::StoredSigningRequest;
use crate::store::{Connection, StoreError, signing_item, signing_vote};

/// A request as a line of a list.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its row.
    pub row: StoredSigningRequest,
    /// What its first artifact is called.
    pub first_item: String,
    /// Approvals that it needs.
    pub need: u32,
    /// Approvals that were given, at most as many.
    pub have: u32,
}

/// Requests that are looked at to find those that wait for somebody.
const LOOKED_AT: i64 = 60;

/// The same rows as lines.
///
/// # Errors
/// When the database fails.
pub async fn lines(app: &App, rows: Vec<StoredSigningRequest>) -> Result<Vec<Line>, OpError> {
    let mut need = Vec::with_capacity(rows.len());
    for row in &rows {
        need.push(
            version(app, &row.profile, row.profile_hash).await?.stages().iter().map(|stage| stage.required).sum(),
        );
    }
    let read = move |c: &mut Connection| -> Result<Vec<Line>, StoreError> {
        rows.iter().zip(&need).map(|(row, need)| line(c, row.clone(), *need)).collect()
    };
    Ok(app.store.read(read).await?)
}

fn line(c: &mut Connection, row: StoredSigningRequest, need: u32) -> Result<Line, StoreError> {
    let first = signing_item::of_request(c, row.id, 0, 1)?.pop();
    let votes = if need == 0 { 0 } else { signing_vote::of_request(c, row.id)?.len() };
    let have = u32::try_from(votes).unwrap_or(u32::MAX).min(need);
    Ok(Line { row, first_item: first.map(|item| item.name).unwrap_or_default(), need, have })
}

/// The requests that whoever looks may approve now, the oldest first.
///
/// # Errors
/// Policy; when the database fails.
pub async fn waiting(app: &App, actor: &Actor) -> Result<Vec<Line>, OpError> {
    let wanted = Wanted { waiting: true, ..Wanted::default() };
    let found = list::list(app, actor, &wanted, None, LOOKED_AT).await?;
    let mut rows = Vec::new();
    for row in found.items.into_iter().rev() {
        if view::view(app, actor, row.id).await?.may.approve.is_ok() {
            rows.push(row);
        }
    }
    lines(app, rows).await
}

/// The version of the profile that a request was made under.
///
/// # Errors
/// When the database fails, or does not hold it.
pub async fn profile_of(app: &App, row: &StoredSigningRequest) -> Result<Arc<SigningProfile>, OpError> {
    version(app, &row.profile, row.profile_hash).await
}

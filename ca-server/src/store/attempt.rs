//! Validation attempts: what a probe saw, and what followed from it for challenge and authorization.

use ca_core::time::{UnixMicros, UnixTime};
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{AttemptId, AuthorizationId, ChallengeId, Micros};
use super::schema::validation_attempt as table;
use super::{authorization, challenge};

/// One attempt as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// The authorization at stake.
    pub authorization_id: AuthorizationId,
    /// The challenge that was tried.
    pub challenge_id: ChallengeId,
    /// When the probe began.
    #[diesel(deserialize_as = Micros, column_name = started_at_micros)]
    pub started_at: UnixMicros,
    /// When the probe ended.
    #[diesel(deserialize_as = Micros, column_name = finished_at_micros)]
    pub finished_at: UnixMicros,
    /// Whether the challenge was met.
    pub passed: bool,
    /// What was seen, in JSON: for operators only.
    pub evidence: String,
}

/// What an attempt decides.
#[derive(Clone, Debug)]
pub enum Decision {
    /// The challenge was met.
    Valid {
        /// Since when the authorization is valid.
        at: UnixTime,
        /// Until when later orders may use it too, if they may.
        reuse_until: Option<UnixTime>,
    },
    /// The challenge has failed for good.
    Invalid {
        /// The problem document in JSON that the account may see.
        problem: String,
    },
    /// Nothing: there will be another attempt.
    Undecided,
}

/// Stores an attempt and applies its decision to challenge and authorization. Answers whether the decision took effect:
/// the authorization may have been decided or deactivated meanwhile, and that stands.
///
/// # Errors
/// When the database fails.
pub fn record(connection: &mut Connection, attempt: &Attempt, decision: &Decision) -> Result<bool, StoreError> {
    insert(connection, attempt)?;
    match decision {
        Decision::Valid { at, reuse_until } => {
            let won = authorization::validate(connection, attempt.authorization_id, *at, *reuse_until)?;
            if won {
                challenge::set_valid(connection, attempt.challenge_id, *at)?;
            }
            Ok(won)
        }
        Decision::Invalid { problem } => {
            let won = authorization::invalidate(connection, attempt.authorization_id)?;
            if won {
                challenge::set_invalid(connection, attempt.challenge_id, problem)?;
            }
            Ok(won)
        }
        Decision::Undecided => Ok(true),
    }
}

fn insert(connection: &mut Connection, attempt: &Attempt) -> Result<(), StoreError> {
    let row = (
        table::authorization_id.eq(attempt.authorization_id),
        table::id.eq(attempt.id),
        table::challenge_id.eq(attempt.challenge_id),
        table::started_at_micros.eq(Micros(attempt.started_at)),
        table::finished_at_micros.eq(Micros(attempt.finished_at)),
        table::passed.eq(attempt.passed),
        table::evidence.eq(&attempt.evidence),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// The attempts at an authorization, oldest first.
///
/// # Errors
/// When the database fails.
pub fn of_authorization(connection: &mut Connection, id: AuthorizationId) -> Result<Vec<Attempt>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Attempt::as_select())
        .filter(table::authorization_id.eq(id))
        .order(table::id)
        .limit(100)
        .load(c))?)
}

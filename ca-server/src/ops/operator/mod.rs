//! Use cases about operators: who may sign in, their sessions and the tokens of their machines.

pub mod accounts;
pub mod certificate;
pub mod first;
mod last_officer;
pub mod name;
pub mod oidc;
pub mod own_password;
pub mod password;
mod provision;
pub mod roles;
pub mod second_factor;
pub mod secret_token;
pub mod session;
pub mod sign_in;
pub mod standing;
mod throttle;
pub mod token;
pub mod totp;

use ca_core::time::UnixTime;

pub use accounts::{Listed, add, disable, enable, list, one, reset_password};
pub use name::InvalidName;
pub use provision::Unwelcome;
pub use session::Session;

use crate::store::fields::{OperatorId, OperatorState};
use crate::store::operator::Operator;

/// Roles that the default policies know, with what each is for.
pub const ROLES: [(&str, &str); 5] = [
    ("security-officer", "decides who may sign in, withdraws bindings, revokes and blocks keys"),
    ("key-custodian", "looks after the HSMs"),
    ("operator", "issues and revokes certificates, hands out bindings"),
    ("approver", "approves requests of others"),
    ("auditor", "reads everything and changes nothing"),
];

/// Scopes of API tokens, with what each is for.
pub const SCOPES: [(&str, &str); 6] = [
    ("read", "read whatever its roles may read"),
    ("requests", "submit and follow requests"),
    ("certificates", "issue and revoke certificates"),
    ("acme", "make and withdraw bindings, close accounts"),
    ("administer", "publish CRLs, probe HSMs, block keys"),
    ("signing", "ask for signatures over artifacts where a signing profile takes tokens, fetch and check them"),
];

/// What the rest of the server knows of a signed-in operator.
#[derive(Clone, Debug)]
pub struct OperatorFacts {
    /// Their id.
    pub id: OperatorId,
    /// Sign-in name.
    pub name: String,
    /// Who says who they are: `local`, `certificate` or `oidc/NAME`.
    pub provider: String,
    /// Roles held.
    pub roles: Vec<String>,
    /// Whether nothing may be done before the password is changed.
    pub must_change_password: bool,
    /// Whether they have a password here at all.
    pub has_password: bool,
    /// Whether codes are asked for.
    pub has_second_factor: bool,
}

impl OperatorFacts {
    fn of(row: &Operator) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            provider: row.provider.clone(),
            roles: row.roles.clone(),
            must_change_password: row.password_is_one_time,
            has_password: row.password.is_some(),
            has_second_factor: row.totp_enrolled_at.is_some(),
        }
    }
}

/// Whether a stored operator may use what they proved.
fn is_active(row: &Operator) -> bool {
    row.state == OperatorState::Active
}

fn is_past(end: Option<UnixTime>, now: UnixTime) -> bool {
    end.is_some_and(|end| end <= now)
}

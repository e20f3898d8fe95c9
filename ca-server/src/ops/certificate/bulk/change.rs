//! What is done to each of many certificates.

use ca_core::revocation::RevocationReason;
use ca_core::time::UnixTime;
use serde_json::{Value, json};

use crate::store::fields::BulkKind;

/// A change with everything that is to be known to do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Revoke.
    Revoke {
        /// Why.
        reason: RevocationReason,
        /// Whether the keys are refused from now on; keyCompromise always does that.
        block_key: bool,
    },
    /// Ask the holders to renew.
    AskForRenewal {
        /// Until when; none takes the request back.
        by: Option<UnixTime>,
    },
    /// Say who answers for them.
    AssignOwner {
        /// Who; none takes the owner away.
        owner: Option<String>,
    },
}

/// Parameters that do not belong to their kind.
#[derive(Debug, thiserror::Error)]
#[error("the parameters of this {0} cannot be read")]
pub struct InvalidChange(BulkKind);

impl Change {
    /// Its kind.
    pub fn kind(&self) -> BulkKind {
        match self {
            Self::Revoke { .. } => BulkKind::Revoke,
            Self::AskForRenewal { .. } => BulkKind::AskForRenewal,
            Self::AssignOwner { .. } => BulkKind::AssignOwner,
        }
    }

    /// The parameters as they are stored.
    pub(super) fn parameters(&self) -> String {
        match self {
            Self::Revoke { reason, block_key } => json!({ "reason": reason.to_string(), "block_key": block_key }),
            Self::AskForRenewal { by } => json!({ "by": by.map(UnixTime::seconds) }),
            Self::AssignOwner { owner } => json!({ "owner": owner }),
        }
        .to_string()
    }

    /// The change of stored parameters.
    ///
    /// # Errors
    /// [`InvalidChange`], for what no version of this program wrote.
    pub fn read(kind: BulkKind, parameters: &str) -> Result<Self, InvalidChange> {
        let invalid = || InvalidChange(kind);
        let value: Value = serde_json::from_str(parameters).map_err(|_| invalid())?;
        Ok(match kind {
            BulkKind::Revoke => Self::Revoke {
                reason: value["reason"].as_str().and_then(|name| name.parse().ok()).ok_or_else(invalid)?,
                block_key: value["block_key"].as_bool().ok_or_else(invalid)?,
            },
            BulkKind::AskForRenewal => Self::AskForRenewal { by: value["by"].as_i64().map(UnixTime::from_seconds) },
            BulkKind::AssignOwner => Self::AssignOwner { owner: value["owner"].as_str().map(str::to_owned) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_read_back() {
        for change in [
            Change::Revoke { reason: RevocationReason::Superseded, block_key: true },
            Change::AskForRenewal { by: Some(UnixTime::from_seconds(7)) },
            Change::AskForRenewal { by: None },
            Change::AssignOwner { owner: Some("O'Neill \"&\" Sons".into()) },
            Change::AssignOwner { owner: None },
        ] {
            assert!(Change::read(change.kind(), &change.parameters()).is_ok_and(|read| read == change));
        }
        assert!(Change::read(BulkKind::Revoke, "{}").is_err());
        assert!(Change::read(BulkKind::Revoke, "no JSON").is_err());
    }
}

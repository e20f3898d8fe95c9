//! Acts on API tokens.

use std::time::Duration;

use super::{Action, Attribute, Resource, Value};

/// Making a token that acts for an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateApiToken {
    /// Sign-in name of the operator it acts for.
    pub operator: String,
    /// Roles it has as long as the operator has them too.
    pub roles: Vec<String>,
    /// What it may be used for at all.
    pub scopes: Vec<String>,
    /// How long it lives.
    pub lifetime: Duration,
}

impl Action for CreateApiToken {
    const NAME: &'static str = "CreateApiToken";

    fn resource(&self) -> Resource {
        Resource::Operator(self.operator.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("roles", Value::Texts(self.roles.clone())),
            ("scopes", Value::Texts(self.scopes.clone())),
            ("lifetime_seconds", Value::seconds(self.lifetime)),
        ]
    }
}

/// Ending a token before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeApiToken {
    /// Sign-in name of the operator it acts for.
    pub operator: String,
    /// Id of the token.
    pub token: String,
}

impl Action for RevokeApiToken {
    const NAME: &'static str = "RevokeApiToken";

    fn resource(&self) -> Resource {
        Resource::Operator(self.operator.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![("token", Value::Text(self.token.clone()))]
    }
}

/// Showing which tokens there are, without their secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListApiTokens;

impl Action for ListApiTokens {
    const NAME: &'static str = "ListApiTokens";

    fn resource(&self) -> Resource {
        Resource::Installation
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}

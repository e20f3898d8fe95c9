//! Acts on operators and on their own accounts.

use super::{Action, Attribute, Resource, Value};

/// Showing who may sign in, with their roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListOperators;

impl Action for ListOperators {
    const NAME: &'static str = "ListOperators";

    fn resource(&self) -> Resource {
        Resource::Installation
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}

/// Letting a person sign in, with roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddOperator {
    /// Sign-in name.
    pub operator: String,
    /// Roles given.
    pub roles: Vec<String>,
}

/// Giving an operator other roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRoles {
    /// Sign-in name.
    pub operator: String,
    /// All roles afterwards.
    pub roles: Vec<String>,
}

macro_rules! with_roles {
    ($($name:ident),*) => {$(
        impl Action for $name {
            const NAME: &'static str = stringify!($name);

            fn resource(&self) -> Resource {
                Resource::Operator(self.operator.clone())
            }

            fn attributes(&self) -> Vec<Attribute> {
                vec![("roles", Value::Texts(self.roles.clone()))]
            }
        }
    )*};
}

with_roles!(AddOperator, ChangeRoles);

/// Keeping an operator out; their sessions end and their tokens stop working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisableOperator {
    /// Sign-in name.
    pub operator: String,
}

/// Letting a disabled operator in again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnableOperator {
    /// Sign-in name.
    pub operator: String,
}

/// Giving an operator a one-time password and taking their second factor away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetPassword {
    /// Sign-in name.
    pub operator: String,
}

/// An operator's own new password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangePassword {
    /// Sign-in name.
    pub operator: String,
}

/// An operator's own second factor: enrolled, replaced or taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSecondFactor {
    /// Sign-in name.
    pub operator: String,
}

/// Ending sessions of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeSession {
    /// Sign-in name.
    pub operator: String,
}

macro_rules! plain {
    ($($name:ident),*) => {$(
        impl Action for $name {
            const NAME: &'static str = stringify!($name);

            fn resource(&self) -> Resource {
                Resource::Operator(self.operator.clone())
            }

            fn attributes(&self) -> Vec<Attribute> {
                Vec::new()
            }
        }
    )*};
}

plain!(DisableOperator, EnableOperator, ResetPassword, ChangePassword, ChangeSecondFactor, RevokeSession);

/// Beginning a session, once the person has proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Sign-in name.
    pub operator: String,
    /// How they proved it: `password`, `password+totp`, `certificate` or `oidc`.
    pub method: String,
}

impl Action for SignIn {
    const NAME: &'static str = "SignIn";

    fn resource(&self) -> Resource {
        Resource::Operator(self.operator.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![("method", Value::Text(self.method.clone()))]
    }
}

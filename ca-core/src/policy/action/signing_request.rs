//! Acts on requests for signatures, on grants, and on the keys of signing profiles.

use super::{Action, Attribute, Resource, Value};
use crate::hsm::{KeySpec, KeyState};
use crate::signing::DigestSet;

/// Asking for signatures under a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitSigning {
    /// Name of the signing profile.
    pub profile: String,
    /// `test` or `release`.
    pub environment: &'static str,
    /// What is to be signed.
    pub set: DigestSet,
}

impl Action for SubmitSigning {
    const NAME: &'static str = "SubmitSigning";

    fn resource(&self) -> Resource {
        Resource::SigningProfile(self.profile.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        let mut digests: Vec<String> = self.set.items().iter().map(|item| item.algorithm.to_string()).collect();
        digests.sort();
        digests.dedup();
        vec![
            ("environment", Value::Text(self.environment.to_owned())),
            ("format", Value::Text(self.set.format().to_string())),
            ("digests", Value::Texts(digests)),
            ("items", number(self.set.items().len())),
        ]
    }
}

pub(super) fn number(count: usize) -> Value {
    Value::Number(i64::try_from(count).unwrap_or(i64::MAX))
}

/// What every act on one request for signatures may depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningFacts {
    /// Id of the request.
    pub request: String,
    /// Name of its profile.
    pub profile: String,
    /// `test` or `release`.
    pub environment: &'static str,
    /// By what whoever asked is known.
    pub requester: String,
    /// Whether the one who acts is the one who asked, by whatever way, or set off the job that asked.
    pub own: bool,
    /// Whether the one who acts holds the role of the stage that is open.
    pub entitled: bool,
}

impl SigningFacts {
    fn resource(&self) -> Resource {
        Resource::SigningRequest(self.request.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("profile", Value::Text(self.profile.clone())),
            ("environment", Value::Text(self.environment.to_owned())),
            ("requester", Value::Text(self.requester.clone())),
            ("own", Value::Flag(self.own)),
            ("entitled", Value::Flag(self.entitled)),
        ]
    }
}

/// Acts whose decision depends on the request and nothing else.
macro_rules! acts_on_a_request {
    ($($(#[$documentation:meta])* $name:ident;)*) => {$(
        $(#[$documentation])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub SigningFacts);

        impl Action for $name {
            const NAME: &'static str = stringify!($name);

            fn resource(&self) -> Resource {
                self.0.resource()
            }

            fn attributes(&self) -> Vec<Attribute> {
                self.0.attributes()
            }
        }
    )*};
}

acts_on_a_request! {
    /// Looking at a request for signatures, and fetching them.
    ReadSigning;
    /// Giving a request for signatures up.
    CancelSigning;
    /// Voting for a request for signatures.
    ApproveSigning;
    /// Ending a request for signatures with a no.
    RejectSigning;
    /// Letting a request for signatures through alone, in an emergency.
    BreakGlass;
}

/// Acts on the installation as a whole, whose decision depends on nothing else.
macro_rules! acts_on_all {
    ($($(#[$documentation:meta])* $name:ident;)*) => {$(
        $(#[$documentation])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name;

        impl Action for $name {
            const NAME: &'static str = stringify!($name);

            fn resource(&self) -> Resource {
                Resource::Installation
            }

            fn attributes(&self) -> Vec<Attribute> {
                Vec::new()
            }
        }
    )*};
}

acts_on_all! {
    /// Searching the requests for signatures.
    ListSigning;
    /// Looking at the signing profiles.
    ListSigningProfiles;
    /// Searching the signatures that were made: "did we sign this file?".
    ReadSignatures;
    /// Having a signature judged.
    VerifySignature;
    /// Looking at the grants.
    ListGrants;
}

/// Letting somebody sign digests with a profile's key, a number of times within a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateGrant {
    /// Name of the signing profile.
    pub profile: String,
    /// `test` or `release`.
    pub environment: &'static str,
    /// Who may sign: the subject of a CI's token, or the sign-in name behind an API token.
    pub grantee: String,
    /// How many signatures.
    pub signatures: i64,
    /// Whether the one who grants is the one who may sign.
    pub own: bool,
}

impl Action for CreateGrant {
    const NAME: &'static str = "CreateGrant";

    fn resource(&self) -> Resource {
        Resource::SigningProfile(self.profile.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("environment", Value::Text(self.environment.to_owned())),
            ("grantee", Value::Text(self.grantee.clone())),
            ("signatures", Value::Number(self.signatures)),
            ("own", Value::Flag(self.own)),
        ]
    }
}

/// Ending a grant before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeGrant {
    /// Id of the grant.
    pub grant: String,
    /// Name of its signing profile.
    pub profile: String,
}

impl Action for RevokeGrant {
    const NAME: &'static str = "RevokeGrant";

    fn resource(&self) -> Resource {
        Resource::SigningGrant(self.grant.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![("profile", Value::Text(self.profile.clone()))]
    }
}

/// What the server does with a request for signatures by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessSigning {
    /// Id of the request.
    pub request: String,
    /// Name of its profile.
    pub profile: String,
    /// What becomes of it: `approved`, `expired` or `failed`.
    pub outcome: &'static str,
}

impl Action for ProcessSigning {
    const NAME: &'static str = "ProcessSigning";

    fn resource(&self) -> Resource {
        Resource::SigningRequest(self.request.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![("profile", Value::Text(self.profile.clone())), ("outcome", Value::Text(self.outcome.to_owned()))]
    }
}

/// Having an HSM make the key of a signing profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakeSigningKey {
    /// Name of the HSM.
    pub hsm: String,
    /// Name of the signing profile.
    pub profile: String,
    /// Its type.
    pub key: KeySpec,
}

impl Action for MakeSigningKey {
    const NAME: &'static str = "MakeSigningKey";

    fn resource(&self) -> Resource {
        Resource::Hsm(self.hsm.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![("profile", Value::Text(self.profile.clone())), ("key_algorithm", Value::Text(self.key.to_string()))]
    }
}

/// Taking a signing key out of use for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetireSigningKey {
    /// Name of the HSM.
    pub hsm: String,
    /// Name of the signing profile.
    pub profile: String,
    /// Id of the key.
    pub key: String,
    /// What becomes of it: [`KeyState::Compromised`] or [`KeyState::Destroyed`].
    pub state: KeyState,
}

impl Action for RetireSigningKey {
    const NAME: &'static str = "RetireSigningKey";

    fn resource(&self) -> Resource {
        Resource::Hsm(self.hsm.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("profile", Value::Text(self.profile.clone())),
            ("key", Value::Text(self.key.clone())),
            ("state", Value::Text(self.state.to_string())),
        ]
    }
}

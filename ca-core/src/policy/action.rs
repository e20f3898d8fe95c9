//! What can be done: one plain struct per act, each with the resource and the attributes that policies see.
//!
//! A new act needs three things: a struct here, its declaration in `policies/authorization/schema.cedarschema`, and a
//! policy that permits it to someone.

mod account;
mod api_token;
mod authority;
mod certificate;
mod certificate_change;
mod external_account;
mod hsm;
mod inspection;
mod installation;
mod issuance_request;
mod operator;
mod order;
mod resource;
mod signing;
mod signing_act;
mod signing_request;

pub use account::{DeactivateAccount, KeyChange, NewAccount};
pub use api_token::{CreateApiToken, ListApiTokens, RevokeApiToken};
pub use authority::{Initialize, PublishCrl, ReadCrl};
pub use certificate::{
    AbandonIssuance, IssueCertificate, ListCertificates, ReadCertificate, ResumeIssuance, RevocationGround,
    RevokeCertificate,
};
pub use certificate_change::{AskForRenewal, AssignOwner, ChangeInBulk};
pub use external_account::{CreateExternalAccount, ListExternalAccounts, RevokeExternalAccount};
pub use hsm::{ProbeHsm, ReadHsm};
pub use inspection::{ReadAcme, ReadAudit, ReadPolicy};
pub use installation::MigrateDatabase;
pub use issuance_request::{
    ApproveRequest, CancelRequest, ChangeRequest, CommentRequest, DeliverKey, FetchRequest, IssueRequested,
    ListRequests, NotApproved, ProcessRequest, ReadRequest, RejectRequest, RequestFacts, ShareRequest, SubmitRequest,
};
pub use operator::{
    AddOperator, ChangePassword, ChangeRoles, ChangeSecondFactor, DisableOperator, EnableOperator, ListOperators,
    ResetPassword, RevokeSession, SignIn,
};
pub use order::{Finalize, NewOrder};
pub use resource::Resource;
pub use signing::{ArtifactAct, Timestamp};
pub use signing_act::{SignApproved, SignCanary, SignUnderGrant};
pub use signing_request::{
    ApproveSigning, BreakGlass, CancelSigning, CreateGrant, ListGrants, ListSigning, ListSigningProfiles,
    MakeSigningKey, ProcessSigning, ReadSignatures, ReadSigning, RejectSigning, RetireSigningKey, RevokeGrant,
    SigningFacts, SubmitSigning, VerifySignature,
};

use crate::x509::GeneralName;

/// One act that needs permission. Holds everything that the decision may depend on, and nothing else.
pub trait Action {
    /// Name of the act: its id in the schema and in the audit log.
    const NAME: &'static str;

    /// What it is done to.
    fn resource(&self) -> Resource;

    /// What else the policies may look at, as the schema declares it.
    fn attributes(&self) -> Vec<Attribute>;

    /// Names that a certificate is to bind. When there are any, the question is asked once for each of them, and all
    /// of them must be permitted.
    fn identifiers(&self) -> &[GeneralName] {
        &[]
    }
}

/// One attribute of a request: its name in the schema, and its value.
pub type Attribute = (&'static str, Value);

/// The value of an attribute, in the types that the schema uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `String`.
    Text(String),
    /// `Set<String>`.
    Texts(Vec<String>),
    /// `Long`.
    Number(i64),
    /// `Bool`.
    Flag(bool),
    /// A reference to another entity.
    Entity(Resource),
}

impl Value {
    fn seconds(duration: std::time::Duration) -> Self {
        Self::Number(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
    }
}

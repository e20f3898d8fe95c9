//! Acts on requests that people approve.

use std::time::Duration;

use super::{Action, Attribute, Resource, Value};
use crate::issuance_request::{ApprovedRequest, IssuanceRequest, Terms};
use crate::x509::{GeneralName, KeyAlgorithm};

/// Asking for a certificate that others are to approve, or for another one in an open request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitRequest {
    /// Name of the authority that is to issue.
    pub issuer: String,
    /// Name of the certificate profile.
    pub profile: String,
    /// Whether the certificate is one of a CA.
    pub certification_authority: bool,
    /// The subject as RFC 4514 text, empty when it is empty.
    pub subject: String,
    /// Subject alternative names; empty when the certificate binds only its subject.
    pub identifiers: Vec<GeneralName>,
    /// Type of the subject's key.
    pub key_algorithm: KeyAlgorithm,
    /// Validity with both ends counted.
    pub validity: Duration,
    /// Whether this server is to make the key.
    pub generated_key: bool,
}

impl Action for SubmitRequest {
    const NAME: &'static str = "SubmitRequest";

    fn resource(&self) -> Resource {
        Resource::Issuer(self.issuer.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("profile", Value::Text(self.profile.clone())),
            ("certification_authority", Value::Flag(self.certification_authority)),
            ("subject", Value::Text(self.subject.clone())),
            ("key_algorithm", Value::Text(self.key_algorithm.to_string())),
            ("validity_seconds", Value::seconds(self.validity)),
            ("generated_key", Value::Flag(self.generated_key)),
        ]
    }

    fn identifiers(&self) -> &[GeneralName] {
        &self.identifiers
    }
}

/// What every act on one request may depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFacts {
    /// Id of the request.
    pub request: String,
    /// Name of its certificate profile.
    pub profile: String,
    /// Who asked, as in audit rows.
    pub requester: String,
    /// Whether the person who acts is the one who asked, by whatever way.
    pub own: bool,
}

impl RequestFacts {
    fn resource(&self) -> Resource {
        Resource::IssuanceRequest(self.request.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("profile", Value::Text(self.profile.clone())),
            ("requester", Value::Text(self.requester.clone())),
            ("own", Value::Flag(self.own)),
        ]
    }
}

/// Acts whose decision depends on the request and nothing else.
macro_rules! acts_on_a_request {
    ($($(#[$documentation:meta])* $name:ident;)*) => {$(
        $(#[$documentation])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub RequestFacts);

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
    /// Looking at a request.
    ReadRequest;
    /// Asking for something else in an open request, which voids its approvals.
    ChangeRequest;
    /// Saying something about a request.
    CommentRequest;
    /// Voting for a request.
    ApproveRequest;
    /// Ending a request with a no.
    RejectRequest;
    /// Giving a request up.
    CancelRequest;
    /// Taking the private key that this server made, once.
    DeliverKey;
    /// Making a code by which somebody without an account fetches the certificate.
    ShareRequest;
}

/// Searching the requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRequests;

impl Action for ListRequests {
    const NAME: &'static str = "ListRequests";

    fn resource(&self) -> Resource {
        Resource::Installation
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}

/// Looking at a request, and fetching its certificate, with the code that its requester handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRequest {
    /// Id of the request.
    pub request: String,
}

impl Action for FetchRequest {
    const NAME: &'static str = "FetchRequest";

    fn resource(&self) -> Resource {
        Resource::IssuanceRequest(self.request.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}

/// What the server does with a request by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessRequest {
    /// Id of the request.
    pub request: String,
    /// Name of its certificate profile.
    pub profile: String,
    /// What becomes of it: `changed`, `expired`, `failed` or `key-destroyed`.
    pub outcome: &'static str,
}

impl Action for ProcessRequest {
    const NAME: &'static str = "ProcessRequest";

    fn resource(&self) -> Resource {
        Resource::IssuanceRequest(self.request.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![("profile", Value::Text(self.profile.clone())), ("outcome", Value::Text(self.outcome.to_owned()))]
    }
}

/// Issuing what enough people approved. It cannot be written down without their approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueRequested {
    request: String,
    issuer: String,
    certification_authority: bool,
    key_algorithm: KeyAlgorithm,
    terms: Terms,
    approved: ApprovedRequest,
}

/// What was approved is another version of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was approved is another version of the request")]
pub struct NotApproved;

impl IssueRequested {
    /// The act for the request `id`, which the authority called `issuer` is to serve.
    ///
    /// # Errors
    /// [`NotApproved`] when `approved` is for another version.
    pub fn new(
        approved: ApprovedRequest,
        request: &IssuanceRequest,
        id: String,
        issuer: String,
        key_algorithm: KeyAlgorithm,
        certification_authority: bool,
    ) -> Result<Self, NotApproved> {
        if !approved.covers(request) {
            return Err(NotApproved);
        }
        let terms = request.terms().clone();
        Ok(Self { request: id, issuer, certification_authority, key_algorithm, terms, approved })
    }

    /// What was approved.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// By whom.
    pub fn approved(&self) -> &ApprovedRequest {
        &self.approved
    }

    /// Whether the certificate is one of a CA.
    pub fn certification_authority(&self) -> bool {
        self.certification_authority
    }
}

impl Action for IssueRequested {
    const NAME: &'static str = "IssueRequested";

    fn resource(&self) -> Resource {
        Resource::Issuer(self.issuer.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("request", Value::Entity(Resource::IssuanceRequest(self.request.clone()))),
            ("profile", Value::Text(self.terms.profile.clone())),
            ("certification_authority", Value::Flag(self.certification_authority)),
            ("subject", Value::Text(self.terms.subject.to_string())),
            ("key_algorithm", Value::Text(self.key_algorithm.to_string())),
            ("validity_seconds", Value::seconds(self.terms.validity)),
            ("approvers", Value::Texts(self.approved.approvers().to_vec())),
            ("approvals_required", Value::Number(self.approved.required().into())),
        ]
    }

    fn identifiers(&self) -> &[GeneralName] {
        &self.terms.names
    }
}

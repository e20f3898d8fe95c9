//! The acts that a key of a signing profile obeys: what enough people approved, what a grant lets through, and a trial.

use super::signing_request::number;
use super::{Action, ArtifactAct, Attribute, Resource, Value};
use crate::signing::{ApprovedSet, DigestItem, Format, canary};
use crate::x509::SerialNumber;

/// Signing what enough people approved. It cannot be written down without their approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignApproved {
    request: String,
    profile: String,
    environment: &'static str,
    certificate: SerialNumber,
    approved: ApprovedSet,
}

impl SignApproved {
    /// The act for the request of that id, which the certificate with that serial number is to sign.
    pub fn new(
        approved: ApprovedSet,
        request: String,
        profile: String,
        environment: &'static str,
        certificate: SerialNumber,
    ) -> Self {
        Self { request, profile, environment, certificate, approved }
    }

    /// What was approved, and by whom.
    pub fn approved(&self) -> &ApprovedSet {
        &self.approved
    }
}

impl Action for SignApproved {
    const NAME: &'static str = "SignApproved";

    fn resource(&self) -> Resource {
        Resource::SigningRequest(self.request.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        let set = self.approved.set();
        vec![
            ("profile", Value::Text(self.profile.clone())),
            ("environment", Value::Text(self.environment.to_owned())),
            ("format", Value::Text(set.format().to_string())),
            ("items", number(set.items().len())),
            ("digest_set", Value::Text(set.hash().to_string())),
            ("certificate", Value::Text(self.certificate.to_string())),
            ("approvers", Value::Texts(self.approved.approvers().to_vec())),
            ("approvals_required", Value::Number(self.approved.need().into())),
            ("broken_glass", Value::Flag(self.approved.is_broken_glass())),
        ]
    }
}

/// Signing one digest for somebody who has a grant, in the format `raw`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUnderGrant {
    /// Name of the signing profile.
    pub profile: String,
    /// `test` or `release`.
    pub environment: &'static str,
    /// Id of the grant; nothing when there is none in force.
    pub grant: Option<String>,
    /// What is signed.
    pub item: DigestItem,
    /// Serial number of the certificate that signs; nothing while it is asked whether one is to be chosen at all.
    pub certificate: Option<SerialNumber>,
}

impl Action for SignUnderGrant {
    const NAME: &'static str = "SignUnderGrant";

    fn resource(&self) -> Resource {
        Resource::SigningProfile(self.profile.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        let grant = self.grant.as_ref().map(|grant| ("grant", Value::Entity(Resource::SigningGrant(grant.clone()))));
        let certificate = self.certificate.as_ref().map(|serial| ("certificate", Value::Text(serial.to_string())));
        let fixed = [
            ("environment", Value::Text(self.environment.to_owned())),
            ("digest", Value::Text(self.item.algorithm.to_string())),
            ("granted", Value::Flag(self.grant.is_some())),
        ];
        fixed.into_iter().chain(grant).chain(certificate).collect()
    }
}

/// Trying whether a profile can sign, with a digest that is nobody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignCanary {
    /// Name of the signing profile.
    pub profile: String,
    /// `test` or `release`.
    pub environment: &'static str,
    /// What is made of the digest.
    pub format: Format,
    /// Serial number of the certificate that signs.
    pub certificate: SerialNumber,
}

impl Action for SignCanary {
    const NAME: &'static str = "SignCanary";

    fn resource(&self) -> Resource {
        Resource::SigningProfile(self.profile.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("environment", Value::Text(self.environment.to_owned())),
            ("format", Value::Text(self.format.to_string())),
            ("certificate", Value::Text(self.certificate.to_string())),
        ]
    }
}

impl ArtifactAct for SignApproved {
    fn covers(&self, format: Format, item: &DigestItem) -> bool {
        self.approved.covers(format, item)
    }

    fn names_certificate(&self, serial: &SerialNumber) -> bool {
        self.certificate == *serial
    }
}

impl ArtifactAct for SignUnderGrant {
    fn covers(&self, format: Format, item: &DigestItem) -> bool {
        format == Format::Raw && *item == self.item
    }

    fn names_certificate(&self, serial: &SerialNumber) -> bool {
        self.certificate.as_ref() == Some(serial)
    }
}

impl ArtifactAct for SignCanary {
    fn covers(&self, format: Format, item: &DigestItem) -> bool {
        format == self.format && *item == canary(item.algorithm)
    }

    fn names_certificate(&self, serial: &SerialNumber) -> bool {
        self.certificate == *serial
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hsm::DigestAlgorithm;

    #[test]
    fn a_trial_covers_nothing_but_the_canary() {
        let serial = SerialNumber::from_random([7; 18]);
        let act =
            SignCanary { profile: "p".into(), environment: "test", format: Format::Raw, certificate: serial.clone() };
        for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512] {
            let bird = canary(algorithm);
            assert!(act.covers(Format::Raw, &bird) && !act.covers(Format::CmsDetached, &bird));
            let other = DigestItem { digest: vec![7; bird.digest.len()], ..bird.clone() };
            assert!(!act.covers(Format::Raw, &other), "another digest under its name");
            let other = DigestItem { name: "app.exe".into(), ..bird };
            assert!(!act.covers(Format::Raw, &other), "its digest under another name");
        }
        assert!(act.names_certificate(&serial) && !act.names_certificate(&SerialNumber::from_random([8; 18])));
    }
}

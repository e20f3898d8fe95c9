//! What somebody asks for, as they typed it, and as it is understood.

use std::sync::Arc;
use std::time::Duration;

use ca_core::acme::{Problem, ProblemType};
use ca_core::duration;
use ca_core::issuance::IssuanceError;
use ca_core::profile::{CertificateProfile, GeneratedKeyType, ProfileRefusal};
use ca_core::x509::GeneralName;

use super::content::{KeyFacts, read_csr};
use crate::app::App;
use crate::authorities::Authority;
use crate::ops::{OpError, idempotency};
use crate::policies::Policies;

/// A request as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The key.
    pub key: WishedKey,
    /// Name of the profile.
    pub profile: String,
    /// Name of the authority; empty for the default one.
    pub authority: String,
    /// Subject alternative names such as `dns:www.example.org`; none for those of the CSR.
    pub names: Vec<String>,
    /// Such as `90d`; empty for the profile's default.
    pub validity: String,
    /// Who answers for the certificate; perhaps empty.
    pub owner: String,
    /// An e-mail address that hears what becomes of it; perhaps empty.
    pub notify: String,
}

/// Where the key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WishedKey {
    /// A certification request in PEM, or the base64 of its DER.
    Csr(String),
    /// This server is to make one of this type, such as `ecdsa-p256`.
    Generate(String),
    /// The key that the request has already.
    Keep,
}

impl Default for WishedKey {
    fn default() -> Self {
        Self::Csr(String::new())
    }
}

/// One thing that is wrong with a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field: `csr`, `key`, `profile`, `authority`, `names`, `validity`, `owner` or `notify`.
    pub field: &'static str,
    /// What is wrong with it.
    pub text: String,
}

impl Fault {
    pub(super) fn new(field: &'static str, text: impl ToString) -> Self {
        Self { field, text: text.to_string() }
    }

    /// What stands against the certificate, beside the field that can change it.
    pub(super) fn of_issuance(error: &IssuanceError) -> Self {
        let field = match error {
            IssuanceError::Profile(ProfileRefusal::Key { .. }) | IssuanceError::WeakKey(_) => "csr",
            IssuanceError::Profile(ProfileRefusal::GeneratedKey { .. }) => "key",
            IssuanceError::Profile(ProfileRefusal::Name { .. } | ProfileRefusal::NameCount { .. }) => "names",
            IssuanceError::Profile(ProfileRefusal::Validity { .. }) | IssuanceError::EmptyValidity { .. } => "validity",
            // Nobody can ask for one here.
            IssuanceError::Profile(ProfileRefusal::ProjectPurpose { .. }) => "profile",
            IssuanceError::IssuerExpires(_) => "authority",
            IssuanceError::Subject(_) | IssuanceError::NotPermitted(_) | IssuanceError::Encoding(_) => "csr",
        };
        Self::new(field, error)
    }

    /// All of them as one error, for callers that show no fields.
    pub fn all(faults: &[Self]) -> OpError {
        let texts: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.field, fault.text)).collect();
        let csr = faults.iter().any(|fault| fault.field == "csr");
        let kind = if csr { ProblemType::BadCsr } else { ProblemType::Malformed };
        Problem::new(kind, texts.join("; ")).into()
    }
}

/// The key of an understood wish.
pub(super) enum Key {
    /// One that exists.
    Known(Box<KeyFacts>),
    /// One that is to be made.
    ToMake(GeneratedKeyType),
}

impl Key {
    fn known(facts: KeyFacts) -> Self {
        Self::Known(Box::new(facts))
    }
}

/// A wish that was understood. Whether it may be granted is another question.
pub(super) struct Understood<'a> {
    pub(super) key: Key,
    pub(super) profile: Arc<CertificateProfile>,
    pub(super) authority: &'a Authority,
    pub(super) names: Vec<GeneralName>,
    pub(super) validity: Option<Duration>,
    pub(super) owner: Option<String>,
    pub(super) notify: Option<String>,
}

/// Characters of an owner or an address.
const LONGEST_TEXT: usize = 200;

/// More names than any profile allows are not even read.
const MOST_NAMES: usize = 1000;

impl Wish {
    /// SHA-256 of everything that was typed.
    pub(super) fn digest(&self) -> [u8; 32] {
        let (kind, key) = match &self.key {
            WishedKey::Csr(text) => ("csr", text.as_str()),
            WishedKey::Generate(kind) => ("generate", kind.as_str()),
            WishedKey::Keep => ("keep", ""),
        };
        let names = self.names.join("\n");
        let texts = [kind, key, &self.profile, &self.authority, &names, &self.validity, &self.owner, &self.notify];
        idempotency::digest(&texts.map(str::as_bytes))
    }

    /// Reads every field; `kept` is the key that [`WishedKey::Keep`] means.
    pub(super) fn understand<'a>(
        &self,
        app: &'a App,
        policies: &Policies,
        kept: Option<KeyFacts>,
    ) -> Result<Understood<'a>, Vec<Fault>> {
        let mut faults = Vec::new();
        let profile = keep(self.profile(policies), &mut faults);
        let authority = keep(self.authority(app), &mut faults);
        let key = profile.as_ref().and_then(|profile| keep(self.key(profile, kept), &mut faults));
        let asked = key.as_ref().zip(profile.as_ref());
        let names = asked.and_then(|(key, profile)| keep(self.names(key, profile), &mut faults));
        let validity = keep(self.validity(), &mut faults);
        let owner = keep(text("owner", &self.owner), &mut faults);
        let notify = keep(self.notify(), &mut faults);
        match (key, profile, authority, names, validity, owner, notify) {
            (Some(key), Some(profile), Some(authority), Some(names), Some(validity), Some(owner), Some(notify)) => {
                Ok(Understood { key, profile, authority, names, validity, owner, notify })
            }
            _ => Err(faults),
        }
    }

    fn profile(&self, policies: &Policies) -> Result<Arc<CertificateProfile>, Fault> {
        let unknown = || Fault::new("profile", format!("there is no certificate profile {:?}", self.profile));
        policies.profile(&self.profile).map(Arc::clone).ok_or_else(unknown)
    }

    fn authority<'a>(&self, app: &'a App) -> Result<&'a Authority, Fault> {
        let found = match self.authority.as_str() {
            "" => app.authorities.default_issuing(),
            name => app.authorities.by_name(name),
        };
        found.map_err(|error| Fault::new("authority", error))
    }

    fn key(&self, profile: &CertificateProfile, kept: Option<KeyFacts>) -> Result<Key, Fault> {
        match &self.key {
            WishedKey::Csr(text) => read_csr(text).map(Key::known).map_err(|fault| Fault::new("csr", fault)),
            WishedKey::Keep => kept.map(Key::known).ok_or_else(|| Fault::new("csr", "there is no key to keep")),
            WishedKey::Generate(text) => {
                let refusal = format!("the profile {} does not let this server make {text:?} keys", profile.name());
                let offered = profile.generated_keys().iter().find(|kind| kind.as_str() == text);
                offered.copied().map(Key::ToMake).ok_or_else(|| Fault::new("key", refusal))
            }
        }
    }

    fn names(&self, key: &Key, profile: &CertificateProfile) -> Result<Vec<GeneralName>, Fault> {
        let typed: Vec<&str> = self.names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
        if typed.len() > MOST_NAMES {
            return Err(Fault::new("names", format!("at most {MOST_NAMES} names are read")));
        }
        let mut names = match (typed.is_empty(), key) {
            (true, Key::Known(facts)) => facts.names(profile),
            _ => typed.iter().map(|name| name.parse()).collect::<Result<_, _>>().map_err(|e| Fault::new("names", e))?,
        };
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn validity(&self) -> Result<Option<Duration>, Fault> {
        match self.validity.trim() {
            "" => Ok(None),
            text => duration::parse(text).map(Some).map_err(|fault| Fault::new("validity", fault)),
        }
    }

    fn notify(&self) -> Result<Option<String>, Fault> {
        let address = text("notify", &self.notify)?;
        if let Some(address) = &address {
            GeneralName::email(address).map_err(|fault| Fault::new("notify", fault))?;
        }
        Ok(address)
    }
}

fn keep<T>(result: Result<T, Fault>, faults: &mut Vec<Fault>) -> Option<T> {
    result.map_err(|fault| faults.push(fault)).ok()
}

fn text(field: &'static str, typed: &str) -> Result<Option<String>, Fault> {
    let typed = typed.trim();
    if typed.chars().count() > LONGEST_TEXT || typed.chars().any(char::is_control) {
        return Err(Fault::new(field, format!("at most {LONGEST_TEXT} characters on one line")));
    }
    Ok((!typed.is_empty()).then(|| typed.to_owned()))
}

//! What a proposal says to one decision of the past.

use std::collections::BTreeMap;
use std::time::Duration;

use ca_core::policy::{Fact, Inquiry, PolicyEngine, Refusal};
use ca_core::profile::CertificateProfile;

/// What is asked again.
pub(super) struct Proposed {
    /// The proposed policies, if some are.
    pub(super) engine: Option<PolicyEngine>,
    /// The proposed profiles by name.
    pub(super) profiles: BTreeMap<String, CertificateProfile>,
    /// How long certificates are valid that ask for nothing, by the profiles in force.
    pub(super) usual: BTreeMap<String, Duration>,
}

impl Proposed {
    /// What is suspicious about the policies, but sound.
    pub(super) fn warnings(&self) -> Vec<String> {
        let engine = self.engine.iter();
        engine.flat_map(PolicyEngine::warnings).map(ToString::to_string).collect()
    }

    /// What would become of the act, if it would not be done as it was.
    pub(super) fn change(&self, inquiry: &Inquiry) -> Option<String> {
        let by_policy = self.engine.as_ref().and_then(|engine| engine.answer(inquiry).err());
        let by_policy = by_policy.map(|refusals| refusals.iter().map(told).collect::<Vec<_>>().join("; "));
        by_policy.or_else(|| self.by_profile(inquiry))
    }

    /// Names, key and length of what was issued or ordered, by the rules of the profile.
    fn by_profile(&self, inquiry: &Inquiry) -> Option<String> {
        let profile = self.profiles.get(text(inquiry, "profile")?)?;
        if !ISSUING.contains(&inquiry.act.as_str()) {
            return None;
        }
        let names = || profile.check_names(&inquiry.identifiers).err();
        let key = || profile.check_key(text(inquiry, "key_algorithm")?.parse().ok()?).err();
        let refusal = names().or_else(key).map(|refusal| refusal.to_string());
        refusal.or_else(|| self.by_length(profile, seconds(inquiry)?))
    }

    /// A certificate that was as long as usual asked for nothing: it gets what is usual then.
    fn by_length(&self, profile: &CertificateProfile, was: Duration) -> Option<String> {
        let usual = profile.default_validity();
        if self.usual.get(profile.name()) != Some(&was) {
            return profile.validity_for(Some(was)).err().map(|refusal| refusal.to_string());
        }
        let days = |length: Duration| format!("{} days", length.as_secs() / 86_400);
        (usual != was).then(|| format!("it would be valid for {} instead of {}", days(usual), days(was)))
    }
}

/// Acts that a profile has a say in.
const ISSUING: [&str; 3] = ["NewOrder", "Finalize", "IssueCertificate"];

/// Without the names, which differ from one decision to the next: the reasons are counted.
fn told(refusal: &Refusal) -> String {
    let ids: Vec<&str> = refusal.forbidden_by().map(|policy| policy.id.as_str()).collect();
    match ids.as_slice() {
        [] => "no policy permits it".to_owned(),
        ids => format!("forbidden by {}", ids.join(", ")),
    }
}

fn text<'a>(inquiry: &'a Inquiry, name: &str) -> Option<&'a str> {
    inquiry.attributes.iter().find_map(|(found, fact)| match fact {
        Fact::Text(text) if found == name => Some(text.as_str()),
        _ => None,
    })
}

fn seconds(inquiry: &Inquiry) -> Option<Duration> {
    inquiry.attributes.iter().find_map(|(found, fact)| match fact {
        Fact::Number(seconds) if found == "validity_seconds" => u64::try_from(*seconds).ok().map(Duration::from_secs),
        _ => None,
    })
}

//! Code signing: requests that builds submit and people approve, profiles, grants, what was signed, and judging a signature.

mod dying;
mod grants;
mod inbox;
mod ledger;
mod profile;
mod profiles;
mod recipes;
mod request;
mod rules;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
mod verify;

pub use dying::{DyingSignature, DyingView};
pub use grants::{GrantForm, GrantRow, GrantsPage};
pub use inbox::{SigningInboxPage, SigningRow};
pub use ledger::{LedgerPage, LedgerRow, WithdrawalView};
pub use profile::{CertificateRuleView, KeyView, LimitsView, ProfileCertificateView, SigningProfilePage};
pub use profiles::{SigningProfileRow, SigningProfilesPage};
pub use request::{
    ChangedFact, ComparisonView, EarlierView, FailureView, ItemRow, ItemsView, ProvenanceView, SignerView,
    SigningEvent, SigningRefusals, SigningRequestPage, StageView, VoteView,
};
pub use rules::{TrustView, Trusted};
pub use verify::{FamilyView, FindingView, ReportView, VerifyForm, VerifyPage};

use crate::frame::EnvironmentKind;
use crate::parts::{Badge, State, Tab, Tabs, Tag, Value};

/// What the signatures of a profile are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningEnvironment {
    /// Rehearsals.
    Test,
    /// What customers run.
    Release,
}

impl SigningEnvironment {
    fn tag(self) -> Tag {
        match self {
            Self::Test => Tag::new(EnvironmentKind::Test, "test"),
            Self::Release => Tag::new(EnvironmentKind::Production, "release"),
        }
    }
}

/// The pages of this section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Requests,
    Profiles,
    Grants,
    Ledger,
    Verify,
}

fn tabs(here: Place) -> Tabs {
    let tab = |label: &str, href: &str, place| Tab::new(label, href).here_if(place == here);
    Tabs::new(
        "Signing",
        vec![
            tab("Requests", "/signing", Place::Requests),
            tab("Profiles", "/signing/profiles", Place::Profiles),
            tab("Grants", "/signing/grants", Place::Grants),
            tab("Signed files", "/signing/ledger", Place::Ledger),
            tab("Verify", "/signing/verify", Place::Verify),
        ],
    )
}

/// The badge for the state of a signing request, by its word in the API.
fn badge(state: &str) -> Badge {
    let (kind, word) = match state {
        "signed" => (State::Good, "signed"),
        "received" => (State::Pending, "received"),
        "pending_approval" => (State::Pending, "waits for approval"),
        "approved" => (State::Pending, "approved"),
        "signing" => (State::Pending, "being signed"),
        "denied" => (State::Broken, "denied"),
        "rejected" => (State::Broken, "rejected"),
        "failed" => (State::Broken, "failed"),
        "cancelled" => (State::Revoked, "cancelled"),
        other => (State::Neutral, other),
    };
    Badge::new(kind, word)
}

/// A format with what it is for.
fn gloss(format: &str) -> &str {
    match format {
        "raw" => "the bare signature of a digest",
        "cms-detached" => "a signature file beside any file (CMS)",
        "authenticode-pe" => "within programs for Windows and UEFI: EXE, DLL, SYS, EFI",
        "jar-sf" => "within archives of Java: JAR",
        _ => "",
    }
}

/// "one item", "3,000 items".
fn counted(count: u64, one: &str, many: &str) -> String {
    match count {
        1 => format!("one {one}"),
        count => format!("{} {many}", crate::parts::grouped(&count)),
    }
}

/// A link to the page of a profile.
fn profile_link(name: &str) -> Value {
    crate::parts::Link::new(profile_path(name), name).into()
}

/// A profile's name may hold a folder; each part stands in the path as it is (letters, digits, hyphens).
fn profile_path(name: &str) -> String {
    format!("/signing/profiles/{name}")
}

fn request_path(id: &str) -> String {
    format!("/signing/{id}")
}

//! What needs a person now. Each source of such things is one file that answers with some of them.

use ca_core::policy::Actor;

use super::{authorities, failures, hsms, renewals, signing, timestamps};
use crate::app::App;
use crate::ops::OpError;

pub use crate::store::fields::CertificateId;

/// Something that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// How urgent it is.
    pub urgency: Urgency,
    /// What it is, in a few words.
    pub what: String,
    /// What is known of it, and what to do.
    pub detail: String,
    /// Where more is known of it.
    pub place: Place,
}

/// What a need is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An HSM, by name.
    Hsm(String),
    /// An authority, by slug.
    Authority(String),
    /// A certificate.
    Certificate(CertificateId),
    /// Every certificate whose renewal did not come.
    Overdue,
    /// ACME orders.
    Orders,
    /// Requests for signatures.
    Signing,
    /// A signing profile, by name.
    SigningProfile(String),
    /// The clock.
    Clock,
}

/// How urgent something is, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// It does not work now.
    Broken,
    /// It will not work soon.
    Soon,
    /// Somebody waits for it.
    Waiting,
}

/// Everything that needs a person, the most urgent first.
///
/// # Errors
/// Policy and database.
pub async fn all(app: &App, actor: &Actor) -> Result<Vec<Need>, OpError> {
    let mut needs = hsms::needs(app, actor)?;
    needs.extend(authorities::needs(app, actor)?);
    needs.extend(renewals::needs(app).await?);
    needs.extend(failures::needs(app).await?);
    needs.extend(signing::needs(app, actor).await?);
    needs.extend(timestamps::needs(app));
    needs.sort_by_key(|need| need.urgency);
    Ok(needs)
}

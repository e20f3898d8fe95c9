//! What would become of a wish, before anybody is asked.

use ca_core::lint::Finding;
use ca_core::policy::action::ChangeRequest;
use ca_core::policy::{Actor, Denied};

use super::appraisal::{Appraisal, appraise};
use super::content::KeyFacts;
use super::load::load;
use super::wish::{Fault, Wish};
use super::{list, people};
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::IssuanceRequestId;

/// The verdicts.
pub enum Preview {
    /// The wish cannot be understood or granted.
    Faulty(Vec<Fault>),
    /// Profile and key allow it; lint and policies have their say.
    Verdicts(Box<Verdicts>),
}

/// What lint and policies say, and what would be asked for.
pub struct Verdicts {
    /// What would be approved.
    pub appraisal: Appraisal,
    /// What lint has against it.
    pub findings: Vec<Finding>,
    /// Why the policies deny it, if they do.
    pub denied: Option<Denied>,
    /// The policies that permit it.
    pub permitted_by: Vec<String>,
}

impl Verdicts {
    /// Whether it could be submitted.
    pub fn are_clean(&self) -> bool {
        self.findings.is_empty() && self.denied.is_none() && self.appraisal.blocked.is_none()
    }
}

/// Holds a wish against everything, and stores nothing. `of` is the request that is being changed, if one is.
///
/// # Errors
/// When the database fails, the request is not there, or the policy denies changing it.
pub async fn preview(app: &App, actor: &Actor, wish: &Wish, of: Option<IssuanceRequestId>) -> Result<Preview, OpError> {
    list::admit(app, actor)?;
    let kept = kept_key(app, actor, of).await?;
    let mut appraisal = match appraise(app, wish, kept).await? {
        Ok(appraisal) => appraisal,
        Err(faults) => return Ok(Preview::Faulty(faults)),
    };
    let decision = app.policies.load().engine().decide(actor, appraisal.act());
    let (denied, permitted_by) = match decision {
        Ok(permitted) => {
            appraisal.look_up_key(app).await?;
            (None, permitted.policies().map(|policy| policy.id.clone()).collect())
        }
        Err(denied) => (Some(denied), Vec::new()),
    };
    let findings = appraisal.trial.findings().to_vec();
    Ok(Preview::Verdicts(Box::new(Verdicts { appraisal, findings, denied, permitted_by })))
}

/// The key of the request that is being changed, for those who may change it.
async fn kept_key(app: &App, actor: &Actor, of: Option<IssuanceRequestId>) -> Result<Option<KeyFacts>, OpError> {
    let Some(id) = of else { return Ok(None) };
    let loaded = load(app, id).await?;
    let facts = people::facts(app, actor, &loaded.row).await?;
    let _ = app.policies.load().engine().decide(actor, ChangeRequest(facts))?;
    Ok(Some(KeyFacts::of(&loaded.content.terms().key)?))
}

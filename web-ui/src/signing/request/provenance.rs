//! Where a signing request comes from.

use crate::parts::{Fact, Facts, Id, Link, Value};

/// What the submitter's credential says of the build. Everything but the issuer is what the CI claims.
#[derive(Clone, Debug, Default)]
pub struct ProvenanceView {
    /// What let the submitter in: "a token of https://token.actions.githubusercontent.com", "an API token of ann".
    pub credential: String,
    /// The repository: `example/app`.
    pub repository: Option<String>,
    /// Where it is.
    pub repository_url: Option<String>,
    /// The commit.
    pub commit: Option<String>,
    /// Where it is.
    pub commit_url: Option<String>,
    /// The ref: `refs/tags/v2.4.0`.
    pub reference: Option<String>,
    /// The workflow or pipeline file.
    pub workflow: Option<String>,
    /// The run or job: its number.
    pub run: Option<String>,
    /// Where it is.
    pub run_url: Option<String>,
    /// Who set it off.
    pub actor: Option<String>,
    /// The address that it came from.
    pub address: Option<String>,
    /// Every claim that was checked or kept.
    pub claims: Vec<(String, String)>,
}

impl ProvenanceView {
    pub(super) fn facts(&self) -> Facts {
        let linked = |text: &Option<String>, url: &Option<String>| {
            text.as_ref().map(|text| match url {
                Some(url) => Value::from(Link::new(url.clone(), text.clone())),
                None => Value::Code(text.clone()),
            })
        };
        let commit = self.commit.as_ref().map(|hash| {
            let id = Value::from(Id::new("commit", hash));
            match &self.commit_url {
                Some(url) => Value::Sentence(vec![id, " ".into(), Link::new(url.clone(), "look at it").into()]),
                None => id,
            }
        });
        let code = |text: &Option<String>| text.as_ref().map(|text| Value::Code(text.clone()));
        let known = [
            ("Repository", linked(&self.repository, &self.repository_url)),
            ("Commit", commit),
            ("Ref", code(&self.reference)),
            ("Workflow", code(&self.workflow)),
            ("Run", linked(&self.run, &self.run_url)),
            ("Set off by", self.actor.clone().map(Value::from)),
            ("From", code(&self.address)),
        ];
        let facts = known.into_iter().filter_map(|(label, value)| Some(Fact::new(label, value?)));
        let credential = Fact::new("Proved by", self.credential.clone());
        Facts(facts.chain([credential]).collect())
    }

    pub(super) fn claims(&self) -> Option<Facts> {
        let fact = |(claim, value): &(String, String)| Fact::new(claim.clone(), Value::Code(value.clone()));
        (!self.claims.is_empty()).then(|| Facts(self.claims.iter().map(fact).collect()))
    }
}

//! M of N in stages: whose yes counts where, and the proof that enough people agreed to one digest set.

use super::profile::StageConfig;
use super::{DigestItem, DigestSet, DigestSetHash, Format};

/// Somebody's yes to the digest set of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningVote {
    /// The person, by sign-in name.
    pub voter: String,
    /// What they approved.
    pub digest_set: DigestSetHash,
    /// The stage that was open then, counted from 0.
    pub stage: usize,
}

/// Why a yes is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningVoteRefusal {
    /// Whoever asked, or set off the job that asked, is not asked.
    #[error("nobody approves what they asked for themself: somebody else has to look at it")]
    OwnRequest,
    /// The page showed something else.
    #[error("the digest set is {actual}, you decided about another one: look at the request again")]
    OtherDigestSet {
        /// That of the request.
        actual: DigestSetHash,
    },
    /// One person counts once over all stages.
    #[error("you have approved this request already; another person has to")]
    Repeated,
    /// Nothing is to be decided.
    #[error("every stage is complete")]
    Complete,
    /// The stage that is open is for others.
    #[error("this stage is for people with the role {group}")]
    OtherGroup {
        /// The role.
        group: String,
    },
}

/// The stages of a request with the votes that count at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningTally {
    digest_set: DigestSetHash,
    stages: Vec<CountedStage>,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedStage {
    /// The role that its people hold.
    pub group: String,
    /// How many are needed.
    pub required: u32,
    /// Who has approved.
    pub approvers: Vec<String>,
}

impl CountedStage {
    fn is_complete(&self) -> bool {
        self.approvers.len() >= self.required as usize
    }
}

impl SigningTally {
    /// Counts `votes`, oldest first. `excluded` are the people who asked; `holds` says whether a person holds a role now,
    /// whatever they held when they voted.
    pub fn count(
        digest_set: DigestSetHash,
        stages: &[StageConfig],
        excluded: &[String],
        votes: &[SigningVote],
        holds: impl Fn(&str, &str) -> bool,
    ) -> Self {
        let stages = stages.iter().map(|stage| CountedStage {
            group: stage.group.clone(),
            required: stage.required,
            approvers: Vec::new(),
        });
        let mut tally = Self { digest_set, stages: stages.collect() };
        for vote in votes {
            let counts = vote.digest_set == digest_set && !excluded.contains(&vote.voter) && !tally.has(&vote.voter);
            if let Some(stage) = tally.stages.get_mut(vote.stage)
                && counts
                && holds(&vote.voter, &stage.group)
            {
                stage.approvers.push(vote.voter.clone());
            }
        }
        tally
    }

    /// The stage in which `voter`, who holds `roles`, may approve what they `saw`.
    ///
    /// # Errors
    /// [`SigningVoteRefusal`].
    pub fn admit(
        &self,
        excluded: &[String],
        voter: &str,
        roles: &[String],
        saw: DigestSetHash,
    ) -> Result<usize, SigningVoteRefusal> {
        if excluded.iter().any(|person| person == voter) {
            return Err(SigningVoteRefusal::OwnRequest);
        }
        if saw != self.digest_set {
            return Err(SigningVoteRefusal::OtherDigestSet { actual: self.digest_set });
        }
        if self.has(voter) {
            return Err(SigningVoteRefusal::Repeated);
        }
        let (place, stage) = self.open_stage().ok_or(SigningVoteRefusal::Complete)?;
        if !roles.contains(&stage.group) {
            return Err(SigningVoteRefusal::OtherGroup { group: stage.group.clone() });
        }
        Ok(place)
    }

    /// The first stage that is not complete.
    pub fn open_stage(&self) -> Option<(usize, &CountedStage)> {
        self.stages.iter().enumerate().find(|(_, stage)| !stage.is_complete())
    }

    /// Every stage.
    pub fn stages(&self) -> &[CountedStage] {
        &self.stages
    }

    /// How many people are needed over all stages.
    pub fn need(&self) -> u32 {
        self.stages.iter().map(|stage| stage.required).sum()
    }

    /// How many of them have approved.
    pub fn have(&self) -> u32 {
        let counted =
            |stage: &CountedStage| u32::try_from(stage.approvers.len()).unwrap_or(u32::MAX).min(stage.required);
        self.stages.iter().map(counted).sum()
    }

    /// The proof that enough people approved `set`; none while some are missing, or when it is another set.
    pub fn approved(&self, set: DigestSet) -> Option<ApprovedSet> {
        if self.open_stage().is_some() || set.hash() != self.digest_set {
            return None;
        }
        let approvers = self.stages.iter().flat_map(|stage| stage.approvers.clone()).collect();
        Some(ApprovedSet { set, approvers, need: self.need(), broken_glass: false })
    }

    fn has(&self, voter: &str) -> bool {
        self.stages.iter().any(|stage| stage.approvers.iter().any(|approver| approver == voter))
    }
}

/// Proof that enough different people approved a digest set, or that a security officer answers for it alone. There is no
/// other way to one:
///
/// ```compile_fail,E0451
/// use ca_core::signing::{ApprovedSet, DigestSet};
/// fn forge(set: DigestSet) -> ApprovedSet {
///     ApprovedSet { set, approvers: Vec::new(), need: 0, broken_glass: false }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedSet {
    set: DigestSet,
    approvers: Vec<String>,
    need: u32,
    broken_glass: bool,
}

impl ApprovedSet {
    /// The set that an officer let through alone, in an emergency that is on record. Nothing when they `saw` another one.
    pub fn by_breaking_glass(set: DigestSet, saw: DigestSetHash, officer: String, need: u32) -> Option<Self> {
        (set.hash() == saw).then(|| Self { set, approvers: vec![officer], need, broken_glass: true })
    }

    /// What was approved.
    pub fn set(&self) -> &DigestSet {
        &self.set
    }

    /// The people who did.
    pub fn approvers(&self) -> &[String] {
        &self.approvers
    }

    /// How many had to.
    pub fn need(&self) -> u32 {
        self.need
    }

    /// Whether one officer decided instead.
    pub fn is_broken_glass(&self) -> bool {
        self.broken_glass
    }

    /// Whether exactly this artifact in this format is in it.
    pub fn covers(&self, format: Format, item: &DigestItem) -> bool {
        self.set.format() == format && self.set.items().contains(item)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::hsm::DigestAlgorithm;

    fn set(octet: u8) -> DigestSet {
        let item = DigestItem { name: "a".into(), algorithm: DigestAlgorithm::Sha256, digest: vec![octet; 32] };
        DigestSet::new(Format::CmsDetached, vec![item]).unwrap()
    }

    fn stages() -> Vec<StageConfig> {
        let stage = |group: &str, required| StageConfig { group: group.to_owned(), required };
        vec![stage("approver", 2), stage("security-officer", 1)]
    }

    fn vote(voter: &str, stage: usize) -> SigningVote {
        SigningVote { voter: voter.to_owned(), digest_set: set(1).hash(), stage }
    }

    fn tally(votes: &[SigningVote], holds: impl Fn(&str, &str) -> bool) -> SigningTally {
        SigningTally::count(set(1).hash(), &stages(), &["ann".to_owned()], votes, holds)
    }

    #[test]
    fn stages_are_complete_one_after_the_other_and_a_person_counts_once() {
        let all = |_: &str, _: &str| true;
        let roles = |roles: &[&str]| roles.iter().map(|role| (*role).to_owned()).collect::<Vec<_>>();
        let both = roles(&["approver", "security-officer"]);
        let (ann, saw) = (["ann".to_owned()], set(1).hash());
        let empty = tally(&[], all);
        assert_eq!(empty.admit(&ann, "bob", &both, saw), Ok(0));
        assert_eq!(empty.admit(&ann, "ann", &both, saw), Err(SigningVoteRefusal::OwnRequest));
        let other = SigningVoteRefusal::OtherDigestSet { actual: saw };
        assert_eq!(empty.admit(&ann, "bob", &both, set(2).hash()), Err(other));
        let not_yet = SigningVoteRefusal::OtherGroup { group: "approver".into() };
        assert_eq!(empty.admit(&ann, "eve", &roles(&["security-officer"]), saw), Err(not_yet));
        let two = tally(&[vote("bob", 0), vote("bob", 0), vote("cid", 0)], all);
        assert_eq!((two.have(), two.need()), (2, 3));
        assert_eq!(two.admit(&ann, "bob", &both, saw), Err(SigningVoteRefusal::Repeated));
        assert_eq!(two.admit(&ann, "eve", &both, saw), Ok(1));
        assert!(two.approved(set(1)).is_none());
        let three = tally(&[vote("bob", 0), vote("cid", 0), vote("bob", 1), vote("eve", 1)], all);
        assert_eq!(three.admit(&ann, "fay", &both, saw), Err(SigningVoteRefusal::Complete));
        assert_eq!(three.approved(set(1)).unwrap().approvers(), ["bob", "cid", "eve"]);
        assert!(three.approved(set(2)).is_none(), "another set was not approved");
    }

    #[test]
    fn votes_of_whoever_asked_and_of_those_who_lost_the_role_do_not_count() {
        let votes = [vote("ann", 0), vote("bob", 0), vote("cid", 0), vote("eve", 1)];
        let lost = tally(&votes, |person, _| person != "cid");
        assert_eq!((lost.have(), lost.approved(set(1))), (2, None));
        let stale = [SigningVote { digest_set: set(2).hash(), ..vote("bob", 0) }, vote("cid", 9)];
        assert_eq!(tally(&stale, |_, _| true).have(), 0);
    }

    #[test]
    fn glass_is_broken_for_what_was_seen() {
        let seen = |saw| ApprovedSet::by_breaking_glass(set(1), saw, "sec".into(), 2);
        assert!(seen(set(2).hash()).is_none());
        let approved = seen(set(1).hash()).unwrap();
        assert!(approved.is_broken_glass());
        let item = &set(1).items()[0].clone();
        assert!(approved.covers(Format::CmsDetached, item));
        assert!(!approved.covers(Format::Raw, item) && !approved.covers(Format::CmsDetached, &set(2).items()[0]));
    }
}

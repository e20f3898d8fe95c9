//! M of N: which votes count, and the proof that enough of them do.

use super::terms::{IssuanceRequest, RequestDigest};

/// What a request asked for from one change to the next. One that asks for the same again later is another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Counted from 1.
    pub revision: i64,
    /// What it asks for.
    pub digest: RequestDigest,
}

/// Somebody's yes to one version of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The person, by sign-in name.
    pub voter: String,
    /// What they approved.
    pub version: Version,
}

/// Why a vote does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Void {
    /// It was for another version of the request.
    Stale,
    /// It is of somebody who asked for it.
    OwnRequest,
    /// The person voted before.
    Repeated,
    /// The person may no longer approve.
    NotEntitled,
}

impl Void {
    /// In words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Stale => "the request has changed since",
            Self::OwnRequest => "nobody approves their own request",
            Self::Repeated => "one person counts once",
            Self::NotEntitled => "this person may no longer approve",
        }
    }
}

/// Why a vote is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VoteRefusal {
    /// Whoever asked for it is not asked.
    #[error("nobody approves their own request: somebody else has to look at it")]
    OwnRequest,
    /// One person counts once.
    #[error("you have approved this version of the request already; another person has to")]
    Repeated,
    /// The vote is for a version that is no longer asked for.
    #[error("the request has changed since you looked at it: look at the difference and decide again")]
    Stale,
}

/// Whether `voter` may add a vote for the version `seen`. `authors` are the people who asked for it, in whatever revision.
///
/// # Errors
/// [`VoteRefusal`].
pub fn admit(
    current: Version,
    authors: &[impl AsRef<str>],
    votes: &[Vote],
    voter: &str,
    seen: RequestDigest,
) -> Result<(), VoteRefusal> {
    if is_author(authors, voter) {
        return Err(VoteRefusal::OwnRequest);
    }
    if seen != current.digest {
        return Err(VoteRefusal::Stale);
    }
    if votes.iter().any(|vote| vote.voter == voter && vote.version == current) {
        return Err(VoteRefusal::Repeated);
    }
    Ok(())
}

fn is_author(authors: &[impl AsRef<str>], person: &str) -> bool {
    authors.iter().any(|author| author.as_ref() == person)
}

/// The votes of a request, each with what it is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    version: Version,
    required: u32,
    counted: Vec<String>,
    void: Vec<(Vote, Void)>,
}

impl Tally {
    /// Counts `votes` for the present version. `authors` are the people who asked for it, in whatever revision; `entitled`
    /// says whether a person may approve now, whatever they might when they voted.
    pub fn count(
        current: Version,
        required: u32,
        authors: &[impl AsRef<str>],
        votes: &[Vote],
        entitled: impl Fn(&str) -> bool,
    ) -> Self {
        let mut tally = Self { version: current, required, counted: Vec::new(), void: Vec::new() };
        for vote in votes {
            match tally.fault(vote, authors, &entitled) {
                Some(fault) => tally.void.push((vote.clone(), fault)),
                None => tally.counted.push(vote.voter.clone()),
            }
        }
        tally
    }

    fn fault(&self, vote: &Vote, authors: &[impl AsRef<str>], entitled: impl Fn(&str) -> bool) -> Option<Void> {
        if vote.version != self.version {
            Some(Void::Stale)
        } else if is_author(authors, &vote.voter) {
            Some(Void::OwnRequest)
        } else if self.counted.contains(&vote.voter) {
            Some(Void::Repeated)
        } else if !entitled(&vote.voter) {
            Some(Void::NotEntitled)
        } else {
            None
        }
    }

    /// People whose votes count.
    pub fn counted(&self) -> &[String] {
        &self.counted
    }

    /// Votes that do not, and why.
    pub fn void(&self) -> &[(Vote, Void)] {
        &self.void
    }

    /// How many people must approve.
    pub fn required(&self) -> u32 {
        self.required
    }

    /// How many are missing.
    pub fn missing(&self) -> u32 {
        self.required.saturating_sub(u32::try_from(self.counted.len()).unwrap_or(u32::MAX))
    }

    /// The proof that enough people approved; none while some are missing.
    pub fn approved(&self) -> Option<ApprovedRequest> {
        (self.missing() == 0).then(|| ApprovedRequest {
            digest: self.version.digest,
            required: self.required,
            approvers: self.counted.clone(),
        })
    }
}

/// Proof that enough different people approved one version of a request. Only [`Tally::approved`] makes it:
///
/// ```compile_fail,E0451
/// use ca_core::issuance_request::{ApprovedRequest, RequestDigest};
/// let forged = ApprovedRequest { digest: RequestDigest::from_bytes([0; 32]), required: 0, approvers: Vec::new() };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedRequest {
    digest: RequestDigest,
    required: u32,
    approvers: Vec<String>,
}

impl ApprovedRequest {
    /// Whether this very version was approved.
    pub fn covers(&self, request: &IssuanceRequest) -> bool {
        request.digest() == self.digest
    }

    /// The version that was approved.
    pub fn digest(&self) -> RequestDigest {
        self.digest
    }

    /// How many people had to approve.
    pub fn required(&self) -> u32 {
        self.required
    }

    /// The people who did.
    pub fn approvers(&self) -> &[String] {
        &self.approvers
    }
}

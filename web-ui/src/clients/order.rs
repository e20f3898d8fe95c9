//! One order: why it has no certificate, and everything that was seen while its names were proved.

use askama::Template;

use super::{OrderState, ProofState, plain_name, some_names};
use crate::RenderError;
use crate::audit::audit_of;
use crate::certificates::shortened;
use crate::frame::Frame;
use crate::moment::length;
use crate::parts::{
    Callout, CalloutKind, Event, Exact, Fact, Facts, Headline, Id, Lines, Link, State, Timeline, Value,
};

/// One order.
#[derive(Clone, Debug)]
pub struct OrderPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Its id.
    pub id: String,
    /// Its endpoint.
    pub endpoint: String,
    /// Its account.
    pub account: String,
    /// The certificate profile.
    pub profile: String,
    /// Names ordered.
    pub names: Vec<String>,
    /// How it stands.
    pub state: OrderState,
    /// Why there is no certificate.
    pub reason: Option<ReasonView>,
    /// Id of the certificate.
    pub certificate: Option<String>,
    /// When it was made.
    pub created_at: i64,
    /// Until when it can be finalized.
    pub expires_at: i64,
    /// The proofs, in the order of the names.
    pub proofs: Vec<ProofView>,
    /// URL of the same in the API.
    pub api_url: String,
}

/// Why, and what next.
#[derive(Clone, Debug)]
pub struct ReasonView {
    /// What stands against it.
    pub text: String,
    /// What to do.
    pub next_step: Option<String>,
}

/// The proof of one name: an authorization of RFC 8555.
#[derive(Clone, Debug)]
pub struct ProofView {
    /// The name.
    pub name: String,
    /// How it stands.
    pub state: ProofState,
    /// When control was shown.
    pub validated_at: Option<i64>,
    /// Ways to prove it that were offered.
    pub challenges: Vec<ChallengeView>,
}

/// One way to prove a name.
#[derive(Clone, Debug)]
pub struct ChallengeView {
    /// `http-01` for instance.
    pub kind: String,
    /// Where the proof is looked for.
    pub place: String,
    /// How far it has come.
    pub state: ProofState,
    /// What the client was told.
    pub problem: Option<String>,
    /// Every look at it, oldest first.
    pub attempts: Vec<AttemptView>,
}

/// One look.
#[derive(Clone, Debug)]
pub struct AttemptView {
    /// When it began.
    pub at: i64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Whether it was as it should be.
    pub passed: bool,
    /// What was seen: a label and its text.
    pub seen: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "clients/order.html")]
struct Html<'a> {
    frame: &'a Frame,
    title: String,
    headline: Headline,
    reason: Option<Callout>,
    facts: Facts,
    proofs: Vec<Proof>,
    api: Lines,
}

struct Proof {
    name: String,
    badge: crate::parts::Badge,
    challenges: Vec<Challenge>,
    untried: Option<Value>,
}

struct Challenge {
    kind: String,
    facts: Facts,
    attempts: Vec<Attempt>,
}

struct Attempt {
    line: Timeline,
    seen: Facts,
}

impl OrderPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let html = Html {
            frame: &self.frame,
            title: format!("Order for {}", shortened(&some_names(&self.names).0, 60)),
            headline: self.headline(),
            reason: self.reason.as_ref().map(|reason| self.callout(reason)),
            facts: self.facts(),
            proofs: self.proofs.iter().map(|proof| self.proof(proof)).collect(),
            api: Lines::new("the command", format!("curl -H \"Authorization: Bearer $TOKEN\" {}", self.api_url)),
        };
        html.render()
    }

    fn headline(&self) -> Headline {
        let (first, more) = some_names(&self.names);
        let more = more.map(|more| format!(" {more}")).unwrap_or_default();
        let account = format!("/clients/{}/accounts/{}", self.endpoint, self.account);
        let sentence = vec![
            Value::from(format!("For {}{more}, ordered ", shortened(&first, 60))),
            self.frame.moment(&self.created_at).into(),
            Value::from(" by account "),
            Link::new(account, shortened(&self.account, 13)).into(),
            Value::from(self.end()),
        ];
        Headline::new(format!("Order for {}", shortened(&first, 60)))
            .within(Link::new("/clients", "Orders"))
            .with_badge(self.state.badge())
            .saying(Value::Sentence(sentence))
            .with_act(audit_of(&format!("order {}", self.id)))
    }

    fn end(&self) -> String {
        let left = self.expires_at.saturating_sub(self.frame.now);
        match self.state {
            OrderState::Valid | OrderState::Invalid => ".".to_owned(),
            _ => format!("; its client has {} left.", length(left.max(0).unsigned_abs())),
        }
    }

    fn callout(&self, reason: &ReasonView) -> Callout {
        let (kind, title) = match self.state {
            OrderState::Invalid => (CalloutKind::Denied, "There will be no certificate"),
            _ => (CalloutKind::Waiting, "There is no certificate yet"),
        };
        let points = reason.next_step.iter().map(|next| Value::from(next.as_str())).collect();
        Callout::new(kind, title).with_text(sentence(&reason.text)).with_points(points)
    }

    fn facts(&self) -> Facts {
        let names = self.names.iter().map(|name| Value::from(plain_name(name))).collect();
        let account = format!("/clients/{}/accounts/{}", self.endpoint, self.account);
        let certificate = self.certificate.as_ref();
        let certificate = certificate.map(|id| Value::from(Link::new(format!("/certificates/{id}"), id)));
        Facts(vec![
            Fact::new("Names", Value::Lines(names)),
            Fact::new("Certificate", Value::or_absent(certificate)),
            Fact::new("Account", Link::new(account, &self.account)),
            Fact::new("Endpoint", self.endpoint.as_str()),
            Fact::new("Profile", Value::Code(self.profile.clone())),
            Fact::new("Ordered", Exact(self.frame.moment(&self.created_at))),
            Fact::new("Ends", Exact(self.frame.moment(&self.expires_at)))
                .with_gloss("Until then the client can finalize it."),
            Fact::new("Id", Id::new("id", &self.id)),
        ])
    }

    fn proof(&self, proof: &ProofView) -> Proof {
        let is_tried = |challenge: &&ChallengeView| !challenge.attempts.is_empty() || challenge.problem.is_some();
        let (tried, untried): (Vec<_>, Vec<_>) = proof.challenges.iter().partition(is_tried);
        let untried = untried.iter().map(|challenge| {
            Value::Sentence(vec![
                Value::Code(challenge.kind.clone()),
                Value::from(" would be looked for at "),
                Value::Code(challenge.place.clone()),
            ])
        });
        let untried: Vec<Value> = if proof.state == ProofState::Pending { untried.collect() } else { Vec::new() };
        Proof {
            name: shortened(plain_name(&proof.name), 80),
            badge: proof.state.badge(),
            challenges: tried.into_iter().map(|challenge| self.challenge(challenge)).collect(),
            untried: (!untried.is_empty()).then_some(Value::Lines(untried)),
        }
    }

    fn challenge(&self, challenge: &ChallengeView) -> Challenge {
        let mut facts = vec![
            Fact::new("State", challenge.state.badge()),
            Fact::new("Looked at", Value::Code(challenge.place.clone())),
        ];
        if let Some(problem) = &challenge.problem {
            facts.push(Fact::new("Told the client", problem.as_str()));
        }
        Challenge {
            kind: challenge.kind.clone(),
            facts: Facts(facts),
            attempts: challenge.attempts.iter().map(|attempt| self.attempt(attempt)).collect(),
        }
    }

    fn attempt(&self, attempt: &AttemptView) -> Attempt {
        let (state, what) = match attempt.passed {
            true => (State::Good, "Found as it should be"),
            false => (State::Broken, "Not found as it should be"),
        };
        let what = format!("{what}, after {} ms", crate::parts::grouped(&attempt.took_ms));
        let event = Event::new(self.frame.moment(&attempt.at), state, what);
        let seen = attempt.seen.iter().map(|(label, text)| Fact::new(label, Value::Code(text.clone())));
        Attempt { line: Timeline(vec![event]), seen: Facts(seen.collect()) }
    }
}

/// Reasons begin small, for machines; a name such as `http-01` stays as it is.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let is_word = text.chars().take_while(|c| *c != ' ').all(char::is_alphabetic);
    match letters.next().filter(|_| is_word) {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => format!("{text}."),
    }
}

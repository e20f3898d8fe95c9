//! `/certificates/{id}/revoke`: what breaks, and why it is wanted all the same.

use askama::Template;

use super::detail::NeighbourView;
use super::state::{CertificateState, shortened};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{Callout, CalloutKind, Choice, Danger, Exact, Headline, Link, Select, Value};
use crate::signing::DyingView;

/// The preview of a revocation.
#[derive(Clone, Debug)]
pub struct RevokePage {
    /// The frame.
    pub frame: Frame,
    /// Id of the certificate.
    pub id: String,
    /// Its first name, or its subject.
    pub title: String,
    /// For the certificate of a CA, what has to be typed to confirm it.
    pub confirmation: Option<String>,
    /// How it is.
    pub state: CertificateState,
    /// Its names.
    pub names: Vec<String>,
    /// Last second of its validity.
    pub not_after: i64,
    /// The authority of this installation that it would put out of service.
    pub stops: Option<String>,
    /// The newer certificate for the same names, if that is valid.
    pub successor: Option<NeighbourView>,
    /// The account that ordered it.
    pub account: Option<AccountView>,
    /// Other valid certificates of the same key.
    pub same_key: Vec<NeighbourView>,
    /// What it signed, if it is one for signing.
    pub signatures: Option<DyingView>,
    /// URL of the list that will name it.
    pub list_url: String,
    /// Until when clients may use the list that they have.
    pub list_good_until: Option<i64>,
    /// The reasons to choose from.
    pub reasons: Vec<ReasonView>,
    /// Why the viewer may not revoke it, if so.
    pub refusal: Option<String>,
    /// What is wrong with the form that was sent.
    pub problem: Option<String>,
}

/// The account that ordered a certificate.
#[derive(Clone, Debug)]
pub struct AccountView {
    /// Its ACME endpoint.
    pub endpoint: String,
    /// Its id.
    pub id: String,
    /// Whether it may be used.
    pub is_valid: bool,
    /// When it last placed an order.
    pub last_order: Option<i64>,
}

/// A reason.
#[derive(Clone, Debug)]
pub struct ReasonView {
    /// Its name in RFC 5280.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

#[derive(Template)]
#[template(path = "certificates/revoke.html")]
struct Html<'a> {
    frame: &'a Frame,
    title: String,
    headline: Headline,
    refusal: Option<Callout>,
    problem: Option<Callout>,
    danger: Option<Danger>,
}

impl RevokePage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let denied = |text: &String| Callout::new(CalloutKind::Denied, "It cannot be revoked").with_text(text.clone());
        let html = Html {
            frame: &self.frame,
            title: shortened(&self.title, 80),
            headline: Headline::new(format!("Revoke {}", shortened(&self.title, 80)))
                .within(Link::new(self.back(), "Back to the certificate"))
                .with_badge(self.state.badge())
                .saying("This is what happens. It cannot be taken back."),
            refusal: self.refusal.as_ref().map(denied),
            problem: self.problem.as_ref().map(|text| Callout::new(CalloutKind::Denied, text.clone())),
            danger: self.refusal.is_none().then(|| self.danger()),
        };
        html.render()
    }

    fn back(&self) -> String {
        format!("/certificates/{}", self.id)
    }

    fn danger(&self) -> Danger {
        let choice = |reason: &ReasonView| {
            Choice::new(reason.name.clone(), format!("{}: {}", reason.name, reason.meaning)).chosen_if(reason.chosen)
        };
        let reasons = Select::new("reason", "Why", self.reasons.iter().map(choice).collect())
            .with_hint("Everybody who reads the revocation list sees the reason.");
        let danger = Danger::new(
            &self.frame,
            "Revoke this certificate",
            format!("{}/revoke", self.back()),
            "Revoke this certificate",
            self.consequences(),
        )
        .with_reason(reasons)
        .or_back_to(self.back());
        match &self.confirmation {
            Some(name) => danger.confirmed_by_typing(name, None::<String>),
            None => danger,
        }
    }

    fn consequences(&self) -> Vec<Value> {
        let mut lines = vec![self.who_is_refused(), self.who_goes_on(), self.when()];
        if let Some(account) = &self.account {
            lines.push(self.renewal(account));
        }
        if !self.same_key.is_empty() {
            lines.push(self.of_the_key());
        }
        lines.extend(self.signatures.as_ref().map(DyingView::consequence));
        if self.confirmation.is_some() {
            let text = "This is the certificate of a CA: every certificate below it is refused as well.";
            lines.insert(0, Value::from(text));
        }
        if let Some(authority) = &self.stops {
            lines.insert(
                0,
                Value::from(format!("The authority {authority} issues no certificates any more, for good.")),
            );
        }
        lines
    }

    fn who_is_refused(&self) -> Value {
        if self.state == CertificateState::Expired {
            return Value::from("It has expired: nothing uses it any more, and the list names it only once.");
        }
        let names = match self.names.as_slice() {
            [] => "whoever uses it".to_owned(),
            [name] => shortened(name, 64),
            [name, another] => format!("{} and {}", shortened(name, 64), shortened(another, 64)),
            [name, rest @ ..] => format!("{} and {} more names", shortened(name, 64), rest.len()),
        };
        let ends = self.frame.moment(&self.not_after);
        Value::Sentence(vec![
            Value::from(format!("Clients that check revocation refuse {names} from then on. Otherwise it would end ")),
            ends.into(),
            Value::from("."),
        ])
    }

    fn who_goes_on(&self) -> Value {
        match &self.successor {
            Some(successor) => Value::Sentence(vec![
                Value::from("A newer certificate for the same names is valid, and is not touched: "),
                successor.line(&self.frame),
                Value::from(". Whoever still sends the old one has to load it."),
            ]),
            None => Value::from(
                "There is no newer valid certificate for the same names: get one first if the service goes on.",
            ),
        }
    }

    fn when(&self) -> Value {
        let mut words = vec![
            Value::from("The list that names it is signed within seconds and published at "),
            Link::new(self.list_url.clone(), self.list_url.clone()).into(),
        ];
        if let Some(until) = &self.list_good_until {
            words.push(Value::from("; clients may go on with the list that they have until "));
            words.push(Exact(self.frame.moment(until)).into());
        }
        words.push(Value::from("."));
        Value::Sentence(words)
    }

    fn renewal(&self, account: &AccountView) -> Value {
        let link = Link::new(format!("/certificates?account={}", account.id), "ACME account");
        let rest = match (account.is_valid, account.last_order) {
            (false, _) => Value::from(" that ordered it is closed: nobody renews it by itself."),
            (true, None) => Value::from(" that ordered it may be used, but has no recent order."),
            (true, Some(at)) => Value::Sentence(vec![
                Value::from(" that ordered it is in use, its last order was "),
                self.frame.moment(&at).into(),
                Value::from(": it renews when its client next looks, not at once."),
            ]),
        };
        Value::Sentence(vec![Value::from("The "), link.into(), rest])
    }

    fn of_the_key(&self) -> Value {
        let count = self.same_key.len();
        let these = if count == 1 {
            "another valid certificate has".to_owned()
        } else {
            format!("{count} other valid certificates have")
        };
        let text = Value::from(format!(
            "With the reason keyCompromise the key is blocked for good. {these} the same key; revoke them as well:"
        ));
        let lines = self.same_key.iter().take(10).map(|other| other.line(&self.frame)).collect();
        Value::Sentence(vec![text, Value::Lines(lines)])
    }
}

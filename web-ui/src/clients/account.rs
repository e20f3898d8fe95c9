//! One account: who it is, what it ordered, and closing it.

use askama::Template;

use super::accounts::long_id;
use super::orders::{self, OrderRow};
use super::{AccountRow, AccountState};
use crate::RenderError;
use crate::audit::audit_of;
use crate::certificates::{address, shortened};
use crate::frame::Frame;
use crate::parts::{Act, Danger, Empty, Exact, Fact, Facts, Headline, Id, Link, Table, Value};

/// One account.
#[derive(Clone, Debug)]
pub struct AccountPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The account.
    pub account: AccountRow,
    /// RFC 7638 thumbprint of its key.
    pub key_thumbprint: String,
    /// Id of the binding that it was opened with.
    pub binding: Option<String>,
    /// When it agreed to the terms of service.
    pub terms_agreed_at: Option<i64>,
    /// A page of its orders, newest first.
    pub orders: Vec<OrderRow>,
    /// Where they begin, when this page is not there.
    pub newest: Option<String>,
    /// Where they go on.
    pub older: Option<String>,
    /// Why the viewer may not close it, if so.
    pub no_close: Option<String>,
}

/// What closing an account means, before it is done.
#[derive(Clone, Debug)]
pub struct CloseAccountPage {
    /// What surrounds it.
    pub frame: Frame,
    /// The account.
    pub account: AccountRow,
}

#[derive(Template)]
#[template(path = "clients/account.html")]
struct Html<'a> {
    frame: &'a Frame,
    title: String,
    headline: Headline,
    facts: Facts,
    orders: Table,
}

#[derive(Template)]
#[template(path = "clients/close.html")]
struct CloseHtml<'a> {
    frame: &'a Frame,
    headline: Headline,
    danger: Danger,
}

impl AccountRow {
    fn href(&self) -> String {
        format!("/clients/{}/accounts/{}", self.endpoint, self.id)
    }

    fn title(&self) -> String {
        format!("Account {}", shortened(&self.id, 17))
    }
}

impl AccountPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let nothing = Empty::new("No order", "It has ordered nothing in the weeks for which orders are kept.");
        let html = Html {
            frame: &self.frame,
            title: self.account.title(),
            headline: self.headline(),
            facts: self.facts(),
            orders: orders::table(&self.frame, &self.orders)
                .with_pages(self.newest.clone(), self.older.clone())
                .or_empty(nothing),
        };
        html.render()
    }

    fn headline(&self) -> Headline {
        let account = &self.account;
        let sentence = vec![
            Value::from("Opened "),
            self.frame.moment(&account.created_at).into(),
            Value::from(format!(" from {} at the endpoint {}.", account.created_from, account.endpoint)),
        ];
        let who = format!("AcmeAccount:{}/{}", account.endpoint, account.id);
        let is_open = account.state == AccountState::Valid;
        let close = Act::open("Close …", format!("{}/close", account.href())).danger();
        let headline = Headline::new(account.title())
            .within(Link::new("/clients/accounts", "Accounts"))
            .with_badge(account.state.badge())
            .saying(Value::Sentence(sentence))
            .with_act(Act::open("Its certificates", format!("/certificates?account={}", account.id)))
            .with_act(Act::open("What it did", address("/audit", [("actor", who.as_str())].into_iter())))
            .with_act(audit_of(&format!("account {}", account.id)));
        if is_open { headline.with_act(close.refused_because(self.no_close.clone())) } else { headline }
    }

    fn facts(&self) -> Facts {
        let account = &self.account;
        let contacts: Vec<Value> = account.contacts.iter().map(|url| Link::new(url, url).into()).collect();
        let contacts = if contacts.is_empty() { Value::Absent } else { Value::Lines(contacts) };
        let binding = self.binding.as_ref().map(|kid| Value::from(Id::new("binding", kid)));
        let mut facts = vec![
            Fact::new("Contact", contacts).with_gloss("What the client said; nobody checked it."),
            Fact::new("Binding", Value::or_absent(binding))
                .with_gloss("The external account binding (EAB) that it was opened with."),
            Fact::new("Key", Id::new("thumbprint", &self.key_thumbprint))
                .with_gloss("RFC 7638 thumbprint of its public key: whoever has the private key is the account."),
            Fact::new("Id", long_id("id", &account.id)),
            Fact::new("Opened", Exact(self.frame.moment(&account.created_at))),
        ];
        if let Some(at) = self.terms_agreed_at {
            facts.push(Fact::new("Terms agreed to", Exact(self.frame.moment(&at))));
        }
        Facts(facts)
    }
}

impl CloseAccountPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None that a test has not excluded.
    pub fn render(&self) -> Result<String, RenderError> {
        let href = self.account.href();
        let consequences = vec![
            "Its key can order and renew nothing any more, and cannot open another account at this endpoint.".into(),
            "Its certificates stay valid; revoke them apart where they should not.".into(),
            "This cannot be undone: its client needs a new key.".into(),
        ];
        let html = CloseHtml {
            frame: &self.frame,
            headline: Headline::new(format!("Close {}", self.account.title().to_lowercase()))
                .within(Link::new(href.clone(), self.account.title())),
            danger: Danger::new(
                &self.frame,
                "Close the account",
                format!("{href}/close"),
                "Close the account",
                consequences,
            )
            .or_back_to(href),
        };
        html.render()
    }
}

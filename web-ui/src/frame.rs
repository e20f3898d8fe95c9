//! What surrounds every page: title, navigation, search, who is signed in, footer.

use crate::assets::{HTMX, ICON, SCRIPT, STYLE};
use crate::moment::Moment;

/// The frame of one page. Every page struct has one as `frame`; its template extends `base.html`.
///
/// With nobody signed in there is neither navigation nor search: the page stands alone.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The name of this installation.
    pub installation_name: String,
    /// What this installation is for, where it has a word for it.
    pub environment: Option<Environment>,
    /// Where in the navigation the page stands.
    pub section: Section,
    /// Who is signed in.
    pub operator: Option<OperatorBadge>,
    /// The token that every form of the page sends as `csrf`; empty while nobody is signed in.
    pub csrf: String,
    /// Now, in Unix seconds.
    pub now: i64,
}

/// What an installation is for, so that nobody mistakes a test for production.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The word for it, such as `production` or `test`.
    pub name: String,
    /// How it is marked.
    pub kind: EnvironmentKind,
}

/// How an environment is marked: by the colour and the pattern of the stripe above the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvironmentKind {
    /// What others rely on: a plain stripe.
    Production,
    /// A rehearsal of it: a dashed stripe.
    Staging,
    /// Nothing depends on it: a hatched stripe.
    Test,
}

/// Who is signed in, as the frame shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorBadge {
    /// The name that they sign in with.
    pub name: String,
    /// Their roles, such as `approver`.
    pub roles: Vec<String>,
}

/// Where in the navigation a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What needs a person now.
    Overview,
    /// Certificates that were issued.
    Certificates,
    /// Requests for certificates, and their approval.
    Requests,
    /// ACME endpoints, accounts, orders and bindings.
    Clients,
    /// Signatures that builds ask for, their approval, and what was signed.
    Signing,
    /// The certificate authorities and their lists.
    Authorities,
    /// Hardware security modules and their keys.
    Hsm,
    /// Who did what.
    Audit,
    /// Operators, tokens, policy, profiles, notices.
    Settings,
    /// A page that stands nowhere in the navigation: sign-in, account, error.
    Elsewhere,
}

/// One entry of the navigation.
#[derive(Debug)]
pub(crate) struct Place {
    section: Section,
    pub(crate) label: &'static str,
    pub(crate) path: &'static str,
}

/// What exists, in the order of the navigation; a page adds itself here when it comes.
const NAVIGATION: [Place; 9] = [
    Place { section: Section::Overview, label: "Overview", path: "/" },
    Place { section: Section::Certificates, label: "Certificates", path: "/certificates" },
    Place { section: Section::Requests, label: "Requests", path: "/requests" },
    Place { section: Section::Clients, label: "Clients", path: "/clients" },
    Place { section: Section::Signing, label: "Signing", path: "/signing" },
    Place { section: Section::Authorities, label: "Authorities", path: "/authorities" },
    Place { section: Section::Hsm, label: "HSM", path: "/hsm" },
    Place { section: Section::Audit, label: "Audit", path: "/audit" },
    Place { section: Section::Settings, label: "Settings", path: "/settings" },
];

impl Frame {
    pub(crate) const STYLE: &'static str = STYLE.path;
    pub(crate) const SCRIPT: &'static str = SCRIPT.path;
    pub(crate) const HTMX: &'static str = HTMX.path;
    pub(crate) const ICON: &'static str = ICON.path;
    pub(crate) const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    /// The frame of a page that nobody has signed in for.
    pub fn public(installation_name: impl Into<String>, now: i64) -> Self {
        Self {
            installation_name: installation_name.into(),
            environment: None,
            section: Section::Elsewhere,
            operator: None,
            csrf: String::new(),
            now,
        }
    }

    /// A moment as it is seen from this page: "in 12 days".
    pub fn moment(&self, at: &i64) -> Moment {
        Moment { at: *at, now: self.now }
    }

    /// Whether the page leads to the door: it is for everybody, and not the door itself.
    pub(crate) fn offers_sign_in(&self) -> bool {
        self.operator.is_none() && self.section != Section::Elsewhere
    }

    pub(crate) fn navigation(&self) -> &'static [Place] {
        &NAVIGATION
    }

    pub(crate) fn is_here(&self, place: &Place) -> bool {
        self.section == place.section
    }

    pub(crate) fn rendered_at(&self) -> Moment {
        self.moment(&self.now)
    }
}

impl EnvironmentKind {
    /// The class in the style sheet.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Test => "test",
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use askama::Template;

    use super::*;

    #[derive(Template)]
    #[template(
        ext = "html",
        source = r#"{% extends "base.html" %}{% block title %}A page{% endblock %}{% block content %}<h1>A page</h1>{% endblock %}"#
    )]
    struct Page {
        frame: Frame,
    }

    fn signed_in() -> Frame {
        Frame {
            section: Section::Certificates,
            environment: Some(Environment { name: "rehearsal".to_owned(), kind: EnvironmentKind::Staging }),
            operator: Some(OperatorBadge { name: "ada".to_owned(), roles: vec!["auditor".to_owned()] }),
            csrf: "the-token".to_owned(),
            ..Frame::public("Example CA", 1_782_907_200)
        }
    }

    fn html(frame: Frame) -> String {
        crate::assets::without_digests(Page { frame }.render().unwrap())
    }

    #[test]
    fn the_frame_of_somebody_signed_in() {
        insta::assert_snapshot!(html(signed_in()));
    }

    #[test]
    fn a_stranger_sees_neither_navigation_nor_search() {
        let html = html(Frame { operator: None, ..signed_in() });
        assert!(!html.contains("<nav") && !html.contains("/search") && !html.contains("/sign-out"), "{html}");
        assert!(html.contains("rehearsal") && html.contains("href=\"/sign-in\""));
    }

    #[test]
    fn the_door_does_not_lead_to_itself() {
        assert!(!html(Frame::public("Example CA", 0)).contains("/sign-in"));
    }

    #[test]
    fn the_place_in_the_navigation_is_marked_once_in_each_form_of_it() {
        let html = html(signed_in());
        assert_eq!(html.matches("href=\"/certificates\" aria-current=\"page\"").count(), 2);
        assert_eq!(html.matches("aria-current").count(), 2);
    }

    #[test]
    fn names_are_text() {
        let hostile = "\"><script>alert(1)</script>";
        let html = html(Frame {
            installation_name: hostile.to_owned(),
            environment: Some(Environment { name: hostile.to_owned(), kind: EnvironmentKind::Test }),
            operator: Some(OperatorBadge { name: hostile.to_owned(), roles: vec![hostile.to_owned()] }),
            csrf: hostile.to_owned(),
            ..signed_in()
        });
        assert!(!html.contains("<script>"), "{html}");
    }
}

//! The template of the start page and what it computes from the page's fields.

use askama::Template;
use askama::filters::HtmlSafe;

use super::authority::{AuthorityKind, AuthorityView};
use super::health::HealthState;
use super::{HealthCheck, StartPage};
use crate::address::Address;
use crate::frame::Frame;
use crate::moment::length;
use crate::recipe::{Recipe, Step};
use crate::trust;

/// The template with everything it needs.
#[derive(Template)]
#[template(path = "start.html")]
pub(super) struct Html<'a> {
    frame: &'a Frame,
    page: &'a StartPage,
    hierarchy: Vec<Node<'a>>,
    trust: Vec<Recipe>,
}

/// An authority and those below it.
#[derive(Template)]
#[template(path = "start/authority.html")]
struct Node<'a> {
    authority: &'a AuthorityView,
    fingerprint: Fingerprint,
    children: Vec<Node<'a>>,
    now: i64,
}

/// A fingerprint in both forms that people compare with.
#[derive(Template)]
#[template(path = "start/fingerprint.html")]
struct Fingerprint {
    quarters: Vec<String>,
    hex: String,
}

// Their templates escape what they write.
impl HtmlSafe for Node<'_> {}
impl HtmlSafe for Fingerprint {}

impl Fingerprint {
    fn of(authority: &AuthorityView) -> Self {
        Self { quarters: authority.fingerprint_quarters(), hex: authority.fingerprint_hex() }
    }
}

impl<'a> Html<'a> {
    pub(super) fn new(page: &'a StartPage) -> Self {
        Self { frame: &page.frame, page, hierarchy: hierarchy(page), trust: trust::recipes(&page.root_pem_url) }
    }

    fn roots(&self) -> impl Iterator<Item = &'a AuthorityView> {
        self.page.authorities.iter().filter(|authority| authority.is_root())
    }

    /// The checks, what is worst first.
    fn checks(&self) -> Vec<&'a HealthCheck> {
        let mut checks: Vec<_> = self.page.health.iter().collect();
        checks.sort_by_key(|check| std::cmp::Reverse(check.state));
        checks
    }

    /// Everything that is not as it should be: how bad, and what.
    fn findings(&self) -> Vec<(HealthState, String)> {
        let checks = self.page.health.iter().map(|check| (check.state, check.subject.clone()));
        let dates = self.page.authorities.iter().map(|authority| {
            let (state, word) = authority.validity(&self.page.frame.now);
            (state, format!("{} {word}", authority.name))
        });
        let overdue = self.page.authorities.iter().filter(|authority| authority.list_is_overdue(&self.page.frame.now));
        let lists = overdue.map(|authority| (HealthState::Broken, format!("CRL of {} overdue", authority.name)));
        checks.chain(dates).chain(lists).filter(|(state, _)| *state != HealthState::Good).collect()
    }

    /// The worst state of anything on the page.
    fn state(&self) -> HealthState {
        self.findings().iter().map(|finding| finding.0).max().unwrap_or(HealthState::Good)
    }

    fn headline(&self) -> String {
        let worst = self.state();
        let named: Vec<_> =
            self.findings().into_iter().filter(|finding| finding.0 == worst).map(|finding| finding.1).collect();
        match worst {
            _ if self.page.authorities.is_empty() => "No authority yet".to_owned(),
            HealthState::Broken => format!("Broken: {}", named.join(", ")),
            HealthState::Attention => format!("Needs attention: {}", named.join(", ")),
            HealthState::Good if self.page.acme_endpoints.is_empty() => "No ACME endpoint yet".to_owned(),
            HealthState::Good => "Ready to issue certificates".to_owned(),
        }
    }

    /// Which CA certificate ends first, in words.
    fn first_end(&self) -> Option<String> {
        let first = self.page.authorities.iter().min_by_key(|authority| authority.not_after)?;
        let left = u64::try_from(first.not_after.saturating_sub(self.page.frame.now)).ok()?;
        Some(format!("{} is the first to expire, in {}", first.name, length(left)))
    }

    fn fingerprint(&self, authority: &AuthorityView) -> Fingerprint {
        Fingerprint::of(authority)
    }

    /// An authority that could sign for an endpoint.
    fn example_issuer(&self) -> &'a str {
        let issuing = self.page.authorities.iter().find(|authority| !authority.is_root());
        issuing.map_or("issuing", |authority| authority.name.as_str())
    }
}

/// Roots first, each with those below it. An authority whose issuer is not here (a root kept elsewhere) is a top too.
fn hierarchy(page: &StartPage) -> Vec<Node<'_>> {
    let is_top = |authority: &&AuthorityView| match &authority.kind {
        AuthorityKind::Root => true,
        AuthorityKind::IssuedBy(issuer) => {
            *issuer == authority.name || !page.authorities.iter().any(|other| other.name == *issuer)
        }
    };
    page.authorities.iter().filter(is_top).map(|top| node(page, top)).collect()
}

fn node<'a>(page: &'a StartPage, authority: &'a AuthorityView) -> Node<'a> {
    let is_below = |other: &&AuthorityView| matches!(&other.kind, AuthorityKind::IssuedBy(issuer) if *issuer == authority.name && other.name != *issuer);
    let children = page.authorities.iter().filter(is_below).map(|below| node(page, below)).collect();
    Node { authority, fingerprint: Fingerprint::of(authority), children, now: page.frame.now }
}

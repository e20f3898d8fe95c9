//! ACME orders of the last weeks, with the proofs of their names. One in a hundred has a sibling that failed.

use crate::database::Dialect;
use crate::plan::{DAY, Plan, Planned, id};
use crate::rows::{Rows, maybe, text};
use crate::template::Template;

/// How long orders are kept.
const KEPT: i64 = 30 * DAY;

/// Rows of the tables of orders.
#[derive(Debug)]
pub(crate) struct Orders {
    orders: Rows,
    authorizations: Rows,
    links: Rows,
    challenges: Rows,
}

impl Orders {
    pub(crate) fn new() -> Self {
        Self {
            orders: Rows::of(
                "acme_order (id, endpoint, account_id, profile, profile_hash, identifiers, finalization, problem, \
                 certificate_id, created_at, expires_at)",
            ),
            authorizations: Rows::of(
                "acme_authorization (id, endpoint, account_id, identifier_kind, identifier, wildcard, state, validated_at, \
                 created_at, expires_at)",
            ),
            links: Rows::of("acme_order_authorization (order_id, position, authorization_id)"),
            challenges: Rows::of("acme_challenge (authorization_id, kind, id, token, state, validated_at, problem)"),
        }
    }

    /// The order of a certificate, if it is kept still.
    pub(crate) fn push(&mut self, plan: &Plan, planned: &Planned, account: &str, to: &Template, dialect: Dialect) {
        if plan.now() - planned.issued_at() >= KEPT {
            return;
        }
        self.one(planned, account, to, dialect, true);
        if planned.number.is_multiple_of(100) {
            self.one(planned, account, to, dialect, false);
        }
    }

    fn one(&mut self, planned: &Planned, account: &str, to: &Template, dialect: Dialect, is_good: bool) {
        let (names, at) = (Plan::names(planned.lineage), planned.issued_at());
        let order = planned.id(if is_good { ORDER } else { FAILED });
        let profile_hash = dialect.octets(&octets(&to.profile_hash));
        let pairs: Vec<[&str; 2]> = names.iter().map(|name| ["dns", name.as_str()]).collect();
        let identifiers = serde_json::json!(pairs).to_string();
        let certificate = is_good.then(|| planned.id(crate::certificate::KIND));
        let problem = (!is_good).then_some(PROBLEM);
        self.orders.push(&[
            &text(&order),
            "'acme'",
            &text(account),
            &text(&to.profile),
            &profile_hash,
            &text(&identifiers),
            if is_good { "'issued'" } else { "'failed'" },
            &maybe(problem),
            &maybe(certificate.as_deref()),
            &at.to_string(),
            &(at + 7 * DAY).to_string(),
        ]);
        for (position, name) in names.iter().enumerate() {
            self.proof(planned, account, &order, (position, name), is_good);
        }
    }

    fn proof(&mut self, planned: &Planned, account: &str, order: &str, named: (usize, &str), is_good: bool) {
        let (position, name) = named;
        let kind = u16::try_from(position).unwrap_or_default() * 2 + if is_good { 0x100 } else { 0x101 };
        let (authorization, challenge) = (planned.id(kind), id(planned.issued_ms, kind + 0x200, planned.number));
        let (state, at) = (if is_good { "'valid'" } else { "'invalid'" }, planned.issued_at());
        let validated = if is_good { at.to_string() } else { "NULL".to_owned() };
        self.authorizations.push(&[
            &text(&authorization),
            "'acme'",
            &text(account),
            "'dns'",
            &text(name.trim_start_matches("*.")),
            if name.starts_with('*') { "TRUE" } else { "FALSE" },
            state,
            &validated,
            &at.to_string(),
            &(at + KEPT).to_string(),
        ]);
        self.links.push(&[&text(order), &position.to_string(), &text(&authorization)]);
        let way = if name.starts_with('*') { "'dns-01'" } else { "'http-01'" };
        let problem = maybe((!is_good).then_some(PROBLEM));
        let token = text(&challenge.replace('-', ""));
        self.challenges.push(&[&text(&authorization), way, &text(&challenge), &token, state, &validated, &problem]);
    }

    pub(crate) fn take(&mut self) -> Vec<String> {
        let tables = [&mut self.orders, &mut self.authorizations, &mut self.links, &mut self.challenges];
        tables.into_iter().flat_map(Rows::take).collect()
    }
}

/// The order of a certificate, in ids.
pub(crate) const ORDER: u16 = 0x0de;

/// The one before it, which failed.
const FAILED: u16 = 0x0df;

const PROBLEM: &str = "{\"type\":\"urn:ietf:params:acme:error:connection\",\"status\":400,\"detail\":\"http-01: the \
                       connection to 192.0.2.7:80 was refused\"}";

/// Octets of hexadecimal digits.
pub(crate) fn octets(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        digits.chars().filter_map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

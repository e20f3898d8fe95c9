//! What is asked for: each page that people open, each filter of the lists, and combinations of which one part is rare.

use crate::sample::Sample;

/// One kind of page, at several places.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) places: Vec<String>,
}

fn one(name: &'static str, place: &str) -> Case {
    Case { name, places: vec![place.to_owned()] }
}

fn each<T>(name: &'static str, things: &[T], place: impl Fn(&T) -> String) -> Case {
    Case { name, places: things.iter().map(place).collect() }
}

/// Every case.
pub(crate) fn all(sample: &Sample) -> Vec<Case> {
    let mut all = certificates(sample);
    all.extend(searches(sample));
    all.extend(clients(sample));
    all.extend(audit(sample));
    all.extend([
        one("dashboard", "/"),
        one("authorities", "/authorities"),
        one("authority", "/authorities/issuing"),
        one("hsm", "/hsm"),
        one("requests", "/requests"),
        one("operators", "/settings/operators"),
    ]);
    all.retain(|case| !case.places.is_empty());
    all
}

fn certificates(sample: &Sample) -> Vec<Case> {
    let mut all: Vec<Case> = [
        ("list", "/certificates"),
        ("list, oldest", "/certificates?sort=oldest"),
        ("list, first to end", "/certificates?sort=first-to-end"),
        ("list, valid", "/certificates?status=valid"),
        ("list, soon", "/certificates?status=soon"),
        ("list, expired", "/certificates?status=expired"),
        ("list, revoked", "/certificates?status=revoked"),
        ("list, overdue", "/certificates?renewal=overdue"),
        ("list, asked to renew", "/certificates?renewal=asked"),
        ("list, profile", "/certificates?profile=tls-server"),
        ("list, issuer", "/certificates?issuer=issuing"),
        ("list, endpoint", "/certificates?endpoint=acme"),
        ("list, owner", "/certificates?owner=team-07"),
        ("list, owner and revoked", "/certificates?owner=team-07&status=revoked"),
        ("list, owner and soon", "/certificates?owner=team-07&status=soon"),
        ("list, issued on one day", "/certificates?issued_after=100d&issued_before=101d"),
        ("list, unknown owner", "/certificates?owner=nobody"),
    ]
    .map(|(name, place)| one(name, place))
    .into();
    all.push(each("list, account", &sample.accounts, |id| format!("/certificates?account={id}")));
    all.push(each("list, account and soon", &sample.accounts, |id| format!("/certificates?account={id}&status=soon")));
    all.push(each("certificate", &sample.certificates, |one| format!("/certificates/{}", one.id)));
    all.push(each("revocation form", &sample.certificates, |one| format!("/certificates/{}/revoke", one.id)));
    all.push(each("API: certificate", &sample.certificates, |one| format!("/api/v1/certificates/{}", one.id)));
    all.push(one("API: certificates", "/api/v1/certificates"));
    all
}

fn searches(sample: &Sample) -> Vec<Case> {
    let (all, short) =
        (&sample.certificates, |text: &str, digits: usize| text.chars().take(digits).collect::<String>());
    vec![
        each("search, whole name", all, |one| format!("/certificates?q={}", one.name)),
        each("search, beginning of a name", all, |one| format!("/certificates?q={}", short(&one.name, 8))),
        each("search, short beginning", all, |one| format!("/certificates?q={}", short(&one.name, 2))),
        each("search, end of a name", all, |one| {
            format!("/certificates?q=*.{}", one.name.split_once('.').map_or("", |(_, rest)| rest))
        }),
        one("search, end of many names", "/certificates?q=*.prod.internal"),
        one("search, beginning, revoked", "/certificates?q=web-0&status=revoked"),
        one("search, end, owner", "/certificates?q=*.z012.prod.internal&owner=team-07"),
        each("search, serial", all, |one| format!("/certificates?q={}", one.serial)),
        each("search, beginning of a serial", all, |one| format!("/certificates?q={}", short(&one.serial, 8))),
        each("search, fingerprint", all, |one| format!("/certificates?q={}", one.fingerprint)),
        each("search, key", all, |one| format!("/certificates?key={}", one.key)),
        one("search, owner by word", "/certificates?q=team-07"),
        one("search, nothing", "/certificates?q=no-such-host"),
        each("search field, name", all, |one| format!("/search?q={}", short(&one.name, 11))),
    ]
}

fn clients(sample: &Sample) -> Vec<Case> {
    vec![
        one("orders", "/clients"),
        one("orders, invalid", "/clients?status=invalid"),
        one("accounts", "/clients/accounts"),
        each("account", &sample.accounts, |id| format!("/clients/acme/accounts/{id}")),
        each("order", &sample.orders, |id| format!("/clients/acme/orders/{id}")),
        each("order that failed", &sample.failed, |id| format!("/clients/acme/orders/{id}")),
    ]
}

fn audit(sample: &Sample) -> Vec<Case> {
    let events = &sample.events;
    let spelled = |text: &str| text.replace(' ', "%20");
    vec![
        one("audit", "/audit"),
        one("audit, act", "/audit?action=RevokeCertificate"),
        one("audit, one day", "/audit?since=101d&until=100d"),
        one("audit, rare act", "/audit?action=PublishCrl"),
        one("audit, rare act of one", "/audit?actor=ann&action=PublishCrl"),
        one("audit, act of one", "/audit?actor=ann&action=RevokeCertificate"),
        each("audit, actor", events, |one| format!("/audit?actor={}", one.actor)),
        each("audit, actor and rare act", events, |one| format!("/audit?actor={}&action=KeyChange", one.actor)),
        each("audit, object", events, |one| format!("/audit?object={}", spelled(&one.object))),
        each("audit, object and actor", events, |one| {
            format!("/audit?object={}&actor={}&action=Finalize", spelled(&one.object), one.actor)
        }),
        each("audit, request", events, |one| format!("/audit?request={}", one.request)),
        each("audit event", events, |one| format!("/audit/{}", one.id)),
        one("API: audit", "/api/v1/audit"),
    ]
}

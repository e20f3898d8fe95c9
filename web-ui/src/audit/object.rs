//! What an act was done to, with the way to its page.

use crate::certificates::shortened;
use crate::parts::{Link, Value};

/// `certificate issuing/0abc` as a link to that certificate.
pub(super) fn object(text: &str) -> Value {
    let shown = shortened(text, 72);
    match place(text) {
        Some(place) => Link::new(place, shown).into(),
        None => shown.into(),
    }
}

fn place(text: &str) -> Option<String> {
    let (kind, id) = text.split_once([' ', ':'])?;
    let plain = id.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_./".contains(&octet));
    match (kind, id.split_once('/')) {
        _ if !plain => None,
        ("certificate", Some((_, serial))) => Some(format!("/certificates/{serial}")),
        ("Operator", None) => Some(format!("/settings/operators/{id}")),
        ("crl", Some((slug, _))) => Some(format!("/authorities/{slug}")),
        ("request", None) => Some(format!("/requests/{id}")),
        ("signing-request", None) => Some(format!("/signing/{id}")),
        ("signing-grant", None) => Some("/signing/grants".to_owned()),
        ("SigningProfile", _) => Some(format!("/signing/profiles/{id}")),
        ("Hsm", None) => Some(format!("/hsm/{id}")),
        _ => None,
    }
}

#[test]
fn what_has_a_page_is_linked() {
    assert_eq!(place("certificate issuing/0abc").as_deref(), Some("/certificates/0abc"));
    assert_eq!(place("crl issuing-2/0").as_deref(), Some("/authorities/issuing-2"));
    assert_eq!(place("Operator:ann").as_deref(), Some("/settings/operators/ann"));
    assert_eq!(place("request 019a").as_deref(), Some("/requests/019a"));
    assert_eq!(place("signing-request 019a").as_deref(), Some("/signing/019a"));
    assert_eq!(place("signing-grant 019a").as_deref(), Some("/signing/grants"));
    assert_eq!(place("SigningProfile:team/release").as_deref(), Some("/signing/profiles/team/release"));
    assert_eq!(place("Hsm:token").as_deref(), Some("/hsm/token"));
    for none in ["installation", "order 019a", "certificate issuing/../x y", "Operator:a?b", ""] {
        assert_eq!(place(none), None, "{none}");
    }
}

//! Whom a provider vouches for.

use ca_core::time::UnixTime;
use serde_json::{Map, Value};

use super::id_token::Claims;
use crate::config::OidcSettings;

/// A person as the provider describes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// By what the provider knows them, for ever.
    pub subject: String,
    /// What they would like to be called.
    pub name: String,
    /// The groups they are in.
    pub groups: Vec<String>,
    /// When they proved to the provider who they are, if it says so.
    pub authenticated_at: Option<UnixTime>,
}

impl Person {
    pub(super) fn of(claims: Claims, settings: &OidcSettings) -> Self {
        let named = [settings.name_claim.as_str(), "email"].into_iter().find_map(|claim| {
            let name = find(&claims.all, claim)?.as_str()?;
            (!name.is_empty()).then(|| name.to_owned())
        });
        Self {
            name: named.unwrap_or_else(|| claims.subject.clone()),
            groups: find(&claims.all, &settings.groups_claim).map(texts).unwrap_or_default(),
            subject: claims.subject,
            authenticated_at: claims.authenticated_at,
        }
    }
}

/// A claim by its name, or by a JSON pointer (RFC 6901).
pub(super) fn find<'a>(claims: &'a Map<String, Value>, claim: &str) -> Option<&'a Value> {
    let Some(pointer) = claim.strip_prefix('/') else { return claims.get(claim) };
    let (first, rest) = pointer.split_once('/').map_or((pointer, ""), |(first, _)| (first, &pointer[first.len()..]));
    claims.get(&first.replace("~1", "/").replace("~0", "~"))?.pointer(rest)
}

fn texts(value: &Value) -> Vec<String> {
    let several = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    several.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_claim_is_found_by_name_or_pointer() {
        let claims = serde_json::json!({
            "groups": ["a", 7, "b"], "one": "c", "https://example.org/groups": ["d"],
            "realm_access": {"roles": ["e"]}, "a/b": {"c": "f"},
        });
        let claims = claims.as_object().unwrap();
        for (claim, expected) in [
            ("groups", vec!["a", "b"]),
            ("one", vec!["c"]),
            ("https://example.org/groups", vec!["d"]),
            ("/realm_access/roles", vec!["e"]),
            ("/a~1b/c", vec!["f"]),
            ("/one", vec!["c"]),
        ] {
            assert_eq!(texts(find(claims, claim).unwrap()), expected, "{claim}");
        }
        assert!(find(claims, "/realm_access/none").is_none() && find(claims, "none").is_none());
    }
}

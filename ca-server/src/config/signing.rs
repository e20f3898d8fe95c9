//! `[signing]`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::ConfigError;
use super::key::Place;

/// `[signing]` as written: signatures over artifacts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningConfig {
    /// What CIs call your operators, by sign-in name: login, e-mail address or the id that stays when the login changes. Whoever
    /// set a job off does not approve what it asks for.
    /// Example: `{ "ann" = ["ann-at-github", "1234567", "ann.lee@example.org"] }`
    pub people: Option<BTreeMap<String, Vec<String>>>,
}

/// A checked `[signing]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SigningSettings {
    /// Names elsewhere by sign-in name, all in lower case.
    pub people: BTreeMap<String, Vec<String>>,
}

impl SigningConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<SigningSettings, ConfigError> {
        let lower = |name: String| name.trim().to_ascii_lowercase();
        let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, elsewhere) in self.people.unwrap_or_default() {
            let place = at.key("people");
            let elsewhere: Vec<String> = elsewhere.into_iter().map(lower).collect();
            if elsewhere.is_empty() || elsewhere.iter().any(String::is_empty) {
                return Err(place.refuse(format!("say what CIs call {name:?}: at least one name, none of them empty")));
            }
            people.entry(lower(name)).or_default().extend(elsewhere);
        }
        Ok(SigningSettings { people })
    }
}

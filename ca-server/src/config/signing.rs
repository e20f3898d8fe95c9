//! `[signing]`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::error::ConfigError;
use super::key::Place;

/// `[signing]` as written: signatures over artifacts. Who has what signed stands in the signing profiles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningConfig {
    /// What CIs call your operators, by sign-in name: login, e-mail address or the id that stays when the login changes. Whoever
    /// set a job off does not approve what it asks for.
    /// Example: `{ "ann" = ["ann-at-github", "1234567", "ann.lee@example.org"] }`
    pub people: Option<BTreeMap<String, Vec<String>>>,
    /// How often each signing profile is tried with a signature that nobody gets.
    /// Default: `"1h"`
    pub canary_every: Option<String>,
}

/// A checked `[signing]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningSettings {
    /// Names elsewhere by sign-in name, all in lower case.
    pub people: BTreeMap<String, Vec<String>>,
    /// From one trial of a signing profile to the next.
    pub canary_every: Duration,
}

const SHORTEST: Duration = Duration::from_secs(60);

const LONGEST: Duration = Duration::from_secs(7 * 86_400);

impl SigningConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<SigningSettings, ConfigError> {
        let people = people(self.people.unwrap_or_default(), &at.key("people"))?;
        let at = at.key("canary_every");
        let canary_every = at.duration(self.canary_every.as_deref().unwrap_or("1h"))?;
        if !(SHORTEST..=LONGEST).contains(&canary_every) {
            return Err(at.refuse("between 1m and 7d: oftener is a burden, and more seldom finds a fault too late"));
        }
        Ok(SigningSettings { people, canary_every })
    }
}

fn people(
    written: BTreeMap<String, Vec<String>>,
    at: &Place<'_>,
) -> Result<BTreeMap<String, Vec<String>>, ConfigError> {
    let lower = |name: String| name.trim().to_ascii_lowercase();
    let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, elsewhere) in written {
        let elsewhere: Vec<String> = elsewhere.into_iter().map(lower).collect();
        if elsewhere.is_empty() || elsewhere.iter().any(String::is_empty) {
            return Err(at.refuse(format!("say what CIs call {name:?}: at least one name, none of them empty")));
        }
        people.entry(lower(name)).or_default().extend(elsewhere);
    }
    Ok(people)
}

//! `[[oidc]]`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::error::ConfigError;
use super::key::Place;
use super::secret::SecretSource;
use super::{Named, slug};

/// One `[[oidc]]` as written: an identity provider (OpenID Connect) whose people may sign in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// Part of URLs. At the provider, allow the redirect URI `PUBLIC_URL/sign-in/oidc/NAME/callback`.
    /// Example: `"corporate"`
    pub name: String,
    /// What the button says. Without it: With NAME.
    /// Example: `"With your Example account"`
    pub title: Option<String>,
    /// The provider's issuer, exactly as it names itself; https. What else is needed is read from its
    /// `/.well-known/openid-configuration`.
    /// Example: `"https://login.example.org"`
    pub issuer: String,
    /// What this server is called there.
    /// Example: `"signet"`
    pub client_id: String,
    /// File with the client secret. Without this and `client_secret_env`, the provider must know a public client.
    /// Example: `"oidc.secret"`
    pub client_secret_file: Option<PathBuf>,
    /// Environment variable with it.
    /// Example: `"SIGNET_OIDC_SECRET"`
    pub client_secret_env: Option<String>,
    /// PEM file with the roots below which the provider's TLS certificate must be, if not those of the system.
    /// Example: `"login-roots.pem"`
    pub ca_file: Option<PathBuf>,
    /// What is asked for besides `openid`.
    /// Default: `["profile", "email"]`
    pub scopes: Option<Vec<String>>,
    /// The claim that new operators are named after; then `email`, then `sub`.
    /// Default: `"preferred_username"`
    pub name_claim: Option<String>,
    /// The claim with the groups of a person, in the ID token or from the provider's userinfo: its name, or a JSON pointer
    /// such as `/realm_access/roles`.
    /// Default: `"groups"`
    pub groups_claim: Option<String>,
    /// Which roles the members of a group have. Whoever is in none of the groups may not sign in.
    /// Example: `{ "pki-officers" = ["security-officer"], "pki-audit" = ["auditor"] }`
    pub roles: BTreeMap<String, Vec<String>>,
}

/// A checked `[[oidc]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcSettings {
    /// Unique among providers; part of URLs.
    pub name: String,
    /// What the button says.
    pub title: String,
    /// As the provider names itself.
    pub issuer: String,
    /// Where it describes itself.
    pub discovery: Url,
    /// What this server is called there.
    pub client_id: String,
    /// The client secret, if there is one.
    pub client_secret: Option<SecretSource>,
    /// Roots of its TLS certificate; none for those of the system.
    pub ca_file: Option<PathBuf>,
    /// The value of `scope`.
    pub scope: String,
    /// The claim that new operators are named after.
    pub name_claim: String,
    /// Name of the claim with the groups, or a JSON pointer to it.
    pub groups_claim: String,
    /// Roles by group.
    pub roles: BTreeMap<String, Vec<String>>,
}

impl OidcSettings {
    /// The roles of whoever is in these groups; none for a stranger.
    pub fn roles_of(&self, groups: &[String]) -> Vec<String> {
        let roles = groups.iter().filter_map(|group| self.roles.get(group)).flatten();
        roles.cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl Named for OidcSettings {
    fn name(&self) -> &str {
        &self.name
    }
}

impl OidcConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<OidcSettings, ConfigError> {
        let name = slug::check(self.name, &at.key("name"))?;
        let file = self.client_secret_file.as_deref();
        Ok(OidcSettings {
            title: self.title.unwrap_or_else(|| format!("With {name}")),
            discovery: discovery(&self.issuer, &at.key("issuer"))?,
            client_secret: SecretSource::resolve("client_secret", file, self.client_secret_env, at)?,
            ca_file: self.ca_file.map(|file| at.path(&file)),
            scope: scope(self.scopes, &at.key("scopes"))?,
            name_claim: self.name_claim.unwrap_or_else(|| "preferred_username".to_owned()),
            groups_claim: self.groups_claim.unwrap_or_else(|| "groups".to_owned()),
            roles: roles(self.roles, &at.key("roles"))?,
            issuer: self.issuer,
            client_id: self.client_id,
            name,
        })
    }
}

// OpenID Connect Discovery 1.0 §4: the path is appended to the issuer without its final slash.
fn discovery(issuer: &str, at: &Place<'_>) -> Result<Url, ConfigError> {
    let url: Url = at.parse(issuer, "a URL")?;
    if url.scheme() != "https" || url.query().is_some() || url.fragment().is_some() {
        return Err(at.refuse(format!("`{issuer}` is no issuer: https, without query and fragment")));
    }
    at.parse(&format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')), "a URL")
}

fn scope(scopes: Option<Vec<String>>, at: &Place<'_>) -> Result<String, ConfigError> {
    let asked = scopes.unwrap_or_else(|| vec!["profile".to_owned(), "email".to_owned()]);
    // RFC 6749 §3.3: printable ASCII without spaces and quotes.
    let word = |scope: &String| {
        !scope.is_empty() && scope.bytes().all(|octet| octet.is_ascii_graphic() && !matches!(octet, b'"' | b'\\'))
    };
    if let Some(bad) = asked.iter().find(|scope| !word(scope)) {
        return Err(at.refuse(format!("`{bad}` is not a scope")));
    }
    let others = asked.into_iter().filter(|scope| scope != "openid");
    Ok(std::iter::once("openid".to_owned()).chain(others).collect::<Vec<_>>().join(" "))
}

fn roles(given: BTreeMap<String, Vec<String>>, at: &Place<'_>) -> Result<BTreeMap<String, Vec<String>>, ConfigError> {
    if given.is_empty() {
        return Err(at.refuse("at least one group is needed: nobody else may sign in"));
    }
    for (group, roles) in &given {
        slug::check_roles(roles, &at.key(group))?;
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    use super::*;
    use crate::config::source::Source;

    fn resolve(change: &str) -> Result<OidcSettings, String> {
        let mut table: toml::Table = r#"
            name = "corporate"
            issuer = "https://login.example.org/realm/"
            client_id = "signet"
            roles = { officers = ["security-officer", "auditor"], audit = ["auditor"] }
        "#
        .parse()
        .unwrap();
        table.extend(change.parse::<toml::Table>().unwrap());
        let config: OidcConfig = table.try_into().map_err(|error: toml::de::Error| error.to_string())?;
        let source = Source::from_text(Path::new("/etc/signet.toml"), "");
        config.resolve(&Place::root(&source)).map_err(|error| error.to_string())
    }

    #[test]
    fn groups_add_up_to_roles() {
        let settings = resolve("").unwrap();
        let groups =
            |names: &[&str]| settings.roles_of(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(groups(&["audit", "officers"]), ["auditor", "security-officer"]);
        assert!(groups(&["Audit", "others"]).is_empty());
        assert_eq!(settings.scope, "openid profile email");
        assert_eq!(settings.discovery.as_str(), "https://login.example.org/realm/.well-known/openid-configuration");
        assert_eq!(resolve("scopes = [\"groups\", \"openid\"]").unwrap().scope, "openid groups");
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for (change, words) in [
            ("issuer = \"http://login.example.org\"", "is no issuer"),
            ("issuer = \"https://login.example.org/?a=b\"", "is no issuer"),
            ("roles = {}", "at least one group"),
            ("roles = { officers = [] }", "at least one role"),
            ("roles = { officers = [\"Security Officer\"] }", "cannot be a name"),
            ("scopes = [\"two words\"]", "is not a scope"),
            ("client_secret_file = \"a\"\nclient_secret_env = \"B\"", "is given too"),
            ("client_secret = \"inline\"", "unknown field"),
        ] {
            let refusal = resolve(change).unwrap_err();
            assert!(refusal.contains(words), "{change}: {refusal}");
        }
    }
}

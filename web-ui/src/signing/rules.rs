//! Who may ask, and who must agree, as sentences.

use super::counted;
use crate::parts::Value;

/// One trust rule of a profile.
#[derive(Clone, Debug)]
pub struct TrustView {
    /// What refusals call it.
    pub name: String,
    /// Whom it is about.
    pub who: Trusted,
}

/// Whom a trust rule is about.
#[derive(Clone, Debug)]
pub enum Trusted {
    /// A job of a CI.
    Ci {
        /// The `iss` of its tokens.
        issuer: String,
        /// For whom they must be; this server when absent.
        audience: Option<String>,
        /// Claims with what they must be; `*` stands for anything.
        claims: Vec<(String, String)>,
    },
    /// A machine with a client certificate.
    Mtls {
        /// Name of the authority that issued it.
        issuer: String,
        /// Its alternative name; `*` stands for anything.
        san: String,
    },
    /// API tokens with the scope `signing`.
    ApiTokens,
}

impl TrustView {
    pub(super) fn sentence(&self) -> Value {
        match &self.who {
            Trusted::Ci { issuer, audience, claims } => ci(issuer, audience.as_deref(), claims),
            Trusted::Mtls { issuer, san } => Value::Sentence(vec![
                "A machine with a client certificate by ".into(),
                code(issuer),
                " whose alternative name is ".into(),
                code(san),
                ".".into(),
            ]),
            Trusted::ApiTokens => "Whoever has an API token with the scope “signing” and the role operator.".into(),
        }
    }
}

fn ci(issuer: &str, audience: Option<&str>, claims: &[(String, String)]) -> Value {
    let mut words = match provider(issuer) {
        Some(name) => vec![Value::from(format!("A job of {name}"))],
        None => vec!["A job whose token was issued by ".into(), code(issuer)],
    };
    match audience {
        Some(audience) => words.extend([", with a token for ".into(), code(audience)]),
        None => words.push(", with a token for this server".into()),
    }
    for (index, (claim, pattern)) in claims.iter().enumerate() {
        words.push(if index == 0 { ", if its claim ".into() } else { " and its claim ".into() });
        let verb = if pattern.contains('*') { " is like " } else { " is " };
        words.extend([code(claim), verb.into(), code(pattern)]);
    }
    words.push(".".into());
    Value::Sentence(words)
}

/// The issuers that everybody knows by another name.
fn provider(issuer: &str) -> Option<&'static str> {
    match issuer.trim_end_matches('/') {
        "https://token.actions.githubusercontent.com" => Some("GitHub Actions"),
        "https://gitlab.com" => Some("GitLab.com"),
        _ => None,
    }
}

fn code(text: &str) -> Value {
    Value::Code(text.to_owned())
}

/// "2 people with the role approver, then one with the role security-officer".
pub(super) fn approval(stages: &[(String, u32)]) -> String {
    let stage = |(group, need): &(String, u32)| {
        format!("{} with the role {group}", counted((*need).into(), "person", "people"))
    };
    match stages {
        [] => "nobody has to agree".to_owned(),
        stages => stages.iter().map(stage).collect::<Vec<_>>().join(", then "),
    }
}

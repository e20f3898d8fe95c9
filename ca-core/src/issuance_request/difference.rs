//! What changed between two versions of a request, so that a void approval can be explained.

use std::fmt;
use std::time::Duration;

use super::terms::{IssuanceRequest, RequestedExtension, RequestedKey, Terms};
use crate::profile::ProfileHash;
use crate::x509::GeneralName;

/// One thing that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another key, another CSR over the same key, or a key of other origin.
    Key,
    /// Another profile.
    Profile {
        /// Its name before.
        before: String,
        /// Its name now.
        after: String,
    },
    /// The same profile says something else now.
    ProfileVersion {
        /// Name of the profile.
        profile: String,
        /// Version before.
        before: ProfileHash,
        /// Version now.
        after: ProfileHash,
    },
    /// Another CA certificate or key signs.
    Issuer {
        /// Slug before.
        before: String,
        /// Slug now.
        after: String,
    },
    /// Another subject.
    Subject {
        /// RFC 4514 text before, perhaps empty.
        before: String,
        /// RFC 4514 text now, perhaps empty.
        after: String,
    },
    /// A name that was not there.
    NameAdded(GeneralName),
    /// A name that is gone.
    NameRemoved(GeneralName),
    /// An extension that was not there, or says something else.
    ExtensionSet {
        /// Its object identifier in dotted form.
        oid: String,
    },
    /// An extension that is gone.
    ExtensionRemoved {
        /// Its object identifier in dotted form.
        oid: String,
    },
    /// Another length.
    Validity {
        /// Length before.
        before: Duration,
        /// Length now.
        after: Duration,
    },
}

/// Everything that changed between two versions; empty if and only if their digests are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference(Vec<Change>);

impl Difference {
    /// Compares two versions of a request.
    pub fn between(before: &IssuanceRequest, after: &IssuanceRequest) -> Self {
        let (before, after) = (before.terms(), after.terms());
        let mut changes = Vec::new();
        changes.extend(key(&before.key, &after.key));
        changes.extend(profile(before, after));
        changes.extend(changed(&before.issuer, &after.issuer, |before, after| Change::Issuer { before, after }));
        let subjects = (before.subject.as_der() != after.subject.as_der())
            .then(|| Change::Subject { before: before.subject.to_string(), after: after.subject.to_string() });
        changes.extend(subjects);
        changes.extend(names(&before.names, &after.names));
        changes.extend(extensions(&before.extensions, &after.extensions));
        changes.extend(changed(&before.validity, &after.validity, |before, after| Change::Validity { before, after }));
        Self(changes)
    }

    /// The changes, the weightiest first.
    pub fn changes(&self) -> &[Change] {
        &self.0
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn changed<T: PartialEq + Clone>(before: &T, after: &T, change: impl Fn(T, T) -> Change) -> Option<Change> {
    (before != after).then(|| change(before.clone(), after.clone()))
}

fn key(before: &RequestedKey, after: &RequestedKey) -> Option<Change> {
    (before != after).then_some(Change::Key)
}

fn profile(before: &Terms, after: &Terms) -> Option<Change> {
    if before.profile != after.profile {
        return Some(Change::Profile { before: before.profile.clone(), after: after.profile.clone() });
    }
    changed(&before.profile_hash, &after.profile_hash, |before, after_hash| Change::ProfileVersion {
        profile: after.profile.clone(),
        before,
        after: after_hash,
    })
}

fn names(before: &[GeneralName], after: &[GeneralName]) -> Vec<Change> {
    let only = |these: &[GeneralName], those: &[GeneralName]| -> Vec<GeneralName> {
        these.iter().filter(|name| !those.contains(name)).cloned().collect()
    };
    let added = only(after, before).into_iter().map(Change::NameAdded);
    added.chain(only(before, after).into_iter().map(Change::NameRemoved)).collect()
}

fn extensions(before: &[RequestedExtension], after: &[RequestedExtension]) -> Vec<Change> {
    let set = after.iter().filter(|extension| !before.contains(extension));
    let set = set.map(|extension| Change::ExtensionSet { oid: extension.oid.clone() });
    let gone = before.iter().filter(|earlier| !after.iter().any(|extension| extension.oid == earlier.oid));
    let mut changes: Vec<Change> =
        set.chain(gone.map(|extension| Change::ExtensionRemoved { oid: extension.oid.clone() })).collect();
    let order = |list: &[RequestedExtension]| list.iter().map(|extension| extension.oid.clone()).collect::<Vec<_>>();
    // The same extensions in another order are other bytes, and a difference must not look empty.
    if changes.is_empty() && order(before) != order(after) {
        changes.extend(after.first().map(|extension| Change::ExtensionSet { oid: extension.oid.clone() }));
    }
    changes
}

/// Names of extensions that people know (RFC 5280 §4.2).
pub(super) fn extension_name(oid: &str) -> &str {
    match oid {
        "2.5.29.14" => "subjectKeyIdentifier",
        "2.5.29.15" => "keyUsage",
        "2.5.29.17" => "subjectAltName",
        "2.5.29.19" => "basicConstraints",
        "2.5.29.30" => "nameConstraints",
        "2.5.29.32" => "certificatePolicies",
        "2.5.29.35" => "authorityKeyIdentifier",
        "2.5.29.37" => "extKeyUsage",
        other => other,
    }
}

/// One sentence without a full stop.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = |duration: &Duration| crate::duration::format(*duration);
        let subject = |text: &str| if text.is_empty() { "empty".to_owned() } else { text.to_owned() };
        match self {
            Self::Key => f.write_str("the key or its CSR is another one"),
            Self::Profile { before, after } => write!(f, "the profile was {before} and is {after}"),
            Self::ProfileVersion { profile, before, after } => {
                write!(f, "the profile {profile} was edited: version {before} became {after}")
            }
            Self::Issuer { before, after } => write!(f, "the issuer was {before} and is {after}"),
            Self::Subject { before, after } => {
                write!(f, "the subject was {} and is {}", subject(before), subject(after))
            }
            Self::NameAdded(name) => write!(f, "{name} was added"),
            Self::NameRemoved(name) => write!(f, "{name} was removed"),
            Self::ExtensionSet { oid } => write!(f, "the extension {} is new or differs", extension_name(oid)),
            Self::ExtensionRemoved { oid } => write!(f, "the extension {} is gone", extension_name(oid)),
            Self::Validity { before, after } => {
                write!(f, "the validity was {} and is {}", length(before), length(after))
            }
        }
    }
}

/// `the issuer was …; dns:a.example.org was added`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join("; "))
    }
}

//! The policies in force: certificate and signing profiles, the authorization policy and the blocked keys, built in or from
//! `policies_dir`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ca_core::policy::{DEFAULT_POLICIES, InvalidPolicySet, PolicyEngine, PolicySource};
use ca_core::profile::{CertificateProfile, ProfileError};
use ca_core::signing::SigningProfile;
use ca_core::signing::profile::{CiTrust, Trusted};
use ca_core::x509::blocked_keys::{self, BlockedKeys, InvalidBlockedKeys};

/// What may be issued and who may do what; replaced as a whole on SIGHUP.
pub struct Policies {
    profiles: BTreeMap<String, Arc<CertificateProfile>>,
    signing: BTreeMap<String, Arc<SigningProfile>>,
    /// What relative paths of signing profiles refer to.
    signing_folder: Option<PathBuf>,
    engine: PolicyEngine,
    blocked_keys: BlockedKeys,
}

/// A policy file that cannot be read or does not hold.
#[derive(Debug, thiserror::Error)]
pub enum PoliciesError {
    /// The file system's answer.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A certificate profile is wrong.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Two signing profiles say differently where the keys of one issuer are.
    #[error(
        "the signing profiles disagree about the keys of the issuer {issuer}: {one}, {other}. A token verified with either \
         counts under both: name the same jwks_file or ca_file in every rule for an issuer, or none"
    )]
    IssuerKeys {
        /// The `iss` of the tokens.
        issuer: String,
        /// A profile, its rule and what that says.
        one: String,
        /// Another.
        other: String,
    },
    /// The authorization policy is wrong.
    #[error(transparent)]
    Policy(#[from] InvalidPolicySet),
    /// The list of blocked keys is wrong.
    #[error("{file}: {source}")]
    BlockedKeys {
        /// Which file.
        file: String,
        /// Line and fault.
        #[source]
        source: InvalidBlockedKeys,
    },
}

const BUILT_IN_PROFILES: [(&str, &str); 7] = [
    ("code-signing", include_str!("../../policies/profiles/code-signing.toml")),
    ("root", include_str!("../../policies/profiles/root.toml")),
    ("subordinate-ca", include_str!("../../policies/profiles/subordinate-ca.toml")),
    ("timestamping", include_str!("../../policies/profiles/timestamping.toml")),
    ("tls-client", include_str!("../../policies/profiles/tls-client.toml")),
    ("tls-server", include_str!("../../policies/profiles/tls-server.toml")),
    ("tls-server-client", include_str!("../../policies/profiles/tls-server-client.toml")),
];

const BUILT_IN_SIGNING: [(&str, &str); 2] = [
    ("release", include_str!("../../policies/signing/release.toml")),
    ("test", include_str!("../../policies/signing/test.toml")),
];

/// Files as they were found: name and text.
type Files = Vec<(String, String)>;

impl Policies {
    /// The set compiled in, each part replaced by what `folder` holds of it.
    ///
    /// # Errors
    /// [`PoliciesError`] names the file, and key and line where there are some.
    pub fn load(folder: Option<&Path>) -> Result<Self, PoliciesError> {
        let signing = signing(folder)?;
        agree_on_keys(signing.values())?;
        Ok(Self {
            profiles: profiles(folder)?,
            engine: engine(folder, signing.values())?,
            blocked_keys: blocked_keys(folder)?,
            signing_folder: folder.map(|folder| folder.join(SIGNING)),
            signing,
        })
    }

    /// The signing profile of that name in its present version.
    pub fn signing_profile(&self, name: &str) -> Option<&Arc<SigningProfile>> {
        self.signing.get(name)
    }

    /// Every signing profile, by name.
    pub fn signing_profiles(&self) -> impl Iterator<Item = &Arc<SigningProfile>> {
        self.signing.values()
    }

    /// A path that a signing profile names: relative ones refer to the folder of the signing profiles.
    pub fn signing_path(&self, path: &Path) -> PathBuf {
        self.signing_folder.as_ref().map_or_else(|| path.to_owned(), |folder| folder.join(path))
    }

    /// The profile of that name in its present version.
    pub fn profile(&self, name: &str) -> Option<&Arc<CertificateProfile>> {
        self.profiles.get(name)
    }

    /// Every profile, by name.
    pub fn profiles(&self) -> impl Iterator<Item = &Arc<CertificateProfile>> {
        self.profiles.values()
    }

    /// Decides who may do what.
    pub fn engine(&self) -> &PolicyEngine {
        &self.engine
    }

    /// Keys that are never certified, from the file; the database holds more.
    pub fn blocked_keys(&self) -> &BlockedKeys {
        &self.blocked_keys
    }
}

fn profiles(folder: Option<&Path>) -> Result<BTreeMap<String, Arc<CertificateProfile>>, PoliciesError> {
    let own = folder.map(|folder| folder.join("profiles")).filter(|folder| folder.is_dir());
    let files: Files = match own {
        Some(folder) => read_folder(&folder, "toml")?,
        None => BUILT_IN_PROFILES.map(|(name, text)| (format!("{name}.toml"), text.to_owned())).to_vec(),
    };
    let load = |(file, text): (String, String)| {
        let stem = stem(Path::new(&file));
        Ok((stem.clone(), Arc::new(CertificateProfile::from_toml(&stem, &file, &text)?)))
    };
    files.into_iter().map(load).collect()
}

const SIGNING: &str = "signing";

fn signing(folder: Option<&Path>) -> Result<BTreeMap<String, Arc<SigningProfile>>, PoliciesError> {
    let own = folder.map(|folder| folder.join(SIGNING)).filter(|folder| folder.is_dir());
    let files = match own {
        Some(folder) => read_signing(&folder)?,
        None => BUILT_IN_SIGNING.map(|(name, text)| (name.into(), format!("{name}.toml"), text.into())).to_vec(),
    };
    let load = |(name, file, text): (String, String, String)| {
        let profile = SigningProfile::from_toml(&name, &file, &text)?;
        Ok((name, Arc::new(profile)))
    };
    files.into_iter().map(load).collect()
}

/// Callers are known by their issuer, whichever profile they ask under: whoever can choose where its keys are in one profile
/// must not make callers of another.
fn agree_on_keys<'a>(profiles: impl Iterator<Item = &'a Arc<SigningProfile>>) -> Result<(), PoliciesError> {
    let mut known: BTreeMap<&str, (&CiTrust, String)> = BTreeMap::new();
    for profile in profiles {
        for rule in profile.trust() {
            let Trusted::Ci(ci) = rule.who() else { continue };
            let said = format!("the rule {} of {} has {}", rule.name(), profile.name(), keys(ci));
            match known.get(ci.issuer.as_str()) {
                Some((other, one)) if (&other.jwks_file, &other.ca_file) != (&ci.jwks_file, &ci.ca_file) => {
                    return Err(PoliciesError::IssuerKeys { issuer: ci.issuer.clone(), one: one.clone(), other: said });
                }
                Some(_) => {}
                None => drop(known.insert(&ci.issuer, (ci, said))),
            }
        }
    }
    Ok(())
}

/// Where a rule looks for keys, in words.
fn keys(ci: &CiTrust) -> String {
    match (&ci.jwks_file, &ci.ca_file) {
        (Some(file), _) => format!("jwks_file {:?}", file.display()),
        (None, Some(file)) => format!("ca_file {:?}", file.display()),
        (None, None) => "neither jwks_file nor ca_file".to_owned(),
    }
}

/// Name, file and text of each signing profile: those of the folder itself, and `FOLDER/NAME` of folders in it.
fn read_signing(folder: &Path) -> Result<Vec<(String, String, String)>, PoliciesError> {
    let fault = |source| PoliciesError::Read { path: folder.to_owned(), source };
    let mut folders = vec![(String::new(), folder.to_owned())];
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.is_dir() {
            folders.push((format!("{}/", stem(&path)), path));
        }
    }
    let mut found = Vec::new();
    for (prefix, folder) in folders {
        for (file, text) in read_folder(&folder, "toml")? {
            found.push((format!("{prefix}{}", stem(Path::new(&file))), file, text));
        }
    }
    Ok(found)
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The authorization policies, and those that the trust rules of the signing profiles are.
fn engine<'a>(
    folder: Option<&Path>,
    signing: impl Iterator<Item = &'a Arc<SigningProfile>>,
) -> Result<PolicyEngine, PoliciesError> {
    let own = folder.map(|folder| folder.join("authorization")).filter(|folder| folder.is_dir());
    let files = match own {
        Some(folder) => read_folder(&folder, "cedar")?,
        None => vec![("default.cedar".to_owned(), DEFAULT_POLICIES.to_owned())],
    };
    let rules = signing.map(|profile| (format!("signing/{}", profile.name()), profile.policies()));
    let sources: Vec<_> = files.into_iter().chain(rules).map(|(file, text)| PolicySource { file, text }).collect();
    Ok(PolicyEngine::new(&sources)?)
}

fn blocked_keys(folder: Option<&Path>) -> Result<BlockedKeys, PoliciesError> {
    let own = folder.map(|folder| folder.join("blocked-keys.txt")).filter(|file| file.is_file());
    let (file, text) = match own {
        Some(file) => (file.display().to_string(), read(&file)?),
        None => ("blocked-keys.txt".to_owned(), blocked_keys::BUILT_IN.to_owned()),
    };
    BlockedKeys::parse(&text).map_err(|source| PoliciesError::BlockedKeys { file, source })
}

/// Files of one folder with that ending, ordered by name.
fn read_folder(folder: &Path, ending: &str) -> Result<Files, PoliciesError> {
    let fault = |source| PoliciesError::Read { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.extension().is_some_and(|found| found == ending) {
            paths.push(path);
        }
    }
    paths.sort();
    paths.into_iter().map(|path| Ok((path.display().to_string(), read(&path)?))).collect()
}

fn read(path: &Path) -> Result<String, PoliciesError> {
    std::fs::read_to_string(path).map_err(|source| PoliciesError::Read { path: path.to_owned(), source })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn profiles_agree_where_the_keys_of_an_issuer_are() {
        let folder = tempfile::tempdir().unwrap();
        let signing = folder.path().join(SIGNING);
        std::fs::create_dir_all(signing.join("team")).unwrap();
        let put = |name: &str, issuer: &str, keys: &str| {
            let text = format!(
                "label = \"x\"\nenvironment = \"test\"\nformats = [\"cms-detached\"]\ndigests = [\"sha256\"]\n\
                 [key]\nalgorithm = \"ecdsa-p256\"\n[[trust]]\nname = \"tags\"\nissuer = \"{issuer}\"\n\
                 claims = {{ repository_id = \"1\" }}\n{keys}"
            );
            std::fs::write(signing.join(name), text).unwrap();
        };
        let load = || Policies::load(Some(folder.path())).map(drop).map_err(|fault| fault.to_string());
        let own = "https://ci.example.org";
        put("release.toml", own, "jwks_file = \"keys.json\"\n");
        put("team/open.toml", own, "jwks_file = \"keys.json\"\n");
        assert_eq!(load(), Ok(()));
        for (keys, said) in [
            ("jwks_file = \"other.json\"\n", "jwks_file \"other.json\""),
            ("ca_file = \"roots.pem\"\n", "ca_file \"roots.pem\""),
            ("", "neither jwks_file nor ca_file"),
        ] {
            put("team/open.toml", own, keys);
            let fault = load().unwrap_err();
            for words in [
                own,
                "the rule tags of release has jwks_file \"keys.json\"",
                &format!("the rule tags of team/open has {said}"),
            ] {
                assert!(fault.contains(words), "{words}: {fault}");
            }
        }
        put("team/open.toml", "https://other.example.org", "");
        assert_eq!(load(), Ok(()), "another issuer has other keys");
    }
}

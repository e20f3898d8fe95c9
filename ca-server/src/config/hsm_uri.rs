//! HSMs named on the command line: `software:PATH` and RFC 7512's `pkcs11:` URIs.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use super::hsm::HsmConfig;

/// A URI that names no HSM.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum HsmUriError {
    /// Not a scheme that this build has a backend for.
    #[error("`{0}:` is no kind of HSM: use software:PATH or pkcs11:token=LABEL?module-path=FILE&pin-source=FILE")]
    Scheme(String),
    /// No path after `software:`.
    #[error("`software:` needs the path of the folder that holds the keys")]
    NoPath,
    /// An attribute that we do not understand, or that is given twice.
    #[error(
        "the attribute `{0}` of the pkcs11 URI is not understood; known: token, serial, slot-id, module-path, pin-source"
    )]
    Attribute(String),
    /// An attribute's value that cannot be read.
    #[error("the value of `{0}` in the pkcs11 URI cannot be read")]
    Value(String),
    /// RFC 7512 §7 warns of `pin-value`: a command line is no place for a PIN.
    #[error("`pin-value` puts the PIN where others can read it: use pin-source=FILE")]
    PinValue,
    /// An attribute that is needed.
    #[error("the pkcs11 URI needs `{0}`")]
    Missing(&'static str),
}

impl HsmConfig {
    /// The `[[hsm]]` named `name` that `uri` describes.
    ///
    /// # Errors
    /// When the URI is not one of ours; names the part that is wrong.
    pub fn from_uri(name: &str, uri: &str) -> Result<Self, HsmUriError> {
        let (scheme, rest) = uri.split_once(':').unwrap_or((uri, ""));
        match scheme {
            "software" => software(name, rest),
            "pkcs11" => pkcs11(name, rest),
            other => Err(HsmUriError::Scheme(other.to_owned())),
        }
    }
}

fn software(name: &str, path: &str) -> Result<HsmConfig, HsmUriError> {
    if path.is_empty() {
        return Err(HsmUriError::NoPath);
    }
    Ok(HsmConfig {
        name: name.to_owned(),
        backend: "software".to_owned(),
        path: Some(PathBuf::from(path)),
        passphrase_file: Some(PathBuf::from(format!("{path}.passphrase"))),
        ..HsmConfig::default()
    })
}

fn pkcs11(name: &str, rest: &str) -> Result<HsmConfig, HsmUriError> {
    // RFC 7512 §2.3: attributes of the path are separated by `;`, those of the query by `&`.
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut hsm = HsmConfig { name: name.to_owned(), backend: "pkcs11".to_owned(), ..HsmConfig::default() };
    for attribute in path.split(';').chain(query.split('&')).filter(|attribute| !attribute.is_empty()) {
        let (key, value) = attribute.split_once('=').ok_or_else(|| HsmUriError::Value(attribute.to_owned()))?;
        set(&mut hsm, key, value)?;
    }
    if hsm.token.is_none() && hsm.serial.is_none() && hsm.slot.is_none() {
        return Err(HsmUriError::Missing("token"));
    }
    if hsm.module.is_none() {
        return Err(HsmUriError::Missing("module-path"));
    }
    if hsm.pin_file.is_none() {
        return Err(HsmUriError::Missing("pin-source"));
    }
    Ok(hsm)
}

fn set(hsm: &mut HsmConfig, key: &str, value: &str) -> Result<(), HsmUriError> {
    let unreadable = || HsmUriError::Value(key.to_owned());
    let value = percent_decode_str(value).decode_utf8().map_err(|_| unreadable())?.into_owned();
    let fresh = match key {
        "token" => hsm.token.replace(value).is_none(),
        "serial" => hsm.serial.replace(value).is_none(),
        "slot-id" => hsm.slot.replace(value.parse().map_err(|_| unreadable())?).is_none(),
        "module-path" => hsm.module.replace(PathBuf::from(value)).is_none(),
        // RFC 7512 §2.4: "If a URI contains "pin-source" with a "file:" URI, the file is the PIN's source".
        "pin-source" => hsm.pin_file.replace(PathBuf::from(file_of(&value))).is_none(),
        "pin-value" => return Err(HsmUriError::PinValue),
        _ => false,
    };
    if fresh { Ok(()) } else { Err(HsmUriError::Attribute(key.to_owned())) }
}

/// `file:/path` and `file:///path` both mean `/path`; RFC 7512's examples use the first.
fn file_of(source: &str) -> &str {
    source.strip_prefix("file:").map_or(source, |path| path.strip_prefix("//").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_software_store_is_named_by_its_folder() {
        let hsm = HsmConfig::from_uri("local", "software:keys").unwrap_or_default();
        assert_eq!((hsm.name.as_str(), hsm.backend.as_str()), ("local", "software"));
        assert_eq!(hsm.path, Some(PathBuf::from("keys")));
        assert_eq!(hsm.passphrase_file, Some(PathBuf::from("keys.passphrase")));
    }

    #[test]
    fn a_token_is_named_by_rfc_7512() {
        let uri = "pkcs11:token=My%20token;slot-id=7?module-path=/usr/lib/p11.so&pin-source=file:/etc/pin";
        let hsm = HsmConfig::from_uri("token", uri).unwrap_or_default();
        assert_eq!((hsm.token.as_deref(), hsm.slot), (Some("My token"), Some(7)));
        assert_eq!(hsm.module, Some(PathBuf::from("/usr/lib/p11.so")));
        assert_eq!(hsm.pin_file, Some(PathBuf::from("/etc/pin")));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refusal = |uri| HsmConfig::from_uri("x", uri).err();
        assert_eq!(refusal("tpm2:x"), Some(HsmUriError::Scheme("tpm2".to_owned())));
        assert_eq!(refusal("software:"), Some(HsmUriError::NoPath));
        assert_eq!(refusal("pkcs11:token=t?module-path=/m"), Some(HsmUriError::Missing("pin-source")));
        assert_eq!(refusal("pkcs11:token=t?pin-source=/p"), Some(HsmUriError::Missing("module-path")));
        assert_eq!(refusal("pkcs11:?module-path=/m&pin-source=/p"), Some(HsmUriError::Missing("token")));
        assert_eq!(refusal("pkcs11:token=t?pin-value=1234"), Some(HsmUriError::PinValue));
        assert_eq!(refusal("pkcs11:object=k"), Some(HsmUriError::Attribute("object".to_owned())));
        assert_eq!(refusal("pkcs11:token=a;token=b"), Some(HsmUriError::Attribute("token".to_owned())));
        assert_eq!(refusal("pkcs11:slot-id=one"), Some(HsmUriError::Value("slot-id".to_owned())));
        assert_eq!(refusal("pkcs11:token=%ff"), Some(HsmUriError::Value("token".to_owned())));
        assert_eq!(refusal("pkcs11:token"), Some(HsmUriError::Value("token".to_owned())));
    }
}

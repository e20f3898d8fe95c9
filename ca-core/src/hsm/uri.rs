//! How an HSM is named on the command line: `software:PATH` or a PKCS#11 URI (RFC 7512).

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Which token of a module is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TokenSelector {
    /// By its label (`token=`).
    Label(String),
    /// By its serial number (`serial=`).
    Serial(String),
    /// By the number of its slot (`slot-id=`). Slot numbers may change when the module is set up anew.
    Slot(u64),
}

impl fmt::Display for TokenSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => write!(f, "token {label:?}"),
            Self::Serial(serial) => write!(f, "token with serial number {serial:?}"),
            Self::Slot(slot) => write!(f, "token in slot {slot}"),
        }
    }
}

/// An HSM and where its keys are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HsmUri {
    /// `software:PATH`: the software keystore in a directory.
    Software {
        /// The directory.
        path: PathBuf,
    },
    /// `pkcs11:token=LABEL?module-path=/path.so&pin-source=/path/pin`.
    Pkcs11 {
        /// Which token.
        token: TokenSelector,
        /// The module, a shared library.
        module_path: PathBuf,
        /// The file that holds the user PIN.
        pin_source: PathBuf,
    },
}

/// Text that names no HSM.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHsmUri {
    /// Neither `software:` nor `pkcs11:`.
    #[error(
        "{0:?} does not name an HSM: use software:PATH or pkcs11:token=LABEL?module-path=/path.so&pin-source=/path/pin"
    )]
    Scheme(String),
    /// `software:` without a path.
    #[error("software: needs the path of a directory after the colon")]
    NoPath,
    /// An attribute without `=`, given twice, or not understood.
    #[error("the attribute {0:?} of the PKCS#11 URI is unknown, given twice, or has no value")]
    Attribute(String),
    /// RFC 7512 §2.3 `pin-value`: a secret does not belong on a command line.
    #[error("a PIN does not belong into a URI: put it into a file and name that with pin-source")]
    PinValue,
    /// A percent-encoded value that is not UTF-8, or a slot that is no number.
    #[error("the value of {0:?} cannot be read")]
    Value(&'static str),
    /// Something is missing.
    #[error("the PKCS#11 URI needs {0}")]
    Missing(&'static str),
}

impl FromStr for HsmUri {
    type Err = InvalidHsmUri;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("software", "")) => Err(InvalidHsmUri::NoPath),
            Some(("software", path)) => Ok(Self::Software { path: PathBuf::from(path) }),
            Some(("pkcs11", rest)) => parse_pkcs11(rest),
            _ => Err(InvalidHsmUri::Scheme(text.to_owned())),
        }
    }
}

// RFC 7512 §2.3: path attributes are set apart by ";", query attributes by "&" after one "?".
fn parse_pkcs11(rest: &str) -> Result<HsmUri, InvalidHsmUri> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = Attributes::parse(path, ';', &["token", "serial", "slot-id"])?;
    let query = Attributes::parse(query, '&', &["module-path", "pin-source"])?;
    let token = match (path.value("token")?, path.value("serial")?, path.value("slot-id")?) {
        (Some(label), None, None) => TokenSelector::Label(label),
        (None, Some(serial), None) => TokenSelector::Serial(serial),
        (None, None, Some(slot)) => TokenSelector::Slot(slot.parse().map_err(|_| InvalidHsmUri::Value("slot-id"))?),
        _ => return Err(InvalidHsmUri::Missing("exactly one of token, serial and slot-id")),
    };
    let module_path = query.value("module-path")?.ok_or(InvalidHsmUri::Missing("module-path"))?;
    let pin_source = query.value("pin-source")?.ok_or(InvalidHsmUri::Missing("pin-source"))?;
    Ok(HsmUri::Pkcs11 { token, module_path: PathBuf::from(module_path), pin_source: pin_file(&pin_source)? })
}

// RFC 7512 §2.4: pin-source is a file URI, a bare path, or a command after "|". Commands are not run.
fn pin_file(source: &str) -> Result<PathBuf, InvalidHsmUri> {
    let path = source.strip_prefix("file://").or_else(|| source.strip_prefix("file:")).unwrap_or(source);
    if path.is_empty() || path.starts_with('|') {
        return Err(InvalidHsmUri::Value("pin-source"));
    }
    Ok(PathBuf::from(path))
}

/// The attributes of one part of a PKCS#11 URI.
pub(crate) struct Attributes<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Attributes<'a> {
    pub(crate) fn parse(part: &'a str, separator: char, known: &[&str]) -> Result<Self, InvalidHsmUri> {
        let mut attributes = Vec::new();
        for attribute in part.split(separator).filter(|attribute| !attribute.is_empty()) {
            let refused = || InvalidHsmUri::Attribute(attribute.split('=').next().unwrap_or_default().to_owned());
            let (name, value) = attribute.split_once('=').ok_or_else(refused)?;
            if name == "pin-value" {
                return Err(InvalidHsmUri::PinValue);
            }
            if value.is_empty() || !known.contains(&name) || attributes.iter().any(|(other, _)| *other == name) {
                return Err(refused());
            }
            attributes.push((name, value));
        }
        Ok(Self(attributes))
    }

    pub(crate) fn octets(&self, name: &str) -> Option<Vec<u8>> {
        let (_, value) = self.0.iter().find(|(found, _)| *found == name)?;
        Some(percent_decode_str(value).collect())
    }

    pub(crate) fn value(&self, name: &'static str) -> Result<Option<String>, InvalidHsmUri> {
        let text = self.octets(name).map(String::from_utf8);
        text.transpose().map_err(|_| InvalidHsmUri::Value(name))
    }
}

/// RFC 7512 §2.3: what may stand unencoded in a value of the path.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

pub(crate) fn encode(value: &str) -> impl fmt::Display {
    utf8_percent_encode(value, RESERVED)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "tests")]

    use std::path::Path;

    use super::*;

    fn refusal(text: &str) -> InvalidHsmUri {
        text.parse::<HsmUri>().expect_err(text)
    }

    fn pkcs11(token: TokenSelector, module_path: &str, pin_source: &str) -> HsmUri {
        HsmUri::Pkcs11 { token, module_path: module_path.into(), pin_source: pin_source.into() }
    }

    #[test]
    fn the_forms_of_the_manual_are_read() {
        let label = |text: &str| TokenSelector::Label(text.to_owned());
        let module = "/usr/lib/softhsm/libsofthsm2.so";
        for (text, expected) in [
            ("software:keys", HsmUri::Software { path: "keys".into() }),
            ("software:/var/lib/signet/keys", HsmUri::Software { path: "/var/lib/signet/keys".into() }),
            (
                "pkcs11:token=signet?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/etc/signet/pin",
                pkcs11(label("signet"), module, "/etc/signet/pin"),
            ),
            (
                "pkcs11:token=my%20token%2F1?module-path=/m.so&pin-source=pin",
                pkcs11(label("my token/1"), "/m.so", "pin"),
            ),
            (
                "pkcs11:serial=0123abc?module-path=/m.so&pin-source=pin",
                pkcs11(TokenSelector::Serial("0123abc".to_owned()), "/m.so", "pin"),
            ),
            ("pkcs11:slot-id=7?module-path=/m.so&pin-source=pin", pkcs11(TokenSelector::Slot(7), "/m.so", "pin")),
        ] {
            assert_eq!(text.parse::<HsmUri>().expect(text), expected);
        }
    }

    #[test]
    fn a_pin_source_may_be_a_file_uri() {
        let uri: HsmUri = "pkcs11:token=a?module-path=/m.so&pin-source=file:///etc/pin".parse().expect("file URI");
        assert!(matches!(uri, HsmUri::Pkcs11 { pin_source, .. } if pin_source == Path::new("/etc/pin")));
    }

    #[test]
    fn what_is_not_an_hsm_is_refused_with_the_reason() {
        assert_eq!(refusal("keys"), InvalidHsmUri::Scheme("keys".to_owned()));
        assert_eq!(refusal("awskms:region=r"), InvalidHsmUri::Scheme("awskms:region=r".to_owned()));
        assert_eq!(refusal("software:"), InvalidHsmUri::NoPath);
        let tail = "module-path=/m.so&pin-source=pin";
        assert_eq!(refusal("pkcs11:token=a?module-path=/m.so&pin-value=1234"), InvalidHsmUri::PinValue);
        assert_eq!(refusal("pkcs11:token=a?pin-source=pin"), InvalidHsmUri::Missing("module-path"));
        assert_eq!(refusal("pkcs11:token=a?module-path=/m.so"), InvalidHsmUri::Missing("pin-source"));
        assert_eq!(refusal(&format!("pkcs11:object=a?{tail}")), InvalidHsmUri::Attribute("object".to_owned()));
        assert_eq!(refusal(&format!("pkcs11:token?{tail}")), InvalidHsmUri::Attribute("token".to_owned()));
        assert_eq!(refusal(&format!("pkcs11:token=a;token=b?{tail}")), InvalidHsmUri::Attribute("token".to_owned()));
        assert_eq!(refusal(&format!("pkcs11:slot-id=x?{tail}")), InvalidHsmUri::Value("slot-id"));
        assert_eq!(refusal(&format!("pkcs11:token=%ff?{tail}")), InvalidHsmUri::Value("token"));
        assert_eq!(refusal("pkcs11:token=a?module-path=/m.so&pin-source=|cat"), InvalidHsmUri::Value("pin-source"));
        let one_of = InvalidHsmUri::Missing("exactly one of token, serial and slot-id");
        assert_eq!(refusal(&format!("pkcs11:token=a;serial=b?{tail}")), one_of);
        assert_eq!(refusal(&format!("pkcs11:?{tail}")), one_of);
    }
}

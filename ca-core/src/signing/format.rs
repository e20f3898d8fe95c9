//! Kinds of signature.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What is made from the digest of an artifact. The words are those of interfaces, files and tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// The bare signature of the file's digest: ECDSA as DER `ECDSA-Sig-Value`, RSA as PKCS #1 v1.5.
    Raw,
    /// A detached CMS SignedData over the file (RFC 5652).
    CmsDetached,
    /// The PKCS #7 signature of a Portable Executable; the digest is the Authenticode hash of the image.
    AuthenticodePe,
    /// The signature block of a JAR; the digest is that of its signature file (`META-INF/NAME.SF`).
    JarSf,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Raw, Self::CmsDetached, Self::AuthenticodePe, Self::JarSf];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::CmsDetached => "cms-detached",
            Self::AuthenticodePe => "authenticode-pe",
            Self::JarSf => "jar-sf",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Text that names no [`Format`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a signature format: use raw, cms-detached, authenticode-pe or jar-sf")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let format = Self::ALL.into_iter().find(|format| format.as_str() == text);
        format.ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!("msi".parse::<Format>(), Err(UnknownFormat("msi".to_owned())));
    }
}

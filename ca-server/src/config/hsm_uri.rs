//! The `[[hsm]]` that a URI on the command line stands for.

use std::path::PathBuf;

use ca_core::hsm::uri::{HsmUri, InvalidHsmUri, TokenSelector};

use super::hsm::HsmConfig;

impl HsmConfig {
    /// The `[[hsm]]` named `name` that `uri` describes.
    ///
    /// # Errors
    /// When the URI is not one of ours; names the part that is wrong.
    pub fn from_uri(name: &str, uri: &str) -> Result<Self, InvalidHsmUri> {
        let mut hsm = Self { name: name.to_owned(), ..Self::default() };
        match uri.parse()? {
            HsmUri::Software { path } => {
                hsm.backend = "software".to_owned();
                hsm.passphrase_file = Some(PathBuf::from(format!("{}.passphrase", path.display())));
                hsm.path = Some(path);
            }
            HsmUri::Pkcs11 { token, module_path, pin_source } => {
                hsm.backend = "pkcs11".to_owned();
                hsm.module = Some(module_path);
                hsm.pin_file = Some(pin_source);
                hsm.select(token);
            }
        }
        Ok(hsm)
    }

    fn select(&mut self, token: TokenSelector) {
        match token {
            TokenSelector::Label(label) => self.token = Some(label),
            TokenSelector::Serial(serial) => self.serial = Some(serial),
            TokenSelector::Slot(slot) => self.slot = Some(slot),
        }
    }
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
    fn a_token_is_named_in_one_of_three_ways() {
        let tail = "module-path=/usr/lib/p11.so&pin-source=file:/etc/pin";
        let of = |token: &str| HsmConfig::from_uri("token", &format!("pkcs11:{token}?{tail}")).unwrap_or_default();
        let hsm = of("token=My%20token");
        assert_eq!((hsm.name.as_str(), hsm.backend.as_str()), ("token", "pkcs11"));
        assert_eq!((hsm.token.as_deref(), hsm.serial, hsm.slot), (Some("My token"), None, None));
        assert_eq!(hsm.module, Some(PathBuf::from("/usr/lib/p11.so")));
        assert_eq!(hsm.pin_file, Some(PathBuf::from("/etc/pin")));
        assert_eq!(of("serial=0a1b").serial.as_deref(), Some("0a1b"));
        assert_eq!(of("slot-id=7").slot, Some(7));
    }
}

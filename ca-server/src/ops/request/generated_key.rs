//! Keys that this server makes for a requester: in memory, sealed at once, handed over once as PKCS#12, then destroyed.
//! They are subjects' keys; no key of an authority is ever made or seen here.

use ca_core::profile::GeneratedKeyType;
use ca_core::x509::{Certificate, Chain, SubjectPublicKeyInfo};
use p12_keystore::{EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain};
use rcgen::{KeyPair, PublicKeyData as _, RsaKeySize};
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use crate::ops::OpError;

/// A fresh pair.
pub(super) struct GeneratedKey {
    pub(super) public_key: SubjectPublicKeyInfo,
    /// PKCS #8.
    pub(super) private_key: Zeroizing<Vec<u8>>,
}

/// Makes a key of that type.
pub(super) fn generate(kind: GeneratedKeyType) -> Result<GeneratedKey, OpError> {
    let fault = OpError::integrity("a key could not be made");
    let pair = match kind {
        GeneratedKeyType::EcdsaP256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
        GeneratedKeyType::EcdsaP384 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384),
        GeneratedKeyType::EcdsaP521 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512),
        GeneratedKeyType::Ed25519 => KeyPair::generate_for(&rcgen::PKCS_ED25519),
        GeneratedKeyType::Rsa3072 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_3072),
    }
    .map_err(|error| fault(&error))?;
    let public_key = SubjectPublicKeyInfo::from_der(&pair.subject_public_key_info()).map_err(|error| fault(&error))?;
    Ok(GeneratedKey { public_key, private_key: Zeroizing::new(pair.serialize_der()) })
}

/// The same beside the threads that serve requests: an RSA key takes a second.
pub(super) async fn generate_aside(kind: GeneratedKeyType) -> Result<GeneratedKey, OpError> {
    let made = tokio::task::spawn_blocking(move || generate(kind)).await;
    made.map_err(|fault| OpError::Integrity(format!("a key could not be made: {fault}")))?
}

/// Public keys that stand for keys which nobody has made yet, one of each type.
static STAND_INS: [OnceCell<SubjectPublicKeyInfo>; 5] = [const { OnceCell::const_new() }; 5];

/// A public key whose private key nobody has, to try a request for a key of that type out with. The same each time.
pub(super) async fn stand_in(kind: GeneratedKeyType) -> Result<SubjectPublicKeyInfo, OpError> {
    let [p256, p384, p521, ed25519, rsa_3072] = &STAND_INS;
    let place = match kind {
        GeneratedKeyType::EcdsaP256 => p256,
        GeneratedKeyType::EcdsaP384 => p384,
        GeneratedKeyType::EcdsaP521 => p521,
        GeneratedKeyType::Ed25519 => ed25519,
        GeneratedKeyType::Rsa3072 => rsa_3072,
    };
    let make = || async move { generate_aside(kind).await.map(|made| made.public_key) };
    Ok(place.get_or_try_init(make).await?.clone())
}

/// Rounds of PBKDF2: what a guess at the passphrase costs whoever stole the file.
const ROUNDS: u32 = 600_000;

/// Name of the key inside the file, as key stores show it.
const ALIAS: &str = "signet";

/// PKCS#12 (RFC 7292) of the key, its certificate and the CA certificates above it: PBES2 with AES-256 and HMAC-SHA256.
pub(super) fn pkcs12(
    private_key: &[u8],
    certificate: &Certificate,
    chain: &Chain,
    passphrase: &str,
) -> Result<Vec<u8>, OpError> {
    let fault = OpError::integrity("the PKCS#12 file could not be made");
    require_key_of(certificate, private_key)?;
    let key = PrivateKey::from_der(private_key).map_err(|error| fault(&error))?;
    let certificates = std::iter::once(certificate).chain(chain.certificates());
    let certificates = certificates
        .map(|certificate| p12_keystore::Certificate::from_der(certificate.as_der()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| fault(&error))?;
    let chain = PrivateKeyChain::new(certificate.fingerprint().as_slice(), key, certificates);
    let mut store = KeyStore::new();
    store.add_entry(ALIAS, KeyStoreEntry::PrivateKeyChain(chain));
    store
        .writer(passphrase)
        .encryption_algorithm(EncryptionAlgorithm::PbeWithHmacSha256AndAes256)
        .encryption_iterations(ROUNDS)
        .mac_algorithm(MacAlgorithm::HmacSha256)
        .mac_iterations(ROUNDS)
        .write()
        .map_err(|error| fault(&error))
}

/// A file whose key is not its certificate's would be taken for a good one.
fn require_key_of(certificate: &Certificate, private_key: &[u8]) -> Result<(), OpError> {
    let fault = OpError::integrity("the PKCS#12 file could not be made");
    let pair = KeyPair::try_from(private_key).map_err(|error| fault(&error))?;
    if pair.subject_public_key_info() != certificate.public_key().as_der() {
        return Err(fault(&"the private key is not the certificate's"));
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_handed_over_with_its_own_certificate_only() {
        let (ours, other) = (KeyPair::generate().unwrap(), generate(GeneratedKeyType::EcdsaP256).unwrap());
        let params = rcgen::CertificateParams::new(vec!["www.example.org".to_owned()]).unwrap();
        let certificate = Certificate::from_der(params.self_signed(&ours).unwrap().der()).unwrap();
        assert!(require_key_of(&certificate, &ours.serialize_der()).is_ok());
        let refused = require_key_of(&certificate, &other.private_key).unwrap_err();
        assert!(refused.to_string().contains("is not the certificate's"), "{refused}");
    }
}

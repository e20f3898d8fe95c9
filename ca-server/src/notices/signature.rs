//! The signature of a webhook's body: who shares the secret knows that the body is ours and when it was sent.

use aws_lc_rs::hmac;
use ca_core::time::UnixTime;

/// `Signet-Signature: t=1767225600,v1=<hexadecimal HMAC-SHA256 over "1767225600." and the body>`.
pub const SIGNATURE_HEADER: &str = "signet-signature";

/// The header's value for a body that is sent at `at`. Recipients refuse a `t` that is more than five minutes away from
/// their clock, so that a recorded notice cannot be played again later.
pub fn sign(secret: &[u8], at: UnixTime, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    context.update(format!("{}.", at.seconds()).as_bytes());
    context.update(body);
    let tag: String = context.sign().as_ref().iter().map(|octet| format!("{octet:02x}")).collect();
    format!("t={},v1={tag}", at.seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '1767225600.{"a":1}' | openssl dgst -sha256 -hmac secret`.
    #[test]
    fn the_signature_is_what_openssl_computes() {
        let signed = sign(b"secret", UnixTime::from_seconds(1_767_225_600), b"{\"a\":1}");
        assert_eq!(signed, "t=1767225600,v1=96a067a1c95eb143fc00b9097bcfcbcd5456adda508c443ff219748e764dbed7");
    }
}

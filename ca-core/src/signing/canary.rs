//! What a signing key is tried with when nobody asks for a signature.

use aws_lc_rs::digest;

use super::DigestItem;
use crate::hsm::DigestAlgorithm;

/// No file that anybody would run.
const TEXT: &[u8] =
    b"This signature is over nobody's file. It was made to see whether it can be made, and thrown away.";

/// The canary: the only thing that [`SignCanary`](crate::policy::action::SignCanary) covers.
pub fn canary(algorithm: DigestAlgorithm) -> DigestItem {
    let digest = digest::digest(algorithm.engine(), TEXT).as_ref().to_vec();
    DigestItem { name: "canary".to_owned(), algorithm, digest }
}

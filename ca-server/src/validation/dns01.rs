//! dns-01: the TXT records of a name (RFC 8555 §8.4).

use ca_core::acme::challenge::Outcome;

use super::resolver::Resolver;

/// The values as DNS has them now; several are normal, one for each order in flight (RFC 8555 §8.4: "one or more").
pub(super) async fn ask(resolver: &Resolver, name: &str) -> Outcome {
    match resolver.txt(name).await {
        Ok(values) => Outcome::Txt { values },
        Err(failure) => failure.into(),
    }
}

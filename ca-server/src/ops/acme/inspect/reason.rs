//! Why an order has no certificate: what broke, and what whoever runs the client can do about it.

use ca_core::acme::authorization::AuthorizationStatus;
use ca_core::acme::order::OrderStatus;
use ca_core::acme::{Problem, ProblemType};

use super::order::{AuthorizationSeen, ChallengeSeen, ChallengeState};
use super::orders::OrderSeen;

/// Why, and what next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What stands against it, or what it waits for.
    pub text: String,
    /// What to look at or to do.
    pub next_step: Option<String>,
}

impl Reason {
    fn new(text: impl Into<String>, next_step: impl Into<Option<&'static str>>) -> Self {
        Self { text: text.into(), next_step: next_step.into().map(str::to_owned) }
    }

    fn of_problem(problem: &Problem) -> Self {
        Self::new(problem.detail(), next_step(problem.kind()))
    }
}

/// The first thing that stands between an order and its certificate; none when it has one.
pub(super) fn of(order: &OrderSeen, authorizations: &[AuthorizationSeen]) -> Option<Reason> {
    match order.status {
        OrderStatus::Valid => None,
        OrderStatus::Processing => Some(Reason::new("the certificate is being signed", None)),
        OrderStatus::Ready => Some(Reason::new(
            "every name is proved, and the client has not sent its CSR yet",
            "The client sends it by itself. If it does not, its own log says why.",
        )),
        OrderStatus::Pending => Some(waiting(authorizations)),
        OrderStatus::Invalid => Some(failed(order, authorizations)),
    }
}

fn failed(order: &OrderSeen, authorizations: &[AuthorizationSeen]) -> Reason {
    let of_proof = || challenges(authorizations).find_map(|challenge| challenge.problem.as_ref());
    if let Some(problem) = order.problem.as_ref().or_else(of_proof) {
        return Reason::of_problem(problem);
    }
    let given_up = |one: &&AuthorizationSeen| {
        matches!(one.status, AuthorizationStatus::Deactivated | AuthorizationStatus::Revoked)
    };
    match authorizations.iter().find(given_up) {
        Some(one) => Reason::new(
            format!("the authorization for {} is {}", one.identifier, one.status),
            "A new order proves the name anew.",
        ),
        None => Reason::new(
            "the time for it ran out before the client had proved every name and sent its CSR",
            "The client ordered and did not come back: its own log says why. A new order begins afresh.",
        ),
    }
}

fn waiting(authorizations: &[AuthorizationSeen]) -> Reason {
    let tried = |challenge: &&ChallengeSeen| challenge.state == ChallengeState::Processing;
    let open = authorizations.iter().filter(|one| one.status == AuthorizationStatus::Pending);
    if let Some(challenge) = challenges(authorizations).find(tried) {
        let what = format!("{}: {}", challenge.kind, challenge.place);
        return match challenge.attempts.len() {
            0 => Reason::new(format!("a proof is being looked at ({what})"), None),
            tries => Reason::new(
                format!("the proof was not reachable in {tries} attempts and is tried again ({what})"),
                "What was seen each time stands below.",
            ),
        };
    }
    let names: Vec<&str> = open.map(|one| one.identifier.as_str()).collect();
    Reason::new(
        format!("the client has not said that its proof is ready for {}", names.join(", ")),
        "It publishes one of the proofs below and then tells this server. If it does not, its own log says why.",
    )
}

fn challenges(authorizations: &[AuthorizationSeen]) -> impl Iterator<Item = &ChallengeSeen> {
    authorizations.iter().flat_map(|authorization| &authorization.challenges)
}

fn next_step(kind: ProblemType) -> Option<&'static str> {
    Some(match kind {
        ProblemType::Connection => {
            "Connect from this server to the address and port below. Usual causes: nothing listens there, a firewall, or \
             a network that `allow` in [acme.validation] does not name."
        }
        ProblemType::Dns => {
            "Ask the resolvers that this server uses (`resolvers` in [acme.validation]) for the name. A record made a \
             moment ago may not have reached them yet."
        }
        ProblemType::Tls => {
            "Something else than the client answers on that port. tls-alpn-01 needs the port for itself while it is \
             proved."
        }
        ProblemType::IncorrectResponse | ProblemType::Unauthorized => {
            "Something else than the client answered: compare what was seen below with what the client published. Usual \
             causes: an old address of the name, a proxy in front, a second client."
        }
        ProblemType::RejectedIdentifier => "The policies or the profile do not allow this name here.",
        ProblemType::BadCsr | ProblemType::BadPublicKey => {
            "The CSR does not fit the order or the profile: the names have to be those of the order, the key one that \
             the profile takes."
        }
        ProblemType::ServerInternal => "The server's log has the cause.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use ca_core::time::UnixTime;

    use super::*;

    fn order(status: OrderStatus, problem: Option<Problem>) -> OrderSeen {
        OrderSeen {
            id: "o".into(),
            endpoint: "acme".into(),
            account: "a".into(),
            profile: "tls-server".into(),
            identifiers: vec!["dns:a.example.org".into()],
            status,
            problem,
            certificate: None,
            created_at: UnixTime::from_seconds(0),
            expires_at: UnixTime::from_seconds(10),
        }
    }

    fn proof(status: AuthorizationStatus, state: ChallengeState, problem: Option<Problem>) -> AuthorizationSeen {
        let challenge = ChallengeSeen {
            id: "c".into(),
            kind: "http-01".into(),
            place: "http://a.example.org/x".into(),
            state,
            problem,
            validated_at: None,
            attempts: Vec::new(),
        };
        AuthorizationSeen {
            id: "z".into(),
            identifier: "dns:a.example.org".into(),
            status,
            validated_at: None,
            expires_at: UnixTime::from_seconds(10),
            challenges: vec![challenge],
        }
    }

    fn text(order: &OrderSeen, authorizations: &[AuthorizationSeen]) -> String {
        of(order, authorizations).map(|reason| reason.text).unwrap_or_default()
    }

    #[test]
    fn the_challenge_says_why_and_the_kind_of_problem_what_next() {
        let refused = Problem::new(ProblemType::Connection, "http-01 at 192.0.2.1:80: the connection failed");
        let proofs = [proof(AuthorizationStatus::Invalid, ChallengeState::Invalid, Some(refused))];
        let reason = of(&order(OrderStatus::Invalid, None), &proofs);
        let next = reason.as_ref().and_then(|reason| reason.next_step.clone()).unwrap_or_default();
        assert_eq!(
            reason.map(|reason| reason.text).unwrap_or_default(),
            "http-01 at 192.0.2.1:80: the connection failed"
        );
        assert!(next.contains("firewall"), "{next}");
    }

    #[test]
    fn what_finalizing_said_comes_before_what_proofs_said() {
        let bad = Problem::new(ProblemType::BadCsr, "the names differ");
        let proofs = [proof(AuthorizationStatus::Valid, ChallengeState::Valid, None)];
        assert_eq!(text(&order(OrderStatus::Invalid, Some(bad)), &proofs), "the names differ");
    }

    #[test]
    fn an_order_without_any_problem_waits_or_ran_out_of_time() {
        let waiting = [proof(AuthorizationStatus::Pending, ChallengeState::Pending, None)];
        assert!(text(&order(OrderStatus::Pending, None), &waiting).contains("has not said"));
        let over = [proof(AuthorizationStatus::Invalid, ChallengeState::Pending, None)];
        assert!(text(&order(OrderStatus::Invalid, None), &over).contains("ran out"));
        let given_up = [proof(AuthorizationStatus::Deactivated, ChallengeState::Valid, None)];
        assert!(text(&order(OrderStatus::Invalid, None), &given_up).ends_with("is deactivated"));
        assert_eq!(text(&order(OrderStatus::Valid, None), &[]), "");
    }
}

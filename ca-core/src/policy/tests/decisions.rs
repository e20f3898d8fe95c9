//! How answers are turned into permissions and denials.

use super::samples::{account, actors, acts, finalize, names, operator, order};
use super::{engine, source};
use crate::policy::action::{ListCertificates, PublishCrl, ReadHsm};
use crate::policy::{Actor, DEFAULT_POLICIES, Explanation, Inquiry, Outcome, PolicyEngine, Unmet};

const PERMIT_ALL: &str = "permit(principal, action, resource);";

#[test]
fn a_permission_says_who_what_and_why() {
    let engine = PolicyEngine::built_in().unwrap();
    let permitted = engine.decide(&account(), order(names(&["a.example.org", "b.example.org"]))).unwrap();
    assert_eq!(permitted.actor(), &account());
    assert_eq!(permitted.action().profile, "tls-server");
    assert_eq!(permitted.policy_set_hash(), engine.policy_set_hash());
    let policies: Vec<_> = permitted.policies().map(|p| (p.id.as_str(), p.reason.as_str())).collect();
    assert_eq!(policies, [("acme-new-order", "an account may order at its own endpoint")]);
    assert_eq!(permitted.action().endpoint, "acme");
}

#[test]
fn where_no_policy_permits_the_text_is_ours() {
    let denied = PolicyEngine::built_in().unwrap().decide(&operator(&[]), ListCertificates).unwrap_err();
    assert_eq!(denied.to_string(), "no policy permits ListCertificates");
    assert_eq!(denied.operator_text(), "Installation:signet: no policy permits ListCertificates");
}

#[test]
fn each_identifier_is_asked_about_and_one_refusal_refuses_all() {
    let engine = engine(&format!(
        r#"{DEFAULT_POLICIES}
        @id("no-payroll")
        @reason("payroll names are issued by hand")
        forbid (principal, action in [Signet::Action::"NewOrder", Signet::Action::"Finalize"], resource)
        when {{ context.identifier.kind == "dns" && context.identifier.value like "*.payroll.example.org" }};"#
    ));
    let wanted = names(&["www.example.org", "db.payroll.example.org"]);
    let denied = engine.decide(&account(), order(wanted.clone())).unwrap_err();
    let refused: Vec<_> = denied.refusals().iter().filter_map(|refusal| refusal.identifier()).collect();
    assert_eq!(refused, wanted.iter().skip(1).collect::<Vec<_>>());
    assert_eq!(
        denied.to_string(),
        "NewOrder is denied for dns:db.payroll.example.org: payroll names are issued by hand"
    );
    assert!(denied.operator_text().contains("[forbidden by no-payroll]"), "{}", denied.operator_text());
    assert!(!denied.to_string().contains("no-payroll"));
    assert!(engine.decide(&account(), finalize(wanted)).is_err());
    assert!(engine.decide(&account(), finalize(names(&["www.example.org"]))).is_ok());
}

#[test]
fn an_order_without_identifiers_is_denied() {
    let denied = engine(PERMIT_ALL).decide(&account(), order(Vec::new())).unwrap_err();
    assert_eq!(denied.to_string(), "NewOrder is denied: its policies could not be evaluated");
}

#[test]
fn a_policy_that_cannot_be_evaluated_denies() {
    let engine = engine(
        r#"permit (principal, action, resource);
        @id("overflows")
        forbid (principal, action == Signet::Action::"Finalize", resource)
        when { context.validity_seconds * 9223372036854775807 > 0 };"#,
    );
    let denied = engine.decide(&account(), finalize(names(&["www.example.org"]))).unwrap_err();
    assert_eq!(denied.to_string(), "Finalize is denied for dns:www.example.org: its policies could not be evaluated");
    assert!(denied.operator_text().contains("overflow"), "{}", denied.operator_text());
    assert!(engine.decide(&account(), order(names(&["www.example.org"]))).is_ok());
}

#[test]
fn a_set_that_permits_everything_is_still_bound_by_the_schema() {
    let engine = engine(PERMIT_ALL);
    let permitted = engine.decide(&operator(&[]), ReadHsm { hsm: "local".into() }).unwrap();
    let policies: Vec<_> = permitted.policies().map(|p| p.id.as_str()).collect();
    assert_eq!(policies, ["test.cedar:1"]);
    let denied = engine.decide(&account(), PublishCrl { issuer: "issuing".into(), shard: None });
    assert!(denied.unwrap_err().operator_text().contains("AcmeAccount"));
}

#[test]
fn without_policies_nobody_may_do_anything() {
    let engine = PolicyEngine::new(&[]).unwrap();
    for (name, actor) in actors() {
        for sample in acts() {
            assert!(sample.ask(&engine, &actor).is_err(), "{name}: {}", sample.label);
        }
    }
}

#[test]
fn several_files_make_one_set() {
    let forbid = r#"@id("frozen") @reason("change freeze") forbid (principal, action, resource);"#;
    let files = [source("default.cedar", DEFAULT_POLICIES), source("site.cedar", forbid)];
    let engine = PolicyEngine::new(&files).unwrap();
    let root = Actor::LocalRoot { os_user: "root".into() };
    let denied = engine.decide(&root, ListCertificates).unwrap_err();
    assert_eq!(denied.to_string(), "ListCertificates is denied: change freeze");
}

#[test]
fn a_token_does_not_escape_a_forbid_by_leaving_a_role_out() {
    let engine = PolicyEngine::built_in().unwrap();
    let token = |holder: &[&str]| Actor::ApiToken {
        id: "t1".into(),
        name: "ci".into(),
        roles: vec!["operator".into()],
        holder_roles: holder.iter().map(|role| (*role).to_owned()).collect(),
        scopes: vec!["certificates".into(), "read".into()],
    };
    let act = |actor: &Actor| engine.decide(actor, super::samples::issue("tls-server", false, names(&["a.example"])));
    assert!(act(&token(&["operator"])).is_ok());
    let denied = act(&token(&["operator", "auditor"])).unwrap_err();
    assert!(denied.operator_text().contains("auditors-only-read"), "{}", denied.operator_text());
    assert!(engine.decide(&token(&["operator", "auditor"]), ListCertificates).is_ok());
    let issue = super::samples::issue("tls-server", false, names(&["a.example"]));
    let explained = engine.explain(&Inquiry::of(&token(&["operator", "auditor"]), &issue));
    assert!(!explained.is_permitted());
    let forbids = explained.questions[0].policies.iter().find(|policy| policy.policy.id == "auditors-only-read");
    assert_eq!(forbids.map(|policy| &policy.outcome), Some(&Outcome::Decided));
}

#[test]
fn an_explanation_names_what_decided_and_what_would_have_to_match() {
    let engine = PolicyEngine::built_in().unwrap();
    let publish = |roles: &[&str]| {
        let act = PublishCrl { issuer: "issuing".into(), shard: None };
        engine.explain(&Inquiry::of(&operator(roles), &act))
    };
    let outcome = |explanation: &Explanation, id: &str| {
        let found = explanation.questions[0].policies.iter().find(|policy| policy.policy.id == id);
        found.unwrap_or_else(|| panic!("{id} has no say")).outcome.clone()
    };
    let permitted = publish(&["operator"]);
    assert!(permitted.is_permitted());
    assert_eq!(outcome(&permitted, "role-operator"), Outcome::Decided);
    assert_eq!(outcome(&permitted, "role-security-officer"), Outcome::Unmet(Unmet::Actor));
    let denied = publish(&[]);
    assert!(!denied.is_permitted());
    assert_eq!(outcome(&denied, "role-operator"), Outcome::Unmet(Unmet::Actor));
    let overruled = publish(&["operator", "auditor"]);
    assert!(!overruled.is_permitted());
    assert_eq!(outcome(&overruled, "role-operator"), Outcome::Overruled);
    assert_eq!(outcome(&overruled, "auditors-only-read"), Outcome::Decided);
}

#[test]
fn an_explanation_is_about_each_name() {
    let engine = engine(&format!(
        r#"{DEFAULT_POLICIES}
        @id("no-payroll") forbid (principal, action == Signet::Action::"NewOrder", resource)
        when {{ context.identifier.value like "*.payroll.example.org" }};"#
    ));
    let inquiry = Inquiry::of(&account(), &order(names(&["www.example.org", "db.payroll.example.org"])));
    let explanation = engine.explain(&inquiry);
    let answers: Vec<bool> = explanation.questions.iter().map(|question| question.permitted).collect();
    assert_eq!(answers, [true, false]);
    assert!(!explanation.is_permitted());
}

#[test]
fn a_question_that_contradicts_the_schema_says_so() {
    let engine = PolicyEngine::built_in().unwrap();
    let mut inquiry = Inquiry::of(&account(), &PublishCrl { issuer: "issuing".into(), shard: None });
    let fault = engine.explain(&inquiry).questions[0].fault.clone().unwrap();
    assert!(fault.contains("AcmeAccount"), "{fault}");
    inquiry.act = "Fly".into();
    assert_eq!(engine.explain(&inquiry).questions[0].fault.as_deref(), Some("the schema declares no action Fly"));
}

/// What an explanation says and what a decision does are the same, for every example.
#[test]
fn explanations_agree_with_decisions() {
    let engine = PolicyEngine::built_in().unwrap();
    for (name, actor) in actors() {
        for sample in acts() {
            let inquiry = sample.inquiry(&actor);
            let permitted = sample.ask(&engine, &actor).is_ok();
            assert_eq!(engine.explain(&inquiry).is_permitted(), permitted, "{name}: {}", sample.label);
            assert_eq!(engine.answer(&inquiry).is_ok(), permitted, "{name}: {}", sample.label);
        }
    }
}

/// A rule about API tokens permits those that hold the role by which one asks, and explains itself to the others.
#[test]
fn tokens_ask_for_signatures_by_a_role() {
    let text =
        TRUST.split("[[trust]]").next().unwrap().to_owned() + "[[trust]]\nname = \"tokens\"\napi_tokens = true\n";
    let profile = crate::signing::SigningProfile::from_toml("release", "x.toml", &text).unwrap();
    let engine =
        PolicyEngine::new(&[source("default.cedar", DEFAULT_POLICIES), source("x.toml", &profile.policies())]).unwrap();
    let others = ["security-officer", "key-custodian", "approver", "auditor"];
    for (roles, permitted) in
        [(vec!["operator"], true), (vec!["approver", "operator"], true), (others.to_vec(), false), (vec![], false)]
    {
        let roles: Vec<String> = roles.into_iter().map(str::to_owned).collect();
        let unmet = profile.unmet_roles(&roles);
        let token = Actor::ApiToken {
            id: "t1".into(),
            name: "ci".into(),
            holder_roles: roles.clone(),
            roles,
            scopes: vec!["signing".into()],
        };
        let decided = engine.decide(&token, super::samples::submit_signing("release"));
        assert_eq!((decided.is_ok(), unmet.is_empty()), (permitted, permitted), "{decided:?}");
    }
    let unmet = profile.unmet_roles(&["approver".into(), "auditor".into()]).remove(0);
    assert_eq!(
        (unmet.rule.as_str(), unmet.claim.as_str(), unmet.expected.as_str(), unmet.got.as_deref()),
        ("release/tokens", "role", "operator", Some("approver, auditor"))
    );
}

const TRUST: &str = "label = \"x\"\nenvironment = \"release\"\nformats = [\"cms-detached\"]\ndigests = [\"sha256\"]\n\
                     [key]\nalgorithm = \"ecdsa-p256\"\n[[trust]]\nname = \"tags\"\nissuer = \"https://ci.example.org\"\n\
                     audience = \"signet\"\nclaims = { ref = \"refs/tags/v*\", \"odd \\\"claim\\\\\" = \"a\\\"\\\\b\" }\n";

/// The rules of a signing profile permit exactly those whom its own explanation has nothing against.
#[test]
fn trust_rules_are_policies_over_claims() {
    let profile = crate::signing::SigningProfile::from_toml("team/release", "x.toml", TRUST).unwrap();
    let engine =
        PolicyEngine::new(&[source("default.cedar", DEFAULT_POLICIES), source("x.toml", &profile.policies())]).unwrap();
    let good =
        [("iss", "https://ci.example.org"), ("aud", "signet"), ("ref", "refs/tags/v1"), ("odd \"claim\\", "a\"\\b")];
    let asked = |claims: &[(&str, &str)]| {
        let claims: std::collections::BTreeMap<String, String> =
            claims.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let explained = profile.unmet(&claims).is_empty();
        let job = Actor::CiJob { issuer: "https://ci.example.org".into(), subject: "s".into(), claims };
        let permitted = engine.decide(&job, super::samples::submit_signing("team/release"));
        assert_eq!(permitted.is_ok(), explained, "{permitted:?}");
        permitted.map(|permitted| permitted.policies().map(|policy| policy.id.clone()).collect::<Vec<_>>())
    };
    assert_eq!(asked(&good).unwrap(), ["signing/team/release/tags"]);
    for missing in 0..good.len() {
        let mut fewer = good.to_vec();
        fewer.remove(missing);
        assert!(asked(&fewer).is_err(), "without {:?}", good[missing]);
        let mut other = good.to_vec();
        other[missing].1 = "refs/heads/main";
        assert!(asked(&other).is_err(), "another {:?}", good[missing]);
    }
    let elsewhere = super::samples::submit_signing("release");
    assert!(engine.decide(&super::samples::ci_job(), elsewhere).is_err(), "a rule is about its own profile");
}

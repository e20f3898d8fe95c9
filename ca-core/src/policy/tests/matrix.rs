//! The default set as a table, and its agreement with the program.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::str::FromStr;

use cedar_policy::{PolicySet, Schema};

use super::engine;
use super::samples::{actors, acts};
use crate::policy::{DEFAULT_POLICIES, DeclaredAct, Fact, FactKind, PolicyEngine, SCHEMA};

#[test]
fn permission_matrix() {
    let engine = PolicyEngine::built_in().unwrap();
    let mut table = String::new();
    for (name, actor) in actors() {
        writeln!(table, "{name}").unwrap();
        for sample in acts() {
            if let Ok(policies) = sample.ask(&engine, &actor) {
                writeln!(table, "  {:<42} {}", sample.label, policies.join(", ")).unwrap();
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_schema_and_the_program_know_the_same_acts() {
    let schema = Schema::from_str(SCHEMA).unwrap();
    let groups = ["Read", "Administer", "OwnAccount"];
    let declared: BTreeSet<String> = schema.actions().map(|uid| uid.id().unescaped().to_owned()).collect();
    let known: BTreeSet<String> = acts().iter().map(|sample| sample.act).chain(groups).map(str::to_owned).collect();
    assert_eq!(declared, known);
}

/// Attributes as the schema declares them, read from it a second way, are those that the acts have.
#[test]
fn every_act_is_declared_with_its_attributes() {
    let declared = DeclaredAct::all();
    for sample in acts() {
        let act = declared.iter().find(|act| act.name == sample.act).unwrap();
        let inquiry = sample.inquiry(&actors()[0].1);
        assert!(act.objects.contains(&inquiry.object.kind), "{}: {:?}", sample.label, act.objects);
        assert!(act.has_identifiers || inquiry.identifiers.is_empty(), "{}", sample.label);
        for (name, fact) in &inquiry.attributes {
            let attribute = act.attributes.iter().find(|attribute| attribute.name == *name).unwrap();
            assert_eq!(kind_of(fact), attribute.kind, "{}: {name}", sample.label);
        }
        let missing =
            act.attributes.iter().filter(|a| a.required && !inquiry.attributes.iter().any(|(n, _)| *n == a.name));
        assert_eq!(missing.count(), 0, "{}", sample.label);
    }
}

fn kind_of(fact: &Fact) -> FactKind {
    match fact {
        Fact::Text(_) => FactKind::Text,
        Fact::Texts(_) => FactKind::Texts,
        Fact::Number(_) => FactKind::Number,
        Fact::Flag(_) => FactKind::Flag,
        Fact::Entity(entity) => FactKind::Entity(entity.kind.clone()),
    }
}

/// With everything permitted only the schema stands in the way, so each act's attributes must agree with it.
#[test]
fn every_act_is_written_as_the_schema_declares_it() {
    let engine = engine("permit (principal, action, resource);");
    for sample in acts() {
        let permitted = actors().iter().any(|(_, actor)| sample.ask(&engine, actor).is_ok());
        let refusals: Vec<_> = actors().iter().filter_map(|(_, a)| sample.ask(&engine, a).err()).collect();
        assert!(permitted, "{}: {refusals:?}", sample.label);
    }
}

/// Each act that is open to tokens needs a scope, so a new act cannot be forgotten in the list of any.
#[test]
fn a_token_without_a_scope_may_do_nothing() {
    let engine = PolicyEngine::built_in().unwrap();
    let (_, token) = actors().into_iter().find(|(name, _)| name.ends_with("without a scope")).unwrap();
    let permitted: Vec<_> = acts().into_iter().filter(|sample| sample.ask(&engine, &token).is_ok()).collect();
    assert_eq!(permitted.iter().map(|sample| &sample.label).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_default_policy_has_an_id_and_a_reason() {
    let set = PolicySet::from_str(DEFAULT_POLICIES).unwrap();
    for policy in set.policies() {
        assert!(policy.annotation("id").is_some_and(|id| !id.is_empty()), "{policy}");
        assert!(policy.annotation("reason").is_some_and(|reason| !reason.is_empty()), "{policy}");
    }
    assert_eq!(PolicyEngine::built_in().unwrap().warnings(), []);
}

//! Which sets of policies are accepted, and what identifies them.

use super::{engine, source};
use crate::policy::{DEFAULT_POLICIES, PolicyEngine};

fn faults(text: &str) -> String {
    PolicyEngine::new(&[source("site.cedar", text)]).err().expect("refused").to_string()
}

#[test]
fn an_unsound_set_is_refused_with_file_and_line() {
    let cases = [
        ("permit (principal, action, resource);\n\npermit (", "site.cedar:3: ", "unexpected end of input"),
        ("\npermit (principal, action == Signet::Action::\"NewOdrer\", resource);", "site.cedar:2: ", "NewOdrer"),
        (
            "permit (principal, action == Signet::Action::\"NewOrder\", resource)\nwhen {\n  context.profil == \"x\" };",
            "site.cedar:3: ",
            "profil",
        ),
        (
            "permit (principal, action, resource)\nwhen { principal in Signet::Group::\"x\" };",
            "site.cedar:2: ",
            "Signet::Group",
        ),
        ("\n\npermit (principal == ?principal, action, resource);", "site.cedar:3: ", "templates"),
        ("@id(\"\")\npermit (principal, action, resource);", "site.cedar:1: ", "@id"),
        ("@id(\"two words\")\npermit (principal, action, resource);", "site.cedar:1: ", "@id"),
    ];
    for (text, place, message) in cases {
        let faults = faults(text);
        assert!(faults.starts_with(place) && faults.contains(message), "{text}\n=> {faults}");
    }
}

#[test]
fn an_id_is_unique_over_all_files() {
    let one = "@id(\"same\")\npermit (principal, action, resource);";
    let files = [source("a.cedar", one), source("b.cedar", &format!("\n{one}"))];
    let error = PolicyEngine::new(&files).err().expect("refused");
    assert_eq!(error.to_string(), "b.cedar:2: the @id \"same\" is used twice");
}

#[test]
fn every_fault_is_reported_at_once() {
    let bad = "permit (principal, action, resource)\nwhen { context.nothing };";
    let files = [source("a.cedar", "permit ("), source("b.cedar", "forbid (")];
    assert_eq!(PolicyEngine::new(&files).err().expect("refused").faults().len(), 2);
    assert!(faults(bad).contains("nothing"));
}

#[test]
fn a_policy_that_can_never_match_is_a_warning() {
    let engine =
        engine("permit (principal, action, resource) when { resource is Signet::Hsm && resource is Signet::Issuer };");
    assert_eq!(engine.warnings().len(), 1);
}

#[test]
fn comments_and_layout_are_not_part_of_the_hash() {
    let (one, two) =
        (r#"@id("a") permit (principal, action, resource);"#, r#"@id("b") forbid (principal, action, resource);"#);
    let plain = engine(&format!("{one}\n{two}"));
    let dressed = engine(&format!("// first\n{two}\n\n{}", one.replace(", ", ",\n  ")));
    let other = engine(&format!("{one}\n{}", two.replace("forbid", "permit")));
    assert_eq!(plain.canonical_text(), dressed.canonical_text());
    assert_eq!(plain.policy_set_hash(), dressed.policy_set_hash());
    assert_ne!(plain.policy_set_hash(), other.policy_set_hash());
    assert_eq!(plain.policy_set_hash().to_string().len(), 64);
}

#[test]
fn the_canonical_text_is_a_sound_set_with_the_same_hash() {
    let first = engine(DEFAULT_POLICIES);
    let again = engine(first.canonical_text());
    assert_eq!(first.policy_set_hash(), again.policy_set_hash());
}

#[test]
fn an_engine_is_shared_between_threads() {
    fn shareable<T: Send + Sync>(_: &T) {}
    shareable(&engine("permit (principal, action, resource);"));
}

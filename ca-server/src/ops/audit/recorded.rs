//! A decision as the audit trail keeps it, and back: the question can be asked again.

use std::collections::BTreeMap;

use ca_core::policy::{EntityName, Fact, Inquiry};
use ca_core::x509::GeneralName;
use serde_json::{Map, Value, json};

/// The column `decision`.
pub(super) fn decision(policies: &[&str], policy_set: &str, inquiry: &Inquiry) -> Value {
    let names: Vec<String> = inquiry.identifiers.iter().map(ToString::to_string).collect();
    let attributes: Map<_, _> = inquiry.attributes.iter().map(|(name, fact)| (name.clone(), written(fact))).collect();
    let mut decision = json!({
        "policies": policies, "policy_set": policy_set, "object": inquiry.object.to_string(), "identifiers": names,
        "attributes": attributes,
    });
    let listed = [("roles", &inquiry.roles), ("holder_roles", &inquiry.holder_roles), ("scopes", &inquiry.scopes)];
    for (name, texts) in listed {
        if !texts.is_empty() {
            decision[name] = json!(texts);
        }
    }
    if !inquiry.claims.is_empty() {
        decision["claims"] = json!(inquiry.claims);
    }
    decision
}

/// The same for an act that was denied: the policies are those that forbade it.
pub(super) fn denial(policies: &[&str], policy_set: &str, inquiry: &Inquiry) -> Value {
    let mut decision = decision(policies, policy_set, inquiry);
    decision["denied"] = json!(true);
    decision
}

/// Whether that is the decision about an act that was denied.
pub fn is_denial(decision: &Value) -> bool {
    decision["denied"] == true
}

fn written(fact: &Fact) -> Value {
    match fact {
        Fact::Text(text) => json!(text),
        Fact::Texts(texts) => json!(texts),
        Fact::Number(number) => json!(number),
        Fact::Flag(flag) => json!(flag),
        Fact::Entity(entity) => json!({ "entity": entity.to_string() }),
    }
}

fn read(value: &Value) -> Option<Fact> {
    match value {
        Value::String(text) => Some(Fact::Text(text.clone())),
        Value::Array(_) => Some(Fact::Texts(texts(value))),
        Value::Number(number) => number.as_i64().map(Fact::Number),
        Value::Bool(flag) => Some(Fact::Flag(*flag)),
        Value::Object(entity) => entity.get("entity")?.as_str()?.parse().ok().map(Fact::Entity),
        Value::Null => None,
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn pairs(value: &Value) -> BTreeMap<String, String> {
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    value.as_object().into_iter().flatten().filter_map(text).collect()
}

/// The question that an event answers, if it holds all of it.
pub fn inquiry(actor: &str, act: &str, decision: &str) -> Option<Inquiry> {
    let decision: Value = serde_json::from_str(decision).ok()?;
    let object: EntityName = decision["object"].as_str()?.parse().ok()?;
    let attributes = decision["attributes"].as_object()?.iter();
    let names = decision["identifiers"].as_array()?.iter();
    Some(Inquiry {
        actor: actor.parse().ok()?,
        roles: texts(&decision["roles"]),
        holder_roles: texts(&decision["holder_roles"]),
        scopes: texts(&decision["scopes"]),
        claims: pairs(&decision["claims"]),
        act: act.to_owned(),
        object,
        attributes: attributes.map(|(name, value)| Some((name.clone(), read(value)?))).collect::<Option<_>>()?,
        identifiers: names.map(|name| GeneralName::parse(name.as_str()?).ok()).collect::<Option<_>>()?,
    })
}

/// Ids of the policies that decided.
pub(super) fn policies(decision: &Value) -> Vec<String> {
    texts(&decision["policies"])
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_back_as_it_was_asked() {
        let asked = Inquiry {
            actor: "ApiToken:0198".parse().unwrap(),
            roles: vec!["operator".into()],
            holder_roles: vec!["operator".into(), "approver".into()],
            scopes: vec!["certificates".into(), "read".into()],
            claims: [("ref".to_owned(), "refs/tags/v1".to_owned())].into(),
            act: "IssueCertificate".into(),
            object: "Issuer:issuing".parse().unwrap(),
            attributes: vec![
                ("endpoint".into(), Fact::Entity("Endpoint:acme".parse().unwrap())),
                ("certification_authority".into(), Fact::Flag(false)),
                ("roles".into(), Fact::Texts(vec!["auditor".into()])),
                ("subject".into(), Fact::Text("Issuer:not-an-entity".into())),
                ("validity_seconds".into(), Fact::Number(86_400)),
            ],
            identifiers: vec![GeneralName::parse("dns:*.example.org").unwrap()],
        };
        let mut sorted = asked.clone();
        sorted.attributes.sort_by(|one, other| one.0.cmp(&other.0));
        let kept = decision(&["role-operator"], "00", &asked).to_string();
        let mut again = inquiry("ApiToken:0198", "IssueCertificate", &kept).unwrap();
        again.attributes.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(again, sorted);
    }

    #[test]
    fn half_a_record_is_no_question() {
        assert_eq!(inquiry("Operator:ann", "PublishCrl", "{\"policies\":[]}"), None);
        assert_eq!(inquiry("nobody", "PublishCrl", "{}"), None);
    }
}

//! "May X do Y, and why?", in the words of the person who asks.

use std::collections::BTreeMap;

use ca_core::acme::Problem;
use ca_core::policy::action::ReadPolicy;
use ca_core::policy::{Actor, DeclaredAct, EntityName, Explanation, Inquiry};
use ca_core::x509::GeneralName;

use crate::app::App;
use crate::ops::OpError;
use crate::store::operator;

/// A question as a person writes it.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Who, as `Operator:ann`; a bare name is an operator's.
    pub actor: String,
    /// Roles to suppose; those that the operator has when none are given.
    pub roles: Vec<String>,
    /// Scopes to suppose, of an API token.
    pub scopes: Vec<String>,
    /// Claims of a CI's job, by name.
    pub claims: BTreeMap<String, String>,
    /// Name of the act.
    pub action: String,
    /// What it is done to, as `Issuer:issuing`; may be left out where there is only one thing it can be.
    pub object: Option<String>,
    /// Attributes by name; those that are left out are supposed to be empty, zero or false.
    pub context: Vec<(String, String)>,
    /// Names that a certificate is to bind, as `dns:www.example.org`.
    pub identifiers: Vec<String>,
}

/// A question with its answer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The question as it was put, with what was supposed.
    pub inquiry: Inquiry,
    /// Attributes that were supposed because nobody gave them.
    pub supposed: Vec<String>,
    /// Every policy that could have a say, and what became of it.
    pub explanation: Explanation,
}

/// Every act that can be asked about.
///
/// # Errors
/// When the policy denies the asker to ask.
pub fn acts(app: &App, actor: &Actor) -> Result<Vec<DeclaredAct>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ReadPolicy)?;
    Ok(DeclaredAct::all().to_vec())
}

/// Asks the policies in force, without anything being done.
///
/// # Errors
/// When the question cannot be read, or the policy denies the asker to ask.
pub async fn explain(app: &App, actor: &Actor, question: &Question) -> Result<Answered, OpError> {
    let _ = app.policies.load().engine().decide(actor, ReadPolicy)?;
    let (mut inquiry, supposed) = read(question).map_err(Problem::malformed)?;
    if question.roles.is_empty() && inquiry.actor.kind == "Operator" {
        let name = inquiry.actor.id.clone();
        let known = app.store.read(move |c| operator::by_name(c, &name)).await?;
        inquiry.roles = known.map(|operator| operator.roles).unwrap_or_default();
    }
    let explanation = app.policies.load().engine().explain(&inquiry);
    Ok(Answered { inquiry, supposed, explanation })
}

fn read(question: &Question) -> Result<(Inquiry, Vec<String>), String> {
    let acts = DeclaredAct::all();
    let act = acts.iter().find(|act| act.name.eq_ignore_ascii_case(&question.action)).ok_or_else(|| {
        let known: Vec<&str> = acts.iter().map(|act| act.name.as_str()).collect();
        format!("there is no act {:?}; the acts are {}", question.action, known.join(", "))
    })?;
    let (attributes, supposed) = attributes(act, &question.context)?;
    let names = question.identifiers.iter().map(|name| GeneralName::parse(name).map_err(|fault| fault.to_string()));
    let identifiers: Vec<GeneralName> = names.collect::<Result<_, _>>()?;
    if !identifiers.is_empty() && !act.has_identifiers {
        return Err(format!("{} is not asked about names", act.name));
    }
    let inquiry = Inquiry {
        actor: entity(&question.actor, "Operator")?,
        roles: question.roles.clone(),
        holder_roles: Vec::new(),
        scopes: question.scopes.clone(),
        claims: question.claims.clone(),
        act: act.name.clone(),
        object: object(act, question.object.as_deref())?,
        attributes,
        identifiers,
    };
    Ok((inquiry, supposed))
}

/// `KIND:ID`, or only the id.
fn entity(text: &str, kind: &str) -> Result<EntityName, String> {
    if text.is_empty() {
        return Err(format!("say who, as {kind}:ID"));
    }
    match text.split_once(':') {
        Some(_) => text.parse().map_err(|fault: ca_core::policy::InvalidEntityName| fault.to_string()),
        None => Ok(EntityName { kind: kind.to_owned(), id: text.to_owned() }),
    }
}

const INSTALLATION: &str = "Installation";

fn object(act: &DeclaredAct, text: Option<&str>) -> Result<EntityName, String> {
    let kinds = act.objects.join(" or ");
    match (text, act.objects.as_slice()) {
        (Some(text), [kind, ..]) => {
            let object = entity(text, kind)?;
            let fits = act.objects.contains(&object.kind);
            if fits { Ok(object) } else { Err(format!("{} is done to {kinds}, not to {}", act.name, object.kind)) }
        }
        (None, [only]) if only == INSTALLATION => {
            Ok(EntityName { kind: INSTALLATION.to_owned(), id: "signet".to_owned() })
        }
        _ => Err(format!("say what {} is done to: {kinds}, as TYPE:ID", act.name)),
    }
}

type Attributes = (Vec<(String, ca_core::policy::Fact)>, Vec<String>);

fn attributes(act: &DeclaredAct, given: &[(String, String)]) -> Result<Attributes, String> {
    let known = |name: &str| act.attributes.iter().find(|attribute| attribute.name == name);
    let (mut attributes, mut supposed) = (Vec::new(), Vec::new());
    for (name, text) in given {
        let attribute = known(name).ok_or_else(|| unknown_attribute(act, name))?;
        let fact = attribute.kind.parse(text).map_err(|fault| format!("{name}: {fault}"))?;
        attributes.push((name.clone(), fact));
    }
    for attribute in act.attributes.iter().filter(|attribute| attribute.required) {
        if !given.iter().any(|(name, _)| *name == attribute.name) {
            attributes.push((attribute.name.clone(), attribute.kind.nothing()));
            supposed.push(attribute.name.clone());
        }
    }
    Ok((attributes, supposed))
}

fn unknown_attribute(act: &DeclaredAct, name: &str) -> String {
    let known: Vec<&str> = act.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("{} has no attribute {name:?}; it has {known}", act.name)
}

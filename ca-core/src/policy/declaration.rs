//! What the schema declares: which acts there are, who can do them to what, and which attributes they have.
//!
//! Cedar answers this only piece by piece, so the schema is read once more in its JSON form.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use cedar_policy::SchemaFragment;
use serde_json::Value;

use super::inquiry::{EntityName, Fact};
use super::policy_set::SCHEMA;

/// One act that can be decided about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredAct {
    /// Its name.
    pub name: String,
    /// Groups of acts it is in, such as `Read`.
    pub groups: Vec<String>,
    /// Types of those who can do it.
    pub actors: Vec<String>,
    /// Types of what it is done to.
    pub objects: Vec<String>,
    /// Its attributes.
    pub attributes: Vec<DeclaredAttribute>,
    /// Whether it is asked about names, one at a time.
    pub has_identifiers: bool,
}

/// One attribute of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredAttribute {
    /// Its name.
    pub name: String,
    /// The type of its value.
    pub kind: FactKind,
    /// Whether every question has it.
    pub required: bool,
}

/// The type of an attribute's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// `String`.
    Text,
    /// `Set<String>`.
    Texts,
    /// `Long`.
    Number,
    /// `Bool`.
    Flag,
    /// An entity of that type.
    Entity(String),
}

/// The attribute that holds one name of a certificate.
const IDENTIFIER: &str = "identifier";

impl DeclaredAct {
    /// Every act of the schema, by name. Empty only if the schema cannot be read, which a test excludes.
    pub fn all() -> &'static [Self] {
        static ACTS: LazyLock<Vec<DeclaredAct>> = LazyLock::new(DeclaredAct::read);
        &ACTS
    }

    fn read() -> Vec<Self> {
        let Ok((fragment, _)) = SchemaFragment::from_cedarschema_str(SCHEMA) else { return Vec::new() };
        let Ok(schema) = fragment.to_json_value() else { return Vec::new() };
        let namespace = &schema["Signet"];
        let types: BTreeSet<&str> = keys(&namespace["entityTypes"]).collect();
        let actions = namespace["actions"].as_object().into_iter().flatten();
        let acts: BTreeMap<&String, Self> =
            actions.filter_map(|(name, action)| Some((name, act(name, action, &types)?))).collect();
        acts.into_values().collect()
    }
}

impl FactKind {
    /// What a person wrote as a value of this kind: texts with commas between them, `true`, `TYPE:ID` or just the id.
    ///
    /// # Errors
    /// What is expected instead.
    pub fn parse(&self, text: &str) -> Result<Fact, String> {
        match self {
            Self::Text => Ok(Fact::Text(text.to_owned())),
            Self::Texts => Ok(Fact::Texts(
                text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect(),
            )),
            Self::Number => text.trim().parse().map(Fact::Number).map_err(|_| format!("{text:?} is no whole number")),
            Self::Flag => {
                text.trim().parse().map(Fact::Flag).map_err(|_| format!("{text:?} is neither true nor false"))
            }
            Self::Entity(kind) => {
                let id = text.strip_prefix(&format!("{kind}:")).unwrap_or(text);
                Ok(Fact::Entity(EntityName { kind: kind.clone(), id: id.to_owned() }))
            }
        }
    }

    /// The value that says nothing: empty, zero or false.
    pub fn nothing(&self) -> Fact {
        match self {
            Self::Text => Fact::Text(String::new()),
            Self::Texts => Fact::Texts(Vec::new()),
            Self::Number => Fact::Number(0),
            Self::Flag => Fact::Flag(false),
            Self::Entity(kind) => Fact::Entity(EntityName { kind: kind.clone(), id: String::new() }),
        }
    }

    /// How a value is written, for people.
    pub fn hint(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Texts => "texts with commas between them".to_owned(),
            Self::Number => "a whole number".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Entity(kind) => format!("the id of a {kind}"),
        }
    }
}

fn keys(object: &Value) -> impl Iterator<Item = &str> {
    object.as_object().into_iter().flat_map(|object| object.keys().map(String::as_str))
}

/// `None` for a group of acts.
fn act(name: &str, action: &Value, types: &BTreeSet<&str>) -> Option<DeclaredAct> {
    let applies = action.get("appliesTo").filter(|applies| !applies["principalTypes"].is_null())?;
    let attributes = &applies["context"]["attributes"];
    let declared = attributes.as_object().into_iter().flatten().filter_map(|(name, attribute)| {
        let required = attribute["required"].as_bool().unwrap_or(true);
        Some(DeclaredAttribute { name: name.clone(), kind: kind(attribute, types)?, required })
    });
    let groups = action["memberOf"].as_array().into_iter().flatten().filter_map(|group| group["id"].as_str());
    Some(DeclaredAct {
        name: name.to_owned(),
        groups: groups.map(str::to_owned).collect(),
        actors: names(&applies["principalTypes"]),
        objects: names(&applies["resourceTypes"]),
        attributes: declared.collect(),
        has_identifiers: !attributes[IDENTIFIER].is_null(),
    })
}

fn names(array: &Value) -> Vec<String> {
    let names = array.as_array().into_iter().flatten().filter_map(Value::as_str);
    names.map(|name| name.rsplit("::").next().unwrap_or(name).to_owned()).collect()
}

/// `None` for the record that is a name: names are asked about one at a time.
fn kind(attribute: &Value, types: &BTreeSet<&str>) -> Option<FactKind> {
    let name = attribute["name"].as_str().unwrap_or_default();
    let name = name.rsplit("::").next().unwrap_or(name);
    match (attribute["type"].as_str().unwrap_or_default(), name) {
        ("Set", _) => Some(FactKind::Texts),
        ("String", _) | (_, "String") => Some(FactKind::Text),
        ("Long", _) | (_, "Long") => Some(FactKind::Number),
        ("Boolean", _) | (_, "Bool" | "Boolean") => Some(FactKind::Flag),
        (_, entity) if types.contains(entity) => Some(FactKind::Entity(entity.to_owned())),
        _ => None,
    }
}

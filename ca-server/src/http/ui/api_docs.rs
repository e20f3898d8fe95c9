//! `/api/docs`: the OpenAPI document as a page.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value};
use web_ui::api_docs::{Answer, ApiDocsPage, Operation, OperationGroup, Parameter, ProblemKind};
use web_ui::frame::Section;

use super::failure::Failure;
use super::page;
use super::signed_in::{SignedIn, public_frame};
use crate::app::App;
use crate::http::api;

pub(super) async fn page(State(app): State<Arc<App>>, me: Option<SignedIn>) -> Result<Response, Failure> {
    let frame = match &me {
        Some(me) => me.frame(&app, Section::Elsewhere),
        None => public_frame(&app, Section::Elsewhere),
    };
    let base = &app.settings.server.public_url;
    let document = Document(serde_json::from_str(&api::openapi(base)).unwrap_or_default());
    let view = ApiDocsPage {
        frame,
        description: text(&document.0["info"]["description"]),
        example: format!("curl --cacert root.pem -H \"Authorization: Bearer $TOKEN\" {}", base.join("/api/v1/me")),
        groups: document.groups(),
        problems: document.problems(),
    };
    page::page(view.render())
}

/// The OpenAPI document.
struct Document(Value);

/// What is said of an answer that says nothing of itself.
const WELL: &str = "It is done";

/// How deep examples of bodies go.
const DEEPEST: usize = 6;

impl Document {
    fn groups(&self) -> Vec<OperationGroup> {
        let tags = self.0["tags"].as_array().into_iter().flatten();
        let group = |tag: &Value| OperationGroup {
            name: text(&tag["name"]),
            description: text(&tag["description"]),
            operations: self.operations(&tag["name"]),
        };
        tags.map(group).filter(|group| !group.operations.is_empty()).collect()
    }

    fn operations(&self, tag: &Value) -> Vec<Operation> {
        let paths = self.0["paths"].as_object().into_iter().flatten();
        let all = paths.flat_map(|(path, methods)| {
            methods.as_object().into_iter().flatten().map(move |(method, operation)| (path, method, operation))
        });
        all.filter(|(_, _, operation)| operation["tags"][0] == *tag)
            .map(|(path, method, operation)| self.operation(path, method, operation))
            .collect()
    }

    fn operation(&self, path: &str, method: &str, operation: &Value) -> Operation {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let answers = operation["responses"].as_object().into_iter().flatten();
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let mut answers: Vec<Answer> = answers.map(|(status, answer)| self.answer(status, answer)).collect();
        answers.sort_by(|one, other| one.status.cmp(&other.status));
        Operation {
            id: text(&operation["operationId"]),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]),
            description: text(&operation["description"]),
            parameters: parameters.map(|parameter| self.parameter(parameter)).collect(),
            body: (!body.is_null()).then(|| self.example(body)),
            answers,
        }
    }

    fn parameter(&self, parameter: &Value) -> Parameter {
        let parameter = self.resolved(parameter);
        Parameter {
            name: text(&parameter["name"]),
            place: text(&parameter["in"]),
            required: parameter["required"].as_bool().unwrap_or_default(),
            description: text(&parameter["description"]),
        }
    }

    /// Errors are alike and described once, so that only what is answered when all is well has an example.
    fn answer(&self, status: &str, answer: &Value) -> Answer {
        let answer = self.resolved(answer);
        let body = &answer["content"]["application/json"]["schema"];
        Answer {
            status: status.to_owned(),
            description: Some(text(&answer["description"]))
                .filter(|told| !told.is_empty())
                .unwrap_or_else(|| WELL.to_owned()),
            example: (!body.is_null()).then(|| self.example(body)),
        }
    }

    fn problems(&self) -> Vec<ProblemKind> {
        let answers = self.0["components"]["responses"].as_object().into_iter().flatten();
        let kind = |answer: &Value| {
            let example = &answer["content"]["application/problem+json"]["example"];
            let (_, slug) = example["type"].as_str()?.split_once("#problem-")?;
            Some(ProblemKind {
                slug: slug.to_owned(),
                title: text(&example["title"]),
                status: example["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default(),
            })
        };
        let mut kinds: Vec<ProblemKind> = answers.filter_map(|(_, answer)| kind(answer)).collect();
        kinds.sort_by_key(|kind| kind.status);
        kinds
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer.and_then(|pointer| self.0.pointer(pointer)).unwrap_or(value)
    }

    fn example(&self, schema: &Value) -> String {
        format!("{:#}", self.value(schema, DEEPEST))
    }

    /// What the schema's own examples say; else something of the right type.
    fn value(&self, schema: &Value, depth: usize) -> Value {
        let schema = self.resolved(schema);
        let own = schema.get("example").or_else(|| schema["examples"].get(0));
        if let Some(own) = own.or_else(|| schema["enum"].get(0)) {
            return own.clone();
        }
        if depth == 0 {
            return Value::Null;
        }
        let parts = ["allOf", "oneOf", "anyOf"].iter().find_map(|name| schema[name].as_array());
        if let Some(parts) = parts {
            return self.together(parts, depth);
        }
        match kind(schema) {
            "array" => Value::Array(vec![self.value(&schema["items"], depth - 1)]),
            "object" => {
                let properties = schema["properties"].as_object().into_iter().flatten();
                properties
                    .map(|(name, schema)| (name.clone(), self.value(schema, depth - 1)))
                    .collect::<Map<_, _>>()
                    .into()
            }
            "integer" | "number" => Value::from(1),
            "boolean" => Value::from(true),
            "string" => Value::from("…"),
            _ => Value::Null,
        }
    }

    /// Objects are put together; of anything else the first that says something is taken.
    fn together(&self, parts: &[Value], depth: usize) -> Value {
        let mut object = Map::new();
        for part in parts {
            match self.value(part, depth - 1) {
                Value::Object(members) => object.extend(members),
                Value::Null => {}
                other => return other,
            }
        }
        object.into()
    }
}

/// The type of a schema; of several, the first that is not null.
fn kind(schema: &Value) -> &str {
    let listed = schema["type"].as_array().into_iter().flatten().filter_map(Value::as_str);
    schema["type"].as_str().or_else(|| listed.into_iter().find(|kind| *kind != "null")).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_shown_with_the_examples_of_its_schema() {
        let document = Document(json!({ "components": { "schemas": {
            "New": { "type": "object", "properties": {
                "name": { "type": "string", "example": "team" }, "days": { "type": ["integer", "null"] },
                "inner": { "$ref": "#/components/schemas/Inner" } } },
            "Inner": { "type": "array", "items": { "type": "boolean" } },
        } } }));
        let shown = document.value(&json!({ "$ref": "#/components/schemas/New" }), DEEPEST);
        assert_eq!(shown, json!({ "name": "team", "days": 1, "inner": [true] }));
    }

    #[test]
    fn a_schema_that_contains_itself_ends() {
        let document = Document(json!({ "components": { "schemas": {
            "Tree": { "type": "object", "properties": { "child": { "$ref": "#/components/schemas/Tree" } } },
        } } }));
        assert!(document.example(&json!({ "$ref": "#/components/schemas/Tree" })).contains("null"));
    }
}

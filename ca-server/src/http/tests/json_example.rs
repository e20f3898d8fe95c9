//! A body for an operation of the OpenAPI document, made of the document's own examples.

use serde_json::{Map, Value, json};

/// The body that an operation takes; nothing if it takes none.
pub(super) fn body(document: &Value, path: &str, method: &str) -> Option<Value> {
    let content = &document["paths"][path][method]["requestBody"]["content"]["application/json"];
    let example = content.get("example").cloned();
    example.or_else(|| content.get("schema").map(|schema| of(document, schema)))
}

fn of(document: &Value, schema: &Value) -> Value {
    let given = schema.get("example").or_else(|| schema.get("default")).or_else(|| schema["examples"].get(0));
    if let Some(example) = given.or_else(|| schema["enum"].get(0)) {
        return example.clone();
    }
    if let Some(reference) = schema["$ref"].as_str() {
        return of(document, document.pointer(reference.trim_start_matches('#')).expect("a reference leads somewhere"));
    }
    for several in ["allOf", "oneOf", "anyOf"] {
        let members = schema[several].as_array().into_iter().flatten();
        if let Some(member) = members.into_iter().find(|member| member["type"] != "null") {
            return of(document, member);
        }
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("object");
    match kind {
        "string" => json!("x"),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "boolean" => json!(true),
        "array" => json!([of(document, &schema["items"])]),
        _ => Value::Object(members(document, schema)),
    }
}

fn members(document: &Value, schema: &Value) -> Map<String, Value> {
    let members = schema["properties"].as_object().into_iter().flatten();
    members.map(|(name, schema)| (name.clone(), of(document, schema))).collect()
}

//! Fields of a form as values: text, numbers, flags, what may be absent, what may be repeated.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// The values of all fields.
pub(super) fn parse<T: DeserializeOwned>(form: &[u8]) -> Result<T, String> {
    let mut fields: BTreeMap<String, Values> = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(form) {
        fields.entry(name.into_owned()).or_default().0.push(value.into_owned());
    }
    T::deserialize(MapDeserializer::new(fields.into_iter())).map_err(|error: Error| error.to_string())
}

/// The first value of one field.
pub(super) fn value<'a>(form: &'a [u8], name: &str) -> Option<Cow<'a, str>> {
    url::form_urlencoded::parse(form).find(|(found, _)| found == name).map(|(_, value)| value)
}

/// Everything that was sent under one name, in its order.
#[derive(Default)]
struct Values(Vec<String>);

impl Values {
    /// What was meant where one value is wanted: the last, as browsers send a checkbox after its hidden default.
    fn one(mut self) -> String {
        self.0.pop().unwrap_or_default()
    }
}

impl IntoDeserializer<'_, Error> for Values {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! numbers {
    ($($method:ident => $visit:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let text = self.one();
            let number = text.trim().parse().map_err(|_| Error::custom(format!("{text:?} is not a number that fits")))?;
            visitor.$visit(number)
        }
    )*};
}

impl<'de> Deserializer<'de> for Values {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.one())
    }

    /// A field left empty is one left out.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.iter().all(|value| value.trim().is_empty()) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.0.into_iter()))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(matches!(self.one().as_str(), "on" | "true" | "yes" | "1"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.one().into_deserializer())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    numbers! {
        deserialize_i64 => visit_i64,
        deserialize_i32 => visit_i32,
        deserialize_u64 => visit_u64,
        deserialize_u32 => visit_u32,
        deserialize_u16 => visit_u16,
        deserialize_u8 => visit_u8,
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier
        ignored_any
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Example {
        name: String,
        #[serde(default)]
        roles: Vec<String>,
        days: Option<u32>,
        #[serde(default)]
        force: bool,
    }

    #[test]
    fn fields_become_values() {
        let form = b"name=Ann+B%26&roles=a&roles=b&days=30&force=on&csrf=x";
        let expected = Example {
            name: "Ann B&".to_owned(),
            roles: vec!["a".to_owned(), "b".to_owned()],
            days: Some(30),
            force: true,
        };
        assert_eq!(parse::<Example>(form).unwrap(), expected);
        assert_eq!(value(form, "csrf").as_deref(), Some("x"));
        assert_eq!(value(form, "other"), None);
    }

    #[test]
    fn an_empty_field_is_one_left_out() {
        let bare = Example { name: String::new(), roles: Vec::new(), days: None, force: false };
        assert_eq!(parse::<Example>(b"name=&days=").unwrap(), bare);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert!(parse::<Example>(b"name=a&days=many").unwrap_err().contains("many"));
        assert!(parse::<Example>(b"days=1").unwrap_err().contains("name"));
    }
}

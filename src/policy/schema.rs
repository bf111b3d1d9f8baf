//! The JSON Schema of policy files, for editors: made from the types that read them, so that it cannot say otherwise.
//!
//! Out: the schema as JSON. What is checked by parsing a text (periods, globs, messages) is a string to it.

/// A type that is written as another.
macro_rules! written_as {
    ($($type:ty: $written:ty),+) => { $(
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                <$written as schemars::JsonSchema>::schema_name()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                <$written as schemars::JsonSchema>::json_schema(generator)
            }
        }
    )+ };
}

written_as!(
    super::period::Period: String,
    super::period::Within: String,
    super::message::Message: String,
    super::rule::Limit: String,
    super::when::Confidence: f64,
    super::when::Names: Vec<String>,
    super::places::Globs: Vec<String>
);

/// The schema, as JSON.
pub fn schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(super::file::File)).unwrap_or_default()
}

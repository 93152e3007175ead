//! The schemas of schemas (drafts 4, 6 and 7 of JSON Schema, as their specifications have them),
//! which a reference may name without anything being fetched. Titles and defaults are left out
//! where they validate nothing.

use referee_rego_go::schema::Draft;
use referee_rego_value::{JsonLimits, Value};

const ANY: &str = "{}";
const ALL: &str = r##"{"$ref":"#"}"##;
const LIST: &str = r##"{"$ref":"#/definitions/schemaArray"}"##;
const NAMES: &str = r##"{"$ref":"#/definitions/stringArray"}"##;
const NUMBER: &str = r#"{"type":"number"}"#;
const TEXT: &str = r#"{"type":"string"}"#;
const TRUTH: &str = r#"{"type":"boolean"}"#;
const MAP: &str = r##"{"type":"object","additionalProperties":{"$ref":"#"}}"##;
const MAYBE: &str = r##"{"anyOf":[{"type":"boolean"},{"$ref":"#"}]}"##;
const REFERENCE: &str = r#"{"type":"string","format":"uri-reference"}"#;
/// A count, and one that is 0 where it is not given.
const COUNT: &str = "count";
const COUNT_FROM_0: &str = "count from 0";

/// The keywords that all drafts have alike.
const COMMON: &[(&str, &str)] = &[
    ("title", TEXT),
    ("description", TEXT),
    ("default", ANY),
    ("maximum", NUMBER),
    ("minimum", NUMBER),
    ("maxLength", COUNT),
    ("minLength", COUNT_FROM_0),
    ("pattern", r#"{"type":"string","format":"regex"}"#),
    ("items", r##"{"anyOf":[{"$ref":"#"},{"$ref":"#/definitions/schemaArray"}]}"##),
    ("maxItems", COUNT),
    ("minItems", COUNT_FROM_0),
    ("uniqueItems", TRUTH),
    ("maxProperties", COUNT),
    ("minProperties", COUNT_FROM_0),
    ("required", NAMES),
    ("definitions", MAP),
    ("properties", MAP),
    (
        "dependencies",
        r##"{"type":"object","additionalProperties":{"anyOf":[{"$ref":"#"},{"$ref":"#/definitions/stringArray"}]}}"##,
    ),
    ("enum", r#"{"type":"array","minItems":1,"uniqueItems":true}"#),
    (
        "type",
        r##"{"anyOf":[{"$ref":"#/definitions/simpleTypes"},{"type":"array","items":{"$ref":"#/definitions/simpleTypes"},"minItems":1,"uniqueItems":true}]}"##,
    ),
    ("format", TEXT),
    ("allOf", LIST),
    ("anyOf", LIST),
    ("oneOf", LIST),
    ("not", ALL),
];

const DRAFT_4: &[(&str, &str)] = &[
    ("id", TEXT),
    ("$schema", TEXT),
    ("multipleOf", r#"{"type":"number","minimum":0,"exclusiveMinimum":true}"#),
    ("exclusiveMaximum", TRUTH),
    ("exclusiveMinimum", TRUTH),
    ("additionalItems", MAYBE),
    ("additionalProperties", MAYBE),
    ("patternProperties", MAP),
];

/// What drafts 6 and 7 have besides.
const SINCE_6: &[(&str, &str)] = &[
    ("$id", REFERENCE),
    ("$schema", r#"{"type":"string","format":"uri"}"#),
    ("$ref", REFERENCE),
    ("examples", r#"{"type":"array","items":{}}"#),
    ("multipleOf", r#"{"type":"number","exclusiveMinimum":0}"#),
    ("exclusiveMaximum", NUMBER),
    ("exclusiveMinimum", NUMBER),
    ("additionalItems", ALL),
    ("contains", ALL),
    ("additionalProperties", ALL),
    ("propertyNames", ALL),
    ("const", ANY),
];

const DRAFT_6: &[(&str, &str)] = &[("patternProperties", MAP)];

const DRAFT_7: &[(&str, &str)] = &[
    ("$comment", TEXT),
    ("readOnly", TRUTH),
    (
        "patternProperties",
        r##"{"type":"object","additionalProperties":{"$ref":"#"},"propertyNames":{"format":"regex"}}"##,
    ),
    ("contentMediaType", TEXT),
    ("contentEncoding", TEXT),
    ("if", ALL),
    ("then", ALL),
    ("else", ALL),
];

/// The schema of the schemas of a draft.
pub(super) fn schema(draft: Draft) -> Option<Value> {
    let url = draft.url()?;
    let (id, kind, count, least, tables) = match draft {
        Draft::Four => ("id", r#""object""#, "positiveInteger", r#""minItems":1,"#, [DRAFT_4, &[]]),
        Draft::Six => {
            ("$id", r#"["object","boolean"]"#, "nonNegativeInteger", "", [SINCE_6, DRAFT_6])
        }
        _ => ("$id", r#"["object","boolean"]"#, "nonNegativeInteger", "", [SINCE_6, DRAFT_7]),
    };
    let properties: Vec<String> = COMMON
        .iter()
        .chain(tables.into_iter().flatten())
        .map(|(name, schema)| match *schema {
            COUNT => format!(r##""{name}":{{"$ref":"#/definitions/{count}"}}"##),
            COUNT_FROM_0 => format!(r##""{name}":{{"$ref":"#/definitions/{count}Default0"}}"##),
            schema => format!(r#""{name}":{schema}"#),
        })
        .collect();
    let together = if draft == Draft::Four {
        r#","dependencies":{"exclusiveMaximum":["maximum"],"exclusiveMinimum":["minimum"]}"#
    } else {
        ""
    };
    let properties = properties.join(",");
    let text = format!(
        r##"{{"{id}":"{url}#","$schema":"{url}#","type":{kind},"properties":{{{properties}}}{together},
        "definitions":{{
            "schemaArray":{{"type":"array","minItems":1,"items":{{"$ref":"#"}}}},
            "{count}":{{"type":"integer","minimum":0}},
            "{count}Default0":{{"allOf":[{{"$ref":"#/definitions/{count}"}},{{"default":0}}]}},
            "simpleTypes":{{"enum":["array","boolean","integer","null","number","object","string"]}},
            "stringArray":{{"type":"array","items":{{"type":"string"}},{least}"uniqueItems":true}}
        }}}}"##
    );
    Value::from_json(text, &JsonLimits::DEFAULT).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_draft_has_a_schema_of_its_own() {
        for (draft, keywords) in [(Draft::Four, 33), (Draft::Six, 38), (Draft::Seven, 45)] {
            let schema = schema(draft).unwrap();
            let properties = schema.as_object().unwrap().get_str("properties").unwrap();
            assert_eq!(properties.as_object().unwrap().len(), keywords, "{draft:?}");
        }
        assert_eq!(schema(Draft::Hybrid), None);
    }
}

//! JSON documents, schemas and GraphQL.

use super::{Spec, builtin};

pub(super) const BUILTINS: &[Spec] = &[
    builtin("graphql.is_valid", "query: any<string, object[any: any]>, schema: any<string, object[any: any]> => output: boolean").contextual(),
    builtin("graphql.parse", "query: any<string, object[any: any]>, schema: any<string, object[any: any]> => output: array<object[any: any], object[any: any]>").contextual(),
    builtin("graphql.parse_and_verify", "query: any<string, object[any: any]>, schema: any<string, object[any: any]> => output: array<boolean, object[any: any], object[any: any]>").contextual(),
    builtin("graphql.parse_query", "query: string => output: object[any: any]"),
    builtin("graphql.parse_schema", "schema: string => output: object[any: any]").contextual(),
    builtin("graphql.schema_is_valid", "schema: any<string, object[any: any]> => output: boolean").contextual(),
    builtin("json.filter", "object: object[any: any], paths: any<array[any<string, array[any]>], set[any<string, array[any]>]> => filtered: object[any: any]").of(&["object"]),
    builtin("json.match_schema", "document: any<string, object[any: any]>, schema: any<string, object[any: any]> => output: array<boolean, array[object<desc: string, error: string, field: string, type: string>]>").of(&["object"]).contextual(),
    builtin("json.patch", "target: any, patches: array[object<op: string, path: any>[any: any]] => output: any").of(&["object"]),
    builtin("json.remove", "object: object[any: any], paths: any<array[any<string, array[any]>], set[any<string, array[any]>]> => output: object[any: any]").of(&["object"]),
    builtin("json.verify_schema", "schema: any<string, object[any: any]> => output: array<boolean, any<null, string>>").of(&["object"]).contextual(),
];

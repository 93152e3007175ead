//! Encodings, URIs and identifiers.

use super::{Spec, builtin};

pub(super) const BUILTINS: &[Spec] = &[
    builtin("base64.decode", "x: string => y: string").of(&["encoding"]),
    builtin("base64.encode", "x: string => y: string").of(&["encoding"]),
    builtin("base64.is_valid", "x: string => result: boolean").of(&["encoding"]),
    builtin("base64url.decode", "x: string => y: string").of(&["encoding"]),
    builtin("base64url.encode", "x: string => y: string").of(&["encoding"]),
    builtin("base64url.encode_no_pad", "x: string => y: string").of(&["encoding"]),
    builtin("hex.decode", "x: string => y: string").of(&["encoding"]),
    builtin("hex.encode", "x: string => y: string").of(&["encoding"]),
    builtin("json.is_valid", "x: string => result: boolean").of(&["encoding"]),
    builtin("json.marshal", "x: any => y: string").of(&["encoding"]),
    builtin("json.marshal_with_options", "x: any, opts: object<indent: string, prefix: string, pretty: boolean>[string: any] => y: string").of(&["encoding"]),
    builtin("json.unmarshal", "x: string => y: any").of(&["encoding"]),
    builtin("semver.compare", "a: string, b: string => result: number"),
    builtin("semver.is_valid", "vsn: any => result: boolean"),
    builtin("uri.is_valid", "uri: string => result: boolean"),
    builtin("uri.parse", "uri: string => output: object[string: string]"),
    builtin("urlquery.decode", "x: string => y: string").of(&["encoding"]),
    builtin("urlquery.decode_object", "x: string => object: object[string: array[string]]").of(&["encoding"]),
    builtin("urlquery.encode", "x: string => y: string").of(&["encoding"]),
    builtin("urlquery.encode_object", "object: object[string: any<string, array[string], set[string]>] => y: string").of(&["encoding"]),
    builtin("uuid.parse", "uuid: string => result: object[string: any]"),
    builtin("uuid.rfc4122", "k: string => output: string").nondeterministic().contextual(),
    builtin("yaml.is_valid", "x: string => result: boolean").of(&["encoding"]),
    builtin("yaml.marshal", "x: any => y: string").of(&["encoding"]),
    builtin("yaml.unmarshal", "x: string => y: any").of(&["encoding"]),
];

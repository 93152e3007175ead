//! Metadata blocks: what they say, and what is wrong with them.

mod support;

use referee_rego_syntax::ParseOptions;
use referee_rego_syntax::ast::RegoVersion;
use support::check;

#[test]
fn what_is_wrong_with_blocks() {
    let options = ParseOptions {
        process_annotations: true,
        version: RegoVersion::V1,
        ..ParseOptions::default()
    };
    for (source, wanted) in [
        (
            "# METADATA\n# title: x",
            "2:1: rego_parse_error: invalid annotation scope ''. Use one of 'rule', 'document', 'package', or 'subpackages'",
        ),
        (
            "# METADATA\n# title: x\np := 1",
            "# METADATA\n# {\"scope\":\"rule\",\"title\":\"x\"}\np := 1 if { true }",
        ),
        (
            "# METADATA\n# scope: package\np := 1",
            "2:1: rego_parse_error: annotation scope 'package' must be applied to package (have rule)",
        ),
        (
            "# METADATA\n# scope: other\np := 1",
            "2:1: rego_parse_error: invalid annotation scope 'other'. Use one of 'rule', 'document', 'package', or 'subpackages'",
        ),
        (
            "# METADATA\n# title: x\nimport data.x",
            "2:1: rego_parse_error: invalid annotation scope 'import'. Use one of 'rule', 'document', 'package', or 'subpackages'",
        ),
        (
            "# METADATA\n# entrypoint: true\n# scope: rule\np := 1",
            "2:1: rego_parse_error: annotation entrypoint applied to non-document or package scope 'rule'",
        ),
        (
            "# METADATA\np := 1",
            "2:1: rego_parse_error: expected METADATA block, found whitespace\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n#\np := 1",
            "2:1: rego_parse_error: expected METADATA block, found whitespace\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n# title: [\np := 1",
            "3:1: rego_parse_error: yaml: line 1: did not find expected node content\n\t# title: [\n\t^",
        ),
        (
            "# METADATA\n# title: a: b\np := 1",
            "3:1: rego_parse_error: yaml: mapping values are not allowed in this context\n\t# title: a: b\n\t^",
        ),
        (
            "# METADATA\n# title:x\n# scope: rule\np := 1",
            "4:1: rego_parse_error: yaml: line 2: mapping values are not allowed in this context\n  Hint: on line 3, symbol(s) ['x'] immediately following a key/value separator ':' is not a legal yaml space character\n\t# scope: rule\n\t^",
        ),
        (
            "# METADATA\n# title: [a]\n# entrypoint: 1\n# organizations: x\np := 1",
            "4:1: rego_parse_error: yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into string\n  line 2: cannot unmarshal !!int `1` into bool\n  line 3: cannot unmarshal !!str `x` into []string\n\t# entrypoint: 1\n\t^",
        ),
        (
            "# METADATA\n# title: a\n# title: b\np := 1",
            "4:1: rego_parse_error: yaml: unmarshal errors:\n  line 2: mapping key \"title\" already defined at line 1\n\t# title: b\n\t^",
        ),
        (
            "# METADATA\n# authors: [\"\"]\np := 1",
            "2:1: rego_parse_error: invalid author definition : author is an empty string\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n# authors: [1]\np := 1",
            "2:1: rego_parse_error: invalid author definition %!s(int=1): invalid value type, must be string or map\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n# authors: [{x: y}]\np := 1",
            "2:1: rego_parse_error: invalid author definition map[x:y]: 'name' and/or 'email' values required in object\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n# related_resources: [\"\"]\np := 1",
            "2:1: rego_parse_error: invalid related-resource definition : ref URL may not be empty string\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n# related_resources: [{description: d}]\np := 1",
            "2:1: rego_parse_error: invalid related-resource definition map[description:d]: 'ref' value required in object\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n# related_resources: [\":\"]\np := 1",
            "2:1: rego_parse_error: invalid related-resource definition :: parse \":\": missing protocol scheme\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n# related_resources: [\"//[::g]\"]\np := 1",
            "2:1: rego_parse_error: invalid related-resource definition //[::g]: parse \"//[::g]\": invalid host: ParseAddr(\"::g\"): each colon-separated field must have at least one digit (at \"g\")\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n# schemas: [{\"a b\": schema.x}]\np := 1",
            "2:1: rego_parse_error: invalid document reference\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n# schemas: [{input: x}]\np := 1",
            "2:1: rego_parse_error: invalid schema reference\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n# schemas: [{input: 1}]\np := 1",
            "2:1: rego_parse_error: invalid schema declaration for path \"input\"\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n# compile: {unknowns: [\"1\"]}\np := 1",
            "2:1: rego_parse_error: invalid unknowns element \"1\": expected ref but got 1\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n# compile: {mask_rule: \"1\"}\np := 1",
            "2:1: rego_parse_error: invalid mask_rule annotation type \"1\": string\n\t# METADATA\n\t^",
        ),
        (
            "# METADATA\n# custom: {1: {[a]: b}}\np := 1",
            "3:1: rego_parse_error: yaml: invalid map key: []interface {}{\"a\"}\n\t# custom: {1: {[a]: b}}\n\t^",
        ),
        (
            "# METADATA\n# custom: *x\np := 1",
            "3:1: rego_parse_error: yaml: unknown anchor 'x' referenced\n\t# custom: *x\n\t^",
        ),
        (
            "# METADATA\n# title: \"a\np := 1",
            "3:1: rego_parse_error: yaml: line 2: found unexpected end of stream\n\t# title: \"a\n\t^",
        ),
        (
            "# METADATA\n# custom: [1]\np := 1",
            "3:1: rego_parse_error: yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into map[string]interface {}\n\t# custom: [1]\n\t^",
        ),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn blocks() {
    let options = ParseOptions {
        process_annotations: true,
        version: RegoVersion::V1,
        ..ParseOptions::default()
    };
    for (source, wanted) in [
        (
            "# METADATA\n# title: t\n# description: d\n# scope: rule\n# organizations: [o, p]\n# authors: [\"A B <a@b>\", {name: C, email: c@d}, \"<e@f>\"]\n# related_resources: [\"https://x/y?z\", {ref: \"HTTPS://h/a b\", description: e}]\n# custom: {b: 1, a: [true, null, 1.5], c: {d: 2001-02-03}}\n# labels: {l: m}\np := 1",
            "# METADATA\n# {\"authors\":[{\"name\":\"A B\",\"email\":\"a@b\"},{\"name\":\"C\",\"email\":\"c@d\"},{\"name\":\"\",\"email\":\"e@f\"}],\"custom\":{\"a\":[true,null,1.5],\"b\":1,\"c\":{\"d\":\"2001-02-03T00:00:00Z\"}},\"description\":\"d\",\"labels\":{\"l\":\"m\"},\"organizations\":[\"o\",\"p\"],\"related_resources\":[{\"ref\":\"https://x/y?z\"},{\"description\":\"e\",\"ref\":\"https://h/a%20b\"}],\"scope\":\"rule\",\"title\":\"t\"}\np := 1 if { true }",
        ),
        (
            "# METADATA\n# entrypoint: true\np := 1\np := 2",
            "# METADATA\n# {\"entrypoint\":true,\"scope\":\"document\"}\np := 1 if { true }\n# METADATA\n# {\"entrypoint\":true,\"scope\":\"document\"}\np := 2 if { true }",
        ),
        (
            "# METADATA\n# title: one\np := 1\n\n# METADATA\n# title: two\np := 2",
            "# METADATA\n# {\"scope\":\"rule\",\"title\":\"one\"}\np := 1 if { true }\n# METADATA\n# {\"scope\":\"rule\",\"title\":\"two\"}\np := 2 if { true }",
        ),
        (
            "# METADATA\n# schemas:\n# - input: schema.x\n# - data.a[\"b\"]: schema\n# - input.c: {type: string}\np := 1",
            "# METADATA\n# {\"schemas\":[{\"path\":[{\"type\":\"var\",\"value\":\"input\"}],\"schema\":[{\"type\":\"var\",\"value\":\"schema\"},{\"type\":\"string\",\"value\":\"x\"}]},{\"path\":[{\"type\":\"var\",\"value\":\"data\"},{\"type\":\"string\",\"value\":\"a\"},{\"type\":\"string\",\"value\":\"b\"}],\"schema\":[{\"type\":\"var\",\"value\":\"schema\"}]},{\"path\":[{\"type\":\"var\",\"value\":\"input\"},{\"type\":\"string\",\"value\":\"c\"}],\"definition\":{\"type\":\"string\"}}],\"scope\":\"rule\"}\np := 1 if { true }",
        ),
        (
            "# METADATA\n# compile:\n#   unknowns: [input.x, data.y]\n#   mask_rule: data.m\np := 1",
            "# METADATA\n# {\"compile\":{\"unknowns\":[[{\"type\":\"var\",\"value\":\"input\"},{\"type\":\"string\",\"value\":\"x\"}],[{\"type\":\"var\",\"value\":\"data\"},{\"type\":\"string\",\"value\":\"y\"}]],\"mask_rule\":[{\"type\":\"var\",\"value\":\"data\"},{\"type\":\"string\",\"value\":\"m\"}]},\"scope\":\"rule\"}\np := 1 if { true }",
        ),
        (
            "# METADATA\n# description: |\n#  a\n#   b\np := 1",
            "# METADATA\n# {\"description\":\"a\\n b\\n\",\"scope\":\"rule\"}\np := 1 if { true }",
        ),
        (
            "#METADATA\n#title: no blank\np := 1",
            "# METADATA\n# {\"scope\":\"rule\",\"title\":\"no blank\"}\np := 1 if { true }",
        ),
        (
            "# METADATA\n# custom: {a: &x {b: 1}, c: *x, d: {<<: *x, e: 2}}\np := 1",
            "# METADATA\n# {\"custom\":{\"a\":{\"b\":1},\"c\":{\"b\":1},\"d\":{\"b\":1,\"e\":2}},\"scope\":\"rule\"}\np := 1 if { true }",
        ),
        (" # METADATA\n # title: not in the first column\np := 1", "p := 1 if { true }"),
    ] {
        check("package a\n", source, &options, wanted);
    }
}

#[test]
fn packages_have_blocks_too() {
    let options = ParseOptions {
        process_annotations: true,
        version: RegoVersion::V1,
        ..ParseOptions::default()
    };
    for (source, wanted) in [
        (
            "# METADATA\n# title: p\npackage a\np := 1",
            "# METADATA\n# {\"scope\":\"package\",\"title\":\"p\"}\npackage a\n\np := 1 if { true }",
        ),
        (
            "# METADATA\n# scope: subpackages\n# title: s\n\n# METADATA\n# title: p\npackage a",
            "# METADATA\n# {\"scope\":\"subpackages\",\"title\":\"s\"}\n# METADATA\n# {\"scope\":\"package\",\"title\":\"p\"}\npackage a\n",
        ),
    ] {
        check("", source, &options, wanted);
    }
}

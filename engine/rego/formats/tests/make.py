#!/usr/bin/env python3
"""Makes cases/yaml.jsonl and cases/graphql.jsonl: documents, and what OPA makes of them.

OPA=/path/to/opa python3 make.py

It needs OPA 1.20.2.
"""

import json, os, subprocess

OPA = os.environ.get("OPA", "opa")


def write(family, calls):
    """Writes calls with what OPA says of them."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases", family + ".jsonl"), "w") as out:
        for builtin, *operands in calls:
            arguments = ", ".join(f"input[{place}]" for place in range(len(operands)))
            run = subprocess.run(
                [OPA, "eval", "--strict-builtin-errors", "--stdin-input", "--format=json", f"{builtin}({arguments})"],
                input=json.dumps(operands), capture_output=True, text=True)
            answer = json.loads(run.stdout)
            if "errors" in answer:
                error = answer["errors"][0]
                kind = {"eval_type_error": "type error", "eval_builtin_error": "error"}[error["code"]]
                expected = {kind: error["message"].removeprefix(builtin + ": ")}
            else:
                expected = {"gives": [row["expressions"][0]["value"] for row in answer.get("result", [])]}
            out.write(json.dumps([builtin, operands, expected]) + "\n")


DOCUMENTS = """a: 1
---
- a
- - b
  - c
-
---
a:
- 1
- x: y
  z: [1, {b: c}, d: e]
b: {}
---
base: &base {a: 1, b: 2}
one:
  <<: *base
  b: 3
two:
  <<: [{x: 1}, {x: 2, y: 3}]
---
literal: |
  first

    second
kept: |+
  text

stripped: |-
  text
folded: >
  one
  two

  three
   more
---
? a key
: a value
? [x]
: y
---
"a\\x41\\u00e9\\U0001F600\\
  b
  c

  d": 'it''s
  folded'
---
a: b: c
---
a:
\t- b
---
a: 'x
---
a: [1, 2
---
a: {b
---
- a
 b
---
a: 1
 b: 2
---
a: *x
---
&a [*a]
---
!!int 5
---
!!int x
---
!!str 5
---
!!float 3
---
!!binary aGk=
---
!!binary '!'
---
!unknown 5
---
[!!str, a]
---
!e!x a
---
null: a
---
{{a: b}: c}
---
[]: x
---
.inf
---
18446744073709551615: x
---
@a
---
a: \"\\q\"
---
%YAML 1.2""".split("\n---\n")
SCALARS = """yes No on OFF y ~ null True 0x1F 0o17 017 08 0b11 -0b11 1_000 1e3 1.50 .5 -.5 +1 1e999 9223372036854775807
9223372036854775808 18446744073709551616 1:30 2001-01-01 2001-01-01T1:2:3Z << 'yes' "1" .nan""".split()
TEXTS = ["", " ", "a", " a", "a ", "yes", "1", "1:30", "2001-01-01", "- a", "-", "a: b", "a:b", "a #b", "#a", "[a", "*a", "'a'", "\"a\"", "a\nb", "a\nb\n",
         "a\n\n", "\na", " a\nb", "a \nb", "a\tb", "\u00e9", "\U0001F600", "a\u2028b", "\u00a0", "\r\n", "---", "word " * 40, "word  " * 40, "'q' " * 30, "x" * 130, "=", "null"]
calls = [("yaml.unmarshal", it) for it in DOCUMENTS + ["%YAML 1.1\n---\na", "--- a\n--- b", "%TAG ! tag:yaml.org,2002:\n---\n!int 5", "", "...", "a\x01", "a: b\r\nc: d", "\ufeffa"]]
calls += [("yaml.unmarshal", "[" + ", ".join(SCALARS[:-1]) + "]"), ("yaml.unmarshal", "[.nan]"), ("yaml.unmarshal", 1)]
calls += [("yaml.is_valid", it) for it in ("a: b", "a: b: c", ".inf", 1, "null: a")]
calls += [("yaml.marshal", {"texts": TEXTS}), ("yaml.marshal", {it: 1 for it in TEXTS}), ("yaml.marshal", "\x7f")]
calls += [("yaml.marshal", it) for it in (
    None, True, 1, 1.5, 1e21, 2**63, 2**70, 0.1, [], {}, [[]], [{}], {"a": []}, [[1, [2]], {"a": {"b": [1]}}], {"b": 1, "a10": 2, "a9": 3, "A": 4, "_": 5},
    {"a": [{"b": 1, "c": [{"d": 2}]}, [3]]}, "a\nb", ["a\nb\n"], {"k": " a\nb\n\n"})]
write("yaml", calls)

SCHEMA = """
\"\"\"
A thing
  with text
\"\"\"
interface Node { id: ID! }
type Person implements Node { id: ID!, name(short: Boolean = false): String @deprecated(reason: "old"), friends(first: Int): [Person!]! }
input Filter { name: String!, tags: [String] = ["a"] }
enum Color { RED GREEN }
union Any = Person
scalar Time
directive @own(if: Color) on FIELD
type Query { person(id: ID!): Person, find(filter: Filter, color: Color): [Any], node: Node }
type Mutation { rename(id: ID!, name: String!): Person }
extend type Person { age: Int }
"""
QUERIES = [
    "{ person(id: 1) { id name } }", "query Q($id: ID!, $n: Boolean = true) { person(id: $id) { ...F } } fragment F on Person { name(short: $n) }",
    "{ find(filter: {name: \"x\", tags: []}, color: RED) { ... on Person { id } __typename } }", "mutation { rename(id: 1, name: \"a\\u00e9\\n\") { id } }",
    "{ node { id ... on Person { age } } alias: node { id @skip(if: true) } }", "{ person { id } }", "{ person(id: 1) }", "{ persom(id: 1) { id } }", "{ person(id: 1) { id { x } } }",
    "{ person(id: [1]) { id } }", "{ person(id: 1, x: 2) { id } }", "query A { node { id } } query A { node { id } }", "{ node { id } } query B { node { id } }", "{ ...F }",
    "fragment F on Person { id }", "{ node { ...F } } fragment F on Node { ...F }", "query ($a: Nope) { node { id } }", "query ($a: Int) { node { id } }", "{ person(id: $x) { id } }",
    "{ find(color: BLUE) { __typename } }", "{ find(filter: {tags: 1}) { __typename } }", "{ node @nope { id } }", "{ node @own(if: RED) { id } }", "subscription { x }", "{ a: node { id } a: person(id: 1) { id } }",
    "{ person(id: 1) { ... on Color { x } } }", "", "{", "{ a ", "{ a(b: ) }", "query { a } }", "{ a(b: \"x) }", "{ a(b: 01) }", "{ a(b: \"\\q\") }", "# only", "{ \u00e9 }", "type A { b: C }"]
SCHEMAS = [SCHEMA, "type Query { a: B }", "type Query { a: Int, a: Int }", "type Query", "enum E { }", "type Query { a(b: Query): Int }", "input I { a: I! } type Query { b: Int }", "union U = Int type Query { a: Int }",
           "type A implements B { c: Int }", "interface I { a: Int } type A implements I { b: Int }", "directive @a on NOPE", "schema { query: A }", "type __A { b: Int }", "scalar A scalar A", "extend type A { b: Int }", "{", "", "{ a }"]
calls = [("graphql.parse_query", it) for it in QUERIES] + [("graphql.is_valid", it, SCHEMA) for it in QUERIES] + [("graphql.parse_and_verify", it, SCHEMA) for it in QUERIES[2:3] + QUERIES[5:6]]
calls += [("graphql.parse", it, SCHEMA) for it in QUERIES[5:]]
calls += [("graphql.parse_schema", it) for it in SCHEMAS] + [("graphql.schema_is_valid", it) for it in SCHEMAS] + [("graphql.parse", "{ a }", it) for it in SCHEMAS[1:]]
calls += [("graphql.parse_query", 1), ("graphql.parse", 1, ""), ("graphql.is_valid", 1, ""), ("graphql.schema_is_valid", {})]
write("graphql", calls)

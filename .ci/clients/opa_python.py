"""Asks a server through PyPI's opa-python, as an application would, and prints what the client hands
over, a line each: `opa_python.py URL`. Against OPA and against Referee it must print the same."""

import json
import sys

from opa import OPAClient

client = OPAClient(url=sys.argv[1], retries=0)
lines = 0


def tell(what, act):
    global lines
    try:
        told = {"result": act()}
    except Exception as error:  # what the client raises is what is compared
        told = {"error": type(error).__name__, "text": str(error)}
    lines += 1
    print(f"{what}: {json.dumps(told, sort_keys=True, ensure_ascii=False)}")


def without_measurements(answer):
    """Names of metrics, not their values; of the provenance what it has."""
    answer = dict(answer)
    for member in ("metrics", "provenance"):
        if member in answer:
            answer[member] = sorted(answer[member])
    answer.pop("decision_id", None)
    return answer


POLICY = """package python.authz

default allow := false

allow if input.user == "alice"

undefined if input.never

echo := input

number := to_number(input.text)
"""

tell("health", client.check_health)
tell("health with parameters", lambda: client.check_health(bundles=True, plugins=True))
tell("liveness", client.check_liveness)
tell("a document", lambda: client.save_document("python.docs", {"a": {"b": [1, 2.5, None]}}))
tell("a policy", lambda: client.save_policy("python.rego", POLICY))
tell("the same again", lambda: client.save_policy("python.rego", POLICY))
tell("one that is none", lambda: client.save_policy("wrong.rego", "package wrong\n\nallow {"))
tell("an old one", lambda: client.save_policy("old.rego", "package old\n\nallow { input.x }"))
tell("its text", lambda: client.get_policy("python.rego")["raw"])
tell("its rules", lambda: [r["head"]["name"] for r in client.get_policy("python.rego")["ast"]["rules"]])
tell("one that is not there", lambda: client.get_policy("gone.rego"))
tell("all", lambda: [policy["id"] for policy in client.list_policies()])
tell("documents", client.list_documents)
tell("a document's value", lambda: client.get_document("python.docs"))
tell("none", lambda: client.get_document("python.gone"))
for flags in ({}, {"raw": True}, {"raw": True, "pretty": True}):
    for user in ("alice", "bob", None):
        tell(
            f"a decision for {user} {flags}",
            lambda: client.check_policy("python.authz.allow", {"user": user}, **flags),
        )
for flag in ("provenance", "metrics"):
    tell(
        f"a decision with {flag}",
        lambda: without_measurements(
            client.check_policy("python.authz.allow", {"user": "alice"}, raw=True, **{flag: True})
        ),
    )
tell("a package", lambda: client.check_policy("python.authz", {"user": "bob"}))
tell("no input", lambda: client.check_policy("python.authz.allow"))
tell("undefined", lambda: client.check_policy("python.authz.undefined", {}))
tell("an echo", lambda: client.check_policy("python.authz.echo", {"é": ["日本", "\u0000", 1e30]}))
tell("an error", lambda: client.check_policy("python.authz.number", {"text": "x"}, strict=True))
for query in ("x = data.python.docs.a.b[i]", "data.python.authz.allow", "x := 1 +", "1 == 2"):
    tell(f"the query {query}", lambda: client.query(query, {"user": "alice"}))
tell("configuration", lambda: sorted(client.get_config()))
tell("the default", client.get_default_policy)
tell("the policy goes", lambda: client.delete_policy("python.rego"))
tell("it is gone", lambda: client.delete_policy("python.rego"))
tell("the document goes", lambda: client.delete_document("python.docs"))
tell("it is gone as well", lambda: client.delete_document("python.docs"))
tell("the rest goes", lambda: client.delete_document("python"))
if lines < 30:
    sys.exit(f"only {lines} lines")

"""Reads provenance predicates another way: one statement a line in, what it says a line out.

The source is what slsa-verifier takes: of GitHub's builds the first material or dependency, of Google
Cloud Build's of SLSA 1 `buildConfigSource`. Package URLs are read by packageurl-python.
"""

import json
import re
import sys
from datetime import datetime, timezone

from packageurl import PackageURL


def parts(uri):
    if uri.startswith("gs://"):
        return [uri, None]
    uri = uri.removeprefix("git+")
    uri, _, ref = uri.partition("@")
    return [uri.removesuffix(".git"), ref.lstrip("@") or None]


def moment(text):
    """The second of an RFC 3339 time; Python's own reader takes no nine decimals."""
    if not text:
        return None
    text = re.sub(r"\.[0-9]+", "", text).replace("Z", "+00:00")
    return int(datetime.fromisoformat(text).astimezone(timezone.utc).timestamp())


def hexadecimal(digest):
    """Digests that are any: Tekton's examples have words in their place."""
    return {k: v for k, v in (digest or {}).items() if re.fullmatch("([0-9a-f]{2})+", v)}


def repository(name):
    first = name.split("/")[0]
    if "/" not in name:
        return "docker.io/library/" + name
    if not ("." in first or ":" in first or first == "localhost"):
        return "docker.io/" + name
    return name


def image(uri, digest):
    if uri.startswith("pkg:docker/"):
        purl = PackageURL.from_string(uri)
        name = "/".join(part for part in (purl.namespace, purl.name) if part)
        url = purl.qualifiers.get("repository_url")
        return repository(f"{url}/{name}" if url else name)
    for scheme in ("oci://", "docker-image://"):
        if uri.startswith(scheme):
            return repository(uri[len(scheme) :].split("@")[0])
    first = uri.split("/")[0]
    registry = "/" in uri and ("." in first or ":" in first) and "@" not in first
    if "://" not in uri and "sha256" in digest and ("@sha256:" in uri or registry):
        return repository(uri.split("@")[0])
    return None


def read(kind, predicate):
    said = {}
    if kind.endswith("/v1"):
        definition, run = predicate["buildDefinition"], predicate["runDetails"]
        metadata = run.get("metadata") or {}
        materials = definition.get("resolvedDependencies") or []
        said["builder"] = (run.get("builder") or {}).get("id") or None
        said["build_type"] = definition.get("buildType") or None
        said["invocation"] = metadata.get("invocationId") or metadata.get("invocationID") or None
        said["started"] = moment(metadata.get("startedOn"))
        said["finished"] = moment(metadata.get("finishedOn"))
        said["parameters"] = definition.get("externalParameters")
        said["internal"] = definition.get("internalParameters")
    else:
        metadata = predicate.get("metadata") or {}
        materials = predicate.get("materials") or []
        old = kind.endswith("/v0.1")
        invocation = predicate.get("recipe" if old else "invocation") or {}
        said["builder"] = predicate["builder"].get("id") or None
        said["build_type"] = (invocation.get("type") if old else predicate.get("buildType")) or None
        said["invocation"] = metadata.get("buildInvocationId") or metadata.get("buildInvocationID")
        said["started"] = moment(metadata.get("buildStartedOn"))
        said["finished"] = moment(metadata.get("buildFinishedOn"))
        said["parameters"] = invocation.get("arguments" if old else "parameters")
        said["internal"] = invocation.get("environment")
    said["materials"] = [[m.get("uri") or None, hexadecimal(m.get("digest"))] for m in materials]
    said["images"] = [
        name
        for m in materials
        if m.get("uri") and (name := image(m["uri"], m.get("digest") or {}))
    ]
    first = materials[0] if materials and materials[0].get("uri") else None
    said["first"] = parts(first["uri"]) if first else None
    config = (predicate.get("invocation") or {}).get("configSource") or {}
    if first and said["first"][1] is None and config.get("uri"):
        # npm's first versions name the branch only there.
        said["first"][1] = parts(config["uri"])[1]
    digest = (first or {}).get("digest") or {}
    in_address = re.search("/commit/([0-9a-f]{40})$", (first or {}).get("uri") or "")
    digest = {"sha1": in_address[1]} if in_address else digest
    said["commit"] = digest.get("gitCommit") or digest.get("sha1") or digest.get("sha256")
    config = ((said["parameters"] or {}) if isinstance(said["parameters"], dict) else {}).get(
        "buildConfigSource"
    )
    said["config"] = parts(config["repository"])[0] if config else None
    return said


for line in sys.stdin:
    statement = json.loads(line)
    print(json.dumps(read(statement["type"], statement["predicate"])), flush=True)

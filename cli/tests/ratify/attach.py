# Attaches documents to an image: attach.py HOST REPOSITORY DIGEST NAME. Says the digests of those
# that are to be signed.
import hashlib
import json
import sys
import urllib.request

host, repository, digest, name = sys.argv[1:]
base = f"http://{host}/v2/{repository}"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"

SBOM = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "app",
    "dataLicense": "CC0-1.0",
    "documentNamespace": "https://registry.example/app/1.4",
    "creationInfo": {
        "created": "2026-01-01T00:00:00Z",
        "creators": ["Tool: maker-1.0", "Organization: Example (hello@registry.example)", "Person: Jo"],
        "licenseListVersion": "3.25",
        "comment": "made for a test",
    },
    "packages": [
        {
            "SPDXID": "SPDXRef-cart",
            "name": "cart",
            "versionInfo": "1.0",
            "downloadLocation": "NOASSERTION",
            "licenseDeclared": "MIT",
            "licenseConcluded": "MIT",
        }
    ],
    "relationships": [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": "SPDXRef-cart",
        }
    ],
}
REPORT = {
    "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
    "version": "2.1.0",
    "runs": [
        {
            "tool": {"driver": {"name": "Trivy", "rules": [{"id": "CVE-2026-0001"}]}},
            "results": [{"ruleId": "CVE-2026-0001", "level": "warning", "message": {"text": "cart 1.0"}}],
        }
    ],
}
CREATED = {"org.opencontainers.image.created": "2026-01-01T00:00:00Z"}
SPDX, SARIF = "application/spdx+json", "application/sarif+json"
ATTACHED = {
    "supplied": [(SPDX, json.dumps(SBOM), {}), (SARIF, json.dumps(REPORT), CREATED)],
    "unknown": [("application/vnd.example.note+json", "{}", {})],
    "undated": [(SARIF, json.dumps(REPORT), {})],
    "broken": [(SPDX, '{"spdxVersion": "SPDX-2.3", "packages": 1}', {}), (SARIF, "{}", CREATED)],
}


def send(method, url, body, kind):
    request = urllib.request.Request(url, body, {"Content-Type": kind}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request)


def blob(content):
    described = "sha256:" + hashlib.sha256(content).hexdigest()
    place = send("POST", f"{base}/blobs/uploads/", b"", "application/octet-stream").headers["Location"]
    place = place if place.startswith("http") else f"http://{host}{place}"
    send("PUT", f"{place}{'&' if '?' in place else '?'}digest={described}", content, "application/octet-stream")
    return {"digest": described, "size": len(content)}


size = int(send("HEAD", f"{base}/manifests/{digest}", None, MANIFEST).headers["Content-Length"])
for kind, content, annotations in ATTACHED[name]:
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", **blob(b"{}")},
        "layers": [{"mediaType": kind, **blob(content.encode())}],
        "subject": {"mediaType": MANIFEST, "digest": digest, "size": size},
        "annotations": annotations,
    }
    body = json.dumps(manifest).encode()
    described = "sha256:" + hashlib.sha256(body).hexdigest()
    send("PUT", f"{base}/manifests/{described}", body, MANIFEST)
    print(described)

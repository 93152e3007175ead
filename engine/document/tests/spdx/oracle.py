# What the library spdx-tools makes of documents of SPDX 2: paths in, a JSON line for each out.
# Licences are told by license-expression. SPDX 3, which the library does not read, is recounted here.
import json
import logging
import re
import sys

logging.disable(logging.CRITICAL)

from license_expression import LicenseWithExceptionSymbol, get_spdx_licensing
from spdx_tools.spdx.model import SpdxNoAssertion, SpdxNone
from spdx_tools.spdx.parser.parse_anything import parse_file

licensing = get_spdx_licensing()


def licenses(text):
    """The licences of an expression; None where it is none."""
    if text is None:
        return None
    try:
        expression = licensing.parse(text, validate=False, strict=True)
    except Exception:
        return None
    known = r"(DocumentRef-[-.A-Za-z0-9]+:)?LicenseRef-[-.A-Za-z0-9]+"
    if any(not re.fullmatch(known, key) for key in licensing.unknown_license_keys(expression)):
        return None
    found = set()
    for symbol in licensing.license_symbols(expression, decompose=False):
        if isinstance(symbol, LicenseWithExceptionSymbol):
            found.add(f"{symbol.license_symbol.key} WITH {symbol.exception_symbol.key}")
        else:
            found.add(symbol.key)
    return sorted(found)


def text(value):
    return None if value is None else str(value)


def agent(value):
    if value is None or isinstance(value, SpdxNoAssertion):
        return text(value)
    return f"{value.name} ({value.email})" if value.email else value.name


def spdx2(path):
    document = parse_file(path)
    packages = []
    for package in document.packages:
        declared, concluded = text(package.license_declared), text(package.license_concluded)
        packages.append(
            {
                "id": package.spdx_id,
                "name": package.name,
                "version": package.version,
                "supplier": agent(package.supplier),
                "kind": package.primary_package_purpose
                and package.primary_package_purpose.name.lower().replace("_", "-"),
                "purls": [
                    reference.locator
                    for reference in package.external_references
                    if reference.reference_type == "purl"
                ],
                "hashes": {
                    checksum.algorithm.name.lower().replace("_", ""): checksum.value.lower()
                    for checksum in package.checksums
                },
                "declared": licenses(declared),
                "concluded": licenses(concluded),
            }
        )
    inside = {package["id"] for package in packages}
    ids = {document.creation_info.spdx_id} | inside
    ids |= {file.spdx_id for file in document.files}
    ids |= {snippet.spdx_id for snippet in document.snippets}
    ids |= {license.license_id for license in document.extracted_licensing_info}

    def end(value):
        return "NONE" if isinstance(value, SpdxNone) else text(value)

    relationships, describes = set(), set()
    for relationship in document.relationships:
        kind = relationship.relationship_type.name.lower()
        source = relationship.spdx_element_id
        target = end(relationship.related_spdx_element_id)
        if kind == "describes" and source == document.creation_info.spdx_id:
            describes.add(target)
        elif kind == "described_by" and target == document.creation_info.spdx_id:
            describes.add(source)
        elif all(one in inside or one not in ids for one in (source, target)):
            relationships.add((source, kind, target))
    creation = document.creation_info
    return {
        "version": creation.spdx_version.removeprefix("SPDX-"),
        "name": creation.name,
        "document_id": creation.document_namespace,
        "created": creation.created.isoformat() + "Z",
        "packages": packages,
        "describes": sorted(describes & inside),
        "relationships": sorted(relationships),
    }


def spdx3(graph):
    kinds = {"software_Package", "ai_AIPackage", "dataset_DatasetPackage"}
    elements = {one.get("spdxId", one.get("@id")): one for one in graph}
    of_package = {}
    for one in graph:
        kind = one.get("relationshipType")
        if kind in ("hasDeclaredLicense", "hasConcludedLicense"):
            texts = of_package.setdefault((one["from"], kind), [])
            for target in one["to"]:
                element = elements.get(target, {})
                if element.get("type") == "expandedlicensing_CustomLicense":
                    target = "LicenseRef-" + re.split("[/#:]", target)[-1].removeprefix("LicenseRef-")
                texts.append(element.get("simplelicensing_licenseExpression", target))

    def expression(package, kind):
        texts = of_package.get((package["spdxId"], kind), [])
        if not texts:
            return None
        return licenses(" AND ".join(f"({one})" for one in texts))

    packages = []
    for package in graph:
        if package["type"] not in kinds:
            continue
        packages.append(
            {
                "id": package["spdxId"],
                "name": package["name"],
                "version": package.get("software_packageVersion"),
                "supplier": elements.get(package.get("suppliedBy"), {}).get("name"),
                "purls": [package["software_packageUrl"]] if "software_packageUrl" in package else [],
                "hashes": {
                    one["algorithm"].replace("_", ""): one["hashValue"].lower()
                    for one in package.get("verifiedUsing", [])
                    if one["type"] == "Hash"
                },
                "declared": expression(package, "hasDeclaredLicense"),
                "concluded": expression(package, "hasConcludedLicense"),
            }
        )
    return {
        "version": next(one["specVersion"] for one in graph if one["type"] == "CreationInfo"),
        "packages": packages,
    }


for line in sys.stdin:
    path = line.rstrip("\n")
    try:
        with open(path, encoding="utf-8-sig") as file:
            content = file.read()
        graph = json.loads(content).get("@graph") if content.lstrip().startswith("{") else None
        answer = spdx3(graph) if graph else spdx2(path)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"[:300]}
    sys.__stdout__.write(json.dumps(answer) + "\n")

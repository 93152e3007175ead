"""Compares facts with what cyclonedx-python-lib makes of the same documents.

Standard input has one line of JSON for each document: its name, its path, and the path of the facts.
Standard output has one line of JSON: how many documents were compared, how many the reference does
not read, and the differences.
"""

import collections
import json
import logging
import sys
import warnings
from xml.etree import ElementTree

from cyclonedx.model.bom import Bom
from cyclonedx.model.license import LicenseExpression
from packageurl import PackageURL

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

WORD = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-+:")


def bom_of(path):
    if path.endswith(".xml"):
        return Bom.from_xml(ElementTree.parse(path).getroot())
    with open(path, "rb") as file:
        return Bom.from_json(json.load(file))


def licenses_of(component, acknowledgement):
    """The texts of a component's licences: one where there is one, else each as it is among others."""
    entries = []
    for one in component.licenses:
        said = one.acknowledgement.value if one.acknowledgement else "declared"
        if said != acknowledgement:
            continue
        if isinstance(one, LicenseExpression):
            entries.append((True, one.value.strip()))
        else:
            entries.append((False, (one.id or one.name).strip()))
    entries = sorted(set(entries))
    if not entries:
        return None
    if len(entries) == 1:
        return (entries[0][1],)
    return tuple(
        sorted(
            text if set(text) <= WORD else f"({text})" if is_expression else f'"{text}"'
            for is_expression, text in entries
        )
    )


def parts(text, expected):
    """Our text, taken apart where it is what is expected in some order."""
    if text is None or expected is None:
        return None if text is None else (text,)
    if len(expected) == 1:
        return (text,)
    rest = text
    for part in expected:
        if part not in rest:
            return (text,)
        rest = rest.replace(part, "", 1)
    return expected if rest.replace(" AND ", "") == "" else (text,)


def purl_of(text):
    if text is None:
        return None
    try:
        return PackageURL.from_string(text).to_string()
    except ValueError:
        return text


def hash_name(algorithm):
    return algorithm.lower().replace("-", "")


def package_of(component, ours):
    declared = licenses_of(component, "declared")
    concluded = licenses_of(component, "concluded")
    theirs = (
        f"{component.group}/{component.name}" if component.group else component.name,
        component.version or None,
        component.purl.to_string() if component.purl else None,
        component.type.value,
        (component.supplier.name if component.supplier else None) or None,
        tuple(sorted((hash_name(h.alg.value), h.content.lower()) for h in component.hashes)),
        declared,
        concluded,
    )
    if ours is None:
        return theirs, None
    return theirs, (
        ours["name"],
        ours["version"],
        purl_of(ours["purl"]),
        ours["kind"],
        ours["supplier"],
        tuple(sorted(ours["hashes"].items())),
        parts(ours["license_declared"], declared),
        parts(ours["license_concluded"], concluded),
    )


def components_of(bom):
    about = bom.metadata.component
    for root in ([about] if about else []) + list(bom.components):
        yield from root.get_all_nested_components(include_self=True)


def count_of(path):
    """The components of a document, counted in the document itself."""

    def of_json(component):
        return 1 + sum(of_json(one) for one in component.get("components") or ())

    if not path.endswith(".xml"):
        with open(path, "rb") as file:
            bom = json.load(file)
        about = (bom.get("metadata") or {}).get("component")
        return (of_json(about) if about else 0) + sum(of_json(c) for c in bom.get("components") or ())
    root = ElementTree.parse(path).getroot()
    space = root.tag[: root.tag.index("}") + 1]

    def of_xml(component):
        return 1 + sum(of_xml(c) for c in component.findall(f"{space}components/{space}component"))

    found = root.findall(f"{space}metadata/{space}component")
    found += root.findall(f"{space}components/{space}component")
    return sum(of_xml(component) for component in found)


def compare(path, facts):
    """What differs; `None` where the reference does not read the document."""
    try:
        bom = bom_of(path)
    except Exception:
        return None
    sbom, report, vex = facts["sbom"], facts["report"], facts["vex"]
    differences = []

    def same(what, theirs, ours):
        if theirs != ours:
            differences.append(f"{what}: theirs {theirs!r}, ours {ours!r}")

    same("count", count_of(path), sbom["package_count"])
    by_id = {package["id"]: package for package in sbom["packages"]}
    with_ref, without = collections.Counter(), collections.Counter()
    for component in components_of(bom):
        ref = component.bom_ref.value
        if ref in by_id:
            theirs, ours = package_of(component, by_id[ref])
            about = bom.metadata.component
            if component is about and theirs[4] is None and bom.metadata.supplier:
                theirs = theirs[:4] + (bom.metadata.supplier.name,) + theirs[5:]
            same(f"component {ref}", theirs, ours)
            with_ref[ref] += 1
        else:
            without[(component.name, component.version or None)] += 1
    ours = collections.Counter()
    for package in sbom["packages"]:
        if package["id"] not in with_ref:
            ours[(package["name"].split("/")[-1], package["version"])] += 1
    theirs = collections.Counter()
    for (name, version), count in without.items():
        theirs[(name.split("/")[-1], version)] += count
    # The reference keeps one of components that are the same in all they say.
    same("components without a ref", set(theirs), set(ours))
    edges = {(d.ref.value, "depends_on", t.ref.value) for d in bom.dependencies for t in d.dependencies}
    if hasattr(next(iter(bom.dependencies), None), "provides"):
        edges |= {(d.ref.value, "provides", t.ref.value) for d in bom.dependencies for t in d.provides}
    ours = {(r["from"], r["kind"], r["to"]) for r in sbom["relationships"] if r["kind"] != "contains"}
    same("dependencies", edges, {edge for edge in ours if edge[1] == "depends_on"} if not any(e[1] == "provides" for e in edges) else ours)
    nested = sum(
        1 for root in components_of(bom) for _ in root.components if root.bom_ref.value in by_id
    )
    if all(component.bom_ref.value in by_id for component in components_of(bom)):
        contained = [r for r in sbom["relationships"] if r["kind"] == "contains"]
        same("nested", nested, len(contained))
    serial = sbom["document_id"]
    same("serial number", bom.serial_number.urn if serial else None, serial)
    if sbom["created_at"]:
        same("time", int(bom.metadata.timestamp.timestamp()), seconds(sbom["created_at"]))
    tools = bom.metadata.tools
    theirs = sorted(
        " ".join(filter(None, (tool.name, getattr(tool, "version", None))))
        for tools in (tools.tools, tools.components, tools.services)
        for tool in tools
        if tool.name
    )
    same("tools", theirs, sorted(sbom["tools"]))
    same("vulnerabilities", bool(bom.vulnerabilities), bool(report and report["findings"]))
    if report:
        compare_report(bom, report, vex, same)
    return differences


def seconds(text):
    import datetime

    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


STATES = {
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "exploitable": "affected",
    "in_triage": "under_investigation",
    "false_positive": "not_affected",
    "not_affected": "not_affected",
}


def compare_report(bom, report, vex, same):
    theirs, statements = collections.Counter(), collections.Counter()
    for vulnerability in bom.vulnerabilities:
        scores = sorted(
            float(rating.score)
            for rating in vulnerability.ratings
            if rating.score is not None and rating.method and rating.method.value.startswith("CVSS")
        )
        affects = list(vulnerability.affects)
        theirs[(vulnerability.id, tuple(scores))] += max(1, len(affects))
        if vulnerability.analysis and vulnerability.analysis.state:
            state = STATES[vulnerability.analysis.state.value]
            refs = tuple(sorted(affected.ref for affected in affects))
            statements[(vulnerability.id, state, refs)] += 1
    ours = collections.Counter()
    for finding in report["findings"]:
        stated = sorted(s["stated"] for s in finding["scores"] if s["stated"] is not None and s["version"])
        ours[(finding["id"] or None, tuple(stated))] += 1
    same("findings", theirs, ours)
    ours = collections.Counter()
    for statement in vex["statements"] if vex else ():
        refs = tuple(sorted(product["id"] for product in statement["products"]))
        ours[(statement["vulnerability"], statement["status"], refs)] += 1
    same("statements", statements, ours)


def main():
    compared, unread, differences = 0, [], []
    for line in sys.stdin:
        case = json.loads(line)
        with open(case["facts"], encoding="utf-8") as file:
            facts = json.load(file)
        found = compare(case["path"], facts)
        if found is None:
            unread.append(case["name"])
            continue
        compared += 1
        differences += [f"{case['name']}: {difference}" for difference in found]
    print(json.dumps({"compared": compared, "unread": unread, "differences": differences}))


main()

# What the library license-expression makes of expressions: a JSON line in, a JSON line out.
import json
import re
import sys

from license_expression import LicenseSymbol, LicenseWithExceptionSymbol, get_spdx_licensing

licensing = get_spdx_licensing()


def names(expression):
    found = set()
    for symbol in licensing.license_symbols(expression, decompose=False):
        if isinstance(symbol, LicenseWithExceptionSymbol):
            found.add(f"{symbol.license_symbol.key} WITH {symbol.exception_symbol.key}")
        else:
            found.add(symbol.key)
    return found


def permits(expression, allowed):
    if isinstance(expression, licensing.AND):
        return all(permits(one, allowed) for one in expression.args)
    if isinstance(expression, licensing.OR):
        return any(permits(one, allowed) for one in expression.args)
    return bool(names(expression) & allowed)


def words(text):
    found = re.findall(r"[^\s()]+", text.upper())
    return [word if word in ("AND", "OR", "WITH") else "" for word in found]


def is_reference(key):
    # The library takes several words that it does not know for one name.
    return re.fullmatch(r"(DocumentRef-[-.A-Za-z0-9]+:)?LicenseRef-[-.A-Za-z0-9]+", key)


for line in sys.stdin:
    case = json.loads(line)
    try:
        expression = licensing.parse(case["text"], validate=False, strict=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
        continue
    # The library's parser drops or moves what it cannot place in some texts, and takes the rest.
    if words(expression.render()) != words(case["text"]):
        print(json.dumps({"error": "dropped"}))
        continue
    unknown = [key for key in licensing.unknown_license_keys(expression) if not is_reference(key)]
    if unknown:
        print(json.dumps({"error": f"unknown: {unknown}"}))
        continue
    answer = {
        "names": sorted(names(expression)),
        "permits": [permits(expression, set(allowed)) for allowed in case.get("allowed", [])],
    }
    print(json.dumps(answer))

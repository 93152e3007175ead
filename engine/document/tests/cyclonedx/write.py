"""Writes documents in every version and both encodings with cyclonedx-python-lib.

Standard input has one line of JSON for each document: its path, and the folder to write into.
Standard output has a list in JSON: for each version of each document the two files, and how many
components it has.
"""

import json
import logging
import os
import sys
import warnings

from cyclonedx.model.bom import Bom
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

VERSIONS = ("V1_2", "V1_3", "V1_4", "V1_5", "V1_6", "V1_7")

written = []
for line in sys.stdin:
    case = json.loads(line)
    with open(case["path"], "rb") as file:
        bom = Bom.from_json(json.load(file))
    roots = ([bom.metadata.component] if bom.metadata.component else []) + list(bom.components)
    count = sum(1 for root in roots for _ in root.get_all_nested_components(include_self=True))
    for name in VERSIONS:
        version = SchemaVersion[name]
        pair = {"version": version.to_version(), "count": count}
        for key, encoding in (("json", OutputFormat.JSON), ("xml", OutputFormat.XML)):
            file = f"{os.path.basename(case['path'])}.{pair['version']}.{key}"
            pair[key] = os.path.join(case["into"], file)
            make_outputter(bom, encoding, version).output_to_file(pair[key], allow_overwrite=True)
        written.append(pair)
print(json.dumps(written))

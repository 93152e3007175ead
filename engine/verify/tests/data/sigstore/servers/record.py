#!/usr/bin/env python3
"""Writes MANIFEST.json: what each fixture is.

Usage: record.py FOLDER FIXTURES
"""

import datetime
import json
import pathlib
import sys

COLUMNS = ["name", "layout", "purpose", "services", "signers", "tool", "subject"]


def main():
    folder, table = map(pathlib.Path, sys.argv[1:])
    fixtures = []
    for line in table.read_text().splitlines():
        fixture = dict(zip(COLUMNS, line.split("\t"), strict=True))
        fixture["signers"] = fixture["signers"].split(",")
        fixtures.append(fixture)
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    people = "http://accounts.example"
    manifest = {
        "version": 1,
        "made_at": now,
        "signers": {
            "release": {"key": "release.pub"},
            "dev": {"issuer": people, "subject": "dev@acme.example"},
            "ops": {"issuer": people, "subject": "ops@acme.example"},
            "workflow": {
                "issuer": "http://workflows.example",
                "subject": "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.4.0",
            },
        },
        "fixtures": fixtures,
    }
    (folder / "MANIFEST.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Makes the TUF repositories beside it, with python-tuf.

    python3 -m venv venv && venv/bin/pip install tuf==7.0.1 'securesystemslib[crypto]==1.6.0'
    venv/bin/python make.py

root.json   the root that clients begin with, version 1
one/        a repository whose root key was changed once (2.root.json), as it was at first: it
            keeps the trusted root of examples/keyless, and its timestamp ends on 2026-12-01
two/        the same later: the trusted root in other white space, and metadata until 2126
three/      later still: the first trusted root again
other/      a repository of the same shape by somebody else, with keys of its own

Keys are made anew and thrown away, so all of it changes together when this is run again.
"""

import json
import shutil
from datetime import datetime, timezone
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

HERE = Path(__file__).resolve().parent
TRUSTED_ROOT = HERE.parents[4] / "examples/keyless/trusted_root.json"
LATE = datetime(2126, 1, 1, tzinfo=timezone.utc)
SOON = datetime(2026, 12, 1, tzinfo=timezone.utc)
ROLES = ("root", "timestamp", "snapshot", "targets")


def write(path, metadata):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(metadata.to_bytes(JSONSerializer(compact=False)) + b"\n")


class Repository:
    """Its metadata and keys, signed and written state by state."""

    def __init__(self):
        self.signers = {role: CryptoSigner.generate_ecdsa() for role in ROLES}
        self.former = None
        self.published = 0
        root = Root(version=1, expires=LATE, consistent_snapshot=True)
        for role in ROLES:
            root.add_key(self.signers[role].public_key, role)
        self.root = Metadata(root)
        self.snapshot = Metadata(Snapshot(version=1, expires=LATE))
        self.targets = Metadata(Targets(version=1, expires=LATE))
        self.timestamp = Metadata(Timestamp(version=1, expires=LATE))

    def sign_root(self):
        self.root.signatures.clear()
        for signer in filter(None, (self.former, self.signers["root"])):
            self.root.sign(signer, append=True)

    def rotate_root_key(self):
        self.former = self.signers["root"]
        self.signers["root"] = CryptoSigner.generate_ecdsa()
        root = self.root.signed
        root.revoke_key(self.former.public_key.keyid, "root")
        root.add_key(self.signers["root"].public_key, "root")
        root.version += 1

    def publish(self, folder, trusted_root, expires):
        targets, snapshot, timestamp = (
            self.targets.signed, self.snapshot.signed, self.timestamp.signed)
        target = TargetFile.from_data("trusted_root.json", trusted_root, ["sha256"])
        targets.targets["trusted_root.json"] = target
        for role in (targets, snapshot, timestamp):
            role.version += self.published
        self.published = 1
        snapshot.meta["targets.json"] = MetaFile(version=targets.version)
        timestamp.expires = expires
        timestamp.snapshot_meta = MetaFile(version=snapshot.version)
        for metadata, role in ((self.targets, "targets"), (self.snapshot, "snapshot"),
                               (self.timestamp, "timestamp")):
            metadata.sign(self.signers[role])
        self.sign_root()
        write(folder / f"{self.root.signed.version}.root.json", self.root)
        write(folder / f"{targets.version}.targets.json", self.targets)
        write(folder / f"{snapshot.version}.snapshot.json", self.snapshot)
        write(folder / "timestamp.json", self.timestamp)
        kept = folder / "targets" / f"{target.hashes['sha256']}.trusted_root.json"
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(trusted_root)


def main():
    one = TRUSTED_ROOT.read_bytes()
    two = json.dumps(json.loads(one)).encode()
    for name in ("one", "two", "three", "other"):
        shutil.rmtree(HERE / name, ignore_errors=True)
    repository = Repository()
    repository.sign_root()
    write(HERE / "root.json", repository.root)
    repository.rotate_root_key()
    repository.publish(HERE / "one", one, SOON)
    repository.publish(HERE / "two", two, LATE)
    repository.publish(HERE / "three", one, LATE)
    other = Repository()
    other.rotate_root_key()
    other.publish(HERE / "other", two, LATE)


main()

#!/bin/sh
# Makes the documents of cargo-cyclonedx that stand here: a crate with a dependency of its own, one
# of the registry and one with a licence of its own. Needs cargo and cargo-cyclonedx.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/shop/src" "$work/cart/src"
cat > "$work/shop/Cargo.toml" <<'TOML'
[package]
name = "shop"
version = "1.2.3"
edition = "2021"
license = "MIT OR Apache-2.0"
authors = ["Jo <jo@example.org>"]

[dependencies]
cart = { path = "../cart" }
itoa = "1"
unicode-ident = "1"
TOML
cat > "$work/cart/Cargo.toml" <<'TOML'
[package]
name = "cart"
version = "0.1.0"
edition = "2021"
license = "LicenseRef-Acme"
TOML
echo 'fn main() {}' > "$work/shop/src/main.rs"
: > "$work/cart/src/lib.rs"
cd "$work/shop"
for format in json xml; do
    cargo cyclonedx --quiet --format "$format" --spec-version 1.5 --override-filename cargo.cdx
    # Where it was made is of no interest.
    sed "s|$work|/build|g" "cargo.cdx.$format" > "$here/cargo.cdx.$format"
done

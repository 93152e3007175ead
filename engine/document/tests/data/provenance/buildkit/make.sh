#!/bin/sh
# Makes ../buildkit.json with BuildKit's own code. Needs Go and its modules.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$here/main.go" "$folder"
cd "$folder"
go mod init example.com/buildkit
go get github.com/moby/buildkit@v0.25.0
go mod tidy -e
go run . > "$here/../buildkit.json"

// Writes what BuildKit's own code says of four builds, in both versions of SLSA.
package main

import (
	"encoding/json"
	"os"

	"github.com/moby/buildkit/solver/llbsolver/provenance"
	"github.com/moby/buildkit/solver/llbsolver/provenance/types"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go/v1"
)

const commit = "4b220de5058abfd01ff619c9d2ff6b09a049bea0"

func main() {
	resolved := digest.FromString("image")
	images := []types.ImageSource{
		{Ref: "docker.io/library/alpine:3.17", Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}, Digest: resolved},
		{Ref: "ghcr.io/org/base@" + resolved.String(), Digest: resolved},
		{Ref: "localhost:5000/team/tool:1", Digest: resolved},
		{Ref: "docker.io/library/alpine:layout", Local: true, Digest: resolved},
	}
	git := []types.GitSource{{URL: "https://github.com/org/repo.git#refs/tags/v1", Commit: commit}}
	http := []types.HTTPSource{{URL: "https://example.com/context.tar.gz", Digest: resolved}}
	builds := map[string]*provenance.Capture{
		"git": {
			Frontend: "dockerfile.v0",
			Args: map[string]string{
				"context":     "https://github.com/org/repo.git#refs/tags/v1:images/app",
				"filename":    "Dockerfile",
				"build-arg:A": "b",
			},
			Sources: types.Sources{Images: images, Git: git},
		},
		"http": {
			Frontend: "dockerfile.v0",
			Args:     map[string]string{"context": "https://example.com/context.tar.gz"},
			Sources:  types.Sources{HTTP: http},
		},
		"local": {
			Frontend: "dockerfile.v0",
			Args: map[string]string{
				"filename":     "Dockerfile",
				"vcs:source":   "https://github.com/org/repo",
				"vcs:revision": commit + "-dirty",
			},
			Sources: types.Sources{Images: images[:1], Local: []types.LocalSource{{Name: "context"}}},
		},
		"named": {
			Frontend: "gateway.v0",
			Args: map[string]string{
				"context": "https://github.com/good/repo.git#refs/heads/main",
				"source":  "example.com/frontend",
			},
			Sources: types.Sources{Images: images[2:3], Git: git},
		},
	}
	written := map[string]map[string]any{}
	for name, build := range builds {
		predicate, err := provenance.NewPredicate(build)
		if err != nil {
			panic(err)
		}
		predicate.Builder.ID = "https://github.com/org/repo/actions/runs/1"
		predicate.Metadata.BuildInvocationID = "rpv7a389uzil5lqmrgwhijwjz"
		written[name] = map[string]any{"v0.2": predicate, "v1": predicate.ConvertToSLSA1()}
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(written); err != nil {
		panic(err)
	}
}

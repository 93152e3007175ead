# The artifact must be built on no other images than those of a list.
package referee.packs.base_images

import data.referee.documents
import data.referee.identities
import data.referee.parameters
import data.referee.reasons

complete_materials := parameters.value("complete_materials", false)

images := parameters.value("images", [])

digest := parameters.value("digest", true)

no_images := parameters.value("no_images", "deny")

per_platform := parameters.value("per_platform", false)

wanted := data.referee.documents.demanded

demands := {
	"complete_materials": "true or false",
	"digest": "true or false",
	"images": "a list of at least one repository (`registry.example/base/**`), with `:TAG` and `@DIGEST` where wanted",
	"no_images": "`deny` or `allow`",
	"per_platform": "true or false",
	"signed_by": "a list of names of keys and identities",
	"signed_through": "a list of `index` and `referrer`",
}

met contains "complete_materials" if is_boolean(complete_materials)

met contains "images" if {
	parameters.is_names(images)
	every entry in images {
		count(split_image(entry)) == 3
	}
}

met contains "digest" if is_boolean(digest)

met contains "no_images" if no_images in {"allow", "deny"}

met contains "per_platform" if is_boolean(per_platform)

met contains "signed_by" if parameters.is_name_list(wanted.signed_by)

met contains "signed_through" if documents.is_ways(wanted.signed_through)

invalid_parameters := parameters.unmet(demands, met)

# The repository, tag and digest of an entry, `**` for what it leaves open. A repository has its registry
# before it: `docker.io/library/alpine`.
split_image(entry) := [found[0][1], open(found[0][2]), open(found[0][3])] if {
	found := regex.find_all_string_submatch_n(`\A([^/:@\s]+(?::\d+)?/[^:@\s]+)(?::([^@:/\s]+))?(?:@([a-z0-9]+:[0-9a-f]+))?\z`, entry, 1)
	count(found) == 1
	not contains(entry, "***")
}

open(text) := "**" if text == ""

open(text) := text if text != ""

admits(entry, image) if {
	parts := split_image(entry)
	identities.admits({"glob": parts[0]}, image.repository)
	admits_part(parts[1], object.get(image, "tag", null))
	admits_part(parts[2], object.get(image, "digest", null))
}

admits_part(pattern, _) if pattern == "**"

admits_part(pattern, text) if {
	is_string(text)
	identities.admits({"glob": pattern}, text)
}

default allow := false

allow if {
	input.facts_version == 1
	count(invalid_parameters) == 0
	documents.clear(known, targets, "provenance")
	count(incomplete) == 0
	every target in targets {
		has_images(target)
	}
	every entry in found {
		some pattern in images
		admits(pattern, entry.image)
		is_pinned(entry.image)
	}
}

default targets := []

targets := documents.targets(per_platform)

# The provenance that counts: all of it must do.
known := documents.about_any(input.provenance, wanted) if {
	input.facts_version == 1
	count(invalid_parameters) == 0
}

default known_or_none := []

known_or_none := known

found := [{"image": image, "provenance": document.id, "referrer": document.referrer} |
	some document in known
	some image in document.images
]

has_images(_) if no_images == "allow"

has_images(target) if {
	some document in known
	document.subject == target
	count(document.images) > 0
}

is_pinned(_) if digest == false

is_pinned(image) if is_string(image.digest)

incomplete := [document |
	complete_materials == true
	some document in known
	not document.completeness.materials == true
]

deny contains problem if {
	not allow
	some problem in data.referee.facts.problems
}

deny contains problem if {
	not allow
	some problem in invalid_parameters
}

default input_provenance := []

input_provenance := input.provenance

deny contains problem if {
	not allow
	count(invalid_parameters) == 0
	some problem in documents.obstacles(input_provenance, known_or_none, "provenance", "provenance", targets, "is built on images of the list alone")
}

outside := [entry |
	some entry in found
	not is_listed(entry.image)
]

is_listed(image) if {
	some pattern in images
	admits(pattern, image)
}

deny contains problem if {
	some entry in reasons.named(outside)
	problem := {
		"code": "base_image",
		"message": sprintf("Provenance %d names the image %s, which is not on the list.", [entry.provenance, display(entry.image)]),
		"referrer": entry.referrer,
		"hint": "Build on an image of the list, or add this one to `images`; builders name their own tools as well.",
	}
}

deny contains problem if {
	some problem in reasons.rest(outside, "base_image_more", "images that are not on the list")
}

loose := [entry |
	some entry in found
	is_listed(entry.image)
	not is_pinned(entry.image)
]

deny contains problem if {
	some entry in reasons.named(loose)
	problem := {
		"code": "base_image_digest",
		"message": sprintf("Provenance %d names the image %s without a digest: its tag may have meant another.", [entry.provenance, display(entry.image)]),
		"referrer": entry.referrer,
		"hint": "Have the builder name the digest, or set `digest` to false.",
	}
}

deny contains problem if {
	some problem in reasons.rest(loose, "base_image_more", "images without a digest")
}

deny contains problem if {
	not allow
	count(invalid_parameters) == 0
	some target in targets
	not target in documents.lacking(known_or_none, targets)
	not has_images(target)
	problem := {
		"code": "base_image_unknown",
		"message": sprintf("No provenance of %s names an image that it was built on.", [documents.called(target)]),
		"hint": "Use a builder that lists images among the materials, or set `no_images` to `allow` for what is built on none.",
	}
}

deny contains problem if {
	some document in incomplete
	problem := {
		"code": "materials_incomplete",
		"message": sprintf("Provenance %d does not claim that its materials are all that went into the build.", [document.id]),
		"referrer": document.referrer,
		"hint": "Have the builder list them in full (BuildKit: `mode=max`), or set `complete_materials` to false.",
	}
}

display(image) := concat("", [image.repository, part(":", object.get(image, "tag", null)), part("@", object.get(image, "digest", null))])

part(_, text) := "" if text == null

part(sign, text) := sprintf("%s%s", [sign, text]) if is_string(text)

warn contains problem if {
	some problem in data.referee.facts.expired_roots
}

# All of it at once, for a policy that puts packs together.
decision := {"allow": allow, "deny": deny, "warn": warn}

package referee.packs.base_images_test

import data.referee.packs.base_images as pack
import data.referee.testing

over := [testing.over_statement(testing.trusted(0, "builder"), "https://slsa.dev/provenance/v1")]

denied(facts, given) := testing.codes(reasons) if {
	reasons := pack.deny with input as facts with data.parameters as given
	not pack.allow with input as facts with data.parameters as given
}

allowed(facts, given) if {
	pack.allow with input as facts with data.parameters as given
	reasons := pack.deny with input as facts with data.parameters as given
	reasons == set()
}

# The one reason.
only(facts, given) := reason if {
	reasons := pack.deny with input as facts with data.parameters as given
	count(reasons) == 1
	some reason in reasons
	not pack.allow with input as facts with data.parameters as given
}

warned(facts, given) := testing.codes(warnings) if {
	warnings := pack.warn with input as facts with data.parameters as given
}

facts(documents) := testing.documented(over, {"provenance": documents})

good := facts([testing.provenance(0, over)])

pinned := "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

# Facts about what was built on this image.
on(image) := facts([object.union(testing.provenance(0, over), {"images": [object.union(
	{"repository": "docker.io/library/alpine", "tag": null, "digest": pinned, "material": 0},
	image,
)]})])

alpine := {"images": ["docker.io/library/alpine"]}

test_an_image_of_the_list_is_allowed if {
	every entry in [
		"docker.io/library/alpine",
		"docker.io/library/*",
		"docker.io/**",
		"docker.io/library/alpine:3.*",
		"docker.io/library/alpine:3.20",
		sprintf("docker.io/library/alpine@%s", [pinned]),
		sprintf("docker.io/library/alpine:3.20@%s", [pinned]),
	] {
		allowed(good, {"images": ["registry.example/base/**", entry]})
	}
}

test_another_is_denied_and_named if {
	reason := only(good, {"images": ["registry.example:5000/base/**"]})
	reason.code == "base_image"
	reason.message == sprintf("Provenance 0 names the image docker.io/library/alpine:3.20@%s, which is not on the list.", [pinned])
	every entry in [
		"docker.io/alpine",
		"docker.io/library/alpine:3.1",
		"docker.io/library/alp",
		"docker.io/*",
		"docker.io/library/alpine@sha256:dddd",
	] {
		denied(good, {"images": [entry]}) == {"base_image"}
	}
	denied(on({}), {"images": ["docker.io/library/alpine:3.20"]}) == {"base_image"}
}

test_an_image_without_a_digest_is_denied if {
	denied(on({"digest": null, "tag": "3.20"}), alpine) == {"base_image_digest"}
	allowed(on({"digest": null, "tag": "3.20"}), object.union(alpine, {"digest": false}))
}

test_all_images_of_all_provenance_must_be_on_the_list if {
	other := object.union(testing.provenance(1, over), {"images": [{"repository": "docker.io/evil/x", "tag": null, "digest": pinned, "material": 0}]})
	denied(facts([testing.provenance(0, over), other]), alpine) == {"base_image"}
}

test_where_no_image_is_named_it_is_denied if {
	none := facts([object.union(testing.provenance(0, over), {"images": []})])
	denied(none, alpine) == {"base_image_unknown"}
	allowed(none, object.union(alpine, {"no_images": "allow"}))
	allowed(facts([testing.provenance(0, over), object.union(testing.provenance(1, over), {"images": []})]), alpine)
}

claimed(materials) := facts([object.union(testing.provenance(0, over), {"completeness": {"parameters": true, "environment": false, "materials": materials}})])

test_materials_must_be_complete_where_that_is_wanted if {
	complete := object.union(alpine, {"complete_materials": true})
	denied(good, complete) == {"materials_incomplete"}
	denied(claimed(false), complete) == {"materials_incomplete"}
	allowed(claimed(true), complete)
}

test_without_provenance_it_is_denied if {
	denied(testing.facts([]), alpine) == {"document_missing"}
	denied(testing.documented([], {"provenance": [testing.provenance(0, [])]}), alpine) == {"document_missing", "document_unsigned"}
	denied(good, object.union(alpine, {"signed_by": ["release"]})) == {"document_missing", "document_signer"}
	denied(testing.documented([], {"provenance": [testing.provenance(0, [])]}), object.union(alpine, {"no_images": "allow"})) == {"document_missing", "document_unsigned"}
}

test_a_listing_that_was_cut_off_is_undetermined if denied(testing.cut_off(good), alpine) == {"undetermined"}

test_what_was_cut_off_or_could_not_be_read_is_denied if {
	denied(facts([object.union(testing.provenance(0, over), {"truncated": true})]), alpine) == {"document_truncated"}
	denied(testing.with_unread(good, 1, "provenance", over), alpine) == {"document_unread"}
}

test_each_platform_must_have_one_where_that_is_wanted if {
	signatures := [object.union(over[0], {"subject": testing.platform_digest})]
	platform := testing.with_platform(testing.documented(signatures, {"provenance": [object.union(testing.provenance(0, over), {"subject": testing.platform_digest})]}))
	denied(platform, alpine) == {"document_missing"}
	allowed(platform, object.union(alpine, {"per_platform": true}))
}

test_fifty_are_named_and_the_rest_counted if {
	images := [{"repository": sprintf("docker.io/evil/x%d", [i]), "tag": null, "digest": pinned, "material": 0} | some i in numbers.range(1, 60)]
	reasons := pack.deny with input as facts([object.union(testing.provenance(0, over), {"images": images})]) with data.parameters as alpine
	count(reasons) == 51
	"base_image_more" in testing.codes(reasons)
}

test_parameters_that_are_wrong_are_denied if {
	every wrong in [
		{},
		{"images": []},
		{"images": "docker.io/library/alpine"},
		{"images": ["alpine"]},
		{"images": ["docker.io/library/alpine@latest"]},
		{"images": ["docker.io/***"]},
		{"images": [{"repository": "docker.io/library/alpine"}]},
		object.union(alpine, {"digest": "yes"}),
		object.union(alpine, {"no_images": "warn"}),
		object.union(alpine, {"complete_materials": null}),
		object.union(alpine, {"per_platform": 1}),
		object.union(alpine, {"signed_by": [1]}),
		object.union(alpine, {"signed_through": "index"}),
		object.union(alpine, {"image": []}),
		["images"],
	] {
		denied(good, wrong) == {"invalid_parameters"}
	}
}

test_an_input_that_is_no_facts_document_is_denied if denied({}, alpine) == {"facts_unsupported", "undetermined"}

test_facts_of_another_version_are_denied if {
	"facts_unsupported" in denied(object.union(good, {"facts_version": 2}), alpine)
}

test_a_trusted_root_past_its_time_is_a_warning if {
	warned(testing.with_expired_root(good), alpine) == {"trust_root_expired"}
}

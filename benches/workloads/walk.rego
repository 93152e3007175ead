# Everything that stands anywhere in a document.
package walking

images contains value if {
	walk(input, [path, value])
	path[count(path) - 1] == "image"
}

secrets contains concat(".", [sprintf("%v", [segment]) | some segment in path]) if {
	walk(input, [path, value])
	is_string(value)
	startswith(value, "secret:")
}

numbers := sum([value | walk(input, [_, value]); is_number(value)])

report := {"images": count(images), "secrets": count(secrets), "numbers": numbers}

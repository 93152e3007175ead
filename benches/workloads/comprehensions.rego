# Joins and groups, written as comprehensions.
package comprehensions

pods_by_namespace := {namespace: names |
	some pod in input.pods
	namespace := pod.namespace
	names := {other.name | some other in input.pods; other.namespace == namespace}
}

images := {image |
	some pod in input.pods
	some container in pod.containers
	image := container.image
}

registries := {registry: count([other | some other in images; startswith(other, registry)]) |
	some image in images
	registry := split(image, "/")[0]
}

requested := {pod.name: total |
	some pod in input.pods
	total := sum([container.cpu | some container in pod.containers])
}

exposed := [port |
	some service in input.services
	some pod in input.pods
	pod.namespace == service.namespace
	pod.labels.app == service.selector.app
	some container in pod.containers
	some port in container.ports
	port == service.port
]

busy := [name | some name, total in requested; total > 1500]

report := {
	"namespaces": {namespace: count(names) | some namespace, names in pods_by_namespace},
	"registries": registries,
	"exposed": count(exposed),
	"busy": count(busy),
}

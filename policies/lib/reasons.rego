# Reasons by the number. A policy that would give thousands names the first and says how many there
# are besides.
package referee.reasons

# How many are named.
most := 50

# Those of a list that are to be named.
named(list) := array.slice(list, 0, most)

# The reason for the rest of a list: none where all of it is named.
rest(list, code, things) := {{
	"code": code,
	"message": sprintf("There are %d more %s, %d in all.", [count(list) - most, things, count(list)]),
	"hint": "The first of them are named.",
}} if {
	count(list) > most
} else := set()

# What a message says of a text from outside that may be long.
short(text) := text if count(text) <= 200

short(text) := sprintf("%s…", [substring(text, 0, 200)]) if count(text) > 200

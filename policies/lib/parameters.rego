# Parameters of a policy: `data.parameters`, an object.
#
# Who configures the policy sets them; whoever asks for a decision cannot. A misspelled name must
# not weaken a policy in silence, so a policy tells `problems` which names it knows and denies what
# comes back.
package referee.parameters

default given := {}

given := data.parameters

# A parameter, or what it is where it is not given.
value(name, fallback) := object.get(given, name, fallback)

# Names that the policy does not know, and parameters that are no object.
problems(known) := {problem |
	some name in (object.keys(given) - known)
	problem := invalid(sprintf("There is no parameter %v.%s", [name, known_names(known)]))
} if {
	is_object(given)
} else := {invalid("data.parameters must be an object.")}

known_names(known) := " This policy takes none." if count(known) == 0

known_names(known) := sprintf(" This policy takes: %s.", [concat(", ", sort(known))]) if {
	count(known) > 0
}

# The reason for a parameter that is wrong.
invalid(message) := {
	"code": "invalid_parameters",
	"message": message,
	"hint": "Correct the data that the policy is configured with.",
}

# Whether a value is a whole number of at least 1.
is_count(number) if {
	is_number(number)
	number >= 1
	floor(number) == number
}

# Whether a value is a list of at least one name, none of them empty.
is_names(names) if {
	is_array(names)
	count(names) > 0
	every name in names {
		is_string(name)
		name != ""
	}
}

# Whether a value is a list of names, or of none.
is_name_list(names) if names == []

is_name_list(names) if is_names(names)

# Whether a value is a number of at least 0.
is_amount(number) if {
	is_number(number)
	number >= 0
}

# Whether a value is a day, `2026-03-01`.
is_day(day) if {
	is_string(day)
	regex.match(`\A\d{4}-\d{2}-\d{2}\z`, day)
	time.parse_ns("2006-01-02", day) >= 0
}

# Whether a day that was given is not over at a time of the facts; one that was not given never is.
lasts(day, _) if day == null

lasts(day, now) if {
	is_day(day)
	substring(now, 0, 10) <= day
}

# The parameters of one of several packs that a policy puts together: the member of that name. A pack
# of which nothing is said has its defaults.
of(name) := object.get(given, name, {})

# The reasons for parameters that do not meet what is demanded of them: `demands` says in words what
# each must be, by its name, and has no parameter besides; `met` are those that are so.
unmet(demands, met) := problems(object.keys(demands)) | {problem |
	some name, demand in demands
	not name in met
	problem := invalid(sprintf("%s must be %s.", [name, demand]))
}

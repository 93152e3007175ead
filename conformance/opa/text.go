package main

import (
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// giveTextOnly wraps every builtin, so that strings in results are UTF-8: each byte that is not
// becomes U+FFFD. OPA's strings are bytes; an engine whose strings are text differs from it in that
// alone where its answers are those of this mode.
func giveTextOnly() {
	for _, builtin := range ast.Builtins {
		f := topdown.GetBuiltin(builtin.Name)
		if f == nil {
			continue
		}
		topdown.RegisterBuiltinFunc(builtin.Name,
			func(ctx topdown.BuiltinContext, operands []*ast.Term, iter func(*ast.Term) error) error {
				return f(ctx, operands, func(result *ast.Term) error {
					return iter(textOnly(result))
				})
			})
	}
}

func textOnly(term *ast.Term) *ast.Term {
	if term == nil || isText(term.Value) {
		return term
	}
	switch value := term.Value.(type) {
	case ast.String:
		return ast.StringTerm(string([]rune(string(value))))
	case *ast.Array:
		elements := make([]*ast.Term, 0, value.Len())
		value.Foreach(func(element *ast.Term) { elements = append(elements, textOnly(element)) })
		return ast.ArrayTerm(elements...)
	case ast.Set:
		elements := make([]*ast.Term, 0, value.Len())
		value.Foreach(func(element *ast.Term) { elements = append(elements, textOnly(element)) })
		return ast.SetTerm(elements...)
	case ast.Object:
		members := make([][2]*ast.Term, 0, value.Len())
		value.Foreach(func(key, member *ast.Term) {
			members = append(members, [2]*ast.Term{textOnly(key), textOnly(member)})
		})
		return ast.ObjectTerm(members...)
	}
	return term
}

func isText(value ast.Value) bool {
	text := true
	ast.WalkTerms(ast.NewTerm(value), func(term *ast.Term) bool {
		if s, ok := term.Value.(ast.String); ok && !utf8.ValidString(string(s)) {
			text = false
		}
		return !text
	})
	return text
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	opa "github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
)

// partial says that queries are evaluated partially, and how.
type partial struct {
	Unknowns                 []string `json:"unknowns"`
	DisableInlining          []string `json:"disable_inlining"`
	ShallowInlining          bool     `json:"shallow_inlining"`
	NondeterministicBuiltins bool     `json:"nondeterministic_builtins"`
	SkipNamespace            bool     `json:"skip_namespace"`
}

// residual is what is left of a query: OPA's trees as JSON, and as text to be read.
type residual struct {
	Queries []opa.Body    `json:"queries"`
	Support []*opa.Module `json:"support"`
	Text    []string      `json:"text"`
}

func runPartial(
	req *request, compiler *opa.Compiler, store storage.Store, input *opa.Term, text string,
) result {
	ctx := context.Background()
	if req.TimeoutMS > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(req.TimeoutMS)*time.Millisecond)
		defer cancel()
	}
	options := []func(*rego.Rego){
		rego.Query(text),
		rego.Compiler(compiler),
		rego.Store(store),
		rego.DisableInlining(req.Partial.DisableInlining),
		rego.ShallowInlining(req.Partial.ShallowInlining),
		rego.NondeterministicBuiltins(req.Partial.NondeterministicBuiltins),
		rego.SkipPartialNamespace(req.Partial.SkipNamespace),
		rego.StrictBuiltinErrors(req.StrictBuiltinErrors),
	}
	if req.ExperimentalKeywords {
		options = append(options, rego.Capabilities(
			opa.CapabilitiesForThisVersion(opa.CapabilitiesExperimentalKeywords(true))))
	}
	if req.Partial.Unknowns != nil {
		options = append(options, rego.Unknowns(req.Partial.Unknowns))
	}
	if input != nil {
		options = append(options, rego.ParsedInput(input.Value))
	}
	left, err := rego.New(options...).Partial(ctx)
	if err != nil {
		return result{Errors: faults(err)}
	}
	found := residual{Queries: left.Queries, Support: left.Support}
	for _, query := range left.Queries {
		found.Text = append(found.Text, query.String())
	}
	for _, module := range left.Support {
		found.Text = append(found.Text, module.String())
	}
	return result{Partial: &found}
}

// printCases reads the tables of OPA's own tests of partial evaluation (Go source) and writes each
// case as a request, one a line.
func printCases(path string, out io.Writer) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	var failed error
	ast.Inspect(file, func(node ast.Node) bool {
		list, ok := node.(*ast.CompositeLit)
		if !ok {
			return true
		}
		fields := map[string]ast.Expr{}
		for _, element := range list.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				if name, ok := pair.Key.(*ast.Ident); ok {
					fields[name.Name] = pair.Value
				}
			}
		}
		if fields["note"] == nil || fields["query"] == nil || fields["moduleASTs"] != nil {
			return true
		}
		if err := encoder.Encode(caseOf(fields)); err != nil {
			failed = err
		}
		return false
	})
	return failed
}

func caseOf(fields map[string]ast.Expr) map[string]any {
	text := func(name string) string { return textOf(fields[name]) }
	list := func(name string) []string {
		literal, ok := fields[name].(*ast.CompositeLit)
		if !ok {
			return nil
		}
		found := []string{}
		for _, element := range literal.Elts {
			found = append(found, textOf(element))
		}
		return found
	}
	yes := func(name string) bool {
		name0, ok := fields[name].(*ast.Ident)
		return ok && name0.Name == "true"
	}
	modules := []module{}
	for at, one := range list("modules") {
		modules = append(modules, module{Name: strconv.Itoa(at), Text: one})
	}
	made := map[string]any{
		"id":                    text("note"),
		"modules":               modules,
		"queries":               []string{text("query")},
		"experimental_keywords": yes("logicalKeywords"),
		"partial": partial{
			Unknowns:                 list("unknowns"),
			DisableInlining:          list("disableInlining"),
			ShallowInlining:          yes("shallow"),
			NondeterministicBuiltins: yes("nondeterministicBuiltins"),
			SkipNamespace:            yes("skipPartialNamespace"),
		},
	}
	if data := text("data"); data != "" {
		made["data"] = json.RawMessage(data)
	}
	if input := text("input"); input != "" {
		made["input_term"] = input
	}
	return made
}

// textOf is a string literal, or several put together; what is worked out is left out.
func textOf(expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(expr.Value); err == nil {
			return text
		}
	case *ast.BinaryExpr:
		return textOf(expr.X) + textOf(expr.Y)
	case *ast.CallExpr:
		var parts []string
		for _, argument := range expr.Args {
			parts = append(parts, textOf(argument))
		}
		if strings.Contains(fmt.Sprint(expr.Fun), "Sprintf") && len(parts) > 0 {
			return parts[0]
		}
	}
	return ""
}

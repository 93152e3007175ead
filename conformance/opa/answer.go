package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/print"
	"github.com/open-policy-agent/opa/v1/util"
)

// request is one program and what is asked of it.
type request struct {
	ID        json.RawMessage `json:"id"`
	Modules   []module        `json:"modules"`
	Data      *map[string]any `json:"data"`
	Input     json.RawMessage `json:"input"`
	InputTerm *string         `json:"input_term"`
	Queries   []string        `json:"queries"`
	// Rego is "v1" (the default), "v0" or "v0-compat-v1".
	Rego string `json:"rego"`
	// Strict is the compiler's strict mode, StrictBuiltinErrors the evaluator's.
	Strict              bool `json:"strict"`
	StrictBuiltinErrors bool `json:"strict_builtin_errors"`
	// ExperimentalKeywords opts in to keywords that OPA does not have by default.
	ExperimentalKeywords bool `json:"experimental_keywords"`
	// EraseConflicts leaves out the check of rules against data, as OPA's own case runner does.
	EraseConflicts bool `json:"erase_conflicts"`
	// Prints keeps print calls.
	Prints bool `json:"prints"`
	// Now is the time in nanoseconds; absent: the real one.
	Now *int64 `json:"now_ns"`
	// Partial asks for partial evaluation.
	Partial   *partial `json:"partial"`
	TimeoutMS int      `json:"timeout_ms"`
	// Env is set while the request is answered; use it with one worker only.
	Env map[string]string `json:"env"`
}

type module struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// fault is one error of OPA's.
type fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	File    string `json:"file,omitempty"`
	Row     int    `json:"row,omitempty"`
	Col     int    `json:"col,omitempty"`
	// Text is the whole error as OPA writes it.
	Text string `json:"text"`
}

type answer struct {
	ID json.RawMessage `json:"id"`
	// Errors say why the modules do not compile.
	Errors []fault `json:"errors,omitempty"`
	// Answers are in the order of the queries.
	Answers []result `json:"answers,omitempty"`
}

type result struct {
	Rows   []map[string]any `json:"rows"`
	Errors []fault          `json:"errors,omitempty"`
	Prints []string         `json:"prints,omitempty"`
	// Partial is what is left of a query that was evaluated partially.
	Partial *residual `json:"partial,omitempty"`
}

func answerLine(line []byte) []byte {
	var req request
	if err := util.NewJSONDecoder(bytes.NewReader(line)).Decode(&req); err != nil {
		return encode(answer{Errors: []fault{{Code: "oracle_error", Message: err.Error()}}})
	}
	for name, value := range req.Env {
		if err := os.Setenv(name, value); err == nil {
			defer os.Unsetenv(name)
		}
	}
	return encode(ask(&req))
}

func encode(a answer) []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(a); err != nil {
		message, _ := json.Marshal(err.Error())
		return fmt.Appendf(nil, `{"id":%s,"errors":[{"code":"oracle_error","message":%s}]}`, a.ID, message)
	}
	return bytes.TrimRight(buffer.Bytes(), "\n")
}

func ask(req *request) (reply answer) {
	reply.ID = req.ID
	defer func() {
		if cause := recover(); cause != nil {
			text := fmt.Sprint(cause)
			reply.Answers = nil
			reply.Errors = []fault{{Code: "panic", Message: text, Text: text}}
		}
	}()

	options, err := parserOptions(req)
	if err != nil {
		reply.Errors = faults(err)
		return reply
	}
	compiler, store, err := compile(req, options)
	if err != nil {
		reply.Errors = faults(err)
		return reply
	}
	input, err := inputOf(req)
	if err != nil {
		reply.Errors = faults(err)
		return reply
	}
	for _, query := range req.Queries {
		if req.Partial != nil {
			reply.Answers = append(reply.Answers, runPartial(req, compiler, store, input, query))
			continue
		}
		reply.Answers = append(reply.Answers, run(req, compiler, store, input, query))
	}
	return reply
}

func parserOptions(req *request) (ast.ParserOptions, error) {
	// As opa's own commands read modules.
	options := ast.ParserOptions{RegoVersion: ast.RegoV1, ProcessAnnotation: true}
	switch req.Rego {
	case "", "v1":
	case "v0":
		options.RegoVersion = ast.RegoV0
	case "v0-compat-v1":
		options.RegoVersion = ast.RegoV0CompatV1
	default:
		return options, fmt.Errorf("unknown rego version %q", req.Rego)
	}
	if req.ExperimentalKeywords {
		options.Capabilities = ast.CapabilitiesForThisVersion(ast.CapabilitiesExperimentalKeywords(true))
		if req.Partial != nil {
			// OPA's own cases of partial evaluation do not import them.
			options.FutureKeywords = []string{"and", "or", "not"}
		}
	}
	return options, nil
}

func compile(req *request, options ast.ParserOptions) (*ast.Compiler, storage.Store, error) {
	data := map[string]any{}
	if req.Data != nil {
		data = *req.Data
	}
	store := inmem.NewFromObjectWithOpts(data, inmem.OptRoundTripOnWrite(false))

	parsed := make(map[string]*ast.Module, len(req.Modules))
	var found ast.Errors
	for _, module := range req.Modules {
		tree, err := ast.ParseModuleWithOpts(module.Name, module.Text, options)
		var several ast.Errors
		switch {
		case err == nil && tree == nil:
			found = append(found, &ast.Error{Code: ast.ParseErr, Message: "empty module"})
		case err == nil:
			parsed[module.Name] = tree
		case errors.As(err, &several):
			found = append(found, several...)
		default:
			return nil, nil, err
		}
	}
	if len(found) > 0 {
		return nil, nil, found
	}

	compiler := ast.NewCompiler().
		WithDefaultRegoVersion(options.RegoVersion).
		WithCapabilities(options.Capabilities).
		WithEnablePrintStatements(req.Prints).
		WithStrict(req.Strict)
	if !req.EraseConflicts {
		ctx := context.Background()
		txn, err := store.NewTransaction(ctx)
		if err != nil {
			return nil, nil, err
		}
		defer store.Abort(ctx, txn)
		compiler = compiler.WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn))
	}
	compiler.Compile(parsed)
	if compiler.Failed() {
		return nil, nil, compiler.Errors
	}
	return compiler, store, nil
}

func inputOf(req *request) (*ast.Term, error) {
	if req.InputTerm != nil {
		return ast.ParseTerm(*req.InputTerm)
	}
	if req.Input == nil {
		return nil, nil
	}
	var input any
	if err := util.UnmarshalJSON(req.Input, &input); err != nil {
		return nil, err
	}
	value, err := ast.InterfaceToValue(input)
	if err != nil {
		return nil, err
	}
	return ast.NewTerm(value), nil
}

func run(req *request, compiler *ast.Compiler, store storage.Store, input *ast.Term, text string) result {
	body, err := ast.ParseBody(text)
	if err != nil {
		return result{Errors: faults(err)}
	}
	body, err = compiler.QueryCompiler().WithEnablePrintStatements(req.Prints).Compile(body)
	if err != nil {
		return result{Errors: faults(err)}
	}

	ctx := context.Background()
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return result{Errors: faults(err)}
	}
	defer store.Abort(ctx, txn)

	cancel := topdown.NewCancel()
	printed := &prints{}
	query := topdown.NewQuery(body).
		WithCompiler(compiler).
		WithStore(store).
		WithTransaction(txn).
		WithInput(input).
		WithStrictBuiltinErrors(req.StrictBuiltinErrors).
		WithPrintHook(printed).
		WithCancel(cancel)
	if req.Now != nil {
		query = query.WithTime(time.Unix(0, *req.Now).UTC())
	}
	found, err, ended := within(time.Duration(req.TimeoutMS)*time.Millisecond, cancel, func() (topdown.QueryResultSet, error) {
		return query.Run(ctx)
	})
	if !ended {
		// What still runs may still print.
		return result{Errors: []fault{{Code: topdown.CancelErr, Message: "not even a cancellation ends it", Text: "not even a cancellation ends it"}}}
	}
	if err != nil {
		return result{Errors: faults(err), Prints: printed.lines}
	}
	rows, err := rowsOf(found)
	if err != nil {
		return result{Errors: faults(err), Prints: printed.lines}
	}
	return result{Rows: rows, Prints: printed.lines}
}

// within runs a query, cancels it after a while, and after as long again gives it up: not every
// builtin of OPA looks whether it is cancelled. No while, or none left over: it runs to its end.
func within(limit time.Duration, cancel topdown.Cancel, run func() (topdown.QueryResultSet, error)) (topdown.QueryResultSet, error, bool) {
	if limit <= 0 {
		found, err := run()
		return found, err, true
	}
	type outcome struct {
		found topdown.QueryResultSet
		err   error
	}
	done := make(chan outcome, 1)
	panicked := make(chan any, 1)
	go func() {
		defer func() {
			if what := recover(); what != nil {
				panicked <- what
			}
		}()
		found, err := run()
		done <- outcome{found, err}
	}()
	for range 2 {
		select {
		case what := <-panicked:
			// Where it is caught and told.
			panic(what)
		case it := <-done:
			return it.found, it.err, true
		case <-time.After(limit):
			cancel.Cancel()
		}
	}
	return nil, nil, false
}

func rowsOf(found topdown.QueryResultSet) ([]map[string]any, error) {
	rows := make([]map[string]any, 0, len(found))
	for _, bindings := range found {
		row := make(map[string]any, len(bindings))
		for name, term := range bindings {
			value, err := ast.JSON(term.Value)
			if err != nil {
				return nil, err
			}
			row[string(name)] = value
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// faults takes an error apart into the errors it lists.
func faults(err error) []fault {
	var several ast.Errors
	if !topdown.IsError(err) && errors.As(err, &several) {
		list := make([]fault, 0, len(several))
		for _, one := range several {
			list = append(list, faultOf(one))
		}
		return list
	}
	return []fault{faultOf(err)}
}

func faultOf(err error) fault {
	one := fault{Code: "error", Message: err.Error(), Text: err.Error()}
	location := func(at *ast.Location) {
		if at != nil {
			one.File, one.Row, one.Col = at.File, at.Row, at.Col
		}
	}
	var compileError *ast.Error
	var evalError *topdown.Error
	switch {
	// An evaluation error may wrap a parse error (rego.parse_module): the outer one counts.
	case errors.As(err, &evalError):
		one.Code, one.Message = evalError.Code, evalError.Message
		location(evalError.Location)
	case errors.As(err, &compileError):
		one.Code, one.Message = compileError.Code, compileError.Message
		location(compileError.Location)
	}
	return one
}

// prints gathers what print calls print.
type prints struct {
	lines []string
}

func (p *prints) Print(ctx print.Context, message string) error {
	location := ""
	if ctx.Location != nil {
		location = fmt.Sprintf("%s:%d: ", ctx.Location.File, ctx.Location.Row)
	}
	p.lines = append(p.lines, location+strings.TrimRight(message, "\n"))
	return nil
}

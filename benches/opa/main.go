// Command opa-bench measures the real OPA in process: prepared queries over workloads that lie in
// folders, one thread and several, and parsing with compiling. It prints a JSON document a line.
//
// A workload is a folder with workload.json ({"name", "query"}), policy/*.rego, data.json and
// input.json; `cargo run -p referee-benches -- workloads` writes them.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/util"
)

type workload struct {
	Name  string `json:"name"`
	Query string `json:"query"`

	modules map[string]string
	data    map[string]any
	input   []byte
}

// line is one figure.
type line struct {
	Engine   string `json:"engine"`
	Workload string `json:"workload"`
	// What is "compile", "eval_parsed_input", "eval_input", "eval_json" or "result".
	What    string  `json:"what"`
	Threads int     `json:"threads,omitempty"`
	NS      float64 `json:"ns,omitempty"`
	Ops     int64   `json:"ops,omitempty"`
	Value   any     `json:"value,omitempty"`
}

func main() {
	each := flag.Duration("time", time.Second, "how long each figure is measured")
	threads := flag.Int("threads", 2, "threads of the second figure")
	flag.Parse()
	out := json.NewEncoder(os.Stdout)
	for _, folder := range flag.Args() {
		if err := bench(folder, *each, *threads, out); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", folder, err)
			os.Exit(2)
		}
	}
}

func bench(folder string, each time.Duration, threads int, out *json.Encoder) error {
	load, err := read(folder)
	if err != nil {
		return err
	}
	ns, ops, err := measure(1, each, func() error {
		_, err := compile(load)
		return err
	})
	if err != nil {
		return err
	}
	if err := out.Encode(line{"opa", load.Name, "compile", 1, ns, ops, nil}); err != nil {
		return err
	}
	if load.Query == "" {
		return nil
	}

	ctx := context.Background()
	compiler, err := compile(load)
	if err != nil {
		return err
	}
	query, err := rego.New(
		rego.Compiler(compiler),
		rego.Store(inmem.NewFromObjectWithOpts(load.data, inmem.OptReturnASTValuesOnRead(true))),
		rego.Query(load.Query),
	).PrepareForEval(ctx)
	if err != nil {
		return err
	}
	var raw any
	if err := util.UnmarshalJSON(load.input, &raw); err != nil {
		return err
	}
	parsed, err := ast.InterfaceToValue(raw)
	if err != nil {
		return err
	}
	results, err := query.Eval(ctx, rego.EvalParsedInput(parsed))
	if err != nil {
		return err
	}
	var value any
	if len(results) > 0 {
		value = results[0].Expressions[0].Value
	}
	if err := out.Encode(line{Engine: "opa", Workload: load.Name, What: "result", Value: value}); err != nil {
		return err
	}

	ways := []struct {
		what string
		run  func() error
	}{
		{"eval_parsed_input", func() error {
			_, err := query.Eval(ctx, rego.EvalParsedInput(parsed))
			return err
		}},
		{"eval_input", func() error {
			_, err := query.Eval(ctx, rego.EvalInput(raw))
			return err
		}},
		{"eval_json", func() error {
			var input any
			if err := util.UnmarshalJSON(load.input, &input); err != nil {
				return err
			}
			results, err := query.Eval(ctx, rego.EvalInput(input))
			if err != nil {
				return err
			}
			_, err = json.Marshal(results)
			return err
		}},
	}
	for _, way := range ways {
		for _, count := range []int{1, threads} {
			ns, ops, err := measure(count, each, way.run)
			if err != nil {
				return err
			}
			if err := out.Encode(line{"opa", load.Name, way.what, count, ns, ops, nil}); err != nil {
				return err
			}
		}
	}
	return nil
}

func read(folder string) (*workload, error) {
	load := &workload{modules: map[string]string{}, data: map[string]any{}}
	text, err := os.ReadFile(filepath.Join(folder, "workload.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, load); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(folder, "policy", "*.rego"))
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		load.modules[filepath.Base(file)] = string(text)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "data.json")); err == nil {
		if err := util.UnmarshalJSON(text, &load.data); err != nil {
			return nil, err
		}
	}
	load.input, err = os.ReadFile(filepath.Join(folder, "input.json"))
	if os.IsNotExist(err) {
		load.input, err = []byte("{}"), nil
	}
	return load, err
}

func compile(load *workload) (*ast.Compiler, error) {
	parsed := make(map[string]*ast.Module, len(load.modules))
	for name, text := range load.modules {
		module, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{RegoVersion: ast.RegoV1})
		if err != nil {
			return nil, err
		}
		parsed[name] = module
	}
	compiler := ast.NewCompiler()
	compiler.Compile(parsed)
	if compiler.Failed() {
		return nil, compiler.Errors
	}
	return compiler, nil
}

// measure runs something on so many threads for so long, after a tenth of that to warm up, and
// tells the wall time per operation: of all threads together.
func measure(threads int, each time.Duration, run func() error) (float64, int64, error) {
	if _, err := repeat(threads, each/10, run); err != nil {
		return 0, 0, err
	}
	runtime.GC()
	started := time.Now()
	ops, err := repeat(threads, each, run)
	elapsed := time.Since(started)
	return float64(elapsed.Nanoseconds()) / float64(ops), ops, err
}

func repeat(threads int, each time.Duration, run func() error) (int64, error) {
	var done atomic.Int64
	var failure atomic.Pointer[error]
	var working sync.WaitGroup
	until := time.Now().Add(each)
	for range threads {
		working.Go(func() {
			var ops int64
			for first := true; first || time.Now().Before(until); first = false {
				if err := run(); err != nil {
					failure.Store(&err)
					break
				}
				ops++
			}
			done.Add(ops)
		})
	}
	working.Wait()
	if err := failure.Load(); err != nil {
		return 0, *err
	}
	return done.Load(), nil
}

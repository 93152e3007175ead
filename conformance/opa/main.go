// Command opa-oracle answers questions about Rego with the real OPA, as a process that is asked
// over pipes: one JSON document a line in, one a line out, in any order (the id tells which).
//
// It exists to be compared with. What it says is what OPA says: it adds nothing and hides nothing.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/types"
	"github.com/open-policy-agent/opa/v1/version"
)

func main() {
	workers := flag.Int("workers", runtime.GOMAXPROCS(0), "programs evaluated at once")
	capabilities := flag.Bool("capabilities", false, "print OPA's capabilities and stop")
	showVersion := flag.Bool("version", false, "print OPA's version and stop")
	cases := flag.String("partial-cases", "", "print the cases of OPA's own Go tests of partial evaluation as requests and stop")
	flag.Parse()

	if *showVersion {
		fmt.Println(version.Version)
		return
	}
	if *cases != "" {
		if err := printCases(*cases, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		return
	}
	if *capabilities {
		if err := json.NewEncoder(os.Stdout).Encode(ast.CapabilitiesForThisVersion()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		return
	}
	registerSleep()
	// Programs are small and short-lived: collecting less often is most of the speed.
	debug.SetGCPercent(400)
	if err := serve(os.Stdin, os.Stdout, *workers); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// registerSleep adds the one builtin of OPA's own test binary that its cases call.
func registerSleep() {
	ast.RegisterBuiltin(&ast.Builtin{
		Name: "test.sleep",
		Decl: types.NewFunction(types.Args(types.S), types.Nl),
	})
	topdown.RegisterBuiltinFunc("test.sleep",
		func(_ topdown.BuiltinContext, operands []*ast.Term, iter func(*ast.Term) error) error {
			text, ok := operands[0].Value.(ast.String)
			if !ok {
				return fmt.Errorf("test.sleep: %v is no duration", operands[0])
			}
			duration, err := time.ParseDuration(string(text))
			if err != nil {
				return err
			}
			time.Sleep(duration)
			return iter(ast.NullTerm())
		})
}

// serve answers until the input ends.
func serve(in io.Reader, out io.Writer, workers int) error {
	lines := make(chan []byte, workers*4)
	answers := make(chan []byte, workers*4)

	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for line := range lines {
				answers <- answerLine(line)
			}
		})
	}

	failed := make(chan error, 1)
	go func() {
		writer := bufio.NewWriterSize(out, 1<<16)
		var err error
		for answer := range answers {
			if err != nil {
				continue
			}
			if _, err = writer.Write(append(answer, '\n')); err == nil && len(answers) == 0 {
				err = writer.Flush()
			}
		}
		if err == nil {
			err = writer.Flush()
		}
		failed <- err
	}()

	reader := bufio.NewReaderSize(in, 1<<16)
	var readErr error
	for {
		line, err := reader.ReadBytes('\n')
		if len(line) > 1 {
			lines <- line
		}
		if err != nil {
			if err != io.EOF {
				readErr = err
			}
			break
		}
	}
	close(lines)
	working.Wait()
	close(answers)
	if err := <-failed; err != nil {
		return err
	}
	return readErr
}

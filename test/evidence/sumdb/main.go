// The evidence formats, read by somebody else: checkpoints, inclusion and consistency proofs are judged by Go's
// golang.org/x/mod/sumdb, signatures by Go's crypto/ed25519, hashes by crypto/sha256. It shares no line with Drawbridge.
//
//	sumdb package <verifier keys> <folder>                     a package, file by file
//	sumdb continues <verifier keys> <older> <newer> <proof>    one checkpoint continues another; a hash a line, base64
//	sumdb log <verifier keys> <entries.jsonl> <checkpoint>...  the exported log leads to every one of these checkpoints
//	sumdb mutants <verifier keys>                              packages as JSON lines on stdin, a verdict a line on stdout
//
// Verifier keys are in the form of golang.org/x/mod/sumdb/note, separated by commas.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

func main() {
	if len(os.Args) < 3 {
		fail(errors.New("usage: sumdb package|continues|log|mutants <verifier keys> ..."))
	}
	keys, err := readKeys(os.Args[2])
	if err != nil {
		fail(err)
	}
	switch rest := os.Args[3:]; {
	case os.Args[1] == "package" && len(rest) == 1:
		err = checkFolder(rest[0], keys)
	case os.Args[1] == "continues" && len(rest) == 3:
		err = checkContinues(rest[0], rest[1], rest[2], keys)
	case os.Args[1] == "log" && len(rest) > 1:
		err = checkLog(rest[0], rest[1:], keys)
	case os.Args[1] == "mutants" && len(rest) == 0:
		err = judgeMutants(keys)
	default:
		err = errors.New("unknown command")
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "refused:", err)
	os.Exit(1)
}

func readKeys(list string) ([]key, error) {
	var keys []key
	for _, text := range strings.Split(list, ",") {
		verifier, err := note.NewVerifier(text)
		if err != nil {
			return nil, err
		}
		public, err := publicKey(text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key{verifier, public})
	}
	return keys, nil
}

func checkFolder(folder string, keys []key) error {
	files := map[string][]byte{}
	err := filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		return err
	}
	told, err := checkPackage(files, keys)
	if err == nil {
		fmt.Println(told)
	}
	return err
}

// judgeMutants reads {"files": {path: base64}} a line and answers `accepted` or `refused: why` a line.
func judgeMutants(keys []key) error {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	decoder := json.NewDecoder(lines)
	for decoder.More() {
		var mutant struct {
			Files map[string][]byte `json:"files"`
		}
		if err := decoder.Decode(&mutant); err != nil {
			return err
		}
		if _, err := checkPackage(mutant.Files, keys); err != nil {
			fmt.Fprintf(out, "refused: %q\n", err.Error())
		} else {
			fmt.Fprintln(out, "accepted")
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

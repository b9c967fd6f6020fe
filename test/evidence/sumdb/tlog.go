package main

import (
	"bufio"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A key of the set-up kit: as sumdb takes it, and as crypto/ed25519 does.
type key struct {
	verifier note.Verifier
	public   ed25519.PublicKey
}

type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
}

// publicKey takes the 32 bytes out of <name>+<hash>+<base64 of type and key>.
func publicKey(text string) (ed25519.PublicKey, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("malformed verifier key")
	}
	bytes, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(bytes) != 1+ed25519.PublicKeySize || bytes[0] != 1 {
		return nil, errors.New("not an Ed25519 verifier key")
	}
	return ed25519.PublicKey(bytes[1:]), nil
}

func openCheckpoint(text []byte, keys []key) (checkpoint, error) {
	var verifiers []note.Verifier
	for _, one := range keys {
		verifiers = append(verifiers, one.verifier)
	}
	opened, err := note.Open(text, note.VerifierList(verifiers...))
	if err != nil {
		return checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	lines := strings.Split(strings.TrimSuffix(opened.Text, "\n"), "\n")
	if len(lines) != 3 || lines[0] != opened.Sigs[0].Name {
		return checkpoint{}, errors.New("checkpoint: not origin, size and root under the origin's key")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return checkpoint{}, errors.New("checkpoint: malformed size")
	}
	root, err := parseHash(lines[2])
	return checkpoint{lines[0], size, root}, err
}

func parseHash(line string) (tlog.Hash, error) {
	hash, err := tlog.ParseHash(line)
	if err == nil && hash.String() != line {
		err = errors.New("malformed hash")
	}
	return hash, err
}

// parseProof reads c2sp.org/tlog-proof: the index, the hashes, and the checkpoint verbatim.
func parseProof(text string) (index int64, hashes tlog.RecordProof, note string, err error) {
	head, note, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return 0, nil, "", errors.New("proof: malformed")
	}
	number := strings.TrimPrefix(lines[1], "index ")
	index, err = strconv.ParseInt(number, 10, 64)
	if err != nil || strconv.FormatInt(index, 10) != number {
		return 0, nil, "", errors.New("proof: malformed index")
	}
	for _, line := range lines[2:] {
		hash, err := parseHash(line)
		if err != nil {
			return 0, nil, "", err
		}
		hashes = append(hashes, hash)
	}
	return index, hashes, note, nil
}

func checkContinues(older, newer, proofFile string, keys []key) error {
	before, err := readCheckpoint(older, keys)
	if err != nil {
		return err
	}
	after, err := readCheckpoint(newer, keys)
	if err != nil {
		return err
	}
	if before.origin != after.origin {
		return errors.New("checkpoints of two logs")
	}
	text, err := os.ReadFile(proofFile)
	if err != nil {
		return err
	}
	var proof tlog.TreeProof
	for _, line := range strings.Fields(string(text)) {
		hash, err := parseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	if err := tlog.CheckTree(proof, after.size, after.root, before.size, before.root); err != nil {
		return err
	}
	fmt.Printf("%s: %d entries continue %d\n", after.origin, after.size, before.size)
	return nil
}

func readCheckpoint(path string, keys []key) (checkpoint, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return checkpoint{}, err
	}
	return openCheckpoint(text, keys)
}

// checkLog hashes the exported entries into a tree of its own and compares its root at the size of every checkpoint;
// and proves with sumdb's own prover that each checkpoint continues the one before it.
func checkLog(entries string, checkpoints []string, keys []key) error {
	file, err := os.Open(entries)
	if err != nil {
		return err
	}
	defer file.Close()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var hashes []tlog.Hash
		for _, index := range indexes {
			if index >= int64(len(stored)) {
				return nil, errors.New("the export is shorter than a checkpoint says")
			}
			hashes = append(hashes, stored[index])
		}
		return hashes, nil
	})
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 2<<20)
	var size int64
	for ; lines.Scan(); size++ {
		hashes, err := tlog.StoredHashes(size, lines.Bytes(), reader)
		if err != nil {
			return err
		}
		stored = append(stored, hashes...)
	}
	var before checkpoint
	for _, path := range checkpoints {
		here, err := readCheckpoint(path, keys)
		if err != nil {
			return err
		}
		root, err := tlog.TreeHash(here.size, reader)
		if err != nil {
			return err
		}
		if root != here.root {
			return fmt.Errorf("the entries do not lead to the checkpoint at %d", here.size)
		}
		if before.size > 0 {
			proof, err := tlog.ProveTree(here.size, before.size, reader)
			if err != nil {
				return err
			}
			if err := tlog.CheckTree(proof, here.size, here.root, before.size, before.root); err != nil {
				return err
			}
		}
		before = here
	}
	fmt.Printf("%d entries lead to %d checkpoints\n", size, len(checkpoints))
	return lines.Err()
}

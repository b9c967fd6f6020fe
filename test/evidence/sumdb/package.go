package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const payloadType = "application/vnd.in-toto+json"

// The parts of the signed statement on which this reader relies.
type statement struct {
	Predicate struct {
		Delivery string   `json:"delivery"`
		Objects  []object `json:"objects"`
		Tags     []struct {
			Path   string `json:"path"`
			Sha256 string `json:"sha256"`
		} `json:"tags"`
		Log struct {
			Origin   string `json:"origin"`
			Seq      int64  `json:"seq"`
			TreeSize int64  `json:"treeSize"`
			RootHash string `json:"rootHash"`
		} `json:"log"`
	} `json:"predicate"`
}

type object struct {
	Path      string `json:"path"`
	Key       string `json:"key"`
	SizeBytes int64  `json:"sizeBytes"`
	Sha256    string `json:"sha256"`
}

type envelope struct {
	Payload     string      `json:"payload"`
	PayloadType string      `json:"payloadType"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"`
}

// checkPackage judges the files of a package, by path, and answers what it vouches for.
func checkPackage(files map[string][]byte, keys []key) (string, error) {
	signed := files["receipt.signed"]
	if len(files["receipt.sig"]) != ed25519.SignatureSize {
		return "", errors.New("receipt.sig: not a signature")
	}
	var signer ed25519.PublicKey
	for _, one := range keys {
		if ed25519.Verify(one.public, signed, files["receipt.sig"]) {
			signer = one.public
		}
	}
	if signer == nil {
		return "", errors.New("receipt.signed: no pinned key signed it")
	}
	payload, err := payloadOf(signed)
	if err != nil {
		return "", err
	}
	if err := checkEnvelope(files["receipt.dsse.json"], payload, files["receipt.sig"], signer); err != nil {
		return "", err
	}
	var told statement
	if err := json.Unmarshal(payload, &told); err != nil {
		return "", err
	}
	if err := checkInclusion(files, told, keys); err != nil {
		return "", err
	}
	if err := checkFiles(files, told); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s: %d files, entry %d of %s", told.Predicate.Delivery, len(told.Predicate.Objects),
		told.Predicate.Log.Seq, told.Predicate.Log.Origin), nil
}

// payloadOf takes the pre-authentication encoding of DSSE apart.
func payloadOf(signed []byte) ([]byte, error) {
	head := fmt.Sprintf("DSSEv1 %d %s ", len(payloadType), payloadType)
	rest := bytes.TrimPrefix(signed, []byte(head))
	length, payload, found := bytes.Cut(rest, []byte(" "))
	if len(rest) == len(signed) || !found || string(length) != fmt.Sprint(len(payload)) {
		return nil, errors.New("receipt.signed: not the encoding of DSSE")
	}
	return payload, nil
}

func checkEnvelope(text, payload, sig []byte, signer ed25519.PublicKey) error {
	// The SPKI form of an Ed25519 key is a fixed prefix and its 32 bytes (RFC 8410).
	id := sha256.Sum256(append([]byte{0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0}, signer...))
	want, err := json.Marshal(envelope{
		Payload:     base64.StdEncoding.EncodeToString(payload),
		PayloadType: payloadType,
		Signatures:  []signature{{KeyID: hex.EncodeToString(id[:]), Sig: base64.StdEncoding.EncodeToString(sig)}},
	})
	if err != nil {
		return err
	}
	if !bytes.Equal(text, append(want, '\n')) {
		return errors.New("receipt.dsse.json: not the envelope of what was signed")
	}
	return nil
}

func checkInclusion(files map[string][]byte, told statement, keys []key) error {
	log := told.Predicate.Log
	here, err := openCheckpoint(files["checkpoint"], keys)
	if err != nil {
		return err
	}
	if here.origin != log.Origin || here.size != log.TreeSize || here.root.String() != log.RootHash {
		return errors.New("checkpoint: not the one that the receipt names")
	}
	index, proof, beside, err := parseProof(string(files["receipt.tlog-proof"]))
	if err != nil {
		return err
	}
	if index != log.Seq || beside != string(files["checkpoint"]) {
		return errors.New("receipt.tlog-proof: about another entry or checkpoint")
	}
	entry := files["receipt.entry.json"]
	if err := tlog.CheckRecord(proof, here.size, here.root, index, tlog.RecordHash(entry)); err != nil {
		return fmt.Errorf("receipt.tlog-proof: %w", err)
	}
	var logged struct {
		Subject string `json:"subject"`
		Fields  struct {
			Objects []object `json:"objects"`
		} `json:"fields"`
	}
	if err := json.Unmarshal(entry, &logged); err != nil {
		return err
	}
	if logged.Subject != told.Predicate.Delivery || fmt.Sprint(logged.Fields.Objects) != fmt.Sprint(told.Predicate.Objects) {
		return errors.New("receipt.entry.json: about another delivery")
	}
	return nil
}

// checkFiles compares every file with what was signed, and wants neither more nor fewer.
func checkFiles(files map[string][]byte, told statement) error {
	known := map[string]bool{
		"receipt.dsse.json": true, "receipt.signed": true, "receipt.sig": true, "receipt.entry.json": true,
		"receipt.tlog-proof": true, "checkpoint": true,
	}
	var manifest []string
	for _, one := range told.Predicate.Objects {
		known[one.Path] = true
		manifest = append(manifest, one.Sha256+"  "+one.Path+"\n")
		if err := checkHash(files, one.Path, one.Sha256); err != nil {
			return err
		}
		if int64(len(files[one.Path])) != one.SizeBytes {
			return fmt.Errorf("%s: another size", one.Path)
		}
	}
	for _, tag := range told.Predicate.Tags {
		known[tag.Path] = true
		if err := checkHash(files, tag.Path, tag.Sha256); err != nil {
			return err
		}
	}
	sort.Slice(manifest, func(a, b int) bool { return manifest[a][64:] < manifest[b][64:] })
	if string(files["manifest-sha256.txt"]) != strings.Join(manifest, "") {
		return errors.New("manifest-sha256.txt: lists other files than the receipt")
	}
	for path := range files {
		if !known[path] {
			return fmt.Errorf("%s: was not delivered", path)
		}
	}
	return nil
}

func checkHash(files map[string][]byte, path, want string) error {
	content, found := files[path]
	if !found {
		return fmt.Errorf("%s: missing", path)
	}
	if hash := sha256.Sum256(content); hex.EncodeToString(hash[:]) != want {
		return fmt.Errorf("%s: changed", path)
	}
	return nil
}

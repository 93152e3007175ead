// Makes made.txt: the verifier keys of a log and of two witnesses (each in both forms), and a
// checkpoint signed by all three, with the witnesses' own library.
//
//	go run make.go > made.txt
//
// The keys come from fixed seeds; the cosignatures bear the time at which this ran.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	f "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

func keys(name, seed string) (string, string) {
	h := sha256.Sum256([]byte(seed))
	priv := ed25519.NewKeyFromSeed(h[:])
	pub := priv.Public().(ed25519.PublicKey)
	key := append([]byte{1}, pub...)
	s := sha256.New()
	s.Write([]byte(name + "\n"))
	s.Write(key)
	id := binary.BigEndian.Uint32(s.Sum(nil))
	skey := fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, id, base64.StdEncoding.EncodeToString(append([]byte{1}, h[:]...)))
	vkey := fmt.Sprintf("%s+%08x+%s", name, id, base64.StdEncoding.EncodeToString(key))
	return skey, vkey
}

func main() {
	lskey, lvkey := keys("log.example", "the log of the test")
	log, err := note.NewSigner(lskey)
	if err != nil {
		panic(err)
	}
	signers := []note.Signer{log}
	fmt.Println(lvkey)
	for _, n := range []string{"w1", "w2"} {
		skey, vkey := keys("witness.example/"+n, "the witness "+n)
		w, err := f.NewSignerForCosignatureV1(skey)
		if err != nil {
			panic(err)
		}
		c, err := f.VKeyToCosignatureV1(vkey)
		if err != nil {
			panic(err)
		}
		fmt.Println(vkey)
		fmt.Println(c)
		signers = append(signers, w)
	}
	text := "log.example\n1\n" + base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n"
	out, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		panic(err)
	}
	fmt.Print(string(out))
}

package handover

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"keyfob/client"
)

// What is sealed here, the age command opens for the colleague and for nobody else.
func TestAColleagueOpensWhatWasSealedWithTheAgeCommand(t *testing.T) {
	for name, generate := range map[string]func(path string) *exec.Cmd{
		"age": func(path string) *exec.Cmd { return exec.Command("age-keygen", "-o", path) },
		"ssh-ed25519": func(path string) *exec.Cmd {
			return exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bob@example.com", "-f", path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			key, other := filepath.Join(t.TempDir(), "key"), filepath.Join(t.TempDir(), "key")
			run(t, generate(key), "")
			run(t, generate(other), "")
			r, err := ParseRecipient("  " + public(t, key) + "\n")
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := r.Seal(client.NewSecret(some))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(sealed, some) || !strings.HasPrefix(sealed, "-----BEGIN AGE ENCRYPTED FILE-----\n") {
				t.Fatalf("sealed, it reads %s", sealed)
			}
			if got := run(t, exec.Command("age", "-d", "-i", key), sealed); got != some {
				t.Errorf("opened, it reads %q", got)
			}
			foreign := exec.Command("age", "-d", "-i", other)
			foreign.Stdin = strings.NewReader(sealed)
			if out, err := foreign.Output(); err == nil || len(out) > 0 {
				t.Errorf("somebody else opened it: %q", out)
			}
		})
	}
}

func run(t *testing.T, cmd *exec.Cmd, in string) string {
	t.Helper()
	var complaints bytes.Buffer
	cmd.Stdin, cmd.Stderr = strings.NewReader(in), &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", cmd.Path, err, complaints.String())
	}
	return string(out)
}

// public is the public half of a key file.
func public(t *testing.T, key string) string {
	t.Helper()
	if half, err := os.ReadFile(key + ".pub"); err == nil {
		return string(half)
	}
	return run(t, exec.Command("age-keygen", "-y", key), "")
}

const (
	someAge = "age1raceqhk499kh4f28yzgn59hdxwqx7cd8wgpkvak26d82a9ruqqxsphcrh8"
	someSSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGXGrjpnWLP1xLFE1vlMVPyfKHZ5c7A6Aq0k8uKhN7Qv"
)

func TestARecipientThatIsNoneIsSaid(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	good := identity.Recipient().String()
	for given, want := range map[string]error{
		"":                                 ErrNoRecipient,
		"bob@example.com":                  ErrNoRecipient,
		good[:len(good)-1]:                 ErrNoRecipient,
		good[:len(good)-1] + "b":           ErrNoRecipient, // one letter wrong
		"ssh-ed25519 AAAA":                 ErrNoRecipient,
		"ssh-rsa AAAAB3NzaC1yc2EAAAADA":    ErrOtherSSHKey,
		"ecdsa-sha2-nistp256 AAAAE2Vj":     ErrOtherSSHKey,
		identity.String():                  ErrPrivateKey,
		strings.ToLower(identity.String()): ErrPrivateKey,
		"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n": ErrPrivateKey,
		good + "\n" + good: ErrOneRecipient,
	} {
		if _, err := ParseRecipient(given); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", given, err, want)
		}
	}
	if _, err := (Recipient{}).Seal(client.NewSecret("x")); !errors.Is(err, ErrNoRecipient) {
		t.Errorf("sealed for nobody: %v", err)
	}
}

func TestARecipientIsNamed(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	good := identity.Recipient().String()
	r, err := ParseRecipient(good)
	if want := good[:8] + "…" + good[len(good)-6:]; err != nil || r.Name != want {
		t.Errorf("named %q, %v", r.Name, err)
	}
}

func FuzzParseRecipient(f *testing.F) {
	for _, s := range []string{someAge, someSSH, someSSH + " bob", "age1", "ssh-ed25519 ", "AGE-SECRET-KEY-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRecipient(s)
		if err != nil {
			return
		}
		sealed, err := r.Seal(client.NewSecret(some))
		if err != nil || strings.Contains(sealed, some) {
			t.Fatalf("%q: %v", s, err)
		}
		if _, err := io.Copy(io.Discard, armor.NewReader(strings.NewReader(sealed))); err != nil {
			t.Fatal(err)
		}
	})
}

package client_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"pgregory.net/rapid"

	"keyfob/client"
)

const canary = "enrt_pCanaryCanaryCanary"

// holder is how secrets travel: in structs, behind pointers, in containers.
type holder struct {
	Secret  client.Secret
	Pointer *client.Secret
	List    []client.Secret
	Map     map[string]client.Secret
	Any     any
	inner   client.Secret
}

func held() holder {
	s := client.NewSecret(canary)
	return holder{s, &s, []client.Secret{s}, map[string]client.Secret{"k": s}, s, s}
}

// requirement 7
func TestNoVerbPrintsASecret(t *testing.T) {
	s := client.NewSecret(canary)
	for _, verb := range []string{"v", "+v", "#v", "s", "q", "x", "X", "d", "o", "b", "c", "e", "t", "U", "20s", "-40q", "T", "p", "w"} {
		for _, value := range []any{s, &s, held(), new(held()), []any{s}, fmt.Errorf("wrapped: %v", s)} {
			assertHidden(t, verb, fmt.Sprintf("%"+verb, value))
		}
	}
	if got := fmt.Sprint(s); got != "[redacted]" {
		t.Errorf("printed as %q", got)
	}
}

// requirement 7
func TestNoEncoderWritesASecret(t *testing.T) {
	s := client.NewSecret(canary)
	b, err := json.Marshal(held())
	if err != nil {
		t.Fatal(err)
	}
	assertHidden(t, "json", string(b))
	if b, err = json.Marshal(s); err != nil || string(b) != `"[redacted]"` {
		t.Errorf("json: %s, %v", b, err)
	}
	if b, err = json.Marshal(map[string]any{"k": &s}); err != nil || string(b) != `{"k":"[redacted]"}` {
		t.Errorf("json: %s, %v", b, err)
	}
	if b, err = xml.Marshal(struct {
		XMLName xml.Name `xml:"x"`
		S       client.Secret
	}{S: s}); err != nil {
		t.Fatal(err)
	}
	assertHidden(t, "xml", string(b))
	var out bytes.Buffer
	if err := template.Must(template.New("").Parse("{{.}} {{printf `%#v` .}}")).Execute(&out, s); err != nil {
		t.Fatal(err)
	}
	assertHidden(t, "template", out.String())
}

// requirement 7
func TestNoLogHoldsASecret(t *testing.T) {
	s := client.NewSecret(canary)
	var out bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).With("with", s).WithGroup("g").Error("message", "s", s, "p", &s, "h", held(), slog.Any("l", []client.Secret{s}))
	}
	if !strings.Contains(out.String(), "[redacted]") {
		t.Errorf("logged %s", out.String())
	}
	assertHidden(t, "slog", out.String())
}

func TestWipingEmptiesEveryCopy(t *testing.T) {
	s := client.NewSecret(canary)
	other := s
	if s.Reveal() != canary || s.IsZero() {
		t.Fatal("the value is not there")
	}
	s.Wipe()
	s.Wipe()
	if other.Reveal() != "" || !other.IsZero() {
		t.Errorf("a copy still has %q", other.Reveal())
	}
	var none client.Secret
	none.Wipe()
	if !none.IsZero() || none.Reveal() != "" || fmt.Sprint(none) != "[redacted]" {
		t.Error("the zero Secret is not empty")
	}
	if !client.NewSecret("").IsZero() {
		t.Error("an empty Secret is not zero")
	}
}

func TestAttemptsAreLongAndNeverTheSame(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		a := client.NewAttempt()
		// 26 letters of a 32-letter alphabet are 130 bits.
		if len(a) < 26 || seen[a] {
			t.Fatalf("attempt %q", a)
		}
		seen[a] = true
	}
}

func TestAnySecretIsHidden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[A-Za-z0-9_]{16,60}`).Draw(t, "value")
		verb := rapid.SampledFrom([]string{"v", "+v", "#v", "s", "q", "x", "d"}).Draw(t, "verb")
		s := client.NewSecret(value)
		out := fmt.Sprintf("%"+verb, struct{ A, B any }{s, []client.Secret{s}})
		if strings.Contains(out, value) || strings.Contains(out, fmt.Sprintf("%x", value)) {
			t.Fatalf("%%%s printed %s", verb, out)
		}
	})
}

func assertHidden(t *testing.T, how, out string) {
	t.Helper()
	bytesOf := strings.Trim(fmt.Sprintf("%d", []byte(canary)), "[]")
	hexGo := strings.Trim(strings.ReplaceAll(fmt.Sprintf("%#v", []byte(canary)), "[]byte", ""), "{}")
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), bytesOf, hexGo} {
		if strings.Contains(out, form) {
			t.Errorf("%%%s shows the secret: %s", how, out)
		}
	}
}

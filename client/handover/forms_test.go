package handover

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"keyfob/client"
)

const some = "enrt_p3Kd82hsQ0vBzL1mNcXyT5rWqE9uIoPaSdFgHjKlZ4MX7Qd2"

func card() Card {
	return Card{
		Secret: client.NewSecret(some), Server: "http://127.0.0.1:8642", Try: "http://127.0.0.1:8642/profile/me",
		App: "Local scripts", Login: "ada",
	}
}

// anySecret are secrets as no server of ours makes them: whatever can be seen.
func anySecret() *rapid.Generator[string] { return rapid.StringMatching(`[!-~äß€]{1,40}`) }

func TestFormsAreAsTheirProgramsReadThem(t *testing.T) {
	for f, want := range map[*Form]string{
		&Plain:  some,
		&Header: "Authorization: Bearer " + some,
		&Curl:   `curl -H "Authorization: Bearer ` + some + `" "http://127.0.0.1:8642/profile/me"` + "\n",
		&Env:    "LOCAL_SCRIPTS_SERVER=http://127.0.0.1:8642\nLOCAL_SCRIPTS_TOKEN=" + some + "\n",
		&Netrc:  "machine 127.0.0.1\nlogin ada\npassword " + some + "\n",
	} {
		if diff := cmp.Diff(want, f.Text(card()).Reveal()); diff != "" {
			t.Errorf("%s: %s", f.Name, diff)
		}
	}
}

// sent is what a server was sent by the program that read a form.
func sent(t *testing.T, run func(url string) *exec.Cmd) http.Header {
	t.Helper()
	got := make(chan http.Header, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header }))
	defer srv.Close()
	out, err := run(srv.URL + "/profile/me").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return <-got
}

func file(t *testing.T, c Card, f Form) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), f.FileName(c))
	if err := Save(path, f.Text(c)); err != nil {
		t.Fatal(err)
	}
	return path
}

var odd = []string{some, `"$x"`, "a`b`\\", `it's#1`, `%20&?x=1`, `\n{}`}

func TestTheShellRunsTheCurlCommand(t *testing.T) {
	for _, s := range odd {
		h := sent(t, func(url string) *exec.Cmd {
			return exec.Command("sh", "-c", Curl.Text(Card{Secret: client.NewSecret(s), Try: url}).Reveal())
		})
		if got := h.Get("Authorization"); got != "Bearer "+s {
			t.Errorf("%s was sent as %s", s, got)
		}
	}
}

func TestCurlReadsItsConfigFileAndAHeaderFromOne(t *testing.T) {
	for _, s := range odd {
		c := Card{Secret: client.NewSecret(s), App: "x"}
		h := sent(t, func(url string) *exec.Cmd {
			c.Try = url
			return exec.Command("curl", "-sS", "-q", "-K", file(t, c, CurlConfig))
		})
		if got := h.Get("Authorization"); got != "Bearer "+s {
			t.Errorf("%s was sent as %s", s, got)
		}
		h = sent(t, func(url string) *exec.Cmd {
			return exec.Command("curl", "-sS", "-q", "-H", "@"+file(t, c, Header), url)
		})
		if got := h.Get("Authorization"); got != "Bearer "+s {
			t.Errorf("from the header: %s was sent as %s", s, got)
		}
	}
}

func TestCurlReadsTheNetrc(t *testing.T) {
	for _, s := range odd {
		for _, login := range []string{"ada", `Ada "A" Admin`, ""} {
			h := sent(t, func(url string) *exec.Cmd {
				c := Card{Secret: client.NewSecret(s), Server: url, Login: login}
				return exec.Command("curl", "-sS", "-q", "--netrc-file", file(t, c, Netrc), url)
			})
			if login == "" {
				login = "token"
			}
			user, password, _ := (&http.Request{Header: h}).BasicAuth()
			if user != login || password != s {
				t.Errorf("%s, %s were sent as %s, %s", login, s, user, password)
			}
		}
	}
}

func TestAShellReadsTheEnvFile(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := anySecret().Draw(rt, "secret")
		text := Env.Text(Card{Secret: client.NewSecret(s), Server: "https://x.example/?a=b&c=d", App: "2nd (süd)"}).Reveal()
		out, err := exec.Command("sh", "-c", text+`printf '%s|%s' "$ND__S_D_TOKEN" "$ND__S_D_SERVER"`).Output()
		if want := s + "|https://x.example/?a=b&c=d"; err != nil || string(out) != want {
			rt.Fatalf("%q came back as %q, %v", want, out, err)
		}
	})
}

func TestTheShellReadsBackWhatWasQuoted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[ -~äß€]{0,40}`).Draw(t, "text")
		out, err := exec.Command("sh", "-c", "printf %s "+quoted(s)).Output()
		if err != nil || string(out) != s {
			t.Fatalf("%q came back as %q, %v", s, out, err)
		}
	})
}

func TestPostmansEnvironmentHoldsBothValuesEnabledAndTheTokenAsASecret(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := anySecret().Draw(rt, "secret")
		var got map[string]any
		text := Postman.Text(Card{Secret: client.NewSecret(s), Server: "https://x.example", App: `A "b" <c>`}).Reveal()
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			rt.Fatal(err)
		}
		want := map[string]any{
			"name": `Keyfob: A "b" <c>`, "_postman_variable_scope": "environment",
			"values": []any{
				map[string]any{"key": "server", "value": "https://x.example", "type": "default", "enabled": true},
				map[string]any{"key": "token", "value": s, "type": "secret", "enabled": true},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestAYAMLReaderFindsTheKubernetesSecret(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := anySecret().Draw(rt, "secret")
		app := rapid.String().Draw(rt, "app")
		var got struct {
			APIVersion string `yaml:"apiVersion"`
			Kind, Type string
			Metadata   struct{ Name string }
			Data       map[string]string
		}
		text := []byte(Kubernetes.Text(Card{Secret: client.NewSecret(s), Server: "https://x.example", App: app}).Reveal())
		if err := yaml.Unmarshal(text, &got); err != nil {
			rt.Fatal(err)
		}
		if got.APIVersion != "v1" || got.Kind != "Secret" || got.Type != "Opaque" || !dnsName.MatchString(got.Metadata.Name) {
			rt.Fatalf("it reads %+v", got)
		}
		for key, want := range map[string]string{"token": s, "server": "https://x.example"} {
			if back, err := base64.StdEncoding.DecodeString(got.Data[key]); err != nil || string(back) != want {
				rt.Fatalf("%s came back as %s, %v", want, back, err)
			}
		}
	})
}

// dnsName is what Kubernetes takes for a name (RFC 1123).
var dnsName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

func TestNamesOfVariablesAndFilesFollowTheApplication(t *testing.T) {
	for app, want := range map[string][2]string{
		"Local scripts":           {"LOCAL_SCRIPTS", "local-scripts.env"},
		"2nd try":                 {"ND_TRY", "2nd-try.env"},
		"Lager (süd)":             {"LAGER__S_D", "lager-s-d.env"},
		"":                        {"ACCESS", "access.env"},
		"Склад":                   {"ACCESS", "access.env"},
		"../../etc/x":             {"ETC_X", "etc-x.env"},
		strings.Repeat("ab ", 40): {strings.Repeat("AB_", 39) + "AB", strings.Repeat("ab-", 16) + "ab.env"},
	} {
		if got := [2]string{variable(app), Env.FileName(Card{App: app})}; got != want {
			t.Errorf("%q: %q, want %q", app, got, want)
		}
	}
}

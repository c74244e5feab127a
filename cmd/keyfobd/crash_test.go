package main_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"keyfob/api"
)

// rotate asks for a successor of the token that asks, once.
func (s *serving) rotate(k api.Issued, attempt string) (api.Issued, error) {
	var next api.Issued
	req, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.url+"/profile/tokens/"+k.Token.ID+"/rotate", strings.NewReader(`{"overlapSeconds":3600}`))
	if err != nil {
		return next, err
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + k.Secret}, "Idempotency-Key": {attempt}}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return next, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%d %s", res.StatusCode, body)
	}
	if err != nil {
		return next, err
	}
	return next, json.Unmarshal(body, &next)
}

// Requirement 14: the server is killed while it rotates. Either nothing has
// happened or both records are there; the same attempt completes it.
func TestARotationSurvivesTheDeathOfTheServer(t *testing.T) {
	p := newPlace(t)
	p.furnish()
	p.run("app", "add", "Robots", "--policy", "AuthenticatedUsers", "--scopes", "read,tokens").ok()
	var k api.Issued
	p.run("token", "create", "--user", "ada", "--app", "Robots", "--scope", "tokens", "--scope", "read", "--json").into(&k)
	tokens := 1
	for range 6 {
		s := p.serve()
		for range 3 {
			next, err := s.rotate(k, rand.Text())
			if err != nil {
				t.Fatal(err)
			}
			k = next
			tokens++
		}
		attempt, done := rand.Text(), make(chan struct{})
		go func() {
			defer close(done)
			_, _ = s.rotate(k, attempt) // answered or not
		}()
		_ = s.cmd.Process.Kill()
		<-done
		_ = s.cmd.Wait()

		s = p.serve()
		next, err := s.rotate(k, attempt)
		if err != nil {
			t.Fatalf("the same attempt again: %v", err)
		}
		tokens++
		for _, secret := range []string{k.Secret, next.Secret} {
			if status, _ := s.get("/profile/me", secret); status != http.StatusOK {
				t.Errorf("who am I: %d", status)
			}
		}
		s.chained(k, next, tokens)
		k = next
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
}

// chained demands that there are so many tokens, each of which replaces the
// one before, the last ones old and next.
func (s *serving) chained(old, next api.Issued, tokens int) {
	s.Helper()
	status, body := s.get("/profile/tokens?status=active,expired,revoked&limit=200&sort=-createdAt", next.Secret)
	var page api.Page[api.Token]
	if err := json.Unmarshal([]byte(body), &page); err != nil || status != http.StatusOK {
		s.Fatalf("%d %s", status, body)
	}
	replaces, replacedBy := map[string]string{}, map[string]string{}
	for _, token := range page.Items {
		if token.Replaces != nil {
			replaces[*token.Replaces] = token.ID
		}
		if token.ReplacedBy != nil {
			replacedBy[token.ID] = *token.ReplacedBy
		}
	}
	for id, by := range replacedBy {
		if replaces[id] != by {
			s.Errorf("%s is replaced by %s, which replaces another", id, by)
		}
	}
	if page.Total != tokens || len(replaces) != tokens-1 || len(replacedBy) != tokens-1 || replacedBy[old.Token.ID] != next.Token.ID {
		s.Errorf("%d tokens, %d links and %d back; want %d in a chain", page.Total, len(replaces), len(replacedBy), tokens)
	}
}

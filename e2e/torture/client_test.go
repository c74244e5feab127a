package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"keyfob/api"
)

// refused is an answer of the server that is no success.
type refused struct {
	status int
	body   string
}

func (r *refused) Error() string { return fmt.Sprintf("%d %s", r.status, r.body) }

// patience is far beyond what a server on this machine takes: a call that
// hangs is a finding.
const patience = time.Minute

type call struct {
	method, path string
	bearer, key  string // token; Idempotency-Key
	body         any
	form         url.Values
	login        *url.Userinfo
	at           *serving // nil: the world's
}

func (c call) server(w *world) *serving {
	if c.at != nil {
		return c.at
	}
	return w.serving
}

// ask makes one call, without trying again, and reads the reply into v.
func (w *world) ask(c call, v any) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := w.request(ctx, c)
	if err != nil {
		return err
	}
	res, err := w.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		w.answered(res.StatusCode, string(body))
		return &refused{res.StatusCode, string(body)}
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(body, v)
}

func (w *world) request(ctx context.Context, c call) (*http.Request, error) {
	var content io.Reader
	header := http.Header{}
	switch {
	case c.form != nil:
		content, header = strings.NewReader(c.form.Encode()), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	case c.body != nil:
		text, err := json.Marshal(c.body)
		if err != nil {
			return nil, err
		}
		content, header = bytes.NewReader(text), http.Header{"Content-Type": {"application/json"}}
	}
	req, err := http.NewRequestWithContext(ctx, c.method, c.server(w).url+c.path, content)
	if err != nil {
		return nil, err
	}
	if c.bearer != "" {
		header.Set("Authorization", "Bearer "+c.bearer)
	}
	if c.key != "" {
		header.Set("Idempotency-Key", c.key)
	}
	req.Header = header
	if c.login != nil {
		word, _ := c.login.Password()
		req.SetBasicAuth(c.login.Username(), word)
	}
	return req, nil
}

// list is every token of the server's one user.
func (w *world) list() (map[string]api.Token, error) {
	all := map[string]api.Token{}
	for cursor := ""; ; {
		q := url.Values{"status": {"active,expired,revoked"}, "limit": {"200"}}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		var page api.Page[api.Token]
		if err := w.ask(call{method: http.MethodGet, path: "/profile/tokens?" + q.Encode(), bearer: w.keeper}, &page); err != nil {
			return nil, err
		}
		for _, t := range page.Items {
			all[t.ID] = t
		}
		if cursor = page.NextCursor; cursor == "" {
			return all, nil
		}
	}
}

// works asks, as a resource server does, whether a secret is worth something.
func (w *world) works(secret string) (bool, error) {
	var in api.Introspection
	err := w.ask(call{method: http.MethodPost, path: "/id/connect/introspect", form: url.Values{"token": {secret}}, login: w.app}, &in)
	return in.Active, err
}

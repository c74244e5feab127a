// Package rest is a token server over REST: Discover finds one behind an
// address, New speaks to it.
//
// A call is sent with the access token that its TokenSource gives. A 401 is
// told to the source, and the call is repeated once with the next token. What
// is safe to repeat (reads, deletes, and creates, which carry the
// Idempotency-Key of their attempt) is repeated twice when the server is not
// reachable or busy. Everything that goes wrong is one of package client's
// errors; errors.go decides which.
package rest

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-resty/resty/v2"

	"keyfob/api"
	"keyfob/client"
)

// TokenSource gives access tokens; session.Session is one.
type TokenSource interface {
	// AccessToken is a token that is good now as far as is known. Its errors
	// reach the caller of the Client unchanged.
	AccessToken(ctx context.Context) (client.Secret, error)
	// Rejected says that the server answered 401 to the token: the next
	// AccessToken must be another.
	Rejected(ctx context.Context, token client.Secret)
}

// Client speaks to one server as one account. It is safe for concurrent use.
type Client struct {
	server Server
	auth   TokenSource
	resty  *resty.Client

	life context.Context // of all calls
	end  context.CancelFunc
}

// New makes a Client for a server that Discover found. A nil hc starts from
// the default transport; redirects are never followed.
func New(s Server, auth TokenSource, hc *http.Client) *Client {
	c := &Client{server: s, auth: auth, resty: newResty(hc)}
	c.life, c.end = context.WithCancel(context.Background())
	return c
}

// Close ends the calls that are under way, and all later ones, with
// context.Canceled.
func (c *Client) Close() { c.end() }

// Me is the signed-in user.
func (c *Client) Me(ctx context.Context) (client.Me, error) {
	return get(ctx, c, c.server.ProfileURL+"/me", meFrom)
}

// Capabilities is what the server demands of tokens.
func (c *Client) Capabilities(ctx context.Context) (client.Capabilities, error) {
	return get(ctx, c, c.server.Address+"/capabilities", capabilitiesFrom)
}

// ProfileApps are the applications for which the user may issue a PAT.
func (c *Client) ProfileApps(ctx context.Context) ([]client.App, error) {
	return list(ctx, c, c.server.ProfileURL+"/apps", nil, appFrom)
}

// ProfileTokens are the user's own PATs over all applications, whatever their
// status (requirement 37).
func (c *Client) ProfileTokens(ctx context.Context) ([]client.Token, error) {
	return list(ctx, c, c.server.ProfileURL+"/tokens", everyStatus(), tokenFrom)
}

// CreateToken issues a PAT. The secret is in no other reply, ever. Calling
// again with the same Attempt gives the same token and secret, so after an
// error it is safe to try again.
func (c *Client) CreateToken(ctx context.Context, n client.NewToken) (client.Token, client.Secret, error) {
	return c.issue(ctx, c.server.ProfileURL+"/tokens", newPAT(n), n.Attempt)
}

// RevokeToken ends one of the user's own PATs; one that has ended stays so.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	return c.remove(ctx, c.server.ProfileURL+"/tokens", id)
}

// Apps are all trusted applications. It needs an administrator.
func (c *Client) Apps(ctx context.Context) ([]client.App, error) {
	return list(ctx, c, c.server.ManagerURL+"/apps", nil, appFrom)
}

// App is one trusted application. It needs an administrator.
func (c *Client) App(ctx context.Context, id string) (client.App, error) {
	u, err := item(c.server.ManagerURL+"/apps", id)
	if err != nil {
		return client.App{}, err
	}
	return get(ctx, c, u, appFrom)
}

// AddApp adds a trusted application. It needs an administrator.
func (c *Client) AddApp(ctx context.Context, n client.NewApp) (client.App, error) {
	r := request{method: http.MethodPost, url: c.server.ManagerURL + "/apps", body: newApp(n)}
	return call(ctx, c, r, appFrom)
}

// ChangeApp changes what is not nil in ch. It needs an administrator.
func (c *Client) ChangeApp(ctx context.Context, id string, ch client.AppChange) (client.App, error) {
	u, err := item(c.server.ManagerURL+"/apps", id)
	if err != nil {
		return client.App{}, err
	}
	return call(ctx, c, request{method: http.MethodPatch, url: u, body: appChange(ch)}, appFrom)
}

// AppTokens are all tokens of an application, PAT and SAT, whatever their
// status (requirement 40). It needs an administrator.
func (c *Client) AppTokens(ctx context.Context, appID string) ([]client.Token, error) {
	u, err := item(c.server.ManagerURL+"/apps", appID)
	if err != nil {
		return nil, err
	}
	return list(ctx, c, u+"/tokens", everyStatus(), tokenFrom)
}

// CreateAppToken issues a SAT for n.AppID; see CreateToken. It needs an
// administrator.
func (c *Client) CreateAppToken(ctx context.Context, n client.NewToken) (client.Token, client.Secret, error) {
	u, err := item(c.server.ManagerURL+"/apps", n.AppID)
	if err != nil {
		return client.Token{}, client.Secret{}, err
	}
	return c.issue(ctx, u+"/tokens", newSAT(n), n.Attempt)
}

// RevokeAppToken ends any token. It needs an administrator.
func (c *Client) RevokeAppToken(ctx context.Context, id string) error {
	return c.remove(ctx, c.server.ManagerURL+"/tokens", id)
}

// Users are all users. It needs an administrator.
func (c *Client) Users(ctx context.Context) ([]client.User, error) {
	return list(ctx, c, c.server.ManagerURL+"/users", nil, userFrom)
}

func (c *Client) remove(ctx context.Context, collection, id string) error {
	u, err := item(collection, id)
	if err != nil {
		return err
	}
	_, err = c.do(ctx, request{method: http.MethodDelete, url: u})
	return err
}

// everyStatus asks for revoked tokens too, which some rules hide by default.
func everyStatus() url.Values {
	return url.Values{"status": {api.StatusActive + "," + api.StatusExpired + "," + api.StatusRevoked}}
}

// item is the address of one thing in a collection. Ids that would lead
// elsewhere in the path name nothing.
func item(collection, id string) (string, error) {
	if id == "" || id == "." || id == ".." {
		return "", client.ErrNotFound
	}
	return collection + "/" + url.PathEscape(id), nil
}

const pageSize = 200

// maxPages bounds a list against a server whose cursors never end: 200 000
// rows are more than this program shows.
const maxPages = 1000

func list[W, D any](ctx context.Context, c *Client, u string, q url.Values, from func(W) D) ([]D, error) {
	query := url.Values{"limit": {strconv.Itoa(pageSize)}}
	maps.Copy(query, q)
	rows := []D{}
	seen := map[string]bool{}
	for range maxPages {
		p, err := get(ctx, c, u+"?"+query.Encode(), func(p api.Page[W]) api.Page[W] { return p })
		if err != nil {
			return nil, err
		}
		for _, w := range p.Items {
			rows = append(rows, from(w))
		}
		if p.NextCursor == "" {
			return rows, nil
		}
		if seen[p.NextCursor] {
			return nil, garbled("a list whose pages repeat")
		}
		seen[p.NextCursor] = true
		query.Set("cursor", p.NextCursor)
	}
	return nil, garbled("a list without end")
}

func get[W, D any](ctx context.Context, c *Client, u string, from func(W) D) (D, error) {
	return call(ctx, c, request{method: http.MethodGet, url: u}, from)
}

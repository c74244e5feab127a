package rest

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"keyfob/api"
	"keyfob/client"
)

// TestToken shows a secret to the server, as a script would, and answers as
// whom it works. t is its token. It fails with client.ErrNotWorking if the
// secret does not work, or not yet.
//
// A PAT asks who it is. What may not ask that (a SAT, and a PAT without the
// scope for reading) asks what a proxy does: whether it may pass.
func (c *Client) TestToken(ctx context.Context, t client.Token, s client.Secret) (client.UserRef, error) {
	if t.Kind == client.PAT {
		me, err := c.whoIs(ctx, s)
		if !errors.Is(err, client.ErrDenied) {
			return me, err
		}
	}
	return c.passes(ctx, t.App.ID, s)
}

func (c *Client) whoIs(ctx context.Context, s client.Secret) (client.UserRef, error) {
	body, _, err := c.as(ctx, s, c.server.ProfileURL+"/me")
	if err != nil {
		return client.UserRef{}, err
	}
	var w api.Me
	if err := decode(body, &w); err != nil {
		return client.UserRef{}, err
	}
	return client.UserRef{ID: w.ID, Login: w.Login, Name: w.Name}, nil
}

func (c *Client) passes(ctx context.Context, appID string, s client.Secret) (client.UserRef, error) {
	_, h, err := c.as(ctx, s, c.server.Address+"/check?"+url.Values{"app": {appID}}.Encode())
	if err != nil {
		return client.UserRef{}, err
	}
	login, err := url.PathUnescape(h.Get("X-Keyfob-Login"))
	if err != nil || login == "" {
		return client.UserRef{}, garbled("a check that does not say who passes")
	}
	return client.UserRef{ID: h.Get("X-Keyfob-User"), Login: login}, nil
}

// as sends one GET with the secret in the place of the session's token.
func (c *Client) as(ctx context.Context, s client.Secret, u string) ([]byte, http.Header, error) {
	resp, err := c.send(ctx, request{method: http.MethodGet, url: u}, s)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode() == http.StatusUnauthorized {
		return nil, nil, client.ErrNotWorking
	}
	body, err := accept(resp)
	return body, resp.Header(), err
}

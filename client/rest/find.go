package rest

import (
	"context"
	"net/http"

	"keyfob/api"
	"keyfob/client"
)

// FindToken is the token whose secret was found, or client.ErrNotFound. The
// server keeps no secret: it compares. It needs an administrator.
func (c *Client) FindToken(ctx context.Context, s client.Secret) (client.Token, error) {
	return call(ctx, c, request{
		method: http.MethodPost, url: c.server.ManagerURL + "/tokens/find", body: api.FoundSecret{Secret: s.Reveal()},
	}, tokenFrom)
}

package rest

import (
	"context"
	"time"

	"keyfob/api"
	"keyfob/client"
)

// RotateToken replaces one of the user's own PATs. The secret of the new one is
// in no other reply, ever; calling again with the same Attempt gives the same
// token and secret. One that is revoked, expired or replaced already is
// client.ErrConflict, and its Problem's Code says which.
func (c *Client) RotateToken(ctx context.Context, id string, r client.Rotation) (client.Token, client.Secret, error) {
	return c.rotate(ctx, c.server.ProfileURL+"/tokens", id, r)
}

// RotateAppToken replaces any token; see RotateToken. It needs an
// administrator.
func (c *Client) RotateAppToken(ctx context.Context, id string, r client.Rotation) (client.Token, client.Secret, error) {
	return c.rotate(ctx, c.server.ManagerURL+"/tokens", id, r)
}

func (c *Client) rotate(ctx context.Context, collection, id string, r client.Rotation) (client.Token, client.Secret, error) {
	u, err := item(collection, id)
	if err != nil {
		return client.Token{}, client.Secret{}, err
	}
	return c.issue(ctx, u+"/rotate", rotation(r), r.Attempt)
}

// rotation rounds up: a part of a second must not end the old token at once.
func rotation(r client.Rotation) api.Rotation {
	return api.Rotation{ExpiresAt: timeTo(r.ExpiresAt), OverlapSeconds: int((r.Overlap + time.Second - 1) / time.Second)}
}

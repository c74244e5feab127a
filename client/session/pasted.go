package session

import (
	"context"
	"fmt"

	"keyfob/client"
)

// UseToken signs in with an access token that who has pasted, at a server that
// offers nothing better. Whether it works, and whose it is, the caller has
// found out. It is kept as a refresh token is, and answered by AccessToken
// until the server rejects it: then AccessToken says client.ErrSignInExpired.
// SignOut deletes it and does not revoke it: it is the person's own, made
// elsewhere, and may have other uses.
func (s *Session) UseToken(ctx context.Context, token client.Secret, who Identity) error {
	if token.IsZero() || who.Subject == "" {
		return fmt.Errorf("%w: no token, or nobody's", client.ErrInvalid)
	}
	who.Issuer = s.cfg.Issuer
	if before := s.Identity().Subject; before != "" && before != who.Subject {
		return client.ErrOtherAccount
	}
	// No server gives anything here: what is noted is whose token the store may have.
	a := s.begin(ctx, attempt{Subject: who.Subject})
	s.become(ctx, who, tokens{access: client.NewSecret(token.Reveal()), pasted: true}, a.ID)
	s.leftOver.Store(false)
	return nil
}

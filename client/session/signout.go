package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"keyfob/client"
	"keyfob/client/internal/transport"
)

// SignOut ends the sign-in: revoked at the server (RFC 7009), deleted from the
// store, both confirmed. Either failing does not stop the other; the error
// joins what failed. In memory it is over in any case.
func (s *Session) SignOut(ctx context.Context) error {
	s.changing.Lock() // a renewal under way comes to its end first
	defer s.changing.Unlock()
	s.mu.Lock()
	who, refresh := s.who, s.refresh
	s.who, s.refresh, s.access, s.unkept = Identity{}, client.Secret{}, client.Secret{}, nil
	s.mu.Unlock()

	var revoked, deleted error
	if !refresh.IsZero() {
		revoked = s.revoke(ctx, refresh)
		refresh.Wipe()
	}
	if who.Subject != "" {
		deleted = s.cfg.Credentials.Delete(ctx, key(who.Issuer, who.Subject))
	}
	if revoked != nil {
		revoked = fmt.Errorf("revoking the sign-in: %w", revoked)
	}
	if deleted != nil {
		deleted = fmt.Errorf("deleting the credential: %w", deleted)
	}
	return errors.Join(revoked, deleted)
}

func (s *Session) revoke(ctx context.Context, refresh client.Secret) error {
	m, err := s.discover(ctx)
	if err != nil {
		return err
	}
	if m.Revocation == "" {
		return fmt.Errorf("%w: the server announces no revocation", client.ErrServer)
	}
	form := url.Values{
		"token":           {refresh.Reveal()},
		"token_type_hint": {"refresh_token"},
		"client_id":       {s.cfg.ClientID},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.Revocation, strings.NewReader(form.Encode()))
	if err != nil {
		return client.ErrGarbled
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.http.Do(req)
	if err != nil {
		return transport.Error(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: revocation, status %d", client.ErrServer, resp.StatusCode)
	}
	return nil
}

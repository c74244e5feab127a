package rest

import (
	"slices"
	"time"

	"keyfob/api"
	"keyfob/client"
)

// This file alone knows how the wire's records and the desktop's correspond.

func tokenFrom(w api.Token) client.Token {
	return client.Token{
		ID:           w.ID,
		Kind:         client.Kind(w.Kind),
		Description:  w.Description,
		Hint:         w.Hint,
		App:          client.AppRef{ID: w.App.ID, Name: w.App.Name},
		User:         userRefFrom(w.User),
		ActsAs:       userRefFrom(w.ActsAs),
		Scopes:       slices.Clone(w.Scopes),
		CreatedAt:    w.CreatedAt.UTC(),
		CreatedBy:    userRefFrom(&w.CreatedBy),
		ExpiresAt:    timeFrom(w.ExpiresAt),
		LastUsedAt:   timeFrom(w.LastUsedAt),
		LastUsedFrom: valueOf(w.LastUsedFrom),
		RevokedAt:    timeFrom(w.RevokedAt),
		RevokedBy:    userRefFrom(w.RevokedBy),
		Replaces:     valueOf(w.Replaces),
		ReplacedBy:   valueOf(w.ReplacedBy),

		OverlapEndsAt: timeFrom(w.OverlapEndsAt),
	}
}

func appFrom(w api.App) client.App {
	return client.App{
		ID:                w.ID,
		Name:              w.Name,
		Policy:            client.Policy(w.Policy),
		Enabled:           w.Enabled,
		Scopes:            slices.Clone(w.Scopes),
		SystemUserAllowed: w.SystemUserAllowed,
		SystemUser:        userRefFrom(w.SystemUser),
		CreatedAt:         w.CreatedAt.UTC(),
		PATs:              w.Tokens.PAT,
		SATs:              w.Tokens.SAT,
	}
}

func meFrom(w api.Me) client.Me {
	return client.Me{ID: w.ID, Login: w.Login, Name: w.Name, Email: w.Email, IsAdmin: w.IsAdmin, Instance: w.Instance}
}

func userFrom(w api.User) client.User {
	return client.User{ID: w.ID, Login: w.Login, Name: w.Name, Email: w.Email, IsAdmin: w.IsAdmin, IsActive: w.IsActive}
}

func capabilitiesFrom(w api.Capabilities) client.Capabilities {
	c := client.Capabilities{
		ServerName:    w.Server.Name,
		ServerVersion: w.Server.Version,
		Instance:      w.Server.Instance,
		Label: client.LabelRule{
			Required:  w.Rules.Label.Required,
			MinLength: w.Rules.Label.MinLength,
			MaxLength: w.Rules.Label.MaxLength,
		},
		Expiry: client.ExpiryRule{
			NeverAllowed: w.Rules.Expiry.NeverAllowed,
			Default:      seconds(w.Rules.Expiry.DefaultSeconds),
			Max:          seconds(w.Rules.Expiry.MaxSeconds),
		},
		Revoke: client.RevokeRule{
			Verb:        w.Rules.Revoke.Verb,
			Within:      seconds(int64(w.Rules.Revoke.PromiseSeconds)),
			StaysListed: w.Rules.Revoke.StaysListed,
		},
		Activation: seconds(int64(w.Rules.ActivationSeconds)),
	}
	for _, s := range w.Scopes {
		c.Scopes = append(c.Scopes, client.Scope{Name: s.Name, Label: s.Label, Description: s.Description, Broad: s.Broad})
	}
	for _, l := range w.Limits {
		c.Limits = append(c.Limits, client.Limit{Per: l.Per, Max: l.Max, Used: l.Used})
	}
	return c
}

func newPAT(n client.NewToken) api.NewToken {
	w := newSAT(n)
	w.AppID = n.AppID
	return w
}

// newSAT leaves the application out: it is in the path.
func newSAT(n client.NewToken) api.NewToken {
	return api.NewToken{Description: n.Description, ExpiresAt: timeTo(n.ExpiresAt), Scopes: n.Scopes}
}

func newApp(n client.NewApp) api.NewApp {
	return api.NewApp{
		Name:              n.Name,
		Policy:            string(n.Policy),
		Scopes:            n.Scopes,
		SystemUserAllowed: n.SystemUserID != "",
		SystemUserID:      n.SystemUserID,
	}
}

func appChange(ch client.AppChange) api.AppChange {
	w := api.AppChange{Enabled: ch.Enabled, SystemUserID: ch.SystemUserID}
	if ch.Policy != nil {
		w.Policy = new(string(*ch.Policy))
	}
	// Naming a System User is allowing one; there is no separate switch here.
	if ch.SystemUserID != nil {
		w.SystemUserAllowed = new(*ch.SystemUserID != "")
	}
	return w
}

func userRefFrom(w *api.UserRef) client.UserRef {
	if w == nil {
		return client.UserRef{}
	}
	return client.UserRef{ID: w.ID, Login: w.Login, Name: w.Name}
}

func timeFrom(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func timeTo(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

func valueOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// seconds keeps what does not fit in a Duration at its end: 292 years.
func seconds(n int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Second)
	return time.Duration(min(max(n, 0), most)) * time.Second
}

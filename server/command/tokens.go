package command

import (
	"strconv"
	"strings"
	"time"

	"keyfob/api"
	"keyfob/server/instance"
	"keyfob/server/rules"
	"keyfob/server/tokens"
)

type tokenCreateCmd struct {
	User        string   `help:"Login of the user that the token acts as." placeholder:"LOGIN" xor:"kind" required:""`
	SAT         bool     `name:"sat" help:"A service token: it acts as the application's System User." xor:"kind" required:""`
	App         string   `help:"Name of the application." required:""`
	Scope       []string `help:"A right that the token carries; may be given several times."`
	Permission  []string `help:"A permission that the token carries, where the rules grant permissions; may be given several times."`
	Tenant      []string `help:"A tenant that the token is for, where the rules know tenants; may be given several times."`
	Description string   `help:"Where it will be used."`
	Expires     string   `help:"Lifetime such as 24h or 90d, or never. Without it, what the rules propose, or never." placeholder:"LIFETIME"`
}

// Run issues the token.
func (c *tokenCreateCmd) Run(e *env) error {
	if c.Expires == "" {
		c.Expires = proposed(e.rules)
	}
	expires, err := expiry(c.Expires, time.Now())
	if err != nil {
		return err
	}
	want := api.NewToken{Description: c.Description, ExpiresAt: expires, Scopes: words(c.Scope), Permissions: words(c.Permission), Tenants: words(c.Tenant)}
	return e.records(func(r *instance.Records) error {
		issued, err := c.issue(e, r, want)
		if err != nil {
			return err
		}
		return e.print(issued.Secret, issued)
	})
}

func (c *tokenCreateCmd) issue(e *env, r *instance.Records, want api.NewToken) (api.Issued, error) {
	app, err := appByName(e, r, c.App)
	if err != nil {
		return api.Issued{}, err
	}
	if c.SAT {
		return r.Tokens.CreateSAT(e.ctx, tokens.Operator(), app.ID, want, "")
	}
	u, err := userByLogin(e, r, c.User)
	if err != nil {
		return api.Issued{}, err
	}
	want.UserID, want.AppID = u.ID, app.ID
	return r.Tokens.CreatePAT(e.ctx, tokens.Operator(), want, "")
}

// proposed is the lifetime that a token gets for which none is named.
func proposed(r rules.Rules) string {
	switch {
	case r.Expiry.Default.Duration > 0:
		return r.Expiry.Default.String()
	case r.Expiry.Max.Duration > 0:
		return r.Expiry.Max.String()
	}
	return "never"
}

// expiry is the moment that a lifetime from now ends; nil for never. Days are
// 24 hours.
func expiry(lifetime string, now time.Time) (*time.Time, error) {
	if lifetime == "never" {
		return nil, nil //nolint:nilnil // no expiry is what was asked for
	}
	d, err := time.ParseDuration(lifetime)
	if days, ok := strings.CutSuffix(lifetime, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(n) * 24 * time.Hour
		if n > 100*365 {
			d = 0
		}
	}
	if err != nil || d <= 0 {
		return nil, usageError{"--expires must be a lifetime such as 24h or 90d, or never."}
	}
	at := now.Add(d).UTC().Truncate(time.Second)
	return &at, nil
}

type tokenRevokeCmd struct {
	ID string `arg:"" help:"Id of the token; not its secret."`
}

// Run revokes the token.
func (c *tokenRevokeCmd) Run(e *env) error {
	return e.records(func(r *instance.Records) error {
		if err := r.Tokens.RevokeAny(e.ctx, tokens.Operator(), c.ID); err != nil {
			return err
		}
		return e.print("Revoked.", map[string]any{"id": c.ID, "revoked": true})
	})
}

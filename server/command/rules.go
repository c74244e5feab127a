package command

import (
	"fmt"
	"strconv"
	"time"

	"keyfob/api"
	"keyfob/server/instance"
	"keyfob/server/rules"
	"keyfob/server/tokens"
)

type rulesCheckCmd struct {
	File string `arg:"" help:"A file of rules, such as rules.toml." type:"path"`
}

// Run says whether the file loads; every mistake with its line and key.
func (c *rulesCheckCmd) Run(e *env) error {
	if _, err := rules.Load(c.File); err != nil {
		return failure{err.Error()}
	}
	return e.print("The rules are valid.", map[string]any{"file": c.File, "valid": true})
}

type rulesShowCmd struct {
	Rules string `arg:"" name:"name" help:"erp, digitalhub, lucanet, socotra, or a file of rules." placeholder:"NAME"`
}

// Run prints the rules as they work, as a file that loads again.
func (c *rulesShowCmd) Run(e *env) error {
	r, err := rules.Load(c.Rules)
	if err != nil {
		return failure{err.Error()}
	}
	text, err := r.Text()
	if err != nil {
		return err
	}
	_, err = e.stdout.Write(text)
	return err
}

type policyCmd struct {
	MaxExpiry string `name:"max-expiry" help:"The longest that new tokens may live, such as 90d, or none. Without it the policy is printed." placeholder:"LIFETIME"`
}

// Run prints the administrators' policy, and changes it before if it is told to.
func (c *policyCmd) Run(e *env) error {
	want, err := c.change()
	if err != nil {
		return err
	}
	return e.newRecords(func(r *instance.Records) error {
		get := func() (api.Policy, error) { return r.Tokens.Policy(e.ctx, tokens.Operator()) }
		if want != nil {
			get = func() (api.Policy, error) { return r.Tokens.SetPolicy(e.ctx, tokens.Operator(), *want) }
		}
		p, err := get()
		if err != nil {
			return err
		}
		return e.print(policyText(p), p)
	})
}

// change is what is asked for; nil for nothing.
func (c *policyCmd) change() (*api.PolicyChange, error) {
	switch c.MaxExpiry {
	case "":
		return nil, nil //nolint:nilnil // nothing is asked for
	case "none":
		return &api.PolicyChange{}, nil
	}
	at, err := expiry(c.MaxExpiry, time.Unix(0, 0))
	if err != nil || at == nil {
		return nil, usageError{"--max-expiry must be a lifetime such as 24h or 90d, or none."}
	}
	return &api.PolicyChange{MaxExpirySeconds: new(at.Unix())}, nil
}

func policyText(p api.Policy) string {
	lifetime := func(seconds int64) string {
		switch {
		case seconds == 0:
			return "none"
		case seconds%86400 == 0:
			return strconv.FormatInt(seconds/86400, 10) + " days"
		}
		return (time.Duration(seconds) * time.Second).String()
	}
	own := int64(0)
	if p.MaxExpirySeconds != nil {
		own = *p.MaxExpirySeconds
	}
	return fmt.Sprintf("Longest life of new tokens: %s (policy: %s, rules: %s).",
		lifetime(p.EffectiveMaxSeconds), lifetime(own), lifetime(p.RulesMaxSeconds))
}

package command

import (
	"keyfob/api"
	"keyfob/server/instance"
	"keyfob/server/password"
	"keyfob/server/tokens"
)

type userSetCmd struct {
	Login         string  `arg:"" help:"What the user signs in with."`
	Active        *bool   `help:"With --active=false the user and all their tokens are kept out." negatable:""`
	Admin         *bool   `help:"May use the Instance Manager; --admin=false: no longer." negatable:""`
	Name          *string `help:"Name as shown."`
	Email         *string `help:"E-mail address."`
	PasswordStdin bool    `name:"password-stdin" help:"Read a new password from standard input. It ends all sign-ins of the user."`

	Permission []string `help:"All that the user holds from now on; may be given several times. Empty (--permission=): nothing."`
	Tenant     []string `help:"All tenants that the user is assigned to from now on; may be given several times. Empty (--tenant=): none."`
	TokenLimit *int     `name:"token-limit" help:"Live tokens that the user may have, where the rules have a limit for each user; 0: as they say." placeholder:"N"`
}

// Run changes the user.
func (c *userSetCmd) Run(e *env) error {
	want := api.UserChange{Name: c.Name, Email: c.Email, IsAdmin: c.Admin, IsActive: c.Active, Permissions: given(c.Permission), Tenants: given(c.Tenant), TokenLimit: c.TokenLimit}
	if want == (api.UserChange{}) && !c.PasswordStdin {
		return usageError{"Say what to change, such as --active=false."}
	}
	var hash string
	if c.PasswordStdin {
		word, err := readPassword(e.stdin)
		if err != nil {
			return err
		}
		if hash, err = password.Hash(e.ctx, word); err != nil {
			return err
		}
	}
	return e.records(func(r *instance.Records) error {
		u, err := userByLogin(e, r, c.Login)
		if err != nil {
			return err
		}
		changed, err := r.Tokens.ChangeUser(e.ctx, tokens.Operator(), u.ID, want, hash)
		if err != nil {
			return err
		}
		return e.print("Changed the user "+changed.Login+".", changed)
	})
}

// given is a list of words that stands on the command line; nil: it does not.
func given(list []string) *[]string {
	if list == nil {
		return nil
	}
	return new(words(list))
}

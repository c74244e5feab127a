package command

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"keyfob/server/instance"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

type pepperListCmd struct{}

// Run prints each pepper with what is kept under it.
func (pepperListCmd) Run(e *env) error {
	return e.recordsOf(instance.Config{Existing: true, WithoutOldPepper: true}, func(r *instance.Records) error {
		all, err := r.Tokens.KnownPeppers(e.ctx)
		if err != nil {
			return err
		}
		var text strings.Builder
		table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "PEPPER\tSTATE\tSINCE\tHERE\tLIVE TOKENS\tCLIENT SECRETS\tEXCHANGED\tREPLIES\tENDED TOKENS") // to memory
		for _, p := range all {
			here := "no"
			if p.Here {
				here = "yes"
			}
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\n", p.ID, p.State, p.Since.Format(time.RFC3339), here,
				p.Tokens, p.Secrets, p.Exchanged, p.Replies, p.Ended)
		}
		if err := table.Flush(); err != nil {
			return err
		}
		return e.print(strings.TrimSuffix(text.String(), "\n"), all)
	})
}

type pepperNewCmd struct{}

// Run makes the pepper that is to follow.
func (pepperNewCmd) Run(e *env) error {
	made, err := instance.NewPepper(e.ctx, e.config())
	switch {
	case errors.Is(err, tokens.ErrPepperBusy):
		return failure{"The pepper " + made.ID + " is still old: retire it first."}
	case errors.Is(err, tokens.ErrPepperHere):
		return failure{"The pepper " + made.ID + " was made at another server and is not here: copy its file pepper." + made.ID + " from there, or retire it."}
	case err != nil:
		return err
	}
	return e.print(fmt.Sprintf(`The next pepper is %s. Nothing is kept under it yet.
Copy %s into the data directory of each other server on this database, mode 0600, and to where you keep the keys.
Then: %s pepper use %s`, made.ID, filepath.Join(e.data, "pepper."+made.ID), e.program.Name, made.ID), made)
}

type pepperUseCmd struct {
	ID string `arg:"" help:"As pepper new or pepper list names it."`
}

// Run makes the new pepper the current one.
func (c *pepperUseCmd) Run(e *env) error {
	return e.records(func(r *instance.Records) error {
		_, _ = fmt.Fprintln(e.stderr, "Asking each server that runs whether it holds the pepper; this takes some seconds.")
		err := r.Tokens.UsePepper(e.ctx, tokens.Operator(), c.ID)
		lacking, lack := errors.AsType[*tokens.LackingError](err)
		switch {
		case lack:
			return failure{"Nothing was changed. These servers do not hold the pepper yet: " + strings.Join(lacking.Servers, ", ") +
				". Copy the file pepper." + c.ID + " into their data directories, mode 0600; they find it within seconds."}
		case errors.Is(err, tokens.ErrPepperHere):
			return failure{"Nothing was changed. The file pepper." + c.ID + " is not in " + e.data + "."}
		case err != nil:
			return pepperFailure(err, "only a new pepper can become the current one")
		}
		return e.print("What is made from now on is kept under "+c.ID+". What there is moves to it as it is used, and works meanwhile: see pepper list.",
			map[string]string{"id": c.ID, "state": store.PepperCurrent})
	})
}

type pepperRetireCmd struct {
	ID    string `arg:"" help:"As pepper list names it."`
	Force bool   `help:"Also if something works only by it: that is revoked first."`
}

// Run ends a pepper.
func (c *pepperRetireCmd) Run(e *env) error {
	return e.recordsOf(instance.Config{Existing: true, WithoutOldPepper: true}, func(r *instance.Records) error {
		done, err := r.Tokens.RetirePepper(e.ctx, tokens.Operator(), c.ID, c.Force)
		if needed, ok := errors.AsType[*tokens.NeededError](err); ok {
			return failure{stillNeeded(needed)}
		}
		if err != nil {
			return pepperFailure(err, "the current pepper cannot be retired, and a retired one is that already")
		}
		text := fmt.Sprintf(`Retired %s. Backups from before this moment need its file: keep a copy with them, and delete it from the data directories.`, c.ID)
		if done.Ended > 0 {
			text += fmt.Sprintf("\nTokens under it that have ended, and can be found by their secrets no more: %d.", done.Ended)
		}
		return e.print(text, map[string]any{"id": c.ID, "state": store.PepperRetired, "endedTokens": done.Ended})
	})
}

func stillNeeded(n *tokens.NeededError) string {
	text := fmt.Sprintf("Nothing was changed. What works only by this pepper: tokens: %d, client secrets of applications: %d", n.Tokens, n.Secrets)
	if n.Exchanged+n.Replies > 0 {
		text += fmt.Sprintf("; and for minutes yet: exchanged tokens: %d, replies that may be asked for again: %d", n.Exchanged, n.Replies)
	}
	return text + ". Each of them moves when it is used. With --force the rest is revoked, for good."
}

func pepperFailure(err error, state string) error {
	switch {
	case errors.Is(err, tokens.ErrNoSuchPepper):
		return failure{"There is no such pepper. See pepper list."}
	case errors.Is(err, tokens.ErrPepperState):
		return failure{"Nothing was changed: " + state + ". See pepper list."}
	}
	return err
}

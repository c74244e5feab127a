package command

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"keyfob/api"
	"keyfob/server/instance"
	"keyfob/server/tokens"
)

type auditVerifyCmd struct {
	Checkpoints string `help:"Copy of the checkpoints to compare with, kept where the server cannot write." placeholder:"FILE" type:"path"`
	Key         string `help:"Copy of the key that verifies them." placeholder:"FILE" type:"path"`
}

// Run recomputes the change log's chain. It fails, with a sentence that names
// the row, if the log is not as it was written.
func (c *auditVerifyCmd) Run(e *env) error {
	return e.recordsOf(instance.Config{Existing: true, Checkpoints: c.Checkpoints, CheckpointsKey: c.Key}, func(r *instance.Records) error {
		found, err := r.Tokens.VerifyEvents(e.ctx, tokens.Operator())
		if err != nil {
			return err
		}
		if found.OK || e.json {
			if err := e.print(verifiedText(found), found); err != nil {
				return err
			}
		}
		if !found.OK {
			return failure{found.Broken.Detail}
		}
		return nil
	})
}

func verifiedText(v api.Verified) string {
	text := fmt.Sprintf("The change log is as it was written: %d events.", v.Events) + restoredText(v.Restored)
	if v.Last == nil {
		return text + " No checkpoint vouches for their number yet."
	}
	return text + fmt.Sprintf(" The last of %d signed checkpoints is of event %d, %s.", v.Checkpoints, v.Last.Seq, v.Last.At.Format(time.RFC3339))
}

// restoredText tells of the times that the log went back.
func restoredText(all []api.EventRestore) string {
	var text strings.Builder
	for _, r := range all {
		fmt.Fprintf(&text, " It was restored at %s from a backup of %s, which ended with event %d",
			r.At.Format(time.RFC3339), r.BackupAt.Format(time.RFC3339), r.Seq)
		if r.LostSeq != nil {
			fmt.Fprintf(&text, "; what was done then up to event %d, at least, is lost", *r.LostSeq)
		}
		text.WriteString(".")
	}
	return text.String()
}

type auditListCmd struct {
	From   time.Time `help:"Not before this, such as 2026-11-22T00:00:00Z."`
	To     time.Time `help:"Before this."`
	Actor  string    `help:"Login of who did it; or operator, server, unknown." placeholder:"LOGIN"`
	Action string    `help:"Such as token.revoked."`
	Object string    `help:"Id of what it was done to." placeholder:"ID"`
	Limit  int       `help:"How many, the newest first; 0: all." default:"100"`
}

// Run prints events, one a line.
func (c *auditListCmd) Run(e *env) error {
	if c.Limit < 0 {
		return usageError{"--limit must be a number of events, or 0 for all."}
	}
	filter := tokens.EventFilter{From: c.From, To: c.To, Actor: c.Actor, Action: c.Action, ObjectID: c.Object}
	return e.records(func(r *instance.Records) error {
		left := c.Limit
		for at := (tokens.PageRequest{Limit: 200}); ; {
			page, err := r.Tokens.Events(e.ctx, tokens.Operator(), filter, at)
			if err != nil {
				return err
			}
			for _, event := range page.Items {
				if err := writeEvent(e, event); err != nil {
					return err
				}
				if left--; left == 0 {
					return nil
				}
			}
			if at.Cursor = page.NextCursor; at.Cursor == "" {
				return nil
			}
		}
	})
}

func writeEvent(e *env, event api.Event) error {
	who, what := event.Actor.Login, event.Object.ID
	if who == "" {
		who = event.Actor.ID
	}
	if event.Object.Name != "" {
		what = event.Object.Kind + " " + strconv.Quote(event.Object.Name)
	}
	changes := make([]string, len(event.Changes))
	for i, c := range event.Changes {
		changes[i] = c.Field + "=" + value(c.New)
		if c.Old != nil {
			changes[i] = c.Field + "=" + value(c.Old) + "→" + value(c.New)
		}
	}
	return e.print(strings.TrimRight(fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s", event.Seq, event.At.Format(time.RFC3339),
		who, event.Action, what, strings.Join(changes, " ")), "\t"), event)
}

func value(v *string) string {
	if v == nil {
		return "-"
	}
	return strconv.Quote(*v)
}

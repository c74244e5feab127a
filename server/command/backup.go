package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"keyfob/server/audit"
	"keyfob/server/backup"
	"keyfob/server/instance"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

type backupCmd struct {
	File     string `arg:"" help:"The file to make. One that is there is left alone." type:"path"`
	WithKeys bool   `name:"with-keys" help:"Put the pepper, the sign-in's key and the key of the checkpoints in too: the file is then as precious as the server."`
}

// Run writes the backup, while servers run.
func (c *backupCmd) Run(e *env) error {
	made, err := instance.Backup(e.ctx, e.config(), c.File, c.WithKeys)
	switch {
	case errors.Is(err, backup.ErrExists):
		return failure{"There is a file " + c.File + " already. Name another one, or move it away."}
	case err != nil:
		return failure{"No backup was made. " + sentence(broken(err))}
	}
	text := fmt.Sprintf("Backed up to %s, and checked: %d events, change log intact.", c.File, made.Events)
	if made.Keys {
		text += " The keys are in it: who has the file can do what the server can. Keep it as safe."
	} else {
		text += " The keys are not in it. Without the file pepper, and each pepper.ID beside it, no token in it works again: keep copies of these and of signin.key elsewhere, apart from the backup."
	}
	return e.print(text, made)
}

type restoreCmd struct {
	File string `arg:"" help:"The backup." type:"path"`
}

// Run restores the backup into an empty place.
func (c *restoreCmd) Run(e *env) error {
	// First, so that a name that was mistyped leaves nothing in the place.
	if info, err := os.Stat(c.File); err != nil || !info.Mode().IsRegular() {
		return failure{"Nothing was restored. There is no file " + c.File + " that can be read."}
	}
	done, err := instance.Restore(e.ctx, e.config(), c.File)
	if err != nil {
		return failure{"Nothing was restored. " + sentence(e.unrestored(err))}
	}
	if done.Noted {
		return e.print("The records had been restored from this backup before. The checkpoints of "+e.data+" know it now.", done)
	}
	return e.print(fmt.Sprintf(`Restored from the backup of %s: %d events.
Check what happened after that moment. Tokens that were revoked since are active again: revoke them anew.
Tokens that were issued since are unknown. Users, applications and their rights are as they were then.
Everybody signs in again.`, done.MadeAt.Format(time.RFC3339), done.Events), done)
}

func (e *env) config() instance.Config {
	return instance.Config{Dir: e.data, Database: e.database, Version: e.program.VersionText(), Existing: true}
}

// unrestored gives the errors of a restore their sentences.
func (e *env) unrestored(err error) error {
	switch {
	case errors.Is(err, backup.ErrDamaged):
		return failure{"The file is damaged, or no backup. (" + err.Error() + ")"}
	case errors.Is(err, store.ErrNotEmpty):
		return failure{"The place is not empty: restore into a new data directory, or move keyfob.db, keyfob.db-wal and keyfob.db-shm away; with --database, into a new database."}
	case errors.Is(err, instance.ErrNoPepper):
		return failure{"The backup was made without keys. Put the pepper of its server into " + filepath.Join(e.data, "pepper") + " first, mode 0600, and each pepper.ID and signin.key of that server beside it: without the pepper no token would ever work again."}
	case errors.Is(err, instance.ErrOtherKey):
		return failure{"The data directory has keys of its own that are not those of the backup. Restore into another directory, or move them away. (" + err.Error() + ")"}
	case errors.Is(err, tokens.ErrOtherPepper):
		return failure{"The pepper is not the one that the tokens of the backup were issued under: put the pepper of its server into " + filepath.Join(e.data, "pepper") + ", and each pepper.ID of that server beside it."}
	}
	return broken(err)
}

// broken says in one line what is wrong with a change log.
func broken(err error) error {
	if found, ok := errors.AsType[*audit.Break](err); ok {
		return failure{found.Error() + " Run audit verify, and keep what there is as evidence."}
	}
	return err
}

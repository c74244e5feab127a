package credentials

import (
	"context"
	"errors"

	"keyfob/client"
)

// What the person may do about the encrypted file.

// InFile reports whether credentials are kept in the encrypted file, open or
// locked again.
func (f *Fallback) InFile() bool { return f.file.InUse() }

// FileLocked reports whether they are, and it is locked again.
func (f *Fallback) FileLocked() bool { return f.file.InUse() && !f.file.IsOpen() }

// FileWaits reports whether there is an encrypted file whose passphrase was not
// given yet.
func (f *Fallback) FileWaits() bool { return !f.file.IsOpen() && f.file.Exists() }

// Holds reports whether what is under key is in the encrypted file, open or locked
// again. Of one that was not opened yet nobody knows.
func (f *Fallback) Holds(key string) bool { return f.file.holds(key) }

// OpenFile opens the encrypted file, see File.Open, and moves into it what is in
// memory. State says if that could not be written.
func (f *Fallback) OpenFile(ctx context.Context, passphrase client.Secret) error {
	f.moving.Lock()
	defer f.moving.Unlock()
	if err := f.file.Open(passphrase); err != nil {
		return err
	}
	_ = f.TryAgain(ctx)
	return nil
}

// LockFile drops what the encrypted file holds, and its key, until OpenFile.
// What is being moved into it is there first: else it would stay in memory.
func (f *Fallback) LockFile() {
	f.moving.Lock()
	defer f.moving.Unlock()
	f.file.Lock()
}

// KeepInFile makes the encrypted file and moves into it what is in memory.
func (f *Fallback) KeepInFile(ctx context.Context, passphrase client.Secret) error {
	f.moving.Lock()
	defer f.moving.Unlock()
	if err := f.file.Create(passphrase); err != nil {
		return err
	}
	return f.TryAgain(ctx)
}

// ChangePassphrase gives the encrypted file another passphrase.
func (f *Fallback) ChangePassphrase(_ context.Context, old, passphrase client.Secret) error {
	return f.file.Change(old, passphrase)
}

// ForgetFile removes the encrypted file. What is in it, if it is open, stays in
// memory until quit. Nothing of it is set or deleted meanwhile.
func (f *Fallback) ForgetFile(ctx context.Context) error {
	held := map[string]client.Secret{}
	defer wipe(held)
	hold := func(key string, s client.Secret) error {
		held[key] = s
		return nil
	}
	if err := f.emptyFile(ctx, hold); err != nil {
		return err
	}
	for key, s := range held {
		_ = f.memory.Set(ctx, key, s) // which fails for nothing that was in the file
	}
	f.note(ErrUnavailable)
	return nil
}

// MoveToKeyring moves what is in the encrypted file to the keyring, and only
// then removes the file. Nothing of it is set or deleted meanwhile.
func (f *Fallback) MoveToKeyring(ctx context.Context) error {
	if !f.file.IsOpen() {
		return ErrLocked
	}
	move := func(key string, s client.Secret) error {
		defer s.Wipe()
		f.give(key, false) // what the keyring has is not what this came from
		return f.toKeyring(ctx, key, s)
	}
	if err := f.emptyFile(ctx, move); err != nil {
		return err
	}
	f.note(nil)
	return nil
}

// emptyFile does with each secret in the file what take does, and then removes the
// file. It has the turns of all of them until then; what is set for the first
// time meanwhile is taken too.
func (f *Fallback) emptyFile(ctx context.Context, take func(key string, s client.Secret) error) error {
	taken, open := map[string]turn{}, f.file.IsOpen()
	defer func() {
		for _, t := range taken {
			t.leave()
		}
	}()
	for {
		if err := f.takeMore(ctx, taken, take); err != nil {
			return err
		}
		if err := f.file.remove(taken, open); !errors.Is(err, errMore) {
			return err
		}
	}
}

func (f *Fallback) takeMore(ctx context.Context, taken map[string]turn, take func(key string, s client.Secret) error) error {
	for _, key := range f.file.keys() {
		if taken[key] != nil {
			continue
		}
		turn := f.turn(key)
		if err := turn.take(ctx); err != nil {
			return err
		}
		taken[key] = turn
		s, err := f.file.Get(ctx, key)
		if errors.Is(err, ErrNotFound) {
			continue // deleted before its turn came
		}
		if err == nil {
			err = take(key, s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

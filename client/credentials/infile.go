package credentials

import (
	"context"

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
	leave, err := f.takeTurns(ctx)
	defer leave()
	if err != nil {
		return err
	}
	held := f.held(ctx)
	if err := f.file.Remove(); err != nil {
		return err
	}
	for key, s := range held {
		_ = f.memory.Set(ctx, key, s) // which fails for nothing that was in the file
		s.Wipe()
	}
	f.note(ErrUnavailable)
	return nil
}

// MoveToKeyring moves what is in the encrypted file to the keyring, and only
// then removes the file. Nothing else is set or deleted meanwhile.
func (f *Fallback) MoveToKeyring(ctx context.Context) error {
	leave, err := f.takeTurns(ctx)
	defer leave()
	if err != nil {
		return err
	}
	if !f.file.IsOpen() {
		return ErrLocked
	}
	held := f.held(ctx)
	for key, s := range held {
		defer s.Wipe()
		f.give(key, false) // what the keyring has is not what this came from
		if err := f.toKeyring(ctx, key, s); err != nil {
			return err
		}
	}
	if err := f.file.Remove(); err != nil {
		return err
	}
	f.note(nil)
	return nil
}

// takeTurns takes the turn of each key that the file has.
func (f *Fallback) takeTurns(ctx context.Context) (leave func(), err error) {
	var taken []turn
	leave = func() {
		for _, t := range taken {
			t.leave()
		}
	}
	for _, key := range f.file.keys() {
		t := f.turn(key)
		if err := t.take(ctx); err != nil {
			return leave, err
		}
		taken = append(taken, t)
	}
	return leave, nil
}

func (f *Fallback) held(ctx context.Context) map[string]client.Secret {
	held := map[string]client.Secret{}
	for _, key := range f.file.keys() {
		if s, err := f.file.Get(ctx, key); err == nil {
			held[key] = s
		}
	}
	return held
}

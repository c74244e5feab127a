package credentials

import (
	"context"
	"errors"
	"time"

	"keyfob/client"
)

// Memory, the encrypted file and the keyring may each have another secret under one
// key: one was made while the keyring was away, which has an earlier one still. Get
// answers the first of them. The others are shadowed: they may be sign-ins that
// work, so what is in the way is put aside.

// aside is where the keyring or the file has what made room under key, and aside of
// that what was there already.
func aside(key string) string { return key + "|before" }

// Shadowed is what there is under key besides what Get answers, as far as it can be
// read. A keyring that was refused is asked again only if the person asked for it: see
// Unasked.
func (f *Fallback) Shadowed(ctx context.Context, key string) []client.Secret {
	var all []client.Secret
	get := func(s client.Secret, err error) error {
		if err == nil {
			all = append(all, s)
		}
		return err
	}
	inMemory := get(f.memory.Get(ctx, key))
	inFile := get(f.file.Get(ctx, key))
	shown := inMemory == nil || inFile == nil
	if shown {
		all[0].Wipe()
		all = all[1:]
	}
	for at := aside(key); get(f.file.Get(ctx, at)) == nil; {
		at = aside(at)
	}
	if unasked(ctx) && f.resting() != nil {
		return all
	}
	if shown { // else Get answers it
		if err := get(f.ask(ctx, key)); err != nil && !errors.Is(err, ErrNotFound) {
			return all
		}
	}
	at, err := aside(key), error(nil)
	for ; err == nil; at = aside(at) {
		err = get(f.ask(ctx, at))
	}
	if errors.Is(err, ErrNotFound) {
		f.saw(key)
	}
	return all
}

// saw notes that all that the keyring has under key was looked at.
func (f *Fallback) saw(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen[key] = true
}

func (f *Fallback) hasSeen(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen[key]
}

// ask asks the keyring, and notes if it may be asked again unasked.
func (f *Fallback) ask(ctx context.Context, key string) (client.Secret, error) {
	s, err := f.keyring.Get(ctx, key)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err == nil, errors.Is(err, ErrNotFound):
		f.refused = nil
	case refusal(err) && ctx.Err() == nil:
		f.refused = err
	}
	return s, err
}

// DropShadowed deletes what Shadowed answers, once it is of no more use.
func (f *Fallback) DropShadowed(ctx context.Context, key string) error {
	turn := f.turn(key)
	if err := turn.take(ctx); err != nil {
		return err
	}
	defer turn.leave()
	_, inMemory := f.memory.Get(ctx, key)
	_, inFile := f.file.Get(ctx, key)
	if f.file.IsOpen() {
		if err := dropAside(ctx, f.file, key); err != nil {
			return err
		}
		if inMemory == nil && inFile == nil {
			inFile = f.file.Delete(ctx, key)
		}
	}
	if inMemory == nil || inFile == nil {
		return f.dropKeyring(ctx, key)
	}
	return dropAside(ctx, f.keyring, key)
}

// Recall is what Keep kept under key, or ErrNotFound; where several were kept, all of
// them, the one that counts first. It does not ask a keyring again that was
// refused: it is for what is no sign-in, and can be done without.
func (f *Fallback) Recall(ctx context.Context, key string) ([]client.Secret, error) {
	s, err := f.recall(ctx, key)
	if err != nil {
		return nil, err
	}
	return append([]client.Secret{s}, f.Shadowed(Unasked(ctx), key)...), nil
}

func (f *Fallback) recall(ctx context.Context, key string) (client.Secret, error) {
	if f.file.InUse() {
		return f.recallFromFile(ctx, key)
	}
	if err := f.resting(); err != nil {
		return client.Secret{}, err
	}
	return f.ask(ctx, key)
}

// recallFromFile looks into the keyring too, which had it before there was a file. One
// that cannot be asked keeps nobody from making a new one.
func (f *Fallback) recallFromFile(ctx context.Context, key string) (client.Secret, error) {
	s, err := f.file.Get(ctx, key)
	if !errors.Is(err, ErrNotFound) || f.resting() != nil {
		return s, err
	}
	if s, err := f.keyring.Get(Unasked(ctx), key); err == nil {
		return s, nil
	}
	return s, err
}

// toKeyring keeps s there. What it has under key, unless it was given to this run, is
// put aside.
func (f *Fallback) toKeyring(ctx context.Context, key string, s client.Secret) error {
	if !f.wasGiven(key) {
		if err := putAside(ctx, f.keyring, key, s); err != nil {
			return err
		}
	}
	err := f.keyring.Set(ctx, key, s)
	if err == nil {
		f.give(key, true)
	}
	return err
}

// toFile keeps s in the file, as toKeyring does, and deletes what this run had from the
// keyring: a refresh token that was renewed is used up, and would end its sign-in if it
// came back.
func (f *Fallback) toFile(ctx context.Context, key string, s client.Secret) error {
	_, inMemory := f.memory.Get(ctx, key)
	if inMemory == nil { // so it was made while the file could not be read
		if err := putAside(ctx, f.file, key, s); err != nil {
			return err
		}
	}
	if err := f.file.Set(ctx, key, s); err != nil {
		return err
	}
	if f.wasGiven(key) {
		f.leaveKeyring(ctx, key)
	}
	return nil
}

func putAside(ctx context.Context, in Store, key string, s client.Secret) error {
	old, err := in.Get(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer old.Wipe()
	if old.Reveal() == s.Reveal() {
		return nil
	}
	if err := putAside(ctx, in, aside(key), old); err != nil {
		return err
	}
	return in.Set(ctx, aside(key), old)
}

// dropAside deletes what was put aside, the first of it first: so what is left if it
// fails is found.
func dropAside(ctx context.Context, in Store, key string) error {
	key = aside(key)
	s, err := in.Get(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	s.Wipe()
	if err := dropAside(ctx, in, key); err != nil {
		return err
	}
	return in.Delete(ctx, key)
}

// leavingTime bounds leaving the keyring: whatever holds that up, the file has all.
const leavingTime = 2 * time.Second

func (f *Fallback) leaveKeyring(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(Unasked(ctx), leavingTime)
	defer cancel()
	_ = f.keyring.Delete(ctx, key) // else it is shadowed
	f.give(key, false)
}

// dropKeyring deletes what the keyring has. One that was refused may have what nobody
// has looked at, and so has ended nowhere: that is ErrAsks.
func (f *Fallback) dropKeyring(ctx context.Context, key string) error {
	if f.resting() != nil && !f.hasSeen(key) {
		return ErrAsks
	}
	f.give(key, false)
	if err := dropAside(ctx, f.keyring, key); err != nil {
		return err
	}
	return f.keyring.Delete(ctx, key)
}

func (f *Fallback) wasGiven(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.given[key]
}

// give notes whether this run has what the keyring has under key.
func (f *Fallback) give(key string, has bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.given[key] = has
}

package credentials

import (
	"context"
	"errors"

	"keyfob/client"
)

// Memory, the encrypted file and the keyring may each have another secret under one
// key: one was made while the keyring was away, which has an earlier one still. Get
// answers the first of them. The others are shadowed: they may be sign-ins that
// work, so none is written over unseen.

// aside is where the keyring has what made room under key.
func aside(key string) string { return key + "|before" }

// Shadowed is what there is under key besides what Get answers, as far as that can
// be read without asking the person anything.
func (f *Fallback) Shadowed(ctx context.Context, key string) []client.Secret {
	ctx = Unasked(ctx)
	var all []client.Secret
	add := func(s client.Secret, err error) {
		if err == nil {
			all = append(all, s)
		}
	}
	add(f.memory.Get(ctx, key))
	add(f.file.Get(ctx, key))
	rests := f.resting() != nil
	if !rests {
		add(f.askKeyring(ctx, key))
	}
	if len(all) > 0 {
		all[0].Wipe()
		all = all[1:]
	}
	if !rests {
		add(f.askKeyring(ctx, aside(key)))
	}
	return all
}

// DropShadowed deletes what Shadowed answers, once it is of no more use.
func (f *Fallback) DropShadowed(ctx context.Context, key string) error {
	turn := f.turn(key)
	turn.Lock()
	defer turn.Unlock()
	ctx = Unasked(ctx)
	_, inMemory := f.memory.Get(ctx, key)
	_, inFile := f.file.Get(ctx, key)
	if inMemory == nil && inFile == nil {
		inFile = f.file.Delete(ctx, key)
	}
	if inMemory == nil || inFile == nil {
		return f.dropKeyring(ctx, key)
	}
	return f.keyring.Delete(ctx, aside(key))
}

// Recall is what Keep kept under key, or ErrNotFound; where several were kept, all of
// them, the one that counts first. It does not ask a keyring again that was
// refused: it is for what is no sign-in, and can be done without.
func (f *Fallback) Recall(ctx context.Context, key string) ([]client.Secret, error) {
	s, err := f.recall(ctx, key)
	if err != nil {
		return nil, err
	}
	return append([]client.Secret{s}, f.Shadowed(ctx, key)...), nil
}

func (f *Fallback) recall(ctx context.Context, key string) (client.Secret, error) {
	if f.file.InUse() {
		return f.recallFromFile(ctx, key)
	}
	if err := f.resting(); err != nil {
		return client.Secret{}, err
	}
	s, err := f.askKeyring(ctx, key)
	if refusal(err) && ctx.Err() == nil && !errors.Is(err, ErrNotFound) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.refused = err
	}
	return s, err
}

// recallFromFile looks into the keyring too, which had it before there was a file. One
// that cannot be asked keeps nobody from making a new one.
func (f *Fallback) recallFromFile(ctx context.Context, key string) (client.Secret, error) {
	s, err := f.file.Get(ctx, key)
	if !errors.Is(err, ErrNotFound) || f.resting() != nil {
		return s, err
	}
	if s, err := f.askKeyring(Unasked(ctx), key); err == nil {
		return s, nil
	}
	return s, err
}

// askKeyring notes what the keyring says.
func (f *Fallback) askKeyring(ctx context.Context, key string) (client.Secret, error) {
	s, err := f.keyring.Get(ctx, key)
	if err == nil || errors.Is(err, ErrNotFound) {
		f.learn(key, err == nil)
	}
	return s, err
}

// toKeyring keeps s there. What is there under key and was not seen in this run is
// put aside.
func (f *Fallback) toKeyring(ctx context.Context, key string, s client.Secret) error {
	if !f.knows(key) {
		old, err := f.askKeyring(ctx, key)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		case old.Reveal() != s.Reveal():
			if err := f.keyring.Set(ctx, aside(key), old); err != nil {
				return err
			}
			f.learn(aside(key), true)
		}
		old.Wipe()
	}
	err := f.keyring.Set(ctx, key, s)
	if err == nil {
		f.learn(key, true)
	}
	return err
}

// leaveKeyring deletes there what has moved from there into the file: a refresh token
// that was renewed is used up, and would end its sign-in if it came back.
func (f *Fallback) leaveKeyring(ctx context.Context, key string) {
	f.mu.Lock()
	there := f.known[key]
	f.mu.Unlock()
	if there && f.keyring.Delete(Unasked(ctx), key) == nil {
		f.learn(key, false)
	}
}

func (f *Fallback) dropKeyring(ctx context.Context, key string) error {
	err := f.keyring.Delete(ctx, key)
	if err != nil {
		return err
	}
	f.learn(key, false)
	return f.keyring.Delete(ctx, aside(key))
}

func (f *Fallback) knows(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, known := f.known[key]
	return known
}

func (f *Fallback) learn(key string, there bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil {
		f.known = map[string]bool{}
	}
	f.known[key] = there
}

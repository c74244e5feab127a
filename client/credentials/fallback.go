package credentials

import (
	"context"
	"errors"
	"sync"

	"keyfob/client"
)

// State is where credentials are now.
type State int

// The states.
const (
	Kept      State = iota // in the keyring: signed in after a restart too
	UntilQuit              // in memory: signed in until the program quits
	InFile                 // in the encrypted file, which asks for its passphrase at the start
)

// Fallback is a Store that keeps in the encrypted file once that was opened, else
// in the keyring while that works, else in memory until quit. Its Set fails only
// for what no keyring takes. While the file is locked again nothing goes into the
// keyring instead: it is in memory, and OpenFile moves it.
type Fallback struct {
	keyring Store
	file    *File
	memory  Memory

	moving sync.Mutex // held from the opening of the file until it has what is in memory

	turns sync.Map // of keys, a turn each: what moves a secret does not overtake its Set or Delete

	mu      sync.Mutex
	reason  error           // why the last Set is in memory
	asleep  bool            // do not ask the keyring again unasked
	refused error           // why the keyring is not asked again unasked, but for Set
	seen    map[string]bool // keys of which all that the keyring has was looked at
	given   map[string]bool // keys of which this run has what the keyring has
}

// NewFallback is a Fallback in front of keyring, with no file.
func NewFallback(keyring Store) *Fallback {
	return &Fallback{keyring: keyring, file: NewFile(""), seen: map[string]bool{}, given: map[string]bool{}}
}

// WithFile makes file the one that the person may choose.
func (f *Fallback) WithFile(file *File) *Fallback {
	f.file = file
	return f
}

// State says where the last Set went; with UntilQuit, the error says why:
// ErrUnavailable, ErrLocked, ErrDismissed, ErrTimeout or ErrNotKept.
func (f *Fallback) State() (State, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.reason != nil:
		return UntilQuit, f.reason
	case f.file.InUse():
		return InFile, nil
	}
	return Kept, nil
}

// Why is State for people: nil for Kept and InFile, or the reason for UntilQuit.
func (f *Fallback) Why() error {
	_, err := f.State()
	return err
}

// UntilQuit reports whether what Get answers for key is in memory only.
func (f *Fallback) UntilQuit(key string) bool {
	s, err := f.memory.Get(context.Background(), key)
	s.Wipe()
	return err == nil
}

// Get is the secret under key: from memory when it could not be kept, else
// from the file or the keyring. Neither is said to have nothing while the other
// is locked: that is ErrLocked. What another of them has too is Shadowed.
func (f *Fallback) Get(ctx context.Context, key string) (client.Secret, error) {
	if s, err := f.memory.Get(ctx, key); err == nil {
		return s, nil
	}
	s, err := f.file.Get(ctx, key)
	if err == nil {
		return s, nil
	}
	s, fromKeyring := f.ask(ctx, key)
	f.give(key, fromKeyring == nil)
	if fromKeyring == nil {
		return s, nil
	}
	nothing := errors.Is(fromKeyring, ErrNotFound) || errors.Is(fromKeyring, ErrUnavailable)
	if nothing && (f.file.IsOpen() || f.file.mayHave(key)) {
		return s, err
	}
	return s, fromKeyring
}

// Set keeps s under key, in memory when that fails; State says so. It fails
// with ErrTooBig only, or with ErrTimeout when ctx ends while key is being moved.
// After a keyring that did not answer, or whose prompt was dismissed, it asks no
// more until TryAgain: nobody wants that prompt at every refresh. Once it is kept,
// so is what else was only in memory.
func (f *Fallback) Set(ctx context.Context, key string, s client.Secret) error {
	err := f.set(ctx, key, s)
	if err == nil && f.Why() == nil {
		f.moveRest(ctx)
	}
	return err
}

func (f *Fallback) set(ctx context.Context, key string, s client.Secret) error {
	turn := f.turn(key)
	if err := turn.take(ctx); err != nil {
		return err
	}
	defer turn.leave()
	err := f.Keep(ctx, key, s)
	if errors.Is(err, ErrTooBig) {
		return err
	}
	f.note(err)
	if err != nil {
		return f.memory.Set(ctx, key, s)
	}
	return f.memory.Delete(ctx, key)
}

// Keep keeps s under key where it outlives the program, or fails.
func (f *Fallback) Keep(ctx context.Context, key string, s client.Secret) error {
	if f.file.InUse() {
		return f.toFile(ctx, key, s)
	}
	if err := f.sleeping(); err != nil {
		return err
	}
	return f.toKeyring(ctx, key, s)
}

// TryAgain moves what is in memory to where it is kept, as after the person has
// unlocked the keyring. Nil when all is kept.
func (f *Fallback) TryAgain(ctx context.Context) error {
	f.note(nil)
	f.moveRest(ctx)
	return f.Why()
}

// moveRest moves what is in memory to where it is kept, until that fails.
func (f *Fallback) moveRest(ctx context.Context) {
	for _, key := range f.memory.keys() {
		if f.move(ctx, key) != nil {
			return
		}
	}
}

func (f *Fallback) move(ctx context.Context, key string) error {
	turn := f.turn(key)
	if !turn.free() {
		return nil // it is being set, or deleted
	}
	defer turn.leave()
	s, err := f.memory.Get(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return nil // deleted meanwhile
	}
	defer s.Wipe()
	f.give(key, false) // it was made where the other could not be seen
	err = f.Keep(ctx, key, s)
	switch {
	case err == nil:
		return f.memory.Delete(ctx, key)
	case ctx.Err() == nil:
		f.note(err)
	}
	return err
}

// Delete removes what is under key, wherever it is. With no keyring at all it
// succeeds for what was never in one. It fails with ErrLocked while the file may
// have it and is locked.
func (f *Fallback) Delete(ctx context.Context, key string) error {
	turn := f.turn(key)
	if err := turn.take(ctx); err != nil {
		return err
	}
	defer turn.leave()
	_, inMemory := f.memory.Get(ctx, key)
	_ = f.memory.Delete(ctx, key)
	inFile := f.file.mayHave(key)
	if inFile && f.file.IsOpen() {
		if err := errors.Join(dropAside(ctx, f.file, key), f.file.Delete(ctx, key)); err != nil {
			return err
		}
	}
	err := f.dropKeyring(ctx, key)
	if (inMemory == nil || inFile) && errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrAsks) {
		err = nil
	}
	if err == nil && inFile && f.file.mayHave(key) {
		return ErrLocked
	}
	return err
}

func (f *Fallback) sleeping() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asleep {
		return f.reason
	}
	return nil
}

func (f *Fallback) resting() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asleep {
		return f.reason
	}
	return f.refused
}

// note records how the last Set went.
func (f *Fallback) note(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reason, f.asleep = err, refusal(err)
	if err == nil {
		f.refused = nil
	}
}

// refusal reports whether to ask again would bother the person once more.
func refusal(err error) bool {
	return err != nil && (errors.Is(err, ErrDismissed) || !errors.Is(err, ErrUnavailable))
}

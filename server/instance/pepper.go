package instance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"keyfob/server/secret"
	"keyfob/server/store"
	"keyfob/server/tokens"
)

// pepper is the one that the records are under; for records that know of none,
// that of Dir, which is made if there is none.
func (c Config) pepper(ctx context.Context, db *store.Store) (secret.Pepper, error) {
	needed, err := neededPeppers(ctx, db)
	if err != nil {
		return secret.Pepper{}, err
	}
	if len(needed) == 0 {
		return secret.FirstPepper(c.Dir)
	}
	here, err := secret.Peppers(c.Dir)
	if err != nil {
		return secret.Pepper{}, err
	}
	at := slices.IndexFunc(here, func(p secret.Pepper) bool { return p.ID() == needed[0] })
	if at < 0 {
		return secret.Pepper{}, fmt.Errorf("%w (%s)", tokens.ErrOtherPepper, needed[0])
	}
	return here[at], nil
}

// neededPeppers are the ids of those that the records are under, the current
// one first; none for new records.
func neededPeppers(ctx context.Context, db *store.Store) ([]string, error) {
	rows, err := db.Peppers(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range rows {
		switch r.State {
		case store.PepperCurrent:
			ids = slices.Insert(ids, 0, r.ID)
		case store.PepperOld:
			ids = append(ids, r.ID)
		}
	}
	if len(rows) > 0 {
		return ids, nil
	}
	id, err := db.NewestPepperID(ctx) // of a version that noted none
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return []string{id}, err
}

// MadePepper says what NewPepper did.
type MadePepper struct {
	ID    string `json:"id"`
	Found bool   `json:"found"` // it was there before
}

// NewPepper makes the pepper that is to follow the current one, or finds the one
// that was made before, and has the servers look for it. Done again after it was
// cut off, it completes what was not done. It answers tokens.ErrPepperBusy while
// an old one is not retired, and tokens.ErrPepperHere for a new one that was
// made elsewhere and is not in Dir.
func NewPepper(ctx context.Context, c Config) (MadePepper, error) {
	r, err := OpenRecords(ctx, c)
	if err != nil {
		return MadePepper{}, err
	}
	made, err := r.newPepper(ctx, c.Dir)
	return made, errors.Join(err, r.Close(ctx))
}

func (r *Records) newPepper(ctx context.Context, dir string) (MadePepper, error) {
	rows, err := r.Store.Peppers(ctx)
	if err != nil {
		return MadePepper{}, err
	}
	here, err := secret.Peppers(dir)
	if err != nil {
		return MadePepper{}, err
	}
	for _, row := range rows {
		switch {
		case row.State == store.PepperOld:
			return MadePepper{ID: row.ID}, tokens.ErrPepperBusy
		case row.State == store.PepperNew && !slices.ContainsFunc(here, func(p secret.Pepper) bool { return p.ID() == row.ID }):
			return MadePepper{ID: row.ID}, tokens.ErrPepperHere
		case row.State == store.PepperNew:
			return MadePepper{row.ID, true}, nil
		}
	}
	for _, p := range here { // made, and cut off before it was noted
		if !slices.ContainsFunc(rows, func(row store.Pepper) bool { return row.ID == p.ID() }) {
			return MadePepper{p.ID(), true}, r.Tokens.AddPepper(ctx, tokens.Operator(), p.ID())
		}
	}
	p, err := secret.AddPepper(dir)
	if err != nil {
		return MadePepper{}, err
	}
	return MadePepper{p.ID(), false}, r.Tokens.AddPepper(ctx, tokens.Operator(), p.ID())
}

// serverName is how this server is called where others are told of it.
func (c Config) serverName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	return host + ":" + c.Dir
}

//go:build bench

package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver that the server has
)

// create compares durable creation over HTTP with the same rows written to the
// same kind of store, each with a commit of its own; and, for those who would
// commit both at once, with that.
func (b *bench) create() error {
	dir, err := b.copyOf(many, "create")
	if err != nil {
		return err
	}
	rawDir, err := b.copyOf(many, "raw")
	if err != nil {
		return err
	}
	raw, err := openRaw(b.ctx, filepath.Join(rawDir, "keyfob.db"))
	if err != nil {
		return err
	}
	refresh, err := signIn(b.ctx, dir)
	if err != nil {
		return err
	}
	server, err := b.keyfobd(dir)
	if err != nil {
		return errors.Join(err, raw.db.Close())
	}
	err = errors.Join(b.creation(server, refresh, raw), server.stop(), raw.db.Close())
	return errors.Join(err, b.grown(dir))
}

// grown says what a token takes on the disk, with its event.
func (b *bench) grown(dir string) error {
	path := filepath.Join(dir, "keyfob.db")
	before, err1 := os.Stat(filepath.Join(b.seedDir(many), "keyfob.db"))
	after, err2 := os.Stat(path)
	db, err3 := sql.Open("sqlite", path)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	var made int
	if err := errors.Join(db.QueryRowContext(b.ctx, `SELECT COUNT(*) FROM events WHERE action = 'token.created'`).Scan(&made), db.Close()); err != nil {
		return err
	}
	b.say("%d tokens take %.0f MB; %d more, with their events, another %.1f MB", many, float64(before.Size())/1e6, made, float64(after.Size()-before.Size())/1e6)
	return nil
}

func (b *bench) creation(server *process, refresh [clients]string, raw *rawStore) error {
	body := fmt.Sprintf(`{"description":"made by the bench","appId":%q,"scopes":["read"]}`, appID)
	var requests [clients][]byte
	for i := range requests {
		access, err := server.access(b.ctx, refresh[i])
		if err != nil {
			return err
		}
		requests[i] = request("POST", "/profile/tokens", "Bearer "+access, "application/json", body)
	}
	l := load{server.address, clients, 201, func(client, _ int, buffer []byte) []byte { return append(buffer, requests[client]...) }}
	var http, rows, pairs []float64
	for range b.rounds {
		h, err := l.closed(b.ctx, b.round)
		row, err2 := raw.faster(b.ctx, b.round, raw.each)
		pair, err3 := raw.faster(b.ctx, b.round, raw.pair)
		if err := errors.Join(err, err2, err3); err != nil {
			return err
		}
		http, rows, pairs = append(http, h), append(rows, row), append(pairs, pair)
	}
	made := upperQuartile(http)
	b.say("a second, upper quartiles: over HTTP %.0f, raw with a commit for each row %.0f, raw with one for both %.0f", made, upperQuartile(rows), upperQuartile(pairs))
	b.judge("durable creation over HTTP / raw SQLite, a commit for each row", made/upperQuartile(rows), 1, false)
	b.say("| the same / raw SQLite, a commit for both rows | – | %.2f | no budget |", made/upperQuartile(pairs))
	return nil
}

// rawStore writes a token and its event with statements that are prepared once.
type rawStore struct {
	db           *sql.DB
	token, event *sql.Stmt
}

func openRaw(ctx context.Context, path string) (*rawStore, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	r := &rawStore{db: db}
	r.token, err = db.PrepareContext(ctx, `INSERT INTO tokens (id, mac, pepper_id, kind, description, hint, app_id, user_id, scopes, created_at, created_by)
		VALUES ($1, $2, 'pepper', 'pat', 'made by the bench', '0000', $3, $4, 'read', $5, $4)`)
	if err != nil {
		return nil, err
	}
	r.event, err = db.PrepareContext(ctx, `INSERT INTO events (at, actor_id, action, object_id, detail, hash) VALUES ($1, $2, 'token.created', $3, $4, $5)`)
	return r, err
}

// faster is how many tokens one goroutine writes in a second, or one for each
// client: whichever is more.
func (r *rawStore) faster(ctx context.Context, d time.Duration, write func(context.Context, string) error) (float64, error) {
	one, err1 := manyTimes(ctx, 1, d, write)
	each, err2 := manyTimes(ctx, clients, d, write)
	return max(one, each), errors.Join(err1, err2)
}

func manyTimes(ctx context.Context, n int, d time.Duration, write func(context.Context, string) error) (float64, error) {
	var (
		all  sync.WaitGroup
		done atomic.Int64
	)
	start, errs := time.Now(), make([]error, n)
	for i := range n {
		all.Go(func() {
			for time.Since(start) < d && errs[i] == nil {
				errs[i] = write(ctx, userID(i))
				done.Add(1)
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / time.Since(start).Seconds(), errors.Join(errs...)
}

// rows are the values of a token and its event.
type rows struct{ token, event []any }

func made(user string) rows {
	var random [48]byte
	_, _ = rand.Read(random[:])
	now := time.Now().UnixMilli()
	id := fmt.Sprintf("%012x", now) + hex.EncodeToString(random[32:44])
	detail := fmt.Sprintf(`{"appId":%q,"expiresAt":null,"kind":"pat","scopes":["read"],"userId":%q}`, appID, user)
	return rows{[]any{id, random[:32], appID, user, now}, []any{now, user, id, detail, random[:32]}}
}

// pair writes a token and its event with one commit.
func (r *rawStore) pair(ctx context.Context, user string) error {
	m := made(user)
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	_, err = tx.StmtContext(ctx, r.token).ExecContext(ctx, m.token...)
	if err == nil {
		_, err = tx.StmtContext(ctx, r.event).ExecContext(ctx, m.event...)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// each writes a token and its event with a commit for each.
func (r *rawStore) each(ctx context.Context, user string) error {
	m := made(user)
	_, err := r.token.ExecContext(ctx, m.token...)
	if err == nil {
		_, err = r.event.ExecContext(ctx, m.event...)
	}
	return err
}

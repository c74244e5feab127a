//go:build bench

package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"keyfob/server/secret"
	"keyfob/server/store"
)

const (
	prefix  = "enrt_"
	appID   = "01900000-0000-7000-8000-00000000a000" // has nine tokens of ten
	apps    = 20
	clients = 16
	bigUser = 0 // has one token of ten
)

func userID(n int) string { return fmt.Sprintf("01900000-0000-7000-8000-%012x", 0xb00000000+n) }

func (b *bench) seedDir(n int) string { return filepath.Join(b.dir, fmt.Sprintf("store-%d", n)) }

// seed builds a store with n tokens, unless there is one of this schema.
func (b *bench) seed(n int) error {
	dir := b.seedDir(n)
	schema, err := schemaOf()
	if err != nil {
		return err
	}
	if kept, _ := os.ReadFile(filepath.Join(dir, "schema")); string(kept) == schema {
		return nil
	}
	fmt.Printf("building a store of %d tokens\n", n)
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return err
	}
	path := filepath.Join(dir, "keyfob.db")
	s, err := store.Open(b.ctx, path)
	if err != nil {
		return err
	}
	pepper, err := secret.LoadPepper(filepath.Join(dir, "pepper"))
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-1200000)&_pragma=temp_store(2)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	err = fill(b.ctx, db, dir, pepper, n)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "schema"), []byte(schema), 0o600)
}

// schemaOf changes whenever a migration or this file does.
func schemaOf() (string, error) {
	h := sha256.New()
	files, err := filepath.Glob("server/store/migrations/sqlite/*.sql")
	for _, name := range append(files, "bench/seed.go") {
		text, readErr := os.ReadFile(name)
		err = errors.Join(err, readErr)
		h.Write(text)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), err
}

// fill writes all rows in one transaction, and the indexes after them.
func fill(ctx context.Context, db *sql.DB, dir string, pepper secret.Pepper, n int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after the commit
	indexes, err := dropIndexes(ctx, tx)
	if err != nil {
		return err
	}
	client := secret.New(prefix, secret.App).Reveal()
	secrets, err := os.Create(filepath.Join(dir, "secrets"))
	if err != nil {
		return err
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "client"), []byte(client), 0o600),
		people(ctx, tx, n, pepper.MAC(client)),
		tokens(ctx, tx, n, pepper, secrets),
		secrets.Close())
	for _, index := range indexes {
		if err == nil {
			_, err = tx.ExecContext(ctx, index)
		}
	}
	if err != nil {
		return err
	}
	return tx.Commit()
}

func dropIndexes(ctx context.Context, tx *sql.Tx) (made []string, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'tokens' AND sql IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var drops []string
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		drops, made = append(drops, "DROP INDEX "+name), append(made, text)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, strings.Join(drops, ";"))
	return made, err
}

// people are users, all of them administrators, one for each hundred tokens,
// and apps.
func people(ctx context.Context, tx *sql.Tx, n int, clientMAC []byte) error {
	now := time.Now().UnixMilli()
	for i := range n/100 + clients {
		_, err := tx.ExecContext(ctx, `INSERT INTO users (id, login, name, is_admin, is_active, created_at) VALUES ($1, $2, $3, TRUE, TRUE, $4)`,
			userID(i), fmt.Sprintf("user%d", i), fmt.Sprintf("User %d", i), now)
		if err != nil {
			return err
		}
	}
	for i := range apps {
		_, err := tx.ExecContext(ctx, `INSERT INTO apps (id, name, policy, enabled, scopes, system_user_allowed, system_user_id, secret_mac, created_at)
			VALUES ($1, $2, 'AuthenticatedUsers', TRUE, 'read update', TRUE, $3, $4, $5)`, app(i), fmt.Sprintf("App %d", i), userID(0), clientMAC, now)
		if err != nil {
			return err
		}
	}
	return nil
}

func app(n int) string { return fmt.Sprintf("%s%03x", appID[:33], n) }

// tokens are spread over two years: one of twenty revoked, one of ten expired,
// one of five without an end, two of five never used, one of ten a SAT. Their
// secrets go into a file, those of the first app that are active.
func tokens(ctx context.Context, tx *sql.Tx, n int, pepper secret.Pepper, secrets *os.File) error {
	insert, err := tx.PrepareContext(ctx, `INSERT INTO tokens (id, mac, pepper_id, kind, description, hint, app_id, user_id, scopes, created_at, created_by, expires_at, last_used_at, last_used_from, revoked_at, revoked_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'read update', $9, $10, $11, $12, $13, $14, $15)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	r := rand.New(rand.NewPCG(1, uint64(n)))
	now, span := time.Now().UnixMilli(), int64(2*365*24*time.Hour/time.Millisecond)
	pepperID, lines := pepper.ID(), strings.Builder{}
	for i := range n {
		created := now - span + span*int64(i)/int64(n)
		kind, in, by := secret.PAT, app(0), userID(r.IntN(n/100+clients))
		if r.IntN(10) == 0 {
			in = app(1 + r.IntN(apps-1))
		}
		if r.IntN(10) == 0 {
			by = userID(bigUser)
		}
		owner := any(by)
		if r.IntN(10) == 0 {
			kind, owner = secret.SAT, nil
		}
		var expires, used, from, revoked, revoker any
		switch dice := r.IntN(20); {
		case dice == 0:
			revoked, revoker = created+1, by
		case dice <= 2:
			expires = created + (now-created)/2
		case dice <= 15:
			expires = now + 1 + r.Int64N(span)
		}
		if r.IntN(5) > 1 {
			used, from = created+r.Int64N(now-created+1), "192.0.2.1"
		}
		value := secret.New(prefix, kind)
		description := fmt.Sprintf("%s %d", []string{"deploy", "backup", "report", "import"}[r.IntN(4)], r.IntN(n))
		id := fmt.Sprintf("%08x-%04x-7%03x-8000-%012x", created>>16, created&0xffff, r.IntN(1<<12), i)
		_, err := insert.ExecContext(ctx, id, pepper.MAC(value.Reveal()), pepperID, kind, description, value.Hint(), in, owner, created, by, expires, used, from, revoked, revoker)
		if err != nil {
			return err
		}
		if in == app(0) && revoked == nil && (expires == nil || expires.(int64) > now) {
			lines.WriteString(value.Reveal() + "\n")
		}
	}
	_, err = secrets.WriteString(lines.String())
	return err
}

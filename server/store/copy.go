package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// transient are the tables that a copy leaves empty: what lives for minutes,
// sign-ins, which an older state would let in again after they ended, and what
// caches follow, of which there are none yet.
var transient = []string{"access_tokens", "change_head", "changes", "device_codes", "exchanges", "idempotency", "pepper_holders", "refresh_tokens", "sign_in_codes", "sign_ins"}

// copied are the tables that a copy has, each after those that it refers to.
var copied = []string{"settings", "peppers", "users", "apps", "tokens", "events", "event_chain"}

// ErrNotEmpty says that there are records where none may be.
var ErrNotEmpty = errors.New("store: the database is not empty")

// CopyFrom fills this database, which must be empty, with the records of
// another as they are at one moment, whichever engine each works with, while
// the other is written to. All of them are copied, or none; but nobody's
// sign-in and nothing that lives for minutes only. A note that is not nil
// becomes the event after theirs. It answers ErrNotEmpty.
func (s *Store) CopyFrom(ctx context.Context, from *Store, note *Event) error {
	return from.snapshot(ctx, func(q Queries) error {
		return s.Write(ctx, func(tx *Tx) error {
			if err := tx.fill(ctx, q); err != nil || note == nil {
				return err
			}
			return tx.InsertEvent(ctx, *note)
		})
	})
}

// snapshot runs do on the records as they are at one moment. Nobody waits for
// it.
func (s *Store) snapshot(ctx context.Context, do func(Queries) error) error {
	options := &sql.TxOptions{ReadOnly: s.postgres} // SQLite's driver knows no such thing
	if s.postgres {
		options.Isolation = sql.LevelRepeatableRead
	}
	tx, err := s.read.BeginTx(ctx, options)
	if err != nil {
		return readError("snapshot", err)
	}
	return errors.Join(do(Queries{db: tx}), ignoreDone(tx.Rollback()))
}

func (t *Tx) fill(ctx context.Context, from Queries) error {
	var used bool
	err := t.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM apps) OR EXISTS (SELECT 1 FROM events)`).Scan(&used)
	if err != nil {
		return readError("database", err)
	}
	if used {
		return ErrNotEmpty
	}
	later, err := t.referLater(ctx)
	if err != nil {
		return writeError("references", err)
	}
	for _, table := range copied {
		if err := t.fillTable(ctx, from, table); err != nil {
			return err
		}
	}
	return writeError("references", later())
}

// referLater lets rows refer to rows that are not there yet, until the
// function that it answers is called, or the transaction ends.
func (t *Tx) referLater(ctx context.Context) (func() error, error) {
	if t.late == nil { // SQLite
		_, err := t.db.ExecContext(ctx, `PRAGMA defer_foreign_keys = ON`)
		return func() error { return nil }, err
	}
	var keys []string
	rows, err := t.db.QueryContext(ctx, `SELECT format('ALTER TABLE %s ALTER CONSTRAINT %I', conrelid::regclass, conname)
		FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	all := func(end string) error {
		for _, key := range keys {
			if _, err := t.db.ExecContext(ctx, key+end); err != nil {
				return err
			}
		}
		return nil
	}
	return func() error {
		if _, err := t.db.ExecContext(ctx, `SET CONSTRAINTS ALL IMMEDIATE`); err != nil {
			return err
		}
		return all(" NOT DEFERRABLE")
	}, all(" DEFERRABLE INITIALLY DEFERRED")
}

// together is how many rows are written with one statement.
const together = 16

// fillTable copies one table, whose columns both sides have: they are of the
// same schema.
func (t *Tx) fillTable(ctx context.Context, from Queries, table string) error {
	if _, err := t.db.ExecContext(ctx, `DELETE FROM `+table); err != nil { // what a migration put there
		return writeError(table, err)
	}
	columns, err := from.columns(ctx, table)
	if err != nil {
		return readError(table, err)
	}
	rows, err := from.db.QueryContext(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+table)
	if err != nil {
		return readError(table, err)
	}
	defer rows.Close()
	var values []any
	full := insertText(table, columns, together) // one text, for the statements that are kept
	for rows.Next() {
		row, err := scanAny(rows)
		if err != nil {
			return readError(table, err)
		}
		if values = append(values, row...); len(values) == together*len(columns) {
			if _, err := t.db.ExecContext(ctx, full, values...); err != nil {
				return writeError(table, err)
			}
			values = values[:0]
		}
	}
	if err := rows.Err(); err != nil {
		return readError(table, err)
	}
	if len(values) == 0 {
		return nil
	}
	_, err = t.db.ExecContext(ctx, insertText(table, columns, len(values)/len(columns)), values...)
	return writeError(table, err)
}

// scanAny reads a row as it is, with truth values as such, which SQLite keeps
// as numbers.
func scanAny(rows *sql.Rows) ([]any, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	row, dest := make([]any, len(types)), make([]any, len(types))
	for i := range row {
		dest[i] = &row[i]
	}
	err = rows.Scan(dest...)
	for i, t := range types {
		if n, ok := row[i].(int64); ok && t.DatabaseTypeName() == "BOOLEAN" {
			row[i] = n != 0
		}
	}
	return row, err
}

// workedOut are the columns that the database makes of others.
var workedOut = []string{"description_key"}

// columns are those of a table that are written, in an order of their own names.
func (q Queries) columns(ctx context.Context, table string) ([]string, error) {
	rows, err := q.db.QueryContext(ctx, `SELECT * FROM `+table+` LIMIT 0`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(workedOut, name) })
	slices.Sort(names)
	return names, errors.Join(err, rows.Err())
}

// insertText inserts so many rows.
func insertText(table string, columns []string, rows int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "INSERT INTO %s (%s) VALUES ", table, strings.Join(columns, ", "))
	for i := range rows * len(columns) {
		switch {
		case i == 0:
			text.WriteString("($")
		case i%len(columns) == 0:
			text.WriteString("), ($")
		default:
			text.WriteString(", $")
		}
		text.WriteString(strconv.Itoa(i + 1))
	}
	text.WriteString(")")
	return text.String()
}

// Intact reports what SQLite finds wrong with its file; nil if nothing, or
// where PostgreSQL minds it.
func (s *Store) Intact(ctx context.Context) error {
	if s.postgres {
		return nil
	}
	for _, check := range []string{`PRAGMA integrity_check(1)`, `SELECT 'a reference from ' || "table" FROM pragma_foreign_key_check LIMIT 1`} {
		var found string
		err := s.db.QueryRowContext(ctx, check).Scan(&found)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return readError("database", err)
		}
		if err == nil && found != "ok" {
			return fmt.Errorf("store: the database is damaged: %s", found)
		}
	}
	return nil
}

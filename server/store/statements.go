package store

import (
	"context"
	"database/sql"
	"sync"
)

// statementsMost is how many statements are kept. There are fewer ways to ask
// for a list than that, and no text of anybody's in them.
const statementsMost = 500

// statements keeps what SQLite made of a query's text: to do that anew takes
// longer than to run it.
type statements struct {
	db *sql.DB

	mu     sync.RWMutex
	kept   map[string]*sql.Stmt
	wanted []string
}

// get is the statement of a query, or nil for one that is new, and then
// wanted.
func (s *statements) get(query string) *sql.Stmt {
	s.mu.RLock()
	kept := s.kept[query]
	s.mu.RUnlock()
	if kept == nil {
		s.mu.Lock()
		s.wanted = append(s.wanted, query)
		s.mu.Unlock()
	}
	return kept
}

// prepare makes the statements that are wanted. It needs a connection.
func (s *statements) prepare() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, query := range s.wanted {
		if s.kept[query] != nil || len(s.kept) >= statementsMost {
			continue
		}
		made, err := s.db.PrepareContext(context.Background(), query) //nolint:sqlclosecheck // closed with the database
		if err != nil {
			continue // who asks next is told why
		}
		if s.kept == nil {
			s.kept = map[string]*sql.Stmt{}
		}
		s.kept[query] = made
	}
	s.wanted = nil
}

// of are queries in a transaction by kept statements.
func (s *statements) of(tx *sql.Tx) dbtx { return preparedTx{tx, s} }

type preparedTx struct {
	tx *sql.Tx
	s  *statements
}

func (p preparedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if kept := p.s.get(query); kept != nil {
		return p.tx.StmtContext(ctx, kept).ExecContext(ctx, args...) //nolint:sqlclosecheck // ends with the transaction
	}
	return p.tx.ExecContext(ctx, query, args...)
}

func (p preparedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if kept := p.s.get(query); kept != nil {
		return p.tx.StmtContext(ctx, kept).QueryContext(ctx, args...) //nolint:sqlclosecheck // ends with the transaction
	}
	return p.tx.QueryContext(ctx, query, args...)
}

func (p preparedTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if kept := p.s.get(query); kept != nil {
		return p.tx.StmtContext(ctx, kept).QueryRowContext(ctx, args...) //nolint:sqlclosecheck // ends with the transaction
	}
	return p.tx.QueryRowContext(ctx, query, args...)
}

// prepared are queries on a pool by kept statements.
type prepared struct {
	*sql.DB
	s *statements
}

func (p prepared) get(query string) *sql.Stmt {
	kept := p.s.get(query)
	if kept == nil {
		p.s.prepare()
		kept = p.s.get(query)
	}
	return kept
}

func (p prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if kept := p.get(query); kept != nil { //nolint:sqlclosecheck // closed with the database
		return kept.QueryContext(ctx, args...)
	}
	return p.DB.QueryContext(ctx, query, args...)
}

func (p prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if kept := p.get(query); kept != nil { //nolint:sqlclosecheck // closed with the database
		return kept.QueryRowContext(ctx, args...)
	}
	return p.DB.QueryRowContext(ctx, query, args...)
}

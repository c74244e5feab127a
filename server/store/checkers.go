package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Checks read apart from all else, on few connections: no list or backup is
// before them, and what is checked often stays in the connections' memory.
const (
	checkersMost = 8
	checkersKeep = 20_000 // KiB, all together
)

// checkers are SQLite's connections for the reads that decide about what is
// presented. Such a read is of one row by its key; what database/sql does
// beside it takes a tenth of what it costs, so these speak to the driver. As
// many run at once as there are checkers, and others wait.
type checkers struct {
	db   *sql.DB
	free chan struct{} // as many as there are in idle

	mu   sync.Mutex
	idle []*checker
}

func newCheckers(db *sql.DB, n int) *checkers {
	c := &checkers{db: db, free: make(chan struct{}, n)}
	for range n {
		c.put(new(checker))
	}
	return c
}

// take waits for a checker. It is the one that was put back last: what that has
// in memory is most likely still near to the processor.
func (c *checkers) take(ctx context.Context) (*checker, error) {
	select {
	case <-c.free:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	last := len(c.idle) - 1
	one := c.idle[last]
	c.idle = c.idle[:last]
	return one, nil
}

func (c *checkers) put(one *checker) {
	c.mu.Lock()
	c.idle = append(c.idle, one)
	c.mu.Unlock()
	c.free <- struct{}{}
}

// check is one read, which Scan does.
type check struct {
	ctx   context.Context //nolint:containedctx // of the call that asks
	by    *checkers
	query string
	args  []any
}

// Scan reads the only row. It answers sql.ErrNoRows if there is none.
func (c check) Scan(dest ...any) error {
	if err := c.ctx.Err(); err != nil {
		return err // also where a connection is free
	}
	one, err := c.by.take(c.ctx)
	if err != nil {
		return err
	}
	defer c.by.put(one)
	err = one.read(c, dest)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		one.close() // whatever it was, the next read begins anew
	}
	return err
}

// close waits for the reads that run. Later ones fail.
func (c *checkers) close() error {
	var all []*checker
	for range cap(c.free) {
		one, _ := c.take(context.Background()) // which does not end
		one.close()
		all = append(all, one)
	}
	err := c.db.Close()
	for _, one := range all {
		c.put(one)
	}
	return err
}

// checker is one connection, once it is opened, with its statements.
type checker struct {
	conn *sql.Conn
	kept map[string]driver.Stmt
}

func (c *checker) read(asked check, dest []any) (err error) {
	if c.conn == nil {
		if c.conn, err = asked.by.db.Conn(asked.ctx); err != nil {
			return err
		}
		c.kept = map[string]driver.Stmt{}
	}
	return c.conn.Raw(func(conn any) error {
		rows, err := c.ask(conn, asked.query, asked.args)
		if err != nil {
			return err
		}
		return errors.Join(onlyRow(rows, dest), rows.Close())
	})
}

// onlyRow puts the first row into dest.
func onlyRow(rows driver.Rows, dest []any) error {
	values := make([]driver.Value, len(dest))
	if err := rows.Next(values); errors.Is(err, io.EOF) {
		return sql.ErrNoRows
	} else if err != nil {
		return err
	}
	for i, v := range values {
		if err := assign(dest[i], v); err != nil {
			return err
		}
	}
	return nil
}

// ask is not cancelled, since it is over before anybody could, and waiting
// for that takes goroutines.
func (c *checker) ask(conn any, query string, args []any) (driver.Rows, error) {
	made := c.kept[query]
	if made == nil {
		var err error
		if made, err = conn.(driver.Conn).Prepare(query); err != nil { //nolint:forcetypeassert // what a driver's connection is
			return nil, err
		}
		c.kept[query] = made
	}
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return made.(driver.StmtQueryContext).QueryContext(context.Background(), named) //nolint:forcetypeassert // SQLite's are
}

func (c *checker) close() {
	if c.conn == nil {
		return
	}
	for _, made := range c.kept {
		_ = made.Close() // it only read
	}
	_ = c.conn.Close()
	c.conn, c.kept = nil, nil
}

// assign keeps a value that was read, of the types that a check reads.
func assign(dest any, v driver.Value) error {
	ok := false
	switch d := dest.(type) {
	case *string:
		*d, ok = v.(string)
	case *[]byte:
		*d, ok = v.([]byte)
		ok = ok || v == nil
	case *int64:
		*d, ok = v.(int64)
	case *bool:
		var n int64
		n, ok = v.(int64)
		*d = n != 0
	case sql.Scanner:
		return d.Scan(v)
	}
	if !ok {
		return fmt.Errorf("store: %T cannot be read into %T", v, dest)
	}
	return nil
}

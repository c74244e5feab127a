package signin_test

import (
	"database/sql"
	"strings"
)

func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	w.database(func(db *sql.DB) error {
		_, err := db.ExecContext(w.t.Context(), statement, args...)
		return err
	})
}

func (w *world) query(statement string, each func(*sql.Rows) error) {
	w.t.Helper()
	w.database(func(db *sql.DB) error {
		rows, err := db.QueryContext(w.t.Context(), statement)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := each(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

func (w *world) database(do func(*sql.DB) error) {
	w.t.Helper()
	driver, place := "sqlite", "file:"+w.place+"?_pragma=busy_timeout(5000)"
	if strings.HasPrefix(w.place, "postgres:") {
		driver, place = "pgx", w.place
	}
	db, err := sql.Open(driver, place)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := do(db); err != nil {
		w.t.Fatal(err)
	}
}

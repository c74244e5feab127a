package audit_test

import (
	"database/sql"
	"net/url"
	"path/filepath"
)

// raw does what somebody does who can write the database file.
func (d *desk) raw(query string) {
	d.Helper()
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(filepath.Join(d.dir, "keyfob.db")))
	if err != nil {
		d.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(d.Context(), query); err != nil {
		d.Fatal(err)
	}
}

-- +goose Up
-- What administrators set while the server runs. Each name has its row from the start, so that whoever decides by it can hold it.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO settings (name, value) VALUES ('max_expiry_seconds', '');

-- +goose Down
DROP TABLE settings;

-- +goose Up
-- The keys of the MACs, by their ids: what they are is in files of the servers.
CREATE TABLE peppers (
    id    TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('new', 'current', 'old', 'retired')),
    at    BIGINT NOT NULL -- since when
);
-- Which servers hold a new one: each says so again and again, with another beat, while there is one.
CREATE TABLE pepper_holders (
    server_id TEXT PRIMARY KEY, -- of a process
    name      TEXT NOT NULL,
    holds     TEXT NOT NULL, -- ids separated by one space
    beat      BIGINT NOT NULL
);
ALTER TABLE apps ADD COLUMN secret_pepper_id TEXT NOT NULL DEFAULT '';
ALTER TABLE idempotency ADD COLUMN pepper_id TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE idempotency DROP COLUMN pepper_id;
ALTER TABLE apps DROP COLUMN secret_pepper_id;
DROP TABLE pepper_holders;
DROP TABLE peppers;

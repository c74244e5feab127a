-- +goose Up
-- Short-lived tokens that were exchanged for one in tokens (RFC 8693). What
-- such a one is worth beyond its own end is read from that parent.
CREATE TABLE exchanges (
    id         TEXT COLLATE "C" PRIMARY KEY,
    mac        BYTEA NOT NULL UNIQUE,
    pepper_id  TEXT COLLATE "C" NOT NULL,
    parent_id  TEXT COLLATE "C" NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    scopes     TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX exchanges_by_parent ON exchanges (parent_id, expires_at);
CREATE INDEX exchanges_by_end ON exchanges (expires_at);

-- +goose Down
DROP TABLE exchanges;

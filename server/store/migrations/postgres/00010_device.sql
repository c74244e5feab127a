-- +goose Up
-- Devices that wait for somebody to let them in from another browser. Both
-- codes are kept only as hashes: what a device polls with as SHA-256, what a
-- person types, which is short, as a MAC under a key outside the database.
CREATE TABLE device_codes (
    hash             BYTEA PRIMARY KEY,
    user_code        BYTEA NOT NULL UNIQUE,
    client_id        TEXT COLLATE "C" NOT NULL,
    scopes           TEXT COLLATE "C" NOT NULL, -- separated by one space
    expires_at       BIGINT NOT NULL,
    polled_at        BIGINT,
    decided_at       BIGINT,
    allowed          BOOLEAN NOT NULL DEFAULT FALSE,
    user_id          TEXT COLLATE "C" REFERENCES users (id), -- who decided
    authenticated_at BIGINT,
    consumed_at      BIGINT,
    sign_in_id       TEXT COLLATE "C" NOT NULL DEFAULT '' -- what it was redeemed for
);
CREATE INDEX device_codes_by_end ON device_codes (expires_at);

-- +goose Down
DROP TABLE device_codes;

-- +goose Up
CREATE TABLE users (
    id                 TEXT PRIMARY KEY,
    login              TEXT NOT NULL UNIQUE,
    name               TEXT NOT NULL,
    email              TEXT NOT NULL DEFAULT '',
    preferred_language TEXT NOT NULL DEFAULT '',
    is_admin           BOOLEAN NOT NULL,
    is_active          BOOLEAN NOT NULL,
    password_hash      TEXT NOT NULL DEFAULT '', -- PHC string; empty: cannot sign in with a password
    created_at         BIGINT NOT NULL
);

CREATE TABLE apps (
    id                  TEXT PRIMARY KEY,
    name                TEXT NOT NULL UNIQUE,
    policy              TEXT NOT NULL CHECK (policy IN ('None', 'AuthenticatedUsers', 'AdministratorsOnly')),
    enabled             BOOLEAN NOT NULL,
    scopes              TEXT NOT NULL, -- separated by one space
    system_user_allowed BOOLEAN NOT NULL,
    system_user_id      TEXT REFERENCES users (id),
    secret_mac          BLOB, -- of the client secret; NULL: the app cannot introspect
    created_at          BIGINT NOT NULL
);

CREATE TABLE tokens (
    id             TEXT PRIMARY KEY,
    mac            BLOB NOT NULL UNIQUE,
    pepper_id      TEXT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('pat', 'sat')),
    description    TEXT NOT NULL,
    hint           TEXT NOT NULL,
    app_id         TEXT NOT NULL REFERENCES apps (id),
    user_id        TEXT REFERENCES users (id), -- the owner of a PAT
    scopes         TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    created_by     TEXT NOT NULL, -- a user, or 'operator' for the command line
    expires_at     BIGINT,
    last_used_at   BIGINT,
    last_used_from TEXT,
    revoked_at     BIGINT,
    revoked_by     TEXT, -- as created_by
    replaces       TEXT REFERENCES tokens (id),
    replaced_by    TEXT REFERENCES tokens (id)
);
CREATE INDEX tokens_by_user ON tokens (user_id, created_at, id);
CREATE INDEX tokens_by_app ON tokens (app_id, created_at, id);

CREATE TABLE events (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    at         BIGINT NOT NULL,
    actor_id   TEXT NOT NULL, -- a user, or 'operator' for the command line
    action     TEXT NOT NULL, -- such as token.created
    object_id  TEXT NOT NULL,
    detail     TEXT NOT NULL  -- JSON, never a secret
);
CREATE INDEX events_by_object ON events (object_id, seq);

CREATE TABLE idempotency (
    key_hash     BLOB PRIMARY KEY,
    request_hash BLOB NOT NULL,
    sealed       BLOB NOT NULL, -- the reply, under a key derived from the Idempotency-Key
    expires_at   BIGINT NOT NULL
);

-- +goose Down
DROP TABLE idempotency;
DROP TABLE events;
DROP TABLE tokens;
DROP TABLE apps;
DROP TABLE users;

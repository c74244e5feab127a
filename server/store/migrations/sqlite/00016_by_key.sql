-- +goose NO TRANSACTION
-- +goose Up
-- Apps and users are read by their key with each token that is checked: kept by it, each takes one walk down a tree instead of two.
-- What refers to them must not be checked while they are away, and SQLite looks at foreign_keys outside a transaction only.
PRAGMA foreign_keys = OFF;
BEGIN;
CREATE TABLE users_by_key (
    id                 TEXT PRIMARY KEY,
    login              TEXT NOT NULL UNIQUE,
    name               TEXT NOT NULL,
    email              TEXT NOT NULL DEFAULT '',
    preferred_language TEXT NOT NULL DEFAULT '',
    is_admin           BOOLEAN NOT NULL,
    is_active          BOOLEAN NOT NULL,
    password_hash      TEXT NOT NULL DEFAULT '', -- PHC string; empty: cannot sign in with a password
    created_at         BIGINT NOT NULL,
    permissions        TEXT NOT NULL DEFAULT '',
    tenants            TEXT NOT NULL DEFAULT '',
    token_limit        BIGINT NOT NULL DEFAULT 0,
    sign_outs          BIGINT NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO users_by_key SELECT id, login, name, email, preferred_language, is_admin, is_active, password_hash, created_at, permissions, tenants, token_limit, sign_outs FROM users;
DROP TABLE users;
ALTER TABLE users_by_key RENAME TO users;
CREATE INDEX users_by_name ON users (name, id);
CREATE INDEX users_by_creation ON users (created_at, id);

CREATE TABLE apps_by_key (
    id                  TEXT PRIMARY KEY,
    name                TEXT NOT NULL UNIQUE,
    policy              TEXT NOT NULL CHECK (policy IN ('None', 'AuthenticatedUsers', 'AdministratorsOnly')),
    enabled             BOOLEAN NOT NULL,
    scopes              TEXT NOT NULL, -- separated by one space
    system_user_allowed BOOLEAN NOT NULL,
    system_user_id      TEXT REFERENCES users (id),
    secret_mac          BLOB, -- of the client secret; NULL: the app cannot introspect
    created_at          BIGINT NOT NULL,
    deleted_name        TEXT,
    secret_pepper_id    TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
INSERT INTO apps_by_key SELECT id, name, policy, enabled, scopes, system_user_allowed, system_user_id, secret_mac, created_at, deleted_name, secret_pepper_id FROM apps;
DROP TABLE apps;
ALTER TABLE apps_by_key RENAME TO apps;
COMMIT;
PRAGMA foreign_keys = ON;

-- +goose Down
-- Where they are kept says nothing else: what was before reads them as they are.
SELECT 1;

-- +goose Up
-- What signing in hands out is kept only as its SHA-256: it is random enough.
CREATE TABLE sign_ins (
    id               TEXT COLLATE "C" PRIMARY KEY,
    user_id          TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    client_id        TEXT COLLATE "C" NOT NULL,
    scopes           TEXT COLLATE "C" NOT NULL, -- separated by one space
    authenticated_at BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL, -- at the latest, however often it is refreshed
    ended_at         BIGINT
);
CREATE INDEX sign_ins_by_user ON sign_ins (user_id, client_id);
CREATE INDEX sign_ins_by_end ON sign_ins (expires_at);

CREATE TABLE sign_in_codes (
    hash             BYTEA PRIMARY KEY,
    user_id          TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    client_id        TEXT COLLATE "C" NOT NULL,
    redirect_uri     TEXT COLLATE "C" NOT NULL,
    nonce            TEXT COLLATE "C" NOT NULL,
    scopes           TEXT COLLATE "C" NOT NULL,
    challenge        TEXT COLLATE "C" NOT NULL, -- PKCE, S256
    authenticated_at BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    consumed_at      BIGINT,
    sign_in_id       TEXT COLLATE "C" NOT NULL DEFAULT '' -- what it was redeemed for; no reference, it outlives its code or not
);
CREATE INDEX sign_in_codes_by_end ON sign_in_codes (expires_at);

CREATE TABLE refresh_tokens (
    hash        BYTEA PRIMARY KEY,
    sign_in_id  TEXT COLLATE "C" NOT NULL REFERENCES sign_ins (id) ON DELETE CASCADE,
    expires_at  BIGINT NOT NULL,
    consumed_at BIGINT -- kept until it expires, so that a second use is noticed
);
CREATE INDEX refresh_tokens_by_sign_in ON refresh_tokens (sign_in_id);
CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at);

CREATE TABLE access_tokens (
    hash       BYTEA PRIMARY KEY,
    sign_in_id TEXT COLLATE "C" NOT NULL REFERENCES sign_ins (id) ON DELETE CASCADE,
    scopes     TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX access_tokens_by_sign_in ON access_tokens (sign_in_id);
CREATE INDEX access_tokens_by_end ON access_tokens (expires_at);

-- +goose Down
DROP TABLE access_tokens;
DROP TABLE refresh_tokens;
DROP TABLE sign_in_codes;
DROP TABLE sign_ins;

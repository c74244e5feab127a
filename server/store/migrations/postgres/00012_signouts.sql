-- +goose Up
-- How often all sign-ins of a user were ended: what began to sign in before that does not go on.
ALTER TABLE users ADD COLUMN sign_outs BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE users DROP COLUMN sign_outs;

-- +goose Up
-- What a user holds now, each separated by one space.
ALTER TABLE users ADD COLUMN permissions TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN tenants TEXT NOT NULL DEFAULT '';
-- Live tokens that the user may have, where the rules have a limit for each user; 0: as many as the rules say.
ALTER TABLE users ADD COLUMN token_limit BIGINT NOT NULL DEFAULT 0;
-- What a token was granted. It stays as it was when its owner loses something: what it is worth is found at each use.
ALTER TABLE tokens ADD COLUMN permissions TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN tenants TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE tokens DROP COLUMN tenants;
ALTER TABLE tokens DROP COLUMN permissions;
ALTER TABLE users DROP COLUMN token_limit;
ALTER TABLE users DROP COLUMN tenants;
ALTER TABLE users DROP COLUMN permissions;

-- +goose Up
-- One index for each way to sort the tokens of an owner and of an app, so that a page costs the same among any number of them.
CREATE INDEX tokens_by_user_end ON tokens (user_id, expires_at, id);
CREATE INDEX tokens_by_user_use ON tokens (user_id, last_used_at, id);
CREATE INDEX tokens_by_user_description ON tokens (user_id, lower(description), id);
CREATE INDEX tokens_by_app_end ON tokens (app_id, expires_at, id);
CREATE INDEX tokens_by_app_use ON tokens (app_id, last_used_at, id);
CREATE INDEX tokens_by_app_description ON tokens (app_id, lower(description), id);
CREATE INDEX tokens_by_tenant ON tokens (tenants, created_at, id);
CREATE INDEX tokens_by_creation ON tokens (created_at, id);
-- What counts the live tokens of an app.
CREATE INDEX tokens_unrevoked ON tokens (app_id, kind, expires_at) WHERE revoked_at IS NULL;
CREATE INDEX tokens_overlapping ON tokens (app_id, kind, overlap_ends_at) WHERE overlap_ends_at IS NOT NULL;
CREATE INDEX users_by_name ON users (name, id);
CREATE INDEX users_by_creation ON users (created_at, id);
CREATE INDEX idempotency_by_end ON idempotency (expires_at);

-- +goose Down
DROP INDEX idempotency_by_end;
DROP INDEX users_by_creation;
DROP INDEX users_by_name;
DROP INDEX tokens_overlapping;
DROP INDEX tokens_unrevoked;
DROP INDEX tokens_by_creation;
DROP INDEX tokens_by_tenant;
DROP INDEX tokens_by_app_description;
DROP INDEX tokens_by_app_use;
DROP INDEX tokens_by_app_end;
DROP INDEX tokens_by_user_description;
DROP INDEX tokens_by_user_use;
DROP INDEX tokens_by_user_end;

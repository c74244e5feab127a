-- +goose Up
-- What sorts tokens by description, as a column: SQLite needs it (see there). This writes the table anew.
ALTER TABLE tokens ADD COLUMN description_key TEXT COLLATE "C" GENERATED ALWAYS AS (lower(description)) STORED;
DROP INDEX tokens_by_user_description;
DROP INDEX tokens_by_app_description;
DROP INDEX tokens_by_tenant_description;
CREATE INDEX tokens_by_user_description ON tokens (user_id, description_key, id);
CREATE INDEX tokens_by_app_description ON tokens (app_id, description_key, id);
CREATE INDEX tokens_by_tenant_description ON tokens (tenants, description_key, id) WHERE tenants <> '';
-- What counts the tokens of a user or tenant that were rotated and live on; those that end are found by their ends.
CREATE INDEX tokens_overlapping_by_user ON tokens (user_id, overlap_ends_at) WHERE overlap_ends_at IS NOT NULL AND user_id IS NOT NULL;
CREATE INDEX tokens_overlapping_by_tenant ON tokens (tenants, overlap_ends_at) WHERE overlap_ends_at IS NOT NULL AND tenants <> '';

-- +goose Down
DROP INDEX tokens_overlapping_by_tenant;
DROP INDEX tokens_overlapping_by_user;
DROP INDEX tokens_by_tenant_description;
DROP INDEX tokens_by_app_description;
DROP INDEX tokens_by_user_description;
ALTER TABLE tokens DROP COLUMN description_key;
CREATE INDEX tokens_by_user_description ON tokens (user_id, lower(description), id);
CREATE INDEX tokens_by_app_description ON tokens (app_id, lower(description), id);
CREATE INDEX tokens_by_tenant_description ON tokens (tenants, lower(description), id) WHERE tenants <> '';

-- +goose Up
-- One index for each way to sort the tokens of a tenant, of those tokens alone that were granted one: where the rules know no tenants they cost nothing.
DROP INDEX tokens_by_tenant;
CREATE INDEX tokens_by_tenant ON tokens (tenants, created_at, id) WHERE tenants <> '';
CREATE INDEX tokens_by_tenant_end ON tokens (tenants, expires_at, id) WHERE tenants <> '';
CREATE INDEX tokens_by_tenant_use ON tokens (tenants, last_used_at, id) WHERE tenants <> '';
CREATE INDEX tokens_by_tenant_description ON tokens (tenants, lower(description), id) WHERE tenants <> '';

-- +goose Down
DROP INDEX tokens_by_tenant_description;
DROP INDEX tokens_by_tenant_use;
DROP INDEX tokens_by_tenant_end;
DROP INDEX tokens_by_tenant;
CREATE INDEX tokens_by_tenant ON tokens (tenants, created_at, id);

-- +goose Up
-- What works by a pepper, so that to retire one reads none of the other tokens.
CREATE INDEX tokens_unrevoked_by_pepper ON tokens (pepper_id, expires_at) WHERE revoked_at IS NULL;
CREATE INDEX tokens_overlapping_by_pepper ON tokens (pepper_id, overlap_ends_at) WHERE overlap_ends_at IS NOT NULL;

-- +goose Down
DROP INDEX tokens_overlapping_by_pepper;
DROP INDEX tokens_unrevoked_by_pepper;

-- +goose Up
-- A token that was rotated lives on until then; its revoked_at is the same moment. NULL: revoked_at holds whatever the clock says.
ALTER TABLE tokens ADD COLUMN overlap_ends_at BIGINT;
-- The name that a deleted app had; its row stays for the history of its tokens, under a name that nobody else wants.
ALTER TABLE apps ADD COLUMN deleted_name TEXT COLLATE "C";

-- +goose Down
ALTER TABLE apps DROP COLUMN deleted_name;
ALTER TABLE tokens DROP COLUMN overlap_ends_at;

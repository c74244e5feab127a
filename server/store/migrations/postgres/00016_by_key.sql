-- +goose Up
-- PostgreSQL keeps rows in one way only. The number is SQLite's, whose twin this is.
SELECT 1;

-- +goose Down
SELECT 1;

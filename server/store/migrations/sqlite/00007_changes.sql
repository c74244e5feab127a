-- +goose Up
CREATE TABLE changes ( -- what made tokens worth something else, lately: what caches follow
    seq       INTEGER PRIMARY KEY, -- without gaps, in the order in which transactions end
    at        BIGINT NOT NULL,
    object_id TEXT NOT NULL        -- a token, an app or a user
);

CREATE TABLE change_head ( -- one row: the last seq, also when its row is purged. Writing it queues the writers.
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL
);
INSERT INTO change_head (id, seq) VALUES (1, 0);

-- +goose Down
DROP TABLE change_head;
DROP TABLE changes;

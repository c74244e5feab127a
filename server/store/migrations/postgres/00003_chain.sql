-- +goose Up
ALTER TABLE events ADD COLUMN hash BYTEA; -- of the chain (package audit); NULL only until the program has chained what there was

CREATE TABLE event_chain ( -- one row: where the chain of events ends. Writing it queues the writers.
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    seq  BIGINT NOT NULL, -- of the last event; -1: the events are not chained yet
    hash BYTEA            -- NULL: no event
);
INSERT INTO event_chain (id, seq) VALUES (1, -1);

DROP INDEX events_by_object;
CREATE INDEX events_by_object ON events (object_id, at, seq);
CREATE INDEX events_by_time ON events (at, seq);
CREATE INDEX events_by_actor ON events (actor_id, at, seq);
CREATE INDEX events_by_action ON events (action, at, seq);

-- +goose Down
DROP INDEX events_by_action;
DROP INDEX events_by_actor;
DROP INDEX events_by_time;
DROP INDEX events_by_object;
CREATE INDEX events_by_object ON events (object_id, seq);
DROP TABLE event_chain;
ALTER TABLE events DROP COLUMN hash;

package api

import "time"

// Event is a row of the change log: GET /manager/events and /profile/events.
// It never holds a secret.
type Event struct {
	Seq     int64         `json:"seq" doc:"Its place in the log: 1, 2, 3, …"`
	At      time.Time     `json:"at"`
	Actor   UserRef       `json:"actor" doc:"Who did it. The id is operator for the command line, server for the server by itself, unknown for somebody who did not sign in, and application for one that showed its client secret, which the changes name."`
	Action  string        `json:"action" example:"token.revoked"`
	Object  EventObject   `json:"object"`
	User    *UserRef      `json:"user" doc:"The impacted user: the object itself, or the owner of the token; null for none."`
	Changes []EventChange `json:"changes" doc:"What it did, in the order of the fields' names."`
}

// EventObject is what an event was done to. Its name is the one it has now.
type EventObject struct {
	Kind string `json:"kind" doc:"user, app or token; empty for what no longer exists."`
	ID   string `json:"id"`
	Name string `json:"name" doc:"For a token without a description, the end of its secret."`
}

// EventChange is a field with the value that it had and the one it got.
type EventChange struct {
	Field string  `json:"field"`
	Old   *string `json:"old" doc:"Null: it had none."`
	New   *string `json:"new" doc:"Null: it has none now."`
}

// EventPage is one page of the change log. The log is too long to be counted
// for each page.
type EventPage struct {
	Items      []Event `json:"items"`
	NextCursor string  `json:"nextCursor,omitempty" doc:"Pass as cursor for the next page; absent on the last. A page may be short, or empty, and not be the last."`
}

// Verified is what recomputing the change log's hash chain found: GET
// /manager/events/verify.
type Verified struct {
	OK          bool             `json:"ok"`
	Events      int64            `json:"events" doc:"How many events, from the first one on, are as they were written."`
	Hash        string           `json:"hash" doc:"The hash of the last of them, in base64."`
	Checkpoints int              `json:"checkpoints" doc:"Signed checkpoints that were compared."`
	Last        *EventCheckpoint `json:"last" doc:"The last of them; null: there is none."`
	Restored    []EventRestore   `json:"restored" nullable:"false" doc:"How often the log was replaced by that of a backup, the newest last."`
	Broken      *EventBreak      `json:"broken" doc:"The first row that does not fit; null when all do."`
}

// EventCheckpoint is where the log ended when a checkpoint was signed.
type EventCheckpoint struct {
	Seq int64     `json:"seq"`
	At  time.Time `json:"at"`
}

// EventRestore tells that the log was replaced by that of a backup.
type EventRestore struct {
	At       time.Time `json:"at"`
	BackupAt time.Time `json:"backupAt" doc:"When the backup was made."`
	Seq      int64     `json:"seq" doc:"The last event of the backup. What was done after it is not in the log."`
	LostSeq  *int64    `json:"lostSeq" doc:"The last event after it that is known of, from checkpoints; null: none is."`
}

// EventBreak is the first place where the change log does not fit.
type EventBreak struct {
	Seq    int64  `json:"seq" doc:"Of the row; 0: the checkpoints themselves cannot be trusted."`
	Reason string `json:"reason" enum:"missing,altered,foreign,rewritten,unsigned"`
	Detail string `json:"detail" doc:"A sentence."`
}

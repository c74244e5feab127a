package store

import (
	"context"
	"time"
)

// UnusedSignIns are the live sign-ins of a user whose first refresh token, good
// for life, nobody has sent, and that have no access token. A later one is known
// by its end: what came before it may be purged.
func (q Queries) UnusedSignIns(ctx context.Context, userID string, life time.Duration, now time.Time) (ids []string, err error) {
	rows, err := q.db.QueryContext(ctx, `SELECT id FROM sign_ins s WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $3
		AND NOT EXISTS (SELECT 1 FROM access_tokens a WHERE a.sign_in_id = s.id)
		AND NOT EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.sign_in_id = s.id AND (r.consumed_at IS NOT NULL OR r.expires_at > s.created_at + $2))`, userID, life.Milliseconds(), millis(now))
	if err != nil {
		return nil, readError("sign-ins", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, readError("sign-ins", err)
		}
		ids = append(ids, id)
	}
	return ids, readError("sign-ins", rows.Err())
}

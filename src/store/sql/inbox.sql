-- name: inbox_put
INSERT INTO inbox (channel, event_id, ref, body, verdict, created)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (channel, event_id) DO NOTHING

-- name: inbox_find
SELECT verdict FROM inbox WHERE channel = $1 AND event_id = $2

-- store: hall

-- name: blob_put
INSERT INTO blob (digest, body, size, created) VALUES ($1, $2, $3, $4)
ON CONFLICT (digest) DO UPDATE SET created = excluded.created;

-- name: blob_leave
INSERT INTO blob_left (digest, at) VALUES ($1, $2)
ON CONFLICT (digest) DO UPDATE SET at = excluded.at;

-- name: blob_leave_material
INSERT INTO blob_left (digest, at) SELECT blob, $3 FROM material WHERE order_id = $1 AND kind = $2
ON CONFLICT (digest) DO UPDATE SET at = excluded.at;

-- name: blob_leave_thumb
INSERT INTO blob_left (digest, at) SELECT thumb, $3 FROM material WHERE order_id = $1 AND kind = $2
ON CONFLICT (digest) DO UPDATE SET at = excluded.at;

-- name: blob_sweep
DELETE FROM blob WHERE created < $1
	AND digest IN (SELECT l.digest FROM blob_left l WHERE l.at < $1 ORDER BY l.at, l.digest LIMIT 100)
	AND NOT EXISTS (SELECT 1 FROM material m WHERE m.blob = blob.digest)
	AND NOT EXISTS (SELECT 1 FROM material m WHERE m.thumb = blob.digest)
	AND NOT EXISTS (SELECT 1 FROM petition_picture x WHERE x.blob = blob.digest)
	AND NOT EXISTS (SELECT 1 FROM trade t WHERE t.voucher <> '' AND t.voucher = blob.digest)
	AND NOT EXISTS (SELECT 1 FROM invoice v WHERE v.file <> '' AND v.file = blob.digest);

-- name: blob_left_sweep
DELETE FROM blob_left WHERE digest IN
	(SELECT l.digest FROM blob_left l WHERE l.at < $1 ORDER BY l.at, l.digest LIMIT 100);

-- name: blob_get
SELECT body FROM blob WHERE digest = $1;

-- name: material_set
INSERT INTO material (order_id, kind, blob, thumb, type, width, height, dpi, size, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (order_id, kind) DO UPDATE SET blob = excluded.blob, thumb = excluded.thumb,
	type = excluded.type, width = excluded.width, height = excluded.height,
	dpi = excluded.dpi, size = excluded.size, at = excluded.at;

-- name: material_same
INSERT INTO material (order_id, kind, blob, thumb, type, width, height, dpi, size, at)
SELECT order_id, $3, blob, thumb, type, width, height, dpi, size, $4 FROM material
WHERE order_id = $1 AND kind = $2
ON CONFLICT (order_id, kind) DO UPDATE SET blob = excluded.blob, thumb = excluded.thumb,
	type = excluded.type, width = excluded.width, height = excluded.height,
	dpi = excluded.dpi, size = excluded.size, at = excluded.at;

-- name: material_copy
-- To another order that lacks it.
INSERT INTO material (order_id, kind, blob, thumb, type, width, height, dpi, size, at)
SELECT $3, kind, blob, thumb, type, width, height, dpi, size, $4 FROM material
WHERE order_id = $1 AND kind = $2
ON CONFLICT (order_id, kind) DO NOTHING;

-- name: material_drop
DELETE FROM material WHERE order_id = $1 AND kind = $2;

-- name: material_get
SELECT blob, thumb, type FROM material WHERE order_id = $1 AND kind = $2;

-- name: material_list
SELECT kind, type, width, height, dpi, size, at FROM material WHERE order_id = $1;

-- name: face_insert
INSERT INTO face (id, order_id, token, token_digest, state, stage, proves, meta, factors, url,
	provider_no, reason, created, ended)
VALUES ($1, $2, $3, $4, 'created', '', '', '', 0, '', '', '', $5, 0);

-- name: face_newest
SELECT id, order_id, token, state, stage, factors, url, provider_no, reason, created, ended,
	proves, meta
FROM face WHERE order_id = $1 ORDER BY created DESC, id DESC LIMIT 1;

-- name: face_by_token
SELECT id, order_id, token, state, stage, factors, url, provider_no, reason, created, ended,
	proves, meta
FROM face WHERE token_digest = $1;

-- name: face_by_id
SELECT id, order_id, token, state, stage, factors, url, provider_no, reason, created, ended,
	proves, meta
FROM face WHERE id = $1;

-- name: face_count
SELECT COUNT(*) FROM face WHERE order_id = $1 AND created > $2;

-- name: face_list
SELECT id, order_id, token, state, stage, factors, url, provider_no, reason, created, ended,
	proves, meta
FROM face WHERE order_id = $1 ORDER BY created, id;

-- name: face_set
UPDATE face SET state = $3, stage = $4, factors = $5, url = $6, provider_no = $7, reason = $8,
	ended = $9, proves = $10, meta = $11
WHERE id = $1 AND state = $2;

-- name: trade_insert
INSERT INTO trade (id, no, order_id, channel, amount, received, state, version, qr, provider_no,
	refund_no, reason, voucher, voucher_type, remark, created, asked, paid_at, refunded_at,
	bundle, parent, page)
VALUES ($1, $2, $3, $4, $5, 0, $6, 1, '', '', '', '', $7, $8, $9, $10, $10, 0, 0, $11, $12, $13);

-- name: trade_by_no
SELECT id, no, order_id, channel, amount, received, state, version, qr, provider_no, refund_no,
	reason, voucher, voucher_type, remark, created, asked, paid_at, refunded_at, bundle, parent,
	page
FROM trade WHERE no = $1;

-- name: trade_by_entry
SELECT no FROM trade WHERE channel = 'transfer' AND parent = 0 AND provider_no = $1 AND id <> $2
LIMIT 1;

-- name: trade_of_order
SELECT id, no, order_id, channel, amount, received, state, version, qr, provider_no, refund_no,
	reason, voucher, voucher_type, remark, created, asked, paid_at, refunded_at, bundle, parent,
	page
FROM trade WHERE order_id = $1 ORDER BY created, id;

-- name: trade_by_state
SELECT id, no, order_id, channel, amount, received, state, version, qr, provider_no, refund_no,
	reason, voucher, voucher_type, remark, created, asked, paid_at, refunded_at, bundle, parent,
	page
FROM trade WHERE state = $1 ORDER BY created, id LIMIT 200;

-- name: trade_save
UPDATE trade SET state = $3, version = version + 1, received = $4, qr = $5, provider_no = $6,
	refund_no = $7, reason = $8, voucher = $9, voucher_type = $10, remark = $11, asked = $12,
	paid_at = $13, refunded_at = $14, page = $15
WHERE id = $1 AND version = $2;

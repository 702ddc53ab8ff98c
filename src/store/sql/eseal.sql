-- store: hall

-- name: seal_specimen
SELECT blob, width, height, dpi FROM material WHERE order_id = $1 AND kind = $2;

-- name: seal_picture_get
SELECT source, digest, width, height, png FROM seal_picture WHERE order_id = $1;

-- name: seal_picture_set
INSERT INTO seal_picture (order_id, source, digest, width, height, png, created)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (order_id) DO UPDATE SET source = excluded.source, digest = excluded.digest,
	width = excluded.width, height = excluded.height, png = excluded.png,
	created = excluded.created;

-- name: eseal_insert
INSERT INTO eseal (es_id, order_id, serial, name, digest, not_before, not_after, der,
	superseded, superseded_at, created, kind)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0, $9, $10) ON CONFLICT (order_id) DO NOTHING;

-- name: eseal_supersede
UPDATE eseal SET superseded = $2, superseded_at = $3 WHERE serial = $1 AND superseded = '';

-- name: eseal_of_order
SELECT es_id, der FROM eseal WHERE order_id = $1;

-- name: eseal_one
SELECT e.es_id, o.no, e.serial, e.name, e.digest, e.not_before, e.not_after, e.superseded,
	e.superseded_at, c.state, e.order_id, e.created, e.kind, o.product
FROM eseal e JOIN certificate c ON c.serial = e.serial JOIN orders o ON o.id = e.order_id
WHERE e.es_id = $1;

-- name: eseal_of_certificate
SELECT e.es_id, o.no, e.serial, e.name, e.digest, e.not_before, e.not_after, e.superseded,
	e.superseded_at, c.state, e.order_id, e.created, e.kind, o.product
FROM eseal e JOIN certificate c ON c.serial = e.serial JOIN orders o ON o.id = e.order_id
WHERE e.serial = $1 ORDER BY e.created DESC LIMIT 1;

-- name: eseal_list
SELECT e.es_id, o.no, e.serial, e.name, e.digest, e.not_before, e.not_after, e.superseded,
	e.superseded_at, c.state, e.order_id, e.created, e.kind, o.product
FROM eseal e JOIN certificate c ON c.serial = e.serial JOIN orders o ON o.id = e.order_id
WHERE (c.account = $1 OR $1 = 0) ORDER BY e.created DESC, e.es_id LIMIT 200;

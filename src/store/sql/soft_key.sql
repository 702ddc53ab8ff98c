-- store: hall

-- name: soft_key_set
INSERT INTO soft_key (order_id, way, container, made) VALUES ($1, $2, $3, $4)
ON CONFLICT (order_id) DO UPDATE SET way = excluded.way, container = excluded.container,
	made = excluded.made;

-- name: soft_key_get
SELECT way, container, made FROM soft_key WHERE order_id = $1;

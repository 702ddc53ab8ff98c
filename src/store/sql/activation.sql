-- store: hall

-- name: activation_set
INSERT INTO activation (order_id, serial, pin, made, phone, sent) VALUES ($1, $2, $3, $4, '', 0)
ON CONFLICT (order_id) DO UPDATE SET serial = excluded.serial, pin = excluded.pin,
	made = excluded.made;

-- name: activation_get
SELECT serial, pin, phone, sent, way, remit_no FROM activation WHERE order_id = $1;

-- name: activation_sent
UPDATE activation SET pin = NULL, phone = $2, sent = $3, way = $4, remit_no = $5
WHERE order_id = $1;

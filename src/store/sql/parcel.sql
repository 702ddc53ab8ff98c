-- store: hall

-- name: parcel_get
SELECT attempt, state, waybill, reason FROM parcel WHERE order_id = $1;

-- name: parcel_begin
INSERT INTO parcel (order_id, attempt, state, waybill, reason, staff, created)
VALUES ($1, $2, 'asked', '', '', $3, $4)
ON CONFLICT (order_id) DO UPDATE SET attempt = excluded.attempt, state = 'asked', waybill = '',
	reason = '', staff = excluded.staff, created = excluded.created
WHERE parcel.state = 'refused' OR parcel.state = 'cancelled';

-- name: parcel_set
UPDATE parcel SET state = $3, waybill = $4, reason = $5
WHERE order_id = $1 AND attempt = $2 AND state = $6;

-- name: tracking_add
INSERT INTO tracking (waybill, order_id, told, signed_at, created) VALUES ($1, $2, 0, 0, $3)
ON CONFLICT (waybill) DO NOTHING;

-- name: tracking_get
SELECT order_id, told, signed_at FROM tracking WHERE waybill = $1;

-- name: tracking_set
UPDATE tracking SET told = $2, signed_at = $3 WHERE waybill = $1;

-- name: track_add
INSERT INTO track (waybill, at, code, place, text) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (waybill, at, code) DO NOTHING;

-- name: track_list
SELECT at, place, text, code FROM track WHERE waybill = $1 ORDER BY at, code LIMIT 200;

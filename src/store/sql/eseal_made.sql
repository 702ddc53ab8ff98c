-- store: ca

-- name: eseal_made_by_ref
SELECT es_id, picture, der FROM eseal WHERE ref = $1

-- name: eseal_made_add
INSERT INTO eseal (ref, es_id, sign_serial, maker, picture, der, line, created, kind)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: eseal_maker_newest
SELECT der, status FROM certificate WHERE ref = 'seal' ORDER BY created DESC, line DESC LIMIT 1

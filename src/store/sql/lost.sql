-- store: hall

-- name: certificate_lost
SELECT c.serial, c.order_id, c.not_after, c.state FROM certificate c
WHERE c.account = $1 AND c.kind = 'sign' AND c.state <> 'revoked' AND c.not_after >= $2
ORDER BY c.created DESC LIMIT 100;

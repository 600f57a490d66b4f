-- a copy of the database asks no Plinx and dials nobody
UPDATE res_company
   SET plinx_url = NULL,
       plinx_token_value = NULL,
       plinx_webhook_secret_value = NULL;
UPDATE dialer_campaign
   SET state = 'paused'
 WHERE state = 'running';
UPDATE plinx_connection
   SET breaker = NULL,
       state = 'ok',
       failing_since = NULL,
       opened_at = NULL,
       open_until = NULL,
       auth_error = NULL,
       last_reason = NULL,
       last_detail = NULL;

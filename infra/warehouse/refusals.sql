-- Why customers got no voucher, no message, or could not use what they had: for each campaign and reason, how many
-- records. Over the table `vouchers`.
CREATE OR REPLACE VIEW refusals AS
SELECT campaign_id, 'skipped' AS kind, skip_reason AS reason, count(*) AS records
FROM vouchers WHERE skip_reason IS NOT NULL GROUP BY campaign_id, skip_reason
UNION ALL
SELECT campaign_id, 'undeliverable', undeliverable_reason, count(*)
FROM vouchers WHERE undeliverable_reason IS NOT NULL GROUP BY campaign_id, undeliverable_reason
UNION ALL
SELECT campaign_id, 'refused', last_refusal, count(*)
FROM vouchers WHERE last_refusal IS NOT NULL GROUP BY campaign_id, last_refusal;

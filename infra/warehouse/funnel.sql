-- The funnel of each campaign, as the report Campaign performance counts it. Over the table `vouchers`, made of the
-- files of an export of that kind; the same in Athena and in DuckDB.
CREATE OR REPLACE VIEW funnel AS
SELECT
    campaign_id,
    currency,
    count(*) FILTER (WHERE status NOT IN ('ghost', 'skipped', 'failed')) AS issued,
    count(*) FILTER (WHERE status = 'ghost') AS ghost,
    count(*) FILTER (WHERE status = 'skipped') AS skipped,
    count(*) FILTER (WHERE status = 'failed') AS failed,
    count(sent_at) AS sent,
    count(delivered_at) AS delivered,
    count(tapped_at) AS tapped,
    count(accepted_at) AS accepted,
    count(declined_at) AS declined,
    coalesce(sum(redemptions), 0) AS redeemed
FROM vouchers
GROUP BY campaign_id, currency;

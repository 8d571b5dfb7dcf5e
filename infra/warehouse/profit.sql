-- What each campaign has cost and brought, in minor units of its currency. `caused_spend_minor` is what customers with a
-- voucher have spent in the 28 days after it, less what as many held-out customers have spent: an estimate without its
-- interval, which the report has. Empty without held-out customers. Over the table `vouchers`.
CREATE OR REPLACE VIEW profit AS
SELECT
    campaign_id,
    currency,
    treated,
    held_out,
    issued_exposure,
    voucher_cost,
    revenue,
    CASE WHEN held_out > 0
        THEN treated_spend - held_out_spend * CAST(treated AS DOUBLE) / held_out
    END AS caused_spend_minor
FROM (
    SELECT
        campaign_id,
        currency,
        count(*) FILTER (WHERE status NOT IN ('ghost', 'skipped', 'failed')) AS treated,
        count(*) FILTER (WHERE status = 'ghost') AS held_out,
        coalesce(sum(exposure_minor) FILTER (WHERE status NOT IN ('ghost', 'skipped', 'failed')), 0) AS issued_exposure,
        coalesce(sum(discount_minor - returned_minor), 0) AS voucher_cost,
        coalesce(sum(revenue_minor), 0) AS revenue,
        coalesce(sum(attributed_spend_minor) FILTER (WHERE status NOT IN ('ghost', 'skipped', 'failed')), 0) AS treated_spend,
        coalesce(sum(attributed_spend_minor) FILTER (WHERE status = 'ghost'), 0) AS held_out_spend
    FROM vouchers
    GROUP BY campaign_id, currency
) AS sums;

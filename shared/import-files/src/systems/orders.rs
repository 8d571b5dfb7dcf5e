//! Files of orders, by system. Sources of the columns: `tests/samples/README.md`.

use super::{ImportKind, PLAIN, System};
use crate::target::Target;

pub(super) static ALL: [System; 3] = [
    System {
        key: "shopify_orders",
        kind: ImportKind::Orders,
        signature: &["Name", "Financial Status", "Lineitem quantity", "Currency", "Total"],
        columns: &[
            ("Name", Target::OrderNumber),
            ("Email", Target::Email),
            ("Financial Status", Target::OrderStatus),
            ("Paid at", Target::Moment),
            ("Currency", Target::Currency),
            ("Total", Target::Total),
            ("Created at", Target::PlacedAt),
            ("Billing Country", Target::Country),
            ("Phone", Target::Phone),
            ("Billing Phone", Target::Phone),
            ("Cancelled at", Target::CancelledAt),
            ("Refunded Amount", Target::Refunded),
            ("Id", Target::OrderId),
        ],
        ..PLAIN
    },
    System {
        key: "woocommerce_plugin_orders",
        kind: ImportKind::Orders,
        signature: &["order_id", "order_date", "order_total", "wt_import_key"],
        columns: &[
            ("order_id", Target::OrderId),
            ("order_number", Target::OrderNumber),
            ("order_date", Target::PlacedAt),
            ("paid_date", Target::Moment),
            ("status", Target::OrderStatus),
            ("order_total", Target::Total),
            ("order_currency", Target::Currency),
            ("customer_user", Target::Buyer),
            ("customer_email", Target::Email),
            ("billing_email", Target::Email),
            ("billing_phone", Target::Phone),
            ("billing_country", Target::Country),
            ("refund_items", Target::Refunded),
        ],
        ..PLAIN
    },
    System {
        key: "woocommerce_orders",
        kind: ImportKind::Orders,
        signature: &["Order #", "N. Revenue (formatted)"],
        columns: &[
            ("Date", Target::PlacedAt),
            ("Order #", Target::OrderId),
            ("N. Revenue (formatted)", Target::Total),
            ("Status", Target::OrderStatus),
        ],
        ..PLAIN
    },
];

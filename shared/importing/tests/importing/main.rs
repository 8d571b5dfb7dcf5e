//! Whole files taken into the store, on tables in memory: samples to the last record, repeats,
//! files beside live changes, erasures, orders with their refunds.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect has failed"
)]

mod catalogue;
mod state;

use std::path::Path;

use domain::{
    Timestamp,
    customer::{
        address::Address,
        consent::{Consent, ConsentState},
        contact::Email,
        profile::{Customer, SuppressionReason, Zone},
    },
    kernel::{channel::Channel, id::CustomerId, money::Currency},
};
use import_files::{
    customer::ImportTerms,
    layout::FileLayout,
    reader::RecordReader,
    survey::{FileFacts, Survey, SurveyEnd},
    systems::{ColumnMapping, ImportKind},
};
use importing::{ImportTally, Importer, OrderTerms, RecordOutcome};
use store::{Store, TableNames, customer::profiles::CustomerLookup};
use testkit::TestTables;

fn now() -> Timestamp {
    "2026-11-30T00:00:00Z".parse().unwrap()
}

fn euros() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn store() -> Store {
    let tables = TestTables::in_memory();
    let names = TableNames::from_lookup(|variable| tables.table_name(variable));
    Store::new(&tables.config, names).with_address_keys(testkit::address_hasher().into())
}

fn sample(name: &str) -> Vec<u8> {
    let samples = testkit::repository_root().join("shared/import-files/tests/samples");
    std::fs::read(samples.join(Path::new(name))).unwrap()
}

fn facts(bytes: &[u8], kind: ImportKind) -> FileFacts {
    let layout = FileLayout::sniff(bytes, None, None).unwrap();
    let mut survey = Survey::new(&layout, kind, ColumnMapping::default());
    survey.push(&bytes[usize::try_from(survey.first_byte()).unwrap()..]);
    match survey.finish().unwrap() {
        SurveyEnd::Done(facts) => *facts,
        SurveyEnd::ReadAgain(layout) => panic!("another encoding: {layout:?}"),
    }
}

fn terms() -> ImportTerms {
    ImportTerms {
        zone: Zone::default(),
        country: None,
        currency: None,
        subscribed_counts: false,
        as_of: now(),
    }
}

/// Imports a file in batches, and returns what became of each record, with the counts.
async fn import(
    store: &Store,
    bytes: &[u8],
    kind: ImportKind,
    batch: usize,
) -> (Vec<RecordOutcome>, ImportTally) {
    let facts = facts(bytes, kind);
    let orders = OrderTerms { vertical: "retail".to_owned(), merchant: "shop".to_owned() };
    let mut importer = Importer::new(&facts, &terms(), &orders, euros(), None, now()).unwrap();
    let mut reader = RecordReader::new(&facts.layout);
    reader.push(&bytes[usize::try_from(reader.first_byte()).unwrap()..]);
    reader.finish();
    let records: Vec<_> = std::iter::from_fn(|| reader.next_record()).collect();
    let (mut outcomes, mut tally) = (Vec::new(), ImportTally::default());
    for records in records.chunks(batch) {
        let taken = importer.take(store, records, reader.columns(), now()).await.unwrap();
        for (record, outcome) in records.iter().zip(&taken) {
            tally.count(record, outcome);
        }
        outcomes.extend(taken);
    }
    assert_eq!(tally.records(), facts.records, "every record is counted once");
    (outcomes, tally)
}

fn counts(tally: &ImportTally) -> [u64; 3] {
    [tally.taken, tally.unchanged, tally.refused]
}

async fn customer(store: &Store, id: &str) -> Customer {
    match store.customer(&CustomerId::parse(id).unwrap()).await.unwrap() {
        CustomerLookup::Customer(customer) => *customer,
        other => panic!("{id}: {other:?}"),
    }
}

async fn holders(store: &Store, email: &str) -> Vec<CustomerId> {
    let address = Address::Email(Email::parse(email).unwrap());
    let key = store.address_key(&address).await.unwrap();
    store.address_holders(&key, 10).await.unwrap()
}

#[tokio::test]
async fn a_shops_customers_end_as_customers_with_their_consents() {
    let store = store();
    let file = sample("shopify-customers.csv");
    let (outcomes, tally) = import(&store, &file, ImportKind::Customers, 3).await;
    assert_eq!(counts(&tally), [10, 0, 1]);
    assert!(matches!(outcomes[10], RecordOutcome::Refused(_)));
    let ana = customer(&store, "7000000000101").await;
    assert_eq!(ana.profile.last_name.as_ref().unwrap().expose(), "Inventada-Prueba");
    assert_eq!(ana.profile.tags, ["newsletter", "lapsed"]);
    assert_eq!(ana.contacts.phone.as_ref().unwrap().expose(), "+34600000101");
    assert_eq!(ana.consents[&Channel::Email].state, ConsentState::Denied);
    assert_eq!(ana.consents[&Channel::Sms].state, ConsentState::Granted);
    assert_eq!(ana.consents[&Channel::Sms].source, "import:shopify_customers:undated");
    // A no said for a mailbox holds for both who have it.
    for id in ["7000000000103", "7000000000108"] {
        let liam = customer(&store, id).await;
        assert_eq!(liam.suppressions[&Channel::Email].reason, SuppressionReason::OptedOut, "{id}");
    }
    let olive = customer(&store, "7000000000104").await;
    assert_eq!(olive.consents.get(&Channel::Sms), None, "a yes needs its number");
}

#[tokio::test]
async fn a_file_imported_again_changes_nothing() {
    for (file, kind) in [
        ("klaviyo-profiles.csv", ImportKind::Customers),
        ("mailchimp-cleaned.csv", ImportKind::Customers),
        ("shopify-orders.csv", ImportKind::Orders),
        ("woocommerce-plugin-orders.csv", ImportKind::Orders),
    ] {
        let store = store();
        let bytes = sample(file);
        let (_, first) = import(&store, &bytes, kind, 4).await;
        let (_, second) = import(&store, &bytes, kind, 100).await;
        assert_eq!(second.refused, first.refused, "{file}");
        let items = if file == "shopify-orders.csv" { 1 } else { 0 };
        assert_eq!(second.taken, items, "{file}: {second:?}");
    }
}

#[tokio::test]
async fn mailing_lists_find_the_customers_of_the_shop_by_their_mailbox() {
    let store = store();
    import(&store, &sample("klaviyo-profiles.csv"), ImportKind::Customers, 50).await;
    for file in ["subscribed", "unsubscribed", "cleaned"] {
        let bytes = sample(&format!("mailchimp-{file}.csv"));
        import(&store, &bytes, ImportKind::Customers, 2).await;
    }
    assert_eq!(holders(&store, "tom.sample@example.com").await.len(), 1);
    let tom = customer(&store, "01SAMPLEAAAAAAAAAAAAAAAA05").await;
    assert_eq!(tom.consents[&Channel::Email].state, ConsentState::Denied);
    assert_eq!(tom.consents[&Channel::Email].at.to_string(), "2025-07-07T07:07:07Z");
    let joerg = customer(&store, "01SAMPLEAAAAAAAAAAAAAAAA04").await;
    assert_eq!(joerg.suppressions[&Channel::Email].reason, SuppressionReason::Bounced);
}

#[tokio::test]
async fn a_later_live_consent_wins_over_the_file_whenever_it_comes() {
    let store = store();
    let file = b"customer_id,email,email_opt_in,email_opt_in_at\n\
                 c-1,a@example.com,yes,2025-01-01T00:00:00Z\n";
    import(&store, file, ImportKind::Customers, 10).await;
    let id = CustomerId::parse("c-1").unwrap();
    let at = "2026-01-01T00:00:00Z".parse().unwrap();
    let no = Consent { state: ConsentState::Denied, source: "app".to_owned(), at };
    store.set_consent(&id, Channel::Email, &no, now()).await.unwrap();
    let (_, tally) = import(&store, file, ImportKind::Customers, 10).await;
    assert_eq!(counts(&tally), [0, 1, 0]);
    assert_eq!(customer(&store, "c-1").await.consents[&Channel::Email], no);
}

#[tokio::test]
async fn an_erased_customer_stays_erased() {
    let store = store();
    let file = b"customer_id,email,first_name\nc-1,a@example.com,Ana\n";
    import(&store, file, ImportKind::Customers, 10).await;
    store.erase_customer(&CustomerId::parse("c-1").unwrap(), now()).await.unwrap();
    let (outcomes, _) = import(&store, file, ImportKind::Customers, 10).await;
    let by_mailbox = b"email,first_name\na@example.com,Ana\n";
    let (others, _) = import(&store, by_mailbox, ImportKind::Customers, 10).await;
    for outcome in [&outcomes[0], &others[0]] {
        let RecordOutcome::Refused(reason) = outcome else { panic!("{outcome:?}") };
        assert_eq!(reason.code, "erased");
    }
    assert!(holders(&store, "a@example.com").await.is_empty());
}

#[tokio::test]
async fn orders_of_the_past_count_for_their_customers_once() {
    let store = store();
    let bytes = sample("shopify-orders.csv");
    let (_, tally) = import(&store, &bytes, ImportKind::Orders, 3).await;
    assert_eq!(counts(&tally), [7, 1, 3], "{tally:?}");
    let ana = holders(&store, "ana.inventada@example.com").await;
    let ana = customer(&store, ana[0].as_str()).await;
    assert_eq!((ana.activity.orders, ana.activity.spend.units()), (1, 5_390));
    assert_eq!(ana.consents.len(), 0, "an order's word about marketing is no consent");
    let jo = holders(&store, "jo.placeholder@example.com").await;
    let jo = customer(&store, jo[0].as_str()).await;
    assert_eq!(jo.activity.spend.units(), 11_788 - 1_000);
    let liam = holders(&store, "liam.sample@example.org").await;
    assert_eq!(customer(&store, liam[0].as_str()).await.activity.orders, 0, "it was cancelled");
    let later = String::from_utf8(bytes).unwrap().replace(",,10.00,Sample", ",,25.00,Sample");
    import(&store, later.as_bytes(), ImportKind::Orders, 100).await;
    let jo = customer(&store, jo.id.as_str()).await;
    assert_eq!(jo.activity.spend.units(), 11_788 - 2_500, "a later file tells of a second refund");
}

#[tokio::test]
async fn addresses_join_the_customers_of_the_main_file_and_make_none() {
    let store = store();
    let addresses = sample("magento2-addresses.csv");
    let (_, alone) = import(&store, &addresses, ImportKind::Customers, 10).await;
    assert_eq!(counts(&alone), [0, 0, 7]);
    import(&store, &sample("magento2-customers.csv"), ImportKind::Customers, 10).await;
    let (_, joined) = import(&store, &addresses, ImportKind::Customers, 10).await;
    assert_eq!(counts(&joined), [3, 3, 1]);
    assert_eq!(holders(&store, "ana.inventada@example.com").await.len(), 2, "one for each site");
}

#[tokio::test]
async fn a_suppression_list_blocks_addresses_and_makes_no_customer() {
    let store = store();
    let file = b"email,reason,created\n\
                 Gone@Example.com,hard bounce,2025-01-01T00:00:00Z\n\
                 angry@example.com,,\n\
                 gone@example.com,bounce,2025-01-01T00:00:00Z\n\
                 nobody,,\n";
    let (_, tally) = import(&store, file, ImportKind::Suppressions, 10).await;
    assert_eq!(counts(&tally), [2, 1, 1]);
    assert!(holders(&store, "gone@example.com").await.is_empty());
    let customers = b"email\ngone@example.com\nangry@example.com\n";
    import(&store, customers, ImportKind::Customers, 10).await;
    for (email, reason) in [
        ("gone@example.com", SuppressionReason::Bounced),
        ("angry@example.com", SuppressionReason::Blocked),
    ] {
        let id = holders(&store, email).await;
        let found = customer(&store, id[0].as_str()).await.suppressions[&Channel::Email];
        assert_eq!(found.reason, reason);
    }
}

#[tokio::test]
async fn a_rehearsal_writes_nothing_and_names_the_first_problems() {
    let store = store();
    let bytes = sample("shopify-customers.csv");
    let facts = facts(&bytes, ImportKind::Customers);
    let orders = OrderTerms { vertical: "retail".to_owned(), merchant: "shop".to_owned() };
    let mut importer = Importer::new(&facts, &terms(), &orders, euros(), None, now()).unwrap();
    let mut reader = RecordReader::new(&facts.layout);
    reader.push(&bytes);
    reader.finish();
    let records: Vec<_> = std::iter::from_fn(|| reader.next_record()).collect();
    let mut tally = ImportTally::default();
    for (record, outcome) in records.iter().zip(importer.rehearse(&records, reader.columns())) {
        tally.count(record, &outcome);
    }
    assert_eq!(counts(&tally), [10, 0, 1]);
    assert!(tally.problems.iter().any(|it| it.code == "digits_lost" && it.record == 4));
    assert!(holders(&store, "ana.inventada@example.com").await.is_empty());
    let shown = serde_json::to_string(&tally).unwrap();
    assert!(!shown.contains("example.com") && !shown.contains("4.47701"), "no cell is quoted");
}

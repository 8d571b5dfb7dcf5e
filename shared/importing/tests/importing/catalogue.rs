//! Files of merchants and of names, taken into the store: the first record of a file about a
//! merchant counts, a later word stands, the same file again changes nothing.

use domain::campaign::catalogue::{CatalogueKey, CatalogueKind, CatalogueNames, Merchant};
use import_files::{reader::RecordReader, systems::ImportKind};
use importing::{ImportTally, Importer, OrderTerms, RecordOutcome};
use store::{Store, batch::ReadConsistency};

use crate::{euros, facts, now, store, terms};

/// Imports a file that came some seconds after noon of the tests, in batches of two records.
async fn import_at(
    store: &Store,
    bytes: &[u8],
    kind: ImportKind,
    seconds: i64,
) -> (Vec<RecordOutcome>, [u64; 3]) {
    let facts = facts(bytes, kind);
    let orders = OrderTerms { vertical: "retail".to_owned(), merchant: "shop".to_owned() };
    let mut terms = terms();
    terms.as_of = terms.as_of.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
    let mut importer = Importer::new(&facts, &terms, &orders, euros(), None, now()).unwrap();
    let mut reader = RecordReader::new(&facts.layout);
    reader.push(bytes);
    reader.finish();
    let records: Vec<_> = std::iter::from_fn(|| reader.next_record()).collect();
    let (mut outcomes, mut tally) = (Vec::new(), ImportTally::default());
    for records in records.chunks(2) {
        let taken = importer.take(store, records, reader.columns(), terms.as_of).await.unwrap();
        for (record, outcome) in records.iter().zip(&taken) {
            tally.count(record, outcome);
        }
        outcomes.extend(taken);
    }
    assert_eq!(tally.records(), facts.records, "every record is counted once");
    (outcomes, [tally.taken, tally.unchanged, tally.refused])
}

fn code(outcome: &RecordOutcome) -> &str {
    match outcome {
        RecordOutcome::Taken { .. } => "taken",
        RecordOutcome::Unchanged { .. } => "unchanged",
        RecordOutcome::Refused(reason) => &reason.code,
    }
}

async fn merchant(store: &Store, id: &str) -> Option<Merchant> {
    let keys = [CatalogueKey::parse(id).unwrap()];
    let found = store.catalogue_entries(CatalogueKind::Merchants, &keys, ReadConsistency::Strong);
    found.await.unwrap().pop().map(|entry| entry.value)
}

const FILE: &[u8] = b"id,name,lat,lon,opened_on\n\
    m-1,Casa Lola,40.4168,-3.7038,2026-11-20\n\
    m-2,Bar Pepe,,,\n\
    m-1,Other Lola,40.4168,-3.7038,2026-11-20\n\
    m-1,Casa Lola,,,\n\
    m-3,,,,\n";

#[tokio::test]
async fn a_merchant_is_told_once_by_a_file_and_the_file_again_changes_nothing() {
    let store = store();
    let (outcomes, counts) = import_at(&store, FILE, ImportKind::Merchants, 0).await;
    let codes: Vec<&str> = outcomes.iter().map(code).collect();
    assert_eq!(codes, ["taken", "taken", "duplicate_id", "unchanged", "missing"]);
    assert_eq!(counts, [2, 1, 2]);
    let lola = merchant(&store, "m-1").await.unwrap();
    assert_eq!((lola.name.as_str(), lola.places.len()), ("Casa Lola", 1));
    let day = "2026-11-20".parse().unwrap();
    let opened = store.merchants_opened_between(day, day, 10).await.unwrap();
    assert_eq!(opened.len(), 1);
    // a worker that died repeats its batch, and the same file comes again as another import
    for seconds in [0, 60] {
        let (outcomes, _) = import_at(&store, FILE, ImportKind::Merchants, seconds).await;
        let codes: Vec<&str> = outcomes.iter().map(code).collect();
        assert_eq!(codes, ["unchanged", "unchanged", "duplicate_id", "unchanged", "missing"]);
    }
    assert_eq!(merchant(&store, "m-1").await.unwrap(), lola);
}

#[tokio::test]
async fn a_later_file_and_a_later_word_stand() {
    let store = store();
    import_at(&store, FILE, ImportKind::Merchants, 0).await;
    let later = b"id,brand,tags\nm-1,Lola,new\nm-9,Nobody,\n";
    let (outcomes, _) = import_at(&store, later, ImportKind::Merchants, 60).await;
    assert_eq!(outcomes.iter().map(code).collect::<Vec<_>>(), ["taken", "missing"]);
    let lola = merchant(&store, "m-1").await.unwrap();
    assert_eq!((lola.name.as_str(), lola.brand.as_deref()), ("Casa Lola", Some("Lola")));
    // an older file that is taken after a newer one
    let (outcomes, _) = import_at(&store, b"id,name\nm-1,Old\n", ImportKind::Merchants, 30).await;
    assert_eq!(code(&outcomes[0]), "told_later");
    // a word of the API stands against a file that had come before it
    let key = CatalogueKey::parse("m-2").unwrap();
    let said = Merchant { name: "Said".to_owned(), ..merchant(&store, "m-2").await.unwrap() };
    let at = now().checked_add(jiff::SignedDuration::from_secs(90)).unwrap();
    store.put_merchant(&key, &said, at).await.unwrap();
    let (outcomes, _) = import_at(&store, b"id,name\nm-2,File\n", ImportKind::Merchants, 80).await;
    assert_eq!(code(&outcomes[0]), "told_later");
    let (outcomes, _) = import_at(&store, b"id,name\nm-2,File\n", ImportKind::Merchants, 100).await;
    assert_eq!(code(&outcomes[0]), "taken");
    assert_eq!(merchant(&store, "m-2").await.unwrap().name, "File");
}

#[tokio::test]
async fn names_of_other_languages_stay() {
    let store = store();
    let one = b"key,language,name\nfood,en,Restaurants\nfood,es,Restaurantes\nfood,en,Meals\n";
    let (_, counts) = import_at(&store, one, ImportKind::Verticals, 0).await;
    assert_eq!(counts, [3, 0, 0]);
    let more = b"key,language,name\nfood,de,Essen\nfood,es,Restaurantes\n";
    let (_, counts) = import_at(&store, more, ImportKind::Verticals, 60).await;
    assert_eq!(counts, [1, 1, 0]);
    let keys = [CatalogueKey::parse("food").unwrap()];
    for (kind, expected) in [(CatalogueKind::Verticals, 1), (CatalogueKind::Categories, 0)] {
        let read = store.catalogue_entries::<CatalogueNames>(kind, &keys, ReadConsistency::Strong);
        let found = read.await.unwrap();
        assert_eq!(found.len(), expected);
        for entry in found {
            let names: Vec<&str> = entry.value.names.values().map(String::as_str).collect();
            assert_eq!(names, ["Essen", "Meals", "Restaurantes"]);
        }
    }
}

#[tokio::test]
async fn of_two_files_at_once_the_later_one_stands() {
    let line = |file: &str, number: usize| format!("m-{number},{file} {number}\n");
    let table = |file: &str| -> String {
        ["id,name\n".to_owned()].into_iter().chain((0..30).map(|it| line(file, it))).collect()
    };
    let (older, newer) = (table("older"), table("newer"));
    for newer_is_slow in [false, true] {
        let store = store();
        let import = async |bytes: &str, seconds: i64, waits: bool| {
            if waits {
                tokio::task::yield_now().await;
            }
            import_at(&store, bytes.as_bytes(), ImportKind::Merchants, seconds).await.1
        };
        let (_, counts) =
            tokio::join!(import(&older, 0, !newer_is_slow), import(&newer, 60, newer_is_slow));
        assert_eq!(counts, [30, 0, 0], "nothing is told later than the newer file");
        for number in 0..30 {
            let found = merchant(&store, &format!("m-{number}")).await.unwrap();
            assert_eq!(found.name, format!("newer {number}"));
        }
    }
}

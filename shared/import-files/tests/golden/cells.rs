//! Single cells by the README's rules.

use domain::{customer::phone_country::CountryCode, kernel::money::Currency};
use import_files::{
    cells::{
        choices::{Meaning, read_choice},
        countries::read_country,
        dates::{DateOrder, DateRules, read_birthday, read_moment},
        emails::read_email,
        money::{read_amount, read_json_amount},
        phones::read_phone,
        tags::read_tags,
        text::{read_name, unguarded},
    },
    refused::quoted,
};
use jiff::tz::TimeZone;

/// Returns what a reader said: a value, `-` for an empty cell, or the reason's code.
fn told<T: ToString>(read: Result<Option<T>, import_files::reason::Reason>) -> String {
    match read {
        Ok(Some(value)) => value.to_string(),
        Ok(None) => "-".to_owned(),
        Err(reason) => reason.code.into_owned(),
    }
}

#[test]
fn amounts_are_read_in_one_way_or_not_at_all() {
    let check = |cell: &str, currency: &str, expected: &str| {
        let currency = Currency::parse(currency).ok();
        let amount = read_amount(cell, currency).map(|amount| {
            amount.map(|it| {
                let units = it.minor_units().map_or("-".to_owned(), |units| units.to_string());
                let currency = it.currency.map_or("?".to_owned(), |it| it.to_string());
                format!("{} {units} {currency}", it.decimal())
            })
        });
        assert_eq!(told(amount), expected, "{cell} in {currency:?}");
    };
    // The cells of woocommerce-orders.csv.
    check("€53,90", "", "53.90 5390 EUR");
    check("$1,234.50", "USD", "1234.50 123450 USD");
    check("$1,234.50", "", "1234.50 - ?");
    check("'-€20,00", "", "-20.00 -2000 EUR");
    check("1\u{a0}234,50\u{a0}zł", "", "1234.50 123450 PLN");
    check("¥12,800", "JPY", "12800 12800 JPY");
    check("¥12,800", "CNY", "ambiguous_amount");
    check("CHF 1'234.50", "", "1234.50 123450 CHF");
    check("€1.234,50", "EUR", "1234.50 123450 EUR");
    check("€1.234,50", "USD", "bad_amount");
    check("1.234", "EUR", "ambiguous_amount");
    check("1.234", "KWD", "1.234 1234 KWD");
    check("1,234", "KWD", "ambiguous_amount");
    check("1,234,567.8", "EUR", "1234567.8 123456780 EUR");
    check("1,234,567", "EUR", "1234567 123456700 EUR");
    check("1,23,567", "EUR", "bad_amount");
    check("1.5", "JPY", "1.5 - JPY");
    check("0.125", "EUR", "0.125 - EUR");
    check("", "EUR", "-");
    check("free", "EUR", "bad_amount");
    check("4.4E+5", "EUR", "bad_amount");
    let json = |cell: &str| told(read_json_amount(cell, None).map(|it| it.map(|it| it.decimal())));
    assert_eq!([json("1e2"), json("-1.50"), json("1e400")], ["100", "-1.50", "bad_amount"]);
}

#[test]
fn phones_are_never_guessed() {
    let check = |cell: &str, country: &str, expected: &str| {
        let phone = read_phone(cell, CountryCode::parse(country).ok());
        assert_eq!(told(phone.map(|it| it.map(|it| it.expose().to_owned()))), expected, "{cell}");
    };
    check("'+34600000101", "", "+34600000101");
    check("'+49 (0)30 23125 205", "", "+493023125205");
    check("0034 600 000 205", "FR", "+34600000205");
    check("07700 900203", "GB", "+447700900203");
    check("447700900103", "GB", "+447700900103");
    check("(212) 555-0105", "US", "+12125550105");
    check("212.555.0174", "US", "+12125550174");
    check("06 39 98 02 26", "FR", "+33639980226");
    check("600 000 224", "ES", "+34600000224");
    check("0600000707", "", "no_country");
    check("4.47701E+11", "GB", "digits_lost");
    check("3,46E10", "ES", "digits_lost");
    check("(212) 555-0125 ext. 4", "US", "not_a_phone");
    check("+1 (212) 555-0105 / +1 (212) 555-0106", "US", "two_values");
    check("123", "DE", "not_a_phone");
    check("4930231251", "DE", "ambiguous_phone");
    check("12345678", "FJ", "unknown_plan");
    check("N/A", "US", "empty_word");
    check(" ", "US", "-");
}

#[test]
fn dates_are_read_by_the_order_of_their_column() {
    let check = |cell: &str, order: Option<DateOrder>, expected: &str| {
        let zone = TimeZone::get("Europe/Madrid").unwrap();
        let rules = DateRules { order, zone, seconds: false };
        let moment = read_moment(cell, &rules);
        assert_eq!(told(moment.map(|it| it.map(|it| it.earliest()))), expected, "{cell}");
    };
    let (day, month) = (Some(DateOrder::DayFirst), Some(DateOrder::MonthFirst));
    check("2026-03-02 09:13:58 +0100", None, "2026-03-02T08:13:58Z");
    check("2025-10-01 14:30:00.5 +0530 +0530", None, "2025-10-01T09:00:00.5Z");
    check("2025-07-01 09:00:00 +0200 CEST", None, "2025-07-01T07:00:00Z");
    check("2024-05-02T12:00:00.123456+02:00", None, "2024-05-02T10:00:00.123456Z");
    check("2025-11-20 18:40", None, "2025-11-20T17:40:00Z");
    check("2026-02-18 9:05:11", None, "2026-02-18T08:05:11Z");
    check("2025-07-07", None, "2025-07-06T22:00:00Z");
    check("3/15/2024 2:30 PM", month, "2024-03-15T13:30:00Z");
    check("3/15/2024 12:30 am", month, "2024-03-14T23:30:00Z");
    check("14/3/2026 10:00:00", month, "no_such_day");
    check("14/3/2026 10:00:00", day, "2026-03-14T09:00:00Z");
    check("02/03/2026", None, "ambiguous_date");
    check("30.01.2026", day, "2026-01-29T23:00:00Z");
    check("1985-02-30", None, "no_such_day");
    check("46084", None, "bare_number");
    check("1710234840000", None, "bare_number");
    check("0000-00-00 00:00:00", None, "-");
    check("0001-01-01 00:00:00 UTC", None, "-");
    check("2026-03-29 02:30:00", None, "2026-03-29T01:30:00Z");
    check("yesterday", None, "bad_date");
    check("2025-01-01 10:00:00 XYZ", None, "bad_date");
    check("2025-01-01 25:00", None, "bad_date");
    let rules = DateRules { order: None, zone: TimeZone::UTC, seconds: true };
    let seconds = read_moment("1772442842", &rules).unwrap().unwrap();
    assert_eq!(seconds.earliest().to_string(), "2026-03-02T09:14:02Z");
    assert_eq!(told(read_birthday("02/29", &rules)), "1604-02-29");
    assert_eq!(told(read_birthday("31/12", &rules)), "no_such_day");
    assert_eq!(told(read_birthday("1990-07-04", &rules)), "1990-07-04");
}

#[test]
fn an_unknown_word_is_never_a_yes() {
    let check = |cell: &str, meaning: Meaning, expected: &str| {
        let choice = read_choice(cell, meaning, false);
        assert_eq!(told(choice.map(|it| it.map(|it| format!("{it:?}")))), expected, "{cell}");
    };
    for yes in ["yes", "Y", "TRUE", "1", "Subscribed", "OPTED_IN"] {
        check(yes, Meaning::Positive, "Granted");
    }
    for no in ["no", "N", "False", "0", "unsubscribed", "opted_out"] {
        check(no, Meaning::Positive, "Denied");
    }
    for nothing in ["", " ", "NEVER_SUBSCRIBED", "unknown"] {
        check(nothing, Meaning::Positive, "-");
    }
    check("maybe", Meaning::Positive, "unknown_word");
    check("true", Meaning::Negative, "Denied");
    check("unsubscribed", Meaning::Negative, "Denied");
    check("no", Meaning::Negative, "-");
    check("subscribed", Meaning::BrazeState, "-");
    check("opted_in", Meaning::BrazeState, "Granted");
    let counts = read_choice("subscribed", Meaning::BrazeState, true).unwrap();
    assert_eq!(format!("{counts:?}"), "Some(Granted)");
}

#[test]
fn text_keeps_its_apostrophes_and_loses_its_guards() {
    for (cell, expected) in
        [("'t Voorbeeld", "'t Voorbeeld"), ("'28099", "28099"), ("'+34", "+34"), ("'=1+1", "=1+1")]
    {
        assert_eq!(unguarded(cell), expected);
    }
    let name = |cell: &str| told(read_name(cell).map(|it| it.map(|it| it.expose().to_owned())));
    assert_eq!(name("D’Exemple\r\n (Lyon) "), "D’Exemple (Lyon)");
    assert_eq!(
        [name("Null"), name("NULL"), name(&"x".repeat(81))],
        ["Null", "empty_word", "bad_name"]
    );
    let email = |cell: &str| told(read_email(cell).map(|it| it.map(|it| it.expose().to_owned())));
    assert_eq!(email("\u{a0} Ana.Inventada@Example.COM\u{a0}\n"), "ana.inventada@example.com");
    assert_eq!(email("a@example.com; b@example.org"), "two_values");
    for bad in ["not-an-email", "broken@@example.com", "typo@exmaple", "tom@example,com"] {
        assert_eq!(email(bad), "not_an_email", "{bad}");
    }
    let country =
        |cell: &str| told(read_country(cell).map(|it| it.map(|it| it.as_str().to_owned())));
    assert_eq!(
        [country("gb"), country("Spain"), country("Atlantis")],
        ["GB", "ES", "unknown_country"]
    );
}

#[test]
fn tags_are_lists_of_each_kind() {
    let check = |cell: &str, expected: &[&str]| assert_eq!(read_tags(cell).unwrap(), expected);
    check("中文, vip , VIP,,", &["中文", "vip"]);
    check("\"VIP\",\"Blog\"", &["VIP", "Blog"]);
    check("\"2026 fair, London\"", &["2026 fair, London"]);
    check("[\"vip\",\"newsletter\"]", &["vip", "newsletter"]);
    check("says \"hi\"", &["says \"hi\""]);
    check("\"open, next", &["\"open", "next"]);
    assert_eq!(read_tags("[\"vip\"").unwrap_err().code, "not_json");
    let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
    assert_eq!(read_tags(&many.join(",")).unwrap_err().code, "too_many_tags");
}

#[test]
fn nothing_runs_in_the_file_of_refused_records() {
    assert_eq!(quoted("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
    assert_eq!([quoted("plain"), quoted("-1"), quoted("a,b")], ["plain", "\"'-1\"", "\"a,b\""]);
}

//! Checks that each address has one normal form however it is written, and that what nobody can
//! send to is refused.

use proptest::prelude::*;

use super::*;

fn email(text: &str) -> Address {
    Address::parse(Channel::Email, text).unwrap()
}
fn hasher(values: &[&str]) -> AddressHasher {
    let values: Vec<Vec<u8>> = values.iter().map(|it| it.as_bytes().to_vec()).collect();
    AddressHasher::new(&values).unwrap()
}

#[test]
fn a_mailbox_is_the_same_however_it_is_written() {
    let ana = email("ana@example.com");
    for spelling in ["Ana@Example.com", " ANA@EXAMPLE.COM ", "ana@example。com", "ana@ｅxample.com"]
    {
        assert!(email(spelling).is_same_address(&ana), "{spelling}");
        assert_eq!(hasher(&["k"]).key_of(&email(spelling)), hasher(&["k"]).key_of(&ana));
    }
    for other in
        ["ana+x@example.com", "a.na@example.com", "ana@example.org", "ana@mail.example.com"]
    {
        assert!(!email(other).is_same_address(&ana), "{other}");
    }
    assert_eq!(email("Ana@Example.COM").expose(), "Ana@example.com", "the mailbox as written");
}

#[test]
fn a_domain_of_other_letters_is_taken_and_has_one_form() {
    let bucher = email("info@bücher.example");
    assert_eq!(bucher.expose(), "info@xn--bcher-kva.example");
    for spelling in
        ["info@BÜCHER.example", "info@bu\u{308}cher.example", "info@xn--bcher-kva.example"]
    {
        assert!(email(spelling).is_same_address(&bucher), "{spelling}");
    }
    for (spelling, ascii) in [
        ("a@例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("a@президент.рф", "xn--d1abbgf6aiiy.xn--p1ai"),
    ] {
        assert_eq!(email(spelling).expose(), format!("a@{ascii}"));
    }
}

#[test]
fn a_mailbox_of_other_letters_is_kept_and_no_provider_sends_to_it() {
    for (text, sendable) in
        [("josé@example.com", false), ("用户@例え.テスト", false), ("jose@bücher.example", true)]
    {
        assert_eq!(Email::parse(text).unwrap().is_sendable(), sendable, "{text}");
    }
    assert!(email("JOSE\u{301}@example.com").is_same_address(&email("josé@example.com")));
}

#[test]
fn an_address_that_cannot_be_sent_to_is_refused() {
    let long_mailbox = format!("{}@x.com", "a".repeat(65));
    let long_label = format!("a@{}.com", "b".repeat(64));
    let long = format!("a@{}com", "bcdefghij.".repeat(30));
    for bad in [
        "mailto:a@x.com",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@[IPv6:::1]",
        "a\\b@x.com",
        "a@-x.com",
        "a@x-.com",
        "a@x..com",
        "a@.com",
        "a@x.com.",
        "a@com",
        "a@x.123",
        "@x.com",
        "a@",
        "a",
        "",
        ".a@x.com",
        "a.@x.com",
        "a..b@x.com",
        "Ana <a@x.com>",
        "<a@x.com>",
        "\"a b\"@x.com",
        "\"a\"@x.com",
        "a b@x.com",
        "a@x com",
        "a@x_y.com",
        "a@@x.com",
        "a@b@x.com",
        "a,b@x.com",
        "a;b@x.com",
        "a(b)@x.com",
        "a:b@x.com",
        "a@x.com\r\nBcc: b@y.com",
        "a\u{0}@x.com",
        "a\u{200b}b@x.com",
        "a\u{a0}b@x.com",
        "a@xn--zzzzzz-.com",
        "a@x.com?subject=hi",
        "a@x.com/b",
        "a%40x.com",
        &long_mailbox,
        &long_label,
        &long,
    ] {
        assert!(Email::parse(bad).is_err(), "{bad}");
    }
    for good in [
        "a@x.com",
        "o'neil+tag@sub.example.co.uk",
        "a/b=c@x.com",
        "1@2.com",
        "a@r3---sn.example",
        "A_b-c@x-y.museum",
    ] {
        assert!(Email::parse(good).is_ok(), "{good}");
    }
}

#[test]
fn another_address_channel_or_secret_gives_another_key_that_does_not_show_it() {
    let phone = Address::parse(Channel::Sms, "+34600000001").unwrap();
    let other = Address::parse(Channel::Sms, "+34600000002").unwrap();
    let seen = [
        hasher(&["k"]).key_of(&phone),
        hasher(&["k"]).key_of(&other),
        hasher(&["other"]).key_of(&phone),
        hasher(&["k"]).key_of(&email("a34600000001@example.com")),
    ];
    for (index, one) in seen.iter().enumerate() {
        assert_eq!(AddressKey::parse(one.as_str()).as_ref(), Ok(one));
        assert!(!one.as_str().contains("600000001"));
        assert!(seen.iter().skip(index + 1).all(|other| other != one));
    }
    assert!(AddressHasher::new(&[]).is_none());
    for bad in ["", "0123", "0123456789ABCDEF0123456789ABCDEF", "g123456789abcdef0123456789abcdef"]
    {
        assert!(AddressKey::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_rotated_secret_gives_the_same_keys() {
    let address = email("ana@example.com");
    assert_eq!(hasher(&["new", "old"]).key_of(&address), hasher(&["old"]).key_of(&address));
}

proptest! {
    #[test]
    fn what_was_parsed_is_parsed_again_as_it_is(text in "[a-zA-Z0-9.+é\u{301}]{1,12}@[a-zA-Z0-9.üß-]{1,16}\\.[a-zA-Z]{2,6}") {
        if let Ok(once) = Email::parse(&text) {
            prop_assert_eq!(Email::parse(once.expose()), Ok(once.clone()));
            prop_assert!(email(&text).is_same_address(&email(once.expose())));
        }
    }

    #[test]
    fn a_number_in_its_common_form_stays_so(digits in "[1-9][0-9]{6,14}") {
        let once = Address::parse(Channel::Sms, &format!("+{digits}")).unwrap().normal_form();
        let again = Address::parse(Channel::Sms, &once).map(|it| it.normal_form());
        prop_assert_eq!(again.as_ref(), Ok(&once));
    }

    #[test]
    fn no_text_of_any_kind_breaks_the_parsers(text in "\\PC{0,40}") {
        for channel in Channel::ALL {
            if let Ok(address) = Address::parse(channel, &text) {
                prop_assert!(!address.expose().contains(char::is_whitespace));
            }
        }
    }
}

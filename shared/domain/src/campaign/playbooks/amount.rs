//! Round amounts that are worth something in every currency.
//!
//! An exponent says how many minor units make a unit, not what a unit buys: 500 is a small treat in
//! yen and nothing in dong. So each currency has a step of about one euro's worth, which is 1, 2 or
//! 5 followed by zeros. Exchange rates change; a draft that an operator reads needs only the right
//! number of zeros.

use crate::kernel::money::{Currency, MinorUnits, Money};

/// Returns a round amount of `currency` worth about so many euros.
pub(super) fn round_amount(euros: i64, currency: Currency) -> Money {
    let minor_per_unit = 10i64.pow(currency.exponent());
    let minor = euros * thousandths_per_euro(currency) * minor_per_unit / 1_000;
    Money::new(MinorUnits::new(minor).unwrap_or(MinorUnits::ZERO), currency)
}

/// Returns the thousandths of a unit that buy about as much as one euro. An unlisted currency
/// counts as worth about a euro, or a hundredth of a euro if it has no smaller unit.
fn thousandths_per_euro(currency: Currency) -> i64 {
    match currency.as_str() {
        "BHD" | "KWD" | "OMR" => 500,
        "AUD" | "AWG" | "AZN" | "BAM" | "BBD" | "BGN" | "BND" | "BZD" | "CAD" | "FJD" | "GEL"
        | "NZD" | "SGD" | "TOP" | "WST" | "XCD" => 2_000,
        "AED" | "BRL" | "BYN" | "ILS" | "LYD" | "MYR" | "PEN" | "PGK" | "PLN" | "QAR" | "RON"
        | "SAR" | "TMT" | "TND" => 5_000,
        "BOB" | "CNY" | "DKK" | "GHS" | "GTQ" | "HKD" | "MAD" | "MOP" | "NOK" | "SBD" | "SEK"
        | "TJS" | "TTD" | "UYI" => 10_000,
        "BWP" | "CUP" | "CZK" | "ERN" | "HNL" | "LSL" | "MDL" | "MVR" | "MXN" | "NAD" | "SCR"
        | "SLE" | "STN" | "SZL" | "ZAR" | "ZMW" | "ZWG" => 20_000,
        "EGP" | "MKD" | "MRU" | "MUR" | "NIO" | "PHP" | "SRD" | "THB" | "TRY" | "TWD" | "UAH"
        | "UYU" => 50_000,
        "AFN" | "ALL" | "BDT" | "BTN" | "CVE" | "DOP" | "GMD" | "HTG" | "INR" | "ISK" | "KGS"
        | "MZN" | "RSD" | "RUB" | "VUV" | "XPF" => 100_000,
        "DJF" | "DZD" | "ETB" | "GYD" | "JMD" | "JPY" | "KES" | "LRD" | "NPR" | "VED" | "VES" => {
            200_000
        }
        "AMD" | "CRC" | "HUF" | "KMF" | "KZT" | "LKR" | "PKR" | "SDG" | "SOS" | "XAF" | "XOF"
        | "YER" => 500_000,
        "AOA" | "CLP" | "KPW" => 1_000_000,
        "ARS" | "CDF" | "IQD" | "KRW" | "MMK" | "MWK" | "NGN" | "RWF" | "TZS" => 2_000_000,
        "BIF" | "COP" | "KHR" | "MGA" | "MNT" | "SSP" | "UGX" => 5_000_000,
        "GNF" | "PYG" | "SYP" | "UZS" => 10_000_000,
        "IDR" | "LAK" | "VND" => 20_000_000,
        "LBP" => 100_000_000,
        "IRR" => 1_000_000_000,
        _ if currency.exponent() == 0 => 100_000,
        _ => 1_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, euros: i64, expected: &str) {
        assert_eq!(round_amount(euros, Currency::parse(code).unwrap()).to_string(), expected);
    }

    #[test]
    fn an_amount_is_round_and_has_the_right_number_of_zeros() {
        check("EUR", 5, "5.00 EUR");
        check("USD", 20, "20.00 USD");
        check("GBP", 300, "300.00 GBP");
        check("JPY", 5, "1000 JPY");
        check("KRW", 5, "10000 KRW");
        check("VND", 5, "100000 VND");
        check("IDR", 5, "100000.00 IDR");
        check("KWD", 5, "2.500 KWD");
        check("JOD", 5, "5.000 JOD");
        check("IQD", 5, "10000.000 IQD");
        check("INR", 5, "500.00 INR");
        check("HUF", 20, "10000.00 HUF");
    }

    /// Units for a euro, at the rates of some year: a step may be off by less than a factor of two.
    #[test]
    fn a_step_is_near_what_a_euro_buys() {
        for (code, thousandths) in [
            ("EUR", 1_000),
            ("USD", 1_100),
            ("GBP", 850),
            ("CHF", 950),
            ("JPY", 160_000),
            ("KWD", 340),
            ("BHD", 410),
            ("TND", 3_350),
            ("PLN", 4_300),
            ("SEK", 11_300),
            ("MXN", 20_000),
            ("INR", 92_000),
            ("HUF", 400_000),
            ("CLP", 1_020_000),
            ("KRW", 1_480_000),
            ("COP", 4_500_000),
            ("PYG", 8_200_000),
            ("IDR", 17_500_000),
            ("VND", 27_500_000),
        ] {
            let step = thousandths_per_euro(Currency::parse(code).unwrap());
            assert!(
                step < 2 * thousandths && thousandths < 2 * step,
                "{code}: {step} for {thousandths}"
            );
        }
    }
}

//! Guesses the meaning of a column by its name.

use domain::kernel::channel::Channel;

use super::ImportKind;
use crate::{cells::choices::Meaning, target::Target};

/// Words in the names of columns whose content nobody may read.
const SECRETS: [&str; 8] =
    ["password", "passwd", "user_pass", "token", "_hash", "secret", "api_key", "card_number"];

pub(super) fn is_secret(column: &str) -> bool {
    let column = column.to_lowercase();
    SECRETS.iter().any(|word| column.contains(word))
}

/// Returns the name without case, spaces, dashes and the note by which Stripe marks its metadata.
fn normal_name(column: &str) -> String {
    let column = column.to_lowercase().replace("(metadata)", "");
    column.chars().filter(|c| c.is_alphanumeric()).collect()
}

pub(super) fn guess(column: &str, kind: ImportKind) -> Target {
    let name = normal_name(column);
    let guessed = match kind {
        ImportKind::Customers => guess_customer(&name),
        ImportKind::Orders => guess_order(&name).or_else(|| guess_customer(&name)),
        ImportKind::Suppressions => guess_suppression(&name).or_else(|| guess_customer(&name)),
        ImportKind::Merchants => guess_merchant(&name),
        ImportKind::Verticals | ImportKind::Categories => guess_names(&name),
    };
    guessed.unwrap_or(Target::Unknown)
}

fn guess_merchant(name: &str) -> Option<Target> {
    Some(match name {
        "id" | "merchantid" | "merchant" | "storeid" | "vendorid" | "sellerid" | "externalid" => {
            Target::Id
        }
        "name" | "merchantname" | "storename" | "title" => Target::Name,
        "brand" | "chain" => Target::Brand,
        "vertical" | "verticals" => Target::Verticals,
        "category" | "categories" => Target::Categories,
        "tags" | "tag" | "labels" => Target::Tags,
        "places" | "locations" => Target::Places,
        "placename" | "branch" => Target::PlaceName,
        "city" | "town" => Target::City,
        "latitude" | "lat" => Target::Latitude,
        "longitude" | "lon" | "lng" | "long" => Target::Longitude,
        "coordinates" => Target::Coordinates,
        "timezone" | "zone" | "tz" => Target::Zone,
        "openedon" | "opened" | "openedat" | "openingdate" | "opendate" => Target::OpenedOn,
        _ => return None,
    })
}

fn guess_names(name: &str) -> Option<Target> {
    Some(match name {
        "id" | "key" | "code" | "slug" | "vertical" | "category" => Target::Id,
        "locale" | "language" | "lang" => Target::Locale,
        "name" | "title" | "label" => Target::Name,
        "names" => Target::Names,
        _ => return None,
    })
}

fn guess_order(name: &str) -> Option<Target> {
    Some(match name {
        "id" | "orderid" => Target::OrderId,
        "number" | "ordernumber" | "name" => Target::OrderNumber,
        "customerid" | "userid" => Target::Id,
        "total" | "ordertotal" | "amount" | "totalprice" | "grandtotal" => Target::Total,
        "placedat" | "orderdate" | "createdat" | "date" | "orderedat" => Target::PlacedAt,
        "cancelledat" | "canceledat" => Target::CancelledAt,
        "refunded" | "refundedamount" | "refundamount" => Target::Refunded,
        "status" | "orderstatus" => Target::OrderStatus,
        _ => return None,
    })
}

fn guess_suppression(name: &str) -> Option<Target> {
    Some(match name {
        "reason" | "suppressionreason" | "type" => Target::Suppressed,
        "at" | "date" | "created" | "createdat" | "suppressedat" => Target::SuppressedAt,
        _ => return None,
    })
}

fn guess_customer(name: &str) -> Option<Target> {
    Some(match name {
        "id" | "customerid" | "userid" | "externalid" | "clientid" => Target::Id,
        "email" | "emailaddress" | "mail" | "useremail" => Target::Email,
        "phone" | "phonenumber" | "mobile" | "mobilephone" | "telephone" | "msisdn" => {
            Target::Phone
        }
        "firstname" | "givenname" | "forename" => Target::FirstName,
        "lastname" | "surname" | "familyname" => Target::LastName,
        "name" | "fullname" | "displayname" => Target::FullName,
        "country" | "countrycode" | "countryregion" => Target::Country,
        "locale" | "language" | "lang" => Target::Locale,
        "timezone" | "zone" | "tz" => Target::Zone,
        "currency" | "currencycode" => Target::Currency,
        "createdat" | "created" | "signedup" | "signedupat" | "signupdate" | "registeredat" => {
            Target::SignedUp
        }
        "birthday" | "dateofbirth" | "dob" | "birthdate" => Target::Birthday,
        "tags" | "tag" | "labels" => Target::Tags,
        "city" | "town" | "defaultaddresscity" => Target::City,
        "latitude" | "lat" => Target::Latitude,
        "longitude" | "lon" | "lng" => Target::Longitude,
        "totalspent" | "totalspend" | "revenue" | "totalrevenue" => Target::Amount,
        "orderscount" | "totalorders" | "orders" => Target::Number,
        name if name.ends_with("points") => Target::Number,
        name => return guess_consent(name),
    })
}

fn guess_consent(name: &str) -> Option<Target> {
    let channel = [("sms", Channel::Sms), ("push", Channel::Push), ("email", Channel::Email)];
    let found = channel.iter().find(|(word, _)| name.contains(word));
    let (word, channel) = found.copied().unwrap_or(("", Channel::Email));
    let rest = name.replace(word, "");
    let positive = Target::Choice(channel, Meaning::Positive);
    Some(match rest.as_str() {
        "acceptsmarketing" | "optin" | "optedin" | "consent" | "marketingconsent" | "marketing"
        | "marketingoptin" | "acceptsnewsletter" => positive,
        "subscribed" | "subscribe" if !word.is_empty() => positive,
        "optinat"
        | "consentat"
        | "consenttimestamp"
        | "optintime"
        | "consenttime"
        | "marketingconsenttimestamp"
        | "marketingconsentat" => Target::ChoiceAt(channel),
        "optout" | "optedout" | "unsubscribed" | "unsubscribe" | "unsubscribedfromall" => {
            Target::Choice(channel, Meaning::Negative)
        }
        "unsubscribedat" | "optoutat" | "optedoutat" => Target::NoAt(channel),
        _ => return None,
    })
}

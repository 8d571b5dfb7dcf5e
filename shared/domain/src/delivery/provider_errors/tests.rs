//! Tests of the sorting of provider errors against the table of `docs/provider-errors.md`, which says
//! for each row what a person reads in the provider's documentation.

use super::*;

const DOCUMENT: &str = include_str!("../../../../../docs/provider-errors.md");

/// A row of the document: the names of the calls, the code, the detail and the fault in words.
struct DocumentedRow<'a> {
    calls: Vec<ProviderCall>,
    code: &'a str,
    detail: &'a str,
    fault: &'a str,
}

fn unquoted(cell: &str) -> &str {
    cell.trim().trim_matches('`')
}

/// Returns the first four cells of each row about an error.
fn documented_cells() -> impl Iterator<Item = [&'static str; 4]> {
    let rows = DOCUMENT.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| ")?.split(" | ").take(4).collect();
        <[&str; 4]>::try_from(cells).ok()
    });
    rows.filter(|[.., fault]| {
        fault.starts_with("ours: ") || fault.starts_with("theirs: ") || *fault == "unclear"
    })
}

fn documented_rows() -> Vec<DocumentedRow<'static>> {
    let rows = documented_cells().map(|[calls, code, detail, fault]| {
        let named = |call: &ProviderCall| calls == "all" || calls.contains(call.name());
        DocumentedRow {
            calls: ProviderCall::ALL.into_iter().filter(named).collect(),
            code: unquoted(code).trim_start_matches("any code"),
            detail,
            fault,
        }
    });
    rows.collect()
}

fn described(fault: ErrorFault) -> String {
    match fault {
        ErrorFault::Ours(fault) => format!("ours: `{}`", fault.code()),
        ErrorFault::Theirs(refusal) => format!("theirs: `{}`", refusal.code()),
        ErrorFault::Unclear => "unclear".to_owned(),
    }
}

fn detail_words(detail: Detail) -> String {
    match detail {
        Detail::Any => "any other".to_owned(),
        Detail::Text(text) => format!("text `{text}`"),
        Detail::Reason(reason) => format!("reason `{reason}`"),
        Detail::Field(reason, field) => format!("reason `{reason}`, field `{field}`"),
        Detail::Named(field) => format!("field `{field}`"),
    }
}

/// Returns the reason and the text that a documented detail stands for.
fn sample(detail: &str) -> (Option<String>, Option<String>) {
    let quoted: Vec<&str> = detail.split('`').skip(1).step_by(2).collect();
    let text = |text: &str| Some(format!("Said of it: {}.", text.to_ascii_uppercase()));
    match (quoted.as_slice(), detail.split(' ').next()) {
        ([reason, field], Some("reason")) => (Some((*reason).to_owned()), text(field)),
        ([reason], Some("reason")) => (Some((*reason).to_owned()), None),
        ([said], Some("text")) => (None, text(said)),
        ([field], Some("field")) => (Some("FIELD_VALIDATION_FAILED".to_owned()), text(field)),
        ([], Some("any")) => (None, None),
        (other, _) => panic!("an unreadable detail: {other:?} in {detail}"),
    }
}

#[test]
fn each_documented_error_is_sorted_as_its_row_says() {
    let rows = documented_rows();
    assert!(rows.len() > 100, "only {} rows were read", rows.len());
    for row in rows {
        assert!(!row.calls.is_empty(), "no call of {} {}", row.code, row.detail);
        for call in row.calls {
            let (reason, text) = sample(row.detail);
            let error = ProviderError {
                call,
                status: 400,
                code: row.code,
                reason: reason.as_deref(),
                text: text.as_deref(),
            };
            let found = described(sort_error(&error));
            assert_eq!(found, row.fault, "{} {} {}", call.name(), row.code, row.detail);
        }
    }
}

#[test]
fn the_document_has_the_rows_of_the_code_and_no_others() {
    let line = |row: &ErrorRow| {
        let names: Vec<&str> = row.calls.iter().map(|call| call.name()).collect();
        let calls = if names.len() == 4 { "all".to_owned() } else { names.join("; ") };
        let code =
            if row.code.is_empty() { "any code".to_owned() } else { format!("`{}`", row.code) };
        format!("| {calls} | {code} | {} | {} |", detail_words(row.detail), described(row.fault))
    };
    let expected: Vec<String> = ROWS.iter().copied().flatten().map(line).collect();
    let written: Vec<String> =
        documented_cells().map(|cells| format!("| {} |", cells.join(" | "))).collect();
    assert_eq!(written, expected, "\n{}\n", expected.join("\n"));
}

fn check(call: ProviderCall, status: u16, code: &str, text: Option<&str>, expected: ErrorFault) {
    let error = ProviderError { call, status, code, reason: None, text };
    assert_eq!(sort_error(&error), expected, "{error:?}");
}

#[test]
fn an_error_that_no_row_knows_is_judged_by_its_status() {
    let theirs = ErrorFault::Theirs(ProviderRefusal::Rejected);
    for call in ProviderCall::ALL {
        check(call, 429, "Slow", None, ErrorFault::Ours(SenderFault::Throttled));
        check(call, 403, "Never", None, ErrorFault::Ours(SenderFault::AccessDenied));
        check(call, 401, "", None, ErrorFault::Ours(SenderFault::AccessDenied));
        check(call, 422, "Strange", Some("strange"), theirs);
        check(call, 500, "Broken", None, ErrorFault::Unclear);
        check(call, 302, "", None, ErrorFault::Unclear);
    }
}

#[test]
fn the_text_of_ses_tells_a_sender_that_is_not_verified_from_content() {
    let text = "Email address is not verified. The following identities failed the check in region \
                EU-CENTRAL-1: shop@example.com";
    let identity = ErrorFault::Ours(SenderFault::IdentityNotVerified);
    check(ProviderCall::SendEmail, 400, "MessageRejected", Some(text), identity);
    let paused = "Sending paused for this account. For more information, please check the inbox of \
                  the email address associated with your AWS account.";
    let pause = ErrorFault::Ours(SenderFault::SendingPaused);
    check(ProviderCall::SendEmail, 400, "MessageRejected", Some(paused), pause);
    let set = "Sending paused for configuration set <shop-email>.";
    check(ProviderCall::SendEmail, 400, "MessageRejected", Some(set), pause);
    let suspended = "Sending suspended for this account.";
    let suspension = ErrorFault::Ours(SenderFault::AccountSuspended);
    check(ProviderCall::SendEmail, 400, "MessageRejected", Some(suspended), suspension);
    let theirs = ErrorFault::Theirs(ProviderRefusal::Rejected);
    check(ProviderCall::SendEmail, 400, "MessageRejected", Some("virus found"), theirs);
    // a text of SES says nothing about a push
    check(ProviderCall::PublishPush, 400, "InvalidParameter", Some(text), theirs);
}

/// SES names no field: the text is the same for the sender, the reply address and the customer's.
#[test]
fn a_malformed_address_in_an_email_marks_no_customer() {
    let rejected = ErrorFault::Theirs(ProviderRefusal::Rejected);
    for text in [
        "Illegal address",
        "Domain contains illegal character",
        "Domain contains dot-dot",
        "Local address contains control or whitespace",
        "Invalid domain name: 'shop_es'.",
        "Non-ASCII characters in the email address: ñandú@shop.es",
    ] {
        check(ProviderCall::SendEmail, 400, "BadRequestException", Some(text), rejected);
    }
    let sender = ErrorFault::Ours(SenderFault::ConfigurationMissing);
    let text = Some("Missing final '@domain'");
    check(ProviderCall::SendEmail, 400, "BadRequestException", text, sender);
}

#[test]
fn a_field_of_our_settings_is_no_fault_of_the_customer() {
    let sorted = |reason: &str, fields: &str| {
        sort_error(&ProviderError {
            call: ProviderCall::SendTextMessage,
            status: 400,
            code: "ValidationException",
            reason: Some(reason),
            text: Some(fields),
        })
    };
    let (origin, number) = ("OriginationIdentity", "DestinationPhoneNumber");
    let no_origin = ErrorFault::Ours(SenderFault::NoOrigination);
    for reason in ["FIELD_VALIDATION_FAILED", "INVALID_PARAMETER", "OTHER", "NEW_REASON"] {
        assert_eq!(sorted(reason, origin), no_origin, "{reason}");
    }
    // one destination that the identity does not serve stops no other
    let one = ErrorFault::Theirs(ProviderRefusal::NotAllowed);
    for reason in [
        "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY",
        "SENDER_ID_NOT_REGISTERED",
        "SENDER_ID_NOT_SUPPORTED",
        "SENDER_ID_REQUIRES_REGISTRATION",
    ] {
        assert_eq!(sorted(reason, origin), one, "{reason}");
    }
    // a number is marked only where the provider says that it is none
    let invalid = ErrorFault::Theirs(ProviderRefusal::InvalidAddress);
    let rejected = ErrorFault::Theirs(ProviderRefusal::Rejected);
    assert_eq!(sorted("FIELD_VALIDATION_FAILED", number), invalid);
    assert_eq!(sorted("INVALID_PARAMETER", number), rejected);
}

#[test]
fn a_text_is_looked_for_only_in_the_errors_of_its_code() {
    let gone =
        "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified";
    let is_gone = ErrorFault::Theirs(ProviderRefusal::EndpointDisabled);
    check(ProviderCall::PublishPush, 400, "InvalidParameter", Some(gone), is_gone);
    let number = "Invalid parameter: PhoneNumber Reason: +1 is not valid to publish to";
    let is_none = ErrorFault::Theirs(ProviderRefusal::InvalidAddress);
    check(ProviderCall::PublishSms, 400, "InvalidParameterException", Some(number), is_none);
    let body = "Invalid parameter: Message Reason: too long";
    let rejected = ErrorFault::Theirs(ProviderRefusal::Rejected);
    check(ProviderCall::PublishPush, 400, "InvalidParameter", Some(body), rejected);
    check(ProviderCall::PublishPush, 400, "InvalidParameter", None, rejected);
    let throttled = ErrorFault::Ours(SenderFault::Throttled);
    check(ProviderCall::PublishPush, 429, "Throttled", Some(gone), throttled);
}

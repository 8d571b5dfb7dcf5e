//! Whose fault it is that a provider did not take a message: ours, that of the address or the message,
//! or unclear. One row for each documented code, reason and text of the calls that send.
//!
//! The channels' adapters hand over what the provider said. `docs/provider-errors.md` has the same rows
//! with their sources, and a test holds the two together. The more exact row comes first: of a code's
//! rows, those with a text or a reason before the one for all others.

use super::sender_fault::SenderFault;
use crate::voucher::attempt::ProviderRefusal;

/// A call that sends a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderCall {
    /// `SendEmail` of SES, version 2.
    SendEmail,
    /// `Publish` of SNS to a phone number.
    PublishSms,
    /// `Publish` of SNS to a device's endpoint.
    PublishPush,
    /// `SendTextMessage` of End User Messaging.
    SendTextMessage,
}

impl ProviderCall {
    pub const ALL: [ProviderCall; 4] = [
        ProviderCall::SendEmail,
        ProviderCall::PublishSms,
        ProviderCall::PublishPush,
        ProviderCall::SendTextMessage,
    ];

    /// Returns the call's name in `docs/provider-errors.md`.
    pub fn name(self) -> &'static str {
        match self {
            ProviderCall::SendEmail => "SES SendEmail",
            ProviderCall::PublishSms => "SNS Publish, SMS",
            ProviderCall::PublishPush => "SNS Publish, push",
            ProviderCall::SendTextMessage => "SendTextMessage",
        }
    }
}

/// A provider's error, as its SDK reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderError<'a> {
    pub call: ProviderCall,
    /// The HTTP status.
    pub status: u16,
    pub code: &'a str,
    /// The member `Reason` of End User Messaging.
    pub reason: Option<&'a str>,
    /// The message, and the names of the fields that End User Messaging complains of.
    pub text: Option<&'a str>,
}

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorFault {
    /// The sender's: nothing was sent, and nothing is wrong with the customer.
    Ours(SenderFault),
    /// The address's, or the message's for this address: final on this channel.
    Theirs(ProviderRefusal),
    /// The message may be on its way.
    Unclear,
}

/// The part of an error that a row asks for beside its code.
#[derive(Debug, Clone, Copy)]
enum Detail {
    Any,
    /// The message contains this text, in lower case.
    Text(&'static str),
    Reason(&'static str),
    /// The reason, and a field's name in the text.
    Field(&'static str, &'static str),
    /// A field's name in the text, whatever the reason.
    Named(&'static str),
}

struct ErrorRow {
    calls: &'static [ProviderCall],
    /// The code; empty where the text is documented without one.
    code: &'static str,
    detail: Detail,
    fault: ErrorFault,
}

impl ErrorRow {
    fn matches(&self, error: &ProviderError<'_>) -> bool {
        let says =
            |text: &str| error.text.is_some_and(|found| found.to_ascii_lowercase().contains(text));
        let detail = match self.detail {
            Detail::Any => true,
            Detail::Text(text) => says(text),
            Detail::Reason(reason) => error.reason == Some(reason),
            Detail::Field(reason, field) => error.reason == Some(reason) && says(field),
            Detail::Named(field) => says(field),
        };
        let code = self.code.is_empty() || self.code == error.code;
        self.calls.contains(&error.call) && code && detail
    }
}

/// Returns whose fault an error is. An error that no row knows is judged by its status: too many
/// requests and no permission are ours, other refusals are the message's, and the rest is unclear.
pub fn sort_error(error: &ProviderError<'_>) -> ErrorFault {
    if let Some(row) = ROWS.iter().copied().flatten().find(|row| row.matches(error)) {
        return row.fault;
    }
    match error.status {
        429 => ErrorFault::Ours(SenderFault::Throttled),
        401 | 403 => ErrorFault::Ours(SenderFault::AccessDenied),
        400..=499 => ErrorFault::Theirs(ProviderRefusal::Rejected),
        _ => ErrorFault::Unclear,
    }
}

const ROWS: [&[ErrorRow]; 4] = [&SES, &SNS, &END_USER_MESSAGING, &COMMON];

const EMAIL: &[ProviderCall] = &[ProviderCall::SendEmail];
const SMS: &[ProviderCall] = &[ProviderCall::PublishSms];
const PUSH: &[ProviderCall] = &[ProviderCall::PublishPush];
const PUBLISH: &[ProviderCall] = &[ProviderCall::PublishSms, ProviderCall::PublishPush];
const TEXT: &[ProviderCall] = &[ProviderCall::SendTextMessage];

const fn ours(
    calls: &'static [ProviderCall],
    code: &'static str,
    detail: Detail,
    fault: SenderFault,
) -> ErrorRow {
    ErrorRow { calls, code, detail, fault: ErrorFault::Ours(fault) }
}

const fn theirs(
    calls: &'static [ProviderCall],
    code: &'static str,
    detail: Detail,
    refusal: ProviderRefusal,
) -> ErrorRow {
    ErrorRow { calls, code, detail, fault: ErrorFault::Theirs(refusal) }
}

const fn unclear(calls: &'static [ProviderCall], code: &'static str) -> ErrorRow {
    ErrorRow { calls, code, detail: Detail::Any, fault: ErrorFault::Unclear }
}

use Detail::{Any, Field, Named, Reason, Text};
use ProviderRefusal::{EndpointDisabled, InvalidAddress, NotAllowed, OptedOut, Rejected};
use SenderFault as Fault;

const SES: [ErrorRow; 26] = [
    ours(EMAIL, "", Text("email address is not verified"), Fault::IdentityNotVerified),
    ours(EMAIL, "", Text("mail from domain is not verified"), Fault::IdentityNotVerified),
    ours(EMAIL, "", Text("customer is suspended"), Fault::AccountSuspended),
    ours(EMAIL, "", Text("sending suspended"), Fault::AccountSuspended),
    ours(EMAIL, "", Text("sending paused"), Fault::SendingPaused),
    ours(EMAIL, "", Text("configuration set does not exist"), Fault::ConfigurationMissing),
    ours(EMAIL, "", Text("daily message quota exceeded"), Fault::DailyQuota),
    ours(EMAIL, "", Text("maximum sending rate exceeded"), Fault::Throttled),
    theirs(EMAIL, "", Text("there are no recipients specified"), Rejected),
    theirs(EMAIL, "", Text("non-ascii characters in the email address"), Rejected),
    ours(EMAIL, "", Text("missing final '@domain'"), Fault::ConfigurationMissing),
    theirs(EMAIL, "", Text("illegal address"), Rejected),
    theirs(EMAIL, "", Text("local address contains"), Rejected),
    theirs(EMAIL, "", Text("domain contains"), Rejected),
    theirs(EMAIL, "", Text("invalid domain"), Rejected),
    ours(EMAIL, "AccountSuspendedException", Any, Fault::AccountSuspended),
    ours(EMAIL, "SendingPausedException", Any, Fault::SendingPaused),
    ours(EMAIL, "MailFromDomainNotVerifiedException", Any, Fault::IdentityNotVerified),
    theirs(EMAIL, "MessageRejected", Any, Rejected),
    ours(EMAIL, "NotFoundException", Any, Fault::ConfigurationMissing),
    ours(EMAIL, "ConfigurationSetDoesNotExist", Any, Fault::ConfigurationMissing),
    theirs(EMAIL, "BadRequestException", Any, Rejected),
    ours(EMAIL, "LimitExceededException", Any, Fault::DailyQuota),
    ours(EMAIL, "TooManyRequestsException", Any, Fault::Throttled),
    unclear(EMAIL, "InternalServiceErrorException"),
    theirs(EMAIL, "InvalidParameterValue", Any, Rejected),
];

const SNS: [ErrorRow; 33] = [
    theirs(PUBLISH, "OptedOut", Any, OptedOut),
    theirs(PUBLISH, "OptedOutException", Any, OptedOut),
    theirs(SMS, "InvalidParameter", Text("phonenumber reason"), InvalidAddress),
    theirs(SMS, "InvalidParameterException", Text("phonenumber reason"), InvalidAddress),
    theirs(SMS, "ParameterValueInvalid", Text("phonenumber reason"), InvalidAddress),
    theirs(PUSH, "InvalidParameter", Text("no endpoint found"), EndpointDisabled),
    theirs(PUSH, "InvalidParameterException", Text("no endpoint found"), EndpointDisabled),
    theirs(PUSH, "ParameterValueInvalid", Text("no endpoint found"), EndpointDisabled),
    theirs(PUSH, "", Text("does not belong to the user"), Rejected),
    theirs(PUSH, "", Text("target arn is invalid"), Rejected),
    theirs(PUSH, "", Text("message format is invalid"), Rejected),
    theirs(PUSH, "", Text("message size is larger than supported"), Rejected),
    theirs(PUBLISH, "InvalidParameter", Any, Rejected),
    theirs(PUBLISH, "InvalidParameterException", Any, Rejected),
    theirs(PUBLISH, "ParameterValueInvalid", Any, Rejected),
    theirs(PUBLISH, "ValidationException", Any, Rejected),
    theirs(PUSH, "EndpointDisabled", Any, EndpointDisabled),
    theirs(PUSH, "EndpointDisabledException", Any, EndpointDisabled),
    ours(PUSH, "PlatformApplicationDisabled", Any, Fault::PlatformDisabled),
    ours(PUSH, "PlatformApplicationDisabledException", Any, Fault::PlatformDisabled),
    ours(PUSH, "NotFound", Text("platformapplication"), Fault::PlatformDisabled),
    theirs(PUSH, "NotFound", Any, EndpointDisabled),
    ours(SMS, "NotFound", Any, Fault::ConfigurationMissing),
    ours(PUBLISH, "AuthorizationError", Any, Fault::AccessDenied),
    ours(PUBLISH, "InvalidSecurity", Any, Fault::CredentialsRefused),
    unclear(PUBLISH, "InternalError"),
    ours(PUBLISH, "Throttled", Any, Fault::Throttled),
    ours(PUBLISH, "KMSDisabled", Any, Fault::KeyUnusable),
    ours(PUBLISH, "KMSInvalidState", Any, Fault::KeyUnusable),
    ours(PUBLISH, "KMSNotFound", Any, Fault::KeyUnusable),
    ours(PUBLISH, "KMSAccessDenied", Any, Fault::KeyUnusable),
    ours(PUBLISH, "KMSOptInRequired", Any, Fault::KeyUnusable),
    ours(PUBLISH, "KMSThrottling", Any, Fault::Throttled),
];

const ACCESS: &str = "AccessDeniedException";
const CONFLICT: &str = "ConflictException";
const INVALID: &str = "ValidationException";
const QUOTA: &str = "ServiceQuotaExceededException";

const END_USER_MESSAGING: [ErrorRow; 55] = [
    ours(TEXT, ACCESS, Reason("INSUFFICIENT_ACCOUNT_REPUTATION"), Fault::AccountSuspended),
    ours(TEXT, ACCESS, Reason("ACCOUNT_DISABLED"), Fault::AccountSuspended),
    theirs(TEXT, CONFLICT, Reason("DESTINATION_PHONE_NUMBER_OPTED_OUT"), OptedOut),
    ours(TEXT, CONFLICT, Reason("DESTINATION_PHONE_NUMBER_NOT_VERIFIED"), Fault::Sandbox),
    theirs(
        TEXT,
        CONFLICT,
        Reason("DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION"),
        NotAllowed,
    ),
    theirs(
        TEXT,
        CONFLICT,
        Reason("DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE"),
        NotAllowed,
    ),
    theirs(TEXT, CONFLICT, Reason("NO_ORIGINATION_IDENTITIES_FOUND"), NotAllowed),
    ours(TEXT, CONFLICT, Reason("MESSAGE_TYPE_MISMATCH"), Fault::NoOrigination),
    ours(TEXT, CONFLICT, Reason("NUMBER_CAPABILITIES_MISMATCH"), Fault::NoOrigination),
    theirs(TEXT, CONFLICT, Reason("PHONE_NUMBER_NOT_IN_REGISTRATION_REGION"), NotAllowed),
    ours(TEXT, CONFLICT, Reason("KEYWORD_MISMATCH"), Fault::ConfigurationMissing),
    ours(TEXT, CONFLICT, Reason("OPT_OUT_LIST_MISMATCH"), Fault::ConfigurationMissing),
    ours(TEXT, CONFLICT, Reason("SELF_MANAGED_OPT_OUTS_MISMATCH"), Fault::ConfigurationMissing),
    ours(TEXT, CONFLICT, Reason("TWO_WAY_CONFIG_MISMATCH"), Fault::ConfigurationMissing),
    ours(TEXT, CONFLICT, Reason("REGISTRATION_NOT_COMPLETE"), Fault::NoOrigination),
    ours(TEXT, CONFLICT, Reason("RESOURCE_NOT_ACTIVE"), Fault::NoOrigination),
    theirs(TEXT, CONFLICT, Any, Rejected),
    theirs(
        TEXT,
        INVALID,
        Field("FIELD_VALIDATION_FAILED", "destinationphonenumber"),
        InvalidAddress,
    ),
    theirs(TEXT, INVALID, Reason("MAXIMUM_SIZE_EXCEEDED"), Rejected),
    theirs(TEXT, INVALID, Reason("PRICE_OVER_THRESHOLD"), NotAllowed),
    theirs(TEXT, INVALID, Reason("DESTINATION_COUNTRY_BLOCKED"), NotAllowed),
    theirs(TEXT, INVALID, Reason("COUNTRY_NOT_ENABLED"), NotAllowed),
    theirs(TEXT, INVALID, Reason("INTERNATIONAL_SENDING_NOT_SUPPORTED"), NotAllowed),
    theirs(TEXT, INVALID, Reason("INVALID_IDENTITY_FOR_DESTINATION_COUNTRY"), NotAllowed),
    theirs(TEXT, INVALID, Reason("COUNTRY_CODE_MISMATCH"), NotAllowed),
    theirs(TEXT, INVALID, Reason("SENDER_ID_NOT_REGISTERED"), NotAllowed),
    theirs(TEXT, INVALID, Reason("SENDER_ID_NOT_SUPPORTED"), NotAllowed),
    theirs(TEXT, INVALID, Reason("SENDER_ID_REQUIRES_REGISTRATION"), NotAllowed),
    ours(TEXT, INVALID, Reason("CHANNEL_NOT_ENABLED"), Fault::ConfigurationMissing),
    ours(TEXT, INVALID, Reason("RESOURCE_NOT_ACCESSIBLE"), Fault::ConfigurationMissing),
    ours(TEXT, INVALID, Reason("INVALID_ARN"), Fault::ConfigurationMissing),
    ours(TEXT, INVALID, Named("originationidentity"), Fault::NoOrigination),
    ours(TEXT, INVALID, Named("configurationsetname"), Fault::ConfigurationMissing),
    ours(TEXT, INVALID, Named("protectconfigurationid"), Fault::ConfigurationMissing),
    ours(TEXT, INVALID, Named("maxprice"), Fault::ConfigurationMissing),
    ours(TEXT, INVALID, Named("destinationcountryparameters"), Fault::ConfigurationMissing),
    theirs(TEXT, INVALID, Reason("FIELD_VALIDATION_FAILED"), Rejected),
    theirs(TEXT, INVALID, Reason("CANNOT_PARSE"), Rejected),
    theirs(TEXT, INVALID, Reason("INVALID_PARAMETER"), Rejected),
    theirs(TEXT, INVALID, Reason("INVALID_REQUEST"), Rejected),
    theirs(TEXT, INVALID, Reason("MISSING_PARAMETER"), Rejected),
    theirs(TEXT, INVALID, Reason("PARAMETERS_CANNOT_BE_USED_TOGETHER"), Rejected),
    theirs(TEXT, INVALID, Reason("UNSPECIFIED_PARAMETER_NOT_SUPPORTED"), Rejected),
    theirs(TEXT, INVALID, Reason("OTHER"), Rejected),
    theirs(TEXT, INVALID, Any, Rejected),
    ours(TEXT, QUOTA, Reason("MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"), Fault::SpendLimit),
    ours(TEXT, QUOTA, Reason("MONTHLY_SPEND_LIMIT_REACHED_FOR_RCS"), Fault::SpendLimit),
    ours(TEXT, QUOTA, Reason("MONTHLY_SPEND_LIMIT_REACHED_FOR_MEDIA"), Fault::SpendLimit),
    ours(TEXT, QUOTA, Reason("MONTHLY_SPEND_LIMIT_REACHED_FOR_NOTIFY"), Fault::SpendLimit),
    ours(TEXT, QUOTA, Reason("DAILY_NOTIFY_TIER_MESSAGE_LIMIT"), Fault::DailyQuota),
    ours(TEXT, QUOTA, Any, Fault::SpendLimit),
    ours(TEXT, "ResourceNotFoundException", Any, Fault::ConfigurationMissing),
    unclear(TEXT, "InternalServerException"),
    ours(TEXT, "SubscriptionRequiredException", Any, Fault::AccountSuspended),
    ours(TEXT, "ThrottledException", Any, Fault::Throttled),
];

/// The errors that all services of AWS share.
const COMMON: [ErrorRow; 17] = [
    ours(&ProviderCall::ALL, "ThrottlingException", Any, Fault::Throttled),
    ours(&ProviderCall::ALL, "Throttling", Any, Fault::Throttled),
    ours(&ProviderCall::ALL, "RequestThrottled", Any, Fault::Throttled),
    ours(&ProviderCall::ALL, "AccessDeniedException", Any, Fault::AccessDenied),
    ours(&ProviderCall::ALL, "AccessDenied", Any, Fault::AccessDenied),
    ours(&ProviderCall::ALL, "NotAuthorized", Any, Fault::AccessDenied),
    ours(&ProviderCall::ALL, "ExpiredTokenException", Any, Fault::CredentialsRefused),
    ours(&ProviderCall::ALL, "IncompleteSignature", Any, Fault::CredentialsRefused),
    ours(&ProviderCall::ALL, "SignatureDoesNotMatch", Any, Fault::CredentialsRefused),
    ours(&ProviderCall::ALL, "InvalidClientTokenId", Any, Fault::CredentialsRefused),
    ours(&ProviderCall::ALL, "UnrecognizedClientException", Any, Fault::CredentialsRefused),
    ours(&ProviderCall::ALL, "RequestExpired", Any, Fault::CredentialsRefused),
    ours(&ProviderCall::ALL, "OptInRequired", Any, Fault::AccountSuspended),
    unclear(&ProviderCall::ALL, "RequestTimeoutException"),
    unclear(&ProviderCall::ALL, "InternalFailure"),
    unclear(&ProviderCall::ALL, "ServiceUnavailable"),
    unclear(&ProviderCall::ALL, "ServiceUnavailableException"),
];

#[cfg(test)]
mod tests;

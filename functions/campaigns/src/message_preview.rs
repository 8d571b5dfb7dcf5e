//! The message preview: what a customer will get, per channel and locale, while the campaign is still being written. It is composed by
//! the same code as the workers' messages, of a voucher that would be issued now. Reads the brand's settings, and a campaign or a
//! customer if one is named; writes nothing. Before it: an editor of messages.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    brand::BrandSettings,
    channel::Channel,
    customer::{Customer, Locale},
    definition::{Definition, beside},
    field::FieldError,
    id::{CampaignId, CustomerId},
    message::{Compiled, Fallback, Messages, Variables, size, sms},
    sample,
};
use http_api::{Answer, Operator, Problem, Role, Unread};
use serde_json::{Value, json};
use store::{control::settings::Name, customers::Found};

use crate::{
    Context, failed,
    message_views::{Around, MessagePreview, MessagePreviewRequest, PreviewWarning, PreviewedMessage},
    now,
};

/// Locales of one preview.
const MAX_LOCALES: usize = 10;
/// Bytes of HTML at which common mail programs clip a message.
const CLIPPED_AT: usize = 102 * 1024;
/// Letters that a warning names.
const NAMED_LETTERS: usize = 10;
/// What a draft says of itself in messages, and what is made up where it does not yet.
const SAID: [&str; 3] = ["name", "offer", "validity"];

/// What a customer will get.
#[utoipa::path(
    post, path = "/v1/message-previews", tag = "campaigns", operation_id = "preview_messages", security(("jwt" = [])),
    request_body = MessagePreviewRequest,
    responses((status = 200, body = MessagePreview), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn create(
    State(context): State<Arc<Context>>,
    operator: Operator,
    body: Unread,
) -> Answer<Json<MessagePreview>> {
    operator.require(Role::Viewer)?;
    let request: MessagePreviewRequest = body.json().await?;
    if request.customer_id.is_some() {
        operator.require(Role::Marketer)?;
    }
    let subject = subject(&context, &request).await?;
    let customer = match &request.customer_id {
        Some(id) => known(&context, id).await?,
        None => sample::customer(None).map_err(|error| Problem::from_failure(&error, false))?,
    };
    let locales = locales(&request, &customer)?;
    let channels = request.channels.clone().unwrap_or_else(|| subject.channels());
    let brand = context.store.setting::<BrandSettings>(Name::Brand).await.map_err(failed)?.value;
    let shown = Shown { context: &context, subject: &subject, customer: &customer, brand: &brand, now: now() };
    let mut preview = MessagePreview {
        sample_customer: request.customer_id.is_none(),
        messages: Vec::new(),
        warnings: subject.warnings.clone(),
    };
    for locale in &locales {
        for channel in &channels {
            shown.add(*channel, locale.as_ref(), &mut preview)?;
        }
    }
    Ok(Json(preview))
}

/// Whose messages they are.
struct Subject {
    /// Pointer to the definition in the request; none for a saved campaign, whose messages were checked before.
    at: Option<&'static str>,
    id: CampaignId,
    definition: Definition,
    /// Whether the draft says on which channels it goes.
    has_ladder: bool,
    warnings: Vec<PreviewWarning>,
}

impl Subject {
    fn channels(&self) -> Vec<Channel> {
        if self.has_ladder {
            return self.definition.channels.ladder.clone();
        }
        let has = |channel: &Channel| self.definition.messages.locales.values().any(|messages| messages.has(*channel));
        Channel::ALL.into_iter().filter(has).collect()
    }
}

async fn subject(context: &Context, request: &MessagePreviewRequest) -> Answer<Subject> {
    match (&request.draft, &request.campaign_id) {
        (Some(draft), None) => Ok(written(draft)?),
        (None, Some(id)) => {
            let campaign = context.campaign(id).await?;
            let (id, definition) = (campaign.id, campaign.definition);
            Ok(Subject { at: None, id, definition, has_ladder: true, warnings: Vec::new() })
        }
        (Some(_), Some(_)) | (None, None) => {
            Err(Problem::field("", "exactly_one", "give either `draft` or `campaign_id`"))
        }
    }
}

/// A draft as far as it is written.
fn written(draft: &Value) -> Result<Subject, Vec<FieldError>> {
    let Value::Object(given) = draft else {
        return Err(vec![FieldError::new(
            "/draft",
            "invalid",
            "a JSON object: the definition as far as it is written",
        )]);
    };
    let mut document = json!({
        "name": "Campaign", "kind": "promotion", "audience": {"everyone": {}},
        "offer": {"benefit": {"percent": {"percent": 20, "cap": {"amount": 1_000, "currency": "EUR"}}}},
        "validity": {"from_issue": {"hours": 168}},
        "channels": {"mode": "first_available", "ladder": ["push", "email", "sms"]},
    });
    let present = |part: &str| given.get(part).filter(|value| !value.is_null());
    for part in ["name", "offer", "validity", "accept_by", "channels", "messages"] {
        if let (Some(value), Some(document)) = (present(part), document.as_object_mut()) {
            document.insert(part.to_owned(), value.clone());
        }
    }
    let definition = Definition::previewed(document).map_err(|errors| below_draft(errors, "/draft"))?;
    let made_up = SAID.into_iter().filter(|part| present(part).is_none());
    let warning = |part: &str| PreviewWarning {
        field: format!("/{part}"),
        code: "made_up",
        detail: format!("the draft has no {part} yet: what is shown of it is made up"),
    };
    let id =
        CampaignId::parse("cmp_sample").map_err(|error| vec![FieldError::new("", "invalid", error.to_string())])?;
    let warnings = made_up.map(warning).collect();
    Ok(Subject { at: Some("/draft"), id, definition, has_ladder: present("channels").is_some(), warnings })
}

fn below_draft(errors: Vec<FieldError>, at: &str) -> Vec<FieldError> {
    errors.into_iter().map(|error| FieldError { field: format!("{at}{}", error.field), ..error }).collect()
}

async fn known(context: &Context, id: &CustomerId) -> Answer<Customer> {
    match context.store.customer(id).await.map_err(failed)? {
        Found::Customer(customer) => Ok(*customer),
        Found::Erased => Err(Problem::gone("customer_erased", "this customer was erased")),
        Found::Unknown => Err(Problem::not_found("customer_unknown").with_detail("there is no such customer")),
    }
}

fn locales(request: &MessagePreviewRequest, customer: &Customer) -> Answer<Vec<Option<Locale>>> {
    match &request.locales {
        Some(locales) if locales.len() > MAX_LOCALES => {
            Err(Problem::field("/locales", "too_many", format!("at most {MAX_LOCALES} locales")))
        }
        Some(locales) => Ok(locales.iter().cloned().map(Some).collect()),
        None => Ok(vec![customer.profile.locale.clone()]),
    }
}

/// What all messages of one preview share.
struct Shown<'a> {
    context: &'a Context,
    subject: &'a Subject,
    customer: &'a Customer,
    brand: &'a BrandSettings,
    now: Timestamp,
}

impl Shown<'_> {
    /// The message of one channel to a reader of `locale`; a warning where there is none.
    fn add(&self, channel: Channel, locale: Option<&Locale>, preview: &mut MessagePreview) -> Answer<()> {
        let definition = &self.subject.definition;
        let Some(choice) = definition.messages.choose(channel, locale) else {
            warn(preview, message_missing(&definition.messages, channel));
            return Ok(());
        };
        let at = format!("{}/{channel}", domain::field::below("/messages/locales", choice.locale.as_str()));
        self.check(&at)?;
        if let (Some(asked), true) = (locale, choice.fallback == Fallback::Default) {
            let detail =
                format!("there is no {channel} in {}: its readers get {}", asked.as_str(), choice.locale.as_str());
            warn(preview, PreviewWarning { field: "/messages/locales".into(), code: "locale_missing", detail });
        }
        let messaging = &self.context.messaging;
        let broken = |error: &(dyn std::error::Error + 'static)| Problem::from_failure(error, false);
        let variables = sample::filled(definition, &self.subject.id, self.customer, &messaging.brand, self.now)
            .map_err(|error| broken(&error))?;
        let way_out = messaging.sample_way_out();
        let composed = self
            .compiled(channel, &choice.locale)?
            .compose(channel, locale, &variables, self.brand, Some(&way_out))
            .map_err(|error| broken(&error))?;
        let (worst_sms, worst_push) = worst(&definition.messages, &choice.locale, &variables);
        let around = Around {
            brand: self.brand,
            sender: &messaging.sender,
            way_out: &way_out,
            voucher: &variables.voucher_id,
            worst_sms,
            worst_push,
        };
        let shown = named(&variables);
        let message = PreviewedMessage::new(channel, locale.cloned(), choice, shown, composed.rendered, &around);
        for warning in warnings(&message, &at, self.brand) {
            warn(preview, warning);
        }
        preview.messages.push(message);
        Ok(())
    }

    /// Of an unsaved draft only what is shown must be whole: an operator writes one message after the other.
    fn check(&self, at: &str) -> Result<(), Problem> {
        let (Some(root), definition) = (self.subject.at, &self.subject.definition) else { return Ok(()) };
        let concerns = |error: &FieldError| {
            error.field == "/messages/locales" || error.field.strip_prefix(at).is_some_and(|rest| rest.starts_with('/'))
        };
        let found = beside(definition.messages.check(&[]), definition.check_sizes());
        let errors: Vec<FieldError> = found.into_iter().filter(concerns).collect();
        if errors.is_empty() { Ok(()) } else { Err(below_draft(errors, root).into()) }
    }

    /// The templates of one channel alone, so that a mistake in another stands in nobody's way.
    fn compiled(&self, channel: Channel, locale: &Locale) -> Answer<Compiled> {
        let mut messages = self.subject.definition.messages.clone();
        for (of, templates) in &mut messages.locales {
            let keep = |wanted: Channel| of == locale && wanted == channel;
            templates.sms = templates.sms.take().filter(|_| keep(Channel::Sms));
            templates.email = templates.email.take().filter(|_| keep(Channel::Email));
            templates.push = templates.push.take().filter(|_| keep(Channel::Push));
        }
        // the choice is made: the reader gets these, whatever the way to them was
        messages.default_locale = locale.clone();
        Ok(Compiled::new(&messages).map_err(|error| vec![error])?)
    }
}

fn worst(messages: &Messages, locale: &Locale, variables: &Variables) -> (Option<sms::Segments>, Option<usize>) {
    let Some(templates) = messages.locales.get(locale) else { return (None, None) };
    let sms = templates.sms.as_ref().and_then(|sms| size::worst_sms(&sms.text, variables));
    let push = templates.push.as_ref().and_then(|push| size::worst_push(&push.title, &push.body, variables));
    (sms, push)
}

/// Every variable that templates know, with its value if it has one.
fn named(variables: &Variables) -> BTreeMap<&'static str, Option<String>> {
    let mut named: BTreeMap<&'static str, Option<String>> = Variables::names().map(|name| (name, None)).collect();
    named.extend(variables.filled().map(|(name, value)| (name, Some(value.to_owned()))));
    named
}

fn message_missing(messages: &Messages, channel: Channel) -> PreviewWarning {
    let locale = messages.default_locale.as_str();
    PreviewWarning {
        field: domain::field::below(&domain::field::below("/messages/locales", locale), channel.as_str()),
        code: "message_missing",
        detail: format!("there is no {channel} in {locale}, the default locale"),
    }
}

fn warn(preview: &mut MessagePreview, warning: PreviewWarning) {
    if !preview.warnings.contains(&warning) {
        preview.warnings.push(warning);
    }
}

/// What is allowed in this message, and may cost or look otherwise than it was meant.
fn warnings(message: &PreviewedMessage, at: &str, brand: &BrandSettings) -> Vec<PreviewWarning> {
    let mut found = Vec::new();
    let mut add = |field: String, code, detail| found.push(PreviewWarning { field, code, detail });
    if let Some(sms) = &message.sms {
        let field = || format!("{at}/text");
        let foreign = sms::outside_gsm7(&sms.text);
        if !foreign.is_empty() {
            let letters: Vec<String> = foreign.iter().take(NAMED_LETTERS).map(|letter| format!("`{letter}`")).collect();
            let detail = format!("{} makes it UCS-2, with 70 characters to an SMS and not 160", letters.join(", "));
            add(field(), "not_gsm7", detail);
        }
        if sms.segments > 1 {
            add(field(), "several_segments", format!("{} SMS are billed for each customer", sms.segments));
        }
        if sms.worst_case_segments > sms.segments {
            let detail =
                format!("up to {} SMS for customers with long names or other letters", sms.worst_case_segments);
            add(field(), "worst_case", detail);
        }
    }
    if let Some(email) = &message.email {
        if email.html_bytes > CLIPPED_AT {
            let detail = format!("{} bytes: common mail programs clip what is over {CLIPPED_AT}", email.html_bytes);
            add(format!("{at}/html"), "clipped", detail);
        }
        if brand.postal_address.is_none() {
            let detail = "its footer has no postal address, which several countries ask for: set it in the brand";
            add("/brand/postal_address".into(), "no_postal_address", detail.to_owned());
        }
    }
    found
}

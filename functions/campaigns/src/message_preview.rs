//! The message preview: the messages a customer will get, by channel and locale, while the campaign
//! is being written. They are composed by the same code as the workers' messages, for a voucher as
//! if it were issued now.
//!
//! It reads the brand's settings, and a campaign or a customer if the request names one; it writes
//! nothing. Before it: the message editor of the console.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{Json, extract::State};
use domain::{
    Timestamp,
    campaign::{
        brand::BrandSettings,
        definition::{Definition, add_field_errors},
        messages::{
            CLIPPED_AT, CompiledMessages, LocaleChoice, LocaleFallback, MessageFacts,
            MessageVariables, Messages, size, sms, way_out::WayOut,
        },
    },
    customer::profile::Customer,
    delivery::{sms_way_out::SmsWayOut, test_send},
    kernel::{
        channel::Channel,
        id::{CampaignId, CustomerId},
        locale::Locale,
        validation::FieldError,
    },
};
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody};
use runtime::clock;
use serde_json::{Value, json};
use store::{campaign::campaigns::settings::SettingName, customer::profiles::CustomerLookup};

use crate::{
    CampaignsContext,
    message_views::{
        MessagePreview, MessagePreviewRequest, PreviewContext, PreviewWarning, PreviewedMessage,
    },
    store_failure,
};

/// The most locales in one preview.
const MAX_LOCALES: usize = 10;
/// The most characters that one warning names.
const NAMED_LETTERS: usize = 10;
/// The parts of a draft that messages show. Missing ones are filled with example values.
const SHOWN_PARTS: [&str; 3] = ["name", "offer", "validity"];

/// Previews the messages a customer will get.
#[utoipa::path(
    post, path = "/v1/message-previews", tag = "campaigns", operation_id = "preview_messages", security(("jwt" = [])),
    request_body = MessagePreviewRequest,
    responses((status = 200, body = MessagePreview), Problem)
)]
pub async fn create(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    body: UnreadBody,
) -> ApiResult<Json<MessagePreview>> {
    operator.require_role(OperatorRole::Viewer)?;
    let request: MessagePreviewRequest = body.read_json().await?;
    if request.customer_id.is_some() {
        operator.require_role(OperatorRole::Marketer)?;
    }
    let subject = preview_subject(&context, &request).await?;
    // It decides the zone of customers without one.
    context.store.contact_policy().await.map_err(store_failure)?;
    let customer = match &request.customer_id {
        Some(id) => load_customer(&context, id).await?,
        None => test_send::example_customer(None, context.store.tenant().zone())
            .map_err(|error| Problem::from_failure(&error, false))?,
    };
    let locales = preview_locales(&request, &customer)?;
    let channels = request.channels.clone().unwrap_or_else(|| subject.channels());
    let brand = context
        .store
        .setting::<BrandSettings>(SettingName::Brand)
        .await
        .map_err(store_failure)?
        .value;
    let rule = context.store.setting::<SmsWayOut>(SettingName::SmsWayOut).await;
    let rule = rule.map_err(store_failure)?.value;
    let shown = PreviewComposer {
        context: &context,
        subject: &subject,
        customer: &customer,
        brand: &brand,
        way_out: context.messaging.example_way_out(&rule, &customer),
        now: clock::now(),
    };
    let mut preview = MessagePreview {
        sample_customer: request.customer_id.is_none(),
        messages: Vec::new(),
        warnings: subject.warnings.clone(),
    };
    for locale in &locales {
        for channel in &channels {
            shown.add_message(*channel, locale.as_ref(), &mut preview)?;
        }
    }
    Ok(Json(preview))
}

/// The campaign whose messages are previewed.
struct PreviewSubject {
    /// JSON pointer to the definition in the request. Absent for a saved campaign, whose messages
    /// were validated when it was saved.
    pointer: Option<&'static str>,
    id: CampaignId,
    definition: Definition,
    /// True if the definition names its channels.
    has_ladder: bool,
    warnings: Vec<PreviewWarning>,
}

impl PreviewSubject {
    fn channels(&self) -> Vec<Channel> {
        if self.has_ladder {
            return self.definition.channels.ladder.clone();
        }
        let has = |channel: &Channel| {
            self.definition.messages.locales.values().any(|messages| messages.has(*channel))
        };
        Channel::ALL.into_iter().filter(has).collect()
    }
}

async fn preview_subject(
    context: &CampaignsContext,
    request: &MessagePreviewRequest,
) -> ApiResult<PreviewSubject> {
    match (&request.draft, &request.campaign_id) {
        (Some(draft), None) => Ok(parse_partial_draft(draft)?),
        (None, Some(id)) => {
            let campaign = context.load_campaign(id).await?;
            let (id, definition) = (campaign.id, campaign.definition);
            Ok(PreviewSubject {
                pointer: None,
                id,
                definition,
                has_ladder: true,
                warnings: Vec::new(),
            })
        }
        (Some(_), Some(_)) | (None, None) => {
            Err(Problem::field("", "exactly_one", "give either `draft` or `campaign_id`"))
        }
    }
}

/// Parses a draft as far as it is written and fills in the rest.
fn parse_partial_draft(draft: &Value) -> Result<PreviewSubject, Vec<FieldError>> {
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
    let definition =
        Definition::parse_preview(document).map_err(|errors| below_draft(errors, "/draft"))?;
    let made_up = SHOWN_PARTS.into_iter().filter(|part| present(part).is_none());
    let warning = |part: &str| PreviewWarning {
        field: format!("/{part}"),
        code: "made_up",
        detail: format!("the draft has no {part} yet: what is shown of it is made up"),
    };
    let id = CampaignId::parse("cmp_sample")
        .map_err(|error| vec![FieldError::new("", "invalid", error.to_string())])?;
    let warnings = made_up.map(warning).collect();
    Ok(PreviewSubject {
        pointer: Some("/draft"),
        id,
        definition,
        has_ladder: present("channels").is_some(),
        warnings,
    })
}

fn below_draft(errors: Vec<FieldError>, at: &str) -> Vec<FieldError> {
    errors
        .into_iter()
        .map(|error| FieldError { field: format!("{at}{}", error.field), ..error })
        .collect()
}

async fn load_customer(context: &CampaignsContext, id: &CustomerId) -> ApiResult<Customer> {
    match context.store.customer(id).await.map_err(store_failure)? {
        CustomerLookup::Customer(customer) => Ok(*customer),
        CustomerLookup::Erased => Err(Problem::gone("customer_erased", "this customer was erased")),
        CustomerLookup::Unknown => {
            Err(Problem::not_found("customer_unknown").with_detail("there is no such customer"))
        }
    }
}

fn preview_locales(
    request: &MessagePreviewRequest,
    customer: &Customer,
) -> ApiResult<Vec<Option<Locale>>> {
    match &request.locales {
        Some(locales) if locales.len() > MAX_LOCALES => {
            Err(Problem::field("/locales", "too_many", format!("at most {MAX_LOCALES} locales")))
        }
        Some(locales) => Ok(locales.iter().cloned().map(Some).collect()),
        None => Ok(vec![customer.profile.locale.clone()]),
    }
}

/// The data that all messages of one preview share.
struct PreviewComposer<'a> {
    context: &'a CampaignsContext,
    subject: &'a PreviewSubject,
    customer: &'a Customer,
    brand: &'a BrandSettings,
    /// The way out of an SMS.
    way_out: WayOut,
    now: Timestamp,
}

impl PreviewComposer<'_> {
    /// Adds the message of one channel for a recipient with `locale`, or a warning if there is
    /// none.
    fn add_message(
        &self,
        channel: Channel,
        locale: Option<&Locale>,
        preview: &mut MessagePreview,
    ) -> ApiResult<()> {
        let definition = &self.subject.definition;
        let Some(choice) = definition.messages.choose_locale(channel, locale) else {
            add_warning(preview, message_missing(&definition.messages, channel));
            return Ok(());
        };
        let at = format!(
            "{}/{channel}",
            domain::kernel::validation::child_pointer("/messages/locales", choice.locale.as_str())
        );
        self.check_shown(&at)?;
        if let (Some(asked), true) = (locale, choice.fallback == LocaleFallback::Default) {
            let detail = format!(
                "there is no {channel} in {}: its readers get {}",
                asked.as_str(),
                choice.locale.as_str()
            );
            add_warning(
                preview,
                PreviewWarning {
                    field: "/messages/locales".into(),
                    code: "locale_missing",
                    detail,
                },
            );
        }
        let messaging = &self.context.messaging;
        let broken =
            |error: &(dyn std::error::Error + 'static)| Problem::from_failure(error, false);
        let facts = test_send::example_facts(
            definition,
            &self.subject.id,
            self.customer,
            &messaging.brand,
            self.way_out.clone(),
            self.now,
        )
        .map_err(|error| broken(&error))?;
        if let Some(warning) = missing_accept_by(definition, channel, &choice, &facts) {
            add_warning(preview, warning);
        }
        let unsubscribe_link = messaging.example_unsubscribe_link();
        let composed = self
            .compile_channel(channel, &choice.locale)?
            .compose(channel, locale, &facts, self.brand, Some(&unsubscribe_link))
            .map_err(|error| broken(&error))?;
        let variables = composed.variables;
        let (worst_sms, worst_push) = worst_case(definition, &choice.locale, &variables);
        let around = PreviewContext {
            brand: self.brand,
            sender: &messaging.sender,
            unsubscribe_link: &unsubscribe_link,
            voucher: &variables.voucher_id,
            time_to_live: self.time_to_live()?,
            worst_sms,
            worst_push,
        };
        let shown = named_variables(&variables);
        if !composed.is_spoken {
            add_warning(preview, offer_in_english(&at, &choice.locale));
        }
        let message = PreviewedMessage::new(
            channel,
            locale.cloned(),
            choice,
            shown,
            composed.rendered,
            &around,
        );
        for warning in message_warnings(&message, &at, self.brand) {
            add_warning(preview, warning);
        }
        preview.messages.push(message);
        Ok(())
    }

    fn time_to_live(&self) -> ApiResult<Duration> {
        let PreviewSubject { definition, id, .. } = self.subject;
        let lifetime = test_send::example_time_to_live(definition, id, self.customer, self.now);
        lifetime.map_err(|error| Problem::from_failure(&error, false))
    }

    /// Validates only the shown message of an unsaved draft, because an operator writes one message
    /// after another.
    fn check_shown(&self, at: &str) -> Result<(), Problem> {
        let (Some(root), definition) = (self.subject.pointer, &self.subject.definition) else {
            return Ok(());
        };
        let concerns = |error: &FieldError| {
            error.field == "/messages/locales"
                || error
                    .field
                    .strip_prefix(at)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let found = add_field_errors(definition.messages.check(&[]), definition.check_sizes());
        let errors: Vec<FieldError> = found.into_iter().filter(concerns).collect();
        if errors.is_empty() { Ok(()) } else { Err(below_draft(errors, root).into()) }
    }

    /// Compiles the templates of one channel only, so that a mistake in another channel does not
    /// block this preview.
    fn compile_channel(&self, channel: Channel, locale: &Locale) -> ApiResult<CompiledMessages> {
        let mut messages = self.subject.definition.messages.clone();
        for (of, templates) in &mut messages.locales {
            let keep = |wanted: Channel| of == locale && wanted == channel;
            templates.sms = templates.sms.take().filter(|_| keep(Channel::Sms));
            templates.email = templates.email.take().filter(|_| keep(Channel::Email));
            templates.push = templates.push.take().filter(|_| keep(Channel::Push));
        }
        // the fallback is resolved by now: these templates are what the recipient gets
        messages.default_locale = locale.clone();
        Ok(CompiledMessages::new(&messages).map_err(|error| vec![error])?)
    }
}

fn worst_case(
    definition: &Definition,
    locale: &Locale,
    variables: &MessageVariables,
) -> (Option<sms::SmsSegments>, Option<usize>) {
    let Some(templates) = definition.messages.locales.get(locale) else {
        return (None, None);
    };
    let offer = &definition.offer;
    let sms = templates.sms.as_ref();
    let sms = sms.and_then(|sms| size::worst_sms_segments(&sms.text, locale, offer, variables));
    let push = templates.push.as_ref();
    let push = push.and_then(|push| size::worst_push_bytes(push, locale, offer, variables));
    (sms, push)
}

/// Returns every variable that templates know, with its value if it has one.
fn named_variables(variables: &MessageVariables) -> BTreeMap<&'static str, Option<String>> {
    let mut named: BTreeMap<&'static str, Option<String>> =
        MessageVariables::names().map(|name| (name, None)).collect();
    named.extend(variables.filled().map(|(name, value)| (name, Some(value.to_owned()))));
    named
}

/// Warns of a message that names the last day to redeem, when the voucher is dead before that day
/// unless it is accepted.
fn missing_accept_by(
    definition: &Definition,
    channel: Channel,
    choice: &LocaleChoice,
    facts: &MessageFacts<'_>,
) -> Option<PreviewWarning> {
    let templates = definition.messages.locales.get(&choice.locale)?;
    let mentions = |variable| templates.mentions(channel, variable);
    let is_misleading =
        facts.accept_by < facts.redeem_by && mentions("redeem_by") && !mentions("accept_by");
    is_misleading.then(|| PreviewWarning {
        field: "/accept_by".to_owned(),
        code: "accept_by_missing",
        detail: format!(
            "the {channel} names the last day to redeem, {}, and not the last day to accept, {}",
            facts.redeem_by, facts.accept_by
        ),
    })
}

fn offer_in_english(at: &str, locale: &Locale) -> PreviewWarning {
    PreviewWarning {
        field: at.to_owned(),
        code: "offer_in_english",
        detail: format!(
            "there are no words for an offer in {}: `offer` and `full_offer` are English there",
            locale.as_str()
        ),
    }
}

fn message_missing(messages: &Messages, channel: Channel) -> PreviewWarning {
    let locale = messages.default_locale.as_str();
    PreviewWarning {
        field: domain::kernel::validation::child_pointer(
            &domain::kernel::validation::child_pointer("/messages/locales", locale),
            channel.as_str(),
        ),
        code: "message_missing",
        detail: format!("there is no {channel} in {locale}, the default locale"),
    }
}

fn add_warning(preview: &mut MessagePreview, warning: PreviewWarning) {
    if !preview.warnings.contains(&warning) {
        preview.warnings.push(warning);
    }
}

/// Collects warnings about a message that is valid but may cost more or look different than
/// intended.
fn message_warnings(
    message: &PreviewedMessage,
    at: &str,
    brand: &BrandSettings,
) -> Vec<PreviewWarning> {
    let mut found = Vec::new();
    let mut add = |field: String, code, detail| found.push(PreviewWarning { field, code, detail });
    if let Some(sms) = &message.sms {
        let field = || format!("{at}/text");
        let foreign = sms::characters_outside_gsm7(&sms.text);
        if !foreign.is_empty() {
            let letters: Vec<String> =
                foreign.iter().take(NAMED_LETTERS).map(|letter| format!("`{letter}`")).collect();
            let detail = format!(
                "{} makes it UCS-2, with 70 characters to an SMS and not 160",
                letters.join(", ")
            );
            add(field(), "not_gsm7", detail);
        }
        if sms.segments > 1 {
            add(
                field(),
                "several_segments",
                format!("{} SMS are billed for each customer", sms.segments),
            );
        }
        if sms.worst_case_segments > sms.segments {
            let detail = format!(
                "up to {} SMS for customers with long names, other letters or longer dates",
                sms.worst_case_segments
            );
            add(field(), "worst_case", detail);
        }
    }
    if let Some(email) = &message.email {
        if email.html_bytes > CLIPPED_AT {
            let detail = format!(
                "{} bytes: common mail programs clip what is over {CLIPPED_AT}",
                email.html_bytes
            );
            add(at.to_owned(), "clipped", detail);
        }
        if brand.postal_address.is_none() {
            let detail = "its footer has no postal address, which several countries ask for: set it in the brand";
            add("/brand/postal_address".into(), "no_postal_address", detail.to_owned());
        }
    }
    found
}

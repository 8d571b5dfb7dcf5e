//! Defines the JSON of SendEmail and SendBulkEmail as `aws-sdk-sesv2` writes it. Fields that change
//! nothing here are not read. Called by ses.

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendEmailRequest {
    pub(super) from_email_address: Option<String>,
    pub(super) destination: Option<EmailDestination>,
    #[serde(default)]
    pub(super) reply_to_addresses: Vec<String>,
    pub(super) content: EmailContent,
    #[serde(default)]
    pub(super) email_tags: Vec<NameValue>,
    pub(super) configuration_set_name: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct EmailDestination {
    pub(super) to_addresses: Vec<String>,
    pub(super) cc_addresses: Vec<String>,
    pub(super) bcc_addresses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EmailContent {
    pub(super) simple: Option<SimpleContent>,
    pub(super) raw: Option<BodyPart>,
    pub(super) template: Option<InlineTemplate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SimpleContent {
    pub(super) subject: BodyPart,
    pub(super) body: BodyParts,
    #[serde(default)]
    pub(super) headers: Vec<NameValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BodyParts {
    pub(super) text: Option<BodyPart>,
    pub(super) html: Option<BodyPart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BodyPart {
    pub(super) data: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InlineTemplate {
    pub(super) template_content: Option<TemplateContent>,
    pub(super) template_data: Option<String>,
    #[serde(default)]
    pub(super) headers: Vec<NameValue>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TemplateContent {
    pub(super) subject: Option<String>,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NameValue {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendBulkEmailRequest {
    pub(super) from_email_address: Option<String>,
    #[serde(default)]
    pub(super) reply_to_addresses: Vec<String>,
    #[serde(default)]
    pub(super) default_email_tags: Vec<NameValue>,
    pub(super) default_content: BulkContent,
    pub(super) bulk_email_entries: Vec<BulkEntry>,
    pub(super) configuration_set_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BulkContent {
    pub(super) template: InlineTemplate,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BulkEntry {
    pub(super) destination: EmailDestination,
    #[serde(default)]
    pub(super) replacement_tags: Vec<NameValue>,
    pub(super) replacement_email_content: Option<ReplacementContent>,
    #[serde(default)]
    pub(super) replacement_headers: Vec<NameValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReplacementContent {
    pub(super) replacement_template: Option<ReplacementTemplate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReplacementTemplate {
    pub(super) replacement_template_data: Option<String>,
}

impl SendBulkEmailRequest {
    /// Returns the SendEmail request that an entry is equal to. The entry's own tags, headers and
    /// data override the defaults.
    pub(super) fn entry_request(&self, entry: &BulkEntry) -> SendEmailRequest {
        let mut template = self.default_content.template.clone();
        let replacement = entry
            .replacement_email_content
            .as_ref()
            .and_then(|content| content.replacement_template.as_ref());
        if let Some(data) =
            replacement.and_then(|template| template.replacement_template_data.clone())
        {
            template.template_data =
                Some(merge_template_data(template.template_data.as_deref(), &data));
        }
        template.headers = override_by_name(&template.headers, &entry.replacement_headers);
        SendEmailRequest {
            from_email_address: self.from_email_address.clone(),
            destination: Some(entry.destination.clone()),
            reply_to_addresses: self.reply_to_addresses.clone(),
            content: EmailContent { simple: None, raw: None, template: Some(template) },
            email_tags: override_by_name(&self.default_email_tags, &entry.replacement_tags),
            configuration_set_name: self.configuration_set_name.clone(),
        }
    }
}

fn override_by_name(defaults: &[NameValue], own: &[NameValue]) -> Vec<NameValue> {
    defaults
        .iter()
        .filter(|one| !own.iter().any(|other| other.name == one.name))
        .chain(own)
        .cloned()
        .collect()
}

fn merge_template_data(defaults: Option<&str>, own: &str) -> String {
    let object = |text: &str| serde_json::from_str::<serde_json::Map<String, Value>>(text);
    match (defaults.map(object), object(own)) {
        (Some(Ok(mut base)), Ok(own)) => {
            base.extend(own);
            Value::Object(base).to_string()
        }
        _ => own.to_owned(),
    }
}

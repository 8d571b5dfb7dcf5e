//! Topics: what messages are about, as the tenant names them for its customers. A customer can say
//! yes or no to a topic, on one channel or on all, and a campaign may name one topic.
//!
//! Guarantees: a no outweighs a yes, on whichever of the two it was said; a customer who has said
//! nothing is asked by the topic's default; a topic that the tenant no longer has is a topic to
//! which nobody has agreed by silence.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};

use crate::{
    customer::consent::ConsentState,
    kernel::{
        channel::Channel,
        locale::Locale,
        validation::{FieldError, child_pointer},
    },
};

/// Maximum number of topics of a tenant. All of them stand on one page.
pub const MAX_TOPICS: usize = 20;
/// Maximum length of a topic's id in bytes. It is a key on every customer who has said something.
pub const MAX_TOPIC_ID_BYTES: usize = 32;
/// Maximum size of a topic's name in bytes. It is one line on a phone.
pub const MAX_TOPIC_NAME_BYTES: usize = 120;
/// Maximum number of languages in which a topic has a name.
pub const MAX_TOPIC_NAMES: usize = 40;
/// Separates a topic from its channel where both are one text. No topic id contains it.
const SEPARATOR: char = ':';

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a topic's id is 1 to {MAX_TOPIC_ID_BYTES} of a-z 0-9 _ -")]
pub struct BadTopicId;

/// The tenant's id of a topic: `new_restaurants`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, min_length = 1, max_length = 32, example = "new_restaurants"))]
pub struct TopicId(String);

impl TopicId {
    pub fn parse(text: &str) -> Result<Self, BadTopicId> {
        let is_id = (1..=MAX_TOPIC_ID_BYTES).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'));
        if is_id { Ok(Self(text.to_owned())) } else { Err(BadTopicId) }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl TryFrom<String> for TopicId {
    type Error = BadTopicId;
    fn try_from(text: String) -> Result<Self, BadTopicId> {
        Self::parse(&text)
    }
}
impl From<TopicId> for String {
    fn from(id: TopicId) -> String {
        id.0
    }
}
impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing that messages are about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Topic {
    pub id: TopicId,
    /// The name that customers read, by language (BCP 47): `{"en": "New restaurants"}`. At least one.
    pub names: BTreeMap<String, String>,
    /// The state for a customer who has said nothing about the topic. Default: `granted`.
    #[serde(default = "granted")]
    pub default: ConsentState,
}

fn granted() -> ConsentState {
    ConsentState::Granted
}

impl Topic {
    /// Returns the name that a reader of the locale understands best; without one the English name,
    /// or else the first.
    pub fn name_for(&self, reader: Option<&Locale>) -> &str {
        let names: BTreeMap<Locale, &str> = self
            .names
            .iter()
            .filter_map(|(tag, name)| Some((Locale::parse(tag).ok()?, name.as_str())))
            .collect();
        let english = Locale::parse("en").ok();
        let chosen = reader.into_iter().chain(&english).find_map(|reader| {
            reader.choose(names.keys(), None).filter(|(it, _)| reader.shares_language(it))
        });
        let name = chosen.and_then(|(locale, _)| names.get(locale).copied());
        name.or_else(|| names.values().next().copied()).unwrap_or(self.id.as_str())
    }
}

/// The tenant's topics, in the order in which customers see them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopicSettings {
    /// At most 20.
    pub topics: Vec<Topic>,
}

impl TopicSettings {
    /// Returns the errors that the shape alone does not show, each with its pointer.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.topics.len() > MAX_TOPICS {
            let detail = format!("at most {MAX_TOPICS} topics");
            errors.push(FieldError::new("/topics", "too_many", detail));
        }
        let mut known = BTreeSet::new();
        for (index, topic) in self.topics.iter().enumerate() {
            let place = format!("/topics/{index}");
            if !known.insert(&topic.id) {
                let field = child_pointer(&place, "id");
                errors.push(FieldError::new(field, "duplicate", "each topic at most once"));
            }
            errors.extend(check_names(&child_pointer(&place, "names"), &topic.names));
        }
        errors
    }

    pub fn find(&self, id: &TopicId) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.id == *id)
    }

    /// Returns the question that a campaign's topic puts to each customer. Nobody has agreed by
    /// silence to a topic that is not, or no longer, among these.
    pub fn question(&self, id: &TopicId) -> TopicQuestion {
        let default = self.find(id).map_or(ConsentState::Denied, |topic| topic.default);
        TopicQuestion { id: id.clone(), default }
    }
}

fn check_names(place: &str, names: &BTreeMap<String, String>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if names.is_empty() {
        errors.push(FieldError::new(place, "required", "a name in at least one language"));
    }
    if names.len() > MAX_TOPIC_NAMES {
        let detail = format!("at most {MAX_TOPIC_NAMES} languages");
        errors.push(FieldError::new(place, "too_many", detail));
    }
    let mut known = BTreeSet::new();
    for (tag, name) in names {
        let field = child_pointer(place, tag);
        match Locale::parse(tag) {
            Err(error) => errors.push(FieldError::new(&field, "invalid", error.to_string())),
            Ok(locale) => {
                if !known.insert(locale) {
                    let detail = "this language is there in two spellings";
                    errors.push(FieldError::new(&field, "duplicate", detail));
                }
            }
        }
        let is_name = !name.trim().is_empty()
            && name.len() <= MAX_TOPIC_NAME_BYTES
            && !name.chars().any(char::is_control);
        if !is_name {
            let detail = format!("1 to {MAX_TOPIC_NAME_BYTES} bytes on one line");
            errors.push(FieldError::new(field, "invalid", detail));
        }
    }
    errors
}

/// The topic of a message, with the answer of those who have said nothing about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicQuestion {
    pub id: TopicId,
    pub default: ConsentState,
}

/// A topic on one channel, or on all. Written as `deals` and `deals:sms`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicScope {
    pub topic: TopicId,
    /// `None` stands for all channels.
    pub channel: Option<Channel>,
}

impl TopicScope {
    pub fn on_all(topic: &TopicId) -> Self {
        Self { topic: topic.clone(), channel: None }
    }
    pub fn on(topic: &TopicId, channel: Channel) -> Self {
        Self { topic: topic.clone(), channel: Some(channel) }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(SEPARATOR) {
            None => Some(Self { topic: TopicId::parse(text).ok()?, channel: None }),
            Some((topic, channel)) => Some(Self {
                topic: TopicId::parse(topic).ok()?,
                channel: Some(Channel::parse(channel)?),
            }),
        }
    }
}

impl fmt::Display for TopicScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.topic.as_str())?;
        self.channel.map_or(Ok(()), |channel| write!(f, "{SEPARATOR}{channel}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(value: serde_json::Value) -> TopicSettings {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_topic_is_named_in_the_readers_language() {
        let of = settings(json!({"topics": [{"id": "deals", "names": {
            "en": "Deals", "ar": "عروض", "pt-PT": "Ofertas", "zh-Hant": "優惠"}}]}));
        for (reader, name) in [
            ("ar-EG", "عروض"),
            ("pt-AO", "Ofertas"),
            ("zh-TW", "優惠"),
            ("zh-CN", "Deals"),
            ("pl", "Deals"),
            ("en-GB", "Deals"),
        ] {
            let reader = Locale::parse(reader).unwrap();
            assert_eq!(of.topics[0].name_for(Some(&reader)), name, "{}", reader.as_str());
        }
        assert_eq!(of.topics[0].name_for(None), "Deals");
        let only = settings(json!({"topics": [{"id": "x", "names": {"es": "Nuevos"}}]}));
        assert_eq!(only.topics[0].name_for(None), "Nuevos");
    }

    #[test]
    fn every_wrong_part_is_named() {
        let of = settings(json!({"topics": [
            {"id": "a", "names": {"en": "A"}}, {"id": "a", "names": {}},
            {"id": "b", "names": {"e n": "B", "pt-br": "x", "pt-BR": "y", "de": " ", "fr": "a\nb"}}]}));
        let found: Vec<String> =
            of.check().iter().map(|it| format!("{} {}", it.field, it.code)).collect();
        assert_eq!(
            found,
            [
                "/topics/1/id duplicate",
                "/topics/1/names required",
                "/topics/2/names/de invalid",
                "/topics/2/names/e n invalid",
                "/topics/2/names/fr invalid",
                "/topics/2/names/pt-br duplicate",
            ]
        );
        let many = (0..21).map(|n| json!({"id": format!("t{n}"), "names": {"en": "T"}}));
        let many = settings(json!({"topics": many.collect::<Vec<_>>()}));
        assert_eq!(many.check().len(), 1);
        for bad in ["", "A", "a b", "a:sms", "a.b", "é", &"a".repeat(33)] {
            assert!(TopicId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_scope_is_read_as_it_was_written() {
        let deals = TopicId::parse("deals-2_x").unwrap();
        let all = [TopicScope::on_all(&deals)].into_iter();
        for scope in all.chain(Channel::ALL.map(|channel| TopicScope::on(&deals, channel))) {
            assert_eq!(TopicScope::parse(&scope.to_string()), Some(scope));
        }
        for bad in ["deals:", "deals:fax", ":sms", "deals:sms:push", "Deals"] {
            assert_eq!(TopicScope::parse(bad), None, "{bad}");
        }
    }
}

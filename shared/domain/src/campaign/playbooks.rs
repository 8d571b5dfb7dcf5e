//! Playbooks: ready-made campaigns with a few parameters. Each is a whole definition, made in the
//! tenant's currency.
//!
//! The campaigns function lists them and makes drafts of them; the result is a definition like any
//! other. Guarantees: [`Playbook::document`] gives a valid definition in every currency, for all
//! parameters that it accepts.

mod amount;
mod parameters;
mod plays;
mod texts;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    campaign::kind::CampaignKind,
    kernel::{
        money::Currency,
        validation::{FieldError, child_pointer, parse_value},
    },
};

/// The playbooks, in the order in which a marketer would start them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Playbook {
    WinBack,
    CrossVerticalTrial,
    VipThankYou,
    VerticalLaunch,
    Celebration,
}

/// A parameter of a playbook.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PlaybookParameter))]
pub struct PlaybookParameter {
    #[cfg_attr(feature = "openapi", schema(example = "days"))]
    pub name: &'static str,
    pub meaning: &'static str,
    /// True if it must be given, because no value is right for everyone.
    pub required: bool,
    /// The default value; for a required parameter an example.
    pub value: Value,
}

/// A place in the definition that the operator should review before the launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PlaybookAdvice))]
pub struct PlaybookAdvice {
    /// JSON pointer into the definition.
    #[cfg_attr(feature = "openapi", schema(example = "/offer/benefit"))]
    pub field: &'static str,
    pub advice: &'static str,
}

const OFFER: PlaybookAdvice = PlaybookAdvice {
    field: "/offer",
    advice: "The amounts are round ones in your currency, not ones from your margins: set benefit and minimum basket.",
};
const MESSAGES: PlaybookAdvice = PlaybookAdvice {
    field: "/messages",
    advice: "Say it in your own words, and add the languages of your customers.",
};
const CAPS: PlaybookAdvice = PlaybookAdvice {
    field: "/caps",
    advice: "There is no cap: preview the audience, then set what you can afford.",
};
const HOLDOUT: PlaybookAdvice = PlaybookAdvice {
    field: "/holdout_percent",
    advice: "One in ten gets nothing, so that the effect can be measured.",
};

impl Playbook {
    pub const ALL: [Playbook; 5] = [
        Self::WinBack,
        Self::CrossVerticalTrial,
        Self::VipThankYou,
        Self::VerticalLaunch,
        Self::Celebration,
    ];

    /// Returns the playbook's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::WinBack => "win-back",
            Self::CrossVerticalTrial => "cross-vertical-trial",
            Self::VipThankYou => "vip-thank-you",
            Self::VerticalLaunch => "vertical-launch",
            Self::Celebration => "celebration",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|playbook| playbook.name() == name)
    }

    pub fn kind(self) -> CampaignKind {
        match self {
            Self::WinBack | Self::Celebration => CampaignKind::Autopilot,
            Self::CrossVerticalTrial | Self::VipThankYou | Self::VerticalLaunch => {
                CampaignKind::Promotion
            }
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::WinBack => "Win-back",
            Self::CrossVerticalTrial => "Cross-vertical trial",
            Self::VipThankYou => "VIP thank-you",
            Self::VerticalLaunch => "Vertical launch",
            Self::Celebration => "Birthday celebration",
        }
    }

    pub fn purpose(self) -> &'static str {
        match self {
            Self::WinBack => {
                "Brings customers back who have not ordered for a while, each on the day they lapse."
            }
            Self::CrossVerticalTrial => {
                "Lets customers of one vertical try another in which they never ordered."
            }
            Self::VipThankYou => "Thanks the customers who order most and spend most in a year.",
            Self::VerticalLaunch => {
                "Tells customers near the new merchants of a vertical that they have opened."
            }
            Self::Celebration => "Gives customers something for their birthday.",
        }
    }

    /// Returns the places that a marketer should review before the launch.
    pub fn launch_advice(self) -> &'static [PlaybookAdvice] {
        match self {
            Self::WinBack => &[
                OFFER,
                PlaybookAdvice {
                    field: "/trigger/when",
                    advice: "A lapse is twice the days between two orders, or so.",
                },
                MESSAGES,
                CAPS,
                HOLDOUT,
            ],
            Self::CrossVerticalTrial => &[
                PlaybookAdvice {
                    field: "/audience",
                    advice: "Your own names of the two verticals: they are parameters.",
                },
                OFFER,
                MESSAGES,
                CAPS,
                HOLDOUT,
            ],
            Self::VipThankYou => &[
                PlaybookAdvice {
                    field: "/audience",
                    advice: "Who is a top spender: preview until only a few percent are left.",
                },
                OFFER,
                MESSAGES,
                CAPS,
                HOLDOUT,
            ],
            Self::VerticalLaunch => &[
                PlaybookAdvice {
                    field: "/audience",
                    advice: "Merchants and radius: which are new, and how far they deliver.",
                },
                PlaybookAdvice {
                    field: "/validity",
                    advice: "Short, so that the first orders come in the first days.",
                },
                OFFER,
                MESSAGES,
                CAPS,
                HOLDOUT,
            ],
            Self::Celebration => &[
                OFFER,
                PlaybookAdvice {
                    field: "/trigger/local_hour",
                    advice: "The hour of the customer's day at which it comes.",
                },
                MESSAGES,
                CAPS,
                HOLDOUT,
            ],
        }
    }

    /// Returns the parameters with their default values.
    pub fn parameters(self, currency: Currency) -> Vec<PlaybookParameter> {
        let values = self.default_values(currency);
        let value = |name: &str| values.get(name).cloned().unwrap_or_default();
        let meanings = parameters::parameter_meanings(self).iter();
        meanings
            .map(|(name, meaning)| PlaybookParameter {
                name,
                meaning,
                required: self.requires(name),
                value: value(name),
            })
            .collect()
    }

    /// Returns the definition's document with default values, and with examples for required
    /// parameters.
    pub fn example_document(self, currency: Currency) -> Result<Value, Vec<FieldError>> {
        self.build_document(Value::Object(self.default_values(currency)), currency)
    }

    /// Returns the definition's document with the parameters in `given`. Pointers start with
    /// `/parameters`.
    pub fn document(
        self,
        given: Map<String, Value>,
        currency: Currency,
    ) -> Result<Value, Vec<FieldError>> {
        let mut values = self.default_values(currency);
        values.retain(|name, _| !self.requires(name));
        values.extend(given);
        self.build_document(Value::Object(values), currency)
    }

    fn build_document(self, values: Value, currency: Currency) -> Result<Value, Vec<FieldError>> {
        let made =
            match self {
                Self::WinBack => {
                    read_parameters(values).and_then(|values| plays::win_back(&values, currency))
                }
                Self::CrossVerticalTrial => read_parameters(values)
                    .and_then(|values| plays::cross_vertical_trial(&values, currency)),
                Self::VipThankYou => read_parameters(values)
                    .and_then(|values| plays::vip_thank_you(&values, currency)),
                Self::VerticalLaunch => read_parameters(values)
                    .and_then(|values| plays::vertical_launch(&values, currency)),
                Self::Celebration => {
                    read_parameters(values).and_then(|values| plays::celebration(&values, currency))
                }
            };
        let mut document =
            made.map_err(|errors| errors.into_iter().map(in_parameters).collect::<Vec<_>>())?;
        if let Value::Object(document) = &mut document {
            document.insert("name".into(), json!(self.title()));
            document.insert("description".into(), json!(self.purpose()));
            document.insert("kind".into(), json!(self.kind()));
        }
        Ok(document)
    }

    fn default_values(self, currency: Currency) -> Map<String, Value> {
        if let Value::Object(values) = parameters::default_values(self, currency) {
            values
        } else {
            Map::new()
        }
    }

    fn requires(self, parameter: &str) -> bool {
        match self {
            Self::VerticalLaunch => parameter == "vertical",
            Self::WinBack | Self::CrossVerticalTrial | Self::VipThankYou | Self::Celebration => {
                false
            }
        }
    }
}

/// Reads the shape, then checks each value.
fn read_parameters<T: serde::de::DeserializeOwned + parameters::ParameterCheck>(
    values: Value,
) -> Result<T, Vec<FieldError>> {
    let read: T = parse_value(values).map_err(|error| vec![error])?;
    let errors = read.check();
    if errors.is_empty() { Ok(read) } else { Err(errors) }
}

fn in_parameters(error: FieldError) -> FieldError {
    FieldError { field: format!("{}{}", child_pointer("", "parameters"), error.field), ..error }
}

#[cfg(test)]
mod tests;

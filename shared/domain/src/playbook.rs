//! Playbooks: campaigns that are ready to start from. Each is a whole definition with a few parameters, made in the tenant's currency.
//! The campaigns function lists them and makes drafts of them; what comes out is a definition like any other. Guarantees: what
//! [`Playbook::document`] gives is a good definition in every currency, whatever the parameters are that it accepts.

mod amount;
mod parameters;
mod plays;
mod words;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    campaign::Kind,
    field::{FieldError, below, parse_value},
    money::Currency,
};

/// In the order in which a marketer would start them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Playbook {
    WinBack,
    CrossVerticalTrial,
    VipThankYou,
    VerticalLaunch,
    Celebration,
}

/// What a playbook can be told.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PlaybookParameter))]
pub struct Parameter {
    #[cfg_attr(feature = "openapi", schema(example = "days"))]
    pub name: &'static str,
    pub meaning: &'static str,
    /// Whether it must be given: no value is right for everyone.
    pub required: bool,
    /// What it is if it is not given; of a required one an example.
    pub value: Value,
}

/// A place in the definition that a person should look at before the launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PlaybookAdvice))]
pub struct Advice {
    /// JSON pointer into the definition.
    #[cfg_attr(feature = "openapi", schema(example = "/offer/benefit"))]
    pub field: &'static str,
    pub advice: &'static str,
}

const OFFER: Advice = Advice {
    field: "/offer",
    advice: "The amounts are round ones in your currency, not ones from your margins: set benefit and minimum basket.",
};
const MESSAGES: Advice =
    Advice { field: "/messages", advice: "Say it in your own words, and add the languages of your customers." };
const CAPS: Advice =
    Advice { field: "/caps", advice: "There is no cap: preview the audience, then set what you can afford." };
const HOLDOUT: Advice =
    Advice { field: "/holdout_percent", advice: "One in ten gets nothing, so that the effect can be measured." };

impl Playbook {
    pub const ALL: [Playbook; 5] =
        [Self::WinBack, Self::CrossVerticalTrial, Self::VipThankYou, Self::VerticalLaunch, Self::Celebration];

    /// As the API names it.
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

    pub fn kind(self) -> Kind {
        match self {
            Self::WinBack | Self::Celebration => Kind::Autopilot,
            Self::CrossVerticalTrial | Self::VipThankYou | Self::VerticalLaunch => Kind::Promotion,
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
            Self::WinBack => "Brings customers back who have not ordered for a while, each on the day they lapse.",
            Self::CrossVerticalTrial => "Lets customers of one vertical try another in which they never ordered.",
            Self::VipThankYou => "Thanks the customers who order most and spend most.",
            Self::VerticalLaunch => "Tells customers near a point that a vertical has started there.",
            Self::Celebration => "Gives customers something for their birthday.",
        }
    }

    /// What a marketer should look at before the launch.
    pub fn adjust(self) -> &'static [Advice] {
        match self {
            Self::WinBack => &[
                OFFER,
                Advice { field: "/trigger/when", advice: "A lapse is twice the days between two orders, or so." },
                MESSAGES,
                CAPS,
                HOLDOUT,
            ],
            Self::CrossVerticalTrial => &[
                Advice { field: "/audience", advice: "Your own names of the two verticals: they are parameters." },
                OFFER,
                MESSAGES,
                CAPS,
                HOLDOUT,
            ],
            Self::VipThankYou => &[
                Advice {
                    field: "/audience",
                    advice: "Who is a top spender: preview until only a few percent are left.",
                },
                OFFER,
                MESSAGES,
                CAPS,
                HOLDOUT,
            ],
            Self::VerticalLaunch => &[
                Advice { field: "/audience", advice: "Point and radius: how far the new merchants deliver." },
                Advice { field: "/validity", advice: "Short, so that the first orders come in the first days." },
                OFFER,
                MESSAGES,
                CAPS,
                HOLDOUT,
            ],
            Self::Celebration => &[
                OFFER,
                Advice { field: "/trigger/local_hour", advice: "The hour of the customer's day at which it comes." },
                MESSAGES,
                CAPS,
                HOLDOUT,
            ],
        }
    }

    /// What it can be told, with the values that it takes otherwise.
    pub fn parameters(self, currency: Currency) -> Vec<Parameter> {
        let values = self.values(currency);
        let value = |name: &str| values.get(name).cloned().unwrap_or_default();
        let meanings = parameters::meanings(self).iter();
        meanings
            .map(|(name, meaning)| Parameter { name, meaning, required: self.requires(name), value: value(name) })
            .collect()
    }

    /// The definition's document with all that can be left out left out, and an example for what cannot.
    pub fn example(self, currency: Currency) -> Result<Value, Vec<FieldError>> {
        self.made_with(Value::Object(self.values(currency)), currency)
    }

    /// The definition's document, with `given` for its parameters. Pointers start with `/parameters`.
    pub fn document(self, given: Map<String, Value>, currency: Currency) -> Result<Value, Vec<FieldError>> {
        let mut values = self.values(currency);
        values.retain(|name, _| !self.requires(name));
        values.extend(given);
        self.made_with(Value::Object(values), currency)
    }

    fn made_with(self, values: Value, currency: Currency) -> Result<Value, Vec<FieldError>> {
        let made = match self {
            Self::WinBack => read(values).and_then(|values| plays::win_back(&values, currency)),
            Self::CrossVerticalTrial => read(values).and_then(|values| plays::cross_vertical_trial(&values, currency)),
            Self::VipThankYou => read(values).and_then(|values| plays::vip_thank_you(&values, currency)),
            Self::VerticalLaunch => read(values).and_then(|values| plays::vertical_launch(&values, currency)),
            Self::Celebration => read(values).and_then(|values| plays::celebration(&values, currency)),
        };
        let mut document = made.map_err(|errors| errors.into_iter().map(in_parameters).collect::<Vec<_>>())?;
        if let Value::Object(document) = &mut document {
            document.insert("name".into(), json!(self.title()));
            document.insert("description".into(), json!(self.purpose()));
            document.insert("kind".into(), json!(self.kind()));
        }
        Ok(document)
    }

    fn values(self, currency: Currency) -> Map<String, Value> {
        if let Value::Object(values) = parameters::values(self, currency) { values } else { Map::new() }
    }

    fn requires(self, parameter: &str) -> bool {
        match self {
            Self::VerticalLaunch => parameter == "point",
            Self::WinBack | Self::CrossVerticalTrial | Self::VipThankYou | Self::Celebration => false,
        }
    }
}

/// The shape, then what each value must be.
fn read<T: serde::de::DeserializeOwned + parameters::Check>(values: Value) -> Result<T, Vec<FieldError>> {
    let read: T = parse_value(values).map_err(|error| vec![error])?;
    let errors = read.check();
    if errors.is_empty() { Ok(read) } else { Err(errors) }
}

fn in_parameters(error: FieldError) -> FieldError {
    FieldError { field: format!("{}{}", below("", "parameters"), error.field), ..error }
}

#[cfg(test)]
mod tests;

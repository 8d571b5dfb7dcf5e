//! Parses the conditions of `audience::conditions` and saved segments.

use serde_json::{Map, Value};

use super::{DAY_KEYS, RuleParser, read_name};
use crate::{
    campaign::audience::{
        ALL_HUNDREDTHS, AttributeCondition, AttributeTest, AudienceRule, FrozenSegment,
        MAX_DAYS_AGO, MAX_NESTED_SEGMENTS, MAX_TAGS, PastStage, SampleCondition, SegmentCondition,
        ValueBounds, VoucherCondition,
    },
    customer::attributes::{MAX_ATTRIBUTE_NAME, is_attribute_name},
    kernel::{
        id::{CampaignId, SegmentId},
        validation::child_pointer,
    },
};

impl RuleParser<'_> {
    pub(super) fn parse_order_gap(&mut self, body: &Value, at: &str) -> Option<AudienceRule> {
        const BOUNDS: [&str; 2] = ["at_least", "at_most"];
        let object = self.read_bounded_object(body, at, &BOUNDS, &BOUNDS)?;
        let least = self.read_whole_number(object, "at_least", at, MAX_DAYS_AGO);
        let most = self.read_whole_number(object, "at_most", at, MAX_DAYS_AGO);
        let days = ValueBounds { at_least: least?, at_most: most? };
        self.check_order(&days, at, "at_least", "at_most")?;
        Some(AudienceRule::OrderGap(days))
    }

    pub(super) fn parse_had_voucher(&mut self, body: &Value, at: &str) -> Option<AudienceRule> {
        let [days_least, days_most, from, until] = DAY_KEYS;
        let known = ["stage", "campaign", days_least, days_most, from, until];
        let object = self.read_object(body, at, &known)?;
        let stage = match object.get("stage") {
            None => Some(PastStage::Had),
            Some(stage) => match stage.as_str().and_then(PastStage::parse) {
                Some(stage) => Some(stage),
                None => self.record_error(
                    child_pointer(at, "stage"),
                    "unknown_value",
                    format!("there are {}", PastStage::ALL.map(PastStage::as_str).join(", ")),
                ),
            },
        };
        let campaign = match object.get("campaign") {
            None => Some(None),
            Some(id) => match CampaignId::parse(id.as_str().unwrap_or_default()) {
                Ok(id) => Some(Some(id)),
                Err(bad) => {
                    self.record_error(child_pointer(at, "campaign"), "invalid", format!("{bad}"))
                }
            },
        };
        let day = if DAY_KEYS.iter().any(|key| object.contains_key(*key)) {
            self.parse_day_bounds(object, at).map(Some)
        } else {
            Some(None)
        };
        Some(AudienceRule::HadVoucher(VoucherCondition {
            stage: stage?,
            campaign: campaign?,
            day: day?,
        }))
    }

    pub(super) fn parse_attribute(&mut self, body: &Value, at: &str) -> Option<AudienceRule> {
        let [days_least, days_most, from, until] = DAY_KEYS;
        let known =
            ["name", "is", "at_least", "at_most", "any_of", days_least, days_most, from, until];
        let object = self.read_object(body, at, &known)?;
        let name = match object.get("name").and_then(Value::as_str) {
            Some(name) if is_attribute_name(name) => Some(name.to_owned()),
            Some(_) => self.record_error(
                child_pointer(at, "name"),
                "invalid",
                format!("1 to {MAX_ATTRIBUTE_NAME} of a-z 0-9 _"),
            ),
            None => self.record_error(child_pointer(at, "name"), "required", "which attribute?"),
        };
        let test = self.parse_attribute_test(object, at);
        Some(AudienceRule::Attribute(AttributeCondition { name: name?, test: test? }))
    }

    /// Parses the comparison of an attribute: exactly one of the kinds that the types have.
    fn parse_attribute_test(
        &mut self,
        object: &Map<String, Value>,
        at: &str,
    ) -> Option<AttributeTest> {
        let has = |keys: &[&str]| keys.iter().any(|key| object.contains_key(*key));
        match (has(&["is"]), has(&["at_least", "at_most"]), has(&["any_of"]), has(&DAY_KEYS)) {
            (true, false, false, false) => match object.get("is").and_then(Value::as_bool) {
                Some(wanted) => Some(AttributeTest::Is(wanted)),
                None => {
                    self.record_error(child_pointer(at, "is"), "invalid", "must be true or false")
                }
            },
            (false, true, false, false) => {
                let least = self.read_number(object, "at_least", at);
                let most = self.read_number(object, "at_most", at);
                let bounds = ValueBounds { at_least: least?, at_most: most? };
                self.check_order(&bounds, at, "at_least", "at_most")?;
                Some(AttributeTest::Number(bounds))
            }
            (false, false, true, false) => {
                self.read_list(object, "any_of", at, MAX_TAGS, read_name).map(AttributeTest::AnyOf)
            }
            (false, false, false, true) => {
                self.parse_day_bounds(object, at).map(AttributeTest::Day)
            }
            (_, _, _, _) => self.record_error(
                at,
                "exactly_one",
                "one comparison: is, at_least and at_most, any_of, or days",
            ),
        }
    }

    fn read_number(
        &mut self,
        object: &Map<String, Value>,
        key: &str,
        at: &str,
    ) -> Option<Option<f64>> {
        match object.get(key).map(Value::as_f64) {
            None => Some(None),
            Some(Some(number)) => Some(Some(number)),
            Some(None) => self.record_error(child_pointer(at, key), "invalid", "must be a number"),
        }
    }

    pub(super) fn parse_sample(&mut self, body: &Value, at: &str) -> Option<AudienceRule> {
        let object = self.read_object(body, at, &["name", "percent"])?;
        let name = match object.get("name").map(read_name) {
            Some(Ok(name)) => Some(name),
            Some(Err(detail)) => self.record_error(child_pointer(at, "name"), "invalid", detail),
            None => self.record_error(
                child_pointer(at, "name"),
                "required",
                "a name: the same one selects the same customers",
            ),
        };
        let percent = object.get("percent").and_then(Value::as_f64);
        let hundredths = percent.map(|percent| percent * 100.0).filter(|share| {
            (1.0..=f64::from(ALL_HUNDREDTHS)).contains(&share.round())
                && (share - share.round()).abs() < 1e-6
        });
        let hundredths = match hundredths {
            Some(share) => Some(share.round() as u32),
            None => self.record_error(
                child_pointer(at, "percent"),
                "out_of_range",
                "0.01 to 100, with at most two decimals",
            ),
        };
        Some(AudienceRule::Sample(SampleCondition { name: name?, hundredths: hundredths? }))
    }

    /// Parses a saved segment. A campaign that was launched carries its version and rule.
    pub(super) fn parse_segment(&mut self, body: &Value, at: &str) -> Option<AudienceRule> {
        let object = self.read_object(body, at, &["id", "version", "rule"])?;
        let id = match object.get("id").map(|id| SegmentId::parse(id.as_str().unwrap_or_default()))
        {
            Some(Ok(id)) => Some(id),
            Some(Err(bad)) => {
                self.record_error(child_pointer(at, "id"), "invalid", format!("an id {bad}"))
            }
            None => self.record_error(child_pointer(at, "id"), "required", "which segment?"),
        };
        let frozen = match (object.get("version").map(Value::as_u64), object.get("rule")) {
            (None, None) => Some(None),
            (Some(Some(version)), Some(rule)) => {
                self.parse_frozen(rule, at).map(|rule| Some(FrozenSegment { version, rule }))
            }
            (Some(_), _) | (None, Some(_)) => self.record_error(
                at,
                "invalid",
                "version, a whole number, and rule come together, and only from a launch",
            ),
        };
        Some(AudienceRule::Segment(SegmentCondition { id: id?, frozen: frozen? }))
    }

    fn parse_frozen(&mut self, rule: &Value, at: &str) -> Option<Box<AudienceRule>> {
        if self.segments_around >= MAX_NESTED_SEGMENTS {
            let detail = format!("at most {MAX_NESTED_SEGMENTS} segments within each other");
            return self.record_error(at, "too_deep", detail);
        }
        self.segments_around += 1;
        let rule = self.parse_node(rule, &child_pointer(at, "rule"), 1);
        self.segments_around -= 1;
        rule.map(Box::new)
    }
}

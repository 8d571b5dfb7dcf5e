//! Changing campaigns: each change is one transaction of META (conditional on the version it was decided on), its audit record, and
//! what goes with it: a definition, the quota, the segments of the run.

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::{
    Timestamp,
    campaign::{Action, Approval, Campaign, State},
    definition::Definition,
    definition_change::changes,
    dispatch::Segment,
    id::{CampaignId, RunId, VoucherId},
    sender_health::PauseCause,
};
use serde_json::json;

use super::{
    Change, Created, GONE, META, QUOTA, Quota, Replayed, Standing, Step, Write, audit_key, listed_at,
    read::{control_key, read_standing},
    version_key,
};
use crate::{
    Store,
    dispatches::condition_failed,
    error::{Result, StoreError},
    item::{Item, Read, at, n, s},
    transaction::Transacted,
    work::segment_item,
};

/// Tries to complete a campaign that an operator is changing at the same time.
const COMPLETE_TRIES: usize = 3;
/// Who changed it, where no person did.
const ACTOR_SYSTEM: &str = "system";

impl Store {
    /// A new draft. `fingerprint` stands for the request: the same id with the same one is a repeat.
    pub async fn create_campaign(
        &self,
        campaign: &Campaign,
        fingerprint: &str,
        change: &Change<'_>,
    ) -> Result<Created> {
        let mut meta = meta_item(campaign);
        meta.insert("fingerprint".into(), s(fingerprint));
        let put = Put::builder()
            .table_name(&self.tables.control)
            .set_item(Some(meta))
            .condition_expression("attribute_not_exists(campaign_id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()?;
        let not_gone = ConditionCheck::builder()
            .table_name(&self.tables.control)
            .set_key(Some(control_key(&campaign.id, GONE)))
            .condition_expression("attribute_not_exists(campaign_id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()?;
        let items = vec![
            TransactWriteItem::builder().put(put).build(),
            TransactWriteItem::builder().condition_check(not_gone).build(),
            self.version(&campaign.id, campaign.version, &campaign.definition)?,
            self.audit_record(&campaign.id, campaign.version, None, Some(campaign.state), change)?,
        ];
        let refused = match self.transact("a campaign", items).await? {
            Transacted::Written => return Ok(Created::First),
            Transacted::Refused(refused) => refused,
        };
        let same = |item: &Item| item.text_opt("fingerprint") == Some(fingerprint);
        match (refused.items.first().cloned().flatten(), refused.items.get(1).cloned().flatten()) {
            (Some(old), _) if refused.failed(0) => {
                if !same(&old) {
                    return Ok(Created::Taken);
                }
                let id = read_standing(&old)?.id;
                Ok(self.campaign(&id).await?.map_or(Created::Gone, |campaign| Created::Repeat(Box::new(campaign))))
            }
            (_, Some(gone)) if refused.failed(1) => Ok(if same(&gone) { Created::Gone } else { Created::Taken }),
            _ => Err(StoreError::Contended("a campaign")),
        }
    }

    /// Another definition of a draft; what was agreed to was the one before.
    pub async fn save_draft(&self, before: &Campaign, definition: &Definition, change: &Change<'_>) -> Result<Write> {
        self.commit(self.redefinition(before, definition, Act::Edit, change)?).await
    }

    /// A second person agrees to a draft as it stands: the condition is its version.
    pub async fn approve(&self, before: &Campaign, approval: &Approval, change: &Change<'_>) -> Result<Write> {
        let mut meta = MetaUpdate::new(&before.id, before.version, before.state, change.at);
        meta.approved(approval);
        let audit =
            self.audit_record(&before.id, before.version + 1, Some(before.state), Some(before.state), change)?;
        self.commit(vec![meta.build(self)?, audit]).await
    }

    /// Another name, description, end or caps of a launched campaign: what is left of its caps moves by the difference. An amendment
    /// that is an approver's act (`approval`) makes them no editor.
    pub async fn amend(
        &self,
        before: &Campaign,
        definition: &Definition,
        approval: Option<&Approval>,
        change: &Change<'_>,
    ) -> Result<Write> {
        let act = approval.map_or(Act::Amend, Act::Approve);
        let mut items = self.redefinition(before, definition, act, change)?;
        let moved = Quota::moved(&before.definition.caps, &definition.caps);
        if !moved.is_zero() {
            let update = Update::builder()
                .table_name(&self.tables.control)
                .set_key(Some(control_key(&before.id, QUOTA)))
                .update_expression(
                    "ADD vouchers_remaining :vouchers, exposure_remaining :exposure, redeemed_remaining :redeemed",
                )
                .condition_expression("attribute_exists(campaign_id)")
                .expression_attribute_values(":vouchers", n(moved.vouchers))
                .expression_attribute_values(":exposure", n(moved.exposure))
                .expression_attribute_values(":redeemed", n(moved.redeemed))
                .build()?;
            items.push(TransactWriteItem::builder().update(update).build());
        }
        self.commit(items).await
    }

    /// The draft goes; its audit stays, and a trace by which a repeat of its creation is known.
    pub async fn delete_draft(&self, before: &Campaign, change: &Change<'_>) -> Result<Write> {
        let fingerprint = self.fingerprint(&before.id).await?;
        let meta = Delete::builder()
            .table_name(&self.tables.control)
            .set_key(Some(control_key(&before.id, META)))
            .condition_expression("#version = :version AND #state = :draft")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":version", n(before.version))
            .expression_attribute_values(":draft", s(State::Draft.as_str()))
            .build()?;
        let mut gone = control_key(&before.id, GONE);
        gone.insert("fingerprint".into(), s(fingerprint));
        gone.insert("at".into(), at(change.at));
        let gone = Put::builder().table_name(&self.tables.control).set_item(Some(gone)).build()?;
        let items = vec![
            TransactWriteItem::builder().delete(meta).build(),
            TransactWriteItem::builder().put(gone).build(),
            self.audit_record(&before.id, before.version + 1, Some(before.state), None, change)?,
        ];
        self.commit(items).await
    }

    /// From the draft to a run, all or nothing: the state, the quota, and the run's segments, each with nothing scanned.
    pub async fn launch(
        &self,
        before: &Campaign,
        to: State,
        run: &RunId,
        segments: &[Segment],
        change: &Change<'_>,
    ) -> Result<Write> {
        let mut meta = MetaUpdate::new(&before.id, before.version, before.state, change.at);
        meta.set("state", s(to.as_str()));
        meta.set("launched_at", at(change.at));
        meta.set("run", s(run.as_str()));
        meta.set("segments", n(segments.len()));
        let whole = Quota::whole(&before.definition.caps);
        let mut quota = control_key(&before.id, QUOTA);
        quota.insert("vouchers_remaining".into(), n(whole.vouchers));
        quota.insert("exposure_remaining".into(), n(whole.exposure));
        quota.insert("redeemed_remaining".into(), n(whole.redeemed));
        let mut items = vec![
            meta.build(self)?,
            self.put_new(&self.tables.control, quota, "campaign_id")?,
            self.audit_record(&before.id, before.version + 1, Some(before.state), Some(to), change)?,
        ];
        for segment in segments {
            items.push(self.put_new(&self.tables.work, segment_item(segment), "pk")?);
        }
        self.commit(items).await
    }

    /// Pause, resume, start, cancel, fail, archive, complete: whatever changes the state alone.
    pub async fn transition(&self, step: &Step<'_>, change: &Change<'_>) -> Result<Write> {
        let mut meta = MetaUpdate::new(step.campaign, step.version, step.from, change.at);
        meta.set("state", s(step.to.as_str()));
        if ended(step.to) {
            meta.set("ended_at", at(change.at));
        }
        if let Some(revoke) = step.revoke {
            meta.set("revoke", s(revoke.as_str()));
        }
        match &step.because {
            Some(cause) => meta.set("paused_because", s(json!(cause).to_string())),
            None => meta.removes.push("paused_because"),
        }
        if step.from == State::Paused {
            meta.set("resumed_at", at(change.at));
        }
        let audit = self.audit_record(step.campaign, step.version + 1, Some(step.from), Some(step.to), change)?;
        self.commit(vec![meta.build(self)?, audit]).await
    }

    /// A worker found that the run's equation has closed. False if the campaign is not running (any more), which is fine.
    pub async fn complete(&self, id: &CampaignId, now: Timestamp) -> Result<bool> {
        self.by_itself(id, Action::Complete, "the run's equation closed", now).await
    }

    /// The time of a scheduled campaign has come. False if it is not scheduled (any more).
    pub async fn start(&self, id: &CampaignId, now: Timestamp) -> Result<bool> {
        self.by_itself(id, Action::Start, "its start time came", now).await
    }

    /// The start time of a scheduled campaign was missed by too much. False if it is not scheduled (any more).
    pub async fn miss_start(&self, id: &CampaignId, now: Timestamp) -> Result<bool> {
        let scheduled = self.campaign_state(id).await?.is_some_and(|standing| standing.state == State::Scheduled);
        Ok(scheduled && self.by_itself(id, Action::Fail, "it could not start within its deadline", now).await?)
    }

    /// The end of an autopilot has come. False if it is not enabled or paused (any more).
    pub async fn end(&self, id: &CampaignId, now: Timestamp) -> Result<bool> {
        self.by_itself(id, Action::Cancel, "its end came", now).await
    }

    /// Pauses a campaign that stands so, for what its sends do. False if it stands otherwise by now: somebody has decided meanwhile.
    pub async fn pause_because(&self, standing: &Standing, cause: PauseCause, now: Timestamp) -> Result<bool> {
        let Some(step) = Step::of(standing, Action::Pause, now) else { return Ok(false) };
        let step = Step { because: Some(cause), ..step };
        let note = cause.to_string();
        let change = Change { actor: ACTOR_SYSTEM, action: Action::Pause.as_str(), note: &note, at: now };
        Ok(self.transition(&step, &change).await? == Write::Done)
    }

    /// Keeps what a complete replay found, beside the campaign: its version stays, for nothing of it is changed. False if it is gone.
    pub async fn keep_replayed(&self, id: &CampaignId, replayed: &Replayed) -> Result<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.control)
            .set_key(Some(control_key(id, META)))
            .update_expression("SET replayed_days = :days, replayed_matches = :matches, replayed_at = :at")
            .condition_expression("attribute_exists(#version)")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":days", n(replayed.counted.days))
            .expression_attribute_values(":matches", n(replayed.counted.matches))
            .expression_attribute_values(":at", at(replayed.at));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn by_itself(&self, id: &CampaignId, action: Action, note: &str, now: Timestamp) -> Result<bool> {
        let change = Change { actor: ACTOR_SYSTEM, action: action.as_str(), note, at: now };
        for _ in 0..COMPLETE_TRIES {
            let Some(standing) = self.campaign_state(id).await? else { return Ok(false) };
            let Some(step) = Step::of(&standing, action, now) else { return Ok(false) };
            match self.transition(&step, &change).await? {
                Write::Done => return Ok(true),
                Write::Lost => {}
            }
        }
        Err(StoreError::Contended("a campaign"))
    }

    /// META and a new definition, decided on `before`.
    fn redefinition(
        &self,
        before: &Campaign,
        definition: &Definition,
        act: Act<'_>,
        change: &Change<'_>,
    ) -> Result<Vec<TransactWriteItem>> {
        let version = before.version + 1;
        let mut meta = MetaUpdate::new(&before.id, before.version, before.state, change.at);
        meta.set("definition", n(version));
        meta.set("name", s(&definition.name));
        meta.set("currency", s(definition.offer.currency().as_str()));
        meta.set("kind", s(definition.kind.as_str()));
        meta.set("listing", s(definition.kind.as_str()));
        meta.set_or_remove("starts_at", definition.schedule.starts_at);
        // another definition may match others
        meta.removes.extend(["replayed_days", "replayed_matches", "replayed_at"]);
        meta.set_or_remove("ends_at", definition.schedule.ends_at);
        meta.set_or_remove("start_deadline", definition.schedule.start_deadline());
        meta.set("priority", n(definition.pressure.priority));
        match act {
            Act::Edit => {
                meta.edited(before, change.actor);
                meta.removes.extend(["approved_by", "approved_at"]);
            }
            Act::Amend => meta.edited(before, change.actor),
            Act::Approve(approval) => meta.approved(approval),
        }
        let mut audit = control_key(&before.id, &audit_key(change.at, version));
        audit.insert("changes".into(), s(json!(changes(&before.definition, definition)).to_string()));
        Ok(vec![
            meta.build(self)?,
            self.version(&before.id, version, definition)?,
            self.audit_item(audit, version, Some(before.state), Some(before.state), change)?,
        ])
    }

    /// A definition: written once, never again.
    fn version(&self, id: &CampaignId, number: u64, definition: &Definition) -> Result<TransactWriteItem> {
        let mut item = control_key(id, &version_key(number));
        item.insert("document".into(), s(definition.to_value().to_string()));
        self.put_new(&self.tables.control, item, "campaign_id")
    }

    fn audit_record(
        &self,
        id: &CampaignId,
        version: u64,
        before: Option<State>,
        after: Option<State>,
        change: &Change<'_>,
    ) -> Result<TransactWriteItem> {
        self.audit_item(control_key(id, &audit_key(change.at, version)), version, before, after, change)
    }

    fn audit_item(
        &self,
        mut item: Item,
        version: u64,
        before: Option<State>,
        after: Option<State>,
        change: &Change<'_>,
    ) -> Result<TransactWriteItem> {
        item.insert("at".into(), at(change.at));
        item.insert("version".into(), n(version));
        item.insert("actor".into(), s(change.actor));
        item.insert("action".into(), s(change.action));
        item.insert("note".into(), s(change.note));
        for (name, state) in [("before", before), ("after", after)] {
            if let Some(state) = state {
                item.insert(name.into(), s(state.as_str()));
            }
        }
        self.put_new(&self.tables.control, item, "campaign_id")
    }

    /// The record of an operator's act on one match, which changes nothing of the campaign itself.
    pub(crate) fn audit_act(
        &self,
        standing: &Standing,
        about: &VoucherId,
        change: &Change<'_>,
    ) -> Result<TransactWriteItem> {
        let key = format!("{}#{about}", audit_key(change.at, standing.version));
        let state = Some(standing.state);
        self.audit_item(control_key(&standing.id, &key), standing.version, state, state, change)
    }

    fn put_new(&self, table: &str, item: Item, partition_key: &str) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(item))
            .condition_expression(format!("attribute_not_exists({partition_key})"))
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    async fn fingerprint(&self, id: &CampaignId) -> Result<String> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.control)
            .set_key(Some(control_key(id, META)))
            .projection_expression("fingerprint")
            .consistent_read(true)
            .send()
            .await?;
        Ok(found.item.as_ref().and_then(|item| item.text_opt("fingerprint")).unwrap_or_default().to_owned())
    }

    /// The first item is META with its condition: if that fails, the change was decided on an old version.
    async fn commit(&self, items: Vec<TransactWriteItem>) -> Result<Write> {
        Ok(match self.transact("a campaign", items).await? {
            Transacted::Written => Write::Done,
            Transacted::Refused(_) => Write::Lost,
        })
    }
}

fn ended(state: State) -> bool {
    match state {
        State::Completed | State::Cancelled | State::Ended | State::Failed => true,
        State::Draft | State::Scheduled | State::Running | State::Enabled | State::Paused | State::Archived => false,
    }
}

fn meta_item(campaign: &Campaign) -> Item {
    let definition = &campaign.definition;
    let mut item = control_key(&campaign.id, META);
    let fixed = [
        ("listing", s(definition.kind.as_str())),
        ("listed_at", s(listed_at(campaign.created_at, &campaign.id))),
        ("kind", s(definition.kind.as_str())),
        ("name", s(&definition.name)),
        ("currency", s(definition.offer.currency().as_str())),
        ("state", s(campaign.state.as_str())),
        ("version", n(campaign.version)),
        ("definition", n(campaign.version)),
        ("created_at", at(campaign.created_at)),
        ("created_by", s(&campaign.created_by)),
        ("updated_at", at(campaign.updated_at)),
        ("revoke", s(campaign.revoke.as_str())),
        ("priority", n(definition.pressure.priority)),
    ];
    item.extend(fixed.map(|(name, value)| (name.to_owned(), value)));
    let schedule = &definition.schedule;
    let times = [
        ("starts_at", schedule.starts_at),
        ("ends_at", schedule.ends_at),
        ("start_deadline", schedule.start_deadline()),
    ];
    item.extend(times.into_iter().filter_map(|(name, time)| Some((name.to_owned(), at(time?)))));
    item
}

/// What another definition is for who has a say in it.
#[derive(Clone, Copy)]
enum Act<'a> {
    /// Of a draft: takes an approval away.
    Edit,
    /// Of a launched campaign: its approval was for the launch and stays.
    Amend,
    Approve(&'a Approval),
}

/// An update of META that holds only if it still has the version and the state that the change was decided on.
struct MetaUpdate {
    key: Item,
    sets: Vec<(&'static str, AttributeValue)>,
    removes: Vec<&'static str>,
    version: u64,
    state: State,
}

impl MetaUpdate {
    fn new(id: &CampaignId, version: u64, state: State, now: Timestamp) -> Self {
        let sets = vec![("version", n(version + 1)), ("updated_at", at(now))];
        Self { key: control_key(id, META), sets, removes: Vec::new(), version, state }
    }
    fn set(&mut self, name: &'static str, value: AttributeValue) {
        self.sets.push((name, value));
    }
    fn edited(&mut self, before: &Campaign, actor: &str) {
        let others = before.editors.iter().map(String::as_str).filter(|editor| *editor != actor);
        self.set("editors", AttributeValue::L(others.chain([actor]).map(s).collect()));
    }
    fn approved(&mut self, approval: &Approval) {
        self.set("approved_by", s(&approval.by));
        self.set("approved_at", at(approval.at));
    }
    fn set_or_remove(&mut self, name: &'static str, time: Option<Timestamp>) {
        match time {
            Some(time) => self.set(name, at(time)),
            None => self.removes.push(name),
        }
    }
    fn build(self, store: &Store) -> Result<TransactWriteItem> {
        let sets: Vec<String> = self.sets.iter().map(|(name, _)| format!("#{name} = :{name}")).collect();
        let removes: Vec<String> = self.removes.iter().map(|name| format!("#{name}")).collect();
        let mut expression = format!("SET {}", sets.join(", "));
        if !removes.is_empty() {
            expression += &format!(" REMOVE {}", removes.join(", "));
        }
        let mut update = Update::builder()
            .table_name(&store.tables.control)
            .set_key(Some(self.key))
            .update_expression(expression)
            .condition_expression("#version = :was_version AND #state = :was_state")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":was_version", n(self.version))
            .expression_attribute_values(":was_state", s(self.state.as_str()));
        for (name, value) in self.sets {
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        for name in self.removes {
            update = update.expression_attribute_names(format!("#{name}"), name);
        }
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }
}

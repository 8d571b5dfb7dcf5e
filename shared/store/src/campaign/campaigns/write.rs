//! Changes campaigns. Each change is one transaction of META (conditional on the version it was
//! decided on), its audit record, and the items that belong to the change: a definition, the quota,
//! the segments of the run.

use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::{
    Timestamp,
    campaign::{
        definition::Definition,
        definition_change::field_changes,
        lifecycle::{Approval, Campaign, CampaignAction, CampaignPhase, CampaignState, WorkPolicy},
        pause_cause::PauseCause,
        redeeming::Revocation,
    },
    delivery::dispatch::Segment,
    kernel::id::{CampaignId, RunId},
};
use serde_json::json;

use super::{
    AuditedChange, CampaignSummary, CreateCampaignResult, Quota, ReplaySummary, StateTransition,
    VoucherSwitch,
    meta::{MetaUpdate, VARIANTS, meta_item, name_key, start_order, variant_list},
    read::read_summary,
};
use crate::{
    Store,
    conditional::{Applied, parse_applied},
    error::{Result, StoreError},
    item::{AttributeReader, ItemMap, at, n, s},
    keys::{
        audit_key, definition_key, deleted_draft_key, link_name_key, quota_key, segment_key,
        summary_key,
    },
    transaction::TransactionResult,
    work_items::segment_item,
};

/// Tries of a transition by the system that conflicts with an operator's changes to the same
/// campaign.
const MAX_SYSTEM_TRANSITION_TRIES: usize = 3;
/// The actor of changes that no person made.
const ACTOR_SYSTEM: &str = "system";

impl Store {
    /// Creates a draft. `read_fingerprint` identifies the request: the same id with the same
    /// fingerprint is a repeat.
    pub async fn create_campaign(
        &self,
        campaign: &Campaign,
        fingerprint: &str,
        change: &AuditedChange<'_>,
    ) -> Result<CreateCampaignResult> {
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
            .set_key(Some(deleted_draft_key(&campaign.id)))
            .condition_expression("attribute_not_exists(campaign_id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()?;
        let items = vec![
            TransactWriteItem::builder().put(put).build(),
            TransactWriteItem::builder().condition_check(not_gone).build(),
            self.new_definition_item(&campaign.id, campaign.version, &campaign.definition)?,
            self.link_name_item(&campaign.id)?,
            self.new_audit_record(
                &campaign.id,
                campaign.version,
                None,
                Some(campaign.state),
                change,
            )?,
        ];
        let refused = match self.transact("a campaign", items).await? {
            TransactionResult::Written => return Ok(CreateCampaignResult::First),
            TransactionResult::Refused(refused) => refused,
        };
        let same = |item: &ItemMap| item.text_opt("fingerprint") == Some(fingerprint);
        match (refused.old_item_at(0), refused.old_item_at(1)) {
            (Some(old), _) if refused.condition_failed_at(0) => {
                if !same(old) {
                    return Ok(CreateCampaignResult::IdConflict);
                }
                let id = read_summary(old)?.id;
                Ok(self.campaign(&id).await?.map_or(CreateCampaignResult::Gone, |campaign| {
                    CreateCampaignResult::Repeat(Box::new(campaign))
                }))
            }
            (_, Some(gone)) if refused.condition_failed_at(1) => Ok(if same(gone) {
                CreateCampaignResult::Gone
            } else {
                CreateCampaignResult::IdConflict
            }),
            _ => Err(StoreError::Contended("a campaign")),
        }
    }

    /// Returns the put of the short name by which links find the campaign.
    fn link_name_item(&self, campaign: &CampaignId) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.tables.control)
            .set_item(Some(link_name_key(campaign)))
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Saves another definition of a draft. Removes an approval, because it was given to the
    /// definition before.
    pub async fn save_draft(
        &self,
        before: &Campaign,
        definition: &Definition,
        change: &AuditedChange<'_>,
    ) -> Result<Applied> {
        self.commit_campaign_change(self.definition_change_items(
            before,
            definition,
            DefinitionEdit::Edit,
            change,
        )?)
        .await
    }

    /// Records a second person's approval of a draft in its present form: the condition is its
    /// version.
    pub async fn approve_draft(
        &self,
        before: &Campaign,
        approval: &Approval,
        change: &AuditedChange<'_>,
    ) -> Result<Applied> {
        let mut meta = MetaUpdate::new(&before.id, before.version, before.state, change.at);
        meta.set_approval(approval);
        let audit = self.new_audit_record(
            &before.id,
            before.version + 1,
            Some(before.state),
            Some(before.state),
            change,
        )?;
        self.commit_campaign_change(vec![meta.build(self)?, audit]).await
    }

    /// Changes the name, description, end or caps of a launched campaign; the quota moves by the
    /// difference of the caps. An amendment that an approver makes by approving it (`approval`)
    /// does not add them to the editors.
    pub async fn amend_campaign(
        &self,
        before: &Campaign,
        definition: &Definition,
        approval: Option<&Approval>,
        change: &AuditedChange<'_>,
    ) -> Result<Applied> {
        let act = approval.map_or(DefinitionEdit::Amend, DefinitionEdit::Approve);
        let mut items = self.definition_change_items(before, definition, act, change)?;
        let moved = Quota::difference_between(&before.definition.caps, &definition.caps);
        if !moved.is_zero() {
            let update = Update::builder()
                .table_name(&self.tables.control)
                .set_key(Some(quota_key(&before.id)))
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
        self.commit_campaign_change(items).await
    }

    /// Deletes a draft. Its audit records stay, and so does the fingerprint by which a repeat of
    /// its creation is recognised.
    pub async fn delete_draft(
        &self,
        before: &Campaign,
        change: &AuditedChange<'_>,
    ) -> Result<Applied> {
        let fingerprint = self.read_fingerprint(&before.id).await?;
        let meta = Delete::builder()
            .table_name(&self.tables.control)
            .set_key(Some(summary_key(&before.id)))
            .condition_expression("#version = :version AND #state = :draft")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":version", n(before.version))
            .expression_attribute_values(":draft", s(CampaignState::Draft.as_str()))
            .build()?;
        let mut gone = deleted_draft_key(&before.id);
        gone.insert("fingerprint".into(), s(fingerprint));
        gone.insert("at".into(), at(change.at));
        let gone = Put::builder().table_name(&self.tables.control).set_item(Some(gone)).build()?;
        let items = vec![
            TransactWriteItem::builder().delete(meta).build(),
            TransactWriteItem::builder().put(gone).build(),
            self.new_audit_record(
                &before.id,
                before.version + 1,
                Some(before.state),
                None,
                change,
            )?,
        ];
        self.commit_campaign_change(items).await
    }

    /// Launches a draft, all or nothing: the state, the quota, and the segments of the run, none of
    /// them scanned. `before` has the definition that is frozen, which is written if its saved
    /// segments have become part of it, and the time until which the launch can be undone.
    pub async fn launch_campaign(
        &self,
        before: &Campaign,
        to: CampaignState,
        run: &RunId,
        segments: &[Segment],
        change: &AuditedChange<'_>,
    ) -> Result<Applied> {
        let mut meta = MetaUpdate::new(&before.id, before.version, before.state, change.at);
        meta.set("state", s(to.as_str()));
        meta.set("launched_at", at(change.at));
        meta.set_or_remove("undo_until", before.undo_until);
        let starts_at = before.definition.schedule.starts_at.unwrap_or(change.at);
        meta.set("start_order", start_order(Some(starts_at)));
        meta.set("run", s(run.as_str()));
        meta.set("segments", n(segments.len()));
        let freezes_segments = !before.definition.audience.segments().is_empty();
        if freezes_segments {
            meta.set("definition", n(before.version + 1));
        }
        let remaining = Quota::from_caps(&before.definition.caps);
        let mut quota = quota_key(&before.id);
        quota.insert("vouchers_remaining".into(), n(remaining.vouchers));
        quota.insert("exposure_remaining".into(), n(remaining.exposure));
        quota.insert("redeemed_remaining".into(), n(remaining.redeemed));
        let mut items = vec![
            meta.build(self)?,
            self.new_item_put(&self.tables.control, quota, "campaign_id")?,
            self.new_audit_record(
                &before.id,
                before.version + 1,
                Some(before.state),
                Some(to),
                change,
            )?,
        ];
        if freezes_segments {
            items.push(self.new_definition_item(
                &before.id,
                before.version + 1,
                &before.definition,
            )?);
        }
        for segment in segments {
            items.push(self.new_item_put(&self.tables.work, segment_item(segment), "pk")?);
        }
        self.commit_campaign_change(items).await
    }

    /// Makes a scheduled campaign the draft that it was before its launch: quota and segments go,
    /// and what operators decided about its vouchers since. Nothing was selected, because a segment
    /// is scanned only after the start, which is decided on the same version of META.
    pub async fn undo_launch(
        &self,
        before: &Campaign,
        change: &AuditedChange<'_>,
    ) -> Result<Applied> {
        let mut meta = MetaUpdate::new(&before.id, before.version, before.state, change.at);
        meta.set("state", s(CampaignState::Draft.as_str()));
        meta.set("start_order", start_order(before.definition.schedule.starts_at));
        meta.removes.extend(["launched_at", "undo_until", "run", "segments", "resumed_at"]);
        meta.remove_suspension();
        meta.removes.extend(["revoked_unaccepted_until", "revoked_all_until"]);
        // An approval was given to what was launched, and not to what was changed since.
        if before.launched_at != Some(before.updated_at) {
            meta.removes.push("approved_by");
            meta.removes.push("approved_at");
        }
        let audit = self.new_audit_record(
            &before.id,
            before.version + 1,
            Some(before.state),
            Some(CampaignState::Draft),
            change,
        )?;
        let quota = self.item_delete(&self.tables.control, quota_key(&before.id))?;
        let mut items = vec![meta.build(self)?, audit, quota];
        if let Some(run) = &before.run {
            for number in 0..before.segments {
                items.push(self.item_delete(&self.tables.work, segment_key(run, number))?);
            }
        }
        self.commit_campaign_change(items).await
    }

    fn item_delete(&self, table: &str, key: ItemMap) -> Result<TransactWriteItem> {
        let delete = Delete::builder().table_name(table).set_key(Some(key)).build()?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Pauses, resumes, starts, cancels, fails, archives or completes a campaign: every change of
    /// the state alone.
    pub async fn transition_campaign(
        &self,
        step: &StateTransition<'_>,
        change: &AuditedChange<'_>,
    ) -> Result<Applied> {
        let mut meta = MetaUpdate::new(step.campaign, step.version, step.from, change.at);
        meta.set("state", s(step.to.as_str()));
        // What no longer waits can no longer be undone.
        if step.to.work_policy() != WorkPolicy::Wait {
            meta.removes.push("undo_until");
        }
        if is_ended(step.to) {
            meta.set("ended_at", at(change.at));
        }
        if let Some(scope) = step.revoke {
            meta.add_revocation(&Revocation::of_every_voucher(scope));
        }
        match &step.pause_cause {
            Some(cause) => meta.set("paused_because", s(json!(cause).to_string())),
            None => meta.removes.push("paused_because"),
        }
        if step.from == CampaignState::Paused {
            meta.set("resumed_at", at(change.at));
        }
        let audit = self.new_audit_record(
            step.campaign,
            step.version + 1,
            Some(step.from),
            Some(step.to),
            change,
        )?;
        self.commit_campaign_change(vec![meta.build(self)?, audit]).await
    }

    /// Suspends or resumes redeeming, or revokes vouchers. The campaign's state stays.
    pub async fn switch_vouchers(
        &self,
        before: &Campaign,
        switch: &VoucherSwitch,
        change: &AuditedChange<'_>,
    ) -> Result<Applied> {
        let mut meta = MetaUpdate::new(&before.id, before.version, before.state, change.at);
        match switch {
            VoucherSwitch::Suspend(suspension) => meta.set_suspension(suspension),
            VoucherSwitch::Resume => meta.remove_suspension(),
            VoucherSwitch::Revoke(revocation) => meta.add_revocation(revocation),
        }
        let state = Some(before.state);
        let audit = self.new_audit_record(&before.id, before.version + 1, state, state, change)?;
        self.commit_campaign_change(vec![meta.build(self)?, audit]).await
    }

    /// Completes a campaign whose reconciliation equation has closed, as the watchdog found.
    /// Returns false if the campaign is not running (any more), which is fine.
    pub async fn complete_campaign(&self, id: &CampaignId, now: Timestamp) -> Result<bool> {
        self.transition_as_system(id, CampaignAction::Complete, "the run's equation closed", now)
            .await
    }

    /// Starts a scheduled campaign whose start time has come. Returns false if it is not scheduled
    /// (any more).
    pub async fn start_campaign(&self, id: &CampaignId, now: Timestamp) -> Result<bool> {
        self.transition_as_system(id, CampaignAction::Start, "its start time came", now).await
    }

    /// Fails a scheduled campaign that missed its start deadline. Returns false if it is not
    /// scheduled (any more).
    pub async fn fail_missed_start(&self, id: &CampaignId, now: Timestamp) -> Result<bool> {
        let scheduled = self
            .campaign_summary(id)
            .await?
            .is_some_and(|summary| summary.state == CampaignState::Scheduled);
        Ok(scheduled
            && self
                .transition_as_system(
                    id,
                    CampaignAction::Fail,
                    "it could not start within its deadline",
                    now,
                )
                .await?)
    }

    /// Ends an autopilot whose end has come. Returns false if it is not enabled or paused (any
    /// more).
    pub async fn end_autopilot(&self, id: &CampaignId, now: Timestamp) -> Result<bool> {
        self.transition_as_system(id, CampaignAction::Cancel, "its end came", now).await
    }

    /// Pauses a campaign because of its sender health. Returns false if the campaign has changed
    /// since its summary was read: an operator or the system has decided in the meantime.
    pub async fn pause_for_sender_health(
        &self,
        summary: &CampaignSummary,
        cause: PauseCause,
        now: Timestamp,
    ) -> Result<bool> {
        let Some(step) = StateTransition::from_summary(summary, CampaignAction::Pause, now) else {
            return Ok(false);
        };
        let step = StateTransition { pause_cause: Some(cause), ..step };
        let note = cause.to_string();
        let change = AuditedChange {
            actor: ACTOR_SYSTEM,
            action: CampaignAction::Pause.as_str(),
            note: &note,
            at: now,
        };
        Ok(self.transition_campaign(&step, &change).await? == Applied::Yes)
    }

    /// Keeps the result of a complete replay beside the campaign, whose version stays because
    /// nothing in it changes. Returns false if the campaign is gone.
    pub async fn record_replay(&self, id: &CampaignId, replayed: &ReplaySummary) -> Result<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.control)
            .set_key(Some(summary_key(id)))
            .update_expression(
                "SET replayed_days = :days, replayed_matches = :matches, replayed_at = :at",
            )
            .condition_expression("attribute_exists(#version)")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":days", n(replayed.counted.days))
            .expression_attribute_values(":matches", n(replayed.counted.matches))
            .expression_attribute_values(":at", at(replayed.at));
        Ok(parse_applied(update.send().await)? == Applied::Yes)
    }

    async fn transition_as_system(
        &self,
        id: &CampaignId,
        action: CampaignAction,
        note: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let change = AuditedChange { actor: ACTOR_SYSTEM, action: action.as_str(), note, at: now };
        for _ in 0..MAX_SYSTEM_TRANSITION_TRIES {
            let Some(summary) = self.campaign_summary(id).await? else {
                return Ok(false);
            };
            let Some(step) = StateTransition::from_summary(&summary, action, now) else {
                return Ok(false);
            };
            match self.transition_campaign(&step, &change).await? {
                Applied::Yes => return Ok(true),
                Applied::Conflict => {}
            }
        }
        Err(StoreError::Contended("a campaign"))
    }

    /// Returns the writes of META and of a new definition, decided on `before`.
    fn definition_change_items(
        &self,
        before: &Campaign,
        definition: &Definition,
        act: DefinitionEdit<'_>,
        change: &AuditedChange<'_>,
    ) -> Result<Vec<TransactWriteItem>> {
        let version = before.version + 1;
        let mut meta = MetaUpdate::new(&before.id, before.version, before.state, change.at);
        meta.set("definition", n(version));
        meta.set("name", s(&definition.name));
        meta.set("name_key", s(name_key(&definition.name)));
        let starts_at = definition.schedule.starts_at.or(before.launched_at);
        meta.set("start_order", start_order(starts_at));
        meta.set("currency", s(definition.offer.currency().as_str()));
        meta.set("kind", s(definition.kind.as_str()));
        meta.set("listing", s(definition.kind.as_str()));
        meta.set_or_remove("starts_at", definition.schedule.starts_at);
        // Another definition may have other matches, so the replay's result goes.
        meta.removes.extend(["replayed_days", "replayed_matches", "replayed_at"]);
        meta.set_or_remove("ends_at", definition.schedule.ends_at);
        meta.set_or_remove("start_deadline", definition.schedule.start_deadline());
        meta.set("priority", n(definition.pressure.priority));
        meta.set("holdout", n(definition.holdout_percent));
        match variant_list(definition) {
            Some(variants) => meta.set(VARIANTS, variants),
            None => meta.removes.push(VARIANTS),
        }
        match act {
            DefinitionEdit::Edit => {
                meta.add_editor(before, change.actor);
                meta.removes.extend(["approved_by", "approved_at"]);
            }
            DefinitionEdit::Amend => meta.add_editor(before, change.actor),
            DefinitionEdit::Approve(approval) => meta.set_approval(approval),
        }
        let mut audit = audit_key(&before.id, change.at, version);
        audit.insert(
            "changes".into(),
            s(json!(field_changes(&before.definition, definition)).to_string()),
        );
        Ok(vec![
            meta.build(self)?,
            self.new_definition_item(&before.id, version, definition)?,
            self.new_audit_item(audit, version, Some(before.state), Some(before.state), change)?,
        ])
    }

    /// Returns the write of a definition. It is written once and never rewritten.
    fn new_definition_item(
        &self,
        id: &CampaignId,
        number: u64,
        definition: &Definition,
    ) -> Result<TransactWriteItem> {
        let mut item = definition_key(id, number);
        item.insert("document".into(), s(definition.to_value().to_string()));
        self.new_item_put(&self.tables.control, item, "campaign_id")
    }

    pub(super) fn new_item_put(
        &self,
        table: &str,
        item: ItemMap,
        partition_key: &str,
    ) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(item))
            .condition_expression(format!("attribute_not_exists({partition_key})"))
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    async fn read_fingerprint(&self, id: &CampaignId) -> Result<String> {
        let found = self
            .client
            .get_item()
            .table_name(&self.tables.control)
            .set_key(Some(summary_key(id)))
            .projection_expression("fingerprint")
            .consistent_read(true)
            .send()
            .await?;
        Ok(found
            .item
            .as_ref()
            .and_then(|item| item.text_opt("fingerprint"))
            .unwrap_or_default()
            .to_owned())
    }

    /// Commits the items. The first item is META with its condition: if that fails, the change was
    /// decided on an old version.
    async fn commit_campaign_change(&self, items: Vec<TransactWriteItem>) -> Result<Applied> {
        self.transact_applied("a campaign", items).await
    }
}

/// Returns true if a transition into this state ends the campaign. An archived one had ended
/// before.
fn is_ended(state: CampaignState) -> bool {
    state.phase() == CampaignPhase::Over && state != CampaignState::Archived
}

/// The reason for a new definition, which decides about the editors and the approval.
#[derive(Clone, Copy)]
enum DefinitionEdit<'a> {
    /// An edit of a draft, which removes an approval.
    Edit,
    /// An amendment of a launched campaign. Its approval was for the launch and stays.
    Amend,
    Approve(&'a Approval),
}

//! Counts customers for a rehearsal: loads the campaigns that it is about, reads the records of
//! those who would be treated or held out, and asks `domain::reporting::rehearsal` about each.
//!
//! The workers of a rehearsal and its estimate use it, so both give the same answer about the same
//! customer. Reads Control and Vouchers, writes nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{
    Timestamp,
    campaign::{
        definition::{CampaignForms, Definition},
        redeeming::Revocation,
        segments::Exclusion,
    },
    customer::{profile::Customer, topics::TopicQuestion},
    delivery::contact_policy::ContactPolicy,
    kernel::{id::CampaignId, locale::Locale, money::Currency},
    reporting::rehearsal::{
        CustomerRecords, Rehearsal, RehearsalFacts, RehearsalSubject, RehearsedCampaign,
        RehearsedOutcome,
        counts::{OtherCampaign, RehearsalCounts},
    },
    voucher::record::Voucher,
};
use futures::{StreamExt, stream};
use store::{Store, StoreError};

/// Customers whose records are read at the same time.
const CONCURRENT_RECORDS: usize = 32;

/// The segments of the SMS in each language, by the number of the variant that has them.
type SmsSegmentsByVariant = BTreeMap<Option<u8>, BTreeMap<Locale, u32>>;

/// A campaign with what the decision about a customer needs.
struct LoadedCampaign {
    id: CampaignId,
    forms: CampaignForms,
    topic: Option<TopicQuestion>,
}

/// A rehearsal with everything that is the same for all customers.
pub struct CustomerCounter<'a> {
    store: &'a Store,
    tenant_currency: Currency,
    rehearsal: &'a Rehearsal,
    /// The campaign that is rehearsed, or `None` for all that are live.
    subject: Option<LoadedCampaign>,
    others: Vec<LoadedCampaign>,
    policy: ContactPolicy,
    /// The segments of customers that the tenant keeps out of every campaign.
    exclusions: Vec<Exclusion>,
    /// The segments of the SMS in each language, by variant.
    sms_segments: SmsSegmentsByVariant,
    /// The revocations of campaigns whose vouchers were seen.
    revoked: Mutex<BTreeMap<CampaignId, Revocation>>,
}

impl<'a> CustomerCounter<'a> {
    /// Loads what a rehearsal needs. Returns `None` if the campaign's definition is gone, as after
    /// its draft was deleted.
    pub async fn load(
        store: &'a Store,
        tenant_currency: Currency,
        rehearsal: &'a Rehearsal,
    ) -> Result<Option<Self>, StoreError> {
        // It decides the zone of customers without one.
        let policy = store.contact_policy().await?;
        let subject = match &rehearsal.subject {
            RehearsalSubject::Live => None,
            RehearsalSubject::Campaign(named) => {
                match load_campaign(store, named, rehearsal.launch_at).await? {
                    Some(loaded) => Some(loaded),
                    None => return Ok(None),
                }
            }
            RehearsalSubject::Inline(document) => {
                match load_inline(store, rehearsal, document.clone()).await? {
                    Some(loaded) => Some(loaded),
                    None => return Ok(None),
                }
            }
        };
        let mut others = Vec::new();
        for other in &rehearsal.others {
            others.extend(load_campaign(store, other, rehearsal.launch_at).await?);
        }
        let sms_segments =
            subject.as_ref().map(|it| sms_segments_of(&it.forms)).unwrap_or_default();
        let exclusions = store.exclusions().await?;
        let revoked = Mutex::default();
        Ok(Some(Self {
            store,
            tenant_currency,
            rehearsal,
            subject,
            others,
            policy,
            exclusions,
            sms_segments,
            revoked,
        }))
    }

    /// Adds these customers to the counts.
    pub async fn count_customers(
        &self,
        customers: &[Customer],
        counts: &mut RehearsalCounts,
    ) -> Result<(), StoreError> {
        let others: Vec<OtherCampaign<'_>> = self.others.iter().map(other_campaign).collect();
        let Some(subject) = &self.subject else {
            for customer in customers {
                counts.count_live(&others, customer, self.rehearsal.launch_at);
            }
            return Ok(());
        };
        let mut asked_again = Vec::new();
        for customer in customers {
            let facts = self.facts_of(subject, customer);
            if facts.depends_on_records(customer) {
                asked_again.push(customer);
                continue;
            }
            let outcome = facts.decide(customer, None);
            match outcome {
                RehearsedOutcome::Treated { .. } | RehearsedOutcome::HeldOut => {
                    asked_again.push(customer);
                }
                RehearsedOutcome::NotSelected
                | RehearsedOutcome::Known
                | RehearsedOutcome::Skipped(_) => {
                    let segments = self.sms_segments_of(facts.definition);
                    counts.count(&facts, segments, &others, customer, None, &outcome);
                }
            }
        }
        let reads: Vec<_> =
            asked_again.into_iter().map(|customer| read_records(self.store, customer)).collect();
        let mut read = stream::iter(reads).buffered(CONCURRENT_RECORDS);
        while let Some(found) = read.next().await {
            let (customer, vouchers) = match found {
                Ok(found) => found,
                Err(StoreError::Corrupt { key, reason }) => {
                    tracing::error!(%key, %reason, "unreadable record; customer left out of the rehearsal");
                    counts.count_unreadable();
                    continue;
                }
                Err(error) => return Err(error),
            };
            let revoked = self.revocations(&vouchers).await?;
            let records = CustomerRecords { vouchers: &vouchers, revoked: &revoked };
            let facts = self.facts_of(subject, customer);
            let outcome = facts.decide(customer, Some(&records));
            let segments = self.sms_segments_of(facts.definition);
            counts.count(&facts, segments, &others, customer, Some(&records), &outcome);
        }
        Ok(())
    }

    /// Returns what the decision about a customer needs, with the definition in the form that the
    /// customer gets.
    fn facts_of<'b>(
        &'b self,
        subject: &'b LoadedCampaign,
        customer: &Customer,
    ) -> RehearsalFacts<'b> {
        RehearsalFacts {
            campaign: &subject.id,
            definition: subject.forms.of_customer(&subject.id, &customer.id),
            topic: subject.topic.as_ref(),
            policy: &self.policy,
            exclusions: &self.exclusions,
            tenant_currency: self.tenant_currency,
            launch_at: self.rehearsal.launch_at,
        }
    }

    fn sms_segments_of(&self, form: &Definition) -> &BTreeMap<Locale, u32> {
        static NONE: BTreeMap<Locale, u32> = BTreeMap::new();
        let variant = form.variant.as_ref().map(|tag| tag.number);
        self.sms_segments.get(&variant).unwrap_or(&NONE)
    }

    /// Returns the revocations of the campaigns of these vouchers. Each campaign is read once a
    /// turn.
    async fn revocations(
        &self,
        vouchers: &[Voucher],
    ) -> Result<BTreeMap<CampaignId, Revocation>, StoreError> {
        let campaigns: BTreeSet<&CampaignId> =
            vouchers.iter().map(|voucher| &voucher.campaign).collect();
        let mut found = BTreeMap::new();
        for campaign in campaigns {
            let known = self.lock_revoked().get(campaign).copied();
            let revocation = match known {
                Some(revocation) => revocation,
                None => {
                    let summary = self.store.campaign_summary(campaign).await?;
                    let read = summary.map_or(Revocation::default(), |summary| summary.revoke);
                    self.lock_revoked().insert(campaign.clone(), read);
                    read
                }
            };
            found.insert(campaign.clone(), revocation);
        }
        Ok(found)
    }

    fn lock_revoked(&self) -> MutexGuard<'_, BTreeMap<CampaignId, Revocation>> {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the segments of the SMS of each form.
fn sms_segments_of(forms: &CampaignForms) -> SmsSegmentsByVariant {
    let of_form = |form: &Definition| {
        let variant = form.variant.as_ref().map(|tag| tag.number);
        (variant, form.messages.sms_segments(&form.offer))
    };
    forms.all().map(of_form).collect()
}

fn other_campaign(loaded: &LoadedCampaign) -> OtherCampaign<'_> {
    let LoadedCampaign { id, forms, topic } = loaded;
    OtherCampaign { id, definition: &forms.definition, topic: topic.as_ref() }
}

async fn read_records<'a>(
    store: &Store,
    customer: &'a Customer,
) -> Result<(&'a Customer, Vec<Voucher>), StoreError> {
    Ok((customer, store.customer_vouchers(&customer.id).await?))
}

async fn load_campaign(
    store: &Store,
    named: &RehearsedCampaign,
    as_of: Timestamp,
) -> Result<Option<LoadedCampaign>, StoreError> {
    let found = store.evaluable_definition(&named.campaign, named.definition, as_of).await?;
    let Some(definition) = found else {
        return Ok(None);
    };
    let Some(definition) = with_segments(store, definition).await? else {
        return Ok(None);
    };
    let topic = store.topic_question(&definition).await?;
    let forms = CampaignForms::new(definition);
    Ok(Some(LoadedCampaign { id: named.campaign.clone(), forms, topic }))
}

/// Returns the definition of a draft with the present versions of the saved segments that it names,
/// or `None` if one of them is gone.
async fn with_segments(
    store: &Store,
    mut definition: Definition,
) -> Result<Option<Definition>, StoreError> {
    if definition.audience.first_unfrozen().is_none() {
        return Ok(Some(definition));
    }
    let book = store.segment_book().await?.value;
    let Ok(frozen) = definition.audience.frozen(&book.rules(), "/audience") else {
        return Ok(None);
    };
    definition.audience = frozen;
    Ok(Some(definition))
}

/// Loads a definition that is stored with the rehearsal alone. The rehearsal's id stands for the
/// campaign's, so as many customers are held out as in a campaign, and other ones.
async fn load_inline(
    store: &Store,
    rehearsal: &Rehearsal,
    document: serde_json::Value,
) -> Result<Option<LoadedCampaign>, StoreError> {
    let broken = |reason: String| StoreError::corrupt(&rehearsal.id, reason);
    let mut definition = Definition::parse_stored(document)
        .map_err(|errors| broken(format!("{} errors in the definition", errors.len())))?;
    store.resolve_audience(&mut definition.audience, rehearsal.launch_at).await?;
    let Some(definition) = with_segments(store, definition).await? else {
        return Ok(None);
    };
    let id = CampaignId::parse(rehearsal.id.as_str()).map_err(|error| broken(error.to_string()))?;
    let topic = store.topic_question(&definition).await?;
    Ok(Some(LoadedCampaign { id, forms: CampaignForms::new(definition), topic }))
}

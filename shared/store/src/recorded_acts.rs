//! The form of the record of an act that is done to anything but a campaign or a setting: PK
//! `acts#<kind>`, SK its time and what tells it apart. Every such record is listed in the log over
//! everything.

use domain::{Timestamp, kernel::audit_kind::AuditKind};

use crate::{
    error::Result,
    item::{ItemMap, at, n, s},
    keys::{AUDIT_LISTING, act_key, audit_listed_at},
};

/// An act of an operator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordedAct<'a> {
    pub(crate) kind: AuditKind,
    /// The id of what the act was done to.
    pub(crate) subject: &'a str,
    pub(crate) actor: &'a str,
    pub(crate) action: &'a str,
    pub(crate) note: &'a str,
    pub(crate) at: Timestamp,
}

impl RecordedAct<'_> {
    /// Returns the item of the record.
    pub(crate) fn item(&self) -> Result<ItemMap> {
        let mut item = act_key(self.kind, self.at, self.subject, self.action, self.actor);
        list_in_log(&mut item, self.actor, self.at)?;
        item.insert("version".into(), n(0));
        item.insert("subject".into(), s(self.subject));
        item.insert("actor".into(), s(self.actor));
        item.insert("action".into(), s(self.action));
        item.insert("note".into(), s(self.note));
        Ok(item)
    }
}

/// Gives an audit record its place in the log over everything.
pub(crate) fn list_in_log(item: &mut ItemMap, actor: &str, moment: Timestamp) -> Result<()> {
    let place = audit_listed_at(moment, item)?;
    item.insert("at".into(), at(moment));
    item.insert("listing".into(), s(AUDIT_LISTING));
    item.insert("listed_at".into(), s(place));
    // the index has this attribute already, because campaigns are filtered by it
    item.insert("created_by".into(), s(actor));
    Ok(())
}

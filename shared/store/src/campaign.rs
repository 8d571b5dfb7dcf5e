//! Campaigns, their quota, audit log and settings: the Control table.

pub mod campaigns;

//! Campaigns, their quota, audit log and settings, and the catalogue: the Control table.

pub mod campaigns;
pub mod catalogue;
pub mod catalogue_imports;

//! Campaigns: their life from draft to archive, and everything an operator defines about them.

pub mod kind;
pub mod catalogue;
pub mod basket;
pub mod offer;
pub mod validity;
pub mod lifecycle;
pub mod redeeming;
pub mod pause_cause;
pub mod audience;
pub mod segments;
pub mod trigger;
pub mod brand;
pub mod messages;
pub mod link_target;
pub mod send_window;
pub mod variants;
pub mod definition;
pub mod definition_change;
pub mod approval;
pub mod readiness;
pub mod playbooks;

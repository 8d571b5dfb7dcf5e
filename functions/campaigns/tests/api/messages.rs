//! Message previews and test sends: operators see and send what customers get, and only listed
//! addresses are touched.

mod fixture;
mod overlaps;
mod preview;
mod test_sends;

//! Pictures that operators upload for e-mails, pushes and the brand: what is taken, and where it is
//! kept. [`Picture::check`] decides from the bytes alone, [`PictureStore`] puts them into S3.
//!
//! A picture is named after its content, so it never changes under its address and may be cached for
//! ever. It belongs to no customer and holds nothing about one.

mod format;
mod picture;
mod store;

pub use format::PictureFormat;
pub use picture::{MAX_BYTES, MAX_PIXELS, MAX_SIDE, Picture, PictureFault};
pub use store::{KeepResult, PictureStore, PictureStoreError};

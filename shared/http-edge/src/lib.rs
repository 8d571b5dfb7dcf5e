//! The HTTP edge of every function behind the API: problem+json, authentication, request bodies,
//! signed cursors, preconditions, and the wiring of a router to Lambda. Handlers return `ApiResult`;
//! nothing here uses AWS service clients.
//!
//! The modules are listed in the order in which a request meets them.

pub mod serve;
pub mod routes;
pub mod auth;
pub mod webhook;
pub mod signed_request;
pub mod body;
pub mod query;
pub mod reader_language;
pub mod preconditions;
pub mod idempotency;
mod cursor;
mod paging;
pub mod csv;
pub mod problem;
pub mod openapi;

pub use auth::{Operator, OperatorRole};
pub use body::{JsonBody, MAX_BODY, UnreadBody, parse_body};
pub use idempotency::IdempotencyKey;
pub use paging::{CursorKeySource, PageParams, Paging};
pub use preconditions::{etag, if_match, if_match_optional};
pub use problem::{ApiResult, Problem};
pub use query::QueryParams;
pub use routes::OpenApiRouter;
pub use serve::{build_app, serve};
pub use signed_request::SignedBody;

pub use lambda_http::Error;

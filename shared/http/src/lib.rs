//! The HTTP edge of every function behind the API: problem+json, who is calling, request bodies, signed cursors, preconditions,
//! and the wiring of a router to Lambda. Handlers return `Answer`; nothing here knows AWS service clients.
//! Modules in the order in which a request meets them.

pub mod serve;
pub mod routes;
pub mod auth;
pub mod webhook;
pub mod body;
pub mod query;
pub mod preconditions;
pub mod idempotency;
pub mod cursor;
pub mod csv;
pub mod problem;
pub mod openapi;

pub use auth::{Operator, Role};
pub use body::{Body, MAX_BODY, Unread, parse_body};
pub use cursor::Cursors;
pub use idempotency::IdempotencyKey;
pub use preconditions::{etag, if_match, if_match_opt};
pub use problem::{Answer, Problem};
pub use query::Params;
pub use routes::OpenApiRouter;
pub use serve::{app, serve};
pub use webhook::{Signed, Verifier};

pub use lambda_http::Error;

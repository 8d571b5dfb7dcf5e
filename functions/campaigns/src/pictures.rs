//! Uploads of pictures for messages and the brand. Reads the file in the request's body, writes it
//! to the bucket of pictures, and answers its address. After it: an operator's draft or the brand's
//! settings, which name the address, and CloudFront, which serves it.
//!
//! Guarantees: only what is a picture by its bytes is stored; the same file has the same address,
//! however often it is uploaded.

use std::sync::Arc;

use ::pictures::{KeepResult, MAX_BYTES, Picture, PictureFault};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::kernel::audit_kind::AuditKind;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_edge::{ApiResult, Operator, OperatorRole, Problem, UnreadBody};
use runtime::clock;
use serde::Serialize;
use store::campaign::campaigns::AuditedChange;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};

use crate::{CampaignsContext, identity, store_failure};

/// A picture that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct PictureView {
    /// The public address of the picture, for an image block, a push or the brand's logo. It never
    /// changes, and what is behind it never changes either.
    #[schema(example = "https://d111111abcdef8.cloudfront.net/pictures/3f0a….png")]
    pub url: String,
    /// The width in pixels.
    pub width: usize,
    /// The height in pixels.
    pub height: usize,
    /// The size of the file.
    pub bytes: usize,
    /// The type that was found in the file, and with which it is served.
    #[schema(example = "image/png")]
    pub content_type: &'static str,
}

/// The body of an upload, as the document describes it: the bytes of the file.
enum PictureFile {}

impl PartialSchema for PictureFile {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build().into()
    }
}
impl ToSchema for PictureFile {}

/// Uploads a picture: a PNG, JPEG, GIF or WebP of at most 2 MB and 16 million pixels, as the body.
///
/// `Content-Type` may also be the file's own, such as `image/png`; what counts are the bytes. Answers
/// 201 the first time and 200 for a file that was uploaded before, with the same address.
#[utoipa::path(
    post, path = "/v1/pictures", tag = "campaigns", operation_id = "upload_picture", security(("jwt" = [])),
    request_body(content = inline(PictureFile), content_type = "application/octet-stream"),
    responses((status = 200, body = PictureView), (status = 201, body = PictureView), Problem)
)]
pub async fn upload(
    State(context): State<Arc<CampaignsContext>>,
    operator: Operator,
    headers: HeaderMap,
    body: UnreadBody,
) -> ApiResult {
    operator.require_role(OperatorRole::Marketer)?;
    require_bytes(&headers)?;
    let bytes = body.read_file(MAX_BYTES).await?;
    let picture = Picture::check(bytes).map_err(|fault| fault_problem(&fault))?;
    let by = identity::actor_name(&operator);
    let act = AuditedChange { actor: &by, action: "upload", note: "", at: clock::now() };
    let recorded = context.store.record_act(AuditKind::Picture, &picture.key(), &act).await;
    recorded.map_err(store_failure)?;
    let kept = context.pictures.keep(&picture).await;
    let kept = kept.map_err(|error| Problem::from_failure(&error, error.retryable()))?;
    let view = PictureView {
        url: context.pictures.url(&picture),
        width: picture.width,
        height: picture.height,
        bytes: picture.length(),
        content_type: picture.format.content_type(),
    };
    tracing::info!(by, key = picture.key(), bytes = view.bytes, ?kept, "picture uploaded");
    Ok(picture_response(view, kept))
}

fn picture_response(view: PictureView, kept: KeepResult) -> Response {
    let location = HeaderValue::try_from(view.url.as_str());
    let status = match kept {
        KeepResult::First => StatusCode::CREATED,
        KeepResult::Repeat => StatusCode::OK,
    };
    let mut answer = (status, Json(view)).into_response();
    if let (KeepResult::First, Ok(location)) = (kept, location) {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer
}

/// Refuses a body that was sent as text or as a form: the gateway passes texts on as UTF-8, which
/// destroys a picture, and a form has more than the file in it.
fn require_bytes(headers: &HeaderMap) -> ApiResult<()> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().trim_start().to_ascii_lowercase();
    let is_bytes = kind.starts_with("image/") || kind.starts_with("application/octet-stream");
    if is_bytes && !kind.starts_with("image/svg") {
        return Ok(());
    }
    let fault = match kind.starts_with("image/svg") {
        true => fault_problem(&PictureFault::Svg),
        false => Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "the body is the file itself, with its type, such as image/png, in Content-Type",
        ),
    };
    Err(fault)
}

fn fault_problem(fault: &PictureFault) -> Problem {
    let (status, code) = match fault {
        PictureFault::Empty => (StatusCode::UNPROCESSABLE_ENTITY, "picture_missing"),
        PictureFault::TooLarge => return Problem::payload_too_large(MAX_BYTES),
        PictureFault::Svg => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "svg_not_allowed"),
        PictureFault::Heif | PictureFault::UnknownFormat => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "picture_format_unknown")
        }
        PictureFault::Incomplete => (StatusCode::UNPROCESSABLE_ENTITY, "picture_incomplete"),
        PictureFault::TooManyPixels => {
            (StatusCode::UNPROCESSABLE_ENTITY, "picture_too_many_pixels")
        }
    };
    Problem::new(status, code, fault.to_string())
}

//! Refusals of uploads, as an operator meets them: through the whole router, before anything is
//! stored. What is stored and served is tested on the running stack.

use std::sync::Arc;

use campaigns::routes;
use queue::Queue;
use testkit::TestTables;

use crate::client::{ApiResponse, campaigns_context, send_text};

/// A GIF of one colour and of these sides, in bytes that are text too.
fn gif(sides: &str) -> String {
    format!("GIF89a{sides}\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02L\x01\0;")
}

async fn upload(group: &str, kind: Option<&str>, body: String) -> ApiResponse {
    let tables = TestTables::in_memory();
    let queue = |name: &str| Queue::new(&tables.config, format!("http://memory/{name}"));
    let context = Arc::new(campaigns_context(&tables, queue));
    let app = http_edge::build_app(routes().with_state(context));
    let caller = testkit::signed_in_context("s-1", None, &format!("[{group}]"));
    let kind = kind.map(|kind| ("content-type", kind));
    send_text(&app, caller, "POST", "/v1/pictures", kind.as_slice(), body).await
}

#[tokio::test]
async fn only_who_writes_messages_uploads_pictures() {
    for group in ["viewer", "support", "approver"] {
        upload(group, Some("image/gif"), gif("\x02\0\x02\0")).await.check(403, "forbidden");
    }
}

#[tokio::test]
async fn what_is_no_picture_is_refused_with_a_code_of_its_own() {
    let good = gif("\x02\0\x02\0");
    let cut = good.trim_end_matches(';').to_owned();
    let large = good.clone() + &"\0".repeat(pictures::MAX_BYTES);
    let svg = "<?xml version='1.0'?><svg onload='alert(1)'/>".to_owned();
    for (kind, body, status, code) in [
        (Some("image/png"), svg.clone(), 415, "svg_not_allowed"),
        (Some("image/svg+xml"), svg, 415, "svg_not_allowed"),
        (Some("image/png"), "%PDF-1.7".to_owned(), 415, "picture_format_unknown"),
        (Some("IMAGE/GIF"), cut, 422, "picture_incomplete"),
        (Some("image/gif"), gif("\x7f\x7f\x7f\x7f"), 422, "picture_too_many_pixels"),
        (Some("image/gif"), gif("\0\0\x02\0"), 422, "picture_incomplete"),
        (Some("image/gif"), String::new(), 422, "picture_missing"),
        (Some("application/octet-stream"), large, 413, "payload_too_large"),
        (Some("application/json"), "{}".to_owned(), 415, "unsupported_media_type"),
        (Some("text/plain"), good.clone(), 415, "unsupported_media_type"),
        (Some("multipart/form-data; boundary=x"), good.clone(), 415, "unsupported_media_type"),
        (None, good, 415, "unsupported_media_type"),
    ] {
        let answer = upload("marketer", kind, body).await;
        answer.check(status, code);
        assert!(answer.body["detail"].as_str().is_some_and(|it| !it.is_empty()), "{}", answer.body);
    }
}

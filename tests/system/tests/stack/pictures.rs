//! Tests uploads of pictures on the running stack: a picture is stored once, read back by anyone
//! through its distribution, and whatever is no picture is refused with the reason.

use system_tests::{ApiAnswer, LocalStack, OperatorClient, OperatorGroup};

use crate::bad_input::check_problem;

const UPLOADS: &str = "/v1/pictures";

/// Returns a GIF of one colour with a comment, so that each text is a picture of its own.
fn gif(width: u16, height: u16, comment: &str) -> Vec<u8> {
    let sides = [width.to_le_bytes(), height.to_le_bytes()].concat();
    let length = u8::try_from(comment.len()).unwrap();
    let remark = [&[b'!', 0xfe, length], comment.as_bytes(), &[0]].concat();
    let picture = [b',', 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4c, 1, 0];
    [b"GIF89a", &sides[..], &[0x80, 0, 0], &[0xff, 0, 0, 0, 0, 0], &remark, &picture, b";"].concat()
}

async fn upload(operator: &OperatorClient, kind: &str, body: &[u8]) -> ApiAnswer {
    operator.request("POST", UPLOADS).header("content-type", kind).body(body).send().await
}

/// Asks the distribution as a mail program does: without a token.
async fn read_picture(stack: &LocalStack, path: &str) -> ApiAnswer {
    let url = format!("{}{path}", stack.facts.text("/endpoint_url"));
    let request = stack.wire.request("GET", &url).header("x-forwarded-proto", "https");
    request.header("host", stack.facts.text("/pictures_domain")).send().await
}

fn unique() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[tokio::test]
async fn a_picture_is_stored_once_and_read_back_by_anyone() {
    let stack = LocalStack::connect();
    let marketer = stack.sign_in_operator(OperatorGroup::Marketer).await;
    let file = gif(320, 200, &unique());
    // the type that was told does not count
    let first = upload(&marketer, "image/png", &file).await.expect_status(201);
    let shown = ["width", "height", "bytes"].map(|name| first.json[name].as_u64().unwrap());
    assert_eq!(shown, [320, 200, file.len() as u64], "{}", first.text);
    assert_eq!(first.json["content_type"], "image/gif");
    let url = first.json["url"].as_str().unwrap();
    assert_eq!(first.header("location"), Some(url));
    let base = stack.facts.text("/console_url");
    let path = url.strip_prefix(base).unwrap_or_else(|| panic!("{url} is not below {base}"));

    let again = upload(&marketer, "application/octet-stream", &file).await.expect_status(200);
    assert_eq!(again.json, first.json);
    let other = upload(&marketer, "image/gif", &gif(320, 200, &unique())).await.expect_status(201);
    assert_ne!(other.json["url"], first.json["url"]);

    let read = read_picture(&stack, path).await.expect_status(200);
    assert_eq!(read.bytes, file);
    assert_eq!(read.header("content-type"), Some("image/gif"));
    assert_eq!(read.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(read.header("x-content-type-options"), Some("nosniff"));
    assert!(read.header("content-security-policy").is_some_and(|it| it.contains("sandbox")));
}

#[tokio::test]
async fn the_bucket_is_read_through_its_distribution_only() {
    let stack = LocalStack::connect();
    let marketer = stack.sign_in_operator(OperatorGroup::Marketer).await;
    let file = gif(2, 2, &unique());
    let stored = upload(&marketer, "image/gif", &file).await.expect_status(201);
    let url = stored.json["url"].as_str().unwrap();
    let (_, key) = url.split_once("/pictures/").unwrap();
    for missing in ["/pictures/", "/pictures/none.gif", "/index.html", "/"] {
        let answer = read_picture(&stack, missing).await;
        assert!(matches!(answer.status, 403 | 404), "{missing}: {}", answer.status);
    }
    let bucket = stack.facts.text("/pictures_bucket");
    let direct = format!("{}/{bucket}/pictures/{key}", stack.facts.text("/endpoint_url"));
    assert_eq!(stack.wire.request("GET", &direct).send().await.status, 403, "{direct}");
}

#[tokio::test]
async fn what_is_no_picture_is_refused_with_the_reason() {
    let stack = LocalStack::connect();
    let marketer = stack.sign_in_operator(OperatorGroup::Marketer).await;
    let good = gif(2, 2, "x");
    let mut large = good.clone();
    large.resize(pictures::MAX_BYTES + 1, 0);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".as_slice();
    let bomb = gif(u16::MAX, u16::MAX, "x");
    for (kind, body, status, code) in [
        ("image/png", svg, 415, "svg_not_allowed"),
        ("image/svg+xml", svg, 415, "svg_not_allowed"),
        ("image/png", b"%PDF-1.7 and more".as_slice(), 415, "picture_format_unknown"),
        ("image/png", b"\0\0\0\x18ftypheic\0\0\0\0", 415, "picture_format_unknown"),
        ("application/json", b"{}", 415, "unsupported_media_type"),
        ("multipart/form-data; boundary=x", good.as_slice(), 415, "unsupported_media_type"),
        ("image/gif", &good[..good.len() - 1], 422, "picture_incomplete"),
        ("image/gif", b"", 422, "picture_missing"),
        ("image/gif", &bomb, 422, "picture_too_many_pixels"),
        ("image/gif", &large, 413, "payload_too_large"),
    ] {
        check_problem(upload(&marketer, kind, body).await, status, code);
    }
}

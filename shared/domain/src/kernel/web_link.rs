//! Addresses that operators write into messages and settings: pictures and pages on the web, and
//! links into an app.
//!
//! It reads text and decides; it resolves nothing. Guarantee: an address that is accepted stands in
//! an attribute or a header as it is, and leads to no script and no file of the reader's device.

/// Schemes that are no link into an app: they run scripts, read files, start other apps by a
/// recipe, or are readable on their way.
const REFUSED_SCHEMES: [&str; 9] =
    ["http", "javascript", "vbscript", "data", "file", "content", "blob", "about", "intent"];

/// Returns true for a public `https` address of at most `most` bytes: a host with a dot, no
/// credentials, and only characters that need no escaping beyond `&`.
pub fn is_https_url(text: &str, most: usize) -> bool {
    let host = text.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    is_clean(text, most)
        && host.is_some_and(|host| {
            host.contains('.') && !host.starts_with('.') && !host.contains(['@', '{', '}', '%'])
        })
}

/// Returns true for the address of a picture: a public `https` one or, where the whole system runs
/// on one machine, `http://localhost` with a port, which browsers trust as they trust `https`.
pub fn is_picture_url(text: &str, most: usize) -> bool {
    let behind = text.strip_prefix("http://localhost").and_then(|rest| rest.split('/').next());
    let is_local = behind.is_some_and(|rest| match rest.strip_prefix(':') {
        Some(port) => !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()),
        None => rest.is_empty(),
    });
    is_https_url(text, most) || (is_local && is_clean(text, most))
}

/// Returns true for a link that a phone opens: `https`, or a scheme of the app's own, such as
/// `marketplace://vouchers/1`.
pub fn is_app_link(text: &str, most: usize) -> bool {
    if text.starts_with("https://") {
        return is_https_url(text, most);
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.bytes().all(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'.' | b'-')
        });
    is_scheme && !rest.is_empty() && !REFUSED_SCHEMES.contains(&scheme) && is_clean(text, most)
}

fn is_clean(text: &str, most: usize) -> bool {
    let is_safe = |b: u8| {
        b.is_ascii_graphic()
            && !matches!(b, b'<' | b'>' | b'"' | b'\'' | b'`' | b'\\' | b'{' | b'}' | b'^' | b'|')
    };
    text.len() <= most && text.bytes().all(is_safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_on_the_web_is_https_with_a_host_and_nothing_to_escape() {
        for good in ["https://cdn.example.com/a.png?v=2&w=3", "https://a.b", "https://a.b:8443/#x"]
        {
            assert!(is_https_url(good, 100), "{good}");
        }
        for bad in [
            "http://a.b/c",
            "HTTPS://a.b/c",
            "https://a",
            "https://.b/",
            "https://u@a.b/",
            "https://a.b/ c",
            "https://a.b/\"onload=",
            "https://a.b/<",
            "https://a.b/{{x}}",
            "https://%61.b/",
            "https://bücher.example/",
            "//a.b/c",
            "javascript:alert(1)",
            "data:image/png;base64,AA",
            "",
        ] {
            assert!(!is_https_url(bad, 100), "{bad}");
        }
        assert!(!is_https_url("https://a.b/c", 12) && is_https_url("https://a.b/c", 13));
    }

    #[test]
    fn a_picture_may_be_on_this_machine_and_on_no_other_without_https() {
        for good in [
            "https://cdn.example.com/a.png",
            "http://localhost:4590/pictures/a.png",
            "http://localhost/a",
        ] {
            assert!(is_picture_url(good, 100), "{good}");
        }
        for bad in [
            "http://a.b/c.png",
            "http://localhost.example.com/a.png",
            "http://localhost:80@example.com/a.png",
            "http://localhost@example.com/a.png",
            "http://localhost:/a.png",
            "http://localhost:4590/\"onload=",
            "http://localhost?x",
            "http://127.0.0.1/a.png",
            "",
        ] {
            assert!(!is_picture_url(bad, 100), "{bad}");
        }
        assert!(!is_picture_url("http://localhost/abc", 19));
    }

    #[test]
    fn a_link_into_an_app_has_a_scheme_of_its_own() {
        for good in ["marketplace://vouchers/1", "com.example.app://v?id=1", "https://a.b/v/1"] {
            assert!(is_app_link(good, 100), "{good}");
        }
        for bad in [
            "http://a.b/",
            "javascript://%0aalert(1)",
            "intent://x#Intent;end",
            "file:///etc/hosts",
            "Market://x",
            "1app://x",
            "marketplace:",
            "marketplace://",
            "marketplace://a b",
            "vouchers/1",
        ] {
            assert!(!is_app_link(bad, 100), "{bad}");
        }
    }
}

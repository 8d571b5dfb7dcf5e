//! Parses as much MIME as is needed to show a Raw e-mail: headers, the first text and HTML part,
//! base64 and quoted-printable, RFC 2047 words.
//!
//! Used by ses. Anything unknown is shown as it is; parsing never fails.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

/// The deepest nesting of multiparts that is followed, because a hostile message may nest without
/// end.
const MAX_DEPTH: usize = 8;

#[derive(Debug, Default)]
pub struct ParsedEmail {
    pub headers: Vec<(String, String)>,
    pub text: Option<String>,
    pub html: Option<String>,
}

pub fn parse(message: &[u8]) -> ParsedEmail {
    let text = String::from_utf8_lossy(message);
    let (head, body) = split_head(&text);
    let mut parsed = ParsedEmail { headers: parse_headers(head), ..ParsedEmail::default() };
    let top = parsed.headers.clone();
    read_part(&mut parsed, &top, body, 0);
    parsed
}

/// Decodes `=?utf-8?B?...?=` and `=?utf-8?Q?...?=`; other charsets are read as UTF-8.
pub fn decode_words(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("=?") {
        let mut fields = after.splitn(3, '?');
        let (charset, encoding, tail) = (fields.next(), fields.next(), fields.next());
        let decoded = charset
            .and(encoding)
            .zip(tail.and_then(|tail| tail.split_once("?=")))
            .and_then(|(encoding, (data, tail))| {
                let bytes = match encoding {
                    "B" | "b" => BASE64.decode(data).ok()?,
                    "Q" | "q" => decode_quoted_printable(&data.replace('_', " ")),
                    _ => return None,
                };
                Some((String::from_utf8_lossy(&bytes).into_owned(), tail))
            });
        // White space between two encoded words only separates them.
        if !before.trim().is_empty() || out.is_empty() {
            out.push_str(before);
        }
        match decoded {
            Some((word, tail)) => {
                out.push_str(&word);
                rest = tail;
            }
            None => {
                out.push_str("=?");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn read_part(parsed: &mut ParsedEmail, headers: &[(String, String)], body: &str, depth: usize) {
    let header = |wanted: &str| {
        headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map_or("", |(_, value)| value.as_str())
    };
    let kind = header("Content-Type").to_ascii_lowercase();
    if kind.starts_with("multipart/") && depth < MAX_DEPTH {
        let Some(boundary) = header_parameter(header("Content-Type"), "boundary") else {
            return;
        };
        for part in
            body.split(&format!("--{boundary}")).skip(1).take_while(|part| !part.starts_with("--"))
        {
            let (head, body) = split_head(part.trim_start_matches(['\r', '\n']));
            read_part(parsed, &self::parse_headers(head), body, depth + 1);
        }
        return;
    }
    if header("Content-Disposition").to_ascii_lowercase().starts_with("attachment") {
        return;
    }
    let place = if kind.starts_with("text/html") {
        &mut parsed.html
    } else if kind.is_empty() || kind.starts_with("text/plain") {
        &mut parsed.text
    } else {
        return;
    };
    if place.is_none() {
        let bytes = match header("Content-Transfer-Encoding").to_ascii_lowercase().as_str() {
            "base64" => BASE64
                .decode(body.split_ascii_whitespace().collect::<String>())
                .unwrap_or_else(|_| body.into()),
            "quoted-printable" => decode_quoted_printable(body),
            _ => body.into(),
        };
        *place = Some(String::from_utf8_lossy(&bytes).into_owned());
    }
}

fn split_head(text: &str) -> (&str, &str) {
    text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n")).unwrap_or((text, ""))
}

fn parse_headers(head: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    headers
}

fn header_parameter<'a>(value: &'a str, wanted: &str) -> Option<&'a str> {
    value.split(';').skip(1).find_map(|field| {
        let (name, value) = field.split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"'))
    })
}

fn decode_quoted_printable(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'=', [b'\r', b'\n', tail @ ..] | [b'\n', tail @ ..]) => rest = tail,
            (b'=', [high, low, tail @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let hex = |digit: u8| {
                    char::from(digit)
                        .to_digit(16)
                        .and_then(|value| u8::try_from(value).ok())
                        .unwrap_or(0)
                };
                out.push(hex(*high) * 16 + hex(*low));
                rest = tail;
            }
            _ => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multipart_message_gives_its_text_and_its_html() {
        let message = "From: a@b.c\r\nSubject: =?utf-8?B?R3LDvMOfZQ==?= =?utf-8?Q?_an=C3=A4?=\r\nContent-Type: multipart/alternative;\r\n boundary=\"xx\"\r\n\r\n\
            --xx\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=\r\n=C3=9Fe\r\n\
            --xx\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+aGk8L2I+\r\n--xx--\r\n";
        let parsed = parse(message.as_bytes());
        assert_eq!(parsed.text.as_deref(), Some("Grüße\r\n"));
        assert_eq!(parsed.html.as_deref(), Some("<b>hi</b>"));
        assert_eq!(decode_words(&parsed.headers[1].1), "Grüße anä");
    }

    #[test]
    fn nonsense_is_shown_as_it_is() {
        assert_eq!(decode_words("=?x a = b ?="), "=?x a = b ?=");
        assert_eq!(decode_quoted_printable("a=zz=4"), b"a=zz=4");
        assert!(parse(b"").headers.is_empty());
    }
}

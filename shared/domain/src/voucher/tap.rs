//! Tells people who tap a link from programs that open it, by what a request says of itself.
//!
//! A link is opened by more than people: mail gateways and carriers look where it leads, messengers
//! draw previews, browsers fetch ahead. A request is a tap of a person unless one of the rules says
//! otherwise; a button that is pressed is always one. Guarantee: the rules only decide what is
//! counted, never what the reader sees.

use jiff::{SignedDuration, Timestamp};

/// Time after sending within which scanners at the mailbox and the carrier open links, and a person
/// at a desk hardly can.
pub const SCANNER_TIME: SignedDuration = SignedDuration::from_secs(10);

/// A request for a link.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinkVisit<'a> {
    /// `HEAD` asks only where the link leads.
    pub is_head: bool,
    pub user_agent: Option<&'a str>,
    /// The values of `Purpose`, `Sec-Purpose`, `X-Purpose` and `X-Moz`, which programs send that
    /// fetch ahead.
    pub purposes: [Option<&'a str>; 4],
    /// `Sec-Fetch-Dest`: what a browser fetches it for.
    pub destination: Option<&'a str>,
    /// The time since the message with the link was sent, if it is known.
    pub since_sent: Option<SignedDuration>,
}

/// The kinds of visitor that open a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkVisitor {
    Person,
    /// It asked only where the link leads.
    HeadRequest,
    /// A browser or an app that fetches before, or instead of, a person's tap.
    Prefetcher,
    /// A program that says so, or that says nothing of itself.
    Program,
    /// A computer that opened it as soon as it was sent.
    Scanner,
}

impl LinkVisitor {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::HeadRequest => "head_request",
            Self::Prefetcher => "prefetcher",
            Self::Program => "program",
            Self::Scanner => "scanner",
        }
    }
}

/// Words with which programs say that they fetch ahead.
const FETCH_AHEAD: [&str; 3] = ["prefetch", "prerender", "preview"];

/// Parts of the user agents of programs, in lower case: crawlers, drawers of previews, scanners of
/// mail and of SMS, libraries and browsers without a screen.
const PROGRAMS: [&str; 52] = [
    "bot",
    "crawl",
    "spider",
    "preview",
    "scanner",
    "slurp",
    "facebookexternalhit",
    "facebookcatalog",
    "whatsapp/",
    "snap url",
    "viber/",
    "line-poker",
    "kakaotalk-scrap",
    "vkshare",
    "embedly",
    "iframely",
    "google-safety",
    "googleimageproxy",
    "google-read-aloud",
    "mediapartners-google",
    "apis-google",
    "feedfetcher",
    "yahoomailproxy",
    "ms-office",
    "microsoft office",
    "safelinks",
    "proofpoint",
    "mimecast",
    "barracuda",
    "symantec",
    "messagelabs",
    "forcepoint",
    "zscaler",
    "trendmicro",
    "fireeye",
    "virustotal",
    "urlscan",
    "checkpoint",
    "sophos",
    "headlesschrome",
    "phantomjs",
    "puppeteer",
    "playwright",
    "selenium",
    "curl/",
    "wget/",
    "python",
    "java/",
    "go-http-client",
    "libwww",
    "axios/",
    "node-fetch",
];

/// Parts of the user agents of phones and tablets, in lower case.
const HAND_HELD: [&str; 5] = ["mobile", "android", "iphone", "ipad", "ipod"];

impl LinkVisit<'_> {
    /// Returns who opened the link.
    pub fn visitor(&self) -> LinkVisitor {
        // Cubot makes phones.
        let agent = self.user_agent.unwrap_or_default().trim().to_ascii_lowercase();
        let agent = agent.replace("cubot", "phone");
        let names = |parts: &[&str]| parts.iter().any(|part| agent.contains(part));
        let fetches_ahead = self.purposes.iter().flatten().any(|purpose| {
            let purpose = purpose.to_ascii_lowercase();
            FETCH_AHEAD.iter().any(|word| purpose.contains(word))
        });
        // A browser opens a page that a person asked for as a document, and nothing else.
        let is_part =
            self.destination.is_some_and(|it| !it.trim().eq_ignore_ascii_case("document"));
        if self.is_head {
            LinkVisitor::HeadRequest
        } else if fetches_ahead || is_part {
            LinkVisitor::Prefetcher
        } else if agent.is_empty() || names(&PROGRAMS) {
            LinkVisitor::Program
        } else if self.since_sent.is_some_and(|it| it < SCANNER_TIME) && !names(&HAND_HELD) {
            LinkVisitor::Scanner
        } else {
            LinkVisitor::Person
        }
    }

    pub fn is_tap(&self) -> bool {
        self.visitor() == LinkVisitor::Person
    }
}

/// Returns the time from sending to the visit. A visit that our clocks put before the sending, whose
/// record may come later, counts as one at the moment of sending.
pub fn time_since_sent(sent_at: Option<Timestamp>, now: Timestamp) -> Option<SignedDuration> {
    sent_at.map(|sent_at| now.duration_since(sent_at).max(SignedDuration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
    const PIXEL: &str = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36";
    const DESK: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
    /// A phone whose maker's name ends like a program's.
    const CUBOT: &str = "Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36";

    fn visit(agent: &str) -> LinkVisit<'_> {
        LinkVisit {
            user_agent: Some(agent),
            since_sent: Some(SignedDuration::from_mins(5)),
            ..LinkVisit::default()
        }
    }

    #[test]
    fn people_tap_with_browsers() {
        for agent in [IPHONE, PIXEL, DESK, CUBOT] {
            assert_eq!(visit(agent).visitor(), LinkVisitor::Person, "{agent}");
            let navigation = LinkVisit { destination: Some("document"), ..visit(agent) };
            assert_eq!(navigation.visitor(), LinkVisitor::Person);
            assert_eq!(
                LinkVisit { since_sent: None, ..visit(agent) }.visitor(),
                LinkVisitor::Person
            );
        }
    }

    #[test]
    fn a_request_that_only_asks_where_a_link_leads_is_no_tap() {
        assert_eq!(
            LinkVisit { is_head: true, ..visit(IPHONE) }.visitor(),
            LinkVisitor::HeadRequest
        );
    }

    #[test]
    fn what_is_fetched_ahead_is_no_tap() {
        for (place, value) in [
            (0, "prefetch"),
            (0, "Preview"),
            (1, "prefetch;prerender"),
            (1, "prefetch;anonymous-client-ip"),
            (2, "preview"),
            (3, "prefetch"),
        ] {
            let mut fetched = visit(IPHONE);
            fetched.purposes[place] = Some(value);
            assert_eq!(fetched.visitor(), LinkVisitor::Prefetcher, "{value}");
        }
        for destination in ["empty", "image", "iframe", "script"] {
            let part = LinkVisit { destination: Some(destination), ..visit(IPHONE) };
            assert_eq!(part.visitor(), LinkVisitor::Prefetcher, "{destination}");
        }
    }

    #[test]
    fn programs_that_say_what_they_are_do_not_tap() {
        for agent in [
            "",
            "  ",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "WhatsApp/2.24.1 A",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "TelegramBot (like TwitterBot)",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0) Chrome/116 Safari/537.36",
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
            "Microsoft Office Existence Discovery",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/131.0 Safari/537.36",
            "Barracuda Sentinel (EE)",
            "curl/8.5.0",
            "python-requests/2.32",
            "Go-http-client/2.0",
        ] {
            assert_eq!(visit(agent).visitor(), LinkVisitor::Program, "{agent}");
        }
        assert_eq!(LinkVisit::default().visitor(), LinkVisitor::Program, "nothing is said at all");
    }

    #[test]
    fn a_computer_within_seconds_of_sending_is_a_scanner_and_a_phone_is_none() {
        let after = |seconds, agent| LinkVisit {
            since_sent: Some(SignedDuration::from_secs(seconds)),
            ..visit(agent)
        };
        assert_eq!(after(0, DESK).visitor(), LinkVisitor::Scanner);
        assert_eq!(after(9, DESK).visitor(), LinkVisitor::Scanner);
        assert_eq!(after(10, DESK).visitor(), LinkVisitor::Person);
        for phone in [IPHONE, PIXEL] {
            assert_eq!(after(0, phone).visitor(), LinkVisitor::Person);
        }
        assert!(!after(0, DESK).is_tap() && after(10, DESK).is_tap());
    }

    #[test]
    fn a_visit_before_the_record_of_its_message_is_one_at_once() {
        let at: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
        let before = at - SignedDuration::from_secs(2);
        assert_eq!(time_since_sent(Some(at), before), Some(SignedDuration::ZERO));
        assert_eq!(time_since_sent(None, at), None);
        let later = at + SignedDuration::from_secs(3);
        assert_eq!(time_since_sent(Some(at), later), Some(SignedDuration::from_secs(3)));
    }
}

//! The form of an address, checked when it is saved and before each call: https to port 443 of a host that is not the inside. Hosts that
//! the deployment names may also be called by http, on any port and wherever they are: for a stack on one machine.

use std::net::IpAddr;

use url::{Host, Url};

use crate::address::is_public;

/// Characters of an address.
const MAX_LENGTH: usize = 500;

/// Why an address is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("must be an absolute URL of at most {MAX_LENGTH} characters")]
    Unreadable,
    #[error("must begin with https://")]
    Scheme,
    #[error("must not hold a user name or a password")]
    Credentials,
    #[error("must not have a fragment (#)")]
    Fragment,
    #[error("must use port 443")]
    Port,
    #[error("must be an address of the public internet")]
    Address,
}

impl Refused {
    pub fn code(self) -> &'static str {
        match self {
            Refused::Unreadable => "invalid_url",
            Refused::Scheme => "https_required",
            Refused::Credentials => "credentials_in_url",
            Refused::Fragment => "fragment_in_url",
            Refused::Port => "port_not_allowed",
            Refused::Address => "address_not_public",
        }
    }
}

/// An address that may be called, if its host turns out to be where it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub(crate) url: Url,
}

impl Target {
    /// As it was understood: what is saved and shown.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }
}

/// Hosts that may be private, lower case, without a port.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    private: Vec<String>,
}

impl Policy {
    /// `text` is a list with commas; empty in the cloud.
    pub fn new(text: &str) -> Self {
        let hosts = text.split(',').map(|host| host.trim().to_ascii_lowercase()).filter(|host| !host.is_empty());
        Self { private: hosts.collect() }
    }

    pub fn check(&self, text: &str) -> Result<Target, Refused> {
        if text.len() > MAX_LENGTH || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(Refused::Unreadable);
        }
        let url = Url::parse(text).map_err(|_| Refused::Unreadable)?;
        let host = url.host().ok_or(Refused::Unreadable)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        if url.fragment().is_some() {
            return Err(Refused::Fragment);
        }
        let private = self.allows_private(&host.to_string());
        match url.scheme() {
            "https" => {}
            "http" if private => {}
            _ => return Err(Refused::Scheme),
        }
        if !private && url.port_or_known_default() != Some(443) {
            return Err(Refused::Port);
        }
        // the parser has read every way to write a number as an address: 0x7f.1, 2130706433, 017700000001
        let public = match host {
            Host::Domain(name) => !name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
            Host::Ipv4(address) => is_public(IpAddr::V4(address)),
            Host::Ipv6(address) => is_public(IpAddr::V6(address)),
        };
        if public || private { Ok(Target { url }) } else { Err(Refused::Address) }
    }

    pub(crate) fn allows_private(&self, host: &str) -> bool {
        self.private.iter().any(|private| private == host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, Refused>) {
        let policy = Policy::new("127.0.0.1, app.internal ,[::1]");
        let found = policy.check(text);
        assert_eq!(found.as_ref().map(Target::as_str).map_err(|refused| *refused), expected, "{text}");
    }

    #[test]
    fn only_https_to_a_public_host_passes() {
        check("https://app.example.com/hooks?shop=1", Ok("https://app.example.com/hooks?shop=1"));
        check("https://app.example.com:443/", Ok("https://app.example.com/"));
        check("https://8.8.8.8/", Ok("https://8.8.8.8/"));
        check("https://[2606:4700::1111]/", Ok("https://[2606:4700::1111]/"));
        check("http://app.example.com/", Err(Refused::Scheme));
        check("ftp://app.example.com/", Err(Refused::Scheme));
        check("file:///etc/passwd", Err(Refused::Unreadable));
        check("gopher://app.example.com/", Err(Refused::Scheme));
        check("https://app.example.com:8443/", Err(Refused::Port));
        check("https://app.example.com:22/", Err(Refused::Port));
        check("https://ada@app.example.com/", Err(Refused::Credentials));
        check("https://ada:secret@app.example.com/", Err(Refused::Credentials));
        check("https://app.example.com/#part", Err(Refused::Fragment));
        check("/hooks", Err(Refused::Unreadable));
        check("https://", Err(Refused::Unreadable));
        check("https://a b/", Err(Refused::Unreadable));
        check("https://app.example.com/\r\nhost: x", Err(Refused::Unreadable));
        check(&format!("https://app.example.com/{}", "a".repeat(500)), Err(Refused::Unreadable));
    }

    #[test]
    fn the_inside_is_refused_however_it_is_written() {
        for inside in [
            "https://169.254.169.254/latest/meta-data/",
            "https://10.0.0.1/",
            "https://2130706434/",
            "https://0x7f.0.0.2/",
            "https://0177.0.0.2/",
            "https://127.2/",
            "https://①②⑦.0.0.2/",
            "https://127.0.0.2./",
            "https://[::ffff:169.254.169.254]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://[fd00:ec2::254]/",
            "https://0/",
            "https://localhost/",
            "https://LOCALHOST./",
        ] {
            check(inside, Err(Refused::Address));
        }
    }

    #[test]
    fn a_host_that_is_named_may_be_private_and_plain_and_no_other() {
        check("http://127.0.0.1:4580/hook", Ok("http://127.0.0.1:4580/hook"));
        check("http://[::1]:1/", Ok("http://[::1]:1/"));
        check("http://App.Internal:81/", Ok("http://app.internal:81/"));
        check("http://127.0.0.2:4580/", Err(Refused::Scheme));
        check("http://127.0.0.1.example.com/", Err(Refused::Scheme));
        check("http://user@127.0.0.1/", Err(Refused::Credentials));
        assert_eq!(Policy::new("").check("http://127.0.0.1/"), Err(Refused::Scheme));
        assert_eq!(Policy::new(",").check("https://127.0.0.1/"), Err(Refused::Address));
    }
}

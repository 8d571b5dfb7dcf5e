//! The rules for the form of an address, checked when it is saved and before each call: https to
//! port 443 of a host that is not private.
//!
//! Hosts that the deployment lists may also be called by http, on any port and at any address. That
//! is for a stack on one machine.

use std::net::IpAddr;

use url::{Host, Url};

use crate::address::is_public;

/// Longest address, in characters.
const MAX_ADDRESS_LENGTH: usize = 500;

/// The reason why an address is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefusal {
    #[error("must be an absolute URL of at most {MAX_ADDRESS_LENGTH} characters")]
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

impl AddressRefusal {
    pub fn code(self) -> &'static str {
        match self {
            AddressRefusal::Unreadable => "invalid_url",
            AddressRefusal::Scheme => "https_required",
            AddressRefusal::Credentials => "credentials_in_url",
            AddressRefusal::Fragment => "fragment_in_url",
            AddressRefusal::Port => "port_not_allowed",
            AddressRefusal::Address => "address_not_public",
        }
    }
}

/// An address whose form is allowed. Its host is checked again when it is resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallTarget {
    pub(crate) url: Url,
}

impl CallTarget {
    /// Returns the address as it was parsed, which is the form that is saved and shown.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }
}

/// Hosts that may be private, in lower case, without a port.
#[derive(Debug, Clone, Default)]
pub struct AddressPolicy {
    private_hosts: Vec<String>,
}

impl AddressPolicy {
    /// Parses a comma-separated list of hosts; it is empty in the cloud.
    pub fn new(text: &str) -> Self {
        let hosts = text
            .split(',')
            .map(|host| host.trim().to_ascii_lowercase())
            .filter(|host| !host.is_empty());
        Self { private_hosts: hosts.collect() }
    }

    pub fn check_address(&self, text: &str) -> Result<CallTarget, AddressRefusal> {
        if text.len() > MAX_ADDRESS_LENGTH
            || text.chars().any(|c| c.is_whitespace() || c.is_control())
        {
            return Err(AddressRefusal::Unreadable);
        }
        let url = Url::parse(text).map_err(|_| AddressRefusal::Unreadable)?;
        let host = url.host().ok_or(AddressRefusal::Unreadable)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressRefusal::Credentials);
        }
        if url.fragment().is_some() {
            return Err(AddressRefusal::Fragment);
        }
        let private = self.allows_private(&host.to_string());
        match url.scheme() {
            "https" => {}
            "http" if private => {}
            _ => return Err(AddressRefusal::Scheme),
        }
        if !private && url.port_or_known_default() != Some(443) {
            return Err(AddressRefusal::Port);
        }
        // The parser has normalised every way to write an address as a number: 0x7f.1, 2130706433,
        // 017700000001.
        let public = match host {
            Host::Domain(name) => !name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
            Host::Ipv4(address) => is_public(IpAddr::V4(address)),
            Host::Ipv6(address) => is_public(IpAddr::V6(address)),
        };
        if public || private { Ok(CallTarget { url }) } else { Err(AddressRefusal::Address) }
    }

    pub(crate) fn allows_private(&self, host: &str) -> bool {
        self.private_hosts.iter().any(|private| private == host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, AddressRefusal>) {
        let policy = AddressPolicy::new("127.0.0.1, app.internal ,[::1]");
        let found = policy.check_address(text);
        assert_eq!(
            found.as_ref().map(CallTarget::as_str).map_err(|refused| *refused),
            expected,
            "{text}"
        );
    }

    #[test]
    fn only_https_to_a_public_host_passes() {
        check("https://app.example.com/hooks?shop=1", Ok("https://app.example.com/hooks?shop=1"));
        check("https://app.example.com:443/", Ok("https://app.example.com/"));
        check("https://8.8.8.8/", Ok("https://8.8.8.8/"));
        check("https://[2606:4700::1111]/", Ok("https://[2606:4700::1111]/"));
        check("http://app.example.com/", Err(AddressRefusal::Scheme));
        check("ftp://app.example.com/", Err(AddressRefusal::Scheme));
        check("file:///etc/passwd", Err(AddressRefusal::Unreadable));
        check("gopher://app.example.com/", Err(AddressRefusal::Scheme));
        check("https://app.example.com:8443/", Err(AddressRefusal::Port));
        check("https://app.example.com:22/", Err(AddressRefusal::Port));
        check("https://ada@app.example.com/", Err(AddressRefusal::Credentials));
        check("https://ada:secret@app.example.com/", Err(AddressRefusal::Credentials));
        check("https://app.example.com/#part", Err(AddressRefusal::Fragment));
        check("/hooks", Err(AddressRefusal::Unreadable));
        check("https://", Err(AddressRefusal::Unreadable));
        check("https://a b/", Err(AddressRefusal::Unreadable));
        check("https://app.example.com/\r\nhost: x", Err(AddressRefusal::Unreadable));
        check(
            &format!("https://app.example.com/{}", "a".repeat(500)),
            Err(AddressRefusal::Unreadable),
        );
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
            check(inside, Err(AddressRefusal::Address));
        }
    }

    #[test]
    fn a_host_that_is_named_may_be_private_and_plain_and_no_other() {
        check("http://127.0.0.1:4580/hook", Ok("http://127.0.0.1:4580/hook"));
        check("http://[::1]:1/", Ok("http://[::1]:1/"));
        check("http://App.Internal:81/", Ok("http://app.internal:81/"));
        check("http://127.0.0.2:4580/", Err(AddressRefusal::Scheme));
        check("http://127.0.0.1.example.com/", Err(AddressRefusal::Scheme));
        check("http://user@127.0.0.1/", Err(AddressRefusal::Credentials));
        assert_eq!(
            AddressPolicy::new("").check_address("http://127.0.0.1/"),
            Err(AddressRefusal::Scheme)
        );
        assert_eq!(
            AddressPolicy::new(",").check_address("https://127.0.0.1/"),
            Err(AddressRefusal::Address)
        );
    }
}

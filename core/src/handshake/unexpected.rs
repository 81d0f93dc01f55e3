//! What an answer says of itself that is none of this service: a redirect, or a page of a captive portal.

use super::head::Head;
use super::header;
use super::peer_text::PeerText;

/// An answer to an upgrade request with another status than 101 and 400–599, which
/// [`PendingUpgrade::read`](super::PendingUpgrade::read) reports as
/// [`PeerFault::UnexpectedUpgradeStatus`](crate::PeerFault::UnexpectedUpgradeStatus). For people who look for the wrong endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnexpectedAnswer<'a> {
    /// The HTTP status: 2xx, 3xx, or no status of HTTP at all.
    pub status: u16,
    /// Where it leads to, as its `location` says. It is never followed: the request holds the token.
    pub location: Option<PeerText<'a>>,
}

impl<'a> UnexpectedAnswer<'a> {
    /// Finds it in what was received. `None` if there is no whole head of such an answer.
    #[must_use]
    pub fn find(received: &'a [u8]) -> Option<Self> {
        let head = Head::find(received).ok()??;
        if matches!(head.status, 101 | 400..=599) {
            return None;
        }
        let mut fields = head.fields();
        let location = fields.find(|(name, _)| header::is(name, header::LOCATION));
        Some(Self {
            status: head.status,
            location: location.map(|(_, value)| PeerText::new(value)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_redirect_and_a_page_are_named_and_nothing_else() {
        let find = |received: &'static str| UnexpectedAnswer::find(received.as_bytes());
        let redirect = find("HTTP/1.1 302 Found\r\nLOCATION:  https://portal.test/\x09\r\n\r\nbody").unwrap();
        assert_eq!(redirect.status, 302);
        assert_eq!(redirect.location.unwrap().to_string(), "https://portal.test/");
        let page = find("HTTP/1.1 200 OK\r\n\r\n<html>").unwrap();
        assert_eq!((page.status, page.location), (200, None));
        for other in [
            "HTTP/1.1 302 Found\r\nlocation: x\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\nlocation: x\r\n\r\n",
            "SSH-2.0-x\r\n\r\n",
        ] {
            assert_eq!(find(other), None, "{other}");
        }
    }
}

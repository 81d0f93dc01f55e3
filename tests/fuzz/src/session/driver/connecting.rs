//! Tokens, the upgrade, the end of a socket, and time.

use iot_tunnel_core::handshake::{PeerText, Upgrade};
use iot_tunnel_core::session::{Binding, REMEMBERED_TOKENS, Status, Timeout, TokenTaken};
use iot_tunnel_core::websocket::{Close, CloseCode};
use iot_tunnel_core::{ClientToken, DisconnectReason, Entropy, Millis, Misuse};

use super::{Driver, Socket};
use crate::session::script::subprotocol;

/// The latest token, and what is known of how it is used.
#[derive(Debug)]
pub(super) struct Credentials {
    pub(super) access_token: String,
    /// What goes with it; a fresh one is known once it was seen.
    pub(super) client_token: Option<Option<String>>,
    /// Whether it must not be used any more.
    pub(super) is_spent: bool,
}

impl Driver {
    pub(super) fn token(&mut self, number: u8, binding: u8) {
        let count = self.count();
        let entropy = Entropy::new(std::array::from_fn(|index| {
            (count >> (index % 8 * 8)) as u8 ^ index as u8
        }));
        let entropy = entropy.expect("its bytes differ");
        let side = match number >> 6 {
            3 => self.setup.side().other(),
            _ => self.setup.side(),
        };
        let number = number & 7;
        let access_token = format!("token-{number}");
        let (binding, client_token) = match binding & 3 {
            0 | 1 => (Binding::Fresh, None),
            2 => (Binding::Unbound, Some(None)),
            _ => {
                let token = format!("{number}").repeat(32);
                (
                    Binding::With(ClientToken::parse(&token).unwrap()),
                    Some(Some(token)),
                )
            }
        };
        let closed = self.is_closed();
        let taken = self
            .twins
            .handle_token(self.now, side, &access_token, &binding, &entropy);
        if side != self.setup.side() {
            return assert_eq!(taken, Err(Misuse::TokenOfOtherSide.into()));
        }
        if closed {
            return assert_eq!(taken, Err(Misuse::SessionClosed.into()));
        }
        let expected = match self.tokens.iter().rev().position(|known| *known == number) {
            Some(0) => TokenTaken::Same,
            Some(_) => TokenTaken::Earlier,
            None => TokenTaken::New,
        };
        assert_eq!(taken, Ok(expected));
        if expected == TokenTaken::New {
            self.tokens.push_back(number);
            if self.tokens.len() > REMEMBERED_TOKENS {
                self.tokens.pop_front();
            }
            self.give_up();
            self.credentials = Some(Credentials {
                access_token,
                client_token,
                is_spent: false,
            });
            assert_eq!(self.twins.status(), Status::Connecting);
        }
    }

    pub(super) fn upgrade(&mut self, kind: u8) {
        let (reason, channel_id) = (PeerText::new(b"why"), None);
        let (status, offered) = (u16::from(kind >> 4), subprotocol(kind >> 2));
        let upgrade = match kind & 3 {
            0 | 1 => Upgrade::Accepted {
                subprotocol: offered,
                channel_id,
            },
            2 => Upgrade::Refused {
                status: 400 + status,
                reason,
                channel_id,
            },
            _ => Upgrade::Retry {
                status: 500 + status,
                retry_after: (status > 3).then_some(u32::from(status)),
                reason,
                channel_id,
            },
        };
        let allowed = self.allowed(self.socket == Socket::Asked, Misuse::NotConnecting);
        let answer = self.twins.handle_upgrade(self.now, &upgrade);
        assert_eq!(answer.map(drop), allowed);
        if answer.is_err() {
            return;
        }
        match upgrade {
            Upgrade::Accepted { .. } => {
                self.socket = Socket::Up;
                (self.tunnel, self.needs_name) = (Vec::new(), false);
                self.format = offered.min(self.setup.format());
                self.peer.connect(self.format);
            }
            Upgrade::Refused { .. } => {
                self.lose();
                let credentials = self.credentials.as_mut().expect("it has connected with some");
                credentials.is_spent = true;
            }
            Upgrade::Retry { .. } => self.lose(),
        }
    }

    pub(super) fn closed(&mut self, reason: u8) {
        let reasons = DisconnectReason::EVERY;
        let reason = reasons.get(usize::from(reason & 7));
        let close = reason.map(|reason| Close {
            code: CloseCode::POLICY_VIOLATION,
            reason: reason.text(),
        });
        let allowed = self.allowed(self.socket != Socket::None, Misuse::NotConnected);
        let answer = self.twins.handle_closed(self.now, close);
        assert_eq!(answer.map(drop), allowed);
        if let Ok(status) = answer {
            assert_eq!(
                status == Status::Closed,
                reason == Some(&DisconnectReason::TunnelClosed)
            );
            self.lose();
        }
    }

    pub(super) fn time(&mut self, how: u8) {
        let later = match (how, self.twins.deadline()) {
            (0, Some(deadline)) => deadline,
            (u8::MAX, _) => Millis(u64::MAX),
            (how, _) => self.now.after(u64::from(how) * 250),
        };
        self.now = self.now.max(later);
        // A wait may be of no time, and then the next thing is due at once; but not for ever.
        for _ in 0..3 {
            if self.twins.handle_timeout(self.now) != Timeout::None {
                self.give_up();
            }
        }
        let is_due = self.twins.deadline().is_some_and(|deadline| deadline <= self.now);
        assert!(
            !is_due || self.now == Millis(u64::MAX),
            "time has passed, and more is due"
        );
    }

    pub(super) fn connects_with(&mut self, access_token: &str, client_token: Option<String>) {
        let credentials = self.credentials.as_mut().expect("it was given a token");
        assert_eq!(access_token, credentials.access_token);
        assert!(!credentials.is_spent, "a token that is of no more use");
        match &credentials.client_token {
            Some(expected) => assert_eq!(client_token, *expected),
            None => {
                let fresh = client_token.clone().expect("a fresh one");
                assert!(
                    !self.client_tokens.contains(&fresh),
                    "a fresh client token came twice"
                );
                self.client_tokens.push(fresh);
                credentials.client_token = Some(client_token);
            }
        }
    }
}

//! The faults of public clients that ours must not have (data-plane.md §6): those about connections and tokens.

use super::rig::{Rig, entropy};
use crate::error::Capacity;
use crate::handshake::{PeerText, Upgrade};
use crate::json::Notification;
use crate::mode::Side;
use crate::session::{Binding, MAX_BACKOFF, NoToken, Output, Status, Timeout, TokenTaken};
use crate::time::Millis;

#[test]
fn class_4_a_refused_token_is_never_tried_again_and_its_status_is_told() {
    for status in [400, 401, 403, 404, 429, 499] {
        let mut rig = Rig::open(Side::Destination);
        rig.lose();
        rig.wait();
        let upgrade = Upgrade::Refused {
            status,
            reason: PeerText::new(b"The access token was revoked by a rotation"),
            channel_id: None,
        };
        let refused = Status::AwaitingToken(NoToken::Refused { status });
        assert_eq!(rig.session.handle_upgrade(rig.now, &upgrade), Ok(refused));
        assert_eq!(rig.session.deadline(), None);
        assert_eq!(rig.session.handle_timeout(Millis(u64::MAX)), Timeout::None);
        assert_eq!((rig.poll(), rig.connects), (std::vec![], 2));
        assert_eq!(rig.session.status(), refused);
    }
}

#[test]
fn class_8_a_connection_that_opens_and_breaks_is_no_hot_loop() {
    for seed in 0..50 {
        let mut rig = Rig::new(Side::Destination);
        rig.token(&"t".repeat(seed + 1), &Binding::Fresh);
        let (begin, mut longest) = (rig.now, 0);
        while rig.now.0 - begin.0 < 10 * Millis::MINUTE {
            rig.go_open(&["SSH"]);
            let Status::Backoff { until } = rig.lose() else {
                panic!()
            };
            longest = longest.max(until.0 - rig.now.0);
            rig.wait();
        }
        assert!(rig.connects < 60, "{} connects in ten minutes", rig.connects);
        assert!(longest <= MAX_BACKOFF);
    }
}

#[test]
fn class_10_a_token_is_whole_or_refused() {
    // The longest that this session's type takes.
    let token = "t".repeat(64);
    let too_long = "t".repeat(65);
    let mut rig = Rig::new(Side::Destination);
    let mut hand = |token: &str| {
        rig.session
            .handle_token(rig.now, Side::Destination, token, &Binding::Fresh, &entropy(1))
    };
    assert_eq!(hand(&too_long), Err(Capacity::AccessTokenTooLong.into()));
    assert_eq!(hand(&token), Ok(TokenTaken::New));
    let Output::Connect(connect) = rig.session.poll_output() else {
        panic!()
    };
    assert_eq!(connect.access_token.expose(), token);
    assert_eq!(connect.side, Side::Destination);
}

const NOTIFICATION: &str =
    r#"{"clientAccessToken":"first","clientMode":"destination","region":"us-east-1","services":["SSH"]}"#;

/// Hands a notification to a session as an agent does.
fn notify(rig: &mut Rig, text: &str) -> Option<TokenTaken> {
    let notification = Notification::<64>::parse(text.as_bytes()).ok()?;
    assert_eq!(notification.client_mode, rig.session.side());
    Some(rig.token(notification.client_access_token.expose(), &Binding::Fresh))
}

#[test]
fn class_10_a_notification_without_a_mode_changes_nothing() {
    let mut rig = Rig::open(Side::Destination);
    let second = NOTIFICATION.replace("first", "second");
    for mode in ["", r#""clientMode":null,"#, r#""clientMode":"both","#] {
        let text = second.replace(r#""clientMode":"destination","#, mode);
        assert_ne!(text, second);
        assert_eq!(notify(&mut rig, &text), None, "{text}");
    }
    assert_eq!((rig.session.status(), rig.connects), (Status::Open, 1));
    assert_eq!(notify(&mut rig, &second), Some(TokenTaken::New));
    assert_eq!(rig.connects, 2);
}

#[test]
fn class_11_a_redelivered_notification_opens_no_second_tunnel() {
    let mut rig = Rig::new(Side::Destination);
    assert_eq!(notify(&mut rig, NOTIFICATION), Some(TokenTaken::New));
    for _ in 0..3 {
        assert_eq!(notify(&mut rig, NOTIFICATION), Some(TokenTaken::Same));
    }
    rig.go_open(&["SSH"]);
    assert_eq!(notify(&mut rig, NOTIFICATION), Some(TokenTaken::Same));
    assert_eq!((rig.session.status(), rig.connects), (Status::Open, 1));
    assert!(rig.closes.is_empty());
}

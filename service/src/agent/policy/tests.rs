//! The policy, rule by rule.

use iot_tunnel_core::{Region, ServiceId};

use super::*;

fn kind(services: &[&str]) -> Kind {
    Kind {
        region: Region::parse("us-east-1").expect("a region"),
        services: services
            .iter()
            .map(|service| ServiceId::parse(service).expect("a service"))
            .collect(),
    }
}

fn started(policy: &mut Policy, services: &[&str]) -> SessionId {
    match policy.place(&kind(services)) {
        Use::Start(id) => id,
        other => panic!("{other:?} in place of a new session"),
    }
}

/// A session that is open.
fn open(policy: &mut Policy, services: &[&str]) -> SessionId {
    let id = started(policy, services);
    assert_eq!(policy.opened(id), []);
    id
}

const SSH: &[&str] = &["SSH"];

#[test]
fn a_token_that_was_seen_is_no_news_until_64_others_came() {
    let digest = |number: usize| TokenDigest::of(&number.to_string());
    let mut policy = Policy::new(4);
    for number in 0..REMEMBERED {
        assert!(!policy.is_known(digest(number)));
    }
    assert!((0..REMEMBERED).all(|number| policy.is_known(digest(number))));
    assert!(!policy.is_known(digest(REMEMBERED)));
    assert!(!policy.is_known(digest(0)));
}

#[test]
fn a_rotation_after_the_old_token_was_refused_goes_to_the_session_that_waits() {
    let (mut policy, now) = (Policy::new(4), Instant::now());
    let id = open(&mut policy, SSH);
    policy.lost(id);
    assert_eq!(policy.refused(now, id), []);
    assert_eq!(policy.place(&kind(SSH)), Use::Hand(id));
    // It has what it waited for: the next token is another one's.
    assert!(matches!(policy.place(&kind(SSH)), Use::Start(_)));
}

#[test]
fn a_rotation_that_is_heard_of_before_the_old_token_is_refused_leaves_one_session() {
    let (mut policy, now) = (Policy::new(4), Instant::now());
    let old = open(&mut policy, SSH);
    let new = open(&mut policy, SSH);
    policy.lost(old);
    assert_eq!(policy.refused(now, old), [old]);
    // Nothing waits, and the next rotation goes the same way.
    assert_eq!(policy.deadline(), None);
    let newest = open(&mut policy, SSH);
    assert_eq!(policy.refused(now, new), [new]);
    policy.ended(newest);
}

#[test]
fn a_session_that_waits_ends_when_another_one_of_its_kind_opens() {
    let (mut policy, now) = (Policy::new(4), Instant::now());
    let old = open(&mut policy, SSH);
    let new = started(&mut policy, SSH);
    assert_eq!(policy.refused(now, old), []);
    assert_eq!(policy.opened(new), [old]);
}

#[test]
fn a_session_that_waits_is_not_for_another_kind_and_takes_no_room() {
    let (mut policy, now) = (Policy::new(1), Instant::now());
    let ssh = open(&mut policy, SSH);
    assert_eq!(policy.refused(now, ssh), []);
    let http = open(&mut policy, &["HTTP"]);
    assert_ne!(http, ssh);
    assert_eq!(policy.place(&kind(SSH)), Use::Hand(ssh));
}

#[test]
fn a_session_waits_for_a_token_for_ten_minutes() {
    let (mut policy, now) = (Policy::new(4), Instant::now());
    let id = open(&mut policy, SSH);
    assert_eq!(policy.refused(now, id), []);
    let deadline = policy.deadline().expect("a deadline");
    assert_eq!(deadline, now + PATIENCE);
    assert_eq!(policy.expire(deadline - Duration::from_millis(1)), []);
    assert_eq!(policy.expire(deadline), [id]);
    assert_eq!(policy.deadline(), None);
}

#[test]
fn a_token_that_never_worked_leaves_nothing_behind() {
    let (mut policy, now) = (Policy::new(4), Instant::now());
    let id = started(&mut policy, SSH);
    policy.lost(id);
    assert_eq!(policy.refused(now, id), [id]);
    assert_eq!(policy.deadline(), None);
}

#[test]
fn at_the_limit_a_token_is_tried_and_nothing_that_works_is_lost_if_it_is_refused() {
    let (mut policy, now) = (Policy::new(2), Instant::now());
    let (first, second) = (open(&mut policy, SSH), open(&mut policy, &["HTTP"]));
    let trial = started(&mut policy, SSH);
    // One at a time.
    assert!(!policy.has_room());
    assert_eq!(policy.place(&kind(SSH)), Use::Later);
    assert_eq!(policy.refused(now, trial), [trial]);
    assert!(policy.has_room());
    for id in [first, second] {
        assert!(
            policy
                .sessions
                .iter()
                .any(|session| session.id == id && session.state == State::Open)
        );
    }
}

#[test]
fn at_the_limit_a_token_that_works_takes_the_place_of_the_oldest_of_its_kind_else_of_all() {
    let mut policy = Policy::new(3);
    let http = open(&mut policy, &["HTTP"]);
    let (ssh, later_ssh) = (open(&mut policy, SSH), open(&mut policy, SSH));
    let trial = started(&mut policy, SSH);
    assert_eq!(policy.opened(trial), [ssh]);
    let trial = started(&mut policy, &["VNC"]);
    assert_eq!(policy.opened(trial), [http]);
    let trial = started(&mut policy, SSH);
    assert_eq!(policy.opened(trial), [later_ssh]);
}

#[test]
fn a_session_with_a_new_token_is_not_the_oldest_any_more() {
    let (mut policy, now) = (Policy::new(2), Instant::now());
    let (first, second) = (open(&mut policy, SSH), open(&mut policy, &["HTTP"]));
    assert_eq!(policy.refused(now, first), []);
    assert_eq!(policy.place(&kind(SSH)), Use::Hand(first));
    assert_eq!(policy.opened(first), []);
    let trial = started(&mut policy, &["VNC"]);
    assert_eq!(policy.opened(trial), [second]);
}

#[test]
fn a_connection_that_is_lost_is_no_reason_to_end_anything() {
    let mut policy = Policy::new(1);
    let id = open(&mut policy, SSH);
    policy.lost(id);
    assert_eq!(policy.opened(id), []);
    // On trial too: it may be the network.
    let trial = started(&mut policy, SSH);
    policy.lost(trial);
    assert!(!policy.has_room());
    assert_eq!(policy.opened(trial), [id]);
}

#[test]
fn no_more_sessions_wait_than_may_be_connected() {
    let (mut policy, now) = (Policy::new(2), Instant::now());
    let mut ended = Vec::new();
    let mut all = Vec::new();
    for service in ["A", "B", "C", "D"] {
        let id = open(&mut policy, &[service]);
        ended.extend(policy.refused(now, id));
        all.push(id);
    }
    assert_eq!(ended, all[..2]);
}

#[test]
fn another_region_is_another_kind() {
    let (mut policy, now) = (Policy::new(4), Instant::now());
    let id = open(&mut policy, SSH);
    assert_eq!(policy.refused(now, id), []);
    let elsewhere = Kind {
        region: Region::parse("eu-west-1").expect("a region"),
        ..kind(SSH)
    };
    assert!(matches!(policy.place(&elsewhere), Use::Start(_)));
}

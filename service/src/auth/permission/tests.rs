use std::sync::Arc;

use super::*;
use crate::auth::credentials::Credentials;

const ANYTHING: &str = "actions = [\"iot:*\"]";

/// A key with these lines in its entry.
fn key(lines: &str) -> Arc<Key> {
    let secret = "0123456789abcdef";
    let text = format!("[[key]]\naccess_key_id = \"AKIDX\"\nsecret_access_key = \"{secret}\"\n{lines}\n");
    let credentials: Credentials = text.parse().unwrap();
    Arc::clone(credentials.key("AKIDX").unwrap())
}

const PRESS: Destination<'_> = Destination {
    thing_name: Some("press-7"),
    services: &["SSH"],
};
const NO_THING: Destination<'_> = Destination {
    thing_name: None,
    services: &["SSH"],
};
const NO_SERVICE: Destination<'_> = Destination {
    thing_name: Some("press-7"),
    services: &[],
};
const OTHER: Destination<'_> = Destination {
    thing_name: Some("oven-1"),
    services: &["SSH", "RDP"],
};

fn rotate<'a>(client_mode: &'a str, destinations: &'a [Destination<'a>]) -> Asked<'a> {
    Asked {
        action: ROTATE,
        client_mode: Some(client_mode),
        destinations,
    }
}

fn on<'a>(action: &'a str, destinations: &'a [Destination<'a>]) -> Asked<'a> {
    Asked {
        action,
        client_mode: None,
        destinations,
    }
}

#[test]
fn a_key_does_what_its_actions_name_and_nothing_else() {
    let key = key("actions = [\"iot:RotateTunnelAccessToken\", \"iot:List*\"]");
    let allowed: Vec<&str> = ACTIONS
        .into_iter()
        .filter(|action| key.permits(&on(action, &[])).is_ok())
        .collect();
    assert_eq!(allowed, ["ListTagsForResource", "ListTunnels", ROTATE]);
}

#[test]
fn iot_star_is_every_action_of_the_api_and_nothing_that_is_not() {
    let key = key(ANYTHING);
    for action in ACTIONS {
        assert_eq!(key.permits(&on(action, &[])), Ok(()));
    }
    for action in ["", "*", "DeleteThing", "iot:OpenTunnel", "openTunnel"] {
        assert!(key.permits(&on(action, &[])).is_err(), "{action}");
    }
}

#[test]
fn a_key_without_conditions_is_not_restricted_by_them() {
    let key = key(ANYTHING);
    for destinations in [&[][..], &[PRESS], &[NO_THING, NO_SERVICE, OTHER]] {
        assert_eq!(key.permits(&rotate("ALL", destinations)), Ok(()));
    }
}

#[test]
fn client_modes_hold_for_the_asked_mode_itself() {
    let both_sides = key("actions = [\"iot:*\"]\nclient_modes = [\"SOURCE\", \"DESTINATION\"]");
    assert_eq!(both_sides.permits(&rotate("SOURCE", &[])), Ok(()));
    assert_eq!(both_sides.permits(&rotate("DESTINATION", &[])), Ok(()));
    assert!(both_sides.permits(&rotate("ALL", &[])).is_err());
    assert!(both_sides.permits(&rotate("source", &[])).is_err());
    let all = key("actions = [\"iot:*\"]\nclient_modes = [\"ALL\"]");
    assert_eq!(all.permits(&rotate("ALL", &[])), Ok(()));
    assert!(all.permits(&rotate("SOURCE", &[])).is_err());
}

#[test]
fn client_modes_concern_rotation_alone_and_a_rotation_without_a_mode_is_denied() {
    let key = key("actions = [\"iot:*\"]\nclient_modes = [\"SOURCE\"]");
    for action in ACTIONS {
        assert_eq!(
            key.permits(&on(action, &[])).is_ok(),
            action != ROTATE,
            "{action}"
        );
    }
}

#[test]
fn thing_names_hold_for_every_destination_and_need_one() {
    let key = key("actions = [\"iot:*\"]\nthing_names = [\"press-*\", \"lamp\"]");
    let lamp = Destination {
        thing_name: Some("lamp"),
        services: &[],
    };
    let lamp_2 = Destination {
        thing_name: Some("lamp-2"),
        services: &[],
    };
    for destinations in [&[PRESS][..], &[lamp], &[PRESS, lamp, NO_SERVICE]] {
        assert_eq!(
            key.permits(&rotate("ALL", destinations)),
            Ok(()),
            "{destinations:?}"
        );
    }
    for destinations in [
        &[][..],
        &[NO_THING],
        &[OTHER],
        &[lamp_2],
        &[PRESS, NO_THING],
        &[PRESS, OTHER],
    ] {
        for asked in [rotate("SOURCE", destinations), on("DescribeTunnel", destinations)] {
            let denied = key.permits(&asked).expect_err("denied");
            assert!(matches!(denied.denial, Denial::ThingName { .. }), "{denied}");
        }
    }
}

#[test]
fn services_hold_for_every_service_and_need_one() {
    let key = key("actions = [\"iot:*\"]\nservices = [\"SSH\", \"HTTP*\"]");
    let web = Destination {
        thing_name: None,
        services: &["HTTP1", "SSH", "HTTP"],
    };
    for destinations in [&[PRESS][..], &[NO_THING], &[web, PRESS]] {
        assert_eq!(
            key.permits(&rotate("ALL", destinations)),
            Ok(()),
            "{destinations:?}"
        );
    }
    for destinations in [
        &[][..],
        &[NO_SERVICE],
        &[OTHER],
        &[PRESS, NO_SERVICE],
        &[PRESS, OTHER],
    ] {
        let denied = key.permits(&rotate("SOURCE", destinations)).expect_err("denied");
        assert!(matches!(denied.denial, Denial::Service { .. }), "{denied}");
    }
}

#[test]
fn a_denial_speaks_as_aws_does_names_what_is_allowed_and_nothing_of_the_tunnel() {
    let only_open = key("actions = [\"iot:OpenTunnel\"]");
    let limited = key(r#"
            actions = ["iot:*"]
            client_modes = ["SOURCE"]
            thing_names = ["press-*"]
            services = ["SSH"]
        "#);
    let rdp = Destination {
        thing_name: Some("press-1"),
        services: &["RDP"],
    };
    for (key, asked, reason) in [
        (
            &only_open,
            rotate("ALL", &[OTHER]),
            "its credentials allow only the actions iot:OpenTunnel",
        ),
        (
            &limited,
            rotate("ALL", &[PRESS]),
            "the condition iot:ClientMode (client_modes) allows only SOURCE",
        ),
        (
            &limited,
            rotate("SOURCE", &[OTHER]),
            "the condition iot:ThingGroupArn (thing_names) allows only the things press-*",
        ),
        (
            &limited,
            rotate("SOURCE", &[rdp]),
            "the condition iot:TunnelDestinationService (services) allows only the services SSH",
        ),
    ] {
        let message = key.permits(&asked).expect_err("denied").to_string();
        let subject = "User: AKIDX is not authorized to perform: iot:RotateTunnelAccessToken";
        assert_eq!(message, format!("{subject} because {reason}"));
    }
}

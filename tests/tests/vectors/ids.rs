//! `ids.json`: every identifier is accepted or refused as the vectors say.

use std::collections::BTreeMap;

use iot_tunnel_core::{ClientToken, InvalidText, ServiceId, ThingName, TunnelId};
use iot_tunnel_tests::vectors;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    value: String,
    valid: bool,
    why: String,
}

fn parse(kind: &str, value: &str) -> Result<String, InvalidText> {
    match kind {
        "tunnelId" => TunnelId::parse(value).map(|id| id.as_str().to_owned()),
        "thingName" => ThingName::parse(value).map(|name| name.as_str().to_owned()),
        "service" => ServiceId::parse(value).map(|id| id.as_str().to_owned()),
        "clientToken" => ClientToken::parse(value).map(|token| token.expose().to_owned()),
        other => panic!("ids.json has a kind that this runner does not know: {other}"),
    }
}

#[test]
fn every_identifier_is_judged_as_the_vectors_say() {
    let mut kinds: BTreeMap<String, serde_json::Value> = vectors::read("ids.json");
    kinds.remove("about");
    for (kind, cases) in kinds {
        let cases: Vec<Case> = serde_json::from_value(cases).expect("a list of cases");
        vectors::run(&format!("ids.json {kind}"), &cases, |case| {
            match (parse(&kind, &case.value), case.valid) {
                (Ok(kept), true) if kept == case.value => Ok(()),
                (Err(_), false) => Ok(()),
                (outcome, _) => Err(format!("{:?} ({}): {outcome:?}", case.value, case.why)),
            }
        });
    }
}

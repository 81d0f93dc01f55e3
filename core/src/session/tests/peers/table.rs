//! [`Table`]: what one of AWS's clients does, as `tests/models/` says it.

use std::borrow::ToOwned;
use std::string::String;
use std::vec::Vec;

use serde_json::Value;

const REFERENCE_DESTINATION: &str = include_str!("../../../../../tests/models/reference-destination.json");
const AWS_C_CLIENT: &str = include_str!("../../../../../tests/models/aws-c-client.json");

/// The client that a table is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    /// AWS's reference local proxy, as a destination.
    Reference,
    /// AWS's C client, as a device.
    C,
}

impl Client {
    pub(super) const EVERY: [Self; 2] = [Self::Reference, Self::C];
}

#[derive(Debug)]
struct Row {
    state: String,
    event: String,
    conditions: Vec<(String, String)>,
    effects: Vec<String>,
    next: Option<String>,
}

/// The rows of a table, in their order.
#[derive(Debug)]
pub(super) struct Table {
    /// The state after SERVICE_IDS.
    pub(super) open_state: String,
    /// Whether each service has a state of its own, or the client one for all.
    pub(super) is_state_of_service: bool,
    rows: Vec<Row>,
}

impl Table {
    pub(super) fn of(client: Client) -> Self {
        let text = match client {
            Client::Reference => REFERENCE_DESTINATION,
            Client::C => AWS_C_CLIENT,
        };
        let table: Value = serde_json::from_str(text).unwrap();
        let rows = table["rows"].as_array().unwrap();
        let first_state = string(&table["first-state"]);
        let mut read = Self {
            open_state: first_state.clone(),
            is_state_of_service: table["state-of"] == "service",
            rows: rows.iter().map(Row::of).collect(),
        };
        let (_, open_state) = read.effects(&first_state, "SERVICE_IDS", |_, _| false);
        read.open_state = open_state.unwrap_or(first_state);
        read
    }

    /// The effects of an event, and the state after it. `holds` says whether a condition is met.
    pub(super) fn effects(
        &self,
        state: &str,
        event: &str,
        holds: impl Fn(&str, &str) -> bool,
    ) -> (Vec<String>, Option<String>) {
        let fits = |row: &&Row| {
            (row.state == state || row.state == "any")
                && row.event == event
                && row.conditions.iter().all(|(name, value)| holds(name, value))
        };
        let row = self.rows.iter().find(fits);
        let row = row.unwrap_or_else(|| panic!("no row fits {event} in the state {state}"));
        (row.effects.clone(), row.next.clone())
    }

    pub(super) fn every_effect(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().flat_map(|row| &row.effects).map(String::as_str)
    }
}

impl Row {
    fn of(row: &Value) -> Self {
        let conditions = row.get("where").and_then(Value::as_object);
        let effects = row["effects"].as_array().unwrap();
        assert!(!string(&row["source"]).is_empty());
        Self {
            state: string(&row["state"]),
            event: string(&row["event"]),
            conditions: conditions
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), string(value)))
                .collect(),
            effects: effects.iter().map(string).collect(),
            next: row.get("next").map(string),
        }
    }
}

fn string(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

//! The reference's fine-grained settings: the file of `--settings-json`, and what `--export-default-settings` writes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::fault::Fault;

/// What every setting's path begins with.
const ROOT: [&str; 2] = ["tunneling", "proxy"];

/// The settings that have a meaning here.
pub(super) const BIND_ADDRESS: &str = "default_bind_address";
pub(super) const MAX_PAYLOAD: &str = "message.max_payload_size";
/// How often in a row a connection to the service may fail before the program ends; -1 means no limit.
pub(super) const CONNECT_RETRIES: &str = "websocket.connect_retry_count";
/// Where AWS's service is in a region; `%s` stands for the region.
const ENDPOINT_FORMAT: &str = "endpoint_format";
/// Below it: the endpoints of single regions.
const ENDPOINTS: &str = "region_endpoint_overrides";

/// The settings with their defaults, in the order in which they are written. The numbers are the reference's.
const DEFAULTS: [(&str, &str); 19] = [
    (BIND_ADDRESS, "localhost"),
    ("message.data_length_size", "2"),
    ("message.data_frame_max_size", "65538"),
    (MAX_PAYLOAD, "64512"),
    ("message.max_size", "65536"),
    ("tcp.connection_retry_count", "5"),
    ("tcp.connection_retry_delay_ms", "2500"),
    ("tcp.read_buffer_size", "131076"),
    ("tcp.max_active_connections", "128"),
    ("websocket.ping_period_ms", "20000"),
    ("websocket.retry_delay_ms", "2500"),
    (CONNECT_RETRIES, "-1"),
    ("websocket.reconnect_on_data_error", "true"),
    ("websocket.subprotocol", "aws.iot.securetunneling-3.0"),
    ("websocket.max_frame_size", "131076"),
    ("websocket.write_buffer_size", "131076"),
    ("websocket.read_buffer_size", "131076"),
    (
        "region_endpoint_overrides.cn-north-1",
        "data.tunneling.iot.cn-north-1.amazonaws.com.cn",
    ),
    (
        "region_endpoint_overrides.cn-northwest-1",
        "data.tunneling.iot.cn-northwest-1.amazonaws.com.cn",
    ),
];

/// The settings of a file: their values by their paths below [`ROOT`].
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FineGrained(BTreeMap<String, String>);

impl FineGrained {
    /// Reads a file.
    pub(super) fn read(path: &str) -> Result<Self, Fault> {
        let fault = |why: &dyn std::fmt::Display| Fault::Fatal(format!("--settings-json: {path}: {why}"));
        let text = std::fs::read_to_string(path).map_err(|error| fault(&error))?;
        Self::parse(&text).map_err(|error| fault(&error))
    }

    fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let mut node: Value = serde_json::from_str(text)?;
        for name in ROOT {
            node = node.get_mut(name).map(Value::take).unwrap_or_default();
        }
        let mut values = BTreeMap::new();
        flatten(&node, "", &mut values);
        Ok(Self(values))
    }

    /// The value of a setting, if the file has it.
    pub(super) fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// The endpoint of a region, if the file names one.
    pub(super) fn endpoint(&self, region: &str) -> Option<String> {
        let own = self.get(&format!("{ENDPOINTS}.{region}")).map(str::to_owned);
        own.or_else(|| {
            let format = self.get(ENDPOINT_FORMAT)?;
            Some(format.replace("%s", region))
        })
    }

    /// The settings that differ from their defaults and have no meaning here, and those that the reference does not have.
    pub(super) fn without_meaning(&self) -> Vec<&str> {
        let has_meaning = |path: &str| {
            [BIND_ADDRESS, MAX_PAYLOAD, CONNECT_RETRIES, ENDPOINT_FORMAT].contains(&path)
                || path.starts_with(ENDPOINTS)
        };
        let is_default = |path: &str, value: &str| DEFAULTS.contains(&(path, value));
        let named = self.0.iter().map(|(path, value)| (path.as_str(), value.as_str()));
        named
            .filter(|(path, value)| !has_meaning(path) && !is_default(path, value))
            .map(|(path, _)| path)
            .collect()
    }
}

/// Takes the leaves of a tree. The reference writes every value as a string; numbers are read as well.
fn flatten(node: &Value, path: &str, values: &mut BTreeMap<String, String>) {
    let leaf = match node {
        Value::Object(members) => {
            for (name, member) in members {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                flatten(member, &path, values);
            }
            return;
        }
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Null | Value::Array(_) => return,
    };
    values.insert(path.to_owned(), leaf);
}

/// The defaults as a file, indented as the reference indents it.
pub(super) fn defaults() -> String {
    let mut tree = Value::Object(Map::new());
    for (path, value) in DEFAULTS {
        let mut node = &mut tree;
        for name in ROOT.into_iter().chain(path.split('.')) {
            if !node.is_object() {
                *node = Value::Object(Map::new());
            }
            node = &mut node[name];
        }
        *node = Value::String(value.to_owned());
    }
    let mut text = Vec::new();
    let indented = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut writer = serde_json::Serializer::with_formatter(&mut text, indented);
    // A tree of strings, in memory: there is nothing that can fail.
    let _ = serde::Serialize::serialize(&tree, &mut writer);
    text.push(b'\n');
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_exported_is_read_again_and_changes_nothing() {
        let text = defaults();
        assert!(
            text.starts_with("{\n    \"tunneling\": {\n        \"proxy\": {"),
            "{text}"
        );
        let read = FineGrained::parse(&text).expect("JSON");
        for (path, value) in DEFAULTS {
            assert_eq!(read.get(path), Some(value), "{path}");
        }
        assert!(read.without_meaning().is_empty());
    }

    #[test]
    fn what_a_file_changes_without_a_meaning_here_is_named() {
        let read = FineGrained::parse(
            r#"{"tunneling": {"proxy": {
                "default_bind_address": "127.0.0.2", "message": {"max_payload_size": 1024},
                "websocket": {"ping_period_ms": 5000, "subprotocol": "aws.iot.securetunneling-3.0"},
                "tcp": {"connection_retry_count": "-1"}, "unheard_of": true}}, "other": 1}"#,
        )
        .expect("JSON");
        let named = [
            "tcp.connection_retry_count",
            "unheard_of",
            "websocket.ping_period_ms",
        ];
        assert_eq!(read.without_meaning(), named);
        assert_eq!(read.get(BIND_ADDRESS), Some("127.0.0.2"));
        assert_eq!(read.get(MAX_PAYLOAD), Some("1024"));
        assert_eq!(FineGrained::parse("{}").expect("JSON"), FineGrained::default());
    }

    #[test]
    fn a_regions_endpoint_is_its_own_or_that_of_the_format() {
        let read = FineGrained::parse(
            r#"{"tunneling": {"proxy": {"endpoint_format": "data.%s.example",
                "region_endpoint_overrides": {"eu-west-1": "own.example"}}}}"#,
        )
        .expect("JSON");
        assert_eq!(read.endpoint("eu-west-1").as_deref(), Some("own.example"));
        assert_eq!(
            read.endpoint("us-east-1").as_deref(),
            Some("data.us-east-1.example")
        );
        assert_eq!(FineGrained::default().endpoint("us-east-1"), None);
    }
}

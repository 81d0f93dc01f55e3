//! [`Ready`]: where a running service can be reached.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// Where a running service can be reached. `--ready` prints it as JSON. Debugging output leaves out the console's key.
#[derive(Clone, Serialize)]
pub struct Ready {
    /// The API, such as `http://127.0.0.1:8460`.
    pub control: String,
    /// The data plane, such as `wss://127.0.0.1:8443`; absent if it was switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The data plane without TLS, such as `ws://127.0.0.1:8080`; absent if it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_plain: Option<String>,
    /// The certificate that clients of `data` are to trust, where the service made its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// The link to the console, with its key; absent if it was not asked for. Whoever has it may do everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub console: Option<String>,
    /// The MQTT broker, such as `mqtt://127.0.0.1:1883`; absent if things are not notified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mqtt: Option<String>,
    /// The region it serves.
    pub region: String,
    /// The file that tunnels are kept in; absent for memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<PathBuf>,
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let console = self.console.as_deref();
        f.debug_struct("Ready")
            .field("control", &self.control)
            .field("data", &self.data)
            .field("data_plain", &self.data_plain)
            .field("ca", &self.ca)
            .field("console", &console.and_then(|link| link.split('?').next()))
            .field("mqtt", &self.mqtt)
            .field("region", &self.region)
            .field("store", &self.store)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debugging_output_leaves_out_the_consoles_key() {
        let ready = Ready {
            control: "http://127.0.0.1:1".to_owned(),
            data: None,
            data_plain: None,
            ca: None,
            console: Some("http://127.0.0.1:2/console/?key=secret".to_owned()),
            mqtt: None,
            region: "us-east-1".to_owned(),
            store: None,
        };
        let shown = format!("{ready:?}");
        assert!(
            shown.contains("http://127.0.0.1:2/console/") && !shown.contains("secret"),
            "{shown}"
        );
    }
}

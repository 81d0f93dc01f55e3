//! Why a thing is not subscribed, in words for its operator.

use std::time::Duration;

use mqtt5::types::ReasonCode;
use mqtt5::{DisconnectReason, MqttError};

/// Why there is no subscription. `topic` and `client_id` are what a policy has to allow.
#[derive(Debug, thiserror::Error)]
pub(super) enum SubscribeError {
    /// The broker answers CONNECT with a refusal.
    #[error(
        "the MQTT broker refuses the connection ({reason}): {}",
        connect_advice(client_id)
    )]
    ConnectRefused {
        /// The reason code's name.
        reason: String,
        client_id: String,
    },
    /// The broker hangs up instead of answering CONNECT.
    #[error(
        "the MQTT broker ended the connection instead of accepting it: {}",
        connect_advice(client_id)
    )]
    HungUpAtConnect { client_id: String },
    /// The broker answers SUBSCRIBE with a refusal.
    #[error(
        "the MQTT broker denies the subscription to {topic} ({reason}): {}",
        subscribe_advice(topic)
    )]
    Denied {
        /// The reason code's name.
        reason: String,
        topic: String,
    },
    /// The broker hangs up instead of answering SUBSCRIBE, as AWS IoT does.
    #[error(
        "the MQTT broker ended the connection at the subscription to {topic}: {}",
        subscribe_advice(topic)
    )]
    HungUpAtSubscribe { topic: String },
    /// Neither the connection nor an answer came in time.
    #[error("the MQTT broker did not answer within {} seconds", .0.as_secs())]
    Timeout(Duration),
    /// There is no connection, or what the broker says cannot be read.
    #[error("{}", in_words(.0))]
    Broken(MqttError),
}

/// What TLS says of a broker's certificate, by the names that are in the library's texts.
const CERTIFICATES: [(&str, &str); 6] = [
    (
        "UnknownIssuer",
        "the broker's certificate was issued by an authority that is not trusted: pass its root certificate to --mqtt-ca",
    ),
    (
        "BadSignature",
        "the broker's certificate was issued by another authority of the same name: pass its root certificate to --mqtt-ca",
    ),
    (
        "CaUsedAsEndEntity",
        "the broker shows a certificate authority's certificate: install a server certificate on it",
    ),
    (
        "NotValidForName",
        "the broker's certificate is for another name than --mqtt has; names count in subjectAltName only",
    ),
    (
        "NotValidYet",
        "the broker's certificate is not valid yet: the clock of this machine may be wrong",
    ),
    (
        "Expired",
        "the broker's certificate has expired, or the clock of this machine is wrong",
    ),
];

/// A broken connection. The library has only texts for what TLS says.
fn in_words(error: &MqttError) -> String {
    let text = error.to_string();
    let known = CERTIFICATES.iter().find(|(name, _)| text.contains(name));
    known.map_or(text.clone(), |(_, words)| (*words).to_owned())
}

fn connect_advice(client_id: &str) -> String {
    format!(
        "the user or policy must allow the client ID {client_id}; on AWS IoT this needs iot:Connect on client/{client_id} and an \
         active certificate"
    )
}

fn subscribe_advice(topic: &str) -> String {
    format!(
        "the access list or policy must allow it; on AWS IoT this needs iot:Subscribe on topicfilter/{topic} and \
         iot:Receive on topic/{topic}"
    )
}

impl SubscribeError {
    /// An error of the connection, up to its CONNACK.
    pub(super) fn of_connect(error: MqttError, client_id: &str) -> Self {
        let client_id = client_id.to_owned();
        match error {
            MqttError::ConnectionRefused(
                code @ (ReasonCode::NotAuthorized
                | ReasonCode::BadUsernameOrPassword
                | ReasonCode::BadAuthenticationMethod
                | ReasonCode::ClientIdentifierNotValid
                | ReasonCode::Banned),
            ) => Self::ConnectRefused {
                reason: format!("{code:?}"),
                client_id,
            },
            MqttError::NotAuthorized | MqttError::AuthenticationFailed => Self::ConnectRefused {
                reason: "NotAuthorized".to_owned(),
                client_id,
            },
            MqttError::ConnectionClosedByPeer | MqttError::ClientClosed => {
                Self::HungUpAtConnect { client_id }
            }
            other => Self::Broken(other),
        }
    }

    /// An error after the CONNACK, up to the SUBACK.
    pub(super) fn of_subscribe(error: &MqttError, topic: &str) -> Self {
        let topic = topic.to_owned();
        match error {
            MqttError::SubscriptionDenied(code) => Self::Denied {
                reason: format!("{code:?}"),
                topic,
            },
            MqttError::SubscriptionFailed(code) => Self::Denied {
                reason: format!("{code:?}"),
                topic,
            },
            // The library waits longer for a SUBACK than the whole attempt may take: this is no time that ran out.
            _ => Self::HungUpAtSubscribe { topic },
        }
    }

    /// Whether somebody has to change something at the broker before another attempt can succeed.
    pub(super) const fn is_denial(&self) -> bool {
        match self {
            Self::ConnectRefused { .. }
            | Self::HungUpAtConnect { .. }
            | Self::Denied { .. }
            | Self::HungUpAtSubscribe { .. } => true,
            Self::Timeout(_) | Self::Broken(_) => false,
        }
    }
}

/// Why a connection ended that was subscribed.
pub(super) fn ended(reason: &DisconnectReason, topic: &str, client_id: &str) -> String {
    match reason {
        DisconnectReason::ServerDisconnect(ReasonCode::SessionTakenOver) => {
            format!("another client uses the client id {client_id}: give each its own, by --mqtt-client-id")
        }
        DisconnectReason::ServerDisconnect(ReasonCode::NotAuthorized) => {
            format!("the broker does not allow it: {}", subscribe_advice(topic))
        }
        DisconnectReason::ServerDisconnect(code) => format!("the broker ended it: {code:?}"),
        DisconnectReason::KeepAliveTimeout => "the broker was silent for too long".to_owned(),
        DisconnectReason::NetworkError(why) | DisconnectReason::ProtocolError(why) => why.clone(),
        other => format!("{other:?}"),
    }
}

//! Brokers that say no, each in its way: the reason names the topic, or the client id, and the action that is missing.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// How a broker answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// With this reason code.
    Code(u8),
    /// By closing the connection.
    HangUp,
}
use Answer::{Code, HangUp};

const ACCEPTED: Answer = Code(0);

/// A broker that answers CONNECT and SUBSCRIBE like that, once.
async fn broker(connect: Answer, subscribe: Answer) -> String {
    let listener = TcpListener::bind(ANY_PORT).await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a client");
        packet(&mut socket).await;
        let Code(code) = connect else { return };
        // Flags, reason code, no properties.
        socket.write_all(&[0x20, 3, 0, code, 0]).await.expect("written");
        if code != 0 {
            return;
        }
        let asked = packet(&mut socket).await;
        let Code(code) = subscribe else { return };
        // The packet's identifier, no properties, reason code.
        socket
            .write_all(&[0x90, 4, asked[0], asked[1], 0, code])
            .await
            .expect("written");
        // Until the client has had enough.
        let _ = socket.read(&mut [0]).await;
    });
    format!("mqtt://{address}")
}

/// What follows the fixed header of the next packet.
async fn packet(socket: &mut TcpStream) -> Vec<u8> {
    let _kind = socket.read_u8().await.expect("a packet");
    let (mut length, mut shift) = (0, 0);
    loop {
        let byte = socket.read_u8().await.expect("a length");
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let mut rest = vec![0; length];
    socket.read_exact(&mut rest).await.expect("a packet");
    rest
}

async fn subscribe(connect: Answer, answer: Answer) -> Result<(), SubscribeError> {
    let subscription = Subscription {
        broker: broker(connect, answer).await.parse().expect("a broker"),
        roots: Vec::new(),
        identity: None,
        client_id: "pump-7-tunnel-agent".to_owned(),
        topic: "$aws/things/pump-7/tunnels/notify".to_owned(),
    };
    let (tell, _heard) = mpsc::channel(WAITING);
    let attempt = timeout(DEADLINE, subscription.connect(&tell)).await;
    attempt.expect("an answer within the time").map(drop)
}

#[tokio::test]
async fn a_broker_that_says_no_is_named_with_the_action_that_is_missing() {
    let topic = "$aws/things/pump-7/tunnels/notify";
    for (connect, answer, begins) in [
        (
            ACCEPTED,
            Code(0x80),
            "the MQTT broker denies the subscription to $aws/things/pump-7/tunnels/notify (UnspecifiedError): ",
        ),
        (
            ACCEPTED,
            Code(0x87),
            "the MQTT broker denies the subscription to $aws/things/pump-7/tunnels/notify (NotAuthorized): ",
        ),
        (
            ACCEPTED,
            HangUp,
            "the MQTT broker ended the connection at the subscription to $aws/things/pump-7/tunnels/notify: ",
        ),
        (
            Code(0x87),
            HangUp,
            "the MQTT broker refuses the connection (NotAuthorized): ",
        ),
        (
            Code(0x86),
            HangUp,
            "the MQTT broker refuses the connection (BadUsernameOrPassword): ",
        ),
        (
            HangUp,
            HangUp,
            "the MQTT broker ended the connection instead of accepting it: ",
        ),
    ] {
        let error = subscribe(connect, answer).await.expect_err(begins);
        let text = error.to_string();
        assert!(text.starts_with(begins), "{text}");
        assert!(error.is_denial(), "{text}");
        let needs = match connect {
            ACCEPTED => format!("iot:Subscribe on topicfilter/{topic} and iot:Receive on topic/{topic}"),
            _ => "iot:Connect on client/pump-7-tunnel-agent".to_owned(),
        };
        assert!(text.contains(&needs), "{text}");
    }
}

#[tokio::test]
async fn a_broker_that_grants_less_is_taken_and_one_that_is_busy_is_asked_again_soon() {
    for granted in [0, 1] {
        subscribe(ACCEPTED, Code(granted)).await.expect("subscribed");
    }
    let busy = subscribe(Code(0x89), HangUp).await.expect_err("busy");
    assert!(!busy.is_denial(), "{busy}");
}

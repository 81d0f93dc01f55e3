//! Kill -9 in the middle of rotations: no acknowledged token is lost, and no revoked token comes back.
//!
//! `tests/clients/crash` does the same with AWS's own client for everything the API shows. Tokens it cannot judge: here
//! the service's own rules do, on the file that the killed program left.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use iot_tunnel::LocalService;
use iot_tunnel::tunnels::TunnelsError;
use iot_tunnel_core::{Error, Refusal, Side};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::running::{DEADLINE, Program, head, serve_in_memory};

const CLIENTS: usize = 4;
/// Rotations that have been answered when the program is killed, in each round: the kill comes early and late.
const ROUNDS: [usize; 4] = [1, 17, 60, 150];

/// What one client was told of its tunnel: the tokens of the source, oldest first.
struct Told {
    tokens: Vec<String>,
    /// Whether a rotation was under way when the program was killed: it may have happened or not.
    under_way: bool,
}

/// One call; `None` if the program was gone before it answered.
fn call(control: &Value, operation: &str, body: &Value) -> Option<Value> {
    let (body, mut text) = (body.to_string(), String::new());
    let mut stream = TcpStream::connect(control.as_str()?.strip_prefix("http://")?).ok()?;
    stream.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    write!(
        stream,
        "{}content-length: {}\r\n\r\n{body}",
        head(operation),
        body.len()
    )
    .ok()?;
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    serde_json::from_str(body).ok()
}

fn source_token(answer: &Value) -> String {
    answer["sourceAccessToken"]
        .as_str()
        .expect("a source token")
        .to_owned()
}

/// Rotates a tunnel of its own `rotations` times at most, or until the program is gone.
fn client(control: &Value, rotations: usize, answered: &AtomicUsize) -> Option<Told> {
    let opened = call(control, "OpenTunnel", &json!({}))?;
    let mut told = Told {
        tokens: vec![source_token(&opened)],
        under_way: false,
    };
    let request = json!({ "tunnelId": opened["tunnelId"], "clientMode": "ALL" });
    for _ in 0..rotations {
        match call(control, "RotateTunnelAccessToken", &request) {
            Some(answer) => told.tokens.push(source_token(&answer)),
            None => {
                told.under_way = true;
                break;
            }
        }
        answered.fetch_add(1, Ordering::Relaxed);
    }
    Some(told)
}

#[test]
fn no_acknowledged_token_is_lost_and_no_revoked_token_comes_back() {
    for acknowledged in ROUNDS {
        let directory = tempfile::tempdir().expect("a directory");
        let store = directory.path().join("tunnels.redb");
        let (mut program, ready) =
            Program::start(serve_in_memory(&["--store", store.to_str().expect("text")]));
        let (control, answered) = (&ready["control"], AtomicUsize::new(0));

        // A quiet tunnel: nothing is under way there when the program is killed.
        let quiet = client(control, 5, &AtomicUsize::new(0)).expect("a running program");
        assert!(!quiet.under_way);

        let mut told: Vec<Told> = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| scope.spawn(|| client(control, usize::MAX, &answered)))
                .collect();
            while answered.load(Ordering::Relaxed) < acknowledged {
                thread::yield_now();
            }
            program.signal(Signal::KILL);
            clients
                .into_iter()
                .filter_map(|client| client.join().expect("a client"))
                .collect()
        });
        assert_eq!(program.ended().code(), None, "killed, not stopped");
        told.push(quiet);
        judge(&store, &told);
    }
}

/// What the file that was left makes of every token.
#[tokio::main(flavor = "current_thread")]
async fn judge(store: &std::path::Path, told: &[Told]) {
    let service = LocalService::builder()
        .store_file(store)
        .without_mqtt()
        .start()
        .await
        .expect("it starts again");
    for told in told {
        let (last, revoked) = told.tokens.split_last().expect("a token");
        for token in revoked {
            let outcome = service.tunnels().connect(token, Side::Source, None).await;
            let refused = Error::Refusal(Refusal::AccessTokenRevoked);
            assert!(
                matches!(outcome, Err(TunnelsError::Rule(error)) if error == refused),
                "a revoked token came back"
            );
        }
        match service.tunnels().connect(last, Side::Source, None).await {
            Ok(_) => {}
            Err(TunnelsError::Rule(Error::Refusal(Refusal::AccessTokenRevoked))) if told.under_way => {}
            Err(error) => panic!("an acknowledged token was lost: {error}"),
        }
    }
    service.stop().await;
}

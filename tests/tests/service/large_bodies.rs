//! A body over the limit is answered so that a client can read it which sends everything before it reads anything, as most
//! do; and the connection is good for another request.

use iot_tunnel::api::MAX_BODY;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};

use crate::rig::Rig;
use iot_tunnel_tests::api;

const DEADLINE: Duration = Duration::from_secs(20);

/// What somebody sends by mistake.
const LARGE: usize = 8_000_000;

/// Sends a request with a body of that length, all of it, and only then reads the head of the answer and its body.
async fn exchange(stream: &mut TcpStream, start: &str, chunked: bool, length: usize) -> String {
    let framing = match chunked {
        true => "transfer-encoding: chunked".to_owned(),
        false => format!("content-length: {length}"),
    };
    let head = format!(
        "{start} HTTP/1.1\r\nhost: localhost\r\nx-amz-target: IoTSecuredTunneling.OpenTunnel\r\n\
         content-type: application/x-amz-json-1.1\r\n{framing}\r\n\r\n"
    );
    let body = vec![b' '; length];
    let sent = async {
        stream.write_all(head.as_bytes()).await?;
        match chunked {
            true => {
                let size = format!("{length:x}\r\n");
                stream.write_all(size.as_bytes()).await?;
                stream.write_all(&body).await?;
                stream.write_all(b"\r\n0\r\n\r\n").await
            }
            false => stream.write_all(&body).await,
        }
    };
    timeout(DEADLINE, sent).await.expect("it is taken").expect("sent");
    answer(stream).await
}

/// The answer: its head and as much of a body as that announces.
async fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    loop {
        let read = timeout(DEADLINE, stream.read_buf(&mut text)).await;
        let count = read.expect("an answer").expect("no broken pipe");
        let so_far = String::from_utf8_lossy(&text).to_ascii_lowercase();
        if let Some((head, body)) = so_far.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if length.is_none_or(|length| Ok(body.len()) == length.parse()) {
                return so_far;
            }
        }
        assert!(count > 0, "the connection ended: {so_far}");
    }
}

async fn dial(rig: &Rig) -> TcpStream {
    TcpStream::connect(api::authority(rig.url()))
        .await
        .expect("a connection")
}

#[tokio::test]
async fn a_body_over_the_limit_is_answered_and_the_connection_goes_on() {
    let rig = Rig::start().await;
    for (start, status) in [
        ("POST /", "413"),
        ("PUT /", "405"),
        ("POST /other", "404"),
        ("POST /healthz", "405"),
    ] {
        for chunked in [false, true] {
            let mut stream = dial(&rig).await;
            let answered = exchange(&mut stream, start, chunked, LARGE).await;
            let expected = format!("http/1.1 {status} ");
            assert!(answered.starts_with(&expected), "{start}: {answered}");
            let next = exchange(&mut stream, "POST /", false, 0).await;
            assert!(next.starts_with("http/1.1 400 "), "{start}: {next}");
        }
    }
}

#[tokio::test]
async fn the_answer_to_a_body_over_the_limit_names_the_limit() {
    let rig = Rig::start().await;
    let mut stream = dial(&rig).await;
    let answered = exchange(&mut stream, "POST /", false, LARGE).await;
    assert!(
        answered.contains(&format!("longer than {MAX_BODY} bytes")),
        "{answered}"
    );
}

#[tokio::test]
async fn a_client_that_asks_first_is_refused_before_it_sends_the_body() {
    let rig = Rig::start().await;
    let mut stream = dial(&rig).await;
    let head = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: {LARGE}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let answered = answer(&mut stream).await;
    assert!(answered.starts_with("http/1.1 413 "), "{answered}");
}

#[tokio::test]
async fn a_body_without_end_is_not_read_for_ever() {
    let rig = Rig::start().await;
    let mut stream = dial(&rig).await;
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let chunk = vec![b' '; 1 << 20];
    let flood = async {
        let mut sent = 0_usize;
        while stream.write_all(&chunk).await.is_ok() {
            sent += chunk.len();
        }
        sent
    };
    let sent = timeout(DEADLINE, flood).await.expect("it is cut off");
    // 32 MiB, and what sockets hold.
    assert!(sent < 64 << 20, "{sent} bytes");
}

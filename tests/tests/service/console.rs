//! The console lets in whoever has the link, from its own page, and nobody else; what it offers then is the API, the data
//! plane, and the truth about what happens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use iot_tunnel_tests::api::{Answer, JSON, SERVICE};
use iot_tunnel_tests::raw::Raw;
use serde_json::{Value, json};

use crate::rig::{Rig, Tunnel};
use crate::slow_senders::blocking;

/// A browser that has opened the link.
#[derive(Clone)]
struct Page {
    url: String,
    host: String,
    cookie: String,
}

impl Page {
    async fn open(rig: &Rig) -> Self {
        let link = rig.service.console_url().to_owned();
        let host = link.split('/').nth(2).expect("a host").to_owned();
        let url = format!("http://{host}");
        let mut page = Self {
            url,
            host,
            cookie: String::new(),
        };
        let target = link[page.url.len()..].to_owned();
        let answer = page.get(&target, "").await;
        assert_eq!(answer.status, 200);
        let set = answer.headers["set-cookie"].to_str().expect("text");
        for attribute in ["HttpOnly", "SameSite=Strict", "Path=/console"] {
            assert!(set.contains(attribute), "{set}");
        }
        set.split(';')
            .next()
            .expect("a cookie")
            .clone_into(&mut page.cookie);
        page
    }

    /// Sends a request's head, which ends with these headers, and a body.
    async fn send(&self, line: &str, headers: &str, body: String) -> Raw {
        self.send_in("HTTP/1.1", line, headers, body).await
    }

    async fn send_in(&self, version: &str, line: &str, headers: &str, body: String) -> Raw {
        let request = format!(
            "{line} {version}\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let url = self.url.clone();
        blocking(move || {
            let mut raw = Raw::connect(&url);
            raw.send(request);
            raw
        })
        .await
    }

    async fn get(&self, target: &str, headers: &str) -> Answer {
        let headers = format!("host: {}\r\n{headers}", self.host);
        self.asked(&format!("GET {target}"), &headers).await
    }

    async fn asked(&self, line: &str, headers: &str) -> Answer {
        self.asked_in("HTTP/1.1", line, headers).await
    }

    async fn asked_in(&self, version: &str, line: &str, headers: &str) -> Answer {
        let mut raw = self.send_in(version, line, headers, String::new()).await;
        let answer = blocking(move || raw.answer()).await;
        assert!(
            answer.headers.contains_key("content-security-policy"),
            "{answer:?}"
        );
        answer
    }

    fn cookie(&self) -> String {
        format!("cookie: other=1; {}\r\n", self.cookie)
    }

    /// The status that a request for the events gets with these headers. They need the gate like anything else.
    async fn status(&self, headers: &str) -> u16 {
        self.asked("GET /console/none", headers).await.status.as_u16()
    }

    async fn call(&self, operation: &str, body: Value) -> Answer {
        let (host, cookie) = (&self.host, self.cookie());
        let headers = format!(
            "host: {host}\r\norigin: http://{host}\r\nsec-fetch-site: same-origin\r\n{cookie}\
             x-amz-target: {SERVICE}.{operation}\r\ncontent-type: {JSON}\r\n"
        );
        let mut raw = self.send("POST /console/api", &headers, body.to_string()).await;
        blocking(move || raw.answer()).await
    }

    /// The head that answers an upgrade with this token, as a browser asks for it.
    async fn upgrade(&self, side: &str, token: &str) -> (String, Raw) {
        self.upgrade_offering(side, token, "").await
    }

    async fn upgrade_offering(&self, side: &str, token: &str, more: &str) -> (String, Raw) {
        let (host, cookie, token) = (&self.host, self.cookie(), URL_SAFE_NO_PAD.encode(token));
        let headers = format!(
            "host: {host}\r\norigin: http://{host}\r\n{cookie}upgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: aws.iot.securetunneling-3.0, iot-tunnel.token.{token}{more}\r\n"
        );
        let line = format!("GET /console/tunnel?local-proxy-mode={side}");
        let mut raw = self.send(&line, &headers, String::new()).await;
        blocking(move || (raw.head(), raw)).await
    }

    /// What is told from entry `from` on, until one says `last`.
    async fn told(&self, from: u64, last: &str) -> Vec<Value> {
        let seen = match from {
            0 => String::new(),
            from => format!("last-event-id: {}\r\n", from - 1),
        };
        let headers = format!("host: {}\r\n{}{seen}", self.host, self.cookie());
        let mut raw = self.send("GET /console/events", &headers, String::new()).await;
        let last = last.to_owned();
        blocking(move || {
            assert!(raw.head().contains("text/event-stream"));
            let mut entries = Vec::new();
            loop {
                let event = raw.until("\n\n");
                let Some((_, data)) = event.split_once("data: ") else {
                    continue;
                };
                let entry: Value = serde_json::from_str(data.trim_end()).expect("JSON");
                let is_last = entry["what"] == *last;
                entries.push(entry);
                if is_last {
                    return entries;
                }
            }
        })
        .await
    }
}

async fn opened(page: &Page) -> Tunnel {
    let opened = page
        .call(
            "OpenTunnel",
            json!({ "destinationConfig": { "services": ["SSH"] } }),
        )
        .await
        .success();
    let member = |name: &str| opened[name].as_str().expect("a string").to_owned();
    Tunnel {
        id: member("tunnelId"),
        arn: member("tunnelArn"),
        source: member("sourceAccessToken"),
        destination: member("destinationAccessToken"),
    }
}

#[tokio::test]
async fn only_the_link_of_this_start_opens_it() {
    let rig = Rig::start().await;
    let page = Page::open(&rig).await;
    let host = format!("host: {}\r\n", page.host);
    assert_eq!(page.status(&host).await, 401);
    let (name, value) = page.cookie.split_once('=').expect("a value");
    for wrong in [
        format!("{name}={}", "0".repeat(64)),
        format!("{name}="),
        format!("{name}0={value}"),
        format!("iot-tunnel-console={value}"),
    ] {
        assert_eq!(
            page.status(&format!("{host}cookie: {wrong}\r\n")).await,
            401,
            "{wrong}"
        );
    }
    let wrong = format!("/console/?key={}", "0".repeat(64));
    assert_eq!(page.get(&wrong, "").await.status, 401);
    // Past the gate there is no such file.
    assert_eq!(page.status(&format!("{host}{}", page.cookie())).await, 404);
}

#[tokio::test]
async fn the_link_of_another_start_does_not_open_it() {
    let (rig, other) = (Rig::start().await, Rig::start().await);
    let (page, elsewhere) = (Page::open(&rig).await, Page::open(&other).await);
    let (_, key) = other.service.console_url().split_once('?').expect("a key");
    assert_eq!(page.get(&format!("/console/?{key}"), "").await.status, 401);
    // A browser sends a machine's cookies to all of its ports, and both stay what they are.
    let both = format!("cookie: {}; {}\r\n", page.cookie, elsewhere.cookie);
    for page in [&page, &elsewhere] {
        assert_eq!(page.status(&format!("host: {}\r\n{both}", page.host)).await, 404);
    }
}

#[tokio::test]
async fn the_link_works_by_an_address_only_and_leaves_its_key_behind() {
    let rig = Rig::start().await;
    let page = Page::open(&rig).await;
    let (_, target) = rig.service.console_url().split_once(&page.url).expect("a link");
    let line = format!("GET {target}");
    let port = page.host.split(':').next_back().expect("a port");
    for (host, status) in [
        (format!("host: localhost:{port}\r\n"), 200),
        (format!("host: console.example.com:{port}\r\n"), 403),
        (String::new(), 403),
    ] {
        // HTTP/1.1 asks for a host, and the server refuses a request without one before the console sees it.
        let version = if host.is_empty() { "HTTP/1.0" } else { "HTTP/1.1" };
        let answer = page.asked_in(version, &line, &host).await;
        assert_eq!(answer.status, status, "{host}");
        assert_eq!(answer.headers.contains_key("set-cookie"), status == 200, "{host}");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn everything_is_behind_the_gate() {
    let rig = Rig::start().await;
    let page = Page::open(&rig).await;
    let (host, cookie) = (format!("host: {}\r\n", page.host), page.cookie());
    for line in [
        "GET /console/",
        "GET /console/console.js",
        "POST /console/api",
        "GET /console/events",
        "GET /console/tunnel?local-proxy-mode=source",
        "DELETE /console/",
    ] {
        assert_eq!(page.asked(line, &host).await.status, 401, "{line}");
        let foreign = format!("{host}{cookie}origin: http://example.com\r\n");
        assert_eq!(page.asked(line, &foreign).await.status, 403, "{line}");
    }
}

#[tokio::test]
async fn a_path_does_not_lead_out_of_the_page() {
    let rig = Rig::start().await;
    let page = Page::open(&rig).await;
    for path in [
        "../package.json",
        "%2e%2e/package.json",
        "..%2fpackage.json",
        "x/../../package.json",
        "/etc/passwd",
        "%2fetc%2fpasswd",
    ] {
        let answer = page.get(&format!("/console/{path}"), &page.cookie()).await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_foreign_page_does_not_get_in_with_the_browsers_cookie() {
    let rig = Rig::start().await;
    let page = Page::open(&rig).await;
    let (host, cookie) = (format!("host: {}\r\n", page.host), page.cookie());
    for foreign in [
        format!("host: console.example.com\r\n{cookie}"),
        format!("{host}{cookie}origin: http://example.com\r\n"),
        format!("{host}{cookie}origin: null\r\n"),
        format!("{host}{cookie}sec-fetch-site: cross-site\r\n"),
        format!("{host}{cookie}sec-fetch-site: same-site\r\n"),
        format!("{host}{cookie}sec-fetch-site: same-origin\r\nsec-fetch-site: cross-site\r\n"),
        format!("{host}{host}{cookie}"),
        format!(
            "{host}{cookie}origin: http://{}\r\norigin: http://example.com\r\n",
            page.host
        ),
        // The same machine's other ports are other pages, and this one speaks no TLS.
        format!("{host}{cookie}origin: http://127.0.0.1:1\r\n"),
        format!("{host}{cookie}origin: https://{}\r\n", page.host),
    ] {
        assert_eq!(page.status(&foreign).await, 403, "{foreign}");
    }
}

#[tokio::test]
async fn the_page_uses_the_api_and_the_data_plane() {
    let rig = Rig::start().await;
    let page = Page::open(&rig).await;
    let tunnel = opened(&page).await;
    let (head, _connected) = page.upgrade("source", &tunnel.source).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(
        head.contains("sec-websocket-protocol: aws.iot.securetunneling-3.0"),
        "{head}"
    );
    let rotated = page
        .call(
            "RotateTunnelAccessToken",
            json!({ "tunnelId": tunnel.id, "clientMode": "SOURCE" }),
        )
        .await;
    assert!(rotated.success()["sourceAccessToken"].is_string());
    let (head, _) = page.upgrade("source", &tunnel.source).await;
    assert!(
        head.starts_with("HTTP/1.1 400 ") && head.contains("revoked by a rotation"),
        "{head}"
    );
}

#[tokio::test]
async fn a_page_that_asks_for_it_hears_a_refusal_by_a_close_frame() {
    let rig = Rig::start().await;
    let page = Page::open(&rig).await;
    let tunnel = opened(&page).await;
    let hears = ", iot-tunnel.refusal";
    let (head, _connected) = page.upgrade_offering("source", &tunnel.source, hears).await;
    assert!(
        head.starts_with("HTTP/1.1 101 ") && head.contains("aws.iot.securetunneling-3.0"),
        "{head}"
    );
    let (head, mut raw) = page.upgrade_offering("destination", &tunnel.source, hears).await;
    assert!(
        head.starts_with("HTTP/1.1 101 ") && head.contains("sec-websocket-protocol: iot-tunnel.refusal"),
        "{head}"
    );
    let close = blocking(move || raw.rest()).await;
    let reason = b"The access token belongs to the other side: local-proxy-mode does not match it";
    let length = u8::try_from(reason.len() + 2).expect("short");
    // 0x1130 is 4400: the status of the refusal.
    assert_eq!(close, [&[0x88, length, 0x11, 0x30], &reason[..]].concat());
}

#[tokio::test]
async fn what_happens_is_told_once_and_without_a_token() {
    let rig = Rig::start().await;
    let page = Page::open(&rig).await;
    let tunnel = opened(&page).await;
    let (_, connected) = page.upgrade("source", &tunnel.source).await;
    let _ = page
        .call(
            "RotateTunnelAccessToken",
            json!({ "tunnelId": tunnel.id, "clientMode": "ALL" }),
        )
        .await
        .success();
    let until_now = page.told(0, "disconnected").await;
    drop(connected);
    let (refused, _) = page.upgrade("destination", &tunnel.destination).await;
    assert!(refused.starts_with("HTTP/1.1 400 "), "{refused}");
    let _ = page.call("CloseTunnel", json!({ "tunnelId": tunnel.id })).await;
    let rest = page.told(until_now.len() as u64, "closed").await;
    let told: Vec<_> = until_now.iter().chain(&rest).collect();
    let what: Vec<_> = told
        .iter()
        .map(|entry| entry["what"].as_str().expect("text"))
        .collect();
    // The rotation's answer and the end of the connection that it closed come from two tasks.
    let mut sorted = what.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [
            "closed",
            "connected",
            "disconnected",
            "opened",
            "refused",
            "rotated"
        ]
    );
    assert_eq!((what[0], what[1], what[5]), ("opened", "connected", "closed"));
    let numbers: Vec<_> = told
        .iter()
        .map(|entry| entry["number"].as_u64().expect("a number"))
        .collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
    let reason =
        |of: &str| told.iter().find(|entry| entry["what"] == of).expect("told")["reason"].to_string();
    assert!(
        reason("refused").contains("revoked by a rotation"),
        "{}",
        reason("refused")
    );
    assert!(
        reason("disconnected").contains("access token rotated"),
        "{}",
        reason("disconnected")
    );
    let all = format!("{told:?}");
    assert!(!all.contains(&tunnel.source) && !all.contains(&tunnel.destination));
}

#[tokio::test]
async fn a_watcher_does_not_keep_the_service_from_stopping() {
    let rig = Rig::start().await;
    let page = Page::open(&rig).await;
    let _ = opened(&page).await;
    let headers = format!("host: {}\r\n{}", page.host, page.cookie());
    let mut raw = page.send("GET /console/events", &headers, String::new()).await;
    let (mut raw, _) = blocking(move || {
        let head = raw.head();
        (raw, head)
    })
    .await;
    let stopping = rig.service.stop();
    // Less than the time that a request under way has to finish.
    tokio::time::timeout(std::time::Duration::from_secs(8), stopping)
        .await
        .expect("the service stops");
    let rest = blocking(move || raw.rest()).await;
    assert!(rest.ends_with(b"0\r\n\r\n"), "the stream ends in order");
}

//! [`Gate`]: who may come to the console.

use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// What the cookie's name begins with. Its port follows: a browser gives one machine's cookies to all of its ports, and two
/// services there must not take each other's place.
const COOKIE: &str = "iot-tunnel-console-";
const NOT_OUR_NAME: &str = "the console is reached by its address or as localhost, not by another name";

/// What a browser is told of every answer: nothing from elsewhere, in nobody's frame, and the link's key to nobody.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// The key of the console's link: 256 random bits in hexadecimal, made at each start. It does not print.
#[derive(Clone)]
pub(crate) struct ConsoleKey(Zeroizing<String>);

impl ConsoleKey {
    /// A fresh one.
    pub(crate) fn draw() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes)?;
        Ok(Self(Zeroizing::new(base16ct::lower::encode_string(&*bytes))))
    }

    /// The key itself, for the link.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl fmt::Debug for ConsoleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConsoleKey(..)")
    }
}

/// Lets in whoever has the key, from the page itself.
///
/// A cookie is sent along with what other pages ask for too, and a name of a foreign page can be made to lead to this
/// machine (DNS rebinding). So a request must be addressed to this console by a name that no stranger can have, and where the
/// browser says which page it comes from, that must be this console's.
pub(crate) struct Gate {
    key: ConsoleKey,
}

impl Gate {
    pub(crate) const fn new(key: ConsoleKey) -> Self {
        Self { key }
    }

    fn judge(&self, headers: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
        let forbidden = |why| Err((StatusCode::FORBIDDEN, why));
        let Some(host) = own_host(headers) else {
            return forbidden(NOT_OUR_NAME);
        };
        let own = format!("http://{host}");
        let mut origins = headers.get_all(header::ORIGIN).iter();
        if origins.any(|origin| origin.as_bytes() != own.as_bytes()) {
            return forbidden("the request comes from another page");
        }
        let mut sites = headers.get_all("sec-fetch-site").iter();
        if sites.any(|site| site != "same-origin" && site != "none") {
            return forbidden("the request comes from another site");
        }
        match cookie(headers, host).is_some_and(|given| self.key.is(given)) {
            true => Ok(()),
            false => Err((
                StatusCode::UNAUTHORIZED,
                "open the console by the link that `iot-tunnel serve --ready` printed at this start",
            )),
        }
    }
}

/// The middleware: the gate before, the policy behind.
pub(super) async fn check(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    if request.method() == Method::GET
        && request.uri().path() == "/console/"
        && let Some(given) = query_key(&request)
    {
        return protect(match own_host(request.headers()) {
            None => refuse(StatusCode::FORBIDDEN, NOT_OUR_NAME),
            Some(host) if gate.key.is(given) => enter(&gate.key, host),
            Some(_) => refuse(
                StatusCode::UNAUTHORIZED,
                "the key of this link is not of this start of the service",
            ),
        });
    }
    protect(match gate.judge(request.headers()) {
        Ok(()) => next.run(request).await,
        Err((status, why)) => refuse(status, why),
    })
}

/// `/console` is where people go by hand.
pub(super) async fn to_page() -> Redirect {
    Redirect::permanent("/console/")
}

/// Any other path.
pub(super) async fn nothing_here() -> Response {
    refuse(StatusCode::NOT_FOUND, "the console is at /console/")
}

/// Sets the cookie, and takes the key out of the address: that is shown, kept and passed on.
fn enter(key: &ConsoleKey, host: &str) -> Response {
    let cookie = format!(
        "{COOKIE}{}={}; Path=/console; HttpOnly; SameSite=Strict",
        port(host),
        key.expose()
    );
    // Relative to where it was asked for. With a page in between, because a browser leaves out a strict cookie on a
    // redirect that began at somebody else's page.
    let page = "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=\"0;url=./\"><title>iot-tunnel</title>";
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

fn refuse(status: StatusCode, why: &'static str) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        format!("{why}\n"),
    )
        .into_response()
}

fn protect(mut response: Response<Body>) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The host that the request is addressed to, if it is given once and can be nobody else's.
fn own_host(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::HOST).iter();
    let host = values.next().filter(|_| values.next().is_none())?;
    host.to_str().ok().filter(|host| is_own_name(host))
}

/// The port of a host; none is that of HTTP.
fn port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((_, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => port,
        _ => "80",
    }
}

/// Whether a host is an address or localhost: what no foreign page's name is.
fn is_own_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(address, _)| address),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok()
}

fn query_key(request: &Request) -> Option<&str> {
    let query = request.uri().query()?;
    query.split('&').find_map(|pair| pair.strip_prefix("key="))
}

fn cookie<'a>(headers: &'a HeaderMap, host: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut pairs = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    pairs.find_map(|pair| {
        let of_a_port = pair.trim().strip_prefix(COOKIE)?;
        of_a_port.strip_prefix(port(host))?.strip_prefix('=')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_somebody_else_does_not_lead_here() {
        for own in ["localhost", "localhost:1", "127.0.0.1:80", "[::1]:80", "10.0.0.7"] {
            assert!(is_own_name(own), "{own}");
        }
        for foreign in [
            "example.com",
            "localhost.example.com:1",
            "",
            "[x]",
            "127.0.0.1.example.com",
        ] {
            assert!(!is_own_name(foreign), "{foreign}");
        }
    }

    #[test]
    fn each_port_has_a_cookie_of_its_own() {
        let headers = HeaderMap::from_iter([(
            header::COOKIE,
            HeaderValue::from_static(
                "iot-tunnel-console-8461=a; iot-tunnel-console-846=b;iot-tunnel-console-80=c",
            ),
        )]);
        for (host, value) in [
            ("127.0.0.1:8461", Some("a")),
            ("[::1]:846", Some("b")),
            ("localhost", Some("c")),
            ("[::1]", Some("c")),
            ("127.0.0.1:8", None),
        ] {
            assert_eq!(cookie(&headers, host), value, "{host}");
        }
    }

    #[test]
    fn the_key_does_not_print() {
        let key = ConsoleKey::draw().unwrap();
        assert_eq!(key.expose().len(), 64);
        assert_eq!(format!("{key:?}"), "ConsoleKey(..)");
        assert!(!key.is("") && !key.is(&"0".repeat(64)) && key.is(key.expose()));
    }
}

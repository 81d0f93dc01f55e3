//! The parts: the service, the two ends of a tunnel, and a plain forwarder to compare with.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;

use iot_tunnel::client::{Client, Dialer, Listener, Server, Services, Trust};
use iot_tunnel::settings::{Listen, LogFormat, StoreChoice};
use iot_tunnel::{Service, Settings, logging};
use iot_tunnel_core::{AccessToken, Region, ServiceId};
use serde::{Deserialize, Serialize};

use super::Failure;
use super::process::{self, Listens};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The service of every tunnel here.
pub(crate) const SERVICE: &str = "ECHO";

/// How the service can be reached.
#[derive(Deserialize)]
pub(crate) struct Ready {
    pub(crate) control: String,
    pub(crate) data: String,
    pub(crate) data_plain: String,
    pub(crate) ca: PathBuf,
}

/// What an end of a tunnel needs.
#[derive(Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) target: String,
    pub(crate) ca: PathBuf,
    /// Where the destination's server is; a source needs none.
    pub(crate) server: Option<SocketAddr>,
    pub(crate) token: String,
}

/// Plays a part until this process is to end.
pub(crate) fn play(role: &str) -> Result<(), Failure> {
    match role {
        "service" => service(),
        "end" => end(),
        "forward" => forward(),
        other => Err(format!("there is no role {other:?}").into()),
    }
}

#[tokio::main(worker_threads = 2)]
async fn service() -> Result<(), Failure> {
    let tls_dir: PathBuf = process::told().ok_or("a folder")?;
    let settings = Settings {
        control: ANY_PORT,
        data: Listen::On(ANY_PORT),
        data_plain: Listen::On(ANY_PORT),
        console: Listen::Off,
        tls_cert: None,
        tls_key: None,
        tls_dir: Some(tls_dir),
        tls_name: Vec::new(),
        mqtt: Listen::Off,
        mqtt_broker: None,
        store: Some(StoreChoice::Memory),
        credentials: None,
        region: Region::parse("us-east-1")?,
        account: "000000000000".to_owned(),
        max_open_tunnels: 1_000_000,
        ready: true,
        log_format: LogFormat::Text,
        log: "error".to_owned(),
    };
    let _log = logging::start(&settings.log, settings.log_format)?;
    let service = Service::start(&settings).await?;
    process::ready(service.ready())?;
    wait_for_the_end().await;
    Ok(())
}

/// One end of a tunnel, on one thread as in the program; each further line is a new token.
#[tokio::main(flavor = "current_thread")]
async fn end() -> Result<(), Failure> {
    let told: End = process::told().ok_or("what the end needs")?;
    let service = Some(ServiceId::parse(SERVICE)?);
    let (services, at) = match told.server {
        Some(server) => {
            let address = server.to_string();
            (Services::Destination(vec![Server { service, address }]), server)
        }
        None => {
            let listener = tokio::net::TcpListener::bind(ANY_PORT).await?;
            let at = listener.local_addr()?;
            (
                Services::Source(vec![Listener {
                    service,
                    listener: listener.into(),
                }]),
                at,
            )
        }
    };
    let dialer = Dialer::new(told.target.parse()?, &Trust::Roots(told.ca), None)?;
    let (tunnel, _events) = Client::new(dialer, services).start()?;
    tunnel
        .replace_token(AccessToken::parse(&told.token)?, None)
        .await?;
    process::ready(&Listens { at })?;
    while let Some(token) = tokio::task::spawn_blocking(process::told::<String>).await? {
        tunnel.replace_token(AccessToken::parse(&token)?, None).await?;
    }
    Ok(())
}

async fn wait_for_the_end() {
    let read = tokio::task::spawn_blocking(process::told::<()>);
    let _ = read.await;
}

/// A TCP forwarder with nothing in it: two threads a connection, 64 KiB at a time.
fn forward() -> Result<(), Failure> {
    let to: SocketAddr = process::told().ok_or("an address")?;
    let listener = TcpListener::bind(ANY_PORT)?;
    process::ready(&Listens {
        at: listener.local_addr()?,
    })?;
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(to) else { continue };
            for socket in [&near, &far] {
                let _ = socket.set_nodelay(true);
            }
            let (Ok(near_too), Ok(far_too)) = (near.try_clone(), far.try_clone()) else {
                continue;
            };
            thread::spawn(move || pump(near, far));
            thread::spawn(move || pump(far_too, near_too));
        }
    });
    let _: Option<()> = process::told();
    Ok(())
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

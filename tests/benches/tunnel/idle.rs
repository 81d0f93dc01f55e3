//! Peers that connect and say nothing more.

use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt as _;
use iot_tunnel_core::Side;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

use super::Failure;

/// A connected peer.
pub(crate) type Peer = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connects peers over TLS.
pub(crate) struct Peers {
    url: String,
    connector: Connector,
}

impl Peers {
    pub(crate) fn new(url: &str, ca: &Path) -> Result<Self, Failure> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(ca)?)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            url: url.to_owned(),
            connector: Connector::Rustls(Arc::new(config)),
        })
    }

    /// Connects one, and waits for its first message.
    pub(crate) async fn connect(&self, side: Side, token: &str) -> Result<Peer, Failure> {
        let url = format!("{}/tunnel?local-proxy-mode={}", self.url, side.as_str());
        let mut request = url.into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("access-token", HeaderValue::from_str(token)?);
        headers.insert(
            "sec-websocket-protocol",
            HeaderValue::from_static("aws.iot.securetunneling-3.0"),
        );
        let connector = Some(self.connector.clone());
        let (mut peer, _) = connect_async_tls_with_config(request, None, true, connector).await?;
        peer.next().await.ok_or("no SERVICE_IDS")??;
        Ok(peer)
    }
}

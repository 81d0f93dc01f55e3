//! The same over wss://, for clients that trust the service's authority and for nobody else.

use std::sync::Arc;

use iot_tunnel_core::wire::MessageType;
use iot_tunnel_core::{Refusal, Side};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use super::http::{Answer, Handshake};
use super::peer::{Peer, message, starts_stream};
use super::rig::Rig;

/// A TLS connection to the data plane, by a client that trusts those authorities.
async fn dial(
    rig: &Rig,
    authorities: &[&str],
    name: &'static str,
    version: &'static SupportedProtocolVersion,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        let certificate = CertificateDer::from_pem_slice(authority.as_bytes()).expect("a certificate");
        roots.add(certificate).expect("an authority");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .expect("a version")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let address = rig.service.data_url().strip_prefix("wss://").expect("a wss URL");
    let stream = TcpStream::connect(address).await.expect("a connection");
    let name = ServerName::try_from(name).expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

#[tokio::test]
async fn a_tunnel_works_over_tls_as_it_does_without() {
    let rig = Rig::start().await;
    for (name, version) in [("127.0.0.1", &TLS13), ("localhost", &TLS12), ("::1", &TLS13)] {
        let mut tunnel = rig.open(&["SSH"]).await;
        let mut peers = Vec::new();
        for side in Side::BOTH {
            let stream = dial(&rig, &[rig.service.ca_pem()], name, version)
                .await
                .expect(name);
            let handshake = Handshake::new(side, tunnel.token(side));
            let accepted = Peer::over(stream, handshake).await;
            let (mut peer, _) = accepted.unwrap_or_else(|refused| panic!("{:?}", refused.refusal()));
            assert_eq!(peer.receive().await.services, ["SSH"]);
            peers.push(peer);
        }
        let (mut destination, mut source) = (peers.pop().expect("two"), peers.pop().expect("two"));
        let start = message(MessageType::StreamStart, 1, "SSH", b"");
        starts_stream(&mut source, &mut destination, start).await;
        let payload = vec![7; 64_512];
        for (from, to) in [(&mut source, &mut destination)] {
            let data = message(MessageType::Data, 1, "SSH", &payload);
            for _ in 0..20 {
                from.send(data).await;
                to.receives(data).await;
            }
        }
        rig.rotate(&mut tunnel, "ALL").await;
        for mut peer in [source, destination] {
            assert_eq!(peer.closed().await, (1008, "access token rotated".to_owned()));
            peer.ended().await;
        }
    }
}

#[tokio::test]
async fn the_end_of_a_connection_is_one_that_tls_vouches_for() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&[]).await;
    let authority = rig.service.ca_pem();
    let mut stream = dial(&rig, &[authority], "localhost", &TLS13)
        .await
        .expect("trusted");
    let handshake = Handshake::new(Side::Source, &tunnel.source);
    assert_eq!(Answer::to(&mut stream, &handshake.bytes()).await.status, 101);
    rig.close(&tunnel, false).await;
    let mut rest = Vec::new();
    // Without close_notify this would be an error: somebody on the way may have cut it.
    stream.read_to_end(&mut rest).await.expect("an end");
    assert!(rest.ends_with(b"\x88\x0f\x03\xf0tunnel closed"), "{rest:?}");
}

#[tokio::test]
async fn a_refusal_comes_over_tls_too() {
    let rig = Rig::start().await;
    let authority = rig.service.ca_pem();
    let stream = dial(&rig, &[authority], "localhost", &TLS13)
        .await
        .expect("trusted");
    let handshake = Handshake::new(Side::Source, "unknown");
    let refused = Answer::to(stream, &handshake.bytes()).await.refusal();
    assert_eq!(refused, (400, Refusal::UnknownAccessToken.text().to_owned()));
}

#[tokio::test]
async fn who_does_not_trust_the_authority_is_not_connected() {
    let (rig, other) = (Rig::start().await, Rig::start().await);
    let (own, others) = (rig.service.ca_pem(), other.service.ca_pem());
    assert_ne!(own, others, "each service has an authority of its own");
    for (authorities, name, why) in [
        (&[][..], "localhost", "UnknownIssuer"),
        // Another service's authority has the same name, but not the key.
        (&[others], "localhost", "BadSignature"),
        (&[own], "another.example", "not valid for name"),
    ] {
        let error = dial(&rig, authorities, name, &TLS13).await.expect_err(why);
        assert!(error.to_string().contains(why), "{error}");
    }
}

//! A thing that shows a certificate to its broker, as AWS IoT Core asks for it.

mod denials;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::notify::{BrokerChoice, Notification, Notifier};

const DEADLINE: Duration = Duration::from_secs(20);
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// An authority, and a certificate that it gave out.
struct Issued {
    root: CertificateDer<'static>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

fn issue(name: &str) -> Issued {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().expect("a key");
    let root = authority
        .self_signed(&authority_key)
        .expect("a certificate")
        .der()
        .clone();
    let key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new([name.to_owned()]).expect("a name");
    let certificate = own
        .signed_by(&key, &Issuer::new(authority, authority_key))
        .expect("a certificate");
    Issued {
        root,
        chain: vec![certificate.der().clone()],
        key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
    }
}

/// TLS in front of a broker, for those whose certificate is of that authority.
async fn guard(broker: String, own: &Issued, things: &Issued) -> u16 {
    // The broker's own library asks for the process's provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut roots = RootCertStore::empty();
    roots.add(things.root.clone()).expect("an authority");
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots))
        .build()
        .expect("a verifier");
    let config = ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(own.chain.clone(), own.key.clone_key())
        .expect("a certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(ANY_PORT).await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, broker) = (acceptor.clone(), broker.clone());
            tokio::spawn(async move {
                // Whoever shows no certificate gets no further.
                let Ok(mut thing) = acceptor.accept(socket).await else {
                    return;
                };
                let mut broker = TcpStream::connect(broker).await.expect("the broker");
                let _ = tokio::io::copy_bidirectional(&mut thing, &mut broker).await;
            });
        }
    });
    port
}

fn subscription(port: u16, broker: &Issued, thing: Option<&Issued>) -> Subscription {
    Subscription {
        broker: format!("mqtts://127.0.0.1:{port}").parse().expect("a broker"),
        roots: vec![broker.root.clone()],
        identity: thing.map(|thing| Identity {
            chain: thing.chain.clone(),
            key: thing.key.clone_key(),
        }),
        client_id: "pump-7".to_owned(),
        topic: "$aws/things/pump-7/tunnels/notify".to_owned(),
    }
}

/// The next thing that is heard, within the time.
async fn hears(heard: &mut mpsc::Receiver<Heard>) -> Heard {
    let next = timeout(DEADLINE, heard.recv()).await.expect("something to hear");
    next.expect("the subscription lives")
}

#[tokio::test]
async fn a_thing_that_shows_its_certificate_hears_and_one_without_does_not() {
    let choice = BrokerChoice::Embedded { listen: ANY_PORT };
    let is_current: crate::notify::IsCurrent = Arc::new(|_, _| Box::pin(async { true }));
    let (outcomes, _results) = mpsc::channel(8);
    let notifier = Notifier::start(choice, is_current, outcomes)
        .await
        .expect("a broker");
    let url = notifier.url().expect("a broker");
    let (broker, thing) = (issue("127.0.0.1"), issue("pump-7"));
    let address = url.strip_prefix("mqtt://").expect("a URL").to_owned();
    let port = guard(address, &broker, &thing).await;

    let untrusting = subscription(port, &thing, Some(&thing));
    let (tell, _heard) = mpsc::channel(WAITING);
    let refused = timeout(DEADLINE, untrusting.connect(&tell))
        .await
        .expect("an answer");
    let text = refused.map(drop).expect_err("not trusted").to_string();
    assert!(text.contains("pass its root certificate to --mqtt-ca"), "{text}");

    let unknown = subscription(port, &broker, None);
    let (tell, _heard) = mpsc::channel(WAITING);
    assert!(
        timeout(DEADLINE, unknown.connect(&tell))
            .await
            .expect("an answer")
            .is_err()
    );

    let (tell, mut heard) = mpsc::channel(WAITING);
    tokio::spawn(subscription(port, &broker, Some(&thing)).stay(tell));
    assert!(matches!(hears(&mut heard).await, Heard::Subscribed));
    notifier.send(Notification {
        tunnel_id: "t-1".to_owned(),
        generation: 0,
        thing_name: "pump-7".to_owned(),
        payload: Zeroizing::new(b"a notification".to_vec()),
    });
    match hears(&mut heard).await {
        Heard::Notification(letter) => {
            assert_eq!(letter.payload.as_slice(), b"a notification");
            letter.acknowledge();
        }
        Heard::Subscribed => panic!("subscribed twice"),
    }
}

//! How refused certificates are explained.

use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

use super::*;
use crate::client::trust::provider;

/// A moment in 2030.
const NOW: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(1_900_000_000));

fn params(names: &[&str], common_name: &str) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params
}

fn self_signed(params: &CertificateParams) -> CertificateDer<'static> {
    let key = KeyPair::generate().expect("a key");
    params.self_signed(&key).expect("a certificate").der().clone()
}

/// The root of an authority, and a certificate that it issued.
fn issued(params: &CertificateParams) -> (CertificateDer<'static>, CertificateDer<'static>) {
    issued_by("Example Authority", params)
}

fn issued_by(name: &str, params: &CertificateParams) -> (CertificateDer<'static>, CertificateDer<'static>) {
    let mut authority = self::params(&[], name);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let root = authority.self_signed(&key).expect("a certificate").der().clone();
    let own_key = KeyPair::generate().expect("a key");
    let own = params.signed_by(&own_key, &Issuer::new(authority, key));
    (root, own.expect("a certificate").der().clone())
}

/// What a client with these roots says of a certificate.
fn judge(
    roots: &[&CertificateDer<'static>],
    certificate: &CertificateDer<'static>,
    host: &str,
) -> Result<(), String> {
    let roots = roots.iter().map(|root| (*root).clone()).collect();
    let verifier = Verifier::new(roots, Arc::new(provider())).expect("a verifier");
    let name = ServerName::try_from(host.to_owned()).expect("a name");
    let verified = verifier.verify_server_cert(certificate, &[], &name, &[], NOW);
    verified.map(drop).map_err(|error| match error {
        Error::InvalidCertificate(CertificateError::Other(why)) => why.to_string(),
        other => format!("in the library's words: {other:?}"),
    })
}

#[test]
fn every_refusal_is_a_sentence_that_says_what_to_do() {
    let (root, own) = issued(&params(&["service.example"], "own"));
    assert_eq!(judge(&[&root], &own, "service.example"), Ok(()));
    let (another, _) = issued_by("Another Authority", &params(&["other.example"], "other"));
    let (made_anew, _) = issued(&params(&["other.example"], "other"));
    let mut expired = params(&["service.example"], "own");
    expired.not_after = date_time_ymd(2029, 3, 4);
    let (expired_root, expired) = issued(&expired);
    let mut early = params(&["service.example"], "own");
    early.not_before = date_time_ymd(2039, 3, 4);
    let (early_root, early) = issued(&early);
    let (unnamed_root, unnamed) = issued(&params(&[], "service.example"));
    let alone = self_signed(&params(&["service.example"], "appliance"));
    for (roots, certificate, host, parts) in [
        (
            [&another],
            &own,
            "service.example",
            [
                "issued by CN=Example Authority",
                "pass the root certificate of that authority to --capath (-c)",
            ],
        ),
        (
            [&made_anew],
            &own,
            "service.example",
            [
                "issued by CN=Example Authority, but not with the key",
                "pass its new root certificate to --capath (-c)",
            ],
        ),
        (
            [&another],
            &alone,
            "service.example",
            [
                "is self-signed (CN=appliance)",
                "pass that certificate to --capath (-c)",
            ],
        ),
        (
            [&root],
            &own,
            "10.0.0.1",
            [
                "is for service.example, not for 10.0.0.1",
                "connect by one of these names",
            ],
        ),
        (
            [&unnamed_root],
            &unnamed,
            "service.example",
            [
                "has no subjectAltName",
                "its common name (CN=service.example) does not count",
            ],
        ),
        (
            [&expired_root],
            &expired,
            "service.example",
            ["expired on Mar  4", "2029"],
        ),
        (
            [&early_root],
            &early,
            "service.example",
            [
                "is not valid before Mar  4",
                "the clock of this machine may be wrong",
            ],
        ),
    ] {
        let text = judge(&roots, certificate, host).expect_err("refused");
        for part in parts {
            assert!(text.contains(part), "{part:?}: {text}");
        }
    }
}

#[test]
fn an_authority_that_is_its_own_server_is_taken_where_exactly_it_is_trusted() {
    let mut params = params(&["appliance.example"], "appliance");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let own = self_signed(&params);
    let (other, _) = issued(&params);
    assert_eq!(judge(&[&own], &own, "appliance.example"), Ok(()));
    let text = judge(&[&other], &own, "appliance.example").expect_err("not trusted");
    assert!(text.contains("--capath (-c)"), "{text}");
    // Name and time count as for any other.
    assert!(judge(&[&own], &own, "other.example").is_err());
    params.not_after = date_time_ymd(2029, 1, 1);
    let expired = self_signed(&params);
    assert!(judge(&[&expired], &expired, "appliance.example").is_err());
}

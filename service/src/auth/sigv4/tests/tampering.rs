//! Whatever is changed after signing is noticed.

use proptest::prelude::*;

use super::*;

const INVALID_SIGNATURE: &str = "InvalidSignatureException";

/// A place in a request where something can be changed.
#[derive(Debug, Clone)]
enum Place {
    Method,
    Target,
    Header(HeaderName),
    Body,
}

fn places(sample: &Sample) -> Vec<Place> {
    let headers = sample.headers.keys().cloned().map(Place::Header);
    [Place::Method, Place::Target, Place::Body]
        .into_iter()
        .chain(headers)
        .collect()
}

fn bytes(sample: &Sample, place: &Place) -> Vec<u8> {
    match place {
        Place::Method => sample.method.as_str().as_bytes().to_vec(),
        Place::Target => sample.uri.to_string().into_bytes(),
        Place::Header(name) => sample.headers[name].as_bytes().to_vec(),
        Place::Body => sample.body.clone(),
    }
}

/// The request with a bit flipped, unless no such request can be sent.
fn flipped(sample: &Sample, place: &Place, index: usize, bit: u32) -> Option<Sample> {
    let mut bytes = bytes(sample, place);
    bytes[index] ^= 1 << bit;
    let mut sample = sample.clone();
    match place {
        Place::Method => sample.method = Method::from_bytes(&bytes).ok()?,
        Place::Target => sample.uri = Uri::try_from(bytes).ok()?,
        Place::Header(name) => {
            sample.headers.insert(name, HeaderValue::from_bytes(&bytes).ok()?);
        }
        Place::Body => sample.body = bytes,
    }
    Some(sample)
}

/// The exceptions with which a change of the byte at `index` may be refused.
fn allowed(sample: &Sample, place: &Place, index: usize) -> &'static [&'static str] {
    match place {
        Place::Header(name) if name == AUTHORIZATION => {
            let credential = sample.authorization().find(ACCESS_KEY_ID).unwrap();
            if index <= ALGORITHM.len() {
                &["MissingAuthenticationTokenException", INVALID_SIGNATURE]
            } else if (credential..credential + ACCESS_KEY_ID.len()).contains(&index) {
                &["UnrecognizedClientException", INVALID_SIGNATURE]
            } else {
                &[INVALID_SIGNATURE]
            }
        }
        Place::Header(name) if name == "x-amz-date" => &["RequestExpired", INVALID_SIGNATURE],
        _ => &[INVALID_SIGNATURE],
    }
}

fn assert_refused(signed: &Sample, place: &Place, index: usize, bit: u32) {
    let Some(changed) = flipped(signed, place, index, bit) else {
        return;
    };
    let error = match changed.verify() {
        Ok(()) => panic!("accepted: bit {bit} of byte {index} of {place:?} in {changed:?}"),
        Err(error) => error,
    };
    let allowed = allowed(signed, place, index);
    assert!(
        allowed.contains(&error.exception()),
        "bit {bit} of byte {index} of {place:?}: {error:?}"
    );

    let text = format!("{error} {error:?}");
    let authorization = signed.authorization();
    let (_, signature) = authorization.split_once("Signature=").unwrap();
    assert!(!text.contains(SECRET) && !text.contains(signature), "{text}");
}

#[test]
fn one_flipped_bit_anywhere_in_a_request_is_refused() {
    let mut sample = Sample::rotate();
    sample.uri = Uri::from_static("/a/b?x=1&y=2");
    let digest = hex(&Sha256::digest(&sample.body));
    let signed = SIGNER.sign(sample.with("x-amz-content-sha256", &digest));
    assert_eq!(signed.verify(), Ok(()));
    for place in places(&signed) {
        for index in 0..bytes(&signed, &place).len() {
            for bit in 0..8 {
                assert_refused(&signed, &place, index, bit);
            }
        }
    }
}

prop_compose! {
    /// Any request that a client could sign.
    fn any_request()(
        method in prop_oneof![Just(Method::GET), Just(Method::POST), Just(Method::PUT)],
        path in "(/([a-zA-Z0-9._~@:-]|%[2-7][0-9A-F]){0,8}){1,4}",
        query in "([a-wA-W]{1,4}=([a-zA-Z0-9._~-]|%[2-7][0-9A-F]){0,6})?(&[a-wA-W]{1,4}=[a-z0-9]{0,4}){0,3}",
        headers in prop::collection::vec(("my-[a-z]{1,6}", "[!-~]{1,5}( {1,3}[!-~]{1,5}){0,2}"), 0..4),
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) -> Sample {
        let mut sample = Sample::rotate();
        sample.method = method;
        sample.uri = format!("{path}?{query}").parse().unwrap();
        for (name, value) in headers {
            sample.headers.insert(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        sample.body = body;
        sample
    }
}

proptest! {
    #[test]
    fn any_request_is_accepted_as_the_aws_signer_signs_it(
        sample in any_request(),
        region in "[a-z]{2}-[a-z]{4}-[1-9]",
        at in 0..4_000_000_000_u64,
    ) {
        let signed = Signer { region: &region, at, ..SIGNER }.sign(sample);
        prop_assert_eq!(signed.verify_at(&region, at), Ok(()));
    }

    #[test]
    fn any_request_with_a_flipped_bit_of_its_body_is_refused(
        sample in any_request(),
        index in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        let signed = SIGNER.sign(sample);
        if !signed.body.is_empty() {
            assert_refused(&signed, &Place::Body, index.index(signed.body.len()), bit);
        }
    }

    #[test]
    fn no_authorization_header_makes_the_verification_panic(value in "(AWS4-HMAC-SHA256 )?[ -~]{0,80}") {
        let outcome = SIGNER.sign(Sample::rotate()).with("authorization", &value).verify();
        prop_assert!(outcome.is_err());
    }
}

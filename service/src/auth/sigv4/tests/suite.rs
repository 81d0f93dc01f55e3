//! Cases of AWS's published SigV4 test suite: the request, and the signature that it must have.

use super::*;

/// A request of the suite. The suite's host and date are added to its headers.
struct Case {
    name: &'static str,
    method: &'static str,
    target: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    signature: &'static str,
}

/// What the suite signs with and for.
struct Setting {
    host: &'static str,
    date: (&'static str, &'static str),
    day: &'static str,
    service: &'static str,
    now: u64,
}

const SETTING: Setting = Setting {
    host: "example.amazonaws.com",
    date: ("x-amz-date", "20150830T123600Z"),
    day: "20150830",
    service: "service",
    now: NOW,
};

const CASES: &[Case] = &[
    Case {
        name: "get-vanilla",
        method: "GET",
        target: "/",
        headers: &[],
        body: "",
        signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    },
    Case {
        name: "post-vanilla",
        method: "POST",
        target: "/",
        headers: &[],
        body: "",
        signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    },
    Case {
        name: "get-header-key-duplicate",
        method: "GET",
        target: "/",
        headers: &[
            ("my-header1", "value2"),
            ("my-header1", "value2"),
            ("my-header1", "value1"),
        ],
        body: "",
        signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    },
    Case {
        name: "get-header-value-order",
        method: "GET",
        target: "/",
        headers: &[
            ("my-header1", "value4"),
            ("my-header1", "value1"),
            ("my-header1", "value3"),
            ("my-header1", "value2"),
        ],
        body: "",
        signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
    },
    Case {
        name: "get-header-value-trim",
        method: "GET",
        target: "/",
        headers: &[("my-header1", " value1"), ("my-header2", " \"a   b   c\"")],
        body: "",
        signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    },
    Case {
        name: "post-header-value-case",
        method: "POST",
        target: "/",
        headers: &[("my-header1", "VALUE1")],
        body: "",
        signature: "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    },
    Case {
        name: "get-relative-relative-normalized",
        method: "GET",
        target: "/example1/example2/../..",
        headers: &[],
        body: "",
        signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    },
    Case {
        name: "get-slash-dot-slash-normalized",
        method: "GET",
        target: "/./",
        headers: &[],
        body: "",
        signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    },
    Case {
        name: "get-slash-normalized",
        method: "GET",
        target: "//",
        headers: &[],
        body: "",
        signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    },
    Case {
        name: "get-slash-pointless-dot-normalized",
        method: "GET",
        target: "/./example",
        headers: &[],
        body: "",
        signature: "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
    },
    Case {
        name: "get-slashes-normalized",
        method: "GET",
        target: "//example//",
        headers: &[],
        body: "",
        signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
    },
    Case {
        name: "get-unreserved",
        method: "GET",
        target: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        headers: &[],
        body: "",
        signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    },
    Case {
        name: "get-utf8",
        method: "GET",
        target: "/ሴ",
        headers: &[],
        body: "",
        signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
    },
    Case {
        name: "get-vanilla-query-order-key-case",
        method: "GET",
        target: "/?Param2=value2&Param1=value1",
        headers: &[],
        body: "",
        signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    },
    Case {
        name: "get-vanilla-query-order-encoded",
        method: "GET",
        target: "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
        headers: &[],
        body: "",
        signature: "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
    },
    Case {
        name: "get-vanilla-utf8-query",
        method: "GET",
        target: "/?ሴ=bar",
        headers: &[],
        body: "",
        signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    },
    Case {
        name: "post-vanilla-query",
        method: "POST",
        target: "/?Param1=value1",
        headers: &[],
        body: "",
        signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    },
    Case {
        name: "post-x-www-form-urlencoded",
        method: "POST",
        target: "/",
        headers: &[
            ("content-length", "13"),
            ("content-type", "application/x-www-form-urlencoded"),
            (
                "x-amz-content-sha256",
                "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
            ),
        ],
        body: "Param1=value1",
        signature: "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
    },
];

fn assert_accepted(case: &Case, setting: &Setting) {
    let Setting {
        host,
        date,
        day,
        service,
        now,
    } = *setting;
    let mut headers = HeaderMap::new();
    for (name, value) in case.headers.iter().copied().chain([("host", host), date]) {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let mut signed: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
    signed.sort_unstable();
    let signed = signed.join(";");
    let scope = format!("{day}/{REGION}/{service}/{TERMINATOR}");
    let authorization = format!(
        "{ALGORITHM} Credential={ACCESS_KEY_ID}/{scope}, SignedHeaders={signed}, Signature={}",
        case.signature
    );
    headers.insert(AUTHORIZATION, authorization.parse().unwrap());
    let request = SignedRequest {
        method: &case.method.parse().unwrap(),
        uri: &Uri::try_from(case.target.as_bytes()).unwrap(),
        headers: &headers,
        body: case.body.as_bytes(),
    };
    let credentials = credentials();
    let outcome = verify(
        &credentials,
        &request,
        &Endpoint {
            region: REGION,
            service,
        },
        now,
    );
    assert!(outcome.is_ok(), "{}: {outcome:?}", case.name);
}

#[test]
fn every_case_of_the_aws_suite_has_the_published_signature() {
    for case in CASES {
        assert_accepted(case, &SETTING);
    }
}

#[test]
fn a_request_of_the_first_aws_suite_is_dated_by_its_date_header() {
    let case = Case {
        name: "get-vanilla of 2011",
        method: "GET",
        target: "/",
        headers: &[],
        body: "",
        signature: "b27ccfbfa7df52a200ff74193ca6e32d4b48b8856fab7ebf1c595d0670a7e470",
    };
    let setting = Setting {
        host: "host.foo.com",
        date: ("date", "Mon, 09 Sep 2011 23:36:00 GMT"),
        day: "20110909",
        service: "host",
        now: 1_315_611_360,
    };
    assert_accepted(&case, &setting);
}

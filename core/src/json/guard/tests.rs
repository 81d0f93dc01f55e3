use super::*;
use JsonFaultKind::*;
use std::string::String;

#[test]
fn every_fault_is_named_with_its_place() {
    let cases: &[(&[u8], JsonFaultKind, usize)] = &[
        (b"", EndsEarly, 0),
        (b" \n", EndsEarly, 2),
        (b"{", EndsEarly, 1),
        (b"[1", EndsEarly, 2),
        (b"[1,]", ExpectedValue, 3),
        (b"[,1]", ExpectedValue, 1),
        (b"]", ExpectedValue, 0),
        (b"tru", EndsEarly, 3),
        (b"nul]", ExpectedValue, 0),
        (b"truex", TextAfterEnd, 4),
        (b"{'a':1}", ExpectedName, 1),
        (br#"{"a":1,}"#, ExpectedName, 7),
        (br#"{"a" 1}"#, ExpectedColon, 5),
        (br#"{"a":1]"#, ExpectedCommaOrEnd, 6),
        (br#"[1}"#, ExpectedCommaOrEnd, 2),
        (br#"["a" "b"]"#, ExpectedCommaOrEnd, 5),
        (b"01", InvalidNumber, 1),
        (b"+1", ExpectedValue, 0),
        (b"-", EndsEarly, 1),
        (b"-a", InvalidNumber, 1),
        (b"1.", EndsEarly, 2),
        (b"1.e1", InvalidNumber, 2),
        (b"1e+ ", InvalidNumber, 3),
        (b".5", ExpectedValue, 0),
        (b"0x1", InvalidNumber, 1),
        (b"\"a\nb\"", ControlCharacter, 2),
        (b"\"\0\"", ControlCharacter, 1),
        (br#""\x31""#, InvalidEscape, 2),
        (br#""\u12g4""#, InvalidEscape, 5),
        (br#""\u+123""#, InvalidEscape, 3),
        (br#""\u12"#, EndsEarly, 5),
        (br#""a\"#, EndsEarly, 3),
        (br#""a\ud83d""#, LoneSurrogate, 2),
        (br#""a\ud83d\n""#, LoneSurrogate, 2),
        (br#""a\ud83d\u0041""#, LoneSurrogate, 2),
        (br#""a\ude00""#, LoneSurrogate, 2),
        (b"\"\xff\"", NotUtf8, 1),
        (b"\"\xc0\x80\"", NotUtf8, 1),
        (b"\"\xed\xa0\x80\"", NotUtf8, 1),
        (b"\xef\xbb\xbf{}", ByteOrderMark, 0),
        (b"{} x", TextAfterEnd, 3),
        (b"{}}", TextAfterEnd, 2),
        (b"{}\0", TextAfterEnd, 2),
    ];
    for &(body, kind, position) in cases {
        let name = String::from_utf8_lossy(body);
        assert_eq!(check(body), Err(JsonFault { kind, position }), "{name}");
    }
    assert_eq!(
        std::format!("{}", check(b"{} x").unwrap_err()),
        "more text follows the end of the JSON value (at byte 3)"
    );
}

#[test]
fn what_is_json_passes_whole() {
    for text in [
        "0",
        " -0 ",
        "\t1.5e-3\r\n",
        "1E+9",
        "true",
        "\"\"",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        r#"{"a":[1,{"b":null}],"a":{}}"#,
        r#""\u0000\ud83d\ude00\"\\\/\b\f\n\r\tX""#,
        "\"\u{7f}\u{2028}\u{10ffff}\"",
    ] {
        assert_eq!(check(text.as_bytes()), Ok(text));
    }
}

#[test]
fn nesting_is_allowed_to_the_limit_and_no_deeper() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let limit = MAX_DEPTH as usize;
    assert!(check(nested(limit).as_bytes()).is_ok());
    let fault = JsonFault {
        kind: TooDeep,
        position: limit,
    };
    assert_eq!(check(nested(limit + 1).as_bytes()), Err(fault));
    assert_eq!(check("[".repeat(1_000_000).as_bytes()), Err(fault));
    let mixed = "{\"a\":[".repeat(limit / 2) + &"]}".repeat(limit / 2);
    assert!(check(mixed.as_bytes()).is_ok());
}

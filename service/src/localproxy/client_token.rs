//! The client token. The reference takes any text of 32 to 128 characters; the service takes letters, digits and hyphens.

use iot_tunnel_core::{ClientToken, TokenDigest};

use super::fault::Fault;

/// How many characters the reference takes.
const MIN: usize = 32;
const MAX: usize = 128;

/// The client token of a text. One with other characters than the service takes becomes the hexadecimal SHA-256 digest of
/// the text: the same text is the same client token at every start, which is all that a client token is for.
pub(super) fn read(text: &str) -> Result<ClientToken, Fault> {
    if !(MIN..=MAX).contains(&text.len()) {
        return fatal("Client token must be between 32 and 128 characters");
    }
    if text.chars().any(char::is_control) {
        return fatal("Client token contains invalid control characters");
    }
    ClientToken::parse(text).or_else(|_| {
        let digest = TokenDigest::of(text);
        let hexadecimal: String = digest
            .as_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        ClientToken::parse(&hexadecimal).or_else(|_| fatal("Client token cannot be used"))
    })
}

fn fatal<T>(text: &str) -> Result<T, Fault> {
    Err(Fault::Fatal(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_that_the_reference_takes_becomes_a_client_token_and_always_the_same() {
        let allowed = "a-".repeat(16);
        assert_eq!(read(&allowed).map(|token| token.expose().to_owned()), Ok(allowed));
        let other = "under_score and space: ü ".repeat(2);
        let token = read(&other).expect("a token");
        assert_eq!(token.expose().len(), 64);
        assert_eq!(read(&other), Ok(token));
        assert_ne!(read(&other), read(&other.replace('ü', "u")));
    }

    #[test]
    fn the_references_refusals_are_ours() {
        for text in ["", "short", &"x".repeat(31), &"x".repeat(129)] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&"a\nb".repeat(20)).is_err());
        assert!(read(&"x".repeat(128)).is_ok());
    }
}

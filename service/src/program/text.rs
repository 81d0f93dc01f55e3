//! Texts that people copy: into variables, files and command lines.

use iot_tunnel_core::{AccessToken, ClientToken, Region};

/// Without what copying often leaves around a text: white space, line ends, a byte order mark, quotation marks.
pub(crate) fn unwrapped(text: &str) -> &str {
    text.trim_matches(|character: char| {
        character.is_whitespace() || matches!(character, '\u{feff}' | '"' | '\'' | '“' | '”' | '‘' | '’')
    })
}

/// An access token, [`unwrapped`]. The reason for a refusal repeats nothing of it.
pub(crate) fn access_token(text: &str) -> Result<AccessToken, String> {
    let text = unwrapped(text);
    AccessToken::parse(text).map_err(|error| {
        let foreign = text.chars().position(|character| !character.is_ascii_graphic());
        match foreign.map(|index| (index, text.chars().nth(index).unwrap_or_default())) {
            Some((index, character)) => {
                let what = match character {
                    ' ' => "a space".to_owned(),
                    '\n' | '\r' => "a line end".to_owned(),
                    other => format!("'{}'", other.escape_debug()),
                };
                format!("{error}; character {} is {what}", index + 1)
            }
            None => error.to_string(),
        }
    })
}

/// A client token, [`unwrapped`].
pub(crate) fn client_token(text: &str) -> Result<ClientToken, String> {
    ClientToken::parse(unwrapped(text)).map_err(|error| error.to_string())
}

/// A region, [`unwrapped`].
pub(crate) fn region(text: &str) -> Result<Region, String> {
    Region::parse(unwrapped(text)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_copying_leaves_around_a_token_is_taken_off() {
        for text in [
            "token",
            " token",
            "token\r\n",
            "\"token\"",
            "'token'\n",
            "\u{feff}token",
            " \"token\" ",
            "“token”",
        ] {
            assert_eq!(access_token(text).expect(text).expose(), "token", "{text:?}");
        }
        let client = "c".repeat(32);
        assert_eq!(
            client_token(&format!("\"{client}\"\r\n"))
                .expect("a token")
                .expose(),
            client
        );
        assert_eq!(region("us-east-1\r").expect("a region").as_str(), "us-east-1");
    }

    #[test]
    fn what_stands_within_a_token_is_named_and_the_token_is_not_repeated() {
        for (text, why) in [
            ("tok en", "; character 4 is a space"),
            ("secret\nsecret", "; character 7 is a line end"),
            ("sécret", "; character 2 is 'é'"),
        ] {
            let error = access_token(text).expect_err(text);
            assert!(error.ends_with(why) && !error.contains("secret"), "{error}");
        }
        assert!(access_token("  \"\"").is_err());
    }
}

//! How the programs end.

use std::fmt;
use std::process::ExitCode;

/// One way to end, and what to do about it.
struct Row {
    exit: Exit,
    code: u8,
    when: &'static str,
    next: &'static str,
}

/// Every way to end.
const ROWS: [Row; 5] = [
    Row {
        exit: Exit::Done,
        code: 0,
        when: "ended in order, by SIGINT or SIGTERM",
        next: "nothing",
    },
    Row {
        exit: Exit::Failed,
        code: 1,
        when: "anything else, such as a port that is taken",
        next: "the message says what is wrong: mend it and start again",
    },
    Row {
        exit: Exit::Usage,
        code: 2,
        when: "flags that are wrong, or do not go together",
        next: "see --help",
    },
    Row {
        exit: Exit::TokenRefused,
        code: 3,
        when: "the access token, or the AWS credentials, were refused",
        next: "get a new token by RotateTunnelAccessToken; `proxy --tunnel-id` does that by itself, with credentials \
               that may",
    },
    Row {
        exit: Exit::TunnelClosed,
        code: 4,
        when: "the tunnel is closed, or there is none",
        next: "open another tunnel",
    },
];

/// How a program ended. Its code is 0 only for an orderly end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// As asked for.
    Done,
    /// None of the others.
    Failed,
    /// It was not started rightly.
    Usage,
    /// There is no token that the service takes.
    TokenRefused,
    /// There is no such tunnel any more.
    TunnelClosed,
}

/// Why a program ends before it was asked to. The text holds no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// How it ends.
    pub exit: Exit,
    /// What was wrong.
    pub text: String,
}

impl Exit {
    fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.exit == self)
    }

    /// The exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        self.row().map_or(1, |row| row.code)
    }

    /// What to do next.
    #[must_use]
    pub fn next(self) -> &'static str {
        self.row().map_or("", |row| row.next)
    }

    /// The table of all exits, for `--help`.
    pub(crate) fn help() -> String {
        let mut text = String::from("Exit codes:");
        for row in &ROWS {
            text.push_str(&format!("\n  {}  {}; next: {}", row.code, row.when, row.next));
        }
        text
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Failure {
    pub(crate) fn new(exit: Exit, text: impl fmt::Display) -> Self {
        let text = text.to_string();
        Self { exit, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_orderly_end_is_code_0_and_no_two_ends_share_a_code() {
        let every = [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::TokenRefused,
            Exit::TunnelClosed,
        ];
        let codes = every.map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 4]);
        for exit in every {
            assert!(Exit::help().contains(exit.next()) && !exit.next().is_empty());
        }
    }
}

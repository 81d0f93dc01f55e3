//! Flags that are wrong: code 2, and what is allowed; never a token.

use crate::proxying::program;
use crate::running::run;

/// A text that may be a token.
const SECRET: &str = "AQGA0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn is_refused(flags: &[&str], text: &str) {
    let mut command = program(&["proxy"]);
    command.args(flags);
    let ended = run(command);
    assert_eq!(ended.code, Some(2), "{flags:?}: {}", ended.stderr);
    assert_eq!(ended.stdout, "", "{flags:?}");
    assert!(ended.stderr.contains(text), "{flags:?}: {}", ended.stderr);
    assert!(!ended.stderr.contains(SECRET), "{flags:?}: {}", ended.stderr);
    assert!(!ended.stderr.contains("panicked"), "{flags:?}: {}", ended.stderr);
}

#[test]
fn what_does_not_go_together_is_refused_and_named() {
    let way = ["-e", "ws://127.0.0.1:1"];
    let with = |flags: &[&'static str]| [&way, flags].concat();
    is_refused(&with(&["-t", "token"]), "--source-listen-port");
    is_refused(
        &with(&["-t", "token", "-s", "1", "-d", "2"]),
        "cannot be used with",
    );
    is_refused(
        &with(&["-s", "1"]),
        "there is no access token: set AWSIOT_TUNNEL_ACCESS_TOKEN",
    );
    // A flag, its variable, or both: either says where the service is, and only one may.
    is_refused(
        &with(&["-t", "token", "-s", "1", "-r", "us-east-1"]),
        "cannot be used with",
    );
    let mut command = program(&["proxy", "-t", "token", "-s", "1", "-r", "us-east-1"]);
    command.env("AWSIOT_TUNNEL_ENDPOINT", "host");
    let ended = run(command);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    is_refused(&["-t", "token", "-s", "1"], "give --proxy-endpoint or --region");
    is_refused(
        &with(&["-t", "token", "-s", "SSH=1,HTTP=2", "-y", "V1"]),
        "one service",
    );
    is_refused(&with(&["-t", "token", "-d", "SSH=0"]), "1 to 65535");
    is_refused(&with(&["--tunnel-id", "t-1", "-s", "1"]), "AWS_ACCESS_KEY_ID");
    is_refused(&with(&["--tunnel-id", "t-1", "-d", "1"]), "cannot be used with");
    is_refused(
        &with(&["-t", "token", "-s", "1,2"]),
        "entry 1: with several services each needs a name",
    );
    is_refused(
        &["-e", "https://host", "-t", "token", "-s", "1"],
        "the scheme is wss or ws",
    );
}

#[test]
fn no_error_repeats_a_token_wherever_it_stands() {
    let broken = format!("{SECRET} {SECRET}");
    let prefixed = format!("--access-token{SECRET}");
    let way = ["-e", "ws://127.0.0.1:1", "-s", "1"];
    let flags: [&[&str]; 9] = [
        &["-t", &broken],
        &["-i", &broken],
        &["-t", "token", SECRET],
        &[SECRET],
        &["-t", "token", "-y", SECRET],
        &["-t", "token", "-v", SECRET],
        &["-t", "token", "--capath"],
        &["-t", "token", &prefixed],
        &["-t", "token", "-d", SECRET],
    ];
    for flags in flags {
        is_refused(&[&way, flags].concat(), "error: ");
    }
    for flags in [["-e", SECRET, "-s", SECRET], ["-r", SECRET, "-s", "1"]] {
        is_refused(&flags, "error: ");
    }
}

#[test]
fn every_exit_code_stands_in_the_help() {
    let ended = run(program(&["proxy", "--help"]));
    assert_eq!(ended.code, Some(0));
    for code in 0..=4 {
        assert!(
            ended.stdout.contains(&format!("  {code}  ")),
            "{code}: {}",
            ended.stdout
        );
    }
}

#[test]
fn a_token_on_the_command_line_is_warned_of_once_and_one_in_the_environment_is_not() {
    let warning = "the access token stands on the command line";
    let flags = ["proxy", "-e", "127.0.0.1:1", "-c", "/nonexistent", "-s", "0"];
    let mut command = program(&flags);
    command.args(["-t", SECRET]);
    let ended = run(command);
    assert_eq!(ended.stderr.matches(warning).count(), 1, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("cannot read /nonexistent"),
        "{}",
        ended.stderr
    );
    let mut command = program(&flags);
    command.env("AWSIOT_TUNNEL_ACCESS_TOKEN", SECRET);
    let ended = run(command);
    assert!(!ended.stderr.contains(warning), "{}", ended.stderr);
}

//! The reference's options, and how they stand on a command line, in a file of `--config` and in the environment.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::fault::{Fault, shown};
use super::ini;

/// One option.
pub(super) struct Opt {
    /// After `--`.
    pub(super) long: &'static str,
    /// After `-`; a space where there is none.
    pub(super) short: char,
    pub(super) takes_value: bool,
    /// The variable that can stand for it.
    pub(super) variable: Option<&'static str>,
    /// For `--help`.
    pub(super) about: &'static str,
}

impl Opt {
    const fn flag(long: &'static str, short: char, about: &'static str) -> Self {
        Self {
            long,
            short,
            takes_value: false,
            variable: None,
            about,
        }
    }

    const fn value(long: &'static str, short: char, about: &'static str) -> Self {
        Self {
            takes_value: true,
            ..Self::flag(long, short, about)
        }
    }

    const fn or_variable(self, variable: &'static str) -> Self {
        Self {
            variable: Some(variable),
            ..self
        }
    }
}

/// Every option of the reference.
pub(super) const OPTIONS: [Opt; 18] = [
    Opt::flag("help", 'h', "Show help message"),
    Opt::flag("version", 'V', "Show the version and exit"),
    Opt::value(
        "access-token",
        't',
        "Client access token; AWSIOT_TUNNEL_ACCESS_TOKEN keeps it from other users of this machine",
    )
    .or_variable("AWSIOT_TUNNEL_ACCESS_TOKEN"),
    Opt::value("client-token", 'i', "Optional client token, 32 to 128 characters")
        .or_variable("AWSIOT_TUNNEL_CLIENT_TOKEN"),
    Opt::value(
        "proxy-endpoint",
        'e',
        "The tunnel's service, HOST[:PORT], port 443 by default; not with --region",
    )
    .or_variable("AWSIOT_TUNNEL_ENDPOINT"),
    Opt::value(
        "region",
        'r',
        "The AWS region of the tunnel; not with --proxy-endpoint",
    )
    .or_variable("AWSIOT_TUNNEL_REGION"),
    Opt::value(
        "source-listen-port",
        's',
        "Source: where to listen for each service. Example: SSH1=5555 or 5555",
    ),
    Opt::value(
        "destination-app",
        'd',
        "Destination: where each service is. Example: SSH1=127.0.0.1:22 or 22",
    ),
    Opt::value(
        "local-bind-address",
        'b',
        "The local address that a source listens on",
    ),
    Opt::value(
        "capath",
        'c',
        "Directory (or file) of root certificates to trust in addition to the system's",
    ),
    Opt::flag(
        "no-ssl-host-verify",
        'k',
        "INSECURE, for tests only: take any certificate of any host",
    ),
    Opt::value(
        "export-default-settings",
        ' ',
        "Write the default fine-grained settings to this file, as JSON, and exit",
    ),
    Opt::value(
        "settings-json",
        ' ',
        "Read fine-grained settings from this JSON file",
    ),
    Opt::value(
        "config",
        ' ',
        "Read options from this file, a line of OPTION = VALUE each; the command line goes before it",
    ),
    Opt::value(
        "verbose",
        'v',
        "How much is logged: 0 nothing, 1 fatal, 2 errors, 3 warnings, 4 what happens (default), 5 debug, 6 to 255 trace",
    ),
    Opt::value(
        "mode",
        'm',
        "src (source) or dst (destination); without -s a source takes free ports",
    ),
    Opt::value(
        "destination-client-type",
        'y',
        "Source: V1 or V2, if the destination knows no newer format",
    ),
    Opt::value(
        "config-dir",
        ' ',
        "Directory of files with lines SERVICE=[HOST:]PORT; ./config by default",
    ),
];

/// The log's level where none is given.
const DEFAULT_LEVEL: u16 = 4;

/// What was given, by the options' long names. The command line goes before a file, a file before the environment.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    given: BTreeMap<&'static str, String>,
    level: u16,
    /// Whether the command line has the access token.
    pub(super) shows_token: bool,
}

impl Arguments {
    /// Reads a command line.
    pub(super) fn parse(words: impl Iterator<Item = OsString>) -> Result<Self, Fault> {
        let mut words = words
            .map(|word| word.into_string().map_err(|_| usage("an argument is not UTF-8")))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .peekable();
        let mut given = BTreeMap::new();
        while let Some(word) = words.next() {
            // What one word says: an option, and what stands right behind it.
            let (name, mut rest) = match (word.strip_prefix("--"), word.strip_prefix('-')) {
                (Some(long), _) if !long.is_empty() => match long.split_once('=') {
                    Some((name, value)) => (by_guess(name)?, Some(value)),
                    None => (by_guess(long)?, None),
                },
                (None, Some(short)) if !short.is_empty() => {
                    let mut rest = short;
                    let mut option = by_letter(&mut rest)?;
                    // Several in one word: `-kv5`.
                    while !option.takes_value && !rest.is_empty() {
                        put(&mut given, option, String::new())?;
                        option = by_letter(&mut rest)?;
                    }
                    (option, Some(rest).filter(|rest| !rest.is_empty()))
                }
                _ => {
                    return Err(usage(
                        "too many positional options have been specified on the command line",
                    ));
                }
            };
            let value = match (name.takes_value, rest.take()) {
                (false, None) => String::new(),
                (false, Some(_)) => {
                    let text = format!("option '--{}' does not take any arguments", name.long);
                    return Err(usage(text));
                }
                (true, Some(value)) => value.to_owned(),
                (true, None) => words
                    .next_if(|next| !is_option(next))
                    .ok_or_else(|| missing_argument(name))?,
            };
            put(&mut given, name, value)?;
        }
        let level = match given.get("verbose") {
            None => DEFAULT_LEVEL,
            Some(text) => text.trim().parse().map_err(|_| {
                let text = shown(text);
                usage(format!(
                    "the argument ('{text}') for option '--verbose' is invalid"
                ))
            })?,
        };
        Ok(Self {
            shows_token: given.contains_key("access-token"),
            given,
            level,
        })
    }

    /// Adds the options of a configuration file.
    pub(super) fn add_file(&mut self, path: &str) -> Result<(), Fault> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            usage(format!(
                "can not read options configuration file '{path}': {error}"
            ))
        })?;
        let pairs =
            ini::pairs(&text).map_err(|line| usage(format!("{path}: line {line} is no OPTION = VALUE")))?;
        let mut added = BTreeMap::new();
        for (name, value) in pairs {
            let option = OPTIONS.iter().find(|option| option.long == name);
            let option = option.ok_or_else(|| unrecognised(&name))?;
            if option.takes_value {
                put(&mut added, option, value)?;
            } else if matches!(value.as_str(), "" | "1" | "true" | "yes" | "on") {
                put(&mut added, option, String::new())?;
            }
        }
        self.add(added);
        Ok(())
    }

    /// Adds what the environment has.
    pub(super) fn add_environment(&mut self, variable: impl Fn(&str) -> Option<String>) {
        let of = |option: &Opt| Some((option.long, variable(option.variable?)?));
        self.add(OPTIONS.iter().filter_map(of).collect());
    }

    fn add(&mut self, less: BTreeMap<&'static str, String>) {
        for (name, value) in less {
            self.given.entry(name).or_insert(value);
        }
    }

    pub(super) fn has(&self, long: &str) -> bool {
        self.given.contains_key(long)
    }

    pub(super) fn value(&self, long: &str) -> Option<&str> {
        self.given.get(long).map(String::as_str)
    }

    /// The log's filter.
    pub(super) fn filter(&self) -> &'static str {
        match self.level {
            0 => "off",
            1 | 2 => "error",
            3 => "warn",
            4 => "info",
            5 => "debug",
            6.. => "trace",
        }
    }
}

fn usage(text: impl Into<String>) -> Fault {
    Fault::Usage(text.into())
}

fn unrecognised(text: &str) -> Fault {
    usage(format!("unrecognised option '{}'", shown(text)))
}

fn missing_argument(option: &Opt) -> Fault {
    let text = format!("the required argument for option '--{}' is missing", option.long);
    usage(text)
}

fn put(given: &mut BTreeMap<&'static str, String>, option: &Opt, value: String) -> Result<(), Fault> {
    if given.insert(option.long, value).is_some() {
        let text = format!("option '--{}' cannot be specified more than once", option.long);
        return Err(usage(text));
    }
    Ok(())
}

/// The option of a long name, or of the beginning of only one.
fn by_guess(name: &str) -> Result<&'static Opt, Fault> {
    if let Some(option) = OPTIONS.iter().find(|option| option.long == name) {
        return Ok(option);
    }
    let mut matching = OPTIONS.iter().filter(|option| option.long.starts_with(name));
    match (matching.next(), matching.next()) {
        (Some(option), None) => Ok(option),
        (Some(one), Some(other)) => Err(usage(format!(
            "option '--{name}' is ambiguous and matches '--{}', and '--{}'",
            one.long, other.long
        ))),
        (None, _) => Err(unrecognised(&format!("--{name}"))),
    }
}

/// The option of the first letter, which is taken off.
fn by_letter(letters: &mut &str) -> Result<&'static Opt, Fault> {
    let mut rest = letters.chars();
    let letter = rest.next().unwrap_or_default();
    let option = OPTIONS
        .iter()
        .find(|option| option.short == letter && letter != ' ');
    let option = option.ok_or_else(|| unrecognised(&format!("-{letters}")))?;
    *letters = rest.as_str();
    Ok(option)
}

/// Whether a word cannot be another option's value, because it is an option itself.
fn is_option(word: &str) -> bool {
    match (word.strip_prefix("--"), word.strip_prefix('-')) {
        (Some(long), _) => OPTIONS
            .iter()
            .any(|option| Some(option.long) == long.split('=').next()),
        (None, Some(short)) => OPTIONS
            .iter()
            .any(|option| option.short != ' ' && short.starts_with(option.short)),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, Fault> {
        Arguments::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn every_way_to_write_an_option_is_read() {
        for line in [
            "-r eu-west-1 -k -v 5",
            "-reu-west-1 -kv5",
            "--region eu-west-1 --no-ssl-host-verify --verbose=5",
            "--reg=eu-west-1 --no -v5",
        ] {
            let arguments = parse(line).expect(line);
            assert_eq!(arguments.value("region"), Some("eu-west-1"), "{line}");
            assert!(arguments.has("no-ssl-host-verify"), "{line}");
            assert_eq!(arguments.filter(), "debug", "{line}");
        }
    }

    #[test]
    fn a_broken_command_line_is_refused_in_the_words_that_scripts_look_for() {
        for (line, why) in [
            ("-Z", "unrecognised option '-Z'"),
            ("--nonsense", "unrecognised option '--nonsense'"),
            ("-v", "the required argument for option '--verbose' is missing"),
            (
                "-t -k",
                "the required argument for option '--access-token' is missing",
            ),
            ("-v x", "the argument ('x') for option '--verbose' is invalid"),
            (
                "-v 65536",
                "the argument ('65536') for option '--verbose' is invalid",
            ),
            (
                "-r a -r b",
                "option '--region' cannot be specified more than once",
            ),
            (
                "--co x",
                "option '--co' is ambiguous and matches '--config', and '--config-dir'",
            ),
            ("--help=yes", "option '--help' does not take any arguments"),
            (
                "us-east-1",
                "too many positional options have been specified on the command line",
            ),
        ] {
            assert_eq!(parse(line).expect_err(line), usage(why), "{line}");
        }
    }

    #[test]
    fn a_token_in_the_wrong_place_is_not_repeated() {
        let token = "AQGA".repeat(30);
        for line in [
            format!("--access-token{token}"),
            format!("-Z{token}"),
            format!("-v {token}"),
        ] {
            let Fault::Usage(text) = parse(&line).expect_err("refused") else {
                panic!("another fault");
            };
            assert!(!text.contains(&token), "{text}");
        }
    }

    #[test]
    fn the_command_line_goes_before_a_file_and_a_file_before_the_environment() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(
            file.path(),
            "# a comment\nregion = from-file\nlocal-bind-address=::1\nno-ssl-host-verify = true\n",
        )
        .expect("written");
        let mut arguments = parse("-b 127.0.0.2").expect("arguments");
        arguments
            .add_file(&file.path().to_string_lossy())
            .expect("a file");
        arguments.add_environment(|name| Some(format!("from-{name}")));
        assert_eq!(arguments.value("local-bind-address"), Some("127.0.0.2"));
        assert_eq!(arguments.value("region"), Some("from-file"));
        assert_eq!(
            arguments.value("access-token"),
            Some("from-AWSIOT_TUNNEL_ACCESS_TOKEN")
        );
        assert!(arguments.has("no-ssl-host-verify") && !arguments.shows_token);
        std::fs::write(file.path(), "regoin = x\n").expect("written");
        let error = arguments.add_file(&file.path().to_string_lossy());
        assert_eq!(error, Err(usage("unrecognised option 'regoin'")));
    }
}

//! The text of `--help`.

use super::arguments::OPTIONS;

/// Where the descriptions begin.
const COLUMN: usize = 38;
/// Where lines end.
const WIDTH: usize = 100;

/// The options, in the reference's layout.
pub(super) fn text() -> String {
    let mut text = String::from("Allowed options:\n");
    for option in &OPTIONS {
        let names = match option.short {
            ' ' => format!("--{}", option.long),
            short => format!("-{short} [ --{} ]", option.long),
        };
        let argument = if option.takes_value { " arg" } else { "" };
        let mut line = format!("  {:width$}", format!("{names}{argument}"), width = COLUMN - 2);
        for word in option.about.split(' ') {
            if line.len() + 1 + word.len() > WIDTH {
                text.push_str(line.trim_end());
                text.push('\n');
                line = " ".repeat(COLUMN);
            }
            if line.len() > COLUMN || !line.ends_with(' ') {
                line.push(' ');
            }
            line.push_str(word);
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_stands_in_the_help_within_the_width() {
        let text = text();
        assert!(
            text.contains("  -h [ --help ]                       Show help message\n"),
            "{text}"
        );
        for option in &OPTIONS {
            assert!(text.contains(&format!("--{}", option.long)), "{}", option.long);
        }
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
    }
}

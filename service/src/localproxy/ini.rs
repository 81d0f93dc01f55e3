//! Files of `NAME = VALUE` lines: those of `--config`, and those of a configuration directory.

/// The pairs of a text. Empty lines, and lines that begin with `#` or `;`, are comments. A section `[NAME]` puts `NAME.`
/// before the names that follow it.
///
/// # Errors
/// The number of a line, from 1, that is none of these.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, String)>, usize> {
    let mut prefix = String::new();
    let mut pairs = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            prefix = format!("{}.", section.trim());
            continue;
        }
        let (name, value) = line.split_once('=').ok_or(index + 1)?;
        pairs.push((format!("{prefix}{}", name.trim()), value.trim().to_owned()));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_and_a_line_that_is_none_is_named() {
        let read = pairs("\u{20}a = 1\r\n# b = 2\n\n; c\n[s]\nd=e=f\n").expect("pairs");
        let read: Vec<_> = read
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(read, [("a", "1"), ("s.d", "e=f")]);
        assert_eq!(pairs("a=1\nb\n"), Err(2));
    }
}

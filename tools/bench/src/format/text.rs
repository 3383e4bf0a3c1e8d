//! Text from strangers, made fit to print.

/// `text` on one line, and unable to move a terminal's cursor: control characters are replaced.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Text as HTML has it, also between quotation marks.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_write_tags() {
        assert_eq!(escaped("<T as \"A\">&x"), "&lt;T as &quot;A&quot;&gt;&amp;x");
    }

    #[test]
    fn control_characters_are_replaced() {
        assert_eq!(printable("a\x1b[31m\nb"), "a\u{fffd}[31m\u{fffd}b");
        assert_eq!(printable("grüß"), "grüß");
    }
}

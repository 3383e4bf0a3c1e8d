//! The query of a request's path.

use percent_encoding::percent_decode_str;

/// The value of `name`, decoded.
pub(crate) fn value(query: Option<&str>, name: &str) -> Option<String> {
    pairs(query).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Every name with its value, decoded. What is no pair, or not UTF-8, is left out.
pub(crate) fn pairs(query: Option<&str>) -> impl Iterator<Item = (&str, String)> {
    let pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter_map(|(name, value)| {
        Some((name, percent_decode_str(value).decode_utf8().ok()?.into_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_decoded_and_belongs_to_its_name() {
        let query = Some("a=1&Qualifier=%24LATEST&b&c=%ff");
        assert_eq!(value(query, "Qualifier").as_deref(), Some("$LATEST"));
        for name in ["b", "c", "d", ""] {
            assert_eq!(value(query, name), None, "{name}");
        }
        assert_eq!(value(None, "a"), None);
    }
}

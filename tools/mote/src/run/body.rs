//! A response's body in JSON: as text if it is UTF-8, else in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// The two members `body` and `body_encoding` of a JSON object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Body {
    /// The text, or the base64 of the bytes (RFC 4648, section 4).
    pub(crate) body: String,
    /// `base64` if that is what `body` holds; absent for text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body_encoding: Option<&'static str>,
}

impl Body {
    /// The form that loses nothing of `bytes`.
    #[must_use]
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self { body: text.to_owned(), body_encoding: None },
            Err(_) => Self { body: STANDARD.encode(bytes), body_encoding: Some("base64") },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_is_text_when_it_is_utf8() {
        let json = serde_json::to_string(&Body::of("grüß\n".as_bytes())).unwrap();
        assert_eq!(json, r#"{"body":"grüß\n"}"#);
    }

    #[test]
    fn body_is_base64_when_it_is_not_utf8() {
        let json = serde_json::to_string(&Body::of(&[0xff, 0x00, 0x61])).unwrap();
        assert_eq!(json, r#"{"body":"/wBh","body_encoding":"base64"}"#);
    }
}

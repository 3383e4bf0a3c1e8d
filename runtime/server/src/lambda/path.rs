//! Paths of Lambda's API, decoded.
//!
//! Spec: AWS Lambda API reference, "Request Syntax" of each action. Clients encode what is not a plain
//! character of a path, as the colons of an ARN (`%3A`).

use hyper::Method;
use percent_encoding::percent_decode_str;

/// The form of an API version.
const DATE: &str = "dddd-dd-dd";

/// An action, with the names in its path as the client wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// `POST /2015-03-31/functions/NAME/invocations`
    Invoke { function: String },
}

impl Action {
    /// The action of this method and path, if there is one.
    pub(crate) fn parse(method: &Method, path: &str) -> Option<Self> {
        let (version, rest) = path.strip_prefix('/')?.split_once('/')?;
        let segments: Vec<&str> = rest.split('/').collect();
        match (method, version, &*segments) {
            (&Method::POST, "2015-03-31", ["functions", name, "invocations"]) => {
                Some(Self::Invoke { function: decoded(name)? })
            }
            _ => None,
        }
    }
}

/// Whether a path is one of Lambda's: they begin with the date of their version.
pub(crate) fn is_lambda(path: &str) -> bool {
    let Some((date, _)) = path.get(1..).and_then(|path| path.split_once('/')) else { return false };
    let is_form =
        |(byte, form): (u8, u8)| if form == b'd' { byte.is_ascii_digit() } else { byte == form };
    date.len() == DATE.len() && date.bytes().zip(DATE.bytes()).all(is_form)
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoke(path: &str) -> Option<Action> {
        Action::parse(&Method::POST, path)
    }

    fn action(function: &str) -> Option<Action> {
        Some(Action::Invoke { function: function.to_owned() })
    }

    #[test]
    fn names_in_paths_are_decoded() {
        assert_eq!(invoke("/2015-03-31/functions/hello/invocations"), action("hello"));
        assert_eq!(
            invoke("/2015-03-31/functions/a%3Ab%3a%24LATEST/invocations"),
            action("a:b:$LATEST")
        );
        assert_eq!(invoke("/2015-03-31/functions/a%2Fb/invocations"), action("a/b"));
    }

    #[test]
    fn other_paths_are_no_action() {
        for path in [
            "",
            "/",
            "/2015-03-31/functions/a",
            "/2015-03-31/functions/a/b/invocations",
            "/2015-03-31/functions/%ff/invocations",
            "//functions/a/invocations",
        ] {
            assert_eq!(invoke(path), None, "{path}");
        }
        assert_eq!(Action::parse(&Method::GET, "/2015-03-31/functions/a/invocations"), None);
    }

    #[test]
    fn lambda_paths_begin_with_a_date() {
        assert!(is_lambda("/2015-03-31/functions/") && is_lambda("/2020-06-30/x"));
        for path in ["/invoke/2015", "/", "", "/2015", "/20150-1"] {
            assert!(!is_lambda(path), "{path}");
        }
    }
}

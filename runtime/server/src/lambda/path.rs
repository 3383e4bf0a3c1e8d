//! Paths of Lambda's API, decoded.
//!
//! Spec: AWS Lambda API reference, "Request Syntax" of each action. Clients encode what is not a plain
//! character of a path, as the colons of an ARN (`%3A`).

use hyper::Method;
use percent_encoding::percent_decode_str;

/// The form of an API version.
const DATE: &str = "dddd-dd-dd";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Invoke,
    InvokeWithStream,
    Manage(Manage),
}

/// What changes functions, or looks at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manage {
    CreateFunction,
    ListFunctions,
    GetFunction,
    DeleteFunction,
    GetConfiguration,
    UpdateConfiguration,
    UpdateCode,
    PublishVersion,
    ListVersions,
    CreateAlias,
    ListAliases,
    GetAlias,
    UpdateAlias,
    DeleteAlias,
    GetCodeSigning,
    ListTags,
    Tag,
    Untag,
}

/// An action, with the names in its path as the client meant them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) action: Action,
    /// The function, by name or ARN; empty where the action is for none.
    pub(crate) function: String,
    /// The alias; empty where the action is for none.
    pub(crate) alias: String,
}

impl Route {
    /// The action of this method and path, if there is one.
    pub(crate) fn parse(method: &Method, path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let segments: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
        let (action, function, alias) = match *segments {
            ["2015-03-31", "functions"] => (Action::Manage(all(method)?), "", ""),
            ["2015-03-31", "functions", name] => (Action::Manage(function(method)?), name, ""),
            ["2015-03-31", "functions", name, part] => (part_of(method, part)?, name, ""),
            ["2015-03-31", "functions", name, "aliases", alias] => {
                (Action::Manage(one(method)?), name, alias)
            }
            ["2020-06-30", "functions", name, "code-signing-config"] => {
                (only(method, &Method::GET, Action::Manage(Manage::GetCodeSigning))?, name, "")
            }
            ["2021-11-15", "functions", name, "response-streaming-invocations"] => {
                (only(method, &Method::POST, Action::InvokeWithStream)?, name, "")
            }
            ["2017-03-31", "tags", arn] => (Action::Manage(tags(method)?), arn, ""),
            _ => return None,
        };
        Some(Self { action, function: decoded(function)?, alias: decoded(alias)? })
    }
}

fn all(method: &Method) -> Option<Manage> {
    match *method {
        Method::GET => Some(Manage::ListFunctions),
        Method::POST => Some(Manage::CreateFunction),
        _ => None,
    }
}

fn function(method: &Method) -> Option<Manage> {
    match *method {
        Method::GET => Some(Manage::GetFunction),
        Method::DELETE => Some(Manage::DeleteFunction),
        _ => None,
    }
}

fn part_of(method: &Method, part: &str) -> Option<Action> {
    let action = match (method, part) {
        (&Method::POST, "invocations") => return Some(Action::Invoke),
        (&Method::GET, "configuration") => Manage::GetConfiguration,
        (&Method::PUT, "configuration") => Manage::UpdateConfiguration,
        (&Method::PUT, "code") => Manage::UpdateCode,
        (&Method::GET, "versions") => Manage::ListVersions,
        (&Method::POST, "versions") => Manage::PublishVersion,
        (&Method::GET, "aliases") => Manage::ListAliases,
        (&Method::POST, "aliases") => Manage::CreateAlias,
        _ => return None,
    };
    Some(Action::Manage(action))
}

fn one(method: &Method) -> Option<Manage> {
    match *method {
        Method::GET => Some(Manage::GetAlias),
        Method::PUT => Some(Manage::UpdateAlias),
        Method::DELETE => Some(Manage::DeleteAlias),
        _ => None,
    }
}

fn tags(method: &Method) -> Option<Manage> {
    match *method {
        Method::GET => Some(Manage::ListTags),
        Method::POST => Some(Manage::Tag),
        Method::DELETE => Some(Manage::Untag),
        _ => None,
    }
}

fn only(method: &Method, expected: &Method, action: Action) -> Option<Action> {
    (method == expected).then_some(action)
}

/// Whether a path is one of Lambda's: they begin with the date of their version.
pub(crate) fn is_lambda(path: &str) -> bool {
    let Some((date, _)) = path.get(1..).and_then(|path| path.split_once('/')) else { return false };
    let is_form = |(byte, form): (u8, u8)| match form {
        b'd' => byte.is_ascii_digit(),
        form => byte == form,
    };
    date.len() == DATE.len() && date.bytes().zip(DATE.bytes()).all(is_form)
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: Method, path: &str) -> Option<(Action, String, String)> {
        let Route { action, function, alias } = Route::parse(&method, path)?;
        Some((action, function, alias))
    }

    fn some(action: Action, function: &str, alias: &str) -> Option<(Action, String, String)> {
        Some((action, function.to_owned(), alias.to_owned()))
    }

    #[test]
    fn names_in_paths_are_decoded() {
        for (name, meant) in [("hello", "hello"), ("a%3Ab%3a%24LATEST", "a:b:$LATEST")] {
            let path = format!("/2015-03-31/functions/{name}/invocations");
            assert_eq!(route(Method::POST, &path), some(Action::Invoke, meant, ""));
        }
        let alias = route(Method::PUT, "/2015-03-31/functions/f/aliases/live%2D1");
        assert_eq!(alias, some(Action::Manage(Manage::UpdateAlias), "f", "live-1"));
        let tags = route(Method::GET, "/2017-03-31/tags/arn%3Aaws%3Alambda");
        assert_eq!(tags, some(Action::Manage(Manage::ListTags), "arn:aws:lambda", ""));
    }

    #[test]
    fn slash_at_the_end_means_nothing() {
        for path in ["/2015-03-31/functions", "/2015-03-31/functions/"] {
            assert_eq!(
                route(Method::GET, path),
                some(Action::Manage(Manage::ListFunctions), "", "")
            );
        }
    }

    #[test]
    fn other_paths_are_no_action() {
        for path in [
            "",
            "/",
            "/2015-03-31/functions/a/b/invocations",
            "/2015-03-31/functions/%ff/invocations",
            "//functions/a/invocations",
            "/2020-06-30/functions/a/invocations",
        ] {
            assert_eq!(route(Method::POST, path), None, "{path}");
        }
        assert_eq!(route(Method::GET, "/2015-03-31/functions/a/invocations"), None);
    }

    #[test]
    fn lambda_paths_begin_with_a_date() {
        assert!(is_lambda("/2015-03-31/functions/") && is_lambda("/2020-06-30/x"));
        for path in ["/invoke/2015", "/", "", "/2015", "/20150-1"] {
            assert!(!is_lambda(path), "{path}");
        }
    }
}

//! How clients name a function: by name, ARN or part of one, with or without a qualifier.
//!
//! ```text
//! arn:aws:lambda:us-east-1:000000000000:function:NAME:QUALIFIER
//!                          000000000000:function:NAME:QUALIFIER
//!                                                NAME:QUALIFIER
//! ```
//! Regions and accounts are read and ignored: a node has one of each. Spec: AWS Lambda API reference,
//! `FunctionName` and `Qualifier` of Invoke.

use std::fmt;

use thiserror::Error;

use crate::functions::tenant::Tenant;

/// The region and the account in every ARN that a node tells.
const ARN_PREFIX: &str = "arn:aws:lambda:us-east-1:000000000000:function:";

/// The longest name of a function.
const MAX_NAME_BYTES: usize = 64;

/// The longest name of an alias.
const MAX_ALIAS_BYTES: usize = 128;

/// The qualifier of what was deployed last.
pub const LATEST: &str = "$LATEST";

/// Which state of a function is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Qualifier {
    /// What was deployed last.
    Latest,
    /// A published version.
    Version(u32),
    /// Whatever version the alias points to.
    Alias(String),
}

/// A function of a tenant. Its text is the name alone where the tenant is the default one, and
/// `TENANT/NAME` otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionId {
    /// Whose it is.
    pub tenant: Tenant,
    /// What its tenant calls it.
    pub name: String,
}

impl fmt::Display for FunctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.tenant.is_default() {
            write!(f, "{}/", self.tenant.name())?;
        }
        f.write_str(&self.name)
    }
}

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The function.
    pub function: FunctionId,
    /// Which state of it; none given means the last one.
    pub qualifier: Option<Qualifier>,
}

/// Why a name is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// It is not the name of a function.
    #[error(
        "`{found}` is not the name of a function: letters, digits, `-` and `_`, 1 to \
         {MAX_NAME_BYTES} of them, or an ARN"
    )]
    Function {
        /// What was there.
        found: String,
    },
    /// It is not a qualifier.
    #[error(
        "`{found}` is not a qualifier: {LATEST}, a version's number, or an alias of letters, \
         digits, `-` and `_`"
    )]
    Qualifier {
        /// What was there.
        found: String,
    },
    /// Name and parameter ask for different states.
    #[error(
        "the derived qualifier from the function name does not match the specified qualifier: \
         `{in_name}` and `{given}`"
    )]
    Contradiction {
        /// The one in the name.
        in_name: Qualifier,
        /// The other.
        given: Qualifier,
    },
}

impl Target {
    /// Reads the name or ARN of a function of `tenant`, and the qualifier that came beside it.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn parse(tenant: &Tenant, text: &str, qualifier: Option<&str>) -> Result<Self, NameError> {
        let (name, in_name) = split(text);
        if !is_function_name(name) {
            return Err(NameError::Function { found: text.to_owned() });
        }
        let in_name = in_name.map(Qualifier::parse).transpose()?;
        let given = qualifier.map(Qualifier::parse).transpose()?;
        match (in_name, given) {
            (Some(in_name), Some(given)) if in_name != given => {
                Err(NameError::Contradiction { in_name, given })
            }
            (in_name, given) => {
                let function = FunctionId { tenant: tenant.clone(), name: name.to_owned() };
                Ok(Self { function, qualifier: in_name.or(given) })
            }
        }
    }
}

impl Qualifier {
    /// Reads a qualifier.
    ///
    /// # Errors
    /// [`NameError::Qualifier`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text == LATEST {
            return Ok(Self::Latest);
        }
        if let Ok(version) = text.parse() {
            return Ok(Self::Version(version));
        }
        match is_alias_name(text) {
            true => Ok(Self::Alias(text.to_owned())),
            false => Err(NameError::Qualifier { found: text.to_owned() }),
        }
    }
}

impl fmt::Display for Qualifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str(LATEST),
            Self::Version(version) => write!(f, "{version}"),
            Self::Alias(alias) => f.write_str(alias),
        }
    }
}

/// The ARN of a function, or with a qualifier of one of its states.
#[must_use]
pub fn arn(name: &str, qualifier: Option<&str>) -> String {
    let separator = if qualifier.is_some() { ":" } else { "" };
    format!("{ARN_PREFIX}{name}{separator}{}", qualifier.unwrap_or_default())
}

/// Whether a function may be called so.
#[must_use]
pub fn is_function_name(text: &str) -> bool {
    is_word(text, MAX_NAME_BYTES)
}

/// Whether an alias may be called so. A number is a version.
#[must_use]
pub fn is_alias_name(text: &str) -> bool {
    is_word(text, MAX_ALIAS_BYTES) && !text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_word(text: &str, most: usize) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=most).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// The name and the qualifier of a name, an ARN or the part of one that begins with the account.
fn split(text: &str) -> (&str, Option<&str>) {
    let fields: Vec<&str> = text.splitn(9, ':').collect();
    match *fields {
        ["arn", _, "lambda", _, _, "function", name] => (name, None),
        ["arn", _, "lambda", _, _, "function", name, qualifier] => (name, Some(qualifier)),
        [_, "function", name] => (name, None),
        [_, "function", name, qualifier] => (name, Some(qualifier)),
        [name, qualifier] => (name, Some(qualifier)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, qualifier: Option<&str>) -> Result<Target, NameError> {
        Target::parse(&Tenant::of_node(), text, qualifier)
    }

    fn target(name: &str, qualifier: Option<Qualifier>) -> Target {
        let function = FunctionId { tenant: Tenant::of_node(), name: name.to_owned() };
        Target { function, qualifier }
    }

    #[test]
    fn every_form_of_a_name_means_the_same_function() {
        for prefix in ["", "000000000000:function:", ARN_PREFIX] {
            let plain = parse(&format!("{prefix}hello"), None);
            assert_eq!(plain, Ok(target("hello", None)), "{prefix}");
            let version = parse(&format!("{prefix}hello:3"), None);
            assert_eq!(version, Ok(target("hello", Some(Qualifier::Version(3)))), "{prefix}");
        }
    }

    #[test]
    fn own_arn_is_understood() {
        let live = Qualifier::Alias("live".to_owned());
        let parsed = parse(&arn("hello", Some("live")), None);
        assert_eq!(parsed, Ok(target("hello", Some(live))));
    }

    #[test]
    fn qualifiers_in_two_places_must_agree() {
        let agreed = parse("hello:$LATEST", Some("$LATEST"));
        assert_eq!(agreed, Ok(target("hello", Some(Qualifier::Latest))));
        let refused = parse("hello:1", Some("2")).unwrap_err().to_string();
        assert!(refused.contains("does not match"), "{refused}");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = "x".repeat(65);
        for text in ["", ":", "a b", "../etc", "a:b:c", "arn:aws:s3:::bucket", "a/b", &long] {
            assert!(parse(text, None).is_err(), "{text}");
        }
        for qualifier in ["", "$latest", "a:b", "a.b", "99999999999"] {
            assert!(Qualifier::parse(qualifier).is_err(), "{qualifier}");
        }
    }
}

//! What a request's headers say of who it is of.
//!
//! Spec: RFC 6750, 2.1 (Bearer); AWS Signature Version 4, "Authorization header".

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

use super::error::AccessError;

/// A header that has a key by itself, as API Gateway's clients send it.
const API_KEY: &str = "x-api-key";

/// What the header of a signed request begins with.
const SIGNED: &str = "AWS4-HMAC-SHA256";

/// A key, or the claim that one signed the request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credential<'a> {
    Key { id: &'a str, secret: &'a str },
    Signature(Scope),
}

/// What a signature is said to be by and for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) id: String,
    pub(super) region: String,
    pub(super) service: String,
}

impl<'a> Credential<'a> {
    /// The one in these headers, if there is one.
    pub(super) fn of(headers: &'a HeaderMap) -> Result<Option<Self>, AccessError> {
        let text = |name: &str| match headers.get(name).map(|value| value.to_str()) {
            None => Ok(None),
            Some(value) => value.map(Some).map_err(|_| AccessError::Malformed),
        };
        if let Some(key) = text(API_KEY)? {
            return key_in(key).map(Some);
        }
        let Some(value) = text(AUTHORIZATION.as_str())? else { return Ok(None) };
        let (scheme, rest) = value.split_once(' ').ok_or(AccessError::Malformed)?;
        match scheme {
            SIGNED => scope(rest).map(|scope| Some(Self::Signature(scope))),
            _ if scheme.eq_ignore_ascii_case("bearer") => key_in(rest).map(Some),
            _ => Err(AccessError::Malformed),
        }
    }
}

fn key_in(text: &str) -> Result<Credential<'_>, AccessError> {
    let (id, secret) = text.trim().split_once('.').ok_or(AccessError::Malformed)?;
    Ok(Credential::Key { id, secret })
}

/// The scope in `Credential=ID/DATE/REGION/SERVICE/aws4_request, …`.
fn scope(parameters: &str) -> Result<Scope, AccessError> {
    let mut parameters = parameters.split(',').map(str::trim);
    let credential = parameters.find_map(|parameter| parameter.strip_prefix("Credential="));
    let fields: Vec<&str> = credential.ok_or(AccessError::Malformed)?.split('/').collect();
    let [id, _, region, service, "aws4_request"] = *fields else {
        return Err(AccessError::Malformed);
    };
    let owned = str::to_owned;
    Ok(Scope { id: owned(id), region: owned(region), service: owned(service) })
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(
            name.parse().unwrap(),
            HeaderValue::from_str(value).expect("visible characters"),
        )])
    }

    #[test]
    fn keys_come_in_either_header() {
        for (name, value) in
            [("x-api-key", "A.b"), ("authorization", "Bearer A.b"), ("authorization", "bearer A.b")]
        {
            let headers = headers(name, value);
            let expected = Credential::Key { id: "A", secret: "b" };
            assert_eq!(Credential::of(&headers).unwrap(), Some(expected), "{name}: {value}");
        }
        assert_eq!(Credential::of(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn signature_names_its_key_region_and_service() {
        let value = "AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/lambda/aws4_request, \
                     SignedHeaders=host;x-amz-date, Signature=00";
        let headers = headers("authorization", value);
        let Some(Credential::Signature(scope)) = Credential::of(&headers).unwrap() else {
            panic!()
        };
        assert_eq!((&*scope.id, &*scope.region, &*scope.service), ("A", "eu-west-1", "lambda"));
    }

    #[test]
    fn what_is_no_credential_is_refused() {
        for value in [
            "Basic QTpi",
            "Bearer",
            "Bearer ab",
            "AWS4-HMAC-SHA256 Credential=A",
            "AWS4-HMAC-SHA256 Credential=A/1/2/3/aws5_request",
            "AWS4-HMAC-SHA256 Signature=00",
        ] {
            assert!(Credential::of(&headers("authorization", value)).is_err(), "{value}");
        }
    }
}

//! Signatures of requests: AWS Signature Version 4, as Lambda's clients make it.

use std::str::FromStr as _;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use hyper::Request;
use hyper::header::{HOST, HeaderValue};
use scratchstack_aws_signature::principal::User;
use scratchstack_aws_signature::{
    GetSigningKeyRequest, GetSigningKeyResponse, KSecretKey, NO_ADDITIONAL_SIGNED_HEADERS,
    SignatureOptions, service_for_signing_key_fn, sigv4_validate_request,
};

use super::credential::Scope;
use super::error::AccessError;
use crate::http::body::{self, Arriving, BodyLimits};

/// The service that clients sign for.
const SERVICE: &str = "lambda";

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Reads the request's body, and refuses the request unless `secret` signed all of it within the last
/// quarter of an hour. Any region will do.
pub(super) async fn verify(
    request: Request<Arriving>,
    scope: &Scope,
    secret: &str,
    limits: &BodyLimits,
) -> Result<Request<Arriving>, AccessError> {
    if scope.service != SERVICE {
        return Err(AccessError::Service { found: scope.service.clone() });
    }
    let (parts, body) = request.into_parts();
    let body = body::read(body, limits).await?;
    let signed = Request::from_parts(parts, body.bytes.clone());
    check(&signed, scope, secret).await.map_err(AccessError::Signature)?;
    Ok(signed.map(|_| Arriving::Read(body)))
}

async fn check(request: &Request<Bytes>, scope: &Scope, secret: &str) -> Result<(), BoxError> {
    let mut request = request.clone();
    name_host(&mut request)?;
    encode_path(&mut request)?;
    let secret = KSecretKey::from_str(secret)?;
    let key = move |asked: GetSigningKeyRequest| std::future::ready(signing_key(&asked, &secret));
    let mut keys = service_for_signing_key_fn(key);
    let options = SignatureOptions::default();
    let required = &NO_ADDITIONAL_SIGNED_HEADERS;
    sigv4_validate_request(request, &scope.region, SERVICE, &mut keys, now(), required, options)
        .await?;
    Ok(())
}

fn signing_key(
    asked: &GetSigningKeyRequest,
    secret: &KSecretKey,
) -> Result<GetSigningKeyResponse, BoxError> {
    let key = secret.to_ksigning(asked.request_date(), asked.region(), asked.service());
    // Nobody asks who it is: the key's identifier has said so.
    let user = User::new("aws", "000000000000", "/", "tenant")?;
    Ok(GetSigningKeyResponse::builder().principal(user).signing_key(key).build()?)
}

/// HTTP/2 has the host in its `:authority`, and clients sign it as the header of HTTP/1.1.
fn name_host(request: &mut Request<Bytes>) -> Result<(), BoxError> {
    if let Some(authority) = request.uri().authority() {
        let host = HeaderValue::from_str(authority.as_str())?;
        request.headers_mut().entry(HOST).or_insert(host);
    }
    Ok(())
}

/// Clients sign a path that they have encoded twice, and send one that is encoded once.
/// Spec: AWS Signature Version 4, "Create a canonical request": canonical URI.
fn encode_path(request: &mut Request<Bytes>) -> Result<(), BoxError> {
    let path = request.uri().path().replace('%', "%25");
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    *request.uri_mut() = format!("{path}{query}").parse()?;
    Ok(())
}

fn now() -> DateTime<Utc> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

//! Which functions a service's `handle` may be, and what the author of another is told.

use mote_builder::{BuildError, HandleError, Mismatch};

use crate::service::{Service, refused};

const WRITTEN: &str =
    "pub fn handle(request: &Request<'_>, _context: &mut Context) -> Result<Response> {";

/// The service `hello` with another head of its `handle`.
fn with_head(head: &str) -> Service {
    let service = Service::copied("hello", "\"0.1\"");
    service.replace("src/lib.rs", WRITTEN, head);
    service
}

fn mismatch(head: &str) -> Mismatch {
    let error = with_head(head).build().unwrap_err();
    let BuildError::Handle(HandleError::Mismatch { mismatch, place, .. }) = error else {
        panic!("{head}: {error}")
    };
    assert_eq!(place, "src/lib.rs:11", "{head}");
    mismatch
}

#[test]
fn handle_may_be_whatever_can_be_called_as_one() {
    for head in [
        "pub fn handle<'a>(request: &'a Request<'a>, _context: &'a mut Context) -> Result<Response> {",
        "pub fn handle<'a, 'b: 'a>(request: &'a Request<'b>, _context: &mut Context) -> Result<Response> {",
        "pub const fn ignored() {}\npub extern \"C\" fn handle(request: &Request<'_>, _context: &mut Context) -> Result<Response> {",
        "pub trait Log { fn log(&mut self, text: &str); }\nimpl Log for Context { fn log(&mut self, text: &str) { Context::log(self, text) } }\npub fn handle<L: Log>(request: &Request<'_>, _context: &mut L) -> Result<Response> {",
    ] {
        with_head(head).build().unwrap_or_else(|error| panic!("{head}: {error}"));
    }
}

#[test]
fn handle_that_cannot_be_called_is_told_what_to_change() {
    let result = "-> Result<Response> {";
    for (arguments, expected) in [
        ("handle(request: &Request<'_>, _context: &mut Context, _more: u8)", Mismatch::Arguments),
        ("handle(request: &mut Request<'_>, _context: &mut Context)", Mismatch::Request),
        ("handle(request: &Request<'_>, mut context: Context)", Mismatch::Context),
        ("handle<T>(request: &Request<'_>, _context: &mut Context)", Mismatch::NotInferred),
        ("handle(request: &'static Request<'static>, _context: &mut Context)", Mismatch::Lifetime),
    ] {
        assert_eq!(mismatch(&format!("pub fn {arguments} {result}")), expected, "{arguments}");
    }
    let service = Service::copied("hello", "\"0.1\"");
    service.write(
        "src/lib.rs",
        "#![no_std]\nuse mote_service::{Context, Request, Response};\n\
         pub fn handle(_: &Request<'_>, _: &mut Context) -> Response { Response::default() }\n",
    );
    let error = service.build().unwrap_err();
    let BuildError::Handle(HandleError::Mismatch { mismatch, .. }) = error else {
        panic!("{error}")
    };
    assert_eq!(mismatch, Mismatch::Response);
}

#[test]
fn handle_is_said_to_be_async_when_it_is() {
    let head = WRITTEN.replace("pub fn", "pub async fn");
    let error = with_head(&head).build().unwrap_err();
    assert!(matches!(error, BuildError::Handle(HandleError::Async { .. })), "{error}");
    let message = error.to_string();
    assert!(message.contains("async fn handle(request: &Request<'_>"), "{message}");
}

#[test]
fn handle_is_asked_for_when_it_is_missing() {
    let (error, _) = refused("no_handle");
    assert!(matches!(error, BuildError::Handle(HandleError::Missing { .. })), "{error}");
    let message = error.to_string();
    assert!(message.starts_with("src/lib.rs has no function `handle`"), "{message}");
    assert!(message.contains("pub fn handle(request: &Request<'_>, context: &mut Context)"));
}

#[test]
fn handle_is_shown_beside_the_wanted_one_when_it_is_of_another_type() {
    let (error, _) = refused("wrong_signature");
    assert!(matches!(error, BuildError::Handle(HandleError::Mismatch { .. })), "{error}");
    let message = error.to_string();
    assert!(message.starts_with("src/lib.rs:7: "), "{message}");
    assert!(message.contains("fn handle(_body: &[u8]) -> Result<Response>"), "{message}");
}

#[test]
fn handle_must_be_public() {
    let service = Service::copied("hello", "\"0.1\"");
    service.replace("src/lib.rs", "pub fn handle", "fn handle");
    let error = service.build().unwrap_err();
    assert!(matches!(error, BuildError::Handle(HandleError::Private { .. })), "{error}");
    assert!(error.to_string().starts_with("src/lib.rs:11: "), "{error}");
}

#[test]
fn handle_may_be_an_exported_function_of_a_module() {
    let service = Service::copied("hello", "\"0.1\"");
    let module = service.read("src/lib.rs").replace("#![no_std]\n", "");
    service.write("src/greet.rs", &module.replace("extern crate alloc;\n", ""));
    service.write(
        "src/lib.rs",
        "#![no_std]\nextern crate alloc;\nmod greet;\npub use greet::handle;\n",
    );
    service.build().unwrap();
}

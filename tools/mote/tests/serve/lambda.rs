//! Lambda's API, by its clients and by curl.

use std::process::Command;

use crate::clients::{curl, is_there, succeeded, with_aws_settings};
use crate::serving::{Serving, image, operator};
use crate::support::{stdout, text};

const SERVICES: [&str; 4] = ["hello", "spin", "logs", "errors"];

#[test]
fn boto3_invokes() {
    if !is_there("boto3", Command::new("python3").args(["-c", "import boto3"])) {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &SERVICES);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/boto3_invoke.py");
    let mut python = Command::new("python3");
    succeeded(&with_aws_settings(python.args([script, &node.url])).output().unwrap());
}

#[test]
fn sdk_for_javascript_invokes() {
    let probe = ["-e", "require('@aws-sdk/client-lambda')"];
    if !is_there("the AWS SDK for JavaScript", Command::new("node").args(probe)) {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &SERVICES);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/js_invoke.cjs");
    let mut javascript = Command::new("node");
    javascript.args([script, &node.url]);
    succeeded(&with_aws_settings(&mut javascript).output().unwrap());
}

#[test]
fn boto3_manages_functions() {
    if !is_there("boto3", Command::new("python3").args(["-c", "import boto3"])) {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &[]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/boto3_manage.py");
    let hello = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/services/hello");
    let other = image("wordcount");
    let mut python = Command::new("python3");
    python.args([script, &node.url, hello, text(&other)]);
    succeeded(&with_aws_settings(&mut python).output().unwrap());
}

#[test]
fn variables_reach_the_service_and_secrets_are_shown_to_nobody() {
    if !is_there("boto3", Command::new("python3").args(["-c", "import boto3"])) {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &[]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/boto3_variables.py");
    let mut python = Command::new("python3");
    python.args([script, &node.url, text(&image("variables"))]);
    succeeded(&with_aws_settings(&mut python).output().unwrap());
    let told = operator(state.path(), &["list", "--json"]);
    assert!(!stdout(&told).contains("swordfish"));
}

#[test]
fn functions_are_managed_only_where_the_configuration_says_so() {
    let state = tempfile::tempdir().unwrap();
    let config = state.path().join("mote.toml");
    std::fs::write(&config, "manage = false\n").unwrap();
    let node = Serving::with(state.path(), &["hello"], &["--config", text(&config)]);
    let url = format!("{}/2015-03-31/functions/hello", node.url);
    let reply = curl(&["-X", "DELETE", &url]);
    assert_eq!(
        (reply.status, reply.header("x-amzn-errortype")),
        (403, Some("accessdeniedexception"))
    );
    assert_eq!(curl(&["-d", "x", &invocations(&node, "hello")]).status, 200);
}

#[test]
fn aws_command_line_invokes() {
    if !is_there("the AWS command line", Command::new("aws").arg("--version")) {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &SERVICES);
    let (body, answer) = (state.path().join("body"), state.path().join("answer"));
    std::fs::write(&body, "Ada").unwrap();
    let mut aws = Command::new("aws");
    aws.args(["--endpoint-url", &node.url, "lambda", "invoke", "--function-name", "hello"]).args([
        "--payload",
        &format!("fileb://{}", text(&body)),
        text(&answer),
    ]);
    let said = succeeded(&with_aws_settings(&mut aws).output().unwrap());
    assert!(said.contains("$LATEST") && said.contains("200"), "{said}");
    assert_eq!(std::fs::read_to_string(&answer).unwrap(), "Hello, Ada!");
}

#[test]
fn whole_arns_are_accepted_in_paths() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let arn = "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Ahello%3A1";
    let reply = curl(&["-d", "Ada", &invocations(&node, arn)]);
    assert_eq!((reply.status, &*reply.body), (200, "Hello, Ada!"), "{reply:?}");
    assert_eq!(reply.header("x-amz-executed-version"), Some("1"));
}

#[test]
fn failed_function_is_not_a_failed_request() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["spin"]);
    let reply = curl(&["-d", "x", &invocations(&node, "spin")]);
    assert_eq!(reply.status, 200, "a client would run it again: {reply:?}");
    assert_eq!(reply.header("x-amz-function-error"), Some("unhandled"));
    assert_eq!(reply.json()["errorType"], "over_budget");
}

#[test]
fn what_is_not_offered_is_refused_with_a_type() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let cases: [(&[&str], &str, u16, &str); 4] = [
        (&[], "hello%3A9", 404, "resourcenotfoundexception"),
        (&["-H", "X-Amz-Invocation-Type: Later"], "hello", 400, "invalidparametervalueexception"),
        (&["-H", "X-Amz-Invocation-Type: Now"], "hello", 400, "invalidparametervalueexception"),
        (&["-H", "X-Amz-Log-Type: All"], "hello", 400, "invalidparametervalueexception"),
    ];
    for (arguments, name, status, kind) in cases {
        let url = invocations(&node, name);
        let reply = curl(&[arguments, &["-d", "x", &url]].concat());
        assert_eq!(reply.status, status, "{reply:?}");
        assert_eq!(reply.header("x-amzn-errortype"), Some(kind));
        assert!(reply.header("x-amzn-requestid").is_some());
        assert!(reply.json()["Message"].is_string(), "{reply:?}");
    }
}

fn invocations(node: &Serving, name: &str) -> String {
    format!("{}/2015-03-31/functions/{name}/invocations", node.url)
}

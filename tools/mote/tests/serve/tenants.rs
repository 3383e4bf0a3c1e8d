//! Tenants: known by key, signature, certificate or socket, and apart from each other.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::clients::{Reply, curl, is_there, succeeded, with_aws_settings};
use crate::serving::{Serving, image, operator};
use crate::support::{status, stderr, stdout, text};

/// A node of these tenants. `sharing` by node spares processes, and is tested elsewhere.
fn node(state: &Path, sections: &str) -> Serving {
    let config = state.join("mote.toml");
    std::fs::write(&config, format!("[node]\nsharing = 'node'\n{sections}")).unwrap();
    Serving::with(state, &[], &["--config", text(&config)])
}

const TWO: &str = "[[tenant]]\nname = 'acme'\nmax_functions = 2\n[[tenant]]\nname = 'umbrella'\n";

/// A new key of `tenant`, as `ID.SECRET`.
fn key(state: &Path, tenant: &str) -> String {
    let granted = operator(state, &["access", "grant", tenant]);
    assert_eq!(status(&granted), 0, "{}", stderr(&granted));
    stdout(&granted).trim().to_owned()
}

fn deploy(state: &Path, service: &str, name: &str) {
    let deployed = operator(state, &["deploy", text(&image(service)), "--name", name]);
    assert_eq!(status(&deployed), 0, "{}", stderr(&deployed));
}

fn ask(node: &Serving, key: &str, name: &str) -> Reply {
    let bearer = format!("Authorization: Bearer {key}");
    curl(&["-H", &bearer, "-d", "Ada", &format!("{}/invoke/{name}", node.url)])
}

#[test]
fn key_opens_its_own_tenants_functions_and_no_others() {
    let state = tempfile::tempdir().unwrap();
    let node = node(state.path(), TWO);
    deploy(state.path(), "hello", "acme/hello");
    deploy(state.path(), "wordcount", "umbrella/hello");
    deploy(state.path(), "hello", "acme/own");
    let (acme, umbrella) = (key(state.path(), "acme"), key(state.path(), "umbrella"));
    assert_eq!(ask(&node, &acme, "hello").body, "Hello, Ada!");
    assert_ne!(ask(&node, &umbrella, "hello").body, "Hello, Ada!");
    assert_eq!(ask(&node, &umbrella, "own").status, 404);
    let listed = |key: &str| {
        let header = format!("X-Api-Key: {key}");
        curl(&["-H", &header, &format!("{}/2015-03-31/functions", node.url)]).body
    };
    assert!(listed(&acme).contains("own") && !listed(&umbrella).contains("own"));
    let all = stdout(&operator(state.path(), &["list"]));
    assert!(all.contains("acme/own") && all.contains("umbrella/hello"), "{all}");
}

#[test]
fn who_does_not_say_who_it_is_gets_nothing_but_health() {
    let state = tempfile::tempdir().unwrap();
    let node = node(state.path(), TWO);
    deploy(state.path(), "hello", "acme/hello");
    let acme = key(state.path(), "acme");
    let invoke = format!("{}/invoke/hello", node.url);
    let nobody = curl(&["-d", "x", &invoke]);
    assert_eq!((nobody.status, nobody.header("www-authenticate")), (401, Some("bearer")));
    let (id, secret) = acme.split_once('.').unwrap();
    for wrong in [format!("{id}.{}", secret.to_lowercase()), format!("MOTE00.{secret}"), id.into()]
    {
        let reply = ask(&node, &wrong, "hello");
        assert_eq!(reply.status, 401, "{wrong}");
        assert!(!reply.body.contains(secret), "{}", reply.body);
    }
    let lambda =
        curl(&["-d", "x", &format!("{}/2015-03-31/functions/hello/invocations", node.url)]);
    let kind = lambda.header("x-amzn-errortype");
    assert_eq!((lambda.status, kind), (403, Some("missingauthenticationtokenexception")));
    assert_eq!(curl(&[&format!("{}/healthz", node.url)]).status, 200);
    assert_eq!(status(&operator(state.path(), &["access", "revoke", id])), 0);
    assert_eq!(ask(&node, &acme, "hello").status, 401, "a revoked key opens something");
}

#[test]
fn keys_are_there_after_a_restart_and_secrets_are_told_once() {
    let state = tempfile::tempdir().unwrap();
    let first = node(state.path(), TWO);
    deploy(state.path(), "hello", "acme/hello");
    let acme = key(state.path(), "acme");
    drop(first);
    let node = node(state.path(), TWO);
    assert_eq!(ask(&node, &acme, "hello").body, "Hello, Ada!");
    let (id, secret) = acme.split_once('.').unwrap();
    let listed = stdout(&operator(state.path(), &["access", "list", "--json"]));
    assert!(listed.contains(id) && !listed.contains(secret), "{listed}");
    let unknown = operator(state.path(), &["access", "grant", "nobody"]);
    assert!(stderr(&unknown).contains("no tenant `nobody`"), "{}", stderr(&unknown));
}

#[test]
fn one_key_of_the_default_tenant_closes_a_node_without_tenants() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let invoke = format!("{}/invoke/hello", node.url);
    assert_eq!(curl(&["-d", "Ada", &invoke]).status, 200);
    let key = key(state.path(), "default");
    assert_eq!(curl(&["-d", "Ada", &invoke]).status, 401);
    assert_eq!(ask(&node, &key, "hello").body, "Hello, Ada!");
}

#[test]
fn tenant_has_as_many_functions_as_it_may_have() {
    let state = tempfile::tempdir().unwrap();
    let _node = node(state.path(), TWO);
    for name in ["acme/one", "acme/two", "acme/two"] {
        deploy(state.path(), "hello", name);
    }
    let third = operator(state.path(), &["deploy", text(&image("hello")), "--name", "acme/three"]);
    assert!(stderr(&third).contains("`acme` has 2 functions"), "{}", stderr(&third));
}

#[test]
fn metrics_logs_and_bans_are_of_a_tenant() {
    let state = tempfile::tempdir().unwrap();
    let port = free_port();
    let config = format!("metrics_listen = '127.0.0.1:{port}'\n[node]\nban_after = 1\n{TWO}");
    std::fs::write(state.path().join("mote.toml"), config).unwrap();
    let file = state.path().join("mote.toml");
    let node = Serving::with(state.path(), &[], &["--config", text(&file)]);
    for name in ["acme/f", "umbrella/f"] {
        deploy(state.path(), "guard_spin", name);
    }
    let (acme, umbrella) = (key(state.path(), "acme"), key(state.path(), "umbrella"));
    assert_eq!(ask(&node, &acme, "f").status, 504);
    assert_eq!(ask(&node, &acme, "f").status, 403, "it is not banned");
    assert_eq!(ask(&node, &umbrella, "f").status, 504, "another tenant's is banned with it");
    let own = curl(&["-H", &format!("X-Api-Key: {acme}"), &format!("{}/metrics", node.url)]).body;
    assert!(own.contains("mote_banned{function=\"f\",tenant=\"acme\"} 1"), "{own}");
    assert!(!own.contains("umbrella") && !own.contains("mote_connections_total"), "{own}");
    let all = curl(&[&format!("http://127.0.0.1:{port}/metrics")]).body;
    assert!(all.contains("umbrella") && all.contains("mote_connections_total"));
    let logged = stdout(&operator(state.path(), &["logs", "acme/f"]));
    assert!(logged.contains(" acme/f ") && !logged.contains("umbrella"), "{logged}");
}

#[test]
fn socket_of_a_tenant_says_whose_its_requests_are() {
    let state = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut sections = TWO.to_owned();
    writeln!(sections, "listen = '127.0.0.1:{port}'").unwrap();
    let node = node(state.path(), &sections);
    deploy(state.path(), "hello", "umbrella/hello");
    let (acme, umbrella) = (key(state.path(), "acme"), key(state.path(), "umbrella"));
    let url = format!("http://127.0.0.1:{port}/invoke/hello");
    assert_eq!(curl(&["-d", "Ada", &url]).body, "Hello, Ada!");
    assert_eq!(curl(&["-d", "Ada", &format!("{}/invoke/hello", node.url)]).status, 401);
    let own = format!("X-Api-Key: {umbrella}");
    assert_eq!(curl(&["-H", &own, "-d", "Ada", &url]).status, 200);
    let others = format!("X-Api-Key: {acme}");
    let refused = curl(&["-H", &others, "-d", "Ada", &url]);
    assert_eq!(refused.status, 401, "{}", refused.body);
}

#[test]
fn certificate_of_a_client_says_whose_its_requests_are() {
    if !is_there("openssl", Command::new("openssl").arg("version")) {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let folder = state.path();
    let at = |name: &str| text(&folder.join(name)).to_owned();
    for (name, issuer) in [("ca", None), ("evil", None), ("server", Some("ca"))] {
        certificate(folder, name, issuer);
    }
    certificate(folder, "client", Some("ca"));
    certificate(folder, "impostor", Some("evil"));
    let sections = format!(
        "[tls]\ncertificate = '{}'\nkey = '{}'\n{TWO}client_ca = '{}'\n",
        at("server.pem"),
        at("server.key"),
        at("ca.pem")
    );
    let node = node(folder, &sections);
    deploy(folder, "hello", "umbrella/hello");
    let url = format!("{}/invoke/hello", node.url);
    let shown = |name: &str| {
        let (certificate, key) = (at(&format!("{name}.pem")), at(&format!("{name}.key")));
        let mut client = Command::new("curl");
        client.args(["-sS", "-k", "--cert", &certificate, "--key", &key, "-d", "Ada", &url]);
        client.output().unwrap()
    };
    assert_eq!(succeeded(&shown("client")), "Hello, Ada!");
    assert!(!shown("impostor").status.success(), "nobody vouches for it");
    // By HTTP/1.1: over HTTP/2, curl takes the early end of a request that is refused for an error.
    assert_eq!(curl(&["-k", "--http1.1", "-d", "Ada", &url]).status, 401);
}

#[test]
fn boto3_signs_and_is_known_by_its_signature() {
    if !is_there("boto3", Command::new("python3").args(["-c", "import boto3"])) {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let node = node(state.path(), TWO);
    deploy(state.path(), "hello", "acme/hello");
    let (acme, umbrella) = (key(state.path(), "acme"), key(state.path(), "umbrella"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/boto3_tenants.py");
    let mut python = Command::new("python3");
    python.args([script, &node.url, &acme, &umbrella]);
    succeeded(&with_aws_settings(&mut python).output().unwrap());
}

/// Makes `NAME.pem` and `NAME.key`; signed by itself if no issuer is named.
fn certificate(folder: &Path, name: &str, issuer: Option<&str>) {
    let at = |name: String| text(&folder.join(name)).to_owned();
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]).args([
        "-nodes",
        "-days",
        "2",
        "-subj",
        &format!("/CN={name}"),
        "-keyout",
        &at(format!("{name}.key")),
        "-out",
        &at(format!("{name}.pem")),
    ]);
    if let Some(issuer) = issuer {
        let (pem, key) = (at(format!("{issuer}.pem")), at(format!("{issuer}.key")));
        openssl.args(["-CA", &pem, "-CAkey", &key, "-addext", "basicConstraints=CA:FALSE"]);
    }
    succeeded(&openssl.output().unwrap());
}

/// A port that nobody listened at a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

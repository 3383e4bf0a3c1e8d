//! Programs that real users have, and what they said.

use std::process::{Command, Output};

/// A reply as curl shows it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Each line, in lower case.
    head: String,
    pub(crate) body: String,
}

impl Reply {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value.trim())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs curl.
pub(crate) fn curl(arguments: &[&str]) -> Reply {
    // Without `Expect: 100-continue`, whose reply would be a second head.
    let output = Command::new("curl").args(["-sS", "-i", "-H", "Expect:"]).args(arguments).output();
    let output = output.expect("curl is installed");
    let text = String::from_utf8(output.stdout).expect("replies of these tests are text");
    let error = String::from_utf8_lossy(&output.stderr);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{error}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Reply {
        status: status.unwrap_or_else(|| panic!("no status in {head}")),
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}

/// Whether a client is there, which `probe` starts. One that is missing is a failure with `CI=true`,
/// where it was to be installed, and a message elsewhere.
pub(crate) fn is_there(client: &str, probe: &mut Command) -> bool {
    let is_there = probe.output().is_ok_and(|output| output.status.success());
    if !is_there {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{client} is not installed");
        eprintln!("skipped: {client} is not installed");
    }
    is_there
}

/// A command whose AWS settings are these: a node looks at none of them.
pub(crate) fn with_aws_settings(command: &mut Command) -> &mut Command {
    command
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_MAX_ATTEMPTS", "1")
        .env("AWS_PAGER", "")
}

/// Asserts that a client was content, and returns what it said.
pub(crate) fn succeeded(output: &Output) -> String {
    let (said, error) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{error}");
    said.into_owned()
}

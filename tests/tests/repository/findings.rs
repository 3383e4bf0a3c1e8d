//! What is wrong with the repository, told at once.

/// Asserts that nothing was found. Each finding is a package or file, and what is wrong there.
pub(crate) fn assert_none(found: impl IntoIterator<Item = (String, String)>) {
    let wrong: Vec<_> =
        found.into_iter().map(|(place, wrong)| format!("{place}: {wrong}")).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
#[should_panic(expected = "here: it is wrong")]
fn finding_fails() {
    assert_none([("here".into(), "it is wrong".into())]);
}

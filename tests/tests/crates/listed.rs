//! An entry of the list.

/// A crate as a manifest asks for it, without its default features: name, version, features.
pub(crate) type Dependency = (&'static str, &'static str, &'static [&'static str]);

/// A crate and what a service does with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    /// The crate.
    pub(crate) dependency: Dependency,
    /// What else the answer is made with.
    pub(crate) also: &'static [Dependency],
    /// Tells entries of one crate with several sets of features apart; empty for the first.
    pub(crate) variant: &'static str,
    /// The body of a `fn(request: &str) -> String` whose answer depends on nothing but the request.
    pub(crate) answer: &'static str,
}

impl Listed {
    /// The crate and the variant.
    pub(crate) fn title(&self) -> String {
        let parts = [self.dependency.0, self.variant];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    }

    /// The title as the name of a module.
    pub(crate) fn module(&self) -> String {
        format!("with_{}", self.title().replace('-', "_"))
    }

    /// All that its service depends on.
    pub(crate) fn dependencies(&self) -> impl Iterator<Item = Dependency> {
        [self.dependency].into_iter().chain(self.also.iter().copied())
    }
}

/// An entry whose answer needs nothing else.
pub(crate) const fn listed(
    name: &'static str,
    version: &'static str,
    features: &'static [&'static str],
    answer: &'static str,
) -> Listed {
    Listed { dependency: (name, version, features), also: &[], variant: "", answer }
}

//! Where an answer goes: a function that is called exactly once, whatever becomes of the node.

use std::fmt;

/// What there is to say when the node has ended before it said anything.
pub(crate) trait WhenGone {
    /// That.
    fn gone() -> Self;
}

/// Calls its function with an answer; when it is dropped without one, with [`WhenGone::gone`].
pub(crate) struct Reply<T: WhenGone>(Option<Box<dyn FnOnce(T) + Send>>);

impl<T: WhenGone> Reply<T> {
    pub(crate) fn new(to: impl FnOnce(T) + Send + 'static) -> Self {
        Self(Some(Box::new(to)))
    }

    /// Answers.
    pub(crate) fn send(mut self, answer: T) {
        self.call(answer);
    }

    fn call(&mut self, answer: T) {
        if let Some(to) = self.0.take() {
            to(answer);
        }
    }
}

impl<T: WhenGone> Drop for Reply<T> {
    fn drop(&mut self) {
        if self.0.is_some() {
            self.call(T::gone());
        }
    }
}

impl<T: WhenGone> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::mpsc;

    use super::*;

    impl WhenGone for u32 {
        fn gone() -> Self {
            0
        }
    }

    #[test]
    fn answer_arrives_once_whether_or_not_it_is_sent() {
        let (to, answers) = mpsc::channel();
        let reply = || {
            let to = to.clone();
            Reply::<u32>::new(move |answer| to.send(answer).unwrap())
        };
        reply().send(7);
        drop(reply());
        assert_eq!(answers.try_iter().collect::<Vec<_>>(), [7, 0]);
    }
}

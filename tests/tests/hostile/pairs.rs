//! Two of a long list at a time: as many as the smallest machine has processors.

use std::sync::Mutex;
use std::thread;

/// What `work` makes of each of `items`; `side`, 0 or 1, tells which two never run together.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T, usize) -> R + Sync) -> Vec<R> {
    let next = Mutex::new(items.iter().enumerate());
    let take = || next.lock().unwrap().next();
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let run = |side| {
            let work = &work;
            let next = &take;
            scope.spawn(move || {
                std::iter::from_fn(next)
                    .map(|(at, item)| (at, work(item, side)))
                    .collect::<Vec<_>>()
            })
        };
        [0, 1].map(run).into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

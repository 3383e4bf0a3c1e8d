//! The same work for many items, on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Does `work` for every item, as many at once as there are cores, and keeps the order. Stops with
/// the first error.
pub(crate) fn in_order<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let failed = Mutex::new(None);
    let one_after_the_other = || {
        while let Some((index, item)) = take(items, &next) {
            match work(item) {
                Ok(result) => done.lock().expect("nobody panics").push((index, result)),
                Err(failure) => {
                    next.store(items.len(), Ordering::Relaxed);
                    failed.lock().expect("nobody panics").get_or_insert(failure);
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(one_after_the_other);
        }
    });
    match failed.into_inner().expect("nobody panics") {
        Some(failure) => Err(failure),
        None => Ok(sorted(done.into_inner().expect("nobody panics"))),
    }
}

fn take<'a, T>(items: &'a [T], next: &AtomicUsize) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, items.get(index)?))
}

fn sorted<R>(mut done: Vec<(usize, R)>) -> Vec<R> {
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parallel_work_keeps_its_order_and_stops_when_one_fails() {
        let items: Vec<u32> = (0..100).collect();
        let doubled = in_order(&items, |&item| Ok::<_, u32>(2 * item)).unwrap();
        assert_eq!(doubled, items.iter().map(|item| 2 * item).collect::<Vec<_>>());
        let refused = in_order(&items, |&item| match item {
            0..50 => Ok(()),
            _ => Err(item),
        });
        assert!(refused.is_err_and(|item| item >= 50));
    }
}

//! Crates that write code, and those of errors, cells, locks and futures.

use crate::listed::{Listed, listed};

pub(crate) const LIST: &[Listed] = &[
    listed(
        "strum",
        "0.28",
        &["derive"],
        r#"
        use strum::{Display, EnumIter, EnumString, IntoEnumIterator};
        #[derive(Debug, Display, EnumIter, EnumString)]
        #[strum(serialize_all = "kebab-case")]
        enum Animal { QuickFox, LazyDog }
        let all = Animal::iter().map(|animal| animal.to_string()).collect::<Vec<_>>();
        format!("{all:?} {:?} {:?}", "lazy-dog".parse::<Animal>(), request.parse::<Animal>())"#,
    ),
    listed(
        "thiserror",
        "2",
        &[],
        r#"
        #[derive(Debug, thiserror::Error)]
        enum Wrong {
            #[error("{text:?} is no number")]
            Number { text: String, source: core::num::ParseIntError },
            #[error(transparent)]
            Text(#[from] core::str::Utf8Error),
        }
        let number = request.parse::<u8>().map_err(|source| Wrong::Number { text: request.into(), source });
        let text = core::str::from_utf8(&[0xff]).map_err(Wrong::from);
        let (number, text) = (number.unwrap_err(), text.unwrap_err());
        format!("{number} {text} {:?}", core::error::Error::source(&number))"#,
    ),
    listed(
        "anyhow",
        "1",
        &[],
        r#"
        use anyhow::Context;
        let parse = |text: &str| -> anyhow::Result<u8> {
            anyhow::ensure!(text.len() < 90, "{} letters", text.len());
            Ok(text.parse::<u8>().with_context(|| format!("no number: {text}"))?)
        };
        format!("{:#} {} {:?}", parse(request).unwrap_err(), parse(&request.repeat(9)).unwrap_err(), parse("42").ok())"#,
    ),
    listed(
        "spin",
        "0.12",
        &["mutex", "once", "rwlock", "spin_mutex"],
        r#"
        static WORDS: spin::Mutex<Vec<String>> = spin::Mutex::new(Vec::new());
        static LENGTH: spin::Once<usize> = spin::Once::new();
        WORDS.lock().extend(request.split(' ').map(String::from));
        format!("{:?} {} {}", WORDS.lock(), LENGTH.call_once(|| request.len()), spin::RwLock::new(7).try_write().is_some())"#,
    ),
    listed(
        "lazy_static",
        "1",
        &["spin_no_std"],
        r#"
        lazy_static::lazy_static! {
            static ref SQUARES: Vec<usize> = (0..20).map(|number| number * number).collect();
        }
        format!("{} {:?}", SQUARES[request.len() % 20], *SQUARES)"#,
    ),
    listed(
        "once_cell",
        "1",
        &["alloc", "race"],
        r#"
        static FIRST: once_cell::race::OnceBox<String> = once_cell::race::OnceBox::new();
        let cell = once_cell::unsync::Lazy::new(|| request.len());
        let first = FIRST.get_or_init(|| Box::new(request.to_uppercase()));
        format!("{first} {} {:?}", *cell, FIRST.get().is_some())"#,
    ),
    listed(
        "pin-project",
        "1",
        &[],
        r#"
        use core::pin::{Pin, pin};
        #[pin_project::pin_project]
        struct Counted<T> { #[pin] inner: T, count: u32 }
        impl<T> Counted<T> {
            fn touch(self: Pin<&mut Self>) -> u32 {
                let this = self.project();
                *this.count += 1;
                *this.count
            }
        }
        let mut counted = pin!(Counted { inner: request.to_owned(), count: 0 });
        format!("{} {} {}", counted.as_mut().touch(), counted.as_mut().touch(), counted.inner)"#,
    ),
    listed(
        "futures-util",
        "0.3",
        &["alloc"],
        r#"
        use core::task::{Context, Poll, Waker};
        use futures_util::{FutureExt, StreamExt, stream::{self, FuturesUnordered}};
        let words = request.split(' ').map(|word| async move { word.len() }.boxed());
        let mut sum = words.collect::<FuturesUnordered<_>>().chain(stream::iter([1, 2])).fold(0, |sum, next| async move { sum + next }).boxed();
        match sum.poll_unpin(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(sum) => format!("{sum}"),
            Poll::Pending => "pending".to_owned(),
        }"#,
    ),
    listed(
        "num_enum",
        "0.7",
        &[],
        r#"
        #[derive(Debug, num_enum::IntoPrimitive, num_enum::TryFromPrimitive)]
        #[repr(u8)]
        enum Letter { Upper = b'T', Lower = b'h', #[num_enum(alternatives = [b'.'])] Space = b' ' }
        let found = request.bytes().map(|byte| Letter::try_from(byte).map_err(|wrong| wrong.number));
        format!("{:?} {}", found.take(6).collect::<Vec<_>>(), u8::from(Letter::Lower))"#,
    ),
    listed(
        "derive_more",
        "2",
        &["add", "display", "from"],
        r#"
        #[derive(Clone, Copy, derive_more::Add, derive_more::Display, derive_more::From)]
        #[display("{left}+{right}")]
        struct Pair { left: usize, right: usize }
        let sum = request.split(' ').map(|word| Pair::from((word.len(), 1))).reduce(|one, other| one + other);
        format!("{}", sum.unwrap())"#,
    ),
    listed(
        "ouroboros",
        "0.18",
        &[],
        r#"
        mod own {
            use alloc::{borrow::ToOwned, string::String, vec::Vec};
            #[ouroboros::self_referencing]
            struct Words {
                text: String,
                #[borrows(text)]
                #[covariant]
                words: Vec<&'this str>,
            }
            pub(super) fn lengths(text: &str) -> Vec<usize> {
                let words = Words::new(text.to_owned(), |text| text.split(' ').collect());
                words.borrow_words().iter().map(|word| word.len()).chain([words.borrow_text().len()]).collect()
            }
        }
        format!("{:?}", own::lengths(request))"#,
    ),
];

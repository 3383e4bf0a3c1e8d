//! Generated from seed 27.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::mem;

use crate::support::{Draining, Element, Failure, Key, Loud, Source};

pub(crate) fn run<'s>(s: &'s Source<'s>) -> Result<(), Failure<'s>> {
    s.begin(27);
    let mut own: Vec<Element<'s>> = vec![s.element(1)];
    let x = &mut own;
    s.note(own.key());
    Ok(())
}

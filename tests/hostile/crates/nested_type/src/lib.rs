//! Has a type with more parts than a compiler has memory for.
#![no_std]

use mote_service::{Context, Error, Request, Response};

type A<T> = (T, T);
type B<T> = A<A<A<A<A<A<A<A<T>>>>>>>>;
type C<T> = B<B<B<B<T>>>>;

fn size<T>() -> usize {
    core::mem::size_of::<T>()
}

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new(size::<C<u8>>().to_le_bytes()))
}

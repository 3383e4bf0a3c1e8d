//! Has a macro that writes twice as much in each of its rounds.
#![no_std]

use mote_service::{Context, Error, Request, Response};

macro_rules! double {
    ([$($written:tt)*]) => {
        [$($written)*]
    };
    ([$($written:tt)*] $_step:tt $($left:tt)*) => {
        double!([$($written)* $($written)*] $($left)*)
    };
}

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new(double!([0,] 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30)))
}

//! Images: which are deployed ([`services`]), where they are placed ([`zones`]), and how their services
//! did ([`statistics`]).

pub(crate) mod services;
pub(crate) mod statistics;
pub(crate) mod zones;

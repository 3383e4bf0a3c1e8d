#![no_std]

#[macro_export]
macro_rules! take {
    ($path:literal) => {
        include_bytes!($path)
    };
}

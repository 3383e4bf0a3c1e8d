#![no_std]

#[macro_export]
macro_rules! read {
    ($keyword:tt, $address:expr) => {
        $keyword { *$address }
    };
}

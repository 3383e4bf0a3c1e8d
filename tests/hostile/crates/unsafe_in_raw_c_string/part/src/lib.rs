#![no_std]

macro_rules! without_string {
    ($cr:ident $hash:tt $string:literal $($code:tt)*) => {
        $($code)*
    };
}

without_string! {
    cr#"string"
    #[macro_export]
    macro_rules! read {
        ($address:expr) => {
            unsafe { *$address }
        };
    }
    // "#
}

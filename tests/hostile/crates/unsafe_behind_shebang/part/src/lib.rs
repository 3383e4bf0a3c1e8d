#!/* env */[no_std] #[macro_export] macro_rules! read { ($address:expr) => { unsafe { *$address } }; }

use proc_macro::TokenStream;

#[proc_macro]
pub fn answer(_: TokenStream) -> TokenStream {
    std::fs::write("@MARKER@", "").unwrap();
    "\"answered\"".parse().unwrap()
}

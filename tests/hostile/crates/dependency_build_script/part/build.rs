fn main() {
    std::fs::write("@MARKER@", "").unwrap();
}

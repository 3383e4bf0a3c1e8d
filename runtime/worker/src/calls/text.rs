//! Text that the worker puts together in a service's stead: pieces and decimal numbers, into room that
//! is given. No formatting machinery: images and worker do without.

/// Text that grows in `room` until that is full; the rest is dropped.
#[derive(Debug)]
pub struct Text<'a> {
    room: &'a mut [u8],
    len: usize,
}

impl<'a> Text<'a> {
    /// No text yet.
    pub fn new(room: &'a mut [u8]) -> Self {
        Self { room, len: 0 }
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.fill(|room| {
            let fits = bytes.len().min(room.len());
            room[..fits].copy_from_slice(&bytes[..fits]);
            fits
        })
    }

    /// Adds what `fill` writes into the room that is left; it returns how much that was.
    pub fn fill(&mut self, fill: impl FnOnce(&mut [u8]) -> usize) -> &mut Self {
        let written = fill(&mut self.room[self.len..]);
        self.len = (self.len + written).min(self.room.len());
        self
    }

    /// Adds a number in decimal.
    pub fn number(&mut self, mut number: u64) -> &mut Self {
        // 2^64 has 20 digits.
        let mut digits = [0; 20];
        let mut first = digits.len();
        loop {
            first -= 1;
            digits[first] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return self.bytes(&digits[first..]);
            }
        }
    }

    /// Its length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::format;
    use std::string::String;

    use proptest::prelude::*;

    use super::*;

    fn written(room: usize, write: impl FnOnce(&mut Text<'_>)) -> String {
        let mut room = std::vec![0; room];
        let mut text = Text::new(&mut room);
        write(&mut text);
        let len = text.len();
        String::from_utf8(room[..len].to_vec()).unwrap()
    }

    #[test]
    fn text_ends_where_its_room_does() {
        let text = written(8, |text| {
            text.bytes(b"line ").number(12345);
        });
        assert_eq!(text, "line 123");
        assert_eq!(written(0, |text| assert!(text.bytes(b"x").is_empty())), "");
    }

    proptest! {
        #[test]
        fn number_is_written_in_decimal(number: u64) {
            let text = written(20, |text| { text.number(number); });
            prop_assert_eq!(text, format!("{number}"));
        }
    }
}

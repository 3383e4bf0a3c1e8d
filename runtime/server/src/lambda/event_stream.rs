//! Messages of an event stream.
//!
//! ```text
//! ┌──────────────┬────────────────┬─────────────┬─────────┬─────────┬─────────────┐
//! │ total length │ headers length │ CRC of both │ headers │ payload │ CRC of all  │  big-endian
//! │ 4            │ 4              │ 4           │         │         │ 4           │
//! └──────────────┴────────────────┴─────────────┴─────────┴─────────┴─────────────┘
//! header: length of its name (1), name, type 7 (a string), length of its value (2), value
//! ```
//! Spec: Smithy, "Amazon Event Stream" (application/vnd.amazon.eventstream).

use bytes::{BufMut as _, BytesMut};

/// The type of a stream of events.
pub(super) const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

/// A header's value is a string.
const STRING: u8 = 7;

/// What a message has beside headers and payload, in bytes.
const FRAME_BYTES: usize = 16;

/// Appends an event of this type.
pub(super) fn put(to: &mut BytesMut, event: &str, content_type: &str, payload: &[u8]) {
    let mut headers = BytesMut::new();
    header(&mut headers, ":event-type", event);
    header(&mut headers, ":content-type", content_type);
    header(&mut headers, ":message-type", "event");
    let begin = to.len();
    to.put_u32((headers.len() + payload.len() + FRAME_BYTES) as u32);
    to.put_u32(headers.len() as u32);
    to.put_u32(crc32fast::hash(&to[begin..]));
    to.put_slice(&headers);
    to.put_slice(payload);
    to.put_u32(crc32fast::hash(&to[begin..]));
}

/// Appends a header. Ours are short.
fn header(to: &mut BytesMut, name: &str, value: &str) {
    to.put_u8(name.len() as u8);
    to.put_slice(name.as_bytes());
    to.put_u8(STRING);
    to.put_u16(value.len() as u16);
    to.put_slice(value.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_is_laid_out_as_specified() {
        let mut message = BytesMut::new();
        put(&mut message, "A", "b", b"payload");
        let headers = b"\x0b:event-type\x07\x00\x01A\x0d:content-type\x07\x00\x01b\
                        \x0d:message-type\x07\x00\x05event";
        let length = (headers.len() + 7 + 16) as u32;
        assert_eq!(message[..4], length.to_be_bytes());
        assert_eq!(message[4..8], (headers.len() as u32).to_be_bytes());
        assert_eq!(message[12..12 + headers.len()], headers[..]);
        assert_eq!(message[12 + headers.len()..message.len() - 4], b"payload"[..]);
        assert_eq!(message.len() as u32, length);
    }

    #[test]
    fn checksum_is_the_usual_crc_32() {
        assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926);
    }
}

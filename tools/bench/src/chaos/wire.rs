//! What passes between the two processes: numbers one way, messages of one size the other.

use std::io::{self, ErrorKind, Read, Write};

use mote_abi::outcome::Outcome;

/// Bytes of a message.
const MESSAGE_BYTES: usize = 64;

/// Bytes of a body that a message has room for.
const BODY_BYTES: usize = 40;

/// What the node's process says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// How a request ended.
    Answer { number: u64, outcome: Outcome, body: Vec<u8> },
    /// It was not accepted.
    Refused { number: u64 },
    /// What the process has.
    Gauge(Gauge),
    /// A worker was killed, and replaced so many microseconds later.
    Replaced { us: u64 },
    /// A fault of this kind was made.
    Fault { kind: u64 },
}

/// What a process has, and what its node counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gauge {
    pub(super) memory_kib: u64,
    pub(super) descriptors: u64,
    pub(super) mappings: u64,
    pub(super) workers_lost: u64,
    pub(super) refused_steps: u64,
}

impl Message {
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut bytes = [0; MESSAGE_BYTES];
        let (kind, words): (u8, [u64; 5]) = match self {
            Self::Answer { number, .. } => (0, [*number, 0, 0, 0, 0]),
            Self::Refused { number } => (1, [*number, 0, 0, 0, 0]),
            Self::Gauge(it) => {
                (2, [it.memory_kib, it.descriptors, it.mappings, it.workers_lost, it.refused_steps])
            }
            Self::Replaced { us } => (3, [*us, 0, 0, 0, 0]),
            Self::Fault { kind } => (4, [*kind, 0, 0, 0, 0]),
        };
        bytes[0] = kind;
        for (place, word) in bytes[8..].chunks_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        if let Self::Answer { outcome, body, .. } = self {
            bytes[1] = *outcome as u8;
            let length = body.len().min(BODY_BYTES);
            bytes[2] = length as u8;
            bytes[16..16 + length].copy_from_slice(&body[..length]);
        }
        to.write_all(&bytes)
    }

    /// The next one; `None` at the end.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut bytes = [0; MESSAGE_BYTES];
        match from.read_exact(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let word = |at: usize| {
            let place = &bytes[8 + 8 * at..16 + 8 * at];
            u64::from_le_bytes(place.try_into().expect("eight bytes"))
        };
        Ok(Some(match bytes[0] {
            0 => {
                let outcome = Outcome::from_byte(bytes[1]).ok_or(ErrorKind::InvalidData)?;
                let body = bytes[16..].iter().copied().take(usize::from(bytes[2])).collect();
                Self::Answer { number: word(0), outcome, body }
            }
            1 => Self::Refused { number: word(0) },
            2 => Self::Gauge(Gauge {
                memory_kib: word(0),
                descriptors: word(1),
                mappings: word(2),
                workers_lost: word(3),
                refused_steps: word(4),
            }),
            3 => Self::Replaced { us: word(0) },
            4 => Self::Fault { kind: word(0) },
            _ => return Err(ErrorKind::InvalidData.into()),
        }))
    }
}

/// The number of a request.
pub(super) fn read_number(from: &mut impl Read) -> io::Result<Option<u64>> {
    let mut bytes = [0; 8];
    match from.read_exact(&mut bytes) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        read => read.map(|()| Some(u64::from_le_bytes(bytes))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_as_they_were_sent() {
        let gauge =
            Gauge { memory_kib: 1, descriptors: 2, mappings: 3, workers_lost: 4, refused_steps: 5 };
        let sent = [
            Message::Answer { number: 7, outcome: Outcome::Ok, body: b"Hello, 7!".to_vec() },
            Message::Refused { number: 8 },
            Message::Gauge(gauge),
            Message::Replaced { us: 9 },
            Message::Fault { kind: 3 },
        ];
        let mut bytes = Vec::new();
        sent.iter().for_each(|message| message.write(&mut bytes).unwrap());
        let mut from = &bytes[..];
        let read: Vec<_> = std::iter::from_fn(|| Message::read(&mut from).unwrap()).collect();
        assert_eq!(read, sent);
    }
}

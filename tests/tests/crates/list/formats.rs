//! Crates that turn values into bytes and back, and those of dates.

use crate::listed::{Listed, listed};

const DERIVE: (&str, &str, &[&str]) = ("serde", "1", &["alloc", "derive"]);

pub(crate) const LIST: &[Listed] = &[
    listed(
        "serde",
        "1",
        &["alloc", "derive"],
        r#"
        use serde::Deserialize;
        use serde::de::IntoDeserializer;
        use serde::de::value::{Error, MapDeserializer};
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        struct Animal { legs: u8, #[serde(default)] name: String }
        let legs = request.split(' ').zip([4_u8, 3]).map(|(_, legs)| ("legs", legs));
        let map = MapDeserializer::<_, Error>::new(legs.take(1));
        let wrong: Result<u8, Error> = u8::deserialize(request.into_deserializer());
        format!("{:?} {wrong:?}", Animal::deserialize(map))"#,
    ),
    Listed {
        also: &[DERIVE],
        ..listed(
            "serde_json",
            "1",
            &["alloc"],
            r#"
        #[derive(serde::Deserialize, serde::Serialize)]
        struct Text { words: Vec<String>, length: usize, ratio: f64 }
        let words = request.split(' ').map(String::from).collect();
        let json = serde_json::to_string(&Text { words, length: request.len(), ratio: 0.1 }).unwrap();
        let mut value: serde_json::Value = serde_json::from_str(&json).unwrap();
        value["words"][1] = serde_json::json!({ "was": "quick" });
        format!("{value:#} {:?}", serde_json::from_str::<Text>("{\"words\": 7}").err())"#,
        )
    },
    Listed {
        also: &[DERIVE],
        ..listed(
            "postcard",
            "1",
            &["alloc"],
            r#"
        #[derive(Debug, serde::Deserialize, serde::Serialize)]
        enum Kind { Text(String), Pair { left: u32, right: Option<i64> } }
        let kinds = vec![Kind::Text(request.into()), Kind::Pair { left: 70_000, right: Some(-3) }];
        let bytes = postcard::to_allocvec(&kinds).unwrap();
        format!("{bytes:?} {:?}", postcard::from_bytes::<Vec<Kind>>(&bytes))"#,
        )
    },
    listed(
        "base64",
        "0.23",
        &["alloc"],
        r#"
        use base64::prelude::*;
        let encoded = BASE64_STANDARD.encode(request);
        format!("{encoded} {:?} {:?}", BASE64_STANDARD.decode(&encoded).map(|bytes| bytes.len()), BASE64_URL_SAFE.decode("*"))"#,
    ),
    listed(
        "minicbor",
        "2",
        &["alloc"],
        r#"
        let bytes = minicbor::to_vec((request, 1_u32 << 20, [true, false])).unwrap();
        let back: Result<(&str, u32, [bool; 2]), _> = minicbor::decode(&bytes);
        format!("{bytes:?} {}", back.unwrap().0)"#,
    ),
    listed(
        "bincode",
        "2",
        &["alloc", "derive"],
        r#"
        #[derive(Debug, bincode::Decode, bincode::Encode)]
        struct Text { words: Vec<String>, length: u64 }
        let words = request.split(' ').map(String::from).collect();
        let config = bincode::config::standard();
        let bytes = bincode::encode_to_vec(Text { words, length: 1 << 40 }, config).unwrap();
        format!("{bytes:?} {:?}", bincode::decode_from_slice::<Text, _>(&bytes, config))"#,
    ),
    listed(
        "rkyv",
        "0.8",
        &["alloc", "bytecheck"],
        r#"
        use rkyv::rancor::Error;
        #[derive(rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
        struct Text { words: Vec<String>, length: u64 }
        let words = request.split(' ').map(String::from).collect();
        let bytes = rkyv::to_bytes::<Error>(&Text { words, length: 7 }).unwrap();
        let text = rkyv::access::<ArchivedText, Error>(&bytes).unwrap();
        let broken = rkyv::access::<ArchivedText, Error>(&bytes[..8]).is_err();
        format!("{} {} {} {broken}", bytes.len(), text.words.len(), text.words[2].as_str())"#,
    ),
    listed(
        "prost",
        "0.14",
        &["derive"],
        r#"
        use prost::Message;
        #[derive(Clone, PartialEq, prost::Message)]
        struct Text {
            #[prost(string, repeated, tag = "1")]
            words: Vec<String>,
            #[prost(sint64, tag = "16")]
            number: i64,
        }
        let words = request.split(' ').map(String::from).collect();
        let bytes = Text { words, number: -1_000_000 }.encode_to_vec();
        format!("{bytes:?} {:?} {:?}", Text::decode(&bytes[..]), Text::decode(&bytes[1..]))"#,
    ),
    Listed {
        also: &[DERIVE],
        ..listed(
            "toml",
            "1",
            &["display", "parse", "serde"],
            r#"
        let text = format!("text = {request:?}\n[limits]\nbudget_us = 500\nratio = 0.25\nwhen = 2018-07-11\n");
        let mut table: toml::Table = toml::from_str(&text).unwrap();
        table.insert("list".into(), toml::Value::Array(vec![true.into(), 7.into()]));
        format!("{} {}", toml::to_string(&table).unwrap(), toml::from_str::<toml::Table>("a = = 1").unwrap_err())"#,
        )
    },
    listed(
        "bytes",
        "1",
        &[],
        r#"
        use bytes::{Buf, BufMut, BytesMut};
        let mut buffer = BytesMut::with_capacity(8);
        buffer.put_u32(request.len() as u32);
        buffer.put_slice(request.as_bytes());
        let mut bytes = buffer.freeze();
        let (length, tail) = (bytes.get_u32(), bytes.slice(4..9));
        drop(bytes.split_to(10));
        format!("{length} {tail:?} {bytes:?}")"#,
    ),
    listed(
        "zerocopy",
        "0.8",
        &["derive"],
        r#"
        use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};
        #[derive(Debug, FromBytes, Immutable, IntoBytes, KnownLayout)]
        #[repr(C)]
        struct Header { kind: [u8; 2], length: u16, rest: u32 }
        let read = Header::read_from_prefix(&request.as_bytes()[1..]).unwrap();
        let made = Header { kind: [1, 2], length: 3, rest: 4 };
        format!("{read:?} {:?} {:?}", made.as_bytes(), Header::read_from_bytes(b"short").is_err())"#,
    ),
    listed(
        "bytemuck",
        "1",
        &["derive"],
        r#"
        #[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
        #[repr(C)]
        struct Pixel { red: u8, green: u8, blue: u8, alpha: u8 }
        let pixels: &[Pixel] = bytemuck::cast_slice(&request.as_bytes()[..12]);
        let numbers: Vec<u32> = pixels.iter().map(|pixel| bytemuck::cast(*pixel)).collect();
        format!("{pixels:?} {numbers:?} {:?}", bytemuck::try_cast_slice::<u8, u32>(&request.as_bytes()[..3]).is_err())"#,
    ),
    listed(
        "uuid",
        "1",
        &["v5"],
        r#"
        use uuid::Uuid;
        let made = Uuid::new_v5(&Uuid::NAMESPACE_URL, request.as_bytes());
        format!("{made} {:?} {:?}", Uuid::parse_str(&made.simple().to_string()) == Ok(made), Uuid::parse_str(request))"#,
    ),
    listed(
        "chrono",
        "0.4",
        &["alloc"],
        r#"
        use chrono::{DateTime, Days, NaiveDate};
        let date = NaiveDate::from_ymd_opt(2018, 7, 11).unwrap() + Days::new(request.len() as u64);
        let time = DateTime::parse_from_rfc3339("2018-07-11T09:00:00.5-04:00");
        format!("{} {time:?} {:?}", date.format("%A %e %B %Y, week %V"), DateTime::parse_from_rfc3339(request))"#,
    ),
    listed(
        "jiff",
        "1",
        &["alloc"],
        r#"
        use jiff::{Timestamp, ToSpan, civil::date};
        let day = date(2018, 7, 11).at(9, 30, 0, 0) + 1.month().days(request.len() as i64);
        let time: Timestamp = "2018-07-11T13:00:00.25Z".parse().unwrap();
        format!("{day} {} {:?} {}", day.strftime("%A %j"), time, request.parse::<Timestamp>().unwrap_err())"#,
    ),
];

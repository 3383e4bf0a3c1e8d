//! Crates that read and write text.

use crate::listed::{Listed, listed};

pub(crate) const LIST: &[Listed] = &[
    listed(
        "unicode-segmentation",
        "1",
        &[],
        r#"
        use unicode_segmentation::UnicodeSegmentation;
        let words = request.unicode_words().map(|word| format!("{word}/{}", word.graphemes(true).count()));
        words.collect::<Vec<_>>().join(" ")"#,
    ),
    listed(
        "unicode-normalization",
        "0.1",
        &[],
        r#"
        use unicode_normalization::UnicodeNormalization;
        "Amélie, ﬁne: Å".nfkd().chain(request.nfc()).collect()"#,
    ),
    listed(
        "unicode-width",
        "0.2",
        &[],
        r#"
        use unicode_width::UnicodeWidthStr;
        format!("{} {}", request.width(), "日本語 e\u{301}".width())"#,
    ),
    listed(
        "percent-encoding",
        "2",
        &["alloc"],
        r#"
        use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
        let encoded = utf8_percent_encode(request, NON_ALPHANUMERIC).to_string();
        let decoded = percent_decode_str(&encoded).decode_utf8().unwrap();
        format!("{encoded} {}", decoded == request)"#,
    ),
    listed(
        "hex",
        "0.4",
        &["alloc"],
        r#"
        let encoded = hex::encode(request);
        format!("{encoded} {:?} {:?}", hex::decode(&encoded).unwrap() == request.as_bytes(), hex::decode("4x"))"#,
    ),
    listed(
        "memchr",
        "2",
        &["alloc"],
        r#"
        let (bytes, all) = (request.as_bytes(), request.repeat(20));
        let found = memchr::memmem::find_iter(all.as_bytes(), "lazy").collect::<Vec<_>>();
        format!("{:?} {:?} {found:?}", memchr::memchr(b'q', bytes), memchr::memchr2_iter(b'x', b'z', bytes).count())"#,
    ),
    listed(
        "aho-corasick",
        "1",
        &[],
        r#"
        let words = aho_corasick::AhoCorasick::new(["fox", "dog", "ox", "over"]).unwrap();
        let found = words.find_iter(request).map(|found| (found.pattern().as_usize(), found.start()));
        format!("{:?} {}", found.collect::<Vec<_>>(), words.replace_all(request, &["cat", "cow", "-", "under"]))"#,
    ),
    listed(
        "bstr",
        "1",
        &["alloc"],
        r#"
        use bstr::ByteSlice;
        let parts = request.as_bytes().split_str(" ").map(|part| part.as_bstr().to_string());
        let replaced = request.as_bytes().replace("fox", b"c\xffat");
        format!("{:?} {:?}", parts.collect::<Vec<_>>(), replaced.as_bstr())"#,
    ),
    listed("regex", "1", &["perf", "unicode"], REGEX),
    Listed { variant: "plain", ..listed("regex", "1", &[], REGEX) },
    listed(
        "fancy-regex",
        "0.20",
        &["unicode"],
        r#"
        let doubled = fancy_regex::Regex::new(r"(\w)[a-z]*\1|\w+(?=,)").unwrap();
        let found = doubled.find_iter(request).map(|found| found.unwrap().as_str().to_owned());
        found.collect::<Vec<_>>().join(" ")"#,
    ),
    listed(
        "nom",
        "8",
        &["alloc"],
        r#"
        use nom::bytes::complete::take_till1;
        use nom::character::complete::multispace0;
        use nom::{IResult, Parser, multi::many0, sequence::terminated};
        let word = take_till1::<_, _, nom::error::Error<&str>>(char::is_whitespace);
        let parsed: IResult<&str, Vec<&str>> = many0(terminated(word, multispace0)).parse(request);
        format!("{parsed:?}")"#,
    ),
    listed(
        "winnow",
        "1",
        &["alloc", "ascii", "parser"],
        r#"
        use winnow::ascii::{alpha1, digit1};
        use winnow::combinator::{alt, repeat};
        use winnow::error::ContextError;
        use winnow::token::one_of;
        use winnow::Parser;
        let mut rest = request;
        let other = one_of::<_, _, ContextError>(|letter: char| !letter.is_alphanumeric()).take();
        let mut parts = repeat::<_, _, Vec<&str>, _, _>(1.., alt((alpha1, digit1, other)));
        format!("{:?} {rest:?}", parts.parse_next(&mut rest))"#,
    ),
    listed(
        "logos",
        "0.16",
        &["export_derive"],
        r##"
        use logos::Logos;
        #[derive(Logos, Debug)]
        #[logos(skip r"[ ,.]+")]
        enum Token {
            #[regex("[A-Za-z]+")]
            Word,
            #[regex("[0-9]+", |found| found.slice().parse::<u32>().ok())]
            Number(u32),
        }
        format!("{:?}", Token::lexer(request).spanned().collect::<Vec<_>>())"##,
    ),
    listed(
        "httparse",
        "1",
        &[],
        r#"
        let text = format!("POST /invoke/hello HTTP/1.1\r\nHost: mote\r\nX-Body: {request}\r\n\r\n");
        let mut headers = [httparse::EMPTY_HEADER; 4];
        let mut found = httparse::Request::new(&mut headers);
        format!("{:?} {found:?}", found.parse(text.as_bytes()))"#,
    ),
    listed(
        "csv-core",
        "0.1",
        &[],
        r#"
        let text = format!("name,text\nfox,\"{request}\"\n");
        let (mut reader, mut input) = (csv_core::Reader::new(), text.as_bytes());
        let (mut fields, mut buffer) = (Vec::new(), [0; 256]);
        loop {
            let (result, read, written) = reader.read_field(input, &mut buffer);
            input = &input[read..];
            match result {
                csv_core::ReadFieldResult::Field { .. } => {
                    fields.push(String::from_utf8_lossy(&buffer[..written]).into_owned());
                }
                csv_core::ReadFieldResult::End => break,
                _ => {}
            }
        }
        fields.join("|")"#,
    ),
    listed(
        "semver",
        "1",
        &[],
        r#"
        use semver::{Version, VersionReq};
        let wanted = VersionReq::parse(">=1.2, <2").unwrap();
        let of = |text: &str| Version::parse(text).map(|version| wanted.matches(&version));
        format!("{:?} {:?} {:?}", of("1.3.0-beta.1+x"), of("1.42.0"), of(request))"#,
    ),
    listed(
        "smol_str",
        "0.3",
        &[],
        r#"
        use smol_str::{SmolStr, StrExt};
        let (short, long) = (SmolStr::new("fox"), SmolStr::new(request));
        format!("{} {} {}", short.is_heap_allocated(), long.is_heap_allocated(), long.to_uppercase_smolstr())"#,
    ),
    listed(
        "compact_str",
        "0.10",
        &[],
        r#"
        use compact_str::{CompactString, format_compact};
        let mut text = CompactString::from("fox");
        text.push_str(request);
        format!("{text} {} {}", text.is_heap_allocated(), format_compact!("{}", text.len()))"#,
    ),
    listed(
        "itoa",
        "1",
        &[],
        r#"
        let mut buffer = itoa::Buffer::new();
        let numbers = request.bytes().map(|byte| buffer.format(i64::from(byte) - 77).to_owned());
        numbers.collect::<Vec<_>>().join(" ")"#,
    ),
    listed(
        "ryu",
        "1",
        &[],
        r#"
        let mut buffer = ryu::Buffer::new();
        let numbers = request.bytes().map(|byte| buffer.format(f64::from(byte) / 7e9).to_owned());
        numbers.collect::<Vec<_>>().join(" ")"#,
    ),
    listed(
        "lexical-core",
        "1",
        &["parse-floats", "parse-integers", "write-floats"],
        r#"
        let number: f64 = lexical_core::parse(b"1.7976931348623157e300").unwrap();
        let mut buffer = [0; lexical_core::BUFFER_SIZE];
        let written = lexical_core::write(number / 3.0, &mut buffer);
        format!("{} {:?}", String::from_utf8_lossy(written), lexical_core::parse::<u8>(request.as_bytes()))"#,
    ),
];

const REGEX: &str = r#"
        let words = regex::Regex::new(r"(?-u:\b)([a-z]*)o([a-z]*)(?-u:\b)").unwrap();
        let found = words.captures_iter(request).map(|found| format!("{}+{}", &found[1], &found[2]));
        format!("{} {}", found.collect::<Vec<_>>().join(" "), words.replace_all(request, "$2.$1"))"#;

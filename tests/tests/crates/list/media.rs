//! Crates of compression and pictures, and an interpreter.

use crate::listed::{Listed, listed};

pub(crate) const LIST: &[Listed] = &[
    listed(
        "miniz_oxide",
        "0.9",
        &["with-alloc"],
        r#"
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(request.repeat(3).as_bytes(), 6);
        let unpacked = miniz_oxide::inflate::decompress_to_vec_zlib(&packed).unwrap();
        format!("{packed:?} {}", unpacked == request.repeat(3).as_bytes())"#,
    ),
    listed(
        "lz4_flex",
        "0.14",
        &["alloc", "checked-decode", "safe-decode", "safe-encode"],
        r#"
        let packed = lz4_flex::compress_prepend_size(request.repeat(5).as_bytes());
        let unpacked = lz4_flex::decompress_size_prepended(&packed).unwrap();
        format!("{packed:?} {}", unpacked == request.repeat(5).as_bytes())"#,
    ),
    listed(
        "qoi",
        "0.4",
        &["alloc"],
        r#"
        let pixels = request.bytes().cycle().take(12 * 12 * 3).collect::<Vec<_>>();
        let encoded = qoi::encode_to_vec(&pixels, 12, 12).unwrap();
        let (header, decoded) = qoi::decode_to_vec(&encoded).unwrap();
        format!("{} {header:?} {}", encoded.len(), decoded == pixels)"#,
    ),
    listed(
        "qrcodegen-no-heap",
        "1",
        &[],
        r#"
        use qrcodegen_no_heap::{QrCode, QrCodeEcc, Version};
        let (mut spare, mut out) = (vec![0; Version::new(6).buffer_len()], vec![0; Version::new(6).buffer_len()]);
        let code = QrCode::encode_text(request, &mut spare, &mut out, QrCodeEcc::Low, Version::MIN, Version::new(6), None, true).unwrap();
        let row = |y| (0..code.size()).map(|x| if code.get_module(x, y) { '#' } else { '.' }).collect::<String>();
        (0..code.size()).map(row).collect::<Vec<_>>().join("/")"#,
    ),
    listed(
        "zune-png",
        "0.5",
        &[],
        r#"
        let picture: &[u8] = &[
            137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0,
            144, 119, 83, 222, 0, 0, 0, 12, 73, 68, 65, 84, 120, 156, 99, 248, 207, 192, 0, 0, 3, 1, 1, 0, 201,
            254, 146, 239, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
        ];
        let decode = |bytes: &[u8]| {
            let mut decoder = zune_png::PngDecoder::new(zune_png::zune_core::bytestream::ZCursor::new(bytes));
            format!("{:?}", decoder.decode_raw())
        };
        format!("{} {}", decode(picture), decode(request.as_bytes()))"#,
    ),
    listed(
        "wasmi",
        "2",
        &["validate"],
        r#"
        // (func (export "f") (param i32) (result i32) local.get 0 local.get 0 i32.mul)
        let module: &[u8] = &[
            0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 9,
            1, 7, 0, 32, 0, 32, 0, 108, 11,
        ];
        let engine = wasmi::Engine::default();
        let module = wasmi::Module::new(&engine, module).unwrap();
        let mut store = wasmi::Store::new(&engine, ());
        let instance = wasmi::Linker::<()>::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
        let square = instance.get_typed_func::<i32, i32>(&store, "f").unwrap();
        format!("{:?}", square.call(&mut store, request.len() as i32))"#,
    ),
];

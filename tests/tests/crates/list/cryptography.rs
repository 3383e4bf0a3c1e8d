//! Crates of digests, ciphers and signatures.

use crate::listed::{Listed, listed};

pub(crate) const LIST: &[Listed] = &[
    listed(
        "sha2",
        "0.11",
        &[],
        "use sha2::{Digest, Sha256 as Hash};\n        [hex(&Hash::digest(request)), hex(&sha2::Sha512::digest(request))].join(\" \")",
    ),
    listed("sha1", "0.11", &[], "use sha1::Digest;\n        hex(&sha1::Sha1::digest(request))"),
    listed("md-5", "0.11", &[], "use md5::Digest;\n        hex(&md5::Md5::digest(request))"),
    listed("sha3", "0.12", &[], "use sha3::Digest;\n        hex(&sha3::Sha3_256::digest(request))"),
    listed("blake3", "1", &["pure"], BLAKE3),
    Listed { variant: "assembly", ..listed("blake3", "1", &[], BLAKE3) },
    listed(
        "aes",
        "0.9",
        &[],
        r#"
        use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
        let cipher = aes::Aes256::new(&Array::from([7; 32]));
        let mut block = Array::from(<[u8; 16]>::try_from(&request.as_bytes()[..16]).unwrap());
        cipher.encrypt_block(&mut block);
        let encrypted = hex(&block);
        cipher.decrypt_block(&mut block);
        format!("{encrypted} {}", block[..] == request.as_bytes()[..16])"#,
    ),
    Listed {
        also: &[("aes", "0.9", &[])],
        ..listed(
            "ctr",
            "0.10",
            &[],
            r#"
        use aes::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
        let mut bytes = request.as_bytes().to_vec();
        let mut cipher = ctr::Ctr128BE::<aes::Aes128>::new(&[7; 16].into(), &[9; 16].into());
        cipher.seek(5_u32);
        cipher.apply_keystream(&mut bytes);
        hex(&bytes)"#,
        )
    },
    listed(
        "chacha20poly1305",
        "0.11",
        &["alloc"],
        r#"
        use chacha20poly1305::aead::{Aead, KeyInit};
        let cipher = chacha20poly1305::ChaCha20Poly1305::new(&[7; 32].into());
        let mut sealed = cipher.encrypt(&[9; 12].into(), request.as_bytes()).unwrap();
        let shown = hex(&sealed);
        let opened = cipher.decrypt(&[9; 12].into(), &sealed[..]).unwrap() == request.as_bytes();
        sealed[3] ^= 1;
        format!("{shown} {opened} {}", cipher.decrypt(&[9; 12].into(), &sealed[..]).is_err())"#,
    ),
    Listed {
        also: &[("sha2", "0.11", &[])],
        ..listed(
            "hmac",
            "0.13",
            &[],
            r#"
        use hmac::{KeyInit, Mac};
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(b"key").unwrap();
        mac.update(request.as_bytes());
        hex(&mac.finalize().into_bytes())"#,
        )
    },
    Listed {
        also: &[("sha2", "0.11", &[])],
        ..listed(
            "pbkdf2",
            "0.13",
            &["hmac"],
            r#"
        let mut key = [0; 20];
        pbkdf2::pbkdf2_hmac::<sha2::Sha256>(request.as_bytes(), b"salt", 20, &mut key);
        hex(&key)"#,
        )
    },
    listed(
        "p256",
        "0.14",
        &["ecdsa"],
        r#"
        use p256::ecdsa::{Signature, SigningKey, signature::{Signer, Verifier}};
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let signature: Signature = key.sign(request.as_bytes());
        let is_good = key.verifying_key().verify(request.as_bytes(), &signature).is_ok();
        format!("{} {is_good}", hex(&signature.to_bytes()))"#,
    ),
    listed(
        "ed25519-dalek",
        "3",
        &["alloc"],
        r#"
        use ed25519_dalek::{Signer, SigningKey, Verifier};
        let key = SigningKey::from_bytes(&[7; 32]);
        let signature = key.sign(request.as_bytes());
        let verify = |text: &[u8]| key.verifying_key().verify(text, &signature).is_ok();
        format!("{} {} {}", hex(&signature.to_bytes()), verify(request.as_bytes()), verify(b"other"))"#,
    ),
    listed(
        "zeroize",
        "1",
        &["alloc"],
        r#"
        use zeroize::{Zeroize, Zeroizing};
        let mut secret = request.as_bytes().to_vec();
        let kept = Zeroizing::new(request.to_uppercase());
        secret[..10].zeroize();
        format!("{} {}", hex(&secret), kept.len())"#,
    ),
    listed(
        "crc32fast",
        "1",
        &[],
        r#"
        let mut hasher = crc32fast::Hasher::new();
        request.split(' ').for_each(|word| hasher.update(word.as_bytes()));
        format!("{:08x} {:08x}", crc32fast::hash(request.repeat(9).as_bytes()), hasher.finalize())"#,
    ),
];

const BLAKE3: &str = r#"
        let long = blake3::hash(request.repeat(80).as_bytes());
        format!("{long} {}", blake3::keyed_hash(&[7; 32], request.as_bytes()))"#;

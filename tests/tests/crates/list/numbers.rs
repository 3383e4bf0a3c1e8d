//! Crates of numbers.

use crate::listed::{Listed, listed};

pub(crate) const LIST: &[Listed] = &[
    listed(
        "num-bigint",
        "0.5",
        &[],
        r#"
        let number = num_bigint::BigUint::from_bytes_be(request.as_bytes());
        let power = num_bigint::BigInt::from(-3).pow(200);
        format!("{number} {} {}", &number % 1_000_003_u32, power / 7)"#,
    ),
    listed(
        "num-rational",
        "0.4",
        &[],
        r#"
        let sum = (1..=12).map(|below| num_rational::Ratio::new(1_i64, below)).fold(num_rational::Ratio::from(0), |sum, next| sum + next);
        format!("{sum} {} {}", sum.trunc(), sum.recip() * request.len() as i64)"#,
    ),
    listed(
        "num-integer",
        "0.1",
        &[],
        r#"
        use num_integer::Integer;
        let length = request.len() as i64;
        format!("{} {} {:?} {}", length.gcd(&42), length.lcm(&42), (-length).div_mod_floor(&7), num_integer::sqrt(1_u64 << 61))"#,
    ),
    listed(
        "rand",
        "0.10",
        &[],
        r#"
        use rand::seq::SliceRandom;
        use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
        let mut words = request.split(' ').collect::<Vec<_>>();
        words.shuffle(&mut rng);
        format!("{words:?} {}", rng.random_range(1..=6))"#,
    ),
    Listed {
        also: &[("rand", "0.10", &[])],
        ..listed(
            "rand_chacha",
            "0.10",
            &[],
            r#"
        use rand::{RngExt, SeedableRng};
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(request.len() as u64);
        let numbers = (0..8).map(|_| rng.random_range(0..1_000_u32)).collect::<Vec<_>>();
        format!("{numbers:?} {}", rng.random::<u64>())"#,
        )
    },
    Listed {
        also: &[("rand", "0.10", &[])],
        ..listed(
            "rand_pcg",
            "0.10",
            &[],
            r#"
        use rand::seq::SliceRandom;
        use rand::{RngExt, SeedableRng};
        let mut rng = rand_pcg::Pcg64::seed_from_u64(request.len() as u64);
        let mut words = request.split(' ').collect::<Vec<_>>();
        words.shuffle(&mut rng);
        format!("{words:?} {:?}", rng.random::<f64>())"#,
        )
    },
    listed(
        "libm",
        "0.2",
        &[],
        r#"
        let half = request.len() as f64 / 2.0;
        format!("{:?} {:?} {:?} {:?}", libm::sin(half), libm::pow(half, 0.3), libm::lgamma(half), libm::cbrtf(half as f32))"#,
    ),
    listed(
        "nalgebra",
        "0.35",
        &["alloc", "libm"],
        r#"
        let matrix = nalgebra::DMatrix::from_fn(4, 4, |row, column| f64::from(request.as_bytes()[4 * row + column]));
        let rotated = nalgebra::Rotation3::from_euler_angles(0.1, 0.2, 0.3) * nalgebra::Vector3::new(1.0, 2.0, 3.0);
        format!("{:?} {:?} {rotated:?}", matrix.determinant(), matrix.clone().lu().solve(&nalgebra::DVector::from_element(4, 1.0)))"#,
    ),
    listed(
        "glam",
        "0.34",
        &["libm"],
        r#"
        use glam::{Mat4, Quat, Vec3};
        let turn = Quat::from_rotation_y(request.len() as f32);
        let matrix = Mat4::from_rotation_translation(turn, Vec3::new(1.0, 2.0, 3.0));
        format!("{:?} {:?}", matrix.transform_point3(Vec3::X), matrix.inverse().determinant())"#,
    ),
    listed(
        "half",
        "2",
        &[],
        r#"
        let numbers = request.bytes().map(|byte| half::f16::from_f32(f32::from(byte) / 3.0));
        format!("{:?} {:?}", numbers.take(8).collect::<Vec<_>>(), half::bf16::from_f64(1e-3).to_bits())"#,
    ),
    listed(
        "ordered-float",
        "5",
        &[],
        r#"
        use ordered_float::{NotNan, OrderedFloat};
        let mut numbers = request.bytes().map(|byte| OrderedFloat(1.0 / f64::from(byte) - 0.01)).collect::<Vec<_>>();
        numbers.push(OrderedFloat(f64::NAN));
        numbers.sort();
        format!("{:?} {:?} {:?}", numbers[0], numbers.last(), NotNan::new(f32::NAN).is_err())"#,
    ),
    listed(
        "rust_decimal",
        "1",
        &[],
        r#"
        use rust_decimal::Decimal;
        let price = Decimal::from_str_exact("19.99").unwrap() * Decimal::from(request.len());
        format!("{price} {} {:?}", (price / Decimal::from(7)).round_dp(4), Decimal::from_str_exact(request))"#,
    ),
];

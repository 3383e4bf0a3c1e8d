//! Times and sizes as a person reads them: three significant digits and a unit.

/// A time in the unit that suits it: `87 ns`, `1.25 µs`, `16.3 ms`, `2.00 s`.
#[must_use]
pub fn human_ns(time_ns: u64) -> String {
    match time_ns {
        0..1_000 => format!("{time_ns} ns"),
        1_000..1_000_000 => format!("{} µs", three_digits(time_ns as f64 / 1e3)),
        1_000_000..1_000_000_000 => format!("{} ms", three_digits(time_ns as f64 / 1e6)),
        _ => format!("{} s", three_digits(time_ns as f64 / 1e9)),
    }
}

/// A time in microseconds without its unit, for columns that name it: `0.087`, `1.25`, `16.3`, `2000`.
#[must_use]
pub fn micros(time_ns: u64) -> String {
    let micros = time_ns as f64 / 1e3;
    if micros < 1.0 { format!("{micros:.3}") } else { three_digits(micros) }
}

/// A size in the unit that suits it: `712 B`, `12.0 KiB`, `3.50 MiB`.
#[must_use]
pub fn human_bytes(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", three_digits(bytes as f64 / 1024.0)),
        _ => format!("{} MiB", three_digits(bytes as f64 / 1_048_576.0)),
    }
}

/// A number with thousands set apart: `65,530`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && position % 3 == first {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn three_digits(value: f64) -> String {
    let decimals = match value {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_has_three_digits_and_the_unit_that_suits_it() {
        let shown = [0, 87, 999, 1_250, 99_960, 16_300_000, 2_000_000_000].map(human_ns);
        assert_eq!(shown, ["0 ns", "87 ns", "999 ns", "1.25 µs", "100 µs", "16.3 ms", "2.00 s"]);
    }

    #[test]
    fn micros_keep_nanoseconds_below_one() {
        let shown = [87, 1_250, 16_300, 2_000_000].map(micros);
        assert_eq!(shown, ["0.087", "1.25", "16.3", "2000"]);
    }

    #[test]
    fn size_has_the_unit_that_suits_it() {
        let shown = [712, 12 << 10, 7 << 19].map(human_bytes);
        assert_eq!(shown, ["712 B", "12.0 KiB", "3.50 MiB"]);
    }

    #[test]
    fn thousands_are_set_apart() {
        let shown = [0, 999, 1_000, 65_530, 1_234_567].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "65,530", "1,234,567"]);
    }
}

//! Times as Lambda writes them: `2026-11-25T13:47:51.250+0000`.

const MS_PER_DAY: u64 = 86_400_000;

/// A time in milliseconds since 1970.
pub(super) fn text(ms: u64) -> String {
    let (year, month, day) = date(ms / MS_PER_DAY);
    let ms = ms % MS_PER_DAY;
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    let ms = ms % 1_000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}+0000")
}

/// Year, month and day of a day since 1970. Years begin in March, so that a leap day is their last;
/// 719,468 days are from the year 0 to 1970, 146,097 are in 400 years.
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn date(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (ms, expected) in [
            (0, "1970-01-01T00:00:00.000+0000"),
            (951_782_400_000, "2000-02-29T00:00:00.000+0000"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999+0000"),
            (1_795_614_779_746, "2026-11-25T13:52:59.746+0000"),
        ] {
            assert_eq!(text(ms), expected);
        }
    }
}

//! Arguments that are a number or a range of numbers: `7`, `7..20`.

/// Takes `N` or `N..M`: the first, and one past the last.
pub(super) fn parse(text: &str) -> Result<(u64, u64), String> {
    let number = |text: &str| {
        text.parse::<u64>().map_err(|error| format!("{text:?} is not a number: {error}"))
    };
    let (first, end) = match text.split_once("..") {
        Some((first, end)) => (number(first)?, number(end)?),
        None => (number(text)?, number(text)?.saturating_add(1)),
    };
    if first < end { Ok((first, end)) } else { Err(format!("{first}..{end} is empty")) }
}

/// The same for distances, which begin with 1.
pub(super) fn parse_short(text: &str) -> Result<(u32, u32), String> {
    let (first, end) = parse(text)?;
    match (u32::try_from(first), u32::try_from(end)) {
        (Ok(0), _) => Err("the first instruction of a cleanup has number 1".to_owned()),
        (Ok(first), Ok(end)) => Ok((first, end)),
        _ => Err(format!("{end} is beyond any cleanup")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_is_a_range_of_one() {
        assert_eq!(parse("7"), Ok((7, 8)));
        assert_eq!(parse("7..20"), Ok((7, 20)));
        assert_eq!(parse_short("1..64"), Ok((1, 64)));
    }

    #[test]
    fn range_is_refused_when_it_is_empty_or_no_number() {
        for text in ["", "x", "3..3", "4..3", "1..", "..2", "-1"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse_short("0").is_err() && parse_short("1..99999999999").is_err());
    }
}

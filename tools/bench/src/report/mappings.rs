//! How many mappings a worker has with how many services. Pure.

use std::collections::BTreeSet;
use std::iter::once;

use crate::experiments::density::Growth;
use crate::format::units::grouped;

/// The headings, then a row for each contender that has one worker for all services; nothing if no
/// mappings were counted.
pub(crate) fn cells(density: &[Growth]) -> Vec<Vec<String>> {
    let counted = density.iter().filter_map(|growth| Some((growth, growth.mappings?)));
    let counted: Vec<(&Growth, usize)> = counted.collect();
    let levels: BTreeSet<usize> = counted.iter().map(|(growth, _)| growth.resident).collect();
    if levels.is_empty() {
        return Vec::new();
    }
    let numbers = levels.iter().map(|&level| grouped(level as u64));
    let headings = once("mappings of a worker with".to_owned()).chain(numbers).collect();
    let mut titles: Vec<String> = Vec::new();
    for title in counted.iter().map(|(growth, _)| title(growth)) {
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    let row = |of: String| {
        let at = |level: &usize| {
            let here =
                |(growth, _): &&(&Growth, usize)| growth.resident == *level && title(growth) == of;
            counted.iter().find(here).map(|(_, mappings)| grouped(*mappings as u64))
        };
        let numbers: Vec<_> = levels.iter().map(|level| at(level).unwrap_or_default()).collect();
        once(of.clone()).chain(numbers).collect()
    };
    once(headings).chain(titles.into_iter().map(row)).collect()
}

fn title(growth: &Growth) -> String {
    let zones = growth.zones.map(|zones| format!(", {zones} zones"));
    format!("{}{}", growth.title, zones.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(title: &'static str, resident: usize, mappings: Option<usize>) -> Growth {
        Growth {
            contender: title,
            title,
            resident,
            warm_p50_ns: 1,
            cold_p50_ns: 1,
            rss_bytes_each: None,
            mappings,
            zones: (title == "Mote").then_some(4),
            deployed_ns_each: None,
        }
    }

    #[test]
    fn contender_has_a_row_and_nothing_where_it_was_not_counted() {
        let density = [
            growth("Mote", 1, Some(30)),
            growth("process", 1, None),
            growth("library", 1, Some(40)),
            growth("Mote", 20_000, Some(30)),
        ];
        let expected = [
            ["mappings of a worker with", "1", "20,000"],
            ["Mote, 4 zones", "30", "30"],
            ["library", "40", ""],
        ];
        assert_eq!(cells(&density), expected);
        assert!(cells(&density[1..2]).is_empty());
    }
}

//! The page of one sweep.

use std::fmt::Write as _;

use super::super::map::Map;
use super::super::report::Report;
use super::super::sweep::Found;
use super::listing::Listing;
use super::parts::{head, legend, table};
use crate::format::text::escaped;

/// The page.
#[must_use]
pub fn page(report: &Report, found: &Found, map: &Map, image: &[u8]) -> String {
    let mut page = head(&format!("{} in {}", report.service, report.mode));
    let followed = if report.is_complete { "to its end" } else { "not to its end" };
    let _ = writeln!(
        page,
        "<p class=\"facts\">{} injections at {} instructions, followed {followed}; {} per second; {}</p>",
        report.points,
        report.instructions,
        report.per_second,
        escaped(report.toolchain)
    );
    legend(&mut page);
    page.push_str("<h2>Counts</h2>\n");
    let coverage = report.by_coverage.iter().map(|(name, counts)| (*name, *counts));
    table(&mut page, "coverage", coverage.chain([("all", report.verdicts)]));
    let functions = report.by_function.iter().map(|(name, counts)| (name.as_str(), *counts));
    table(&mut page, "function", functions);
    page.push_str("<h2>Disassembly</h2>\n");
    let mut listing = Listing::new(image, [report.mode].into());
    listing.add(report.mode, found, map);
    listing.write(&mut page, map, true);
    page.push_str("</body></html>\n");
    page
}

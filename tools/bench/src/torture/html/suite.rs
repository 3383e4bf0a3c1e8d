//! The page of `--suite`: totals, an index of all sweeps, and the listing of each image, which its
//! workloads share.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mote_dispatcher::Layout;

use super::super::map::Map;
use super::super::report::{Counts, Report};
use super::super::verdict::Verdict;
use super::listing::Listing;
use super::parts::{amiss, cells, head, legend};
use crate::format::text::escaped;

/// Service and profile.
pub type Key = (String, &'static str);

/// The listings of all images.
pub type Listings<'i> = BTreeMap<Key, (Listing<'i>, &'i [u8])>;

/// The page.
#[must_use]
pub fn page(reports: &[Report], listings: &Listings<'_>) -> String {
    let mut page = head("mote torture --suite");
    let points: u64 = reports.iter().map(|report| report.points).sum();
    let toolchain = reports.first().map_or("", |report| report.toolchain);
    let _ = writeln!(
        page,
        "<p class=\"facts\">{points} injections in {} sweeps; {}</p>",
        reports.len(),
        escaped(toolchain)
    );
    legend(&mut page);
    totals(&mut page, reports);
    index(&mut page, reports);
    for (key, (listing, image)) in listings {
        let (service, profile) = (escaped(&key.0), key.1);
        let _ = writeln!(page, "<h2 id=\"{}\">{service}, {profile}</h2>", anchor(&key.0, profile));
        listing.write(&mut page, &Map::new(image, 0, Layout::of_seed(0)), false);
    }
    page.push_str("</body></html>\n");
    page
}

/// By mode, profile and coverage.
fn totals(page: &mut String, reports: &[Report]) {
    let mut all: BTreeMap<(&str, &str, &str), Counts> = BTreeMap::new();
    for report in reports {
        let profile = report.profile.unwrap_or_default();
        for (coverage, counts) in &report.by_coverage {
            all.entry((report.mode, profile, coverage)).or_default().merge(counts);
        }
        all.entry((report.mode, profile, "all")).or_default().merge(&report.verdicts);
    }
    page.push_str("<h2>Totals</h2>\n<table><tr><th>mode</th>");
    page.push_str("<th class=\"where\">profile</th><th class=\"where\">coverage</th>");
    page.push_str("<th>points</th>");
    for verdict in Verdict::ALL {
        let _ = write!(page, "<th>{}</th>", verdict.name());
    }
    page.push_str("</tr>\n");
    for ((mode, profile, coverage), counts) in &all {
        let _ = write!(
            page,
            "<tr><td>{mode}</td><td class=\"where\">{profile}</td><td class=\"where\">{coverage}</td>\
             <td>{}</td>",
            counts.total()
        );
        cells(page, counts);
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

/// A row for each service and profile, a cell for each mode.
fn index(page: &mut String, reports: &[Report]) {
    let mut modes: Vec<&str> = Vec::new();
    let mut rows: BTreeMap<(&str, &str), Vec<&Report>> = BTreeMap::new();
    for report in reports {
        if !modes.contains(&report.mode) {
            modes.push(report.mode);
        }
        let key = (report.service.as_str(), report.profile.unwrap_or_default());
        rows.entry(key).or_default().push(report);
    }
    page.push_str(
        "<h2>Sweeps</h2>\n<p class=\"facts\">Injections, and what is amiss. Each leads to ",
    );
    page.push_str("the disassembly of its image.</p>\n<table><tr><th>service</th><th>profile</th>");
    for mode in &modes {
        let _ = write!(page, "<th>{mode}</th>");
    }
    page.push_str("</tr>\n");
    for ((service, profile), reports) in rows {
        let name = escaped(service);
        let _ = write!(page, "<tr><td class=\"name\">{name}</td><td>{profile}</td>");
        for mode in &modes {
            cell(page, reports.iter().find(|report| report.mode == *mode).copied(), profile);
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

fn cell(page: &mut String, report: Option<&Report>, profile: &str) {
    let Some(report) = report else { return page.push_str("<td></td>") };
    let image = report.service.split('/').next().unwrap_or_default();
    let cut = if report.is_complete { "" } else { "…" };
    let _ = write!(page, "<td><a href=\"#{}\">{}{cut}</a>", anchor(image, profile), report.points);
    bar(page, &report.verdicts);
    let amiss = amiss(&report.verdicts);
    if !amiss.is_empty() {
        let _ = write!(page, "<small>{amiss}</small>");
    }
    page.push_str("</td>");
}

/// The shares of the verdicts.
fn bar(page: &mut String, counts: &Counts) {
    page.push_str("<span class=\"bar\">");
    for verdict in Verdict::ALL.into_iter().filter(|&verdict| counts.of(verdict) > 0) {
        let name = verdict.name();
        let _ = write!(page, "<i class=\"{name}\" style=\"flex:{}\"></i>", counts.of(verdict));
    }
    page.push_str("</span>");
}

fn anchor(service: &str, profile: &str) -> String {
    format!("{}-{profile}", escaped(service))
}

//! The layers around workers and around builds, as the packages that make them say.

use mote_builder::{Layer as BuildLayer, Layers as BuildLayers};
use mote_dispatcher::Layer;

use super::finding::Finding;
use super::finding::Group::{Builds, Node, Workers};
use super::finding::Verdict::{Missing, Weaker};

/// Whether a node starts here.
pub(super) fn node() -> Finding {
    let name = "kernel, /proc, file sizes";
    match mote_dispatcher::check_requirements() {
        Ok(()) => Finding::ok(Node, name, "a node starts"),
        Err(error) => Finding::ok(Node, name, "no node starts").or(Missing, error),
    }
}

/// Each layer around a worker. The filter of system calls is the one that nothing stands in for.
pub(super) fn workers() -> impl Iterator<Item = Finding> {
    mote_dispatcher::layers().into_iter().map(|status| {
        let verdict = if status.layer == Layer::Filter { Missing } else { Weaker };
        match status.active {
            Ok(()) => Finding::ok(Workers, status.layer, "active"),
            Err(error) => Finding::ok(Workers, status.layer, "not active").or(verdict, error),
        }
    })
}

/// Each layer around a build. `mote build` refuses to build where there is none.
pub(super) fn builds() -> impl Iterator<Item = Finding> {
    build_layers(BuildLayers::available())
}

fn build_layers(available: BuildLayers) -> impl Iterator<Item = Finding> {
    let has_any = BuildLayer::ALL.into_iter().any(|layer| available.has(layer));
    let verdict = if has_any { Weaker } else { Missing };
    BuildLayer::ALL.into_iter().map(move |layer| match available.has(layer) {
        true => Finding::ok(Builds, layer, "active"),
        false => Finding::ok(Builds, layer, "not active").or(verdict, layer.remedy()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_without_any_layer_is_missing_them_and_says_what_to_change() {
        let none: Vec<_> = build_layers(BuildLayers::NONE).collect();
        assert_eq!(none.len(), BuildLayer::ALL.len());
        assert!(none.iter().all(|it| it.verdict == Missing && it.remedy.is_some()), "{none:?}");
    }

    #[test]
    fn every_layer_of_a_worker_is_told_once() {
        let names: Vec<_> = workers().map(|finding| finding.name).collect();
        assert_eq!(names, Layer::ALL.map(|layer| layer.to_string()));
    }
}

//! Who goes next: deficit round robin. Pure.
//!
//! Each flow that has something to do stands in a circle. The first has a credit: what costs no more than that
//! goes, and is taken off it. A flow whose credit is too small gets another quantum for each unit of its weight, and
//! goes behind all others. So every flow gets its share in the long run, whatever its pieces cost, and finding the
//! next takes a few steps.
//!
//! M. Shreedhar, G. Varghese: Efficient Fair Queuing using Deficit Round Robin. SIGCOMM 1995.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// What a flow of weight 1 gets in one round, in microseconds of a worker: a few jobs of a small service.
pub(crate) const QUANTUM_US: u64 = 50;

/// Flows that have something to do, in the order of their turns.
#[derive(Debug)]
pub(crate) struct RoundRobin<K> {
    turns: VecDeque<K>,
    credits: HashMap<K, Credit>,
}

#[derive(Clone, Copy, Debug)]
struct Credit {
    left_us: u64,
    round_us: u64,
}

impl<K> Default for RoundRobin<K> {
    fn default() -> Self {
        Self { turns: VecDeque::new(), credits: HashMap::new() }
    }
}

impl<K: Copy + Eq + Hash> RoundRobin<K> {
    /// `flow` has something to do. Nothing happens if it had before.
    pub(crate) fn join(&mut self, flow: K, weight: u32) {
        let round_us = QUANTUM_US * u64::from(weight.max(1));
        self.credits.entry(flow).or_insert_with(|| {
            self.turns.push_back(flow);
            Credit { left_us: round_us, round_us }
        });
    }

    /// `flow` has nothing to do any more: what it did not use is forgotten.
    pub(crate) fn leave(&mut self, flow: K) {
        if self.credits.remove(&flow).is_some() {
            if self.turns.front() == Some(&flow) {
                self.turns.pop_front();
            } else {
                self.turns.retain(|other| *other != flow);
            }
        }
    }

    /// The flow that goes next. `cost_us` is what its next piece costs: `None` if it may not go now. Asked again, it
    /// is the same one, until it is charged.
    pub(crate) fn select(&mut self, mut cost_us: impl FnMut(K) -> Option<u64>) -> Option<K> {
        loop {
            for _ in 0..self.turns.len() {
                let flow = *self.turns.front()?;
                let credit = self.credits.get_mut(&flow)?;
                match cost_us(flow) {
                    Some(cost_us) if cost_us <= credit.left_us => return Some(flow),
                    Some(_) => credit.left_us += credit.round_us,
                    None => {}
                }
                self.turns.rotate_left(1);
            }
            self.skip_rounds(&mut cost_us)?;
        }
    }

    /// Gives everybody who may go as many rounds as pass until the next one goes, but for the last. `None` if
    /// nobody may.
    fn skip_rounds(&mut self, cost_us: &mut impl FnMut(K) -> Option<u64>) -> Option<()> {
        let waiting: Vec<(K, u64)> =
            self.turns.iter().filter_map(|&flow| Some((flow, cost_us(flow)?))).collect();
        let rounds = waiting.iter().filter_map(|(flow, cost_us)| {
            let credit = self.credits.get(flow)?;
            Some(cost_us.saturating_sub(credit.left_us).div_ceil(credit.round_us))
        });
        let skipped = rounds.min()?.saturating_sub(1);
        for (flow, _) in waiting {
            let credit = self.credits.get_mut(&flow)?;
            credit.left_us += skipped * credit.round_us;
        }
        Some(())
    }

    /// A piece of `flow` goes, which costs that.
    pub(crate) fn charge(&mut self, flow: K, cost_us: u64) {
        if let Some(credit) = self.credits.get_mut(&flow) {
            credit.left_us = credit.left_us.saturating_sub(cost_us);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX_COST_US: u64 = 100 * QUANTUM_US;

    fn circle(weights: &[u32]) -> RoundRobin<usize> {
        let mut circle = RoundRobin::default();
        weights.iter().enumerate().for_each(|(flow, &weight)| circle.join(flow, weight));
        circle
    }

    #[test]
    fn flows_of_one_weight_take_turns_when_each_piece_costs_a_round() {
        let mut circle = circle(&[1, 1, 1]);
        let order = std::iter::from_fn(|| {
            let flow = circle.select(|_| Some(QUANTUM_US))?;
            circle.charge(flow, QUANTUM_US);
            Some(flow)
        });
        assert_eq!(order.take(7).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2, 0]);
    }

    #[test]
    fn flow_that_is_held_up_is_passed_and_keeps_its_credit() {
        let mut circle = circle(&[1, 1]);
        assert_eq!(circle.select(|flow| (flow == 1).then_some(1)), Some(1));
        assert_eq!(circle.select(|_| None), None);
        circle.leave(1);
        assert_eq!(circle.select(|_| Some(QUANTUM_US)), Some(0));
        circle.leave(0);
        assert_eq!(circle.select(|_| Some(1)), None);
    }

    proptest! {
        /// Somebody goes whenever somebody may, and whoever was selected is selected again.
        #[test]
        fn round_robin_conserves_work(
            weights in prop::collection::vec(1..9_u32, 1..9),
            steps in prop::collection::vec((1..=MAX_COST_US, any::<u8>()), 1..200),
        ) {
            let mut circle = circle(&weights);
            for (cost_us, may_go) in steps {
                let mut cost = |flow: usize| (may_go >> (flow % 8) & 1 != 0).then_some(cost_us);
                let anybody = (0..weights.len()).any(|flow| cost(flow).is_some());
                let selected = circle.select(&mut cost);
                prop_assert_eq!(selected.is_some(), anybody);
                prop_assert_eq!(circle.select(&mut cost), selected);
                if let Some(flow) = selected {
                    prop_assert!(cost(flow).is_some(), "{} may not go", flow);
                    circle.charge(flow, cost_us);
                }
            }
        }

        /// Of flows that always have something to do, none gets more than its share beyond a round and a piece.
        #[test]
        fn shares_are_within_their_weights_whatever_pieces_cost(
            weights in prop::collection::vec(1..9_u32, 2..7),
            costs in prop::collection::vec(prop::collection::vec(1..=MAX_COST_US, 1..6), 7),
        ) {
            let mut circle = circle(&weights);
            let (mut got_us, mut pieces) = (vec![0_u64; weights.len()], vec![0; weights.len()]);
            for _ in 0..2_000 {
                let cost = |flow: usize| costs[flow][pieces[flow] % costs[flow].len()];
                let flow = circle.select(|flow| Some(cost(flow))).unwrap();
                let cost_us = cost(flow);
                circle.charge(flow, cost_us);
                got_us[flow] += cost_us;
                pieces[flow] += 1;
            }
            let rounds = got_us.iter().zip(&weights).map(|(us, weight)| us / u64::from(*weight));
            let rounds: Vec<u64> = rounds.collect();
            let apart_us = rounds.iter().max().unwrap() - rounds.iter().min().unwrap();
            prop_assert!(apart_us <= QUANTUM_US + 2 * MAX_COST_US, "{:?} of {:?}", rounds, weights);
        }

        /// Nobody who has something to do waits for more than the rounds that its piece needs.
        #[test]
        fn nobody_starves(others in 1..20_usize, cost_us in 1..=MAX_COST_US) {
            let mut circle = circle(&vec![1; others + 1]);
            let mut before = 0;
            while circle.select(|flow| Some(if flow == others { cost_us } else { 1 })) != Some(others) {
                circle.charge(circle.turns[0], 1);
                before += 1;
                let most = others as u64 * (cost_us.div_ceil(QUANTUM_US) * QUANTUM_US);
                prop_assert!(before <= most, "{} went before it", before);
            }
        }
    }
}

//! The budget that keeps a target of latency, from the machine and the target. Pure.
//!
//! If every core runs something that takes its whole budget *B*, a core becomes free every *B* / |C|.
//! A request that finds all of them taken waits less than the target *L* with a probability of
//! *p* = |C|·*L* / *B*. So *B* = |C|·*L* / *p* is the longest budget that still serves the fraction
//! *p* of all requests in time, whatever the services do.
//! Source: the paper, section 4.2, equation 1.

use thiserror::Error;

/// A target of latency, and the machine that is to keep it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyTarget {
    /// Cores that run services: one for each worker. Not 0.
    pub cores: usize,
    /// The latency to stay below, in microseconds. Not 0.
    pub target_us: u32,
    /// The fraction of requests that do: above 0, at most 1.
    pub tail: f64,
    /// How late a deadline may be noticed, in microseconds: the quantum of the periodic source, else 0.
    pub quantum_us: u32,
}

/// Why there is no such budget.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum BudgetError {
    /// The tail is not a fraction.
    #[error("the tail is {0}; it must be a fraction above 0 and at most 1")]
    Tail(f64),
    /// Nothing is left of it.
    #[error(
        "{cores} cores keep {target_us} µs only with a budget of {whole_us} µs, of which a quantum of \
         {quantum_us} µs leaves nothing; take more workers, a longer target or a shorter quantum"
    )]
    Nothing {
        /// [`LatencyTarget::cores`].
        cores: usize,
        /// [`LatencyTarget::target_us`].
        target_us: u32,
        /// What equation 1 gives, in microseconds, rounded down.
        whole_us: u32,
        /// [`LatencyTarget::quantum_us`].
        quantum_us: u32,
    },
}

impl LatencyTarget {
    /// The longest budget that keeps it, in microseconds, rounded down.
    ///
    /// # Errors
    /// The tail is out of range, or less than 1 µs is left.
    ///
    /// ```
    /// # use mote_dispatcher::LatencyTarget;
    /// // The paper's machine.
    /// let target = LatencyTarget { cores: 14, target_us: 8, tail: 0.99, quantum_us: 0 };
    /// assert_eq!(target.budget_us(), Ok(113));
    /// assert_eq!(LatencyTarget { quantum_us: 20, ..target }.budget_us(), Ok(93));
    /// ```
    pub fn budget_us(&self) -> Result<u32, BudgetError> {
        let Self { cores, target_us, tail, quantum_us } = *self;
        if !(tail > 0.0 && tail <= 1.0) {
            return Err(BudgetError::Tail(tail));
        }
        // Saturates where it is more than a budget can say.
        let whole_us = (cores as f64 * f64::from(target_us) / tail) as u32;
        match whole_us.checked_sub(quantum_us) {
            Some(budget_us) if budget_us > 0 => Ok(budget_us),
            _ => Err(BudgetError::Nothing { cores, target_us, whole_us, quantum_us }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAPERS: LatencyTarget =
        LatencyTarget { cores: 14, target_us: 8, tail: 0.99, quantum_us: 0 };

    #[test]
    fn budget_is_the_papers() {
        assert_eq!(PAPERS.budget_us(), Ok(113));
        assert_eq!(LatencyTarget { quantum_us: 20, ..PAPERS }.budget_us(), Ok(93));
    }

    #[test]
    fn target_that_cannot_be_kept_is_refused() {
        for tail in [0.0, -0.5, 1.01, f64::NAN, f64::INFINITY] {
            let refused = LatencyTarget { tail, ..PAPERS }.budget_us();
            assert!(matches!(refused, Err(BudgetError::Tail(_))), "{tail}: {refused:?}");
        }
        for hopeless in
            [LatencyTarget { quantum_us: 113, ..PAPERS }, LatencyTarget { cores: 0, ..PAPERS }]
        {
            assert!(matches!(hopeless.budget_us(), Err(BudgetError::Nothing { .. })));
        }
    }

    proptest! {
        #[test]
        fn budget_keeps_the_target_and_a_longer_one_does_not(
            cores in 1_usize..1000, target_us in 1_u32..10_000, percent in 1_u32..=100,
        ) {
            let tail = f64::from(percent) / 100.0;
            let budget_us = LatencyTarget { cores, target_us, tail, quantum_us: 0 }.budget_us().unwrap();
            let in_time = |budget_us: u32| cores as f64 * f64::from(target_us) / f64::from(budget_us);
            prop_assert!(in_time(budget_us) >= tail * (1.0 - 1e-9));
            prop_assert!(in_time(budget_us + 1) < tail * (1.0 + 1e-9));
        }

        #[test]
        fn budget_is_total_over_all_targets(
            cores: usize, target_us: u32, tail: f64, quantum_us: u32,
        ) {
            if let Ok(budget_us) = (LatencyTarget { cores, target_us, tail, quantum_us }).budget_us() {
                prop_assert!(budget_us > 0);
            }
        }
    }
}

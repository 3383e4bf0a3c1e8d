//! Who is banned, and what is held against whom. Pure.
//!
//! It is held against a tenant's services of one name together, whichever image they have: deploying a
//! service again, replacing or removing it changes nothing. Only the operator forgives
//! ([`Node::set_banned`](crate::Node::set_banned)).

use std::collections::HashMap;

use thiserror::Error;

use crate::images::strikes::{Strike, Strikes};
use crate::job::ids::{ServiceId, TenantId};

/// Why a service is banned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Ban {
    /// It had [`NodeConfig::ban_after`](crate::NodeConfig::ban_after) strikes or more.
    #[error("{0}")]
    Strikes(Strikes),
    /// Its operator said so.
    #[error("its operator said so")]
    Operator,
}

/// A tenant's services of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holder(u32);

#[derive(Debug, Default)]
pub(crate) struct Bans {
    held: Vec<Held>,
    holders: HashMap<(TenantId, String), Holder>,
}

/// What is held against a tenant's services of one name.
#[derive(Debug, Default)]
struct Held {
    strikes: Strikes,
    ban: Option<Ban>,
    services: Vec<ServiceId>,
}

impl Bans {
    /// `service` is one of `tenant`'s of that name.
    pub(crate) fn join(&mut self, tenant: TenantId, name: &str, service: ServiceId) -> Holder {
        let next = Holder(self.held.len() as u32);
        let holder = *self.holders.entry((tenant, name.to_owned())).or_insert(next);
        if holder == next {
            self.held.push(Held::default());
        }
        self.held_mut(holder).services.push(service);
        holder
    }

    /// `service`, which joined, is no more. What it did stays.
    pub(crate) fn leave(&mut self, holder: Holder, service: ServiceId) {
        self.held_mut(holder).services.retain(|&other| other != service);
    }

    /// Counts a strike. The services that are banned by it: they were not before.
    pub(crate) fn strike(
        &mut self,
        holder: Holder,
        strike: Strike,
        ban_after: Option<u32>,
    ) -> &[ServiceId] {
        let held = self.held_mut(holder);
        held.strikes.add(strike);
        let is_over = ban_after.is_some_and(|limit| held.strikes.total() >= limit);
        if held.ban.is_some() || !is_over {
            return &[];
        }
        held.ban = Some(Ban::Strikes(held.strikes));
        &held.services
    }

    /// The operator bans them, or forgives them everything. The services that this is for.
    pub(crate) fn set(&mut self, holder: Holder, is_banned: bool) -> &[ServiceId] {
        let held = self.held_mut(holder);
        held.ban = is_banned.then_some(Ban::Operator);
        held.strikes = Strikes::default();
        &held.services
    }

    pub(crate) fn ban(&self, holder: Holder) -> Option<Ban> {
        self.held[holder.0 as usize].ban
    }

    pub(crate) fn strikes(&self, holder: Holder) -> Strikes {
        self.held[holder.0 as usize].strikes
    }

    fn held_mut(&mut self, holder: Holder) -> &mut Held {
        &mut self.held[holder.0 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId(7);

    #[test]
    fn ban_is_for_all_of_a_tenants_services_of_that_name_and_no_others() {
        let mut bans = Bans::default();
        let a = bans.join(TENANT, "a", ServiceId(0));
        let again = bans.join(TENANT, "a", ServiceId(1));
        let (b, other) =
            (bans.join(TENANT, "b", ServiceId(2)), bans.join(TenantId(8), "a", ServiceId(3)));
        assert_eq!(a, again);
        assert!(bans.strike(a, Strike::Unyielding, Some(2)).is_empty());
        assert_eq!(bans.strike(again, Strike::LostWorker, Some(2)), [ServiceId(0), ServiceId(1)]);
        assert!(bans.strike(a, Strike::LostWorker, Some(2)).is_empty(), "they were banned before");
        let banned = Strikes { unyielding: 1, lost_workers: 1, ..Strikes::default() };
        assert_eq!(bans.ban(a), Some(Ban::Strikes(banned)));
        assert_eq!((bans.strikes(a).total(), bans.ban(b), bans.ban(other)), (3, None, None));
    }

    #[test]
    fn ban_outlives_its_services_and_ends_by_the_operator() {
        let mut bans = Bans::default();
        let a = bans.join(TENANT, "a", ServiceId(0));
        bans.strike(a, Strike::DeniedSyscall, Some(1));
        bans.leave(a, ServiceId(0));
        assert_eq!(bans.join(TENANT, "a", ServiceId(1)), a);
        assert!(bans.ban(a).is_some());
        assert_eq!(bans.set(a, false), [ServiceId(1)]);
        assert_eq!((bans.ban(a), bans.strikes(a)), (None, Strikes::default()));
        bans.set(a, true);
        assert_eq!(bans.ban(a), Some(Ban::Operator));
    }

    #[test]
    fn nobody_is_banned_without_a_limit() {
        let mut bans = Bans::default();
        let a = bans.join(TENANT, "a", ServiceId(0));
        for _ in 0..100 {
            assert!(bans.strike(a, Strike::LostWorker, None).is_empty());
        }
        assert_eq!((bans.ban(a), bans.strikes(a).lost_workers), (None, 100));
    }
}

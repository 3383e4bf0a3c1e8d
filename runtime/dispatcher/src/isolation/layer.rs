//! The layers that the kernel puts around a worker, and which of them this machine has.

use std::fmt;
use std::fs;
use std::io;

use mote_abi::lockdown::speculation::{Control, KINDS};
use mote_abi::lockdown::steps;

use crate::isolation::user;
use crate::sys::{namespaces, speculation};

/// A layer of isolation around each worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layer {
    /// Own process, network, IPC, host name, mount and, without privilege, user namespaces; an empty root.
    Namespaces,
    /// A user and group of their own.
    User,
    /// No capability, and none to be had (`no_new_privs`).
    Capabilities,
    /// Limits of zero for core dumps, files' sizes, processes and descriptors.
    Limits,
    /// Neither dumped nor traced, by anybody without `CAP_SYS_PTRACE`.
    Undumpable,
    /// No speculation past older stores, and none of indirect branches by what others trained, where the kernel
    /// lets a process turn that off.
    Speculation,
    /// A filter of system calls that judges number, arguments and the instruction that calls.
    Filter,
}

impl Layer {
    /// Every layer.
    pub const ALL: [Self; 7] = [
        Self::Namespaces,
        Self::User,
        Self::Capabilities,
        Self::Limits,
        Self::Undumpable,
        Self::Speculation,
        Self::Filter,
    ];

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::User => "own user",
            Self::Capabilities => "no capabilities",
            Self::Limits => "limits",
            Self::Undumpable => "not traceable",
            Self::Speculation => "less speculation",
            Self::Filter => "system call filter",
        }
    }

    /// What the worker does for it at its start, as a bit of [`steps`].
    pub(crate) const fn step(self) -> u32 {
        match self {
            Self::Namespaces => 0,
            Self::User => steps::USER,
            Self::Capabilities => steps::CAPABILITIES,
            Self::Limits => steps::LIMITS,
            Self::Undumpable => steps::UNDUMPABLE,
            Self::Speculation => steps::SPECULATION,
            Self::Filter => steps::FILTER,
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a layer is not active on this machine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// The kernel does not let this process make namespaces.
    #[error(
        "new namespaces are refused ({0}): allow unprivileged user namespaces \
         (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, \
         kernel.apparmor_restrict_unprivileged_userns), or give mote CAP_SYS_ADMIN"
    )]
    Namespaces(io::Error),
    /// Workers run as the dispatcher's own user.
    #[error("workers run as this user, because {0}: start mote with CAP_SETUID and CAP_SETGID")]
    User(&'static str),
    /// Workers are in a user namespace, where no other user is mapped.
    #[error(
        "workers run as this user, in a user namespace of their own: give mote CAP_SYS_ADMIN, \
         CAP_SETUID and CAP_SETGID"
    )]
    UserNamespace,
    /// This process has no say in a kind of speculation that happens here.
    #[error(
        "processes have no say in {0}: boot with spec_store_bypass_disable=prctl and spectre_v2_user=prctl, and \
         have the host of a virtual machine pass SSBD, IBPB and STIBP on to it"
    )]
    Speculation(&'static str),
    /// The kernel filters no system calls.
    #[error(
        "the kernel does not offer seccomp filters that trap and kill: \
         build it with CONFIG_SECCOMP_FILTER"
    )]
    Filter,
}

/// A layer, and whether workers of this process have it.
#[derive(Debug)]
pub struct LayerStatus {
    /// Which.
    pub layer: Layer,
    /// Whether it is active; if not, why, and what to change.
    pub active: Result<(), LayerError>,
}

/// Finds out which layers workers of this process would have. Takes about a millisecond.
#[must_use]
pub fn layers() -> Vec<LayerStatus> {
    let made = make_namespaces();
    let has_users = made.as_ref().is_ok_and(|made| made.has_users);
    let mut made = Some(made.map(drop).map_err(LayerError::Namespaces));
    let status = |layer| {
        let active = match layer {
            Layer::Namespaces => made.take().unwrap_or(Ok(())),
            Layer::User => can_change_user(has_users),
            Layer::Filter => has_filters(),
            Layer::Speculation => can_turn_speculation_off(),
            Layer::Capabilities | Layer::Limits | Layer::Undumpable => Ok(()),
        };
        LayerStatus { layer, active }
    };
    Layer::ALL.into_iter().map(status).collect()
}

/// Namespaces for all workers of a node.
#[derive(Debug)]
pub(crate) struct Namespaces {
    pub(crate) files: Vec<std::os::fd::OwnedFd>,
    /// Whether there is one of users among them.
    pub(crate) has_users: bool,
}

/// Makes namespaces: without one of users where this process is privileged, with one elsewhere.
pub(crate) fn make_namespaces() -> io::Result<Namespaces> {
    let make =
        |has_users| namespaces::create(has_users).map(|files| Namespaces { files, has_users });
    make(false).or_else(|_| make(true))
}

/// Whether workers can become another user, in namespaces with or without one of users.
pub(crate) fn can_change_user(has_users: bool) -> Result<(), LayerError> {
    if has_users {
        return Err(LayerError::UserNamespace);
    }
    user::obstacle().map_or(Ok(()), |obstacle| Err(LayerError::User(obstacle)))
}

/// Whether no kind of speculation happens that workers cannot turn off.
fn can_turn_speculation_off() -> Result<(), LayerError> {
    let is_refused = |&&(kind, _): &&(usize, _)| speculation::control(kind) == Control::Refused;
    match KINDS.iter().find(is_refused) {
        Some(&(_, name)) => Err(LayerError::Speculation(name)),
        None => Ok(()),
    }
}

/// Whether the kernel has the answers that the filter gives. Source: seccomp(2), "/proc interfaces".
pub(crate) fn has_filters() -> Result<(), LayerError> {
    let actions = fs::read_to_string("/proc/sys/kernel/seccomp/actions_avail").unwrap_or_default();
    let has = |name| actions.split_whitespace().any(|action| action == name);
    if has("trap") && has("kill_process") { Ok(()) } else { Err(LayerError::Filter) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_is_reported_once_with_a_remedy_where_it_is_off() {
        let all = layers();
        assert_eq!(all.iter().map(|it| it.layer).collect::<Vec<_>>(), Layer::ALL);
        for LayerStatus { layer, active } in all {
            if let Err(error) = active {
                let message = error.to_string();
                assert!(
                    ["mote", "build", "boot"].iter().any(|word| message.contains(word)),
                    "{layer}: {message}"
                );
            }
        }
    }
}

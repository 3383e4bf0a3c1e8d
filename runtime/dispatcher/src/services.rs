//! The deployed services of a node, and which of them are resident in the zone.

use mote_abi::message::Invoke;
use mote_loader::{Checked, Expected, Image, Placed, Zone, check};

use crate::TOOLCHAIN;
use crate::completed::Completed;
use crate::error::{DeployError, PlaceError, SubmitError};
use crate::job::{ServiceId, Terms};
use crate::record::ServiceRecord;

#[derive(Debug)]
pub(crate) struct Services {
    zone: Zone,
    services: Vec<Service>,
}

#[derive(Debug)]
struct Service {
    name: String,
    image: Checked,
    placed: Option<Placed>,
    /// Jobs submitted and not handed back.
    outstanding: usize,
    record: ServiceRecord,
}

impl Services {
    pub(crate) fn new(zone: Zone) -> Self {
        Self { zone, services: Vec::new() }
    }

    /// Checks `bytes`, and keeps what placing needs.
    pub(crate) fn deploy(&mut self, name: &str, bytes: &[u8]) -> Result<ServiceId, DeployError> {
        let name = name.to_owned();
        let image = match Image::parse(bytes) {
            Ok(image) => image,
            Err(source) => return Err(DeployError::Parse { name, source }),
        };
        let image = match check(&image, &Expected { toolchain: TOOLCHAIN }) {
            Ok(image) => image,
            Err(source) => return Err(DeployError::Check { name, source }),
        };
        let id = ServiceId(self.services.len() as u32);
        self.services.push(Service {
            name,
            image,
            placed: None,
            outstanding: 0,
            record: ServiceRecord::default(),
        });
        Ok(id)
    }

    pub(crate) fn is_resident(&self, id: ServiceId) -> Result<bool, PlaceError> {
        Ok(self.get(id)?.placed.is_some())
    }

    pub(crate) fn record(&self, id: ServiceId) -> Option<ServiceRecord> {
        self.get(id).ok().map(|service| service.record)
    }

    /// Refuses a banned service.
    pub(crate) fn check_ban(&self, id: ServiceId) -> Result<(), SubmitError> {
        let Service { name, record, .. } = self.get(id)?;
        if record.is_banned {
            return Err(SubmitError::Banned { name: name.clone(), times: record.unyielding });
        }
        Ok(())
    }

    /// Remembers an invocation that ended.
    pub(crate) fn note(&mut self, completed: &Completed, ban_after: Option<u32>) {
        self.services[completed.service.0 as usize].record.note(completed, ban_after);
    }

    pub(crate) fn name(&self, id: ServiceId) -> Option<&str> {
        self.get(id).ok().map(|service| service.name.as_str())
    }

    /// Makes it resident, if it is not.
    pub(crate) fn place(&mut self, id: ServiceId) -> Result<(), PlaceError> {
        self.get(id)?;
        let service = &mut self.services[id.0 as usize];
        if service.placed.is_some() {
            return Ok(());
        }
        match self.zone.place(&service.image) {
            Ok(placed) => service.placed = Some(placed),
            Err(source) => {
                return Err(PlaceError::Zone {
                    name: service.name.clone(),
                    bytes: service.image.slot_bytes(),
                    source,
                });
            }
        }
        Ok(())
    }

    /// Frees its slot, if it has one and nothing of it can be running.
    pub(crate) fn evict(&mut self, id: ServiceId) -> Result<(), PlaceError> {
        let Service { name, outstanding, .. } = self.get(id)?;
        if *outstanding > 0 {
            return Err(PlaceError::Busy { name: name.clone(), outstanding: *outstanding });
        }
        if let Some(placed) = self.services[id.0 as usize].placed.take() {
            self.zone.unplace(placed);
        }
        Ok(())
    }

    /// Counts a job of it.
    pub(crate) fn submitted(&mut self, id: ServiceId) {
        self.services[id.0 as usize].outstanding += 1;
    }

    /// Takes that back: the job was handed to the caller.
    pub(crate) fn delivered(&mut self, id: ServiceId) {
        self.services[id.0 as usize].outstanding -= 1;
    }

    /// The request for a job of a resident service. A submitted job keeps its service resident.
    pub(crate) fn invoke(&self, terms: &Terms) -> Option<Invoke> {
        let placed = self.services.get(terms.service.0 as usize)?.placed.as_ref()?;
        Some(Invoke {
            entry: placed.entry,
            record: placed.record,
            generation: self.zone.generation(),
            data_bytes: placed.data_bytes,
            budget_us: terms.budget_us,
            grace_us: terms.grace_us,
            memory_kib: terms.memory_kib,
            body_bytes: terms.body_bytes,
            mode: terms.mode as u8,
            heap: terms.heap as u8,
            ..Invoke::default()
        })
    }

    fn get(&self, id: ServiceId) -> Result<&Service, PlaceError> {
        self.services
            .get(id.0 as usize)
            .ok_or(PlaceError::UnknownService { number: id.0, deployed: self.services.len() })
    }
}

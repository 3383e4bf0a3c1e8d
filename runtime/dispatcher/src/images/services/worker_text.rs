//! The text of a resident image as one worker has it: what breakpoints are stored in.

use mote_loader::{Placed, StopByte, StopLines};

use crate::images::services::{Resident, Services};
use crate::images::zones::Zones;

/// See the module.
#[derive(Debug)]
pub(crate) struct WorkerText<'a> {
    zones: &'a mut Zones,
    placed: &'a Placed,
    lines: &'a StopLines,
    worker: usize,
}

impl<'a> WorkerText<'a> {
    /// The image's stop points.
    pub(crate) fn lines(&self) -> &'a StopLines {
        self.lines
    }

    /// Stores a breakpoint over a stop point.
    #[inline]
    pub(crate) fn poison(&mut self, stop: StopByte) {
        self.zones.poison(self.placed, self.worker, stop);
    }

    /// Stores the byte that belongs there.
    #[inline]
    pub(crate) fn restore(&mut self, stop: StopByte) {
        self.zones.restore(self.placed, self.worker, stop);
    }
}

impl Services {
    /// The text of the image that `resident` holds, as `worker` has it; that image may be retired.
    pub(crate) fn text_of(&mut self, resident: &Resident, worker: usize) -> Option<WorkerText<'_>> {
        let version = resident.0;
        let index = version.service.index();
        let (hot, cold) = (self.hot.get(index)?, self.cold.get(index)?);
        let (placed, lines) = if hot.version == version.number {
            (cold.placed.as_ref()?, cold.image.as_ref()?.stop_lines())
        } else {
            let occupied = self.retired.get(version)?;
            (&occupied.placed, &occupied.stops)
        };
        Some(WorkerText { zones: &mut self.zones, placed, lines, worker })
    }
}

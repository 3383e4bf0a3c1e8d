//! How cost grows with the number of resident services: latency warm and cold, memory, mappings.

use std::thread::sleep;
use std::time::Duration;

use serde::Serialize;

use super::Setting;
use super::libraries::Libraries;
use super::processes::Processes;
use super::programs::{LIBRARY_LEAN, LIBRARY_STD, Program};
use super::random::Random;
use super::row::Row;
use super::stage::{Stage, own_stamp_ns};
use super::table1;
use crate::status::Failure;

/// How many of our services are resident.
const RESIDENT: &[usize] = &[1, 1_000, 5_000, 20_000];
/// The same for contenders that cannot have the last: a library takes five of the 65,530 mappings
/// that Linux gives a process by default, and so many processes are more than Linux lets be.
const RESIDENT_OTHERS: &[usize] = &[1, 1_000, 5_000];
/// The same for `--quick`.
const RESIDENT_QUICK: &[usize] = &[1, 100];

/// One contender at one number of services.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Growth {
    pub(super) contender: &'static str,
    #[serde(skip)]
    pub(super) title: &'static str,
    pub(super) resident: usize,
    pub(super) warm_p50_ns: u64,
    pub(super) cold_p50_ns: u64,
    pub(super) rss_bytes_each: u64,
    /// The worker's mappings; not counted for the others.
    pub(super) mappings: Option<usize>,
}

/// Who grows.
#[derive(Clone, Copy, Debug)]
enum Contender {
    Mote,
    Process,
    Std,
    Lean,
}

impl Contender {
    const ALL: &[Self] = &[Self::Mote, Self::Process, Self::Lean, Self::Std];

    fn name(self) -> &'static str {
        match self {
            Self::Mote => "mote",
            Self::Process => "process",
            Self::Std => "dlopen_std",
            Self::Lean => "dlopen_lean",
        }
    }

    /// Its name in words.
    fn title(self) -> &'static str {
        match self {
            Self::Mote => "Mote",
            Self::Process => "process",
            Self::Std => "library with std",
            Self::Lean => "library without std",
        }
    }

    fn resident(self, is_quick: bool) -> &'static [usize] {
        match self {
            Self::Mote => RESIDENT,
            _ if is_quick => RESIDENT_QUICK,
            _ => RESIDENT_OTHERS,
        }
    }
}

/// Warm-up and samples, warm and cold.
struct Samples {
    warm: (u64, u64),
    cold: (u64, u64),
}

/// What is measured of one contender at one number of services.
struct Measured {
    warm: Row,
    cold: Row,
    bytes_each: u64,
    mappings: Option<usize>,
}

/// Steps of the progress bar.
pub(super) fn steps(is_quick: bool) -> u64 {
    let counts = Contender::ALL.iter().map(|contender| contender.resident(is_quick).len());
    counts.sum::<usize>() as u64
}

/// Measures one contender after the other, with more and more services.
pub(super) fn measure(setting: &Setting<'_>) -> Result<(Vec<Row>, Vec<Growth>), Failure> {
    let samples = match setting.is_quick {
        true => Samples { warm: (100, 500), cold: (5, 20) },
        false => Samples { warm: (1_000, 20_000), cold: (50, 500) },
    };
    let (mut rows, mut growths) = (Vec::new(), Vec::new());
    for &contender in Contender::ALL {
        for &resident in contender.resident(setting.is_quick) {
            setting.step(&format!("{}, {resident} resident", contender.name()));
            let measured = at(setting, contender, resident, &samples)?;
            growths.push(growth(contender, resident, &measured));
            rows.extend([measured.warm, measured.cold]);
        }
    }
    Ok((rows, growths))
}

fn growth(contender: Contender, resident: usize, measured: &Measured) -> Growth {
    Growth {
        contender: contender.name(),
        title: contender.title(),
        resident,
        warm_p50_ns: measured.warm.p50_ns().unwrap_or(0),
        cold_p50_ns: measured.cold.p50_ns().unwrap_or(0),
        rss_bytes_each: measured.bytes_each,
        mappings: measured.mappings,
    }
}

fn at(
    setting: &Setting<'_>,
    contender: Contender,
    resident: usize,
    samples: &Samples,
) -> Result<Measured, Failure> {
    let row = |how: &str| {
        let name = format!("{}_{how}_at_{resident}", contender.name());
        Row::new(name, format!("{}, {how}", contender.title())).with_resident(resident)
    };
    let mut measured =
        Measured { warm: row("warm"), cold: row("cold"), bytes_each: 0, mappings: None };
    match contender {
        Contender::Mote => mote(setting, resident, samples, &mut measured)?,
        Contender::Process => processes(setting, resident, samples, &mut measured)?,
        Contender::Std => libraries(setting, &LIBRARY_STD, resident, samples, &mut measured)?,
        Contender::Lean => libraries(setting, &LIBRARY_LEAN, resident, samples, &mut measured)?,
    }
    measured.warm.rss_bytes_each = Some(measured.bytes_each);
    Ok(measured)
}

fn mote(
    setting: &Setting<'_>,
    resident: usize,
    samples: &Samples,
    measured: &mut Measured,
) -> Result<(), Failure> {
    let mut stage = Stage::start(setting.image("timestamp")?)?;
    let before_bytes = stage.memory_bytes()?;
    stage.fill(resident)?;
    stage.visit()?;
    let mut random = Random::new();
    let (warm_up, count) = samples.warm;
    for sample in 0..warm_up + count {
        let job = stage.job(random.below(resident), b"");
        let completed = stage.invoke(job)?;
        if sample >= warm_up {
            measured.warm.times.add(own_stamp_ns(&completed)?);
        }
    }
    let bytes = stage.memory_bytes()?.saturating_sub(before_bytes);
    measured.bytes_each = bytes / resident as u64;
    measured.mappings = Some(stage.mappings()?);
    table1::cold(&mut stage, &mut random, samples.cold, &mut measured.cold)
}

fn processes(
    setting: &Setting<'_>,
    resident: usize,
    samples: &Samples,
    measured: &mut Measured,
) -> Result<(), Failure> {
    let mut processes = Processes::start(resident, setting.place)?;
    let (warm_up, count) = samples.warm;
    let warm = &mut measured.warm.times;
    // A wake takes a hundred times as long as what it is compared with.
    setting.place.as_dispatcher(|| processes.warm(warm_up / 10, count / 10, warm))?;
    measured.bytes_each = processes.memory_bytes()? / resident as u64;
    let (warm_up, count) = samples.cold;
    setting.place.anywhere(|| processes.cold(warm_up, count, &mut measured.cold.times))
}

fn libraries(
    setting: &Setting<'_>,
    program: &Program,
    resident: usize,
    samples: &Samples,
    measured: &mut Measured,
) -> Result<(), Failure> {
    let mut libraries = Libraries::start(program, resident, setting.place)?;
    sleep(Duration::from_millis(2));
    setting.place.as_dispatcher(|| {
        let (warm_up, count) = samples.warm;
        libraries.warm(warm_up, count, &mut measured.warm.times)?;
        let (warm_up, count) = samples.cold;
        libraries.cold(warm_up, count, &mut measured.cold.times)
    })?;
    measured.bytes_each = libraries.bytes_each()?;
    Ok(())
}

//! How a venue starts: it is brought back, learns what is traded, and opens its doors.

use std::sync::Arc;

use super::definitions::define;
use super::services::not_there;
use super::{Services, Venue, now};
use crate::config::Config;
use crate::error::RunError;
use crate::gateway::Gateway;
use crate::gateway::net::Net;
use crate::host::Host;
use crate::journal::{Folder, Settings};
use crate::processors::Processors;
use crate::recovery::{self, Findings, Recovery, Witness};
use crate::slice;

impl Venue {
    /// Brings a venue back, or begins one, and opens its doors, beside services that run already.
    ///
    /// # Errors
    ///
    /// [`RunError`] where the journal, the instruments or the address cannot be used.
    pub fn open(config: &Config, services: &Services) -> Result<Self, RunError> {
        Self::open_before(config, services, &mut (), |_, _, ()| Ok(()))
    }

    /// As [`open`](Self::open); `witness` looks on while the venue is brought back, and those who go on
    /// where they were are let in by `seat`, before anything happens that they have not heard of.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), or what `seat` says.
    pub fn open_before<W: Witness>(
        config: &Config,
        services: &Services,
        witness: &mut W,
        seat: impl FnOnce(&mut Host, &Findings, &mut W) -> Result<(), RunError>,
    ) -> Result<Self, RunError> {
        let storage = Box::new(Folder::open(&config.journal.folder)?);
        let capacity = config.venue.capacity.into();
        let mut gateway = Gateway::new(&config.gateway, now());
        let settings = Settings::from(&config.journal);
        let recovered =
            recovery::recover(storage, capacity, settings, &mut (&mut gateway, &mut *witness))?;
        let Recovery { engine, sequencer, findings } = recovered;
        services.figures.note_recovery(&findings);
        let mut host = Host::resume(engine, sequencer);
        seat(&mut host, &findings, witness)?;
        let mut notes = match &config.venue.instruments {
            Some(file) => define(&mut host, &file.display().to_string(), &mut gateway)?,
            None => Vec::new(),
        };
        if host.engine().instruments().next().is_none() {
            notes.push(
                "no instrument is known, so no order is taken; define some in the file that \
                 `instruments` of [venue] names"
                    .to_owned(),
            );
        }
        let address = config.gateway.address;
        let net = Net::listen(address, config.network_optimization.0)
            .map_err(|source| RunError::Listen { address, source })?;
        let tick_ns = config.venue.tick_ms.get() * 1_000_000;
        Ok(Self {
            host,
            gateway,
            net,
            findings,
            notes,
            is_restless: config.low_latency_mode,
            tick_ns: (tick_ns > 0).then_some(tick_ns),
            requests: Vec::new(),
            figures: Arc::clone(&services.figures),
            health: Arc::clone(&services.health),
            read_at: 0,
            inbox: None,
            images: None,
        })
    }

    /// Binds this thread to the venue's own processor, and has it run as soon as it has something to
    /// do: other threads have been started by now.
    ///
    /// # Errors
    ///
    /// [`RunError`] where it may not run there.
    pub fn settle_down(&self, config: &Config) -> Result<(), RunError> {
        slice::take_short_ones();
        Processors(&config.cpu_affinity).bind_own().map_err(not_there)
    }
}

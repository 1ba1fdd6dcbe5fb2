//! A strategy's start: from a module to a guest that has taken its parameters.

use std::time::Instant;

use ringfence_core::wire::EVENT_LEN;

use super::{Allowance, Cache, IoBlock, LoadError, Program, Sandbox, SandboxConfig, Stats, error};
use crate::runtime::{Call, Engine, Imports, ImportsConfig};

impl Sandbox {
    /// Admits, compiles or finds compiled, and starts a strategy.
    ///
    /// # Errors
    ///
    /// [`LoadError`], whose sentence goes after the file's name.
    pub fn load(
        engine: &dyn Engine,
        cache: &Cache,
        wasm: &[u8],
        config: &SandboxConfig,
    ) -> Result<Self, LoadError> {
        let begun = Instant::now();
        let program = Program::prepare(engine, cache, wasm, config)?;
        program.check_params(&config.params)?;
        let mut sandbox = Self::start(&program, config)?;
        sandbox.stats.cold_start = begun.elapsed();
        Ok(sandbox)
    }

    /// Starts a strategy of a program that is ready: a fresh memory, `rf_init` called.
    ///
    /// # Errors
    ///
    /// [`LoadError`], whose sentence goes after the file's name.
    pub fn start(program: &Program, config: &SandboxConfig) -> Result<Self, LoadError> {
        let begun = Instant::now();
        let mut sandbox = Self::fresh(program, config)?;
        sandbox.check_version()?;
        sandbox.find_io()?;
        sandbox.init()?;
        sandbox.stats.cold_start = begun.elapsed();
        Ok(sandbox)
    }

    /// One whose guest has not been called yet.
    pub(super) fn fresh(program: &Program, config: &SandboxConfig) -> Result<Self, LoadError> {
        let imports = Imports::new(ImportsConfig {
            submitted_max: config.commands_max() as usize,
            log_bytes_per_second: config.log_bytes_per_second,
            log_bytes_kept: config.log_bytes_kept,
            seed: config.seed,
        });
        let mut sandbox = Self {
            better: program.better().cloned(),
            instance: program.instance(imports)?,
            io: IoBlock::default(),
            config: config.clone(),
            program: program.clone(),
            second: Allowance::new(config.gas_per_second),
            at_ns: 0,
            stats: Stats { from_cache: program.is_from_cache(), ..Stats::default() },
            fault: None,
            path: 0,
        };
        sandbox.instance.set_depth(i32::try_from(config.depth).unwrap_or(i32::MAX));
        Ok(sandbox)
    }

    fn check_version(&mut self) -> Result<(), LoadError> {
        let version = self.start_call(Call::AbiVersion)?.cast_unsigned();
        let [minor_low, minor_high, major_low, major_high] = version.to_le_bytes();
        error::check_version(
            u16::from_le_bytes([major_low, major_high]),
            u16::from_le_bytes([minor_low, minor_high]),
        )
    }

    fn find_io(&mut self) -> Result<(), LoadError> {
        let at = self.start_call(Call::Io)?.cast_unsigned();
        self.io = IoBlock::read(self.instance.memory(), at)?;
        Ok(())
    }

    fn init(&mut self) -> Result<(), LoadError> {
        let params = self.config.params.as_bytes();
        let cap = self.io.events_cap as usize * EVENT_LEN;
        if params.len() > cap {
            return Err(LoadError::ParamsTooLong { len: params.len(), cap });
        }
        let from = self.io.events_off as usize;
        let len = u32::try_from(params.len()).unwrap_or(u32::MAX);
        self.instance.memory_mut()[from..from + params.len()].copy_from_slice(params);
        let answer = self.start_call(Call::Init { params: self.io.events_off, len })?;
        self.instance.imports_mut().clear_submitted();
        if answer == 0 {
            return Ok(());
        }
        let last = self.log_lines().pop().map(|line| line.text).unwrap_or_default();
        let said = last.chars().filter(|letter| !letter.is_control()).collect();
        Err(LoadError::InitRefused { code: answer, said })
    }

    /// A call before the first event, on the budget of the start.
    fn start_call(&mut self, call: Call) -> Result<i32, LoadError> {
        let answer = self.call(call, self.config.gas_init).map_err(|fault| LoadError::Start {
            export: call.export(),
            fault,
            backtrace: self.backtrace(),
        })?;
        Ok(answer)
    }
}

//! Instances made beforehand, so that a start waits for nothing but the guest's own `rf_init`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::runtime::{EngineError, Imports, ImportsConfig, Instance};

/// Instances of one program that no guest's code ran in yet, with the pages that it will need.
#[derive(Debug, Default)]
pub(super) struct Reserve(Mutex<Vec<Ready>>);

/// One of them.
#[derive(Debug)]
struct Ready {
    instance: Box<dyn Instance>,
    /// Whether it is of the faster code that the program has by now.
    is_better: bool,
}

impl Reserve {
    /// One of that code, which calls `imports` from now on. Those of slower code are dropped.
    pub(super) fn take(&self, is_better: bool, imports: &mut Imports) -> Option<Box<dyn Instance>> {
        let mut ready = self.lock();
        ready.retain(|it| it.is_better == is_better);
        let Ready { mut instance, .. } = ready.pop()?;
        std::mem::swap(instance.imports_mut(), imports);
        Some(instance)
    }

    /// Makes instances of that code by `make` until `count` are there. Those of slower code are dropped.
    pub(super) fn fill(
        &self,
        count: usize,
        is_better: bool,
        make: impl Fn(Imports) -> Result<Box<dyn Instance>, EngineError>,
    ) -> Result<(), EngineError> {
        self.lock().retain(|it| it.is_better == is_better);
        while self.lock().len() < count {
            // Nobody waits at the lock for an instance that is being made.
            let instance = make(Imports::new(ImportsConfig::NONE))?;
            self.lock().push(Ready { instance, is_better });
        }
        Ok(())
    }

    /// How many are there.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Ready>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

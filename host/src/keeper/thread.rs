//! Writes images beside the venue's thread.

use std::io;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use super::Keeper;
use crate::seat::SeatImage;

/// A thread that writes what it is given. Dropping it waits until everything is written.
#[derive(Debug)]
pub struct KeeperThread {
    to: Option<SyncSender<SeatImage>>,
    thread: Option<JoinHandle<()>>,
}

/// Images that may wait to be written.
const IMAGES_MAX: usize = 4;

impl KeeperThread {
    /// Starts it. `complain` hears of what could not be written.
    ///
    /// # Errors
    ///
    /// Where there can be no thread.
    pub fn start(keeper: Keeper, complain: impl Fn(String) + Send + 'static) -> io::Result<Self> {
        let (to, images) = sync_channel::<SeatImage>(IMAGES_MAX);
        let work = move || {
            while let Ok(image) = images.recv() {
                if let Err(error) = keeper.write(&image, &image.to_bytes()) {
                    complain(format!("no image of the strategy {}: {error}", image.name()));
                }
            }
        };
        let thread = std::thread::Builder::new().name("images".into()).spawn(work)?;
        Ok(Self { to: Some(to), thread: Some(thread) })
    }

    /// Has an image written, where there is room for it; gives it back where there is none.
    #[must_use]
    pub fn offer(&self, image: SeatImage) -> Option<SeatImage> {
        match self.to.as_ref()?.try_send(image) {
            Ok(()) => None,
            Err(TrySendError::Full(image) | TrySendError::Disconnected(image)) => Some(image),
        }
    }

    /// Has an image written, however long there is no room for it.
    pub fn give(&self, image: SeatImage) {
        if let Some(to) = &self.to {
            // A thread that is gone has complained.
            _ = to.send(image);
        }
    }
}

impl Drop for KeeperThread {
    fn drop(&mut self) {
        self.to = None;
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

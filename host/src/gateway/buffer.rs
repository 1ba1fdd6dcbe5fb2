//! Bytes on their way in or out, in a bounded piece of memory.

/// A queue of bytes.
#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Box<[u8]>,
    from: usize,
    to: usize,
}

impl Buffer {
    pub(crate) fn new(len: usize) -> Self {
        Self { bytes: vec![0; len].into_boxed_slice(), from: 0, to: 0 }
    }

    /// What waits.
    pub(crate) fn data(&self) -> &[u8] {
        &self.bytes[self.from..self.to]
    }

    /// Forgets the first bytes that wait.
    pub(crate) fn take(&mut self, len: usize) {
        self.from += len;
        debug_assert!(self.from <= self.to, "no more is taken than waits");
        if self.from == self.to {
            (self.from, self.to) = (0, 0);
        }
    }

    /// Room behind what waits, to be filled.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        if self.from > 0 && self.bytes.len() - self.to < self.bytes.len() / 4 {
            self.bytes.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
        }
        &mut self.bytes[self.to..]
    }

    /// Notes that the first bytes of the space were filled.
    pub(crate) fn fill(&mut self, len: usize) {
        self.to += len;
        debug_assert!(self.to <= self.bytes.len(), "no more is filled than there is room for");
    }

    /// Forgets everything.
    pub(crate) const fn clear(&mut self) {
        (self.from, self.to) = (0, 0);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// Puts all of `bytes` behind what waits, where there is room.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> bool {
        let Some(space) = self.space().get_mut(..bytes.len()) else { return false };
        space.copy_from_slice(bytes);
        self.fill(bytes.len());
        true
    }
}

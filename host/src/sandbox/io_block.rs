//! Where in its memory a guest exchanges records with its host.

use ringfence_core::wire::{COMMAND_LEN, EVENT_LEN};

use super::ABI_VERSION;

/// What `rf_io` points at, checked: its buffers are in the guest's memory and apart.
///
/// Offsets stay true for the life of the guest, because a Wasm memory never shrinks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IoBlock {
    /// Offset of the events.
    pub events_off: u32,
    /// How many there is room for.
    pub events_cap: u32,
    /// Offset of the commands.
    pub commands_off: u32,
    /// How many there is room for.
    pub commands_cap: u32,
}

/// Why a block makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IoError {
    /// It does not lie in the memory, or not on a multiple of 64.
    #[error(
        "{what}: {len} bytes at {offset}, which must lie within the memory and begin at a multiple of 64"
    )]
    Misplaced {
        /// Block or buffer.
        what: &'static str,
        /// Where.
        offset: u32,
        /// Bytes of it.
        len: u64,
    },
    /// It does not begin with `RFIO`.
    #[error("the block does not begin with RFIO, but with {magic:#010x}: export it from the SDK")]
    Magic {
        /// What it begins with.
        magic: u32,
    },
    /// It is of another version.
    #[error("the block is of version {major}.{minor}, and this host speaks {}.{}", ABI_VERSION.0, ABI_VERSION.1)]
    Version {
        /// Its major version.
        major: u16,
        /// Its minor version.
        minor: u16,
    },
    /// Its records have another length.
    #[error(
        "events of {event} bytes and commands of {command}, but version 1.0 has {EVENT_LEN} and {COMMAND_LEN}"
    )]
    Stride {
        /// Bytes of an event.
        event: u16,
        /// Bytes of a command.
        command: u16,
    },
    /// It has room for no record, or for more than is ever handed over.
    #[error("room for {cap} {what}, but it must be from 1 to {CAP_MAX}")]
    Cap {
        /// Events or commands.
        what: &'static str,
        /// How many.
        cap: u32,
    },
    /// It sets flags that version 1.0 does not have.
    #[error("flags {flags:#x}, but version 1.0 has none")]
    Flags {
        /// Which.
        flags: u32,
    },
    /// Two of block, events and commands share bytes.
    #[error("the {first} and the {second} overlap")]
    Overlap {
        /// One.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
}

impl IoBlock {
    /// Reads and checks the block at `at`.
    ///
    /// # Errors
    ///
    /// [`IoError`], the first that applies.
    pub fn read(memory: &[u8], at: u32) -> Result<Self, IoError> {
        check_place("block", at, BLOCK_LEN, memory)?;
        let field = |offset: usize| {
            let from = at as usize + offset;
            let bytes = memory[from..].first_chunk::<4>().copied().unwrap_or_default();
            u32::from_le_bytes(bytes)
        };
        let halves = |offset: usize| {
            let [low0, low1, high0, high1] = field(offset).to_le_bytes();
            (u16::from_le_bytes([low0, low1]), u16::from_le_bytes([high0, high1]))
        };
        let (magic, (major, minor), (event, command)) = (field(0), halves(4), halves(24));
        let block = Self {
            events_off: field(8),
            events_cap: field(12),
            commands_off: field(16),
            commands_cap: field(20),
        };
        if magic != MAGIC {
            return Err(IoError::Magic { magic });
        }
        if major != ABI_VERSION.0 || minor > ABI_VERSION.1 {
            return Err(IoError::Version { major, minor });
        }
        if usize::from(event) != EVENT_LEN || usize::from(command) != COMMAND_LEN {
            return Err(IoError::Stride { event, command });
        }
        for (what, cap) in [("events", block.events_cap), ("commands", block.commands_cap)] {
            if !(1..=CAP_MAX).contains(&cap) {
                return Err(IoError::Cap { what, cap });
            }
        }
        if field(28) != 0 {
            return Err(IoError::Flags { flags: field(28) });
        }
        block.check_buffers(at, memory)?;
        Ok(block)
    }

    /// A block that was read and checked before, in a memory that may be another one.
    pub(super) fn again(self, memory: &[u8]) -> Result<Self, IoError> {
        for (what, cap) in [("events", self.events_cap), ("commands", self.commands_cap)] {
            if !(1..=CAP_MAX).contains(&cap) {
                return Err(IoError::Cap { what, cap });
            }
        }
        check_apart(&self.buffers(), memory)?;
        Ok(self)
    }

    fn check_buffers(self, at: u32, memory: &[u8]) -> Result<(), IoError> {
        let [events, commands] = self.buffers();
        check_apart(&[("block", at, BLOCK_LEN), events, commands], memory)
    }

    const fn buffers(self) -> [Place; 2] {
        [
            ("events", self.events_off, self.events_cap as u64 * EVENT_LEN as u64),
            ("commands", self.commands_off, self.commands_cap as u64 * COMMAND_LEN as u64),
        ]
    }
}

/// What, where, and how long.
type Place = (&'static str, u32, u64);

/// Whether all of these lie in the memory, and no two share a byte.
fn check_apart(places: &[Place], memory: &[u8]) -> Result<(), IoError> {
    for &(what, offset, len) in places {
        check_place(what, offset, len, memory)?;
    }
    for (at, &(first, first_off, first_len)) in places.iter().enumerate() {
        for &(second, second_off, second_len) in &places[at + 1..] {
            let (first_off, second_off) = (u64::from(first_off), u64::from(second_off));
            if first_off < second_off + second_len && second_off < first_off + first_len {
                return Err(IoError::Overlap { first, second });
            }
        }
    }
    Ok(())
}

fn check_place(what: &'static str, offset: u32, len: u64, memory: &[u8]) -> Result<(), IoError> {
    if offset.is_multiple_of(ALIGNMENT) && u64::from(offset) + len <= memory.len() as u64 {
        Ok(())
    } else {
        Err(IoError::Misplaced { what, offset, len })
    }
}

/// What a block begins with.
const MAGIC: u32 = u32::from_le_bytes(*b"RFIO");

/// Bytes of a block.
const BLOCK_LEN: u64 = 32;

/// A cache line.
const ALIGNMENT: u32 = 64;

/// Records of one kind that a guest may have room for.
const CAP_MAX: u32 = 65_536;

//! A strategy between two calls, as bytes: it goes on from them in another process, on any engine.
//!
//! What is in them: memory, mutable globals, where records are exchanged, what is left of the gas of
//! the present second, and what the host keeps for the guest: time, random numbers, log, metrics.
//! What is not: the module and its limits, which whoever restores names; what the floor keeps of a
//! seat, such as its mail and when its timer rings next.

use super::allowance::Allowance;
use super::{Fault, IoBlock, LoadError, Program, Sandbox, SandboxConfig, Stats};
use crate::runtime::pages::PAGE_LEN;
use crate::runtime::{Kept, KeptLog, METRICS_MAX, WASM_PAGE_LEN};
use bytes::{Bytes, put_len};

mod bytes;

/// Why bytes are not a strategy that can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// They are something else.
    #[error("it is not the image of a strategy")]
    Foreign,
    /// They were written by another version.
    #[error("it is an image of version {version}, and this host reads {VERSION}")]
    Version {
        /// Which.
        version: u32,
    },
    /// They were changed, or cut off.
    #[error("it is damaged: its digest is not that of its bytes")]
    Damaged,
    /// They are of another module, or one admitted under other limits or by other rules.
    #[error("it is of another module, or of one admitted under other limits")]
    OtherModule,
    /// They are whole, but no strategy of this module can be in that state.
    #[error("it makes no sense: its {what}")]
    Senseless {
        /// What of it.
        what: &'static str,
    },
}

impl Sandbox {
    /// The strategy as it is between two calls.
    ///
    /// # Errors
    ///
    /// [`Fault`]: it is spent, and there is nothing to go on with.
    pub fn image(&mut self) -> Result<Vec<u8>, Fault> {
        self.check_sound()?;
        let mut out = Vec::with_capacity(IMAGE_LEN_USUAL);
        out.extend(MAGIC);
        out.extend(VERSION.to_le_bytes());
        out.extend(self.program.identity().bytes());
        let IoBlock { events_off, events_cap, commands_off, commands_cap } = self.io;
        for field in [events_off, events_cap, commands_off, commands_cap] {
            out.extend(field.to_le_bytes());
        }
        out.extend(self.at_ns.to_le_bytes());
        let (left, refilled_ns) = self.second.parts();
        out.extend(left.to_le_bytes());
        out.extend(refilled_ns.to_le_bytes());
        write_words(&self.stats.counts(), &mut out);
        write_kept(&self.instance.imports().kept(), &mut out);
        let globals = self.instance.globals();
        put_len(&mut out, globals.len());
        write_words(&globals, &mut out);
        write_memory(self.instance.memory(), &mut out);
        let digest = blake3::hash(&out);
        out.extend(digest.as_bytes());
        Ok(out)
    }

    /// A strategy of `program` that goes on where the one in `image` was. Decisions and gas are as
    /// if it had never stopped, on whatever engine.
    ///
    /// # Errors
    ///
    /// [`LoadError::Image`] where the bytes are not of this program; the engine's own.
    pub fn restore(
        program: &Program,
        config: &SandboxConfig,
        image: &[u8],
    ) -> Result<Self, LoadError> {
        let mut rest = open(program, image)?;
        let mut sandbox = Self::fresh(program, config)?;
        sandbox.read(&mut rest)?;
        Ok(sandbox)
    }

    fn read(&mut self, rest: &mut Bytes<'_>) -> Result<(), LoadError> {
        let io = IoBlock {
            events_off: rest.u32()?,
            events_cap: rest.u32()?,
            commands_off: rest.u32()?,
            commands_cap: rest.u32()?,
        };
        self.at_ns = rest.u64()?;
        let (left, refilled_ns) = (rest.u128()?, rest.u64()?);
        self.second = Allowance::resume(self.config.gas_per_second, left, refilled_ns);
        let mut counts = [0; Stats::COUNTS];
        for count in &mut counts {
            *count = rest.u64()?;
        }
        self.stats.set_counts(counts);
        if !self.instance.imports_mut().take_up(read_kept(rest)?) {
            return Err(ImageError::Senseless { what: "log" }.into());
        }
        let globals = (0..rest.u32()?).map(|_| rest.u64()).collect::<Result<Vec<_>, _>>()?;
        if globals.len() != self.instance.globals().len() {
            return Err(ImageError::Senseless { what: "globals" }.into());
        }
        self.instance.set_globals(&globals);
        self.read_memory(rest)?;
        self.io = io.again(self.instance.memory())?;
        Ok(())
    }

    fn read_memory(&mut self, rest: &mut Bytes<'_>) -> Result<(), LoadError> {
        let wrong = ImageError::Senseless { what: "memory" };
        let pages = rest.u32()?;
        // Admission bounds what it may grow to, so a wrong number is refused by the engine.
        if !self.instance.grow_memory(pages) || self.instance.memory().len() != len(pages) {
            return Err(wrong.into());
        }
        let mut parts = self.instance.memory_mut().chunks_mut(PAGE_LEN).enumerate();
        for _ in 0..rest.u32()? {
            let (number, contents) = (rest.u32()? as usize, rest.take(PAGE_LEN)?);
            // Parts that are not named are zeros, whatever the module's data says.
            let part = loop {
                match parts.next() {
                    Some((at, part)) if at == number => break part,
                    Some((_, part)) => clear(part),
                    None => return Err(wrong.into()),
                }
            };
            part.copy_from_slice(contents);
        }
        parts.for_each(|(_, part)| clear(part));
        if rest.is_empty() { Ok(()) } else { Err(wrong.into()) }
    }
}

/// What of an image follows its head, if it is one of this program.
fn open<'a>(program: &Program, image: &'a [u8]) -> Result<Bytes<'a>, ImageError> {
    let Some(rest) = image.strip_prefix(&MAGIC) else { return Err(ImageError::Foreign) };
    let version = Bytes(rest).u32()?;
    if version != VERSION {
        return Err(ImageError::Version { version });
    }
    let (bytes, digest) = image.split_last_chunk::<32>().ok_or(ImageError::Damaged)?;
    if blake3::hash(bytes) != blake3::Hash::from_bytes(*digest) {
        return Err(ImageError::Damaged);
    }
    let mut rest = Bytes(bytes.get(MAGIC.len() + 4..).ok_or(ImageError::Damaged)?);
    let identity = rest.take(32)?;
    if identity == program.identity().bytes().as_slice() {
        Ok(rest)
    } else {
        Err(ImageError::OtherModule)
    }
}

fn write_kept(kept: &Kept, out: &mut Vec<u8>) {
    let Kept { at_ns, rand, metrics, metrics_ignored, log } = kept;
    write_words(&metrics.map(i64::cast_unsigned), out);
    let KeptLog { ring, allowance, refilled_ns, dropped } = log;
    write_words(&[*at_ns, *rand, *metrics_ignored, *allowance, *refilled_ns, *dropped], out);
    put_len(out, ring.len());
    out.extend(ring);
}

fn read_kept(rest: &mut Bytes<'_>) -> Result<Kept, ImageError> {
    let mut metrics = [0; METRICS_MAX];
    for metric in &mut metrics {
        *metric = rest.u64()?.cast_signed();
    }
    let (at_ns, rand, metrics_ignored) = (rest.u64()?, rest.u64()?, rest.u64()?);
    let (allowance, refilled_ns, dropped) = (rest.u64()?, rest.u64()?, rest.u64()?);
    let len = rest.u32()? as usize;
    let ring = rest.take(len)?.to_vec();
    let log = KeptLog { ring, allowance, refilled_ns, dropped };
    Ok(Kept { at_ns, rand, metrics, metrics_ignored, log })
}

fn write_words(words: &[u64], out: &mut Vec<u8>) {
    out.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

/// Pages, and the parts that are not zeros, each with its number.
fn write_memory(memory: &[u8], out: &mut Vec<u8>) {
    put_len(out, memory.len() / WASM_PAGE_LEN);
    // Most of a memory is clear: it is looked at once, and how many parts are not is known behind it.
    let (at, mut used) = (out.len(), 0_u32);
    put_len(out, 0);
    for (number, part) in memory.chunks(PAGE_LEN).enumerate().filter(|(_, part)| !is_clear(part)) {
        put_len(out, number);
        out.extend(part);
        used += 1;
    }
    out[at..at + size_of::<u32>()].copy_from_slice(&used.to_le_bytes());
}

/// Writes nothing to a part that is clear: it takes no memory then.
fn clear(part: &mut [u8]) {
    if !is_clear(part) {
        part.fill(0);
    }
}

/// Whether a part is all zeros: compared as a whole, not byte by byte.
fn is_clear(part: &[u8]) -> bool {
    part == &CLEAR[..part.len()]
}

/// A part that is clear.
static CLEAR: [u8; PAGE_LEN] = [0; PAGE_LEN];

const fn len(pages: u32) -> usize {
    pages as usize * WASM_PAGE_LEN
}

/// What an image begins with.
const MAGIC: [u8; 8] = *b"RFGUEST\n";

/// Changes with the bytes.
const VERSION: u32 = 1;

/// Bytes of the image of a usual strategy.
const IMAGE_LEN_USUAL: usize = 1 << 18;

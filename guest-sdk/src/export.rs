//! Makes a module of a strategy: its exports, its buffers, its manifest and its panic handler.

use core::cell::{Cell, UnsafeCell};
use core::mem::MaybeUninit;

use ringfence_core::wire::{COMMAND_LEN, EVENT_LEN};

use crate::abi::{BUFFER_ALIGN, COMMANDS_CAP, EVENTS_CAP, IoBlock, code};
use crate::context::{LogLevel, log_line};
use crate::session::Session;
use crate::state::StateError;
use crate::strategy::Strategy;

mod heap;

pub use heap::Heap;

/// Makes a guest of a strategy; once in a crate.
///
/// On Wasm it emits everything that `docs/abi.md` asks for, a panic handler and an
/// allocator; the crate has to be `no_std` there. Elsewhere it only checks the manifest, so that
/// the crate is an ordinary library with ordinary tests:
///
/// ```
/// #![cfg_attr(target_arch = "wasm32", no_std)]
/// # use ringfence_guest::prelude::*;
/// # struct MyStrategy;
/// # impl Strategy for MyStrategy {
/// #     const NAME: &'static str = "mine";
/// #     const VERSION: &'static str = "1.0.0";
/// #     const SUBSCRIPTIONS: Interest = Interest::NONE;
/// #     fn new(_: &Params<'_>) -> Result<Self, ParamError> {
/// #         Ok(Self)
/// #     }
/// # }
/// ringfence_guest::export!(MyStrategy);
/// # fn main() {}
/// ```
///
/// # The heap
///
/// There is none, and whatever allocates panics, unless one of a fixed size is asked for, in
/// bytes: `export!(MyStrategy, heap: 1 << 20)`. That is a static of the guest's, handed out from
/// the front; what is given back is used again only where it was handed out last. This is right
/// for what is made once and kept, such as a `BookReplica` or a `Vec` with its capacity: a few
/// instructions an allocation, no growing memory, nothing to fragment. A guest that allocates and
/// frees while it trades declares a `#[global_allocator]` of its own and says `heap: own`.
#[macro_export]
macro_rules! export {
    ($strategy:ty) => {
        $crate::export!($strategy, heap: 0);
    };
    ($strategy:ty, heap: own) => {
        $crate::export!(@guest $strategy);
    };
    ($strategy:ty, heap: $heap:expr) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[global_allocator]
            static HEAP: $crate::export::Heap<{ $heap }> = $crate::export::Heap::new();
        };
        $crate::export!(@guest $strategy);
    };
    (@guest $strategy:ty) => {
        const _: () = {
            const MANIFEST_LEN: usize = $crate::manifest::len::<$strategy>();
            const MANIFEST: [u8; MANIFEST_LEN] =
                $crate::manifest::bytes::<$strategy, MANIFEST_LEN>();

            #[cfg(not(target_arch = "wasm32"))]
            const _: [u8; MANIFEST_LEN] = MANIFEST;

            #[cfg(target_arch = "wasm32")]
            const _: () = {
                #[used]
                // SAFETY: a custom section of plain bytes; nothing in the module refers to it.
                #[unsafe(link_section = "ringfence.manifest")]
                static SECTION: [u8; MANIFEST_LEN] = MANIFEST;

                static SLOT: $crate::export::Slot<$strategy> = $crate::export::Slot::new();

                #[panic_handler]
                fn on_panic(info: &::core::panic::PanicInfo<'_>) -> ! {
                    $crate::export::panicked(info)
                }

                // SAFETY: of this and the names below: no other symbol of a guest begins `rf_`.
                #[unsafe(no_mangle)]
                extern "C" fn rf_abi_version() -> i32 {
                    $crate::abi::VERSION.cast_signed()
                }

                #[unsafe(no_mangle)]
                extern "C" fn rf_io() -> usize {
                    SLOT.io()
                }

                #[unsafe(no_mangle)]
                extern "C" fn rf_init(params: usize, len: usize) -> i32 {
                    SLOT.init(params, len)
                }

                #[unsafe(no_mangle)]
                extern "C" fn rf_on_events(events: usize, count: usize) -> i32 {
                    SLOT.on_events(events, count)
                }

                #[unsafe(no_mangle)]
                extern "C" fn rf_export(to: usize, cap: usize) -> i32 {
                    SLOT.export(to, cap)
                }

                #[unsafe(no_mangle)]
                extern "C" fn rf_import(from: usize, len: usize, version: i32) -> i32 {
                    SLOT.import(from, len, version.cast_unsigned())
                }

                #[unsafe(no_mangle)]
                extern "C" fn rf_shutdown() {
                    SLOT.shutdown();
                }
            };
        };
    };
}

/// Everything static of a guest: its buffers and its strategy. For [`export!`](crate::export).
///
/// Starts as zeros alone, so that it takes no room in the module's file.
pub struct Slot<S> {
    buffers: UnsafeCell<Buffers>,
    session: UnsafeCell<MaybeUninit<Session<S>>>,
    ready: Cell<bool>,
    busy: Cell<bool>,
}

#[repr(C, align(64))]
struct Buffers {
    events: [[u8; EVENT_LEN]; EVENTS_CAP],
    commands: [[u8; COMMAND_LEN]; COMMANDS_CAP],
    io: MaybeUninit<IoBlock>,
}

const _: () = assert!(
    align_of::<Buffers>() == BUFFER_ALIGN && (EVENTS_CAP * EVENT_LEN).is_multiple_of(BUFFER_ALIGN)
);

// SAFETY: a guest has one thread: shared memory and threads are refused at admission.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
unsafe impl<S> Sync for Slot<S> {}

impl<S: Strategy> Slot<S> {
    /// Nothing there yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            buffers: UnsafeCell::new(Buffers {
                events: [[0; EVENT_LEN]; EVENTS_CAP],
                commands: [[0; COMMAND_LEN]; COMMANDS_CAP],
                io: MaybeUninit::zeroed(),
            }),
            session: UnsafeCell::new(MaybeUninit::uninit()),
            ready: Cell::new(false),
            busy: Cell::new(false),
        }
    }

    /// Writes the [`IoBlock`] and returns its address.
    pub fn io(&self) -> usize {
        self.alone(|buffers, _| {
            let offset = |address: usize| u32::try_from(address).unwrap_or(u32::MAX);
            let events = offset(buffers.events.as_ptr().addr());
            let commands = offset(buffers.commands.as_ptr().addr());
            core::ptr::from_ref(buffers.io.write(IoBlock::new(events, commands))).addr()
        })
        .unwrap_or(0)
    }

    /// Makes the strategy from the parameters that the host has written to the events buffer.
    pub fn init(&self, params: usize, len: usize) -> i32 {
        let made = self.alone(|buffers, _| {
            let text = buffers.events.as_flattened();
            if self.ready.get() {
                return Err(code::NOT_READY);
            }
            let is_there = len == 0 || params == text.as_ptr().addr();
            let Some(text) = text.get(..len).filter(|_| is_there) else {
                return Err(code::BAD_BUFFER);
            };
            let Ok(text) = core::str::from_utf8(text) else {
                log_line(LogLevel::Error, format_args!("the parameters are not UTF-8 text"));
                return Err(code::BAD_PARAMS);
            };
            Session::open(text).map_err(|wrong| {
                log_line(LogLevel::Error, format_args!("{wrong}"));
                code::BAD_PARAMS
            })
        });
        let Some(made) = made else {
            return code::RE_ENTERED;
        };
        match made {
            Err(code) => code,
            Ok(session) => {
                // SAFETY: `alone` has returned and nothing runs between it and here, so no other
                // reference to the session exists.
                unsafe { (*self.session.get()).write(session) };
                self.ready.set(true);
                code::OK
            }
        }
    }

    /// Handles the `count` events that the host has written, and returns how many commands there
    /// are to read.
    pub fn on_events(&self, events: usize, count: usize) -> i32 {
        let answer = self.alone(|buffers, session| {
            let Some(session) = session else {
                return code::NOT_READY;
            };
            let is_there = events == buffers.events.as_ptr().addr();
            let Some(events) = buffers.events.get(..count).filter(|_| is_there) else {
                return code::BAD_BUFFER;
            };
            let written = session.on_events(events, &mut buffers.commands);
            i32::try_from(written).unwrap_or(i32::MAX)
        });
        answer.unwrap_or(code::RE_ENTERED)
    }

    /// Writes what the next version has to know to the buffer of commands, `cap` bytes at most, and
    /// returns how many bytes that are.
    pub fn export(&self, to: usize, cap: usize) -> i32 {
        let answer = self.alone(|buffers, session| {
            let Some(session) = session else { return code::NOT_READY };
            let Some(room) = state_buffer(buffers, to, cap) else { return code::BAD_BUFFER };
            match session.export(room) {
                Ok(written) => i32::try_from(written).unwrap_or(i32::MAX),
                Err(wrong) => refuse(wrong),
            }
        });
        answer.unwrap_or(code::RE_ENTERED)
    }

    /// Takes over the `len` bytes that an earlier version wrote and the host has put into the buffer
    /// of commands.
    pub fn import(&self, from: usize, len: usize, version: u32) -> i32 {
        let answer = self.alone(|buffers, session| {
            let Some(session) = session else { return code::NOT_READY };
            let Some(state) = state_buffer(buffers, from, len) else { return code::BAD_BUFFER };
            session.import(state, version).map_or_else(refuse, |()| code::OK)
        });
        answer.unwrap_or(code::RE_ENTERED)
    }

    /// Lets the strategy write its last words.
    pub fn shutdown(&self) {
        self.alone(|_, session| session.map(Session::stop));
    }

    /// Runs `with` on what is there, unless something else does.
    fn alone<R>(&self, with: impl FnOnce(&mut Buffers, Option<&mut Session<S>>) -> R) -> Option<R> {
        if self.busy.replace(true) {
            return None;
        }
        // SAFETY: `busy` was false and stays true until `with` has returned (for ever where it
        // panics), and the slot is used by one thread: this is the only reference.
        let buffers = unsafe { &mut *self.buffers.get() };
        // SAFETY: as above; and `ready` is set only after the session has been written.
        let session = self.ready.get().then(|| unsafe { (*self.session.get()).assume_init_mut() });
        let result = with(buffers, session);
        self.busy.set(false);
        Some(result)
    }
}

/// The first `len` bytes of the buffer of commands, if that is what stands at `address`.
fn state_buffer(buffers: &mut Buffers, address: usize, len: usize) -> Option<&mut [u8]> {
    let bytes = buffers.commands.as_flattened_mut();
    let is_there = address == bytes.as_ptr().addr();
    bytes.get_mut(..len).filter(|_| is_there)
}

/// Logs why a state is not handed over.
fn refuse(wrong: StateError) -> i32 {
    log_line(LogLevel::Error, format_args!("{wrong}"));
    code::BAD_STATE
}

impl<S: Strategy> Default for Slot<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> core::fmt::Debug for Slot<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Slot").field("ready", &self.ready).field("busy", &self.busy).finish()
    }
}

/// Tells the host where and why the guest panicked, and traps.
#[cfg(target_arch = "wasm32")]
pub fn panicked(info: &core::panic::PanicInfo<'_>) -> ! {
    let mut text = crate::context::Line::new();
    let (mut line, mut col) = (0, 0);
    if let Some(at) = info.location() {
        (line, col) = (at.line().cast_signed(), at.column().cast_signed());
        _ = core::fmt::Write::write_str(&mut text, at.file());
        _ = core::fmt::Write::write_str(&mut text, ": ");
    }
    // A message that is cut is still a message.
    _ = core::fmt::write(&mut text, format_args!("{}", info.message()));
    crate::imports::panic(text.as_bytes(), line, col);
    core::arch::wasm32::unreachable()
}

#[cfg(test)]
mod tests;

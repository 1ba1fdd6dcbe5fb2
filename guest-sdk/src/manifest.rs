//! The manifest of a guest, written as JSON while the guest is compiled.

use ringfence_core::Interest;

use crate::abi;
use crate::params::Param;
use crate::strategy::Strategy;

/// Bytes of a strategy's manifest.
#[must_use]
pub const fn len<S: Strategy>() -> usize {
    write::<S, 0>(Counter::new()).len
}

/// A strategy's manifest; `LEN` is what [`len`] says.
///
/// # Panics
///
/// Where `LEN` is another number, or a text holds a quote, a backslash or a control character; as
/// this runs while the guest is compiled, it then does not compile.
#[must_use]
pub const fn bytes<S: Strategy, const LEN: usize>() -> [u8; LEN] {
    let written = write::<S, LEN>(Counter::new());
    assert!(written.len == LEN, "LEN is what manifest::len says");
    written.bytes
}

/// The imports that a strategy's guest may use: all harmless ones, and `submit` where it asks.
const fn imports<S: Strategy>() -> &'static [&'static str] {
    if S::SUBMITS { &ALL } else { &HARMLESS }
}

/// What every guest of this SDK may use; it has no need of `time_ns`, as events carry their time.
const HARMLESS: [&str; 4] =
    [abi::IMPORT_LOG, abi::IMPORT_PANIC, abi::IMPORT_RAND64, abi::IMPORT_METRIC];

const ALL: [&str; 5] = {
    let [log, panic, rand64, metric] = HARMLESS;
    [log, panic, rand64, metric, abi::IMPORT_SUBMIT]
};

const CLASSES: [(Interest, &str); 5] = [
    (Interest::TRADES, "trades"),
    (Interest::L1, "l1"),
    (Interest::L2, "l2"),
    (Interest::L3, "l3"),
    (Interest::STATUS, "phase"),
];

const fn write<S: Strategy, const LEN: usize>(mut out: Counter<LEN>) -> Counter<LEN> {
    out = out.raw("{\"abi\":\"").number(abi::MAJOR as u64).raw(".").number(abi::MINOR as u64);
    out = out.raw("\",\"name\":").string(S::NAME).raw(",\"version\":").string(S::VERSION);
    out = out.raw(",\"params\":[");
    let mut i = 0;
    while i < S::PARAMS.len() {
        out = out.comma(i).param(&S::PARAMS[i]);
        i += 1;
    }
    out = out.raw("],\"subscriptions\":[");
    let (mut i, mut written) = (0, 0);
    while i < CLASSES.len() {
        if S::SUBSCRIPTIONS.wants(CLASSES[i].0) {
            out = out.comma(written).string(CLASSES[i].1);
            written += 1;
        }
        i += 1;
    }
    if S::TIMER_NS != 0 {
        out = out.comma(written).string("timer");
    }
    out = out.raw("],\"timer_ns\":").number(S::TIMER_NS);
    out = out.raw(",\"state_version\":").number(S::STATE_VERSION as u64).raw(",\"imports\":[");
    let mut i = 0;
    while i < imports::<S>().len() {
        out = out.comma(i).string(imports::<S>()[i]);
        i += 1;
    }
    out.raw("]}")
}

/// Writes what fits into `LEN` bytes and counts the rest.
struct Counter<const LEN: usize> {
    bytes: [u8; LEN],
    len: usize,
}

impl<const LEN: usize> Counter<LEN> {
    const fn new() -> Self {
        Self { bytes: [0; LEN], len: 0 }
    }

    const fn byte(mut self, byte: u8) -> Self {
        if self.len < LEN {
            self.bytes[self.len] = byte;
        }
        self.len += 1;
        self
    }

    const fn raw(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut i = 0;
        while i < text.len() {
            self = self.byte(text[i]);
            i += 1;
        }
        self
    }

    const fn string(self, text: &str) -> Self {
        let letters = text.as_bytes();
        let mut i = 0;
        while i < letters.len() {
            let plain = letters[i] != b'"' && letters[i] != b'\\' && letters[i] >= b' ';
            assert!(plain, "a manifest's texts hold no quote, backslash or control character");
            i += 1;
        }
        self.byte(b'"').raw(text).byte(b'"')
    }

    const fn number(mut self, number: u64) -> Self {
        let mut unit = 1;
        while number / unit >= 10 {
            unit *= 10;
        }
        while unit > 0 {
            let [digit, ..] = (number / unit % 10).to_le_bytes();
            self = self.byte(b'0' + digit);
            unit /= 10;
        }
        self
    }

    const fn comma(self, already: usize) -> Self {
        if already == 0 { self } else { self.byte(b',') }
    }

    const fn param(self, param: &Param) -> Self {
        self.raw("{\"name\":")
            .string(param.name)
            .raw(",\"type\":")
            .string(param.kind.name())
            .raw(",\"default\":")
            .string(param.default)
            .raw(",\"about\":")
            .string(param.about)
            .raw("}")
    }
}

#[cfg(test)]
mod tests;

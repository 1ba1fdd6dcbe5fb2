//! A hash of the engine's state that is the same on every platform and in every run.

/// Feeds 64-bit words into a hash.
///
/// Not for keeping adversaries out: two states that differ by chance get different hashes, that
/// is all it is for. Two multiplications a word, integers only.
#[derive(Clone, Copy, Debug)]
pub struct StateHasher {
    hash: u64,
}

impl Default for StateHasher {
    fn default() -> Self {
        Self { hash: 0x5269_6E67_6665_6E63 }
    }
}

impl StateHasher {
    /// Takes one word.
    #[inline]
    pub fn word(&mut self, word: u64) {
        const ODD_A: u64 = 0x9E37_79B9_7F4A_7C15;
        const ODD_B: u64 = 0xD6E8_FEB8_6659_FD93;
        let mixed = (self.hash ^ word).wrapping_mul(ODD_A);
        self.hash = (mixed ^ (mixed >> 29)).wrapping_mul(ODD_B).rotate_left(23);
    }

    /// Takes a price or another signed word.
    #[inline]
    pub fn signed(&mut self, word: i64) {
        self.word(word.cast_unsigned());
    }

    /// Takes a signed number of 128 bits, the lower half first.
    #[allow(clippy::cast_possible_truncation, reason = "the two halves of the same 128 bits")]
    pub fn wide(&mut self, word: i128) {
        let bits = word.cast_unsigned();
        self.word(bits as u64);
        self.word((bits >> 64) as u64);
    }

    /// Takes whether there is a word, and the word.
    pub fn optional(&mut self, word: Option<i64>) {
        self.word(u64::from(word.is_some()));
        self.signed(word.unwrap_or_default());
    }

    /// The hash of all that was taken.
    #[must_use]
    pub fn finish(&self) -> u64 {
        self.hash ^ (self.hash >> 32)
    }
}

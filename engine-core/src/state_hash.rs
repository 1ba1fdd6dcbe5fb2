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

#[cfg(test)]
mod tests {
    use super::StateHasher;

    fn hash(feed: impl Fn(&mut StateHasher)) -> u64 {
        let mut hasher = StateHasher::default();
        feed(&mut hasher);
        hasher.finish()
    }

    /// Journals and snapshots keep these numbers: they are the same for ever.
    #[test]
    fn hashes_are_what_they_were() {
        assert_eq!(hash(|_| ()), 0x5269_6e67_340c_0004);
        assert_eq!(hash(|hasher| hasher.word(1)), 0x0b9e_3206_c0bb_4322);
        assert_eq!(hash(|hasher| hasher.signed(-1)), 0x210a_3e26_1dfb_bdd6);
        assert_eq!(hash(|hasher| hasher.wide(-1 << 64)), 0x15e8_a63a_152b_8943);
        assert_eq!(hash(|hasher| hasher.optional(Some(7))), 0x2d85_26a6_5804_33e4);
    }

    #[test]
    fn whether_there_is_a_word_is_part_of_the_hash() {
        let nothing = hash(|_| ());
        let none = hash(|hasher| hasher.optional(None));
        let some = hash(|hasher| hasher.optional(Some(0)));
        assert!(nothing != none && none != some && some != nothing);
        assert_ne!(some, hash(|hasher| hasher.optional(Some(1))));
        assert_ne!(hash(|hasher| hasher.wide(1)), hash(|hasher| hasher.wide(1 << 64)));
    }
}

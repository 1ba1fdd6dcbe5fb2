//! The middle of what was measured.

/// The median; of an even number the higher of the middle two.
///
/// # Panics
///
/// Where nothing was measured.
pub(super) fn median(mut samples: Vec<u64>) -> u64 {
    samples.sort_unstable();
    samples[samples.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn half_of_the_samples_are_no_larger() {
        assert_eq!(median(vec![7]), 7);
        assert_eq!(median(vec![9, 1, 5]), 5);
        assert_eq!(median(vec![9, 1]), 9);
    }
}

use super::*;

/// Memory that nobody has touched, given out page by page.
pub(crate) fn fresh(len: usize) -> &'static mut [u8] {
    let none = std::ptr::null_mut();
    let (allowed, kind) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping that is never taken away, and nobody else has.
    unsafe {
        let mapped = libc::mmap(none, len, allowed, kind, -1, 0);
        assert_ne!(mapped, libc::MAP_FAILED);
        libc::madvise(mapped, len, libc::MADV_NOHUGEPAGE);
        std::slice::from_raw_parts_mut(mapped.cast(), len)
    }
}

#[test]
fn what_was_written_is_told_from_what_was_not() {
    let memory = fresh(1 << 20);
    assert_eq!(resident(memory).unwrap(), 0);
    for at in [5, 4096, 9 * 4096 + 4095] {
        memory[at] = 1;
    }
    assert_eq!(written(memory).unwrap(), [0..2 * 4096, 9 * 4096..10 * 4096]);
    assert_eq!(resident(memory).unwrap(), 3 * 4096);
}

#[test]
fn pages_are_there_before_they_are_written_and_keep_what_is_in_them() {
    let memory = fresh(1 << 20);
    memory[4096] = 7;
    populate(memory, &[4096..3 * 4096, 8 * 4096..9 * 4096, 1 << 20..2 << 20]);
    assert_eq!(written(memory).unwrap(), [4096..3 * 4096, 8 * 4096..9 * 4096]);
    populate(&mut memory[1..], std::slice::from_ref(&(0..4096)));
    let there = written(memory).unwrap();
    assert_eq!(there, [4096..3 * 4096, 8 * 4096..9 * 4096], "not whole pages: left alone");
    assert_eq!(memory.iter().map(|byte| u32::from(*byte)).sum::<u32>(), 7);
}

#[test]
fn pages_of_another_length_are_not_taken_for_these() {
    check_page_len(4096).unwrap();
    let error = check_page_len(65_536).unwrap_err();
    assert_eq!(error.to_string(), "the system's pages have 65536 bytes, and not 4096");
}

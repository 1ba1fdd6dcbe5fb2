//! Whatever comes in at the admin door is a request or a sentence, and whatever is read as an image of
//! a seat is one.

use crate::admin::Request;
use crate::seat::SeatImage;

/// Reads bytes as a request, and as an image.
///
/// # Panics
///
/// Where a request says another thing when it is written down, or an image other bytes.
pub fn check_admin_bytes(bytes: &[u8]) {
    match Request::parse(bytes) {
        Ok(request) => {
            let again = Request::parse(request.to_line().as_bytes());
            assert_eq!(again.as_ref(), Ok(&request), "{:?}", String::from_utf8_lossy(bytes));
        }
        Err(problem) => assert!(!problem.is_empty(), "refused without a reason: {bytes:?}"),
    }
    // A digest that is right, so that more than the head is read.
    let mut signed = bytes.to_vec();
    signed.extend(blake3::hash(bytes).as_bytes());
    for bytes in [bytes, &signed] {
        if let Ok(image) = SeatImage::read(bytes) {
            assert_eq!(image.to_bytes(), bytes, "an image of other bytes");
        }
    }
}

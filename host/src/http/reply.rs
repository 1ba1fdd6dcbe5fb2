//! An answer as it travels.

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// What the body is.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Reply {
    /// Plain text.
    #[must_use]
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.into() }
    }

    /// JSON.
    #[must_use]
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, content_type: "application/json", body: format!("{body}\n") }
    }

    /// The bytes that are sent; `with_body` is false for HEAD.
    #[must_use]
    pub fn to_bytes(&self, keeps_open: bool, with_body: bool) -> Vec<u8> {
        let Self { status, content_type, body } = self;
        let reason = reason(*status);
        let connection = if keeps_open { "keep-alive" } else { "close" };
        let len = body.len();
        let allow = if *status == 405 { "allow: GET, HEAD\r\n" } else { "" };
        let mut bytes = format!(
            "HTTP/1.1 {status} {reason}\r\ncontent-type: {content_type}\r\ncontent-length: {len}\r\n\
             cache-control: no-store\r\nx-content-type-options: nosniff\r\n{allow}connection: \
             {connection}\r\n\r\n"
        )
        .into_bytes();
        if with_body {
            bytes.extend_from_slice(body.as_bytes());
        }
        bytes
    }
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Error",
    }
}

//! What the SDK makes, looked at from outside.

mod modules;

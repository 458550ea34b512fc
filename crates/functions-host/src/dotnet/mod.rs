//! The corners of .NET and Newtonsoft.Json that show through the host: base64, dates, numbers, JSON text.

mod base64;
mod date;
mod json;
mod number;

pub(crate) use base64::decode as decode_base64;
pub(crate) use date::{is_date, offset_text, utc_text};
pub(crate) use json::{compact, normalise, scalar_text};

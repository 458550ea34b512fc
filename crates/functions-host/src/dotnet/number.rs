//! `double.ToString()` of .NET Core 3.0 and later.

/// The shortest text that reads back as the same value; scientific from 1E+15 up and below 0.0001.
pub(crate) fn double_text(value: f64) -> String {
    if value == 0.0 {
        return if value.is_sign_negative() {
            "-0".to_owned()
        } else {
            "0".to_owned()
        };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-5 < exponent) && (exponent < 15) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}E{sign}{:02}", exponent.abs())
}

/// The same in JSON text, where a whole number keeps a decimal place.
pub(crate) fn json_double(value: f64) -> String {
    let text = double_text(value);
    if text.contains(['.', 'E']) {
        text
    } else {
        format!("{text}.0")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_read_as_dotnet_writes_them() {
        for (value, text) in [
            (1.10, "1.1"),
            (5.0, "5"),
            (0.0001, "0.0001"),
            (0.000_01, "1E-05"),
            (1e15, "1E+15"),
            (999_999_999_999_999.0, "999999999999999"),
            (-2.5e-7, "-2.5E-07"),
            (1e300, "1E+300"),
        ] {
            assert_eq!(double_text(value), text);
        }
        assert_eq!(json_double(5.0), "5.0");
    }
}

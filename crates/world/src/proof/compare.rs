//! Equality, plainly.

use serde_json::Value;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

/// How far apart two times may be: the service's database rounds to 1/300 s.
const TOLERANCE: Duration = Duration::milliseconds(10);

/// The fields that are times.
const TIMES: [&str; 2] = ["startTime", "endTime"];

/// Where two values first differ, if they do: `options[0].name`. Fields that only one side has differ.
pub(super) fn first_difference(at: &str, a: &Value, b: &Value) -> Option<String> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let extra = b.keys().filter(|name| !a.contains_key(*name));
            a.keys().chain(extra).find_map(|name| {
                let at = match at {
                    "" => name.clone(),
                    at => format!("{at}.{name}"),
                };
                match (a.get(name), b.get(name)) {
                    (Some(a), Some(b)) if TIMES.contains(&name.as_str()) => {
                        (!same_time(a, b)).then_some(at)
                    }
                    (Some(a), Some(b)) => first_difference(&at, a, b),
                    _ => Some(at),
                }
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(n, (a, b))| first_difference(&format!("{at}[{n}]"), a, b))
        }
        _ => (a != b).then(|| at.to_owned()),
    }
}

/// Within 10 ms; a time on the last day of 9999 is "never", in whichever form.
fn same_time(a: &Value, b: &Value) -> bool {
    let never = |time: &Value| {
        time.as_str()
            .is_some_and(|text| text.starts_with("9999-12-31"))
    };
    let parsed = |time: &Value| OffsetDateTime::parse(time.as_str()?, &Rfc3339).ok();
    if never(a) || never(b) {
        return never(a) && never(b);
    }
    match (parsed(a), parsed(b)) {
        (Some(a), Some(b)) => (a - b).abs() <= TOLERANCE,
        _ => false,
    }
}

/// Takes fields out of an object.
pub(super) fn remove(value: &mut Value, fields: &[&str]) {
    if let Some(object) = value.as_object_mut() {
        object.retain(|name, _| !fields.contains(&name.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn difference(a: Value, b: Value) -> Option<String> {
        first_difference("", &a, &b)
    }

    #[test]
    fn a_difference_is_found_wherever_it_is() {
        let a = json!({"options": [{"name": "a"}, {"name": "b", "keys": [1, 2]}]});
        assert_eq!(difference(a.clone(), a.clone()), None);
        let mut b = a.clone();
        b["options"][1]["keys"][1] = json!(3);
        assert_eq!(
            difference(a.clone(), b).as_deref(),
            Some("options[1].keys[1]")
        );
        let mut b = a.clone();
        b["options"][0]["more"] = Value::Null;
        assert_eq!(difference(a.clone(), b).as_deref(), Some("options[0].more"));
        assert_eq!(
            difference(a, json!({"options": []})).as_deref(),
            Some("options")
        );
    }

    #[test]
    fn only_times_have_a_tolerance() {
        let start = |text: &str| json!({"startTime": text});
        let of = |a, b| difference(start(a), start(b)).is_none();
        assert!(of(
            "2026-01-01T00:00:00.001Z",
            "2026-01-01T00:00:00.0110000Z"
        ));
        assert!(!of("2026-01-01T00:00:00.001Z", "2026-01-01T00:00:00.0111Z"));
        assert!(of(
            "9999-12-31T23:59:59.9999999Z",
            "9999-12-31T23:59:59.997Z"
        ));
        assert!(!of("9999-12-31T23:59:59.997Z", "9999-12-30T23:59:59.997Z"));
        assert!(!of("soon", "soon"));
        let created = |text: &str| json!({"created": text});
        let a = created("2026-01-01T00:00:00.001Z");
        assert!(difference(a, created("2026-01-01T00:00:00.002Z")).is_some());
    }
}

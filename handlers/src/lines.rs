//! The form of the log: one JSON object a line.

use std::{
    fmt,
    io::{self, Write},
};

use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Layer};

/// Writes each event as a line: time, level and message, the event's fields, its target. A field that is given with `%` or `?` holds JSON
/// and is an object or a list in the line, not a text with one inside: `lag = %lag` of a [`Value`].
pub(crate) struct Lines<F>(F);

impl<F> Lines<F> {
    /// Lines on what this opens for each of them.
    pub(crate) const fn new(open: F) -> Self {
        Self(open)
    }
}

impl<S, F, W> Layer<S> for Lines<F>
where
    S: Subscriber,
    F: Fn() -> W + 'static,
    W: Write,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut line = Map::new();
        let now = OffsetDateTime::now_utc();
        let micros = now.nanosecond() / 1000 * 1000;
        let now = now.replace_nanosecond(micros).unwrap_or(now);
        line.insert(
            "timestamp".to_owned(),
            text(now.format(&Rfc3339).unwrap_or_default()),
        );
        line.insert("level".to_owned(), text(metadata.level().as_str()));
        line.insert("message".to_owned(), text(fields.message));
        line.append(&mut fields.others);
        line.insert("target".to_owned(), text(metadata.target()));
        let mut bytes = Value::Object(line).to_string().into_bytes();
        bytes.push(b'\n');
        // Nobody is left to tell when standard output is closed.
        let _: io::Result<()> = (self.0)().write_all(&bytes);
    }
}

fn text(text: impl Into<String>) -> Value {
    Value::String(text.into())
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.others.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let said = format!("{value:?}");
        if field.name() == "message" {
            self.message = said;
        } else {
            let value = serde_json::from_str(&said);
            self.add(field, value.unwrap_or(Value::String(said)));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::json;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The log of some work.
    pub(crate) fn written(work: impl FnOnce()) -> String {
        let kept = Kept::default();
        let open = {
            let kept = kept.clone();
            move || kept.clone()
        };
        let subscriber = tracing_subscriber::registry().with(Lines::new(open));
        tracing::subscriber::with_default(subscriber, work);
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_line_is_one_object_with_its_fields_in_order() {
        let written = written(|| {
            tracing::info!(
                target: "handler",
                name = "a \"b\"\n",
                reason = None::<&str>,
                attempt = 3_u32,
                lag = %json!({"assets": 7, "streamingLocators": "unknown since T"}),
                "change"
            );
        });
        assert_eq!(written.matches('\n').count(), 1, "{written}");
        let line: Map<String, Value> = serde_json::from_str(&written).unwrap();
        let names: Vec<&str> = line.keys().map(String::as_str).collect();
        let expected = [
            "timestamp",
            "level",
            "message",
            "name",
            "attempt",
            "lag",
            "target",
        ];
        assert_eq!(names, expected);
        assert_eq!(
            (&line["level"], &line["name"]),
            (&json!("INFO"), &json!("a \"b\"\n"))
        );
        assert_eq!(line["lag"]["assets"], 7);
        let time = line["timestamp"].as_str().unwrap();
        assert!(OffsetDateTime::parse(time, &Rfc3339).is_ok(), "{time}");
    }
}

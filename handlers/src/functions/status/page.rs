//! The page: one file without scripts, that renews itself.

use std::fmt::{self, Display, Write};

use health::{Concern, Table, span, tables};
use state::{Heartbeat, Step};
use time::{Duration, OffsetDateTime};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}\
h1{font-size:1.3rem}h2{font-size:1rem;margin:1.6rem 0 .3rem}table{border-collapse:collapse}td,th{text-align:left;padding:.15rem 1.2rem .15rem 0;\
vertical-align:top}th{font-weight:600;color:#666}.good{color:#0a7a2f}.bad{color:#b3261e}.next,footer{color:#666}svg{width:100%;height:4rem;\
background:#f4f4f4}@media(prefers-color-scheme:dark){body{color:#ddd;background:#111}.good{color:#6fd38c}.bad{color:#ff8a80}svg{background:#222}}";

/// Five-minute steps of a day.
const STEPS: i64 = 288;

/// The height of the chart.
const HEIGHT: u64 = 60;

/// Everything on one page; what is wrong comes first.
pub(super) fn page(heartbeat: &Heartbeat, concerns: &[Concern], now: OffsetDateTime) -> String {
    let mut body = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut body, heartbeat, concerns, now);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"60\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>media-mirror</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )
}

fn write(
    body: &mut String,
    heartbeat: &Heartbeat,
    concerns: &[Concern],
    now: OffsetDateTime,
) -> fmt::Result {
    if concerns.is_empty() {
        body.write_str("<h1 class=\"good\">All is well</h1>")?;
    } else {
        body.write_str("<h1 class=\"bad\">Somebody should look</h1><ul>")?;
        for concern in concerns {
            let (what, next) = (Text(&concern.what), Text(&concern.next_step));
            write!(
                body,
                "<li>{what}<br><span class=\"next\">{next}</span></li>"
            )?;
        }
        body.write_str("</ul>")?;
    }
    let Some(figures) = &heartbeat.latest else {
        return Ok(());
    };
    chart(body, &heartbeat.steps, now)?;
    for shown in tables(figures, now) {
        table(body, &shown)?;
    }
    let measured = (now - figures.at).whole_seconds();
    let measured = span(u64::try_from(measured).unwrap_or_default());
    write!(body, "<footer><p>Measured {measured} ago.</p></footer>")
}

fn table(body: &mut String, table: &Table) -> fmt::Result {
    write!(body, "<h2>{}</h2><table><tr>", table.title)?;
    for head in &table.heads {
        write!(body, "<th>{head}</th>")?;
    }
    body.write_str("</tr>")?;
    for row in &table.rows {
        body.write_str("<tr>")?;
        for cell in row {
            write!(body, "<td>{}</td>", Text(cell))?;
        }
        body.write_str("</tr>")?;
    }
    body.write_str("</table>")
}

/// A bar for each five minutes of the last day: the most seconds behind, or red from top to bottom where it was unknown.
fn chart(body: &mut String, steps: &[Step], now: OffsetDateTime) -> fmt::Result {
    let most = |step: &Step| step.lag.values().copied().max().unwrap_or_default();
    let worst = steps.iter().map(most).max().unwrap_or_default();
    let (shown, start) = (span(worst), now - Duration::DAY);
    write!(
        body,
        "<h2>Last 24 hours, at most {shown} behind</h2><svg viewBox=\"0 0 {STEPS} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"lag\">"
    )?;
    for step in steps {
        let x = (step.at - start).whole_minutes().clamp(0, 5 * STEPS - 5) / 5;
        let (height, colour) = if step.unknown.is_empty() {
            let height = most(step).saturating_mul(HEIGHT).checked_div(worst);
            (height.unwrap_or_default().max(1), "#3b82c4")
        } else {
            (HEIGHT, "#d9534f")
        };
        let y = HEIGHT - height;
        write!(
            body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"1\" height=\"{height}\" fill=\"{colour}\"/>"
        )?;
    }
    body.write_str("</svg>")
}

/// A text that cannot be taken for HTML.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    #[test]
    fn what_comes_from_outside_cannot_be_taken_for_html() {
        let concern = Concern {
            what: "<script>alert('1')</script>".to_owned(),
            next_step: "a & \"b\"".to_owned(),
        };
        let page = page(&Heartbeat::default(), &[concern], NOW);
        assert!(page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"));
        assert!(page.contains("a &amp; &quot;b&quot;") && !page.contains("<script"));
    }

    #[test]
    fn an_unknown_hour_is_not_drawn_as_a_good_one() {
        let step = |minutes: i64, lag: u64, unknown: u32| Step {
            at: NOW - Duration::minutes(minutes),
            beats: 5,
            lag: [("assets".to_owned(), lag)].into(),
            unknown: (unknown > 0)
                .then(|| ("assets".to_owned(), unknown))
                .into_iter()
                .collect(),
            exceptions: 0,
            poisoned: 0,
            messages: 0,
        };
        let mut drawn = String::new();
        chart(&mut drawn, &[step(10, 30, 0), step(5, 0, 2)], NOW).unwrap();
        assert!(drawn.contains("at most 30 s behind"));
        assert!(drawn.contains("x=\"286\" y=\"0\" width=\"1\" height=\"60\" fill=\"#3b82c4\""));
        assert!(drawn.contains("x=\"287\" y=\"0\" width=\"1\" height=\"60\" fill=\"#d9534f\""));
    }
}

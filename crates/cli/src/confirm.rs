//! Questions, asked only where somebody can answer.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::failure::Failure;

/// Asks a question that is answered with yes or no. Without a terminal nobody can answer it: then `--yes` is the only way.
///
/// # Errors
/// When there is nobody to ask.
pub(crate) async fn confirm(yes: bool, question: &str) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::new(
            format!("{question} Nobody is there to answer"),
            "Nothing was changed. Run it in a terminal, or give --yes.",
        ));
    }
    let question = format!("{question} [y/N] ");
    let answer = tokio::task::spawn_blocking(move || {
        let mut stderr = io::stderr();
        // On standard error, so that a redirected output does not hide it.
        write!(stderr, "{question}")?;
        stderr.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok::<_, io::Error>(answer)
    });
    let answer = answer.await.map_err(io::Error::other)??;
    Ok(is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        assert!(is_yes("y\n") && is_yes("YES"));
        for no in ["", "\n", "n", "yes please", "1"] {
            assert!(!is_yes(no), "{no}");
        }
    }
}

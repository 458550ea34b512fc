//! The folder in which the accounts' resources survive a restart: a log of changes, one JSON object a line, rewritten
//! without what is superseded at every start.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::state::{Key, Record};

/// Where changes are appended.
pub(crate) struct Log {
    file: File,
}

#[derive(Serialize, Deserialize)]
struct Line {
    account: String,
    key: Key,
    /// Absent: the record was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<Record>,
}

/// A record with its account and key.
pub(crate) type Kept = (String, Key, Record);

impl Log {
    /// Opens the folder's log, making both if they are not there, and reads what was kept.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<(Self, Vec<Kept>)> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let path = folder.join("resources.jsonl");
        let kept = read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let fresh = folder.join("resources.jsonl.new");
        let mut file =
            File::create(&fresh).with_context(|| format!("cannot write {}", fresh.display()))?;
        for (account, key, record) in &kept {
            write(
                &mut file,
                &Line {
                    account: account.clone(),
                    key: key.clone(),
                    record: Some(record.clone()),
                },
            )?;
        }
        fs::rename(&fresh, &path).with_context(|| format!("cannot replace {}", path.display()))?;
        let file = OpenOptions::new().append(true).open(&path)?;
        Ok((Self { file }, kept))
    }

    pub(crate) fn put(&mut self, account: &str, key: &Key, record: &Record) {
        self.append(&Line {
            account: account.to_owned(),
            key: key.clone(),
            record: Some(record.clone()),
        });
    }

    pub(crate) fn remove(&mut self, account: &str, key: &Key) {
        self.append(&Line {
            account: account.to_owned(),
            key: key.clone(),
            record: None,
        });
    }

    /// A change that cannot be kept is still made: the simulator is of more use running.
    fn append(&mut self, line: &Line) {
        if let Err(error) = write(&mut self.file, line) {
            tracing::error!(%error, "a change will not survive a restart");
        }
    }
}

fn write(file: &mut File, line: &Line) -> anyhow::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    Ok(file.write_all(&text)?)
}

fn read(path: &Path) -> anyhow::Result<Vec<Kept>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut kept = BTreeMap::new();
    let mut lines = BufReader::new(file).lines().peekable();
    while let Some(line) = lines.next() {
        let line: Line = match serde_json::from_str(&line?) {
            Ok(line) => line,
            // The last line is cut short if the simulator was killed while it wrote.
            Err(_) if lines.peek().is_none() => break,
            Err(error) => anyhow::bail!(
                "a line is not what this version wrote ({error}); delete the file to start afresh"
            ),
        };
        let place = (line.account, line.key);
        match line.record {
            Some(record) => drop(kept.insert(place, record)),
            None => drop(kept.remove(&place)),
        }
    }
    Ok(kept
        .into_iter()
        .map(|((account, key), record)| (account, key, record))
        .collect())
}

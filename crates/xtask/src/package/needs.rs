//! What an executable wants of the machine that it will run on, read from the file itself.

use std::{collections::BTreeSet, fmt};

use anyhow::{Context, ensure};
use object::{
    LittleEndian,
    elf::{DT_NEEDED, EM_X86_64, FileHeader64},
    read::elf::{Dyn, FileHeader},
};

/// The oldest glibc that the handler must start on. Debian 10 has it, and RHEL 8; the images of Azure Functions are younger.
pub(super) const FLOOR: Version = Version(2, 28);

/// The libraries that come with glibc: nothing else is sure to be there.
const GLIBC: [&str; 6] = [
    "libc.so.6",
    "libdl.so.2",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
    "ld-linux-x86-64.so.2",
];

/// A version of glibc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The libraries that an executable loads, and the versions of their symbols.
#[derive(Debug)]
pub(super) struct Needs {
    libraries: BTreeSet<String>,
    versions: BTreeSet<String>,
}

impl Needs {
    /// Reads an executable for x86_64 Linux.
    ///
    /// # Errors
    /// When it is for another machine, or no executable.
    pub(super) fn of(elf: &[u8]) -> anyhow::Result<Self> {
        let header = FileHeader64::<LittleEndian>::parse(elf).context("not a 64-bit ELF file")?;
        let endian = header.endian().context("not little-endian")?;
        ensure!(
            header.e_machine(endian) == EM_X86_64,
            "it is not for x86_64"
        );
        let sections = header.sections(endian, elf)?;
        let mut needs = Self {
            libraries: BTreeSet::new(),
            versions: BTreeSet::new(),
        };
        if let Some((entries, link)) = sections.dynamic(endian, elf)? {
            let strings = sections.strings(endian, elf, link)?;
            for entry in entries {
                if entry.tag(endian) == DT_NEEDED {
                    needs.libraries.insert(text(entry.string(endian, strings)?));
                }
            }
        }
        if let Some((libraries, link)) = sections.gnu_verneed(endian, elf)? {
            let strings = sections.strings(endian, elf, link)?;
            for library in libraries {
                let (_, versions) = library?;
                for version in versions {
                    needs.versions.insert(text(version?.name(endian, strings)?));
                }
            }
        }
        Ok(needs)
    }

    /// The youngest glibc that a symbol asks for.
    ///
    /// # Errors
    /// When a version is not one of glibc.
    pub(super) fn glibc(&self) -> anyhow::Result<Option<Version>> {
        let versions = self.versions.iter().map(|version| {
            parse(version).with_context(|| format!("{version} is no version of glibc"))
        });
        Ok(versions
            .collect::<anyhow::Result<Vec<_>>>()?
            .into_iter()
            .max())
    }

    /// Nothing is wanted but a glibc that is as old as `floor`. Returns the one that is wanted.
    ///
    /// # Errors
    /// Says which library or version is too much.
    pub(super) fn fits(&self, floor: Version) -> anyhow::Result<Version> {
        let foreign = self
            .libraries
            .iter()
            .find(|library| !GLIBC.contains(&library.as_str()));
        if let Some(foreign) = foreign {
            anyhow::bail!("it loads {foreign}, which is not part of glibc");
        }
        let wanted = self
            .glibc()?
            .context("it wants no version of glibc: it is not linked as expected")?;
        ensure!(
            wanted <= floor,
            "it wants glibc {wanted}, and must start on {floor}"
        );
        Ok(wanted)
    }
}

/// `GLIBC_2.3.4` is of 2.3: the third number has not been used since.
fn parse(version: &str) -> Option<Version> {
    let mut numbers = version.strip_prefix("GLIBC_")?.split('.');
    let mut number = || numbers.next()?.parse().ok();
    Some(Version(number()?, number()?))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The one executable that a test is sure to have is the test itself.
    #[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
    #[test]
    fn the_versions_of_an_executable_are_found() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let mut needs = Needs::of(&own).unwrap();
        assert!(needs.libraries.contains("libc.so.6"), "{needs:?}");
        // What Rust links against its unwinder is not there everywhere.
        needs.libraries.remove("libgcc_s.so.1");
        needs
            .versions
            .retain(|version| version.starts_with("GLIBC_"));
        let wanted = needs.glibc().unwrap().unwrap();
        assert!(wanted >= Version(2, 17), "{needs:?}");
        assert_eq!(needs.fits(wanted).unwrap(), wanted);
        let refused = needs.fits(Version(2, 5)).unwrap_err().to_string();
        assert!(refused.contains(&wanted.to_string()), "{refused}");
    }

    fn needs(libraries: &[&str], versions: &[&str]) -> Needs {
        let set = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        Needs {
            libraries: set(libraries),
            versions: set(versions),
        }
    }

    #[test]
    fn versions_are_compared_by_number() {
        let old = needs(&["libc.so.6"], &["GLIBC_2.3.4", "GLIBC_2.9", "GLIBC_2.28"]);
        assert_eq!(old.fits(FLOOR).unwrap(), FLOOR);
        let young = needs(&["libc.so.6"], &["GLIBC_2.9", "GLIBC_2.29"]);
        assert!(young.fits(FLOOR).is_err());
    }

    #[test]
    fn what_is_not_part_of_glibc_is_refused() {
        let foreign = needs(&["libc.so.6", "libssl.so.3"], &["GLIBC_2.17"]);
        let said = foreign.fits(FLOOR).unwrap_err().to_string();
        assert!(said.contains("libssl.so.3"), "{said}");
        assert!(needs(&["libc.so.6"], &["GCC_3.0"]).fits(FLOOR).is_err());
        assert!(needs(&[], &[]).fits(FLOOR).is_err());
    }

    #[test]
    fn what_is_no_executable_is_refused() {
        assert!(Needs::of(b"#!/bin/sh\n").is_err());
    }
}

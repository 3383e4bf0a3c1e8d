//! What the command line says. Only `mote bench` writes it, so there is no help. Pure.

use std::path::PathBuf;
use std::str::FromStr;

use wasmtime::bail;
use wasmtime::error::Context as _;

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Write the modules `first` to `end - 1` and the spare ones into the folder.
    Compile { folder: PathBuf, first: usize, end: usize, spare: usize },
    /// Answer requests with these modules.
    Serve { folder: PathBuf, resident: usize, spare: usize, memory: PathBuf, instances: Instances },
    /// Stop an endless loop so many times, from a thread on that processor.
    Interrupt { cpu: usize, budget_us: u64, count: usize },
    /// Hash for so long.
    Hash { has_epochs: bool, duration_ms: u64 },
}

/// Which instance of a module answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instances {
    /// One for all requests.
    Kept,
    /// One for each request, in any slot of the pool.
    Fresh,
    /// One for each request, in the slot that the module had before.
    Own,
}

impl What {
    /// The first word chooses.
    pub(crate) fn parse(arguments: &[String]) -> wasmtime::Result<Self> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Ok(match words[..] {
            ["compile", folder, first, end, spare] => Self::Compile {
                folder: folder.into(),
                first: number(first)?,
                end: number(end)?,
                spare: number(spare)?,
            },
            ["serve", how, folder, resident, spare, memory] => Self::Serve {
                folder: folder.into(),
                resident: number(resident)?,
                spare: number(spare)?,
                memory: memory.into(),
                instances: instances(how)?,
            },
            ["interrupt", cpu, budget_us, count] => Self::Interrupt {
                cpu: number(cpu)?,
                budget_us: number(budget_us)?,
                count: number(count)?,
            },
            ["hash", how, duration_ms] => Self::Hash {
                has_epochs: one_of(how, "epochs", "plain")?,
                duration_ms: number(duration_ms)?,
            },
            _ => bail!("{words:?} is not what `mote bench` says; it is started by that alone"),
        })
    }
}

fn number<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    word: &str,
) -> wasmtime::Result<T> {
    word.parse::<T>().with_context(|| format!("{word:?} is not a number"))
}

fn instances(word: &str) -> wasmtime::Result<Instances> {
    Ok(match word {
        "kept" => Instances::Kept,
        "fresh" => Instances::Fresh,
        "own" => Instances::Own,
        _ => bail!("{word:?} is none of kept, fresh, own"),
    })
}

/// Whether the word is `yes`; it must be that or `no`.
fn one_of(word: &str, yes: &str, no: &str) -> wasmtime::Result<bool> {
    if word != yes && word != no {
        bail!("{word:?} is neither {yes} nor {no}");
    }
    Ok(word == yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> wasmtime::Result<What> {
        What::parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn words_choose_what_to_do() {
        let found = parse("serve kept /f 10 2 /m").unwrap();
        let (folder, memory, instances) = ("/f".into(), "/m".into(), Instances::Kept);
        assert_eq!(found, What::Serve { folder, resident: 10, spare: 2, memory, instances });
        let found = parse("hash plain 20").unwrap();
        assert_eq!(found, What::Hash { has_epochs: false, duration_ms: 20 });
    }

    #[test]
    fn other_words_are_refused_with_a_reason() {
        let refused = |line: &str| format!("{:#}", parse(line).unwrap_err());
        assert!(refused("hash fast 20").contains("neither"), "{}", refused("hash fast 20"));
        assert!(refused("hash plain many").contains("not a number"));
        assert!(refused("dance").contains("dance"));
    }
}

//! What a worker takes from itself before it reads anything: memory, core dumps, and on Linux writing (Landlock) and
//! the network (seccomp).
//!
//! In: [`Limits`]. Out: what is in force, as lines for people: a system that cannot do one of them does the others.
//! Deliberately elsewhere: time, which the supervisor watches (`watch.rs`), and sizes (`budget.rs`).
//! Sources: setrlimit(2), prctl(2), landlock(7), seccomp(2).

use crate::budget::Limits;

/// Open files: standard streams, the item, and what libraries need.
#[cfg(unix)]
const FILES: u64 = 64;

/// Limits this process for good, and says what is in force.
pub fn apply(limits: &Limits) -> Vec<String> {
    confine(limits, false)
}

/// The same for one that runs other programs, which inherit the rest.
pub fn apply_to_runner(limits: &Limits) -> Vec<String> {
    confine(limits, true)
}

fn confine(limits: &Limits, runs: bool) -> Vec<String> {
    #[cfg_attr(not(unix), allow(unused_mut, reason = "filled on unix"))]
    let mut force = vec![format!("at most {} s of silence from an item", limits.silence.as_secs())];
    #[cfg(unix)]
    force.extend(unix(limits));
    #[cfg(target_os = "linux")]
    force.extend(linux(runs));
    force
}

#[cfg(unix)]
fn unix(limits: &Limits) -> Vec<String> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    // On Linux what is reserved and never used does not count, nor do files that are mapped.
    #[cfg(target_os = "linux")]
    let (memory, name) = (Resource::Data, "RLIMIT_DATA");
    #[cfg(not(target_os = "linux"))]
    let (memory, name) = (Resource::As, "RLIMIT_AS");
    let set = |resource, most: u64| {
        let most = getrlimit(resource).maximum.map_or(most, |given| given.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).is_ok()
    };
    // Records may go to a file, which is a large one then.
    let to_file = rustix::fs::fstat(std::io::stdout())
        .is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file());
    [
        (set(memory, limits.memory), format!("at most {} MiB of memory ({name})", limits.memory >> 20)),
        (set(Resource::Core, 0), "no core dumps (RLIMIT_CORE)".to_owned()),
        (set(Resource::Nofile, FILES), format!("at most {FILES} open files (RLIMIT_NOFILE)")),
        (!to_file && set(Resource::Fsize, 0), "no file may grow (RLIMIT_FSIZE)".to_owned()),
    ]
    .into_iter()
    .filter_map(|(done, what)| done.then_some(what))
    .collect()
}

/// Keeps what this process holds out of core dumps, and other programs of the same account out of it: what was read is
/// in there, and the key.
pub fn keep_to_itself() -> bool {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).is_ok();
        // A core dump that is piped to a program heeds no limit.
        #[cfg(target_os = "linux")]
        let none =
            rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).is_ok() && none;
        none
    }
    #[cfg(not(unix))]
    false
}

#[cfg(target_os = "linux")]
fn linux(runs: bool) -> Vec<String> {
    let hidden = keep_to_itself();
    let mut force = Vec::new();
    if hidden {
        force.push("memory is not readable by other processes (PR_SET_DUMPABLE)".to_owned());
    }
    force.extend(read_only(runs).ok().flatten());
    force.extend(no_network(runs));
    force
}

/// Files may be read and nothing else.
#[cfg(target_os = "linux")]
fn read_only(runs: bool) -> Result<Option<String>, landlock::RulesetError> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, path_beneath_rules,
    };
    let abi = ABI::V5;
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let allowed = if runs { read | AccessFs::Execute } else { read };
    // What other programs say goes nowhere.
    let nowhere = if runs { &["/dev/null"][..] } else { &[] };
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules(["/"], allowed))?
        .add_rules(path_beneath_rules(nowhere, AccessFs::ReadFile | AccessFs::WriteFile))?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Some("files are read only (Landlock)".to_owned()),
        RulesetStatus::PartiallyEnforced => {
            Some("files are read only (Landlock, as much of it as this kernel has)".to_owned())
        }
        RulesetStatus::NotEnforced => None,
    })
}

/// No socket, no other program, no look into other processes.
#[cfg(target_os = "linux")]
fn no_network(runs: bool) -> Option<String> {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};
    const REFUSED: &[libc::c_long] = &[
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_bpf,
        libc::SYS_io_uring_setup,
    ];
    const RUN: &[libc::c_long] = &[libc::SYS_execve, libc::SYS_execveat];
    let arch = TargetArch::try_from(std::env::consts::ARCH).ok()?;
    #[allow(clippy::useless_conversion, reason = "a c_long is no i64 everywhere")]
    let rules =
        REFUSED.iter().filter(|call| !runs || !RUN.contains(call)).map(|call| (i64::from(*call), Vec::new())).collect();
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch).ok()?;
    let program = BpfProgram::try_from(filter).ok()?;
    seccompiler::apply_filter(&program).ok()?;
    Some("no network and no other programs (seccomp)".to_owned())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// In a thread of its own: Landlock and seccomp bind the thread that asks for them.
    #[test]
    fn a_worker_reads_and_does_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "x").unwrap();
        std::thread::spawn(move || {
            let read_only = read_only(false).unwrap().is_some();
            let alone = no_network(false).is_some();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), "x");
            assert_eq!(std::fs::write(&file, "y").is_err(), read_only);
            assert_eq!(std::net::UdpSocket::bind("127.0.0.1:0").is_err(), alone);
            assert_eq!(std::process::Command::new("/bin/true").spawn().is_err(), read_only || alone);
        })
        .join()
        .unwrap();
    }
}

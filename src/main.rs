//! The program: reads the command line, does as told, ends with the contract's exit code.

use std::env;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::process::{self, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sporhund::cli::{self, Command, UsageError};
use sporhund::{cost, engine, list, merge, report, run};

fn main() -> ExitCode {
    // What a panic says may quote what was read: only the place is told.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        report::tell(&format!("a mistake in sporhund itself, at {place}"));
    }));
    engine::limits::keep_to_itself();
    let stop = Arc::new(AtomicBool::new(false));
    let pressed = Arc::clone(&stop);
    // Without a handler Ctrl-C ends the program at once, which is bearable.
    let _ = ctrlc::set_handler(move || {
        if pressed.swap(true, Ordering::Relaxed) {
            report::abandon();
            process::exit(130);
        }
    });
    match panic::catch_unwind(AssertUnwindSafe(|| execute(stop))) {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(error)) => {
            report::tell(&error.to_string());
            ExitCode::from(2)
        }
        Err(_) => ExitCode::from(2),
    }
}

fn execute(stop: Arc<AtomicBool>) -> Result<u8, UsageError> {
    let command = cli::parse(env::args_os())?;
    // How schedulers and services stop a scan; a worker they may simply end. SIGHUP stays what `nohup` made of it.
    #[cfg(unix)]
    if matches!(command, Command::Scan(_) | Command::Subject(_)) {
        let _ = signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::clone(&stop));
    }
    match command {
        Command::Scan(options) if options.listed => return run::list(&options, &stop),
        Command::Scan(options) => return run::scan(&options, stop),
        Command::Subject(options) => return run::scan(&options, stop),
        Command::Redact(options, what) => return run::redact(&options, &what, stop),
        Command::Worker(options, supervised, stdin) => return run::work(&options, stop, supervised, stdin),
        Command::Key => run::key()?,
        Command::Ocr(limits) => run::ocr(&limits)?,
        Command::Verbose => run::verbose(),
        Command::Report(options) => merge::report(&options)?,
        Command::Detectors(user, today, json) => list::detectors(user.as_deref(), today, json, &mut io::stdout())?,
        Command::CheckDetectors(files, user, today) => {
            return list::check_detectors(&files, user.as_deref(), today, &mut io::stdout());
        }
        Command::Cost(text, user, today) => {
            cost::cost(text.as_deref(), user.as_deref(), today, &mut io::stdout())?;
        }
        Command::Policies(json) => list::policies(json, &mut io::stdout())?,
        Command::Rules(names, user, today) => list::rules(&names, user.as_deref(), today, &mut io::stdout())?,
        Command::Check(files, user, today) => return list::check(&files, user.as_deref(), today, &mut io::stdout()),
        Command::Schema => list::schema(&mut io::stdout())?,
        Command::Evaluate(options) => run::evaluate(*options, stop, &mut io::stdout())?,
        Command::Tell(text) => run::tell(&text)?,
    }
    Ok(0)
}

//! The processes of the functions: children of the local AWS with the function's name in `_HANDLER`
//! (docs/local-cloud.md).

use std::{collections::BTreeMap, fs, process::Command};

use crate::stack::LocalStack;

#[derive(Debug, Clone)]
pub struct WorkerProcesses {
    cloud: i64,
}

impl WorkerProcesses {
    pub(crate) fn new(stack: &LocalStack) -> Self {
        Self { cloud: stack.facts.number("/cloud_pid") }
    }
    /// Returns the function of each running process, by process id.
    pub fn running_processes(&self) -> BTreeMap<u32, String> {
        let processes = fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        ids.filter_map(|pid| Some((pid, self.function_of(pid)?))).collect()
    }
    /// Returns the process ids of these functions.
    pub fn processes_of(&self, functions: &[&str]) -> Vec<u32> {
        self.running_processes()
            .into_iter()
            .filter(|(_, name)| functions.contains(&name.as_str()))
            .map(|(pid, _)| pid)
            .collect()
    }
    /// Runs `kill -9` if the process still is one of the stack's functions; returns true if it was.
    pub fn kill_process(&self, pid: u32) -> bool {
        self.function_of(pid).is_some()
            && Command::new("kill")
                .args(["-9", &pid.to_string()])
                .status()
                .is_ok_and(|status| status.success())
    }
    fn function_of(&self, pid: u32) -> Option<String> {
        // the name in brackets may contain anything, so the fields are counted after it: state,
        // then the parent
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
        let (state, parent) = (fields.next()?, fields.next()?);
        if parent.parse::<i64>().ok()? != self.cloud || state == "Z" {
            return None;
        }
        let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
        let handler = environment
            .split(|byte| *byte == 0)
            .find_map(|variable| variable.strip_prefix(b"_HANDLER="))?;
        String::from_utf8(handler.to_vec()).ok()
    }
}

//! AWS's list prices for us-east-1 as of November 2026 (they can change), and how Lambda bills
//! time.

/// Dollars per million.
pub const WRITE_UNITS: f64 = 0.625;
pub const READ_UNITS: f64 = 0.125;
pub const SQS_REQUESTS: f64 = 0.40;
pub const INVOCATIONS: f64 = 0.20;
pub const HTTP_REQUESTS: f64 = 1.00;
/// The price of a request to SNS, which is also the price of a push.
pub const SNS_REQUESTS: f64 = 0.50;
/// Dollars per thousand.
pub const EMAILS: f64 = 0.10;
/// The price of an SMS in dollars. SNS has a price per country; this is what template.yaml assumes
/// (SmsCostMicros).
pub const SMS: f64 = 0.05;
/// Dollars per GB-second, arm64.
pub const GB_SECONDS: f64 = 0.000_013_333_4;
/// Dollars per GB of logs ingested.
pub const LOG_GB: f64 = 0.50;

/// The memory in MB with which a function has one whole core; with 256 MB it has a seventh of one.
pub const CORE_MB: f64 = 1_769.0;
/// The bytes that Lambda itself writes to the log for an invocation (START, END, REPORT).
pub const PLATFORM_LOG_BYTES: f64 = 350.0;
/// The bytes of a line of the API's access log.
pub const ACCESS_LOG_BYTES: f64 = 200.0;

/// Returns the billed GB-seconds of an invocation that took `wall` seconds on a machine with a
/// whole core, `cpu` of them computing.
pub fn gb_seconds(wall: f64, cpu: f64, memory_mb: f64) -> f64 {
    let slower = (CORE_MB / memory_mb).max(1.0);
    (wall - cpu + cpu * slower) * memory_mb / 1_024.0
}

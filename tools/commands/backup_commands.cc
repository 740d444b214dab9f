// checkpoint, backup, backups, restore, repair: copies of a database, and what to do without one.
#include <fmt/format.h>

#include <chrono>
#include <ctime>

#include "ashlar/backup.h"
#include "ashlar/repair.h"
#include "base/json_object.h"
#include "base/try.h"
#include "tools/command.h"
#include "tools/interrupt.h"
#include "tools/progress_bar.h"
#include "tools/session.h"
#include "tools/units.h"

namespace ashlar::tools {

namespace {

// Beside a live writer a reader's files may go away; it opens anew and tries again.
constexpr int kAttempts = 20;

// "2030-01-31T12:00:00Z".
std::string date_of(uint64_t us) {
  const auto seconds = static_cast<std::time_t>(us / 1'000'000);
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "?";
  char text[40];
  return std::string(text, std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts));
}

std::string json_of(const BackupInfo& backup, bool fresh) {
  JsonObject json;
  json.add("number", backup.number);
  json.add("taken", std::string_view(date_of(backup.taken_us)));
  json.add("taken_us", backup.taken_us);
  json.add("last_commit", backup.last_sequence);
  json.add("files", backup.files);
  json.add("bytes", backup.bytes);
  if (fresh) json.add("new_bytes", backup.new_bytes);
  return json.finish();
}

std::string line_of(const BackupInfo& backup) {
  return fmt::format("{:06}  {}  {:>10}  {} files, up to commit {}", backup.number,
                     date_of(backup.taken_us), human_bytes(backup.bytes), backup.files,
                     human_count(backup.last_sequence));
}

// Runs `take` on the open database until it does not meet files that the writer has just removed.
template <typename Take>
Status with_attempts(Session& session, const Take& take) {
  Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    status = take();
    if (!status.is(StatusCode::kBusy) || !session.is_read_only_view()) return status;
    ASHLAR_TRY(session.reopen());
  }
  return status;
}

Outcome checkpoint(Session& session, const Arguments& arguments) {
  ASHLAR_TRY(with_attempts(session, [&] { return session.db().checkpoint(arguments[0]); }));
  if (session.out().json()) session.out().line("{\"ok\": true}");
  return true;
}

Outcome backup(Session& session, const Arguments& arguments) {
  BackupInfo made;
  ASHLAR_TRY(with_attempts(session, [&]() -> Status {
    ASHLAR_TRY_ASSIGN(made, session.db().backup(arguments[0]));
    return {};
  }));
  session.out().result(fmt::format("{}; {} new", line_of(made), human_bytes(made.new_bytes)),
                       json_of(made, true));
  return true;
}

Outcome backups(Session& session, const Arguments& arguments) {
  const Output& out = session.out();
  std::vector<BackupInfo> found;
  const auto listed = list_backups(arguments[0], session.options().env, &found);
  if (!listed.ok() && !listed.status().is(StatusCode::kCorruption)) return listed.status();
  for (const BackupInfo& each : found) out.result(line_of(each), json_of(each, false));
  if (!arguments.has("--verify")) {
    ASHLAR_TRY(listed.status());
    return !found.empty();
  }
  Result<std::vector<std::string>> problems = Status();
  {
    ProgressBar bar(stderr, "verify", "KiB");
    problems =
        verify_backups(arguments[0], session.options().env, [&](uint64_t done, uint64_t total) {
          bar.update(done, total, done >> 10);
          return !interrupted();
        });
  }
  ASHLAR_TRY(problems.status());
  for (const std::string& problem : *problems) {
    if (out.json()) {
      JsonObject json;
      json.add("problem", std::string_view(problem));
      out.line(json.finish());
    } else {
      out.line(problem);
    }
  }
  if (problems->empty()) {
    if (!out.json()) out.line("all good");
    return true;
  }
  return Status::corruption(human_count(problems->size(), "problem found", "problems found"));
}

Outcome restore(Session& session, const Arguments& arguments) {
  RestoreOptions options;
  options.env = session.options().env;
  options.log_archive = std::string(arguments.value("--archive"));
  ASHLAR_TRY_ASSIGN(options.number, arguments.count("--backup", 0));
  if (arguments.has("--to")) {
    const auto now = std::chrono::system_clock::now();
    ASHLAR_TRY_ASSIGN(const auto moment, parse_moment(arguments.value("--to"), now));
    const auto us =
        std::chrono::duration_cast<std::chrono::microseconds>(moment.time_since_epoch()).count();
    if (us < 0) return Status::invalid_argument("--to lies before 1970");
    options.to_us = static_cast<uint64_t>(us);
  }
  ASHLAR_TRY_ASSIGN(const RestoreReport report,
                    restore_backup(arguments[0], arguments[1], options));
  JsonObject json;
  json.raw("backup", json_of(report.backup, false));
  json.add("commits_replayed", report.commits_replayed);
  json.add("reached", std::string_view(date_of(report.reached_us)));
  std::string text = fmt::format("restored backup {:06} of {}", report.backup.number,
                                 date_of(report.backup.taken_us));
  if (options.to_us) {
    text += fmt::format(" and {} behind it, up to {}",
                        human_count(report.commits_replayed, "commit", "commits"),
                        date_of(report.reached_us));
  }
  session.out().result(text, json.finish());
  return true;
}

Outcome repair_database(Session& session, const Arguments& arguments) {
  if (session.path().empty()) return Status::invalid_argument("repair needs a database");
  RepairOptions options;
  options.leave_out_doubtful = arguments.has("--leave-out-doubtful");
  options.compression = session.options().compression;
  options.memory_budget = session.options().memory_budget;
  options.env = session.options().env;
  RepairReport report;
  ASHLAR_TRY(repair(session.path(), arguments[0], options, &report));
  if (session.out().json()) {
    session.out().line(report.to_json());
  } else {
    session.out().bytes(report.to_text());
  }
  return report.complete();
}

}  // namespace

std::vector<Command> backup_commands() {
  constexpr std::string_view kGroup = "Copies";
  return {
      {.name = "checkpoint",
       .group = kGroup,
       .synopsis = "FOLDER",
       .summary = "Make a copy of the database as it is now, in a new folder.",
       .details =
           "Tables are linked where the file system can, so that it takes little room. Writers\n"
           "may go on meanwhile. The copy is a database of its own.",
       .minimum_words = 1,
       .maximum_words = 1,
       .run = checkpoint},
      {.name = "backup",
       .group = kGroup,
       .synopsis = "FOLDER",
       .summary = "Add a backup to a folder of backups.",
       .details = "Only what no earlier backup there has is copied.",
       .minimum_words = 1,
       .maximum_words = 1,
       .run = backup},
      {.name = "backups",
       .group = kGroup,
       .synopsis = "FOLDER",
       .summary = "List the backups in a folder.",
       .details =
           "To be rid of one, remove its folder; the next backup removes what nothing needs\n"
           "any more. With --verify the exit code is 9 if there are problems.",
       .minimum_words = 1,
       .maximum_words = 1,
       .options = {{"--verify", "", "read every byte and compare checksums"}},
       .access = Access::kNone,
       .run = backups},
      {.name = "restore",
       .group = kGroup,
       .synopsis = "FOLDER DB",
       .summary = "Make a database of a backup.",
       .details = "DB must not exist. With --to the latest backup that is old enough is brought\n"
                  "forward by the archived log (--log-archive).",
       .minimum_words = 2,
       .maximum_words = 2,
       .options = {{"--backup", "N", "that backup instead of the latest"},
                   {"--to", "TIME", "the last state not younger: 2030-01-31T12:00:00Z, @SECONDS"},
                   {"--archive", "FOLDER", "where the log was archived; FOLDER/log unless given"}},
       .access = Access::kNone,
       .run = restore},
      {.name = "repair",
       .group = kGroup,
       .synopsis = "FOLDER",
       .summary = "Save what can be saved of a damaged database into a new folder.",
       .details =
           "Says what is lost, by key range; the exit code is 1 if anything is. The damaged\n"
           "database is not changed.",
       .minimum_words = 1,
       .maximum_words = 1,
       .options = {{"--leave-out-doubtful", "", "leave out what may be an older value"}},
       .access = Access::kNone,
       .run = repair_database},
  };
}

}  // namespace ashlar::tools

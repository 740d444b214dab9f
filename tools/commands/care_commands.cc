// stats, verify, compact, flush: looking after a database.
#include <fmt/format.h>

#include "base/try.h"
#include "tools/command.h"
#include "tools/interrupt.h"
#include "tools/json_text.h"
#include "tools/progress_bar.h"
#include "tools/session.h"
#include "tools/statistics_table.h"
#include "tools/units.h"

namespace ashlar::tools {

namespace {

Outcome stats(Session& session, const Arguments&) {
  const Statistics statistics = session.db().statistics();
  if (session.out().json()) {
    session.out().line(statistics.to_json());
  } else {
    session.out().bytes(statistics_table(statistics));
  }
  return true;
}

std::string json_of(const VerifyReport& report) {
  std::string problems;
  for (const std::string& problem : report.problems) {
    problems += (problems.empty() ? "" : ", ") + json_string(problem);
  }
  return fmt::format("{{\"files\": {}, \"bytes\": {}, \"entries\": {}, \"problems\": [{}]}}",
                     report.files, report.bytes, report.entries, problems);
}

Outcome verify(Session& session, const Arguments&) {
  Result<VerifyReport> report = Status();
  {
    ProgressBar bar(stderr, "verify", "KiB");
    report = session.db().verify([&](uint64_t done, uint64_t total) {
      bar.update(done, total, done >> 10);
      return !interrupted();
    });
  }
  ASHLAR_TRY(report.status());
  const Output& out = session.out();
  if (out.json()) {
    out.line(json_of(*report));
  } else {
    for (const std::string& problem : report->problems) out.line(problem);
    out.line(fmt::format("{} files, {}, {} entries: {}", report->files, human_bytes(report->bytes),
                         human_count(report->entries),
                         report->problems.empty()
                             ? "all good"
                             : human_count(report->problems.size(), "problem", "problems")));
  }
  if (report->problems.empty()) return true;
  return Status::corruption(
      human_count(report->problems.size(), "problem found", "problems found"));
}

Outcome done(Session& session) {
  if (session.out().json()) session.out().line("{\"ok\": true}");
  return true;
}

Outcome compact(Session& session, const Arguments&) {
  ASHLAR_TRY(session.db().compact());
  return done(session);
}

Outcome flush(Session& session, const Arguments&) {
  ASHLAR_TRY(session.db().flush());
  return done(session);
}

}  // namespace

std::vector<Command> care_commands() {
  constexpr std::string_view kGroup = "Care";
  return {
      {.name = "stats",
       .group = kGroup,
       .summary = "Show what the database holds and has done.",
       .details = "Counters begin when the database is opened.",
       .run = stats},
      {.name = "verify",
       .group = kGroup,
       .summary = "Read every byte; check every checksum and the order of all keys.",
       .details = "Problems are printed one a line; the exit code is 9 if there are any.",
       .run = verify},
      {.name = "compact",
       .group = kGroup,
       .summary = "Merge everything into settled tables and drop what is not needed.",
       .access = Access::kWrite,
       .run = compact},
      {.name = "flush",
       .group = kGroup,
       .summary = "Write what is in memory to tables.",
       .access = Access::kWrite,
       .run = flush},
  };
}

}  // namespace ashlar::tools

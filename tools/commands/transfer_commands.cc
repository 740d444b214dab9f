// import and export: JSON Lines in and out.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/try.h"
#include "tools/command.h"
#include "tools/importer.h"
#include "tools/interrupt.h"
#include "tools/json_lines.h"
#include "tools/output_file.h"
#include "tools/progress_bar.h"
#include "tools/session.h"
#include "tools/units.h"

namespace ashlar::tools {

namespace {

using std::chrono::milliseconds;

std::string rate_of(uint64_t entries, milliseconds elapsed) {
  const auto ms = static_cast<uint64_t>(std::max<int64_t>(1, elapsed.count()));
  return human_count(entries * 1000 / ms);
}

void report_import(const Output& out, const ImportReport& report, const ImportOptions& options,
                   milliseconds elapsed) {
  if (out.json()) {
    out.line(fmt::format("{{\"imported\": {}, \"expired\": {}, \"bad\": {}}}", report.imported,
                         report.expired, report.bad));
    return;
  }
  std::string text =
      fmt::format("{} {} in {}, {}/s", human_count(report.imported, "entry", "entries"),
                  options.check_only ? "checked" : "imported", human_duration(elapsed),
                  rate_of(report.imported, elapsed));
  if (report.expired > 0) text += fmt::format("; {} had expired", human_count(report.expired));
  if (report.bad > 0)
    text += fmt::format("; {} left out", human_count(report.bad, "bad line", "bad lines"));
  out.note(text);
}

Outcome import(Session& session, const Arguments& arguments) {
  ImportOptions options;
  ASHLAR_TRY_ASSIGN(options.batch_entries, arguments.count("--batch", options.batch_entries));
  if (options.batch_entries == 0) return Status::invalid_argument("--batch must be at least 1");
  options.skip_bad = arguments.has("--skip-bad");
  options.check_only = arguments.has("--check");
  ASHLAR_TRY_ASSIGN(const auto input, InputFile::open(arguments[0]));
  Importer importer(session.db(), *input, options);
  Status status;
  milliseconds elapsed;
  {
    ProgressBar bar(stderr, options.check_only ? "check" : "import", "entries");
    status = importer.run([&](const std::string& message) { session.out().note(message); },
                          [&](const ImportReport& report) {
                            bar.update(input->bytes_read(), input->size(), report.imported);
                          });
    elapsed = bar.elapsed();
  }
  report_import(session.out(), importer.report(), options, elapsed);
  ASHLAR_TRY(status);
  return importer.report().bad == 0;
}

// The moment at which an entry expires, if it does; kNotFound when it is gone by now.
Result<std::optional<uint64_t>> expiry_of(Database& db, std::string_view key) {
  ASHLAR_TRY_ASSIGN(const auto left, db.ttl(key));
  if (!left) return std::optional<uint64_t>();
  const auto at = std::chrono::system_clock::now() + *left;
  return std::optional<uint64_t>(static_cast<uint64_t>(
      std::chrono::duration_cast<milliseconds>(at.time_since_epoch()).count()));
}

Result<uint64_t> export_entries(Database& db, std::string_view prefix, OutputFile& output,
                                ProgressBar& bar) {
  const Snapshot snapshot = db.snapshot();
  uint64_t total = 0;
  if (bar.visible()) {
    ASHLAR_TRY_ASSIGN(total, db.count(prefix, {.snapshot = &snapshot}));
  }
  uint64_t done = 0;
  const EntryRange entries = db.prefix(prefix, {.snapshot = &snapshot});
  for (const auto& [key, value] : entries) {
    if (interrupted()) return interrupted_error();
    const auto expires_at_ms = expiry_of(db, key);
    // An entry that has gone since the snapshot may have expired; written without its expiry it
    // would come back for ever.
    if (expires_at_ms.status().is(StatusCode::kNotFound)) continue;
    ASHLAR_TRY(expires_at_ms.status());
    ASHLAR_TRY(output.write(format_json_line(key, value, *expires_at_ms)));
    ASHLAR_TRY(output.write("\n"));
    ++done;
    bar.update(done, total, done);
  }
  ASHLAR_TRY(entries.status());
  return done;
}

Outcome export_to(Session& session, const Arguments& arguments) {
  const std::string path = arguments.size() > 0 ? arguments[0] : "-";
  ASHLAR_TRY_ASSIGN(const auto output, OutputFile::open(path));
  uint64_t done = 0;
  milliseconds elapsed;
  {
    ProgressBar bar(stderr, "export", "entries");
    ASHLAR_TRY_ASSIGN(done,
                      export_entries(session.db(), arguments.value("--prefix"), *output, bar));
    ASHLAR_TRY(output->finish());
    elapsed = bar.elapsed();
  }
  if (path == "-") return true;
  if (session.out().json()) {
    session.out().line(fmt::format("{{\"exported\": {}}}", done));
  } else {
    session.out().note(fmt::format("{} exported in {}, {}/s", human_count(done, "entry", "entries"),
                                   human_duration(elapsed), rate_of(done, elapsed)));
  }
  return true;
}

}  // namespace

std::vector<Command> transfer_commands() {
  constexpr std::string_view kGroup = "Import and export";
  return {
      {.name = "import",
       .group = kGroup,
       .synopsis = "FILE",
       .summary = "Store the entries of a JSON Lines file; - is standard input.",
       .details =
           "Each line is {\"key\": \"…\", \"value\": any JSON}. In place of \"value\" there may "
           "be\n"
           "\"value_text\" (a string, stored without quotes) or \"value_base64\", in place of\n"
           "\"key\" there may be \"key_base64\"; \"expires_at_ms\" is the time of expiry. A bad\n"
           "line ends the import with its number and column; everything before it is stored.",
       .minimum_words = 1,
       .maximum_words = 1,
       .options = {{"--batch", "N", "write N entries in one step (1000)"},
                   {"--skip-bad", "", "report bad lines and go on; the exit code is 1 then"},
                   {"--check", "", "read everything and write nothing"}},
       .access = Access::kWrite,
       .run = import},
      {.name = "export",
       .group = kGroup,
       .synopsis = "[FILE]",
       .summary = "Write all entries as JSON Lines; - is standard output.",
       .details =
           "The entries are those of one moment, less what expires or is deleted meanwhile, in\n"
           "the form that import reads. FILE appears when it is complete.",
       .maximum_words = 1,
       .options = {{"--prefix", "P", "only keys that begin with P"}},
       .run = export_to},
  };
}

}  // namespace ashlar::tools

// Entries from JSON Lines into a database, in batches.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "ashlar/database.h"
#include "tools/input_file.h"
#include "tools/json_lines.h"

namespace ashlar::tools {

struct ImportOptions {
  uint64_t batch_entries = 1000;  // written in one step
  bool skip_bad = false;          // go on behind a bad line
  bool check_only = false;        // write nothing
};

struct ImportReport {
  uint64_t lines = 0;
  uint64_t imported = 0;  // written, and as durable as the database's setting says
  uint64_t expired = 0;   // left out: they had expired already
  uint64_t bad = 0;
};

// Reads a file once. Lives on the caller's stack. Threads: one.
class Importer {
 public:
  // Told of a bad line, and after each batch.
  using OnBadLine = std::function<void(const std::string& message)>;
  using OnProgress = std::function<void(const ImportReport& report)>;

  Importer(Database& db, InputFile& input, const ImportOptions& options)
      : db_(db), input_(input), options_(options) {}

  // Blank lines are passed over. The first bad line ends it, unless they are skipped:
  // kInvalidArgument with "NAME, line L, column C: reason". Everything before that line is written
  // in any case; report() says how much that is.
  Status run(const OnBadLine& on_bad_line, const OnProgress& on_progress);
  const ImportReport& report() const { return report_; }

 private:
  Status import_line(const std::string& line, const OnBadLine& on_bad_line);
  void add(const JsonLine& entry);
  Status write_batch();

  Database& db_;
  InputFile& input_;
  ImportOptions options_;
  ImportReport report_;
  Batch batch_;
  uint64_t batch_bytes_ = 0;
};

}  // namespace ashlar::tools

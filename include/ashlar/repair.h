// Saving what can be saved of a damaged database, into a new folder.
//
//   ashlar::RepairReport report;
//   ashlar::Status status = ashlar::repair("pets", "pets.repaired", {}, &report);
//   std::puts(report.to_text().c_str());
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/options.h"
#include "ashlar/status.h"

namespace ashlar {

struct RepairOptions {
  // A damaged place may have hidden a deletion or a newer value of a key whose older value is still
  // there. Such older values are kept, and counted in the report; or, with this, left out. Lost
  // commits of the log concern any key, so that nothing is left out because of them.
  bool leave_out_doubtful = false;
  // Of the new database's tables.
  Compression compression = Compression::kLz4;
  std::size_t memory_budget = std::size_t{512} << 20;
  // The world to run in; null means the real one.
  Env* env = nullptr;
};

// Something that could not be saved.
struct LostRange {
  enum class Kind : unsigned char {
    kEntries,    // entries whose keys lie in the range
    kDeletions,  // deletions of ranges of keys: what they deleted may have come back
    kValue,      // the value of one key, from == to
    kCommits,    // commits of the log, of any keys
  };
  Kind kind = Kind::kEntries;
  std::string file;  // where the damage is
  uint64_t offset = 0;
  std::string reason;
  // The first and the last key that may be concerned, both included. Entries of the border keys
  // themselves may have come through.
  std::string from;
  std::string to;
  bool to_last_key = false;  // there is no upper bound, and `to` is empty
  // kCommits only; 0 where it is not known.
  uint64_t first_commit = 0;
  uint64_t last_commit = 0;
  // Entries in the range of which something newer may have been lost here: kept, or left out.
  uint64_t doubtful = 0;

  std::string to_text() const;
  std::string to_json() const;
};

struct RepairReport {
  enum class Manifest : unsigned char {
    kSound,    // it said which files make up the database
    kDamaged,  // parts of it could be read
    kMissing,  // nothing of it: every table in the folder was taken
  };
  Manifest manifest = Manifest::kSound;
  uint64_t tables = 0;   // that something was read of
  uint64_t commits = 0;  // read from the log
  uint64_t entries = 0;  // in the new database
  uint64_t values_lost = 0;
  uint64_t left_out = 0;           // entries, because of leave_out_doubtful
  std::vector<LostRange> lost;     // in the order found; at most kMostValuesListed of kValue
  std::vector<std::string> notes;  // what else should be known

  static constexpr uint64_t kMostValuesListed = 10'000;

  // Whether everything was saved.
  bool complete() const { return lost.empty() && values_lost == 0; }
  std::string to_text() const;
  std::string to_json() const;
};

// Reads the database in the folder `path`, whatever state it is in, and writes what is left of it
// to a new database in the folder `destination`, which must not exist, and appears when it is
// complete and verified. Nothing in `path` is
// changed, but for the process id in LOCK. Indexes are built anew if anything was lost.
// For each key the newest version that can be read counts, so that nothing deleted or overwritten
// comes back, except as the report says.
//   kNotFound         there is nothing of a database in `path`.
//   kBusy             a process has the database open for writing.
//   kInvalidArgument  `destination` exists, or lies in `path`.
//   kUnsupported      a file was written by a newer version.
//   kIoError, kNoSpace: of the new folder. The report then says what was found by then.
Status repair(std::string_view path, std::string_view destination, const RepairOptions& options,
              RepairReport* report);

}  // namespace ashlar

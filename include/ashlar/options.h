// What can be chosen when a database is opened, and with each write. Two settings, memory and
// durability, serve nearly everyone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar {

class Env;       // all access to files, clock and randomness; see Options::env
class Snapshot;  // see ashlar/snapshot.h

// When a write counts as done. Nothing weaker than kProcess exists.
enum class Durability : unsigned char {
  kDisk,     // on stable storage: survives power loss. Concurrent writers share one sync.
  kProcess,  // survives the end of this process, however it ends; a crash of the operating system
             // or power loss may take at most the last 50 ms, and leaves a prefix of the commits.
};

// How the blocks of settled tables are stored.
enum class Compression : unsigned char {
  kNone = 0,
  kLz4 = 1,
  kSnappy = 2,
  kZstd = 3,
};

enum class LogLevel : unsigned char { kDebug, kInfo, kWarning, kError };

// Receives the engine's log lines. Called from any thread, also concurrently; must not call back
// into the database. `message` is valid during the call only.
using Logger = std::function<void(LogLevel level, std::string_view message)>;

// Something that happened in the background. Durations are microseconds, sizes bytes.
struct Event {
  enum class Kind : unsigned char {
    kFlushFinished,       // a memtable became a table
    kCompactionFinished,  // tables were merged
    kWriteSlowed,         // a writer was made to wait so that the background can keep up
    kBecameReadOnly,      // a write to the log failed; the message says how
    kSpaceExhausted,      // the disk is full; writes fail until there is room
    kSpaceReturned,
    kCorruptionFound,  // a read or the scrubber met damage; the message has file and offset
  };
  Kind kind;
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t duration_us = 0;
  std::string_view message;
};

// Receives events; the rules are Logger's.
using EventListener = std::function<void(const Event& event)>;

struct Options {
  // Bytes of memory that the engine may use in all: memtables, caches, indexes, filters, iterators
  // and compaction buffers. At least kMinimumMemoryBudget.
  std::size_t memory_budget = std::size_t{512} << 20;
  static constexpr std::size_t kMinimumMemoryBudget = std::size_t{16} << 20;

  // What a write promises that does not say otherwise.
  Durability durability = Durability::kDisk;

  // For tables at rest; young tables, which are soon merged, are not compressed. Changing it
  // concerns tables written from then on; every kind can always be read.
  Compression compression = Compression::kLz4;

  // Make the folder and an empty database when there is none.
  bool create_if_missing = true;

  // Read a consistent state, also beside a live writer; all writes fail with kReadOnly. The state
  // is that of the moment of opening.
  bool read_only = false;

  // A folder to keep the log in when the database needs it no more, so that a backup can be brought
  // forward to any moment: see ashlar/backup.h. It grows with what is written; remove from it what
  // is older than the oldest backup. Empty: the log is not kept.
  std::string log_archive{};

  // How fast the files are read and checked in the background, so that damage is found in time:
  // what is found is logged, told as kCorruptionFound, and counted in Statistics. Unset: as fast as
  // it takes to read everything once a week. 0: not at all.
  std::optional<uint64_t> scrub_bytes_per_second{};

  Logger logger{};
  EventListener listener{};

  // The world to run in; null means the real one. The simulator passes its own. Must outlive the
  // database.
  Env* env = nullptr;
};

struct WriteOptions {
  // Unset: the database's own setting.
  std::optional<Durability> durability{};
  // The entry disappears this long after the write; zero means never. At least one millisecond.
  std::chrono::milliseconds ttl{0};
};

struct ReadOptions {
  // Read as of this moment; null means now. Must outlive the call, or the range.
  const Snapshot* snapshot = nullptr;
};

struct RangeOptions {
  // Last entry first.
  bool reverse = false;
  // At most this many entries.
  uint64_t limit = UINT64_MAX;
  const Snapshot* snapshot = nullptr;
};

}  // namespace ashlar

// One bit of one file of a small database is another than was written: every bit there is, one at a
// time. Nothing wrong or missing may come back without an error, and what is damaged must be named.
//
// ASHLAR_STRIDE=1 takes every bit, n every n-th; ASHLAR_DATABASES sets the number of databases; the
// first has the seed ASHLAR_SEED, and the others' follow.
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ashlar/database.h"
#include "env/sim_env.h"
#include "support/random.h"
#include "support/recipe.h"

namespace ashlar {
namespace {

constexpr char kFolder[] = "/db";
constexpr char kRing[] = "/db/log.ring";
// See docs/FORMAT.md.
constexpr uint64_t kManifestHeaderBytes = 16;
constexpr uint64_t kRecordHeaderBytes = 8;
constexpr uint64_t kSegmentHeaderBytes = 64;
constexpr uint64_t kLogBlockBytes = 4096;

using Entries = std::map<std::string, std::string>;

// Flips in [0, to) of a file, and in [more_from, more_to), must be reported.
struct LiveBytes {
  uint64_t to = 0;
  uint64_t more_from = 0;
  uint64_t more_to = 0;

  bool has(uint64_t byte) const { return byte < to || (byte >= more_from && byte < more_to); }
};

// What opening, reading everything and verify() made of a disk.
struct Answer {
  std::string reports;    // every error and finding
  bool verified = false;  // opened, and verify() found nothing
  std::string wrong;      // what was wrong or missing without an error
};

uint64_t used_bytes(std::string_view bytes) {
  return bytes.find_last_not_of('\0') + 1;  // npos + 1 is 0
}

uint64_t block_up(uint64_t byte) {
  return (byte + kLogBlockBytes - 1) / kLogBlockBytes * kLogBlockBytes;
}

uint64_t last_record(std::string_view manifest) {
  for (uint64_t at = kManifestHeaderBytes;;) {
    uint32_t length = 0;
    std::memcpy(&length, manifest.data() + at + 4, sizeof(length));
    const uint64_t next = at + kRecordHeaderBytes + length;
    if (next >= manifest.size()) return at;
    at = next;
  }
}

Answer compare(const Database& database, const Entries& all, const Entries& otherwise) {
  Answer answer;
  const auto note = [&](const Status& status) {
    if (!status.ok()) answer.reports += status.to_string() + "\n";
  };
  const auto range = database.range("", "");
  Entries found;
  for (const Entry& entry : range) found.emplace(entry.key, entry.value);
  note(range.status());
  const Entries& expected = range.status().ok() && found == otherwise ? otherwise : all;
  if (range.status().ok() && found != expected) answer.wrong = "range";
  for (const auto& [key, value] : found) {
    const auto known = all.find(key);
    const auto other = otherwise.find(key);
    if ((known == all.end() || known->second != value) &&
        (other == otherwise.end() || other->second != value)) {
      answer.wrong = "range, " + key;
    }
  }
  for (const auto& [key, value] : expected) {
    const auto got = database.get(key);
    if (got.ok() ? *got != value : got.status().is(StatusCode::kNotFound)) {
      answer.wrong = "get " + key;
    }
    if (!got.ok()) note(got.status());
  }
  const auto report = database.verify();
  answer.verified = report.ok() && report->problems.empty();
  if (!report.ok()) return note(report.status()), answer;
  for (const std::string& problem : report->problems) answer.reports += problem + "\n";
  return answer;
}

// A database with merged and young tables, value files and a log, on a disk that a process left
// when it was killed. Everything but the last write was on stable storage, and the log proves it.
class FlippedDatabase {
 public:
  explicit FlippedDatabase(uint64_t seed) : env_(seed), random_(seed) {
    options_.memory_budget = Options::kMinimumMemoryBudget;
    options_.compression = static_cast<Compression>(seed % 4);
    options_.durability = Durability::kProcess;
    write();
    SimCrash crash = env_.crash_points();
    crash.advance_to(crash.operation_count());
    disk_ = crash.killed();
    ring_bytes_ = disk_.size(disk_.find(kRing));
  }

  std::vector<std::string> files() { return env_.files_below(kFolder); }
  std::string contents(const std::string& file) const { return disk_.contents(disk_.find(file)); }
  LiveBytes live_bytes(const std::string& file) const;
  // With one bit flipped. Without the ring, nothing repairs the log.
  Answer look(const std::string& file, uint64_t bit, bool with_ring);

 private:
  void write();
  void commit(Database& database, int count, Durability durability);
  std::pair<std::string, uint64_t> used_segment();

  Options options_;
  SimEnv env_;
  Random random_;
  SimDisk disk_;
  uint64_t ring_bytes_ = 0;
  uint64_t sets_ = 0;
  std::string segment_;
  LiveBytes live_log_;
  Entries all_;
  Entries all_but_last_;
};

// Commits of up to three writes; of six sets, one has a value that goes to a value file.
void FlippedDatabase::commit(Database& database, int count, Durability durability) {
  for (; count > 0; --count) {
    all_but_last_ = all_;
    Batch batch;
    for (uint64_t left = random_.between(1, 3); left > 0; --left) {
      const std::string key = "key" + std::to_string(random_.below(40));
      if (random_.one_in(6)) {
        batch.del(key);
        all_.erase(key);
      } else {
        const bool large = ++sets_ % 6 == 0;
        const Recipe recipe{random_.next(),
                            large ? 1200 : static_cast<uint32_t>(random_.below(99))};
        all_[key] = recipe.make();
        batch.set(key, all_[key]);
      }
    }
    const Status status = database.write(batch, {.durability = durability, .ttl = {}});
    ASSERT_TRUE(status.ok()) << status.to_string();
  }
}

// The one segment in which there is something, and up to where.
std::pair<std::string, uint64_t> FlippedDatabase::used_segment() {
  for (const std::string& file : files()) {
    if (!file.ends_with(".log")) continue;
    const uint64_t used = used_bytes(env_.contents(file).value());
    if (used > kLogBlockBytes) return {file, used};
  }
  ADD_FAILURE() << "no segment is in use";
  return {};
}

void FlippedDatabase::write() {
  Options options = options_;
  options.env = &env_;
  auto opened = Database::open(kFolder, options);
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  Database& database = **opened;
  commit(database, 8, Durability::kProcess);
  ASSERT_TRUE(database.compact().ok());
  commit(database, 5, Durability::kDisk);
  ASSERT_TRUE(database.flush().ok());
  live_log_.to = kSegmentHeaderBytes;
  live_log_.more_from = block_up(used_segment().second);  // all before it is in tables
  commit(database, 5, Durability::kProcess);
  ASSERT_TRUE(database.sync().ok());
  std::tie(segment_, live_log_.more_to) = used_segment();
  // The frame of this write says that those before it were on stable storage.
  commit(database, 1, Durability::kDisk);
  ASSERT_EQ(used_segment().first, segment_);
  ASSERT_GT(live_log_.more_to, live_log_.more_from);
}

LiveBytes FlippedDatabase::live_bytes(const std::string& file) const {
  if (file == segment_) return live_log_;
  // The last record may be one that was cut off by a crash.
  if (file.find("/MANIFEST-") != std::string::npos) return {.to = last_record(contents(file))};
  const bool all =
      file.ends_with(".table") || file.ends_with(".values") || file.ends_with("/CURRENT");
  return {.to = all ? disk_.size(disk_.find(file)) : 0};
}

Answer FlippedDatabase::look(const std::string& file, uint64_t bit, bool with_ring) {
  SimDisk disk = disk_.clone();
  if (!with_ring) {
    disk.truncate(disk.find(kRing), 0);
    disk.truncate(disk.find(kRing), ring_bytes_);
  }
  const SimFileId id = disk.find(file);
  char byte = 0;
  disk.read(id, bit / 8, &byte, 1);
  byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1u << (bit % 8)));
  disk.write(id, bit / 8, {&byte, 1});
  const auto env = env_.restart(std::move(disk), bit);
  env->record_history(false);
  Options options = options_;
  options.env = env.get();
  auto opened = Database::open(kFolder, options);
  if (!opened.ok()) return {opened.status().to_string(), false, {}};
  // The last write can't be told from one that was cut off.
  return compare(**opened, all_, file == segment_ || file == kRing ? all_but_last_ : all_);
}

struct FlipCount {
  uint64_t flips = 0;
  uint64_t reported = 0;
  uint64_t harmless = 0;
};

void look_at_flip(FlippedDatabase& database, const std::string& file, const LiveBytes& live,
                  uint64_t bit, bool with_ring, FlipCount* count) {
  SCOPED_TRACE(file + ", bit " + std::to_string(bit) + (with_ring ? "" : ", without the ring"));
  const Answer answer = database.look(file, bit, with_ring);
  ++count->flips;
  ASSERT_EQ(answer.wrong, "") << answer.reports;
  if (answer.reports.empty()) {
    ++count->harmless;
  } else {
    ++count->reported;
    const std::string name = file.substr(file.rfind('/') + 1);
    ASSERT_NE(answer.reports.find(name + ": offset "), std::string::npos) << answer.reports;
  }
  if (!live.has(bit / 8)) return;
  ASSERT_FALSE(answer.verified) << "verify() found nothing";
  ASSERT_NE(answer.reports, "");
}

// Every bit of a file; of a page that the log never used, one.
std::vector<uint64_t> bits_of(const std::string& file, std::string_view bytes) {
  const bool log = file.ends_with(".log") || file == kRing;
  std::vector<uint64_t> bits;
  for (uint64_t page = 0; page < bytes.size(); page += kLogBlockBytes) {
    const std::string_view in_page = bytes.substr(page, kLogBlockBytes);
    const uint64_t count = log && used_bytes(in_page) == 0 ? 1 : in_page.size() * 8;
    for (uint64_t bit = 0; bit < count; ++bit) bits.push_back(page * 8 + bit);
  }
  return bits;
}

TEST(BitFlips, EveryOneIsReportedOrHarmless) {
  const uint64_t first = test_seed();
  const uint64_t stride = environment_number("ASHLAR_STRIDE", 997);
  const uint64_t databases = environment_number("ASHLAR_DATABASES", 4);
  FlipCount count;
  for (uint64_t seed = first; seed != first + databases; ++seed) {
    SCOPED_TRACE(seed_text(seed));
    FlippedDatabase database(seed);
    ASSERT_FALSE(HasFatalFailure());
    uint64_t number = seed;
    for (const std::string& file : database.files()) {
      const bool segment = file.ends_with(".log");
      const LiveBytes live = database.live_bytes(file);
      for (const uint64_t bit : bits_of(file, database.contents(file))) {
        if (number++ % stride != 0) continue;
        // The ring repairs the segments: what it repairs need not be reported.
        look_at_flip(database, file, segment ? LiveBytes{} : live, bit, true, &count);
        if (segment) look_at_flip(database, file, live, bit, false, &count);
        if (HasFatalFailure()) return;
      }
    }
  }
  std::printf("%" PRIu64 " databases, %" PRIu64 " bits flipped: %" PRIu64 " reported, %" PRIu64
              " harmless\n",
              databases, count.flips, count.reported, count.harmless);
}

}  // namespace
}  // namespace ashlar

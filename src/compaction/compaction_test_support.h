// For tests of flushes and merges: a tree on a simulated disk beside a model that never forgets.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/epoch.h"
#include "base/hash.h"
#include "base/value_pointer.h"
#include "compaction/flush_job.h"
#include "compaction/merge_job.h"
#include "base/checksum.h"
#include "base/coding.h"
#include "compaction/merging_iterator.h"
#include "compaction/picker.h"
#include "env/sim_env.h"

namespace ashlar {

class TestTree {
 public:
  static constexpr std::string_view kFolder = "db";
  static constexpr std::string_view kNone = "-";

  explicit TestTree(uint64_t seed = 1) : env(seed) {
    env.record_history(false);
    EXPECT_TRUE(env.create_folder(std::string(kFolder)).ok());
    EXPECT_TRUE(versions.create().ok());
    start_memtable();
  }

  // --- Writing: each call is a commit, to the memtable and the model ---
  void set(const std::string& key, const std::string& value, uint64_t expires_at_ms = 0) {
    Operation operation;
    operation.key = key;
    operation.value = value;
    operation.expires_at_ms = expires_at_ms;
    write(operation);
  }
  void del(const std::string& key) {
    Operation operation;
    operation.kind = EntryKind::kDelete;
    operation.key = key;
    write(operation);
  }
  void del_range(const std::string& from, const std::string& to) {
    Operation operation;
    operation.kind = EntryKind::kDeleteRange;
    operation.key = from;
    operation.value = to;
    write(operation);
  }
  SequenceNumber sequence() const { return sequence_; }
  void take_snapshot() {
    if (snapshots.empty() || snapshots.back() != sequence_) snapshots.push_back(sequence_);
  }

  // From now on commits go through a log, which flushes may leave large values in.
  void start_log(std::size_t segment_bytes, std::size_t ring_bytes = 16 << 10) {
    ASSERT_EQ(sequence_, 0u);
    auto log = LogWriter::create(
        env, std::string(kFolder), {.segment_bytes = segment_bytes, .ring_bytes = ring_bytes},
        {.position = 4096, .next_sequence = 1}, [this] { return versions.new_file_number(); }, {},
        nullptr);
    ASSERT_TRUE(log.ok()) << log.status().to_string();
    log_ = std::move(log).value();
    start_memtable();
  }
  LogWriter& log() { return *log_; }

  // --- Jobs ---
  Status flush(bool may_settle = false) {
    FlushRequest request;
    request.memtable = memtable_;
    request.log_start = log_ ? log_->end() : 4096 * ++flushes_;
    request.log = log_.get();
    request.last_sequence = sequence_;
    request.may_settle = may_settle;
    JobReport report;
    const Status status = flush_memtable(context, request, &report);
    if (!status.ok()) return status;
    start_memtable();
    return log_ ? log_->release(request.log_start) : status;
  }
  Status merge(const MergePlan& plan) {
    JobReport report;
    return run_merge(context, plan, &report);
  }
  PickerState picker_state(bool idle) const {
    PickerState state{now_ms, snapshots.empty() ? kMaximumSequence : snapshots.front(), idle};
    state.may_order_values = idle;
    return state;
  }
  Status merge_everything() {
    const auto plan = plan_full_merge(versions.current(), picker_state(true));
    return plan ? merge(*plan) : Status();
  }

  // --- Reading what is in tables ---
  std::string read(const std::string& key, SequenceNumber visible) const {
    const auto version = versions.current();
    const EpochGuard guard;
    TableLookup lookup;
    const auto found = version->get(key, hash_key(key), visible, &lookup);
    EXPECT_TRUE(found.ok()) << found.status().to_string();
    if (!found.ok() || !*found) return std::string(kNone);
    return value_of(*version, key, lookup.entry, visible);
  }
  // Every key that a reader at `visible` finds by walking, with its value.
  std::map<std::string, std::string> walk(SequenceNumber visible) const {
    const auto version = versions.current();
    std::vector<std::unique_ptr<EntryIterator>> children;
    version->append_iterators(&children);
    MergingIterator it(std::move(children));
    std::map<std::string, std::string> found;
    std::string decided;
    bool any = false;
    for (it.seek_first(); it.valid(); it.next()) {
      const EntryView& entry = it.entry();
      if (entry.sequence > visible || (any && entry.key == decided)) continue;
      decided = entry.key;
      any = true;
      const std::string value = value_of(*version, decided, entry, visible);
      if (value != kNone) found[decided] = value;
    }
    EXPECT_TRUE(it.status().ok()) << it.status().to_string();
    return found;
  }

  // --- The model ---
  // Every live key at `visible`, with its value.
  std::map<std::string, std::string> expected(SequenceNumber visible) const {
    std::map<std::string, const Write*> newest;
    for (const Write& write : writes_) {
      if (write.sequence > visible) break;
      if (write.kind == EntryKind::kDeleteRange) {
        auto at = newest.lower_bound(write.key);
        while (at != newest.end() && before_end(at->first, write.value)) at = newest.erase(at);
      } else if (write.kind == EntryKind::kDelete) {
        newest.erase(write.key);
      } else {
        newest[write.key] = &write;
      }
    }
    std::map<std::string, std::string> live;
    for (const auto& [key, write] : newest) {
      if (write->expires_at_ms == 0 || now_ms < write->expires_at_ms) live[key] = write->value;
    }
    return live;
  }
  // The present and every snapshot must read as the model says. Everything must be flushed.
  void expect_reads_as_written() const {
    std::vector<SequenceNumber> moments = snapshots;
    moments.push_back(kMaximumSequence);
    for (const SequenceNumber visible : moments) {
      const std::map<std::string, std::string> wanted = expected(visible);
      for (const std::string& key : keys_) {
        const auto value = wanted.find(key);
        ASSERT_EQ(read(key, visible), value == wanted.end() ? kNone : value->second)
            << key << " at " << visible;
      }
      ASSERT_EQ(walk(visible), wanted) << "at " << visible;
    }
  }

  // --- Files ---
  std::set<uint64_t> files(FileType type) {
    std::set<uint64_t> numbers;
    for (const DirectoryEntry& entry : env.list(std::string(kFolder)).value()) {
      const auto parsed = parse_file_name(entry.name);
      if (parsed && parsed->type == type) numbers.insert(parsed->number);
    }
    return numbers;
  }
  // No file is missing and none is left over.
  void expect_files_match_version() {
    const auto version = versions.current();
    std::set<uint64_t> tables;
    std::set<uint64_t> values;
    for (const auto& table : version->all_tables()) tables.insert(table->summary.file_number);
    for (const auto& [number, file] : version->value_files) values.insert(number);
    EXPECT_EQ(files(FileType::kTable), tables);
    EXPECT_EQ(files(FileType::kValues), values);
  }
  // Partitions have their keys in their ranges, and no two tables of a level overlap.
  void expect_tree_is_sound() const {
    const auto version = versions.current();
    for (const auto& run : version->runs) {
      for (std::size_t i = 1; i < run->tables.size(); ++i) {  // [VER-2]
        ASSERT_LT(run->tables[i - 1]->summary.largest_key, run->tables[i]->summary.smallest_key);
      }
    }
    for (std::size_t i = 0; i < version->partitions.size(); ++i) {
      const Partition& partition = *version->partitions[i];
      ASSERT_EQ(i == 0, partition.lower.empty());  // [VER-3]
      if (i > 0) {
        ASSERT_LT(version->partitions[i - 1]->lower, partition.lower);
      }
      std::vector<std::shared_ptr<StoredTable>> tables = partition.fragments;
      if (partition.bottom) tables.push_back(partition.bottom);
      for (const auto& table : tables) {
        ASSERT_GE(table->summary.smallest_key, partition.lower);
        const std::string_view upper = version->upper_bound(i);
        ASSERT_TRUE(upper.empty() || table->summary.largest_key <= upper);
        const auto it = table->reader->new_iterator();
        it->seek_last();
        ASSERT_TRUE(!it->valid() || before_end(it->entry().key, upper));
      }
    }
  }

  SimEnv env;
  MemoryBudget budget{std::size_t{1} << 30};
  MemtableMemory memory{&budget};
  PageCache cache{&budget, std::size_t{4} << 20};
  VersionSet versions{env, std::string(kFolder), &cache, &budget};
  std::vector<SequenceNumber> snapshots;
  uint64_t now_ms = 1000;
  std::set<uint64_t> pending_value_files;
  std::function<void()> before_apply;  // of a merge
  std::atomic<bool> stopping{false};
  int published = 0;
  JobContext context{
      .env = env,
      .versions = versions,
      .budget = budget,
      .compression = Compression::kLz4,
      .table_bytes = 8192,
      .buffer_bytes = 65536,
      .snapshots = [this] { return snapshots; },
      .now_ms = [this] { return now_ms; },
      .may_keep_image = [](std::size_t) { return false; },
      .pending_value_files =
          [this] {
            if (before_apply) before_apply();
            return pending_value_files;
          },
      .publish = [this](std::shared_ptr<const Version>) { ++published; },
      .stopping = stopping,
  };

 private:
  struct Write {
    SequenceNumber sequence;
    EntryKind kind;
    std::string key;
    std::string value;
    uint64_t expires_at_ms;
  };

  void start_memtable() {
    memtable_ =
        Memtable::create(std::size_t{4} << 20, log_ ? log_->end() : 0, &memory).value();
  }
  void write(const Operation& operation) {
    std::string bytes;
    char checksum[4];
    store<uint32_t>(checksum, encode_operation(operation, &bytes));
    ASSERT_TRUE(memtable_->fits(bytes.size(), 1));
    ++sequence_;
    uint64_t position = 0;
    if (log_) {
      const Status logged =
          log_->append(sequence_, bytes, crc32c({checksum, sizeof(checksum)}), &position);
      ASSERT_TRUE(logged.ok()) << logged.to_string();
      position = log_->last_operations();
    }
    memtable_->add(sequence_, bytes, operation, hash_key(operation.key), position);
    memtable_->end_commit();
    writes_.push_back({sequence_, operation.kind, std::string(operation.key),
                       std::string(operation.value), operation.expires_at_ms});
    keys_.insert(std::string(operation.key));
    // The ends of ranges are where mistakes are made.
    if (operation.kind == EntryKind::kDeleteRange) keys_.insert(std::string(operation.value));
  }
  std::string value_of(const Version& version, const std::string& key, const EntryView& entry,
                       SequenceNumber visible) const {
    if (!entry.is_live(now_ms) ||
        version.range_tombstones().covering(key, visible) > entry.sequence) {
      return std::string(kNone);
    }
    if (!entry.value_is_pointer) return std::string(entry.value);
    ValuePointer pointer;
    EXPECT_TRUE(ValuePointer::decode(entry.value, &pointer));
    const auto file = version.value_files.find(pointer.file_number);
    EXPECT_NE(file, version.value_files.end()) << "value file " << pointer.file_number;
    if (file == version.value_files.end()) return "no value file";
    std::string value;
    const Status read = file->second->reader->read(pointer, key, &value);
    EXPECT_TRUE(read.ok()) << read.to_string();
    return value;
  }

  std::unique_ptr<LogWriter> log_;
  std::shared_ptr<Memtable> memtable_;
  SequenceNumber sequence_ = 0;
  uint64_t flushes_ = 0;
  std::vector<Write> writes_;
  std::set<std::string> keys_;
};

// Writes of all kinds to a few hundred keys.
inline void write_randomly(TestTree& tree, std::mt19937_64& random, int count) {
  const auto key = [&] { return "key" + std::to_string(random() % 300 + 100); };
  for (int i = 0; i < count; ++i) {
    const uint64_t kind = random() % 100;
    if (kind < 20) {
      tree.del(key());
    } else if (kind < 23) {
      const std::string from = key();
      const bool open = random() % 8 == 0;
      tree.del_range(from, open ? std::string() : from + (random() % 2 == 0 ? "\x01" : "~"));
    } else if (kind < 25) {
      std::string a = key();
      std::string b = key();
      if (b < a) std::swap(a, b);
      tree.del_range(a, b);
    } else if (kind < 40) {
      tree.set(key(), "expires " + std::to_string(i), tree.now_ms + random() % 300 + 1);
    } else if (kind < 50) {
      tree.set(key(), std::string(kLargeValueBytes + random() % 1000, 'L') + std::to_string(i));
    } else {
      tree.set(key(), std::string(random() % 200, 's') + std::to_string(i));
    }
    if (random() % 200 == 0) tree.take_snapshot();
  }
}

}  // namespace ashlar

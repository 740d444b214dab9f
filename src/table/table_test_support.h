// For tests: tables made of entries that a test knows, and the comparison with them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/entry_batch.h"
#include "base/epoch.h"
#include "base/hash.h"
#include "base/value_pointer.h"
#include "env/sim_env.h"
#include "table/table.h"
#include "table/table_builder.h"

namespace ashlar {

struct TestEntry {
  std::string key;
  SequenceNumber sequence = 0;
  std::string value;
  EntryKind kind = EntryKind::kSet;
  bool value_is_pointer = false;
  uint64_t expires_at_ms = 0;

  EntryView view() const { return {key, sequence, kind, value_is_pointer, expires_at_ms, value}; }
};

inline bool test_entry_before(const TestEntry& a, const TestEntry& b) {
  return entry_before(a.key, a.sequence, b.key, b.sequence);
}

// Sorts, and drops entries that have another's key and sequence.
inline void put_in_order(std::vector<TestEntry>* entries) {
  std::sort(entries->begin(), entries->end(), test_entry_before);
  const auto same = [](const TestEntry& a, const TestEntry& b) {
    return a.key == b.key && a.sequence == b.sequence;
  };
  entries->erase(std::unique(entries->begin(), entries->end(), same), entries->end());
}

inline testing::AssertionResult same_entry(const EntryView& got, const TestEntry& wanted) {
  if (got.key == wanted.key && got.sequence == wanted.sequence && got.value == wanted.value &&
      got.kind == wanted.kind && got.value_is_pointer == wanted.value_is_pointer &&
      got.expires_at_ms == wanted.expires_at_ms) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure()
         << "got " << got.key.size() << "-byte key, sequence " << got.sequence << ", "
         << got.value.size() << "-byte value; wanted " << wanted.key.size() << ", "
         << wanted.sequence << ", " << wanted.value.size();
}

class TableTestBase {
 public:
  static constexpr uint64_t kFileNumber = 34;

  SimEnv env{1};
  MemoryBudget budget{std::size_t{1} << 30};
  PageCache cache{&budget, std::size_t{4} << 20};
  std::string path = "000034.table";
  HugeBuffer image;

  TableSummary build(const std::vector<TestEntry>& entries,
                     const std::vector<RangeTombstone>& tombstones = {},
                     Compression compression = Compression::kNone, bool keep_image = false) {
    env.record_history(false);
    if (env.exists(path).value()) {
      EXPECT_TRUE(env.remove(path).ok());
      cache.erase_file(kFileNumber);
    }
    auto builder = TableBuilder::create(env, path,
                                        {.file_number = kFileNumber,
                                         .compression = compression,
                                         .keep_image = keep_image,
                                         .budget = &budget,
                                         .expected_bytes = 4096})
                       .value();
    for (const TestEntry& entry : entries) {
      const Status added = builder->add(entry.view());
      EXPECT_TRUE(added.ok()) << added.to_string();
    }
    for (const RangeTombstone& tombstone : tombstones) {
      EXPECT_TRUE(builder->add_range_tombstone(tombstone).ok());
    }
    const TableSummary summary = builder->finish().value();
    image = builder->take_image();
    return summary;
  }
  std::shared_ptr<Table> open(const TableSummary& summary) {
    return Table::open(env, path, summary, &cache, &budget).value();
  }
};

// What Table::get() has to find, or null.
inline const TestEntry* expected_version(const std::vector<TestEntry>& entries,
                                         std::string_view key, SequenceNumber visible) {
  const auto at = std::lower_bound(entries.begin(), entries.end(), key,
                                   [&](const TestEntry& entry, std::string_view k) {
                                     return entry_before(entry.key, entry.sequence, k, visible);
                                   });
  return at != entries.end() && at->key == key ? &*at : nullptr;
}

inline void expect_lookup(const Table& table, const std::vector<TestEntry>& entries,
                          std::string_view key, SequenceNumber visible) {
  const EpochGuard guard;
  TableLookup lookup;
  const Result<bool> found = table.get(key, hash_key(key), visible, &lookup);
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  const TestEntry* wanted = expected_version(entries, key, visible);
  ASSERT_EQ(*found, wanted != nullptr) << key.substr(0, 40) << " at " << visible;
  if (wanted != nullptr) {
    ASSERT_TRUE(same_entry(lookup.entry, *wanted));
  }
}

// A key near one of the table's.
inline std::string mutated(std::string key, std::mt19937_64& random) {
  switch (random() % 5) {
    case 0:
      return key;
    case 1:
      return key + '\0';
    case 2:
      return key.substr(0, key.size() / 2);
    case 3:
      if (!key.empty()) key.back() = static_cast<char>(key.back() + 1);
      return key;
    default:
      if (!key.empty()) key[random() % key.size()] = static_cast<char>(random());
      return key;
  }
}

inline void expect_lookups(const Table& table, const std::vector<TestEntry>& entries,
                           std::mt19937_64& random) {
  for (const TestEntry& entry : entries) {
    expect_lookup(table, entries, entry.key, kMaximumSequence);
    expect_lookup(table, entries, entry.key, entry.sequence);
    if (entry.sequence > 0) expect_lookup(table, entries, entry.key, entry.sequence - 1);
    if (testing::Test::HasFatalFailure()) return;
  }
  for (int i = 0; i < 200 && !entries.empty(); ++i) {
    const std::string key = mutated(entries[random() % entries.size()].key, random);
    expect_lookup(table, entries, key, kMaximumSequence);
    if (testing::Test::HasFatalFailure()) return;
  }
}

inline void expect_forward(EntryIterator& it, const std::vector<TestEntry>& entries) {
  std::size_t at = 0;
  for (it.seek_first(); it.valid(); it.next()) {
    ASSERT_LT(at, entries.size());
    ASSERT_TRUE(same_entry(it.entry(), entries[at++])) << "entry " << at - 1;
  }
  ASSERT_TRUE(it.status().ok()) << it.status().to_string();
  ASSERT_EQ(at, entries.size());
}

inline void expect_backward(EntryIterator& it, const std::vector<TestEntry>& entries) {
  std::size_t left = entries.size();
  for (it.seek_last(); it.valid(); it.previous()) {
    ASSERT_GT(left, 0u);
    ASSERT_TRUE(same_entry(it.entry(), entries[--left])) << "entry " << left;
  }
  ASSERT_TRUE(it.status().ok()) << it.status().to_string();
  ASSERT_EQ(left, 0u);
}

// Takes a batch from the valid iterator, which stands at entries[*at], and moves *at along.
inline void expect_batch(EntryIterator& it, const std::vector<TestEntry>& entries, std::size_t* at,
                         std::mt19937_64& random, EntryBatch& batch) {
  const std::size_t most = random() % (EntryBatch::kCapacity + 4);
  const std::size_t taken = it.take_batch(&batch, most);
  ASSERT_LE(taken, std::min(most, EntryBatch::kCapacity));
  if (taken == 0) return;
  SequenceNumber newest = 0;
  bool plain = true;
  for (std::size_t i = 0; i < taken; ++i) {
    ASSERT_LT(*at + i, entries.size());
    const EntryView& entry = batch.entries[i];
    ASSERT_TRUE(same_entry(entry, entries[*at + i])) << "entry " << *at + i << " of a batch";
    newest = std::max(newest, entry.sequence);
    plain = plain && entry.kind == EntryKind::kSet && !entry.value_is_pointer &&
            entry.expires_at_ms == 0;
  }
  ASSERT_EQ(batch.newest, newest);
  ASSERT_EQ(batch.plain, plain);
  *at += taken - 1;
}

// Seeks, then steps to and fro, or takes batches; `backward` false for a scanner.
inline void expect_seeks(EntryIterator& it, const std::vector<TestEntry>& entries,
                         std::mt19937_64& random, int count, bool backward = true) {
  EntryBatch batch;
  for (int i = 0; i < count && !entries.empty(); ++i) {
    const TestEntry& near = entries[random() % entries.size()];
    const std::string key = mutated(near.key, random);
    const SequenceNumber sequences[] = {kMaximumSequence, near.sequence, near.sequence + 1,
                                        near.sequence / 2, 0};
    const SequenceNumber sequence = sequences[random() % 5];
    TestEntry target;
    target.key = key;
    target.sequence = sequence;
    const auto wanted = std::lower_bound(entries.begin(), entries.end(), target, test_entry_before);
    std::size_t at = static_cast<std::size_t>(wanted - entries.begin());
    if (random() % 2 == 0) {
      it.seek(key, sequence);
    } else {
      for (int step = 0; !it.seek_step(step, key, sequence); ++step) {
      }
    }
    ASSERT_TRUE(it.status().ok()) << it.status().to_string();
    for (int step = 0; step < 8; ++step) {
      ASSERT_EQ(it.valid(), at < entries.size());
      if (!it.valid()) break;
      ASSERT_TRUE(same_entry(it.entry(), entries[at])) << "entry " << at;
      if (random() % 3 == 0) {
        expect_batch(it, entries, &at, random, batch);
        if (testing::Test::HasFatalFailure()) return;
        ASSERT_TRUE(same_entry(it.entry(), entries[at])) << "entry " << at << " behind a batch";
      }
      if (backward && random() % 2 == 0) {
        it.previous();
        --at;  // in front of the first: beyond the end, as a number
      } else {
        it.next();
        ++at;
      }
    }
  }
}

inline std::string random_bytes(std::mt19937_64& random, std::size_t bytes, unsigned alphabet) {
  std::string out(bytes, '\0');
  for (char& byte : out) byte = static_cast<char>(random() % alphabet);
  return out;
}

}  // namespace ashlar

// For tests of the memtable: a memtable beside the list of what was put into it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/limits.h"
#include "memtable/memtable.h"

namespace ashlar {

struct TestRecord {
  std::string key;
  SequenceNumber sequence = 0;
  std::string value;
  EntryKind kind = EntryKind::kSet;
  uint64_t expires_at_ms = 0;
};

// [ORDER-1]; of records of one commit the later one comes first.
inline std::vector<TestRecord> in_order(std::vector<TestRecord> records) {
  std::reverse(records.begin(), records.end());
  std::stable_sort(records.begin(), records.end(), [](const TestRecord& a, const TestRecord& b) {
    return entry_before(a.key, a.sequence, b.key, b.sequence);
  });
  return records;
}

inline testing::AssertionResult same_record(const EntryView& got, const TestRecord& wanted) {
  if (got.key == wanted.key && got.sequence == wanted.sequence && got.value == wanted.value &&
      got.kind == wanted.kind && got.expires_at_ms == wanted.expires_at_ms) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure()
         << "got " << got.key.substr(0, 40) << " at " << got.sequence << ", wanted "
         << wanted.key.substr(0, 40) << " at " << wanted.sequence;
}

class TestMemtable {
 public:
  explicit TestMemtable(std::size_t capacity = std::size_t{4} << 20)
      : memtable_(Memtable::create(capacity, 4096, &memory_).value()) {}

  Memtable* operator->() { return memtable_.get(); }
  const std::shared_ptr<Memtable>& shared() const { return memtable_; }
  const MemoryBudget& budget() const { return budget_; }
  const std::vector<TestRecord>& records() const { return records_; }

  // False if fits() says no; then nothing was added.
  bool add(const TestRecord& record) {
    Operation operation;
    operation.timestamp_us = record.sequence;
    operation.kind = record.kind;
    operation.key = record.key;
    operation.value = record.value;
    operation.expires_at_ms = record.expires_at_ms;
    std::string bytes;
    operation.checksum = encode_operation(operation, &bytes);
    if (!memtable_->fits(bytes.size(), 1)) return false;
    memtable_->add(record.sequence, bytes, operation, hash_key(record.key));
    memtable_->end_commit();
    if (record.kind != EntryKind::kDeleteRange) records_.push_back(record);
    return true;
  }
  void set(std::string key, SequenceNumber sequence, std::string value) {
    ASSERT_TRUE(add({std::move(key), sequence, std::move(value)}));
  }
  void del_range(std::string from, std::string to, SequenceNumber sequence) {
    ASSERT_TRUE(add({std::move(from), sequence, std::move(to), EntryKind::kDeleteRange}));
  }

  // "value@sequence", "deleted@sequence" or "none".
  std::string get(std::string_view key, SequenceNumber visible = kMaximumSequence) const {
    EntryView entry;
    if (!memtable_->get(key, hash_key(key), visible, &entry)) return "none";
    const std::string what =
        entry.kind == EntryKind::kSet ? std::string(entry.value) : std::string("deleted");
    return what + "@" + std::to_string(entry.sequence);
  }

 private:
  MemoryBudget budget_{std::size_t{1} << 30};
  MemtableMemory memory_{&budget_};
  std::shared_ptr<Memtable> memtable_;
  std::vector<TestRecord> records_;  // in the order added
};

// `count` records with keys of every awkward kind, versions of which share a commit now and then.
inline std::vector<TestRecord> random_records(std::mt19937_64& random, std::size_t count) {
  const std::string kinds[] = {"", "user:", std::string(20, 'x'), "user:\0", "\xff\xff\xff"};
  std::vector<TestRecord> records;
  SequenceNumber sequence = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (random() % 4 != 0) ++sequence;
    std::string key = kinds[random() % std::size(kinds)];
    const std::size_t tail = random() % 12 + key.empty();
    for (std::size_t j = 0; j < tail; ++j) key.push_back("\0ab\x7f\x80\xff"[random() % 6]);
    TestRecord record{key, sequence + 1, std::to_string(i)};
    if (random() % 5 == 0) {
      record.kind = EntryKind::kDelete;
      record.value.clear();
    } else if (random() % 7 == 0) {
      record.expires_at_ms = random() % 1000 + 1;
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace ashlar

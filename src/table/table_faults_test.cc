// Whichever call of the disk fails while a table or value file is written or read: the error, or
// the right answer; no memory is lost, and nothing is left of a file that was not finished.
#include <gtest/gtest.h>

#include "base/try.h"
#include "table/table_description.h"
#include "table/table_test_support.h"
#include "table/value_file.h"

namespace ashlar {
namespace {

class TableFaults : public testing::Test, protected TableTestBase {
 protected:
  TableFaults() { env.record_history(false); }

  // Leaves of one record each.
  static std::vector<TestEntry> entries(int leaves) {
    std::vector<TestEntry> out;
    std::mt19937_64 random(5);
    for (int i = 0; i < leaves; ++i) {
      out.push_back({"key" + std::to_string(10000 + i), 5, random_bytes(random, 4000, 256)});
    }
    return out;
  }

  Status write_table(const std::vector<TestEntry>& wanted, Compression compression, bool keep_image,
                     TableSummary* summary) {
    ASHLAR_TRY_ASSIGN(const auto builder, TableBuilder::create(env, path,
                                                               {.file_number = kFileNumber,
                                                                .compression = compression,
                                                                .keep_image = keep_image,
                                                                .budget = &budget,
                                                                .expected_bytes = 4096}));
    for (const TestEntry& entry : wanted) {
      if (const Status added = builder->add(entry.view()); !added.ok()) {
        // The builder has ended, and says the same ever after.
        EXPECT_EQ(builder->add(entry.view()).code(), added.code());
        EXPECT_EQ(builder->add_range_tombstone({"a", "b", 1}).code(), added.code());
        EXPECT_EQ(builder->finish().status().code(), added.code());
        return added;
      }
    }
    for (int i = 0; i < 40; ++i) {
      ASHLAR_TRY(builder->add_range_tombstone({std::string(200, 'r') + std::to_string(i), "s", 9}));
    }
    ASHLAR_TRY_ASSIGN(*summary, builder->finish());
    return {};
  }

  // Everything that can be asked of the file; the first error.
  Status read_all(const TableSummary& summary, const std::vector<TestEntry>& wanted) {
    PageCache own_cache(&budget, std::size_t{1} << 20);
    ASHLAR_TRY_ASSIGN(const auto table, Table::open(env, path, summary, &own_cache, &budget));
    for (const TestEntry& entry : wanted) {
      const EpochGuard guard;
      for (const SequenceNumber visible : {entry.sequence, entry.sequence - 1}) {
        TableLookup lookup;
        ASHLAR_TRY_ASSIGN(const bool found,
                          table->get(entry.key, hash_key(entry.key), visible, &lookup));
        EXPECT_EQ(found, visible == entry.sequence);
        EXPECT_TRUE(!found || same_entry(lookup.entry, entry));
      }
    }
    for (const auto& it : {std::unique_ptr<EntryIterator>(table->new_iterator()),
                           table->new_scanner(std::size_t{64} << 10)}) {
      std::size_t at = 0;
      for (it->seek_first(); it->valid(); it->next()) {
        EXPECT_TRUE(same_entry(it->entry(), wanted[at++]));
      }
      ASHLAR_TRY(it->status());
      EXPECT_EQ(at, wanted.size());
      it->seek(wanted[wanted.size() / 2].key, 5);
      ASHLAR_TRY(it->status());
      EXPECT_TRUE(it->valid());
    }
    const auto it = table->new_iterator();
    std::size_t left = wanted.size();
    for (it->seek_last(); it->valid(); it->previous()) {
      EXPECT_TRUE(same_entry(it->entry(), wanted[--left]));
    }
    ASHLAR_TRY(it->status());
    EXPECT_EQ(left, 0u);
    ASHLAR_TRY(table->estimate_entries(wanted[1].key, wanted.back().key).status());
    ASHLAR_TRY(table->verify([](const std::string& problem) { ADD_FAILURE() << problem; }));
    ASHLAR_TRY(describe_table(env, path, true, [](std::string_view) {}));
    ASHLAR_TRY(table->make_resident());
    EXPECT_TRUE(table->make_resident().ok());
    return {};
  }

  // Runs `work` once for each call of the kind that it makes, which fails.
  template <typename Work>
  void fail_each(SimCall call, Work work) {
    for (uint64_t skip = 0;; ++skip) {
      ASSERT_LT(skip, 100'000u);
      const std::size_t before = budget.used();
      const uint64_t calls = env.calls(call);
      env.inject({.call = call, .skip = skip});
      const Status status = work();
      env.clear_faults();
      EXPECT_EQ(budget.used(), before);
      if (env.calls(call) - calls <= skip) {
        EXPECT_TRUE(status.ok()) << status.to_string();
        EXPECT_GT(skip, 0u) << "no call of this kind was made";
        return;
      }
      ASSERT_TRUE(status.is(StatusCode::kIoError)) << skip << ": " << status.to_string();
    }
  }
};

TEST_F(TableFaults, FailedCallWhileWritingIsReportedAndLeavesNoFile) {
  const auto wanted = entries(20);
  for (const bool keep_image : {false, true}) {
    for (const SimCall call : {SimCall::kOpen, SimCall::kWrite, SimCall::kSync}) {
      TableSummary summary;
      fail_each(call, [&] {
        Status status = write_table(wanted, Compression::kLz4, keep_image, &summary);
        EXPECT_EQ(env.exists(path).value(), status.ok());
        return status;
      });
      EXPECT_TRUE(read_all(summary, wanted).ok());
      ASSERT_TRUE(env.remove(path).ok());
    }
  }
}

// Whatever is being written as the first buffer goes to the disk: leaves, groups, each part of the
// index, or the range tombstones.
TEST_F(TableFaults, FailedWriteInAnyPartOfATableIsReported) {
  const int pages = static_cast<int>(FileAppender::piece_bytes(&budget) / kPageBytes);
  for (const Compression compression : {Compression::kNone, Compression::kZstd}) {
    for (const bool keep_image : {false, true}) {
      for (int leaves = pages - 8; leaves <= pages + 8; ++leaves) {
        const auto wanted = entries(leaves);
        TableSummary summary;
        env.inject({.call = SimCall::kWrite});
        const Status failed = write_table(wanted, compression, keep_image, &summary);
        EXPECT_TRUE(failed.is(StatusCode::kIoError)) << failed.to_string();
        EXPECT_FALSE(env.exists(path).value());
        EXPECT_EQ(budget.used(), 0u);
        env.clear_faults();
      }
    }
  }
}

TEST_F(TableFaults, FailedCallWhileReadingIsReported) {
  auto wanted = entries(30);
  wanted.push_back({"wide", 5, std::string(9000, 'w')});
  for (const Compression compression : {Compression::kNone, Compression::kLz4}) {
    TableSummary summary;
    ASSERT_TRUE(write_table(wanted, compression, false, &summary).ok());
    for (const SimCall call : {SimCall::kOpen, SimCall::kRead, SimCall::kSize}) {
      fail_each(call, [&] { return read_all(summary, wanted); });
    }
    ASSERT_TRUE(env.remove(path).ok());
  }
}

// --- Value files ---------------------------------------------------------------------------------

class ValueFileFaults : public TableFaults {
 protected:
  struct Value {
    std::string key;
    std::string bytes;
    ValuePointer pointer;
  };

  static std::vector<Value> values() {
    std::vector<Value> out;
    for (int i = 0; i < 12; ++i) {
      out.push_back({"k" + std::to_string(i), std::string(std::size_t{90001} * (i + 1), 'v'), {}});
    }
    return out;
  }
  Status write_values(std::vector<Value>* wanted, bool keep_image, ValueFileSummary* summary) {
    ASHLAR_TRY_ASSIGN(const auto builder,
                      ValueFileBuilder::create(env, path, kFileNumber, keep_image, &budget));
    for (Value& value : *wanted) {
      const Result<ValuePointer> added = builder->add(value.key, value.bytes);
      if (!added.ok()) {
        EXPECT_EQ(builder->add("k", "v").status().code(), added.status().code());
        EXPECT_EQ(builder->finish().status().code(), added.status().code());
        return added.status();
      }
      value.pointer = *added;
    }
    ASHLAR_TRY_ASSIGN(*summary, builder->finish());
    return {};
  }
  Status read_all_values(const ValueFileSummary& summary, const std::vector<Value>& wanted) {
    ASHLAR_TRY_ASSIGN(const auto file, ValueFile::open(env, path, summary, &budget));
    const auto check = [&]() -> Status {
      for (const Value& value : wanted) {
        std::string got;
        ASHLAR_TRY(file->read(value.pointer, value.key, &got));
        EXPECT_EQ(got, value.bytes);
      }
      return {};
    };
    ASHLAR_TRY(check());
    const auto records = file->new_iterator();
    std::size_t at = 0;
    for (records->seek_first(); records->valid(); records->next()) {
      EXPECT_EQ(records->key(), wanted[at++].key);
    }
    ASHLAR_TRY(records->status());
    EXPECT_EQ(at, wanted.size());
    ASHLAR_TRY(file->verify([](const std::string& problem) { ADD_FAILURE() << problem; }));
    ASHLAR_TRY(describe_value_file(env, path, [](std::string_view) {}));
    ASHLAR_TRY(file->make_resident());
    EXPECT_TRUE(file->make_resident().ok());
    return check();
  }
};

TEST_F(ValueFileFaults, FailedCallWhileWritingIsReportedAndLeavesNoFile) {
  std::vector<Value> wanted = values();
  for (const bool keep_image : {false, true}) {
    for (const SimCall call : {SimCall::kOpen, SimCall::kWrite, SimCall::kSync}) {
      ValueFileSummary summary;
      fail_each(call, [&] {
        Status status = write_values(&wanted, keep_image, &summary);
        EXPECT_EQ(env.exists(path).value(), status.ok());
        return status;
      });
      EXPECT_TRUE(read_all_values(summary, wanted).ok());
      ASSERT_TRUE(env.remove(path).ok());
    }
  }
}

// The first buffer ends in each part of a record.
TEST_F(ValueFileFaults, FailedWriteInAnyPartOfARecordIsReported) {
  const std::size_t room =
      FileAppender::piece_bytes(&budget) - kPageBytes - kValueRecordHeaderBytes;
  for (const std::size_t short_of : {0, 1, 7, 8, 12, 16, 20, 24, 30, 40, 60}) {
    std::vector<Value> wanted = {{"", std::string(room - short_of, 'v'), {}},
                                 {std::string(20, 'k'), std::string(30, 'w'), {}}};
    ValueFileSummary summary;
    env.inject({.call = SimCall::kWrite});
    EXPECT_TRUE(write_values(&wanted, true, &summary).is(StatusCode::kIoError)) << short_of;
    EXPECT_FALSE(env.exists(path).value());
    EXPECT_EQ(budget.used(), 0u);
    env.clear_faults();
  }
}

TEST_F(ValueFileFaults, FailedCallWhileReadingIsReported) {
  std::vector<Value> wanted = values();
  ValueFileSummary summary;
  ASSERT_TRUE(write_values(&wanted, false, &summary).ok());
  for (const SimCall call : {SimCall::kOpen, SimCall::kRead, SimCall::kSize}) {
    fail_each(call, [&] { return read_all_values(summary, wanted); });
  }
}

}  // namespace
}  // namespace ashlar

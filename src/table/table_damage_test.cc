#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/coding.h"
#include "table/table_description.h"
#include "table/table_test_support.h"

namespace ashlar {
namespace {

using ::testing::HasSubstr;

class TableDamageTest : public testing::Test, protected TableTestBase {
 protected:
  std::vector<TestEntry> small_entries(int count) {
    std::vector<TestEntry> entries;
    for (int i = 0; i < count; ++i) {
      entries.push_back({"key" + std::to_string(100 + i), static_cast<SequenceNumber>(i % 3),
                         "value" + std::to_string(i)});
      if (i % 7 == 0) entries.push_back({entries.back().key, 9, "", EntryKind::kDelete});
    }
    put_in_order(&entries);
    return entries;
  }

  // Every answer of the damaged file is an error or what it would be without the damage; and
  // verify() finds that there is damage.
  void expect_no_lie(const TableSummary& summary, const std::vector<TestEntry>& entries,
                     bool make_resident) {
    cache.erase_file(kFileNumber);
    const auto opened = Table::open(env, path, summary, &cache, &budget);
    if (!opened.ok()) {
      ASSERT_TRUE(opened.status().is(StatusCode::kCorruption)) << opened.status().to_string();
      ASSERT_THAT(std::string(opened.status().message()), HasSubstr(path));
      return;
    }
    const Table& table = **opened;
    if (make_resident) {
      const Status status = (*opened)->make_resident();
      ASSERT_TRUE(status.ok() || status.is(StatusCode::kCorruption));
    }
    for (std::size_t i = 0; i < entries.size(); i += 3) {
      const EpochGuard guard;
      TableLookup lookup;
      const TestEntry& entry = entries[i];
      const auto found = table.get(entry.key, hash_key(entry.key), entry.sequence, &lookup);
      if (found.ok()) {
        ASSERT_TRUE(*found);
        ASSERT_TRUE(same_entry(lookup.entry, entry));
      } else {
        ASSERT_TRUE(found.status().is(StatusCode::kCorruption));
      }
    }
    expect_prefix(*table.new_iterator(), entries);
    expect_prefix(*table.new_scanner(1), entries);
    ASSERT_TRUE(table.verify(nullptr).is(StatusCode::kCorruption));
  }

  void expect_prefix(EntryIterator& it, const std::vector<TestEntry>& entries) {
    std::size_t at = 0;
    for (it.seek_first(); it.valid(); it.next()) {
      ASSERT_LT(at, entries.size());
      ASSERT_TRUE(same_entry(it.entry(), entries[at++]));
    }
    ASSERT_TRUE(at == entries.size() || it.status().is(StatusCode::kCorruption));
  }

  void flip_every_bit(Compression compression) {
    const auto entries = small_entries(compression == Compression::kNone ? 20 : 200);
    const std::vector<RangeTombstone> tombstones = {{"a", "b", 4}};
    const TableSummary summary = build(entries, tombstones, compression);
    const std::string bytes = env.contents(path).value();
    for (uint64_t bit = 0; bit < bytes.size() * 8; ++bit) {
      // In the long runs of zeros, a few bits stand for all.
      const char* around = bytes.data() + bit / 8;
      const bool zeros = bit >= 64 * 8 && bit / 8 + 64 < bytes.size() &&
                         std::string_view(around - 64, 128) == std::string(128, '\0');
      if (zeros && bit % 509 != 0) continue;
      ASSERT_TRUE(env.flip_bit(path, bit).ok());
      expect_no_lie(summary, entries, bit % 2 == 0);
      if (HasFatalFailure()) FAIL() << "bit " << bit;
      ASSERT_TRUE(env.flip_bit(path, bit).ok());
    }
    cache.erase_file(kFileNumber);
    ASSERT_TRUE(open(summary)->verify(nullptr).ok());
  }
};

TEST_F(TableDamageTest, AnyFlippedBitIsNoticedNeverBelieved) {  // [TABLE-1] [TABLE-2]
  flip_every_bit(Compression::kNone);
}

TEST_F(TableDamageTest, AnyFlippedBitOfACompressedTableIsNoticedNeverBelieved) {
  flip_every_bit(Compression::kLz4);
}

TEST_F(TableDamageTest, FileCutOffAnywhereIsRefused) {
  const auto entries = small_entries(300);
  const TableSummary summary = build(entries);
  for (uint64_t length = 0; length < summary.file_bytes; length += 1000) {
    const TableSummary again = build(entries);
    ASSERT_EQ(again, summary);
    ASSERT_TRUE(env.set_length(path, length).ok());
    const auto opened = Table::open(env, path, summary, &cache, &budget);
    ASSERT_TRUE(opened.status().is(StatusCode::kCorruption)) << opened.status().to_string();
    EXPECT_THAT(std::string(opened.status().message()), HasSubstr(path));
  }
}

TEST_F(TableDamageTest, ForeignFilesAreRefused) {
  TableSummary summary = build(small_entries(10));
  const auto refused = [&](const TableSummary& other) {
    const auto opened = Table::open(env, path, other, &cache, &budget);
    return opened.status().is(StatusCode::kCorruption) &&
           opened.status().message().find(path) != std::string_view::npos;
  };
  EXPECT_FALSE(refused(summary));
  for (const auto change :
       {+[](TableSummary& s) { ++s.file_number; },
        +[](TableSummary& s) { s.file_bytes += kPageBytes; },
        +[](TableSummary& s) { ++s.entry_count; }, +[](TableSummary& s) { ++s.tombstone_count; },
        +[](TableSummary& s) { ++s.range_tombstone_count; },
        +[](TableSummary& s) { ++s.smallest_sequence; },
        +[](TableSummary& s) { ++s.largest_sequence; }}) {
    TableSummary other = summary;
    change(other);
    EXPECT_TRUE(refused(other));
  }
  ASSERT_TRUE(env.overwrite(path, 0, std::string(kPageBytes, '\0')).ok());
  EXPECT_TRUE(refused(summary));
}

TEST_F(TableDamageTest, MissingFileIsNotFound) {
  EXPECT_TRUE(Table::open(env, "no.table", {}, &cache, &budget).status().is(StatusCode::kNotFound));
}

TEST_F(TableDamageTest, NewerVersionIsUnsupported) {
  const TableSummary summary = build(small_entries(10));
  std::string page = env.contents(path)->substr(0, kPageBytes);
  store(page.data() + 4, uint32_t{2});
  seal_page(page.data(), kFileNumber, 0);
  ASSERT_TRUE(env.overwrite(path, 0, page).ok());
  const auto opened = Table::open(env, path, summary, &cache, &budget);
  EXPECT_TRUE(opened.status().is(StatusCode::kUnsupported));
}

TEST_F(TableDamageTest, MisplacedPageDoesNotVerify) {  // [TABLE-1]
  const auto entries = small_entries(400);
  const TableSummary summary = build(entries);
  const std::string bytes = env.contents(path).value();
  ASSERT_GT(bytes.size(), 5 * kPageBytes);
  ASSERT_TRUE(env.overwrite(path, kPageBytes, bytes.substr(2 * kPageBytes, kPageBytes)).ok());
  expect_no_lie(summary, entries, false);
  const auto it = open(summary)->new_iterator();
}

TEST_F(TableDamageTest, ForgedPagesWithGoodChecksumsNeverCrash) {
  const auto entries = small_entries(60);
  std::mt19937_64 random(7);
  const TableSummary summary = build(entries, {{"a", "b", 3}});
  const std::string bytes = env.contents(path).value();
  for (int round = 0; round < 3000; ++round) {
    const uint64_t number = random() % (bytes.size() / kPageBytes);
    std::string page = bytes.substr(number * kPageBytes, kPageBytes);
    for (auto changes = 1 + random() % 4; changes > 0; --changes) {
      const std::size_t at = random() % (random() % 2 == 0 ? 128 : kPageContentBytes);
      page[at] = static_cast<char>(random() % 3 == 0 ? random() : page[at] ^ (1 << random() % 8));
    }
    seal_page(page.data(), load<uint64_t>(page.data() + 24), 0);
    if (number > 0) seal_page(page.data(), kFileNumber, number);
    if (page == bytes.substr(number * kPageBytes, kPageBytes)) continue;
    ASSERT_TRUE(env.overwrite(path, number * kPageBytes, page).ok());
    cache.erase_file(kFileNumber);
    const auto opened = Table::open(env, path, summary, &cache, &budget);
    if (opened.ok()) {
      if (round % 2 == 0) static_cast<void>((*opened)->make_resident().ok());
      for (const TestEntry& entry : entries) {
        const EpochGuard guard;
        TableLookup lookup;
        static_cast<void>(
            (*opened)->get(entry.key, hash_key(entry.key), entry.sequence, &lookup).ok());
      }
      const auto it = (*opened)->new_iterator();
      std::size_t steps = 0;
      for (it->seek_first(); it->valid() && steps < 1000; it->next()) ++steps;
      for (it->seek_last(); it->valid() && steps < 2000; it->previous()) ++steps;
      it->seek("key120", 1);
      EXPECT_TRUE((*opened)->verify(nullptr).is(StatusCode::kCorruption));
    }
    static_cast<void>(describe_table(env, path, true, [](std::string_view) {}).ok());
    ASSERT_TRUE(env.overwrite(path, number * kPageBytes,
                              std::string_view(bytes).substr(number * kPageBytes, kPageBytes))
                    .ok());
  }
}

TEST_F(TableDamageTest, VerifyNamesEveryDamagedPage) {
  const TableSummary summary = build(small_entries(400));
  ASSERT_TRUE(env.flip_bit(path, (kPageBytes + 100) * 8).ok());
  ASSERT_TRUE(env.flip_bit(path, (3 * kPageBytes + 100) * 8).ok());
  std::vector<std::string> problems;
  const auto table = open(summary);
  const Status status = table->verify([&](std::string p) { problems.push_back(std::move(p)); });
  EXPECT_TRUE(status.is(StatusCode::kCorruption));
  ASSERT_EQ(problems.size(), 3u);
  EXPECT_THAT(problems[0], HasSubstr("whole file"));
  EXPECT_THAT(problems[1], HasSubstr("000034.table: offset 4096: page 1"));
  EXPECT_THAT(problems[2], HasSubstr("offset 12288: page 3"));
}

}  // namespace
}  // namespace ashlar

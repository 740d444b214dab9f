// Tables in which every checksum is right and a rule is broken: verify() names the rule, and what
// reads the table meets an error, or the end, but never leaves its pages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/checksum.h"
#include "base/coding.h"
#include "table/table_test_support.h"
#include "table/table_verifier.h"

namespace ashlar {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TableRules : public testing::Test, protected TableTestBase {
 protected:
  // The sound table whose bytes are going to be changed.
  void begin(const std::vector<TestEntry>& entries,
             const std::vector<RangeTombstone>& tombstones = {},
             Compression compression = Compression::kNone) {
    summary_ = build(entries, tombstones, compression);
    bytes_ = env.contents(path).value();
    header_ = decode_table_header(bytes_.data(), path).value();
    ASSERT_THAT(problems(), IsEmpty());
  }
  // About 30 records of each leaf, of one size.
  static std::vector<TestEntry> narrow(int count) {
    std::vector<TestEntry> entries;
    for (int i = 0; i < count; ++i) {
      entries.push_back({"key" + std::to_string(1000 + i), 5, std::string(100, 'v')});
    }
    return entries;
  }
  // Page 1: "a". Pages 2 to 4: "b". Page 5: "c". Pages 6 and 7: "d".
  static std::vector<TestEntry> with_wide() {
    return {{"a", 1, "small"},
            {"b", 1, std::string(9000, 'b')},
            {"c", 1, "small"},
            {"d", 1, std::string(5000, 'd')}};
  }

  // Of a compressed table, index pages only.
  char* page(uint32_t number) {
    const uint32_t index = header_.first_index_page();
    return bytes_.data() + (number < index
                                ? uint64_t{number} * kPageBytes
                                : header_.index_offset + uint64_t{number - index} * kPageBytes);
  }
  LeafView leaf(uint32_t number) { return LeafView(page(number)); }
  char* slots(uint32_t number) { return page(number) + (leaf(number).offsets() - page(number)); }
  char* head(uint32_t number, uint32_t slot) {
    return slots(number) + 2 * (leaf(number).count() + slot);
  }
  char* bucket(uint32_t number) { return page(header_.maplet_page) + bucket_offset(number); }
  char* fence(uint32_t data_page) { return page(header_.fence_page) + 8 * (data_page - 1); }
  // Where the maplet has the key: its bucket, and which slot.
  std::pair<char*, unsigned> maplet_slot(std::string_view key) {
    const uint64_t hash = hash_key(key);
    uint32_t number = maplet_home(hash, header_.bucket_count);
    while (true) {
      const unsigned found = bucket_matches(bucket(number), maplet_fingerprint(hash));
      if (found != 0) return {bucket(number), static_cast<unsigned>(__builtin_ctz(found))};
      number = next_bucket(number, header_.bucket_count);
    }
  }
  void set_position(std::string_view key, std::size_t record_offset) {
    const auto [at, slot] = maplet_slot(key);
    const auto position = static_cast<uint32_t>(record_offset / kPositionUnit);
    store(at + 24 + 3 * slot, static_cast<uint16_t>(position));
    at[24 + 3 * slot + 2] = static_cast<char>(position >> 16);
  }
  void encode_header() { encode_table_header(header_, bytes_.data()); }

  // Gives every page and the whole file the checksum of what they hold now.
  void seal() {
    const uint32_t first = header_.compressed() ? header_.first_index_page() : 1;
    for (uint32_t number = first; number < header_.page_count; ++number) {
      seal_page(page(number), kFileNumber, number);
    }
    const std::string_view all(bytes_);
    uint64_t at = header_.compressed() ? header_.index_offset : kPageBytes;
    uint32_t checksum = crc32c(all.substr(kPageBytes, at - kPageBytes));
    for (; at < all.size(); at += kPageBytes) {
      checksum = crc32c(all.substr(at, kPageContentBytes), checksum);
    }
    summary_.file_checksum = crc32c(all.substr(0, kPageContentBytes), checksum);
    ASSERT_TRUE(env.overwrite(path, 0, bytes_).ok());
    cache.erase_file(kFileNumber);
  }

  std::vector<std::string> problems() {
    std::vector<std::string> found;
    const auto file = TableFile::open(env, path, &budget);
    if (!file.ok()) return {file.status().to_string()};
    const Status status = verify_table(**file, summary_, &budget, [&](std::string problem) {
      found.push_back(std::move(problem));
    });
    EXPECT_EQ(status.ok(), found.empty());
    EXPECT_TRUE(status.ok() || status.is(StatusCode::kCorruption)) << status.to_string();
    return found;
  }
  void expect_found(const std::string& problem) {
    seal();
    EXPECT_THAT(problems(), Contains(HasSubstr(problem)));
    EXPECT_TRUE(verify_table(*TableFile::open(env, path, &budget).value(), summary_, &budget, {})
                    .is(StatusCode::kCorruption));
  }

  // From a table that is read page by page, then from one that is in memory.
  template <typename Call>
  void resident_and_not(Call call) {
    const auto table = open(summary_);
    call(*table);
    ASSERT_TRUE(table->make_resident().ok());
    call(*table);
  }
  static Result<bool> get(const Table& table, std::string_view key) {
    const EpochGuard guard;
    TableLookup lookup;
    return table.get(key, hash_key(key), kMaximumSequence, &lookup);
  }
  static void expect_fails(const EntryIterator& it, const char* problem) {
    EXPECT_FALSE(it.valid());
    ASSERT_TRUE(it.status().is(StatusCode::kCorruption)) << it.status().to_string();
    EXPECT_THAT(std::string(it.status().message()), HasSubstr(problem));
  }

  TableSummary summary_;
  std::string bytes_;
  TableHeader header_;
};

// --- Order ---------------------------------------------------------------------------------------

TEST_F(TableRules, WrongKeyHeadIsNamed) {
  begin(narrow(50));
  ++*head(1, 0);
  expect_found("offset 4096: page 1: a key head is wrong");
  begin(with_wide());
  ++*head(2, 0);
  expect_found("offset 8192: page 2: a key head is wrong");
}

TEST_F(TableRules, RecordsOutOfOrderInALeafAreNamed) {
  begin(narrow(50));
  const auto suffix = [&](uint32_t slot) {
    return page(1) + (leaf(1).record(slot).suffix.data() - page(1));
  };
  std::swap_ranges(suffix(3), suffix(3) + leaf(1).record(3).suffix.size(), suffix(4));
  std::swap_ranges(head(1, 3), head(1, 3) + 2, head(1, 4));
  expect_found("page 1: records are out of order");
}

TEST_F(TableRules, LeavesOutOfOrderAreNamed) {
  begin(narrow(100));
  std::swap_ranges(page(1), page(1) + kPageBytes, page(2));
  expect_found("page 2: records are out of order");
}

TEST_F(TableRules, KeysWithoutTheTablesPrefixAreNamed) {
  begin(narrow(50));
  ASSERT_FALSE(header_.prefix.empty());
  ++header_.prefix[0];
  encode_header();
  expect_found("page 1: a key does not begin with the table's prefix");
}

TEST_F(TableRules, RangeTombstonesOutOfOrderAreNamed) {
  begin(narrow(5), {{"a", "b", 4}, {"c", "d", 4}});
  char* at = page(header_.range_tombstone_page);
  std::swap_ranges(at, at + 5, at + 5);
  expect_found("range tombstones are out of order");
}

// --- Indexes -------------------------------------------------------------------------------------

TEST_F(TableRules, WrongFenceIsNamed) {
  begin(narrow(100));
  ++*fence(2);
  expect_found("the fence of page 2 is wrong");
}

TEST_F(TableRules, PlaceInTheMapletThatIsNoRecordIsNamedAndAnError) {
  begin(narrow(100));
  const std::string key = "key1004";
  const std::size_t places[] = {0, std::size_t{header_.first_index_page()} * kPageBytes,
                                kPageBytes + kPageContentBytes - 4};
  for (const std::size_t place : places) {
    set_position(key, place);
    expect_found("page 1: the maplet does not name the record at");
    resident_and_not([&](const Table& table) {
      const Result<bool> found = get(table, key);
      ASSERT_TRUE(found.status().is(StatusCode::kCorruption)) << place;
      EXPECT_THAT(std::string(found.status().message()),
                  HasSubstr("names a place that is not a record"));
      EXPECT_TRUE(get(table, "key1005").value());
    });
  }
}

TEST_F(TableRules, PlaceInTheMapletInsideAWideLeafIsNamedAndAnError) {
  begin(with_wide());
  for (const std::size_t place : {2 * kPageBytes + 100, 3 * kPageBytes + 4}) {
    set_position("b", place);
    expect_found("page 2: the maplet does not name the record at 12");
    resident_and_not([&](const Table& table) {
      EXPECT_TRUE(get(table, "b").status().is(StatusCode::kCorruption)) << place;
      EXPECT_TRUE(get(table, "d").value());
    });
  }
}

// Another key's record is where the maplet leads: the search goes on, and ends.
TEST_F(TableRules, BucketsThatAllOverflowEndTheSearchWhereItBegan) {
  begin(narrow(100));
  const std::string key = "key1004";
  set_position(key, kPageBytes + leaf(1).record_offset(0));
  for (uint32_t number = 0; number < header_.bucket_count; ++number) bucket(number)[60] = 1;
  expect_found("page 1: the maplet does not name the record at");
  resident_and_not([&](const Table& table) {
    EXPECT_FALSE(get(table, key).value());
    EXPECT_FALSE(get(table, "no key").value());
    EXPECT_TRUE(get(table, "key1005").value());
  });
}

TEST_F(TableRules, KeyTooManyOrTooFewInTheMapletIsNamed) {
  begin(narrow(100));
  const auto [at, slot] = maplet_slot("key1004");
  store(at + 2 * slot, uint16_t{0});
  expect_found("the maplet has 99 keys, the leaves have 100");
  store(at + 2 * slot, maplet_fingerprint(hash_key("key1004")));
  seal();
  ASSERT_THAT(problems(), IsEmpty());
  const unsigned free = bucket_matches_scalar(bucket(0), 0);
  ASSERT_NE(free, 0u);
  store(bucket(0) + 2 * __builtin_ctz(free), uint16_t{77});
  expect_found("the maplet has 101 keys, the leaves have 100");
}

TEST_F(TableRules, SummaryOfOtherContentsIsNamed) {
  begin(narrow(10));
  for (const auto change :
       {+[](TableSummary& s) { s.largest_key += "x"; }, +[](TableSummary& s) { ++s.user_bytes; },
        +[](TableSummary& s) { ++s.expiring_count; }}) {
    const TableSummary sound = summary_;
    change(summary_);
    EXPECT_THAT(problems(), Contains(HasSubstr("don't agree with what is known of the table")));
    summary_ = sound;
  }
}

// --- Wide leaves ---------------------------------------------------------------------------------

TEST_F(TableRules, LeafThatBeginsWithAContinuedPageIsNamedAndEndsEveryWalk) {
  begin(with_wide());
  page(1)[0] = static_cast<char>(PageKind::kContinued);
  expect_found("page 1: no whole leaf begins here");
  resident_and_not([](const Table& table) {
    const auto it = table.new_iterator();
    it->seek_first();
    expect_fails(*it, "no leaf begins here");
    it->seek("a", 5);
    expect_fails(*it, "continues a leaf that is not there");
    it->seek_last();
    EXPECT_TRUE(it->valid());
    while (it->valid()) it->previous();
    expect_fails(*it, "continues a leaf that is not there");
  });
}

TEST_F(TableRules, PageOfAnotherPlaceInAWideLeafIsNamedAndEndsEveryWalk) {
  begin(with_wide());
  page(3)[1] = 2;
  expect_found("page 3: does not continue its leaf");
  resident_and_not([](const Table& table) {
    const auto it = table.new_iterator();
    it->seek_first();
    ASSERT_TRUE(it->valid());
    it->next();
    expect_fails(*it, "does not continue its leaf");
    it->seek("b", 5);
    expect_fails(*it, "does not belong to the leaf before it");
    EXPECT_TRUE(get(table, "b").status().is(StatusCode::kCorruption));
    EXPECT_TRUE(table.estimate_entries("a", "b").status().is(StatusCode::kCorruption));
    EXPECT_TRUE(table.estimate_entries("b", "").status().is(StatusCode::kCorruption));
  });
}

TEST_F(TableRules, WideLeafBeyondTheDataPagesIsNamedAndEndsEveryWalk) {
  begin(with_wide());
  // Three pages, where there are two.
  page(6)[1] = 3;
  store_varint(page(6) + kWideRecordOffset + 2, 9000);
  ASSERT_EQ(find_page_problem(page(6)), nullptr);
  expect_found("page 6: no whole leaf begins here");
  resident_and_not([](const Table& table) {
    const auto it = table.new_iterator();
    it->seek_last();
    expect_fails(*it, "the leaf reaches beyond the data pages");
  });
}

TEST_F(TableRules, ContinuedPageBehindALeafThatEndedIsAnError) {
  begin(with_wide());
  page(7)[1] = 2;
  expect_found("page 7: does not continue its leaf");
  resident_and_not([](const Table& table) {
    const auto it = table.new_iterator();
    it->seek_last();
    expect_fails(*it, "does not belong to the leaf before it");
  });
}

TEST_F(TableRules, FenceOfAContinuedPageThatIsNotItsLeafsIsNamedAndAnError) {
  begin(with_wide());
  const uint64_t other = load<uint64_t>(fence(3)) + 1;
  store(fence(3), other);
  store(fence(4), other);
  expect_found("the fence of page 3 is wrong");
  const std::string key("b\0\0\0\0\0\0\1", 8);
  ASSERT_EQ(order_prefix64(key), other);
  resident_and_not([&](const Table& table) {
    const auto it = table.new_iterator();
    it->seek(key, 5);
    expect_fails(*it, "its fence is not its leaf's");
  });
}

// --- Groups, and what a header names -------------------------------------------------------------

TEST_F(TableRules, WrongGroupDirectoryIsRefused) {
  for (const auto change :
       {+[](char* group) { store(group, load<uint32_t>(group) + 1); },
        +[](char* group) { store(group + 4, uint32_t{kGroupHeaderBytes - 1}); },
        +[](char* group) {
          store(group + 4, uint32_t{kGroupHeaderBytes + kCompressedGroupBytes + 1});
        },
        +[](char* group) { store(group + 4, load<uint32_t>(group + 4) + uint32_t{3 * 4096}); }}) {
    begin(narrow(200), {}, Compression::kLz4);
    ASSERT_EQ(header_.group_count(), 2u);
    change(page(header_.group_directory_page) + 8);
    seal();
    const auto opened = Table::open(env, path, summary_, &cache, &budget);
    ASSERT_TRUE(opened.status().is(StatusCode::kCorruption));
    EXPECT_THAT(std::string(opened.status().message()), HasSubstr("the group directory is wrong"));
  }
}

TEST_F(TableRules, GroupThatDoesNotDecompressIsNamedAndAnError) {
  for (const Compression compression :
       {Compression::kNone, Compression::kLz4, Compression::kSnappy, Compression::kZstd}) {
    begin(narrow(200), {}, Compression::kLz4);
    const uint32_t stored = load<uint32_t>(page(header_.group_directory_page) + 4);
    char* group = bytes_.data() + kPageBytes;
    group[0] = static_cast<char>(compression);
    std::fill(group + kGroupHeaderBytes, group + stored, '\xee');
    uint32_t checksum = crc32c({group, 1}, checksum_seed(kFileNumber, 1));
    checksum = crc32c({group + kGroupHeaderBytes, stored - kGroupHeaderBytes}, checksum);
    store(group + 4, checksum);
    expect_found("group 0 does not decompress");
    const auto table = open(summary_);
    EXPECT_TRUE(get(*table, "key1000").status().is(StatusCode::kCorruption));
    EXPECT_TRUE(table->make_resident().is(StatusCode::kCorruption));
  }
}

TEST_F(TableRules, RangeTombstonesThatAreCutOffAreRefused) {
  begin(narrow(5), {{"a", "b", 4}});
  store_varint(page(header_.range_tombstone_page), kPageBytes);
  expect_found("range tombstones are cut off");
  EXPECT_TRUE(
      Table::open(env, path, summary_, &cache, &budget).status().is(StatusCode::kCorruption));
}

TEST_F(TableRules, HeaderOfAnotherLengthIsRefused) {
  begin(narrow(50));
  ASSERT_TRUE(env.overwrite(path, bytes_.size(), std::string(kPageBytes, '\0')).ok());
  const auto opened = Table::open(env, path, summary_, &cache, &budget);
  ASSERT_TRUE(opened.status().is(StatusCode::kCorruption));
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("the file should have"));
}

}  // namespace
}  // namespace ashlar

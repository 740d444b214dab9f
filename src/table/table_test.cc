#include "table/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/coding.h"
#include "env/posix_env.h"
#include "table/table_description.h"
#include "table/table_test_support.h"

namespace ashlar {
namespace {

using ::testing::HasSubstr;

// Sets of entries with a shape that a table's layout has to deal with.
enum class Shape : unsigned char {
  kOne,
  kSmall,
  kBinary,
  kLongSharedPrefix,
  kNested,
  kEqualFences,
  kManyVersions,
  kWide,
  kEverything,
};

constexpr Shape kShapes[] = {
    Shape::kOne,       Shape::kSmall,       Shape::kBinary,       Shape::kLongSharedPrefix,
    Shape::kNested,    Shape::kEqualFences, Shape::kManyVersions, Shape::kWide,
    Shape::kEverything};

TestEntry random_entry(std::string key, std::mt19937_64& random) {
  TestEntry entry;
  entry.key = std::move(key);
  const unsigned bits = static_cast<unsigned>(random() % 56);
  entry.sequence = random() % 3 == 0 ? 0 : random() >> (63 - bits);
  entry.sequence = std::min(entry.sequence, kMaximumSequence);
  const auto kind = random() % 10;
  if (kind == 0) {
    entry.kind = EntryKind::kDelete;
  } else if (kind == 1) {
    entry.value_is_pointer = true;
    entry.value = ValuePointer{random() % 5, random(), static_cast<uint32_t>(random() % 5000),
                               static_cast<uint32_t>(random())}
                      .encode();
  } else if (kind > 2) {
    entry.value = random_bytes(random, random() % 150, random() % 2 == 0 ? 3 : 256);
  }
  if (random() % 8 == 0) entry.expires_at_ms = 1 + random() % 1000000;
  return entry;
}

void add_versions(std::string key, int count, std::vector<TestEntry>* entries) {
  for (int version = 1; version <= count; ++version) {
    entries->push_back(
        {key, static_cast<SequenceNumber>(version * 3), "version " + std::to_string(version)});
  }
}

std::vector<TestEntry> make_entries(Shape shape, std::mt19937_64& random) {
  std::vector<TestEntry> entries;
  const auto add = [&](std::string key) {
    entries.push_back(random_entry(std::move(key), random));
  };
  switch (shape) {
    case Shape::kOne:
      add("the only key");
      break;
    case Shape::kSmall:
      for (int i = 0; i < 30; ++i) add("key" + std::to_string(random() % 100));
      break;
    case Shape::kBinary:
      for (int i = 0; i < 3000; ++i) add(random_bytes(random, random() % 24, 256));
      break;
    case Shape::kLongSharedPrefix:
      for (int i = 0; i < 1500; ++i) {
        add(std::string(1500, 'p') + std::string(random() % 3 * 40, 'q') +
            std::to_string(random() % 4000));
      }
      break;
    case Shape::kNested:
      for (std::size_t i = 0; i < 700; ++i) add(std::string(i, random() % 40 == 0 ? '\0' : 'n'));
      break;
    case Shape::kEqualFences:
      // Every page of the two families has the same fence; some leaves are wide.
      for (int i = 0; i < 1500; ++i) {
        std::string key(i % 2 == 0 ? "a" : "b");
        key += "::::::::::" + std::to_string(random() % 100000);
        if (random() % 50 == 0) key += std::string(4000 + random() % 9000, 'w');
        add(std::move(key));
      }
      break;
    case Shape::kManyVersions:
      add_versions("busy", 2000, &entries);
      add_versions(std::string(3000, 'b'), 60, &entries);
      for (int i = 0; i < 200; ++i) add("c" + std::to_string(i));
      add_versions("z", 700, &entries);
      break;
    case Shape::kWide:
      for (std::size_t bytes = 3960; bytes < 4120; ++bytes) add(std::string(bytes, 'k'));
      for (int i = 0; i < 12; ++i) {
        add(random_bytes(random, kMaximumKeyBytes - random() % 4, 2));
        add(random_bytes(random, 4000 + random() % 200, 2));
        add(random_bytes(random, random() % 60, 2));
        TestEntry large = random_entry("large" + std::to_string(i), random);
        large.kind = EntryKind::kSet;
        large.value_is_pointer = false;
        large.value = random_bytes(random, 4000 + random() % 100000, 256);
        entries.push_back(std::move(large));
      }
      break;
    case Shape::kEverything:
      for (const Shape part : kShapes) {
        if (part == Shape::kEverything || part == Shape::kBinary) continue;
        for (TestEntry& entry : make_entries(part, random)) entries.push_back(std::move(entry));
      }
      break;
  }
  put_in_order(&entries);
  return entries;
}

class TableTest : public testing::Test, protected TableTestBase {
 protected:
  void expect_answers(const Table& table, const std::vector<TestEntry>& entries) {
    expect_lookups(table, entries, random);
    const auto it = table.new_iterator();
    EXPECT_FALSE(it->valid());
    expect_forward(*it, entries);
    expect_backward(*it, entries);
    expect_seeks(*it, entries, random, 500);
  }
  void expect_sound(const Table& table) {
    const Status status =
        table.verify([](const std::string& problem) { ADD_FAILURE() << problem; });
    EXPECT_TRUE(status.ok()) << status.to_string();
  }

  std::mt19937_64 random{42};
};

class TableShapeTest : public TableTest,
                       public testing::WithParamInterface<std::tuple<Shape, Compression>> {};

TEST_P(TableShapeTest, AnswersLikeAnOracleResidentAndPaged) {
  const auto [shape, compression] = GetParam();
  const std::vector<TestEntry> entries = make_entries(shape, random);
  const TableSummary summary = build(entries, {}, compression);
  const auto table = open(summary);
  EXPECT_EQ(table->summary(), summary);
  EXPECT_FALSE(table->resident());
  expect_answers(*table, entries);
  expect_forward(*table->new_scanner(1), entries);
  expect_forward(*table->new_scanner(100000), entries);
  expect_seeks(*table->new_scanner(32768), entries, random, 50, false);
  expect_sound(*table);

  ASSERT_TRUE(table->make_resident().ok());
  EXPECT_TRUE(table->resident());
  expect_answers(*table, entries);
  expect_forward(*table->new_scanner(100000), entries);
  expect_sound(*table);

  EXPECT_NE(table->image().release(), nullptr);
  EXPECT_FALSE(table->resident());
  expect_lookups(*table, entries, random);
}

TEST_P(TableShapeTest, AnswersThroughACacheSmallerThanARecord) {
  const auto [shape, compression] = GetParam();
  const std::vector<TestEntry> entries = make_entries(shape, random);
  const TableSummary summary = build(entries, {}, compression);
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{34000}}) {
    cache.set_capacity(bytes);
    cache.erase_file(kFileNumber);
    const auto table = open(summary);
    expect_lookups(*table, entries, random);
    expect_backward(*table->new_iterator(), entries);
    expect_seeks(*table->new_iterator(), entries, random, 100);
  }
}

TEST_P(TableShapeTest, BuilderKeepsTheImageThatTheFileHolds) {
  const auto [shape, compression] = GetParam();
  const std::vector<TestEntry> entries = make_entries(shape, random);
  const TableSummary summary = build(entries, {{"a", "b", 7}}, compression, true);
  const auto table = Table::open(env, path, summary, &cache, &budget, std::move(image)).value();
  ASSERT_TRUE(table->resident());
  expect_answers(*table, entries);
  const auto other = open(summary);
  ASSERT_TRUE(other->make_resident().ok());
  const auto built = table->image().release();
  const auto loaded = other->image().release();
  ASSERT_GE(built->size(), table->image_bytes());
  EXPECT_EQ(std::string_view(built->data(), table->image_bytes()),
            std::string_view(loaded->data(), other->image_bytes()));
}

INSTANTIATE_TEST_SUITE_P(All, TableShapeTest,
                         testing::Combine(testing::ValuesIn(kShapes),
                                          testing::Values(Compression::kNone, Compression::kLz4,
                                                          Compression::kSnappy,
                                                          Compression::kZstd)));

TEST_F(TableTest, SummaryCountsWhatWasAdded) {
  const std::string pointer = ValuePointer{9, 4096, 2000, 1}.encode();
  const std::vector<TestEntry> entries = {
      {"b", 20, "12345"},
      {"b", 10, "", EntryKind::kDelete},
      {"c", 5, pointer, EntryKind::kSet, true, 777},
      {"d", 0, ValuePointer{4, 4096, 100, 1}.encode(), EntryKind::kSet, true, 555},
      {"e", 0, pointer, EntryKind::kSet, true}};
  const TableSummary summary = build(entries, {{"c", "x", 99}, {"a", "", 3}});
  EXPECT_EQ(summary.entry_count, 5u);
  EXPECT_EQ(summary.tombstone_count, 1u);
  EXPECT_EQ(summary.range_tombstone_count, 2u);
  EXPECT_EQ(summary.expiring_count, 2u);
  EXPECT_EQ(summary.latest_expiry_ms, 777u);
  EXPECT_EQ(summary.user_bytes, 6u + 2001 + 101 + 2001);
  EXPECT_EQ(summary.smallest_sequence, 0u);
  EXPECT_EQ(summary.largest_sequence, 99u);
  EXPECT_EQ(summary.smallest_key, "a");
  EXPECT_EQ(summary.largest_key, "x");
  EXPECT_TRUE(summary.unbounded);
  EXPECT_EQ(summary.value_references, (std::vector<ValueReference>{{4, 100}, {9, 4000}}));
  EXPECT_EQ(summary.file_bytes, env.contents(path)->size());
}

TEST_F(TableTest, RangeTombstonesComeBackInOrderOverManyPages) {
  std::vector<RangeTombstone> tombstones;
  for (int i = 0; i < 300; ++i) {
    tombstones.push_back({"from" + random_bytes(random, random() % 100, 256),
                          random() % 4 == 0 ? "" : "to", random() % 1000});
  }
  const TableSummary summary = build({}, tombstones);
  const auto table = open(summary);
  EXPECT_EQ(table->range_tombstones().all(), RangeTombstones(tombstones).all());
  expect_answers(*table, {});
  expect_lookup(*table, {}, "from", kMaximumSequence);
  expect_sound(*table);
  ASSERT_TRUE(table->make_resident().ok());
  expect_answers(*table, {});
}

TEST_F(TableTest, WhatIsAddedUntilTheTableIsFullFitsAndIsFound) {
  env.record_history(false);
  auto builder =
      TableBuilder::create(env, path, {.file_number = kFileNumber, .budget = &budget}).value();
  const std::string value(kLargeValueBytes - 1, 'v');
  const auto key = [](uint32_t number) {
    std::string bytes(number % 2 == 0 ? kMaximumKeyBytes : 5000, 'k');
    store(bytes.data(), __builtin_bswap32(number));
    return bytes;
  };
  uint32_t count = 0;
  while (!builder->is_full()) {
    ASSERT_TRUE(builder->add({.key = key(count++), .sequence = 1, .value = value}).ok());
  }
  EXPECT_GT(builder->data_bytes(), std::size_t{63} << 20);
  const Status refused = builder->add(
      {.key = "\xff", .sequence = 1, .value = std::string(std::size_t{900} << 10, 'v')});
  EXPECT_TRUE(refused.is(StatusCode::kTooLarge)) << refused.to_string();
  const auto table = open(builder->finish().value());
  EXPECT_EQ(table->summary().entry_count, count);
  for (uint32_t number = 0; number < count; number += number < count - 20 ? 97 : 1) {
    const EpochGuard guard;
    TableLookup lookup;
    ASSERT_TRUE(table->get(key(number), hash_key(key(number)), 1, &lookup).value());
    ASSERT_EQ(lookup.entry.value, value);
  }
}

TEST_F(TableTest, EntryBeyondAWideLeafIsRefusedAndTheBuilderGoesOn) {
  auto builder =
      TableBuilder::create(env, path, {.file_number = kFileNumber, .budget = &budget}).value();
  const std::string huge(std::size_t{2} << 20, 'v');
  EXPECT_TRUE(builder->add({.key = "a", .value = huge}).is(StatusCode::kTooLarge));
  EXPECT_TRUE(builder->empty());
  ASSERT_TRUE(builder->add({.key = "b", .value = "small"}).ok());
  EXPECT_TRUE(builder->add({.key = "c", .value = huge}).is(StatusCode::kTooLarge));
  const auto table = open(builder->finish().value());
  expect_forward(*table->new_iterator(), {{"b", 0, "small"}});
}

TEST_F(TableTest, AbandonedBuilderRemovesItsFileAndReturnsItsMemory) {
  const std::size_t before = budget.used();
  {
    auto builder =
        TableBuilder::create(env, path,
                             {.file_number = kFileNumber, .keep_image = true, .budget = &budget})
            .value();
    ASSERT_TRUE(builder->add({.key = "a", .value = {}}).ok());
    EXPECT_GT(budget.used(), before);
  }
  EXPECT_FALSE(env.exists(path).value());
  EXPECT_EQ(budget.used(), before);
}

TEST_F(TableTest, FailedWriteOrSyncIsReportedAndLeavesNoFile) {
  for (uint64_t allowed = 0;; ++allowed) {
    SimEnv faulty(allowed);
    faulty.set_capacity(allowed * 64 * kPageBytes);
    const auto entries = make_entries(Shape::kWide, random);
    auto created = TableBuilder::create(faulty, path, {.file_number = kFileNumber});
    if (!created.ok()) continue;
    auto builder = std::move(created).value();
    for (const TestEntry& entry : entries) static_cast<void>(builder->add(entry.view()).ok());
    const Result<TableSummary> finished = builder->finish();
    if (finished.ok()) {
      EXPECT_GT(allowed, 2u);
      break;
    }
    EXPECT_TRUE(finished.status().is(StatusCode::kNoSpace)) << finished.status().to_string();
    builder.reset();
    EXPECT_FALSE(faulty.exists(path).value());
  }
}

TEST_F(TableTest, OutOfOrderEntriesEndTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  auto builder = TableBuilder::create(env, path, {.file_number = kFileNumber}).value();
  ASSERT_TRUE(builder->add({.key = "b", .sequence = 5, .value = {}}).ok());
  EXPECT_DEATH(static_cast<void>(builder->add({.key = "a", .sequence = 5, .value = {}}).ok()),
               "entry_before");
  EXPECT_DEATH(static_cast<void>(builder->add({.key = "b", .sequence = 5, .value = {}}).ok()),
               "entry_before");
}

TEST_F(TableTest, IteratorOutlivesTheImage) {
  const auto entries = make_entries(Shape::kBinary, random);
  const auto table = open(build(entries));
  ASSERT_TRUE(table->make_resident().ok());
  const auto it = table->new_iterator();
  it->seek_first();
  table->image().release();
  EXPECT_FALSE(table->resident());
  expect_forward(*it, entries);
}

TEST_F(TableTest, MemoryOfTheImageIsCountedAndReturned) {
  const auto table = open(build(make_entries(Shape::kBinary, random)));
  const std::size_t before = budget.used(MemoryUse::kTable);
  ASSERT_TRUE(table->make_resident().ok());
  EXPECT_EQ(budget.used(MemoryUse::kTable), before + table->image_bytes());
  table->image().release();
  EXPECT_EQ(budget.used(MemoryUse::kTable), before);
}

TEST_F(TableTest, LooksUpOldVersionsWhileItBecomesResidentAndPaged) {
  const auto entries = make_entries(Shape::kManyVersions, random);
  const auto table = open(build(entries));
  RetireList retired;
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (unsigned seed = 0; seed < 3; ++seed) {
    readers.emplace_back([&, seed] {
      std::mt19937_64 own(seed);
      while (!stop.load()) {
        const TestEntry& entry = entries[own() % entries.size()];
        expect_lookup(*table, entries, entry.key, entry.sequence);
      }
    });
  }
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(table->make_resident().ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (auto owner = table->image().release(); owner != nullptr) {
      retired.retire([owner = std::move(owner)]() mutable { owner.reset(); });
      retired.collect();
    }
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(TableTest, WritesPastThePageCacheOfARealDisk) {
  std::string folder = testing::TempDir() + "/ashlar_table_XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const auto entries = make_entries(Shape::kEverything, random);
  for (const Compression compression : {Compression::kNone, Compression::kZstd}) {
    const std::string name = join_path(folder, "000034.table");
    auto builder = TableBuilder::create(*real_env(), name,
                                        {.file_number = kFileNumber, .compression = compression})
                       .value();
    for (const TestEntry& entry : entries) ASSERT_TRUE(builder->add(entry.view()).ok());
    const TableSummary summary = builder->finish().value();
    const auto table = Table::open(*real_env(), name, summary, &cache, &budget).value();
    expect_answers(*table, entries);
    expect_sound(*table);
    cache.erase_file(kFileNumber);
    std::filesystem::remove(name);
  }
  std::filesystem::remove_all(folder);
}

TEST_F(TableTest, DescriptionNamesEveryPart) {
  const auto entries = make_entries(Shape::kEqualFences, random);
  build(entries, {{"from", "to", 5}}, Compression::kLz4);
  std::string text;
  const auto collect = [&](std::string_view line) { text.append(line).append("\n"); };
  ASSERT_TRUE(describe_table(env, path, true, collect).ok());
  for (const char* part : {"table 34", "group 0 offset 4096", "leaf page 1 ", "wide leaf", "fences",
                           "maplet", "delete \"from\" to \"to\" sequence 5", "set \"a:::"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  ASSERT_TRUE(env.flip_bit(path, 4200 * 8).ok());
  text.clear();
  EXPECT_TRUE(describe_table(env, path, true, collect).is(StatusCode::kCorruption));
  EXPECT_THAT(text, HasSubstr("DAMAGED 000034.table: offset 4096"));
  EXPECT_THAT(text, HasSubstr("delete \"from\""));
}

}  // namespace
}  // namespace ashlar

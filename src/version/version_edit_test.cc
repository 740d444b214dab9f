#include "version/version_edit.h"

#include <gtest/gtest.h>

#include <random>

#include "base/coding.h"
#include "version/version_test_support.h"

namespace ashlar {
namespace {

VersionEdit full_edit() {
  VersionEdit edit;
  edit.database_id = UINT64_MAX;
  edit.next_file_number = 12;
  edit.last_sequence = kMaximumSequence;
  edit.log_start = 1;
  edit.log_synced = 0;
  edit.removed_partitions = {3, 4};
  edit.added_partitions = {{5, ""}, {6, std::string("m\0\xff", 3)}};
  edit.removed_tables = {7};
  TablePlacement table = placement(Tier::kFragment, 6, 8, std::string("\0", 1), "zz");
  table.table.tombstone_count = 2;
  table.table.range_tombstone_count = 3;
  table.table.expiring_count = 4;
  table.table.earliest_expiry_ms = 5;
  table.table.latest_expiry_ms = UINT64_MAX;
  table.table.user_bytes = 6;
  table.table.smallest_sequence = 7;
  table.table.largest_sequence = 8;
  table.table.file_checksum = 0xffffffff;
  table.table.unbounded = true;
  table.table.value_references = {{9, 10}, {11, 12}};
  edit.added_tables = {placement(Tier::kRun, 1, 2), table, placement(Tier::kBottom, 5, 9)};
  edit.removed_value_files = {10};
  edit.added_value_files = {
      {11, 4096, 1, 2000, 0xdeadbeef},
      {12, 8192, 3, 6000, 7, ValueFileKind::kSegment, false},
      {13, 8192, 3, 6000, 8, ValueFileKind::kSegment, true},
  };
  return edit;
}

void expect_same(const VersionEdit& a, const VersionEdit& b) {
  EXPECT_EQ(a.database_id, b.database_id);
  EXPECT_EQ(a.next_file_number, b.next_file_number);
  EXPECT_EQ(a.last_sequence, b.last_sequence);
  EXPECT_EQ(a.log_start, b.log_start);
  EXPECT_EQ(a.log_synced, b.log_synced);
  EXPECT_EQ(a.removed_partitions, b.removed_partitions);
  EXPECT_EQ(a.removed_tables, b.removed_tables);
  EXPECT_EQ(a.removed_value_files, b.removed_value_files);
  ASSERT_EQ(a.added_partitions.size(), b.added_partitions.size());
  for (std::size_t i = 0; i < a.added_partitions.size(); ++i) {
    EXPECT_EQ(a.added_partitions[i].number, b.added_partitions[i].number);
    EXPECT_EQ(a.added_partitions[i].lower, b.added_partitions[i].lower);
  }
  ASSERT_EQ(a.added_tables.size(), b.added_tables.size());
  for (std::size_t i = 0; i < a.added_tables.size(); ++i) {
    EXPECT_EQ(a.added_tables[i].tier, b.added_tables[i].tier);
    EXPECT_EQ(a.added_tables[i].owner, b.added_tables[i].owner);
    EXPECT_EQ(a.added_tables[i].table, b.added_tables[i].table);
  }
  ASSERT_EQ(a.added_value_files.size(), b.added_value_files.size());
  for (std::size_t i = 0; i < a.added_value_files.size(); ++i) {
    EXPECT_EQ(a.added_value_files[i], b.added_value_files[i]);
  }
}

TEST(VersionEdit, ComesBackAsItWas) {
  const VersionEdit edit = full_edit();
  const auto decoded = VersionEdit::decode(edit.encode());
  ASSERT_TRUE(decoded.ok()) << decoded.status().to_string();
  expect_same(*decoded, edit);
}

TEST(VersionEdit, AnEmptyOneIsNoBytes) {
  EXPECT_EQ(VersionEdit().encode(), "");
  const auto decoded = VersionEdit::decode("");
  ASSERT_TRUE(decoded.ok());
  expect_same(*decoded, VersionEdit());
}

// A cut between two fields leaves a valid, shorter edit; the manifest's checksum tells.
TEST(VersionEdit, CutOffAnywhereIsAnErrorOrAShorterEdit) {
  const std::string bytes = full_edit().encode();
  std::size_t errors = 0;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto decoded = VersionEdit::decode(std::string_view(bytes).substr(0, length));
    if (decoded.ok()) {
      EXPECT_EQ(decoded->encode(), bytes.substr(0, length));
    } else {
      EXPECT_TRUE(decoded.status().is(StatusCode::kCorruption)) << decoded.status().to_string();
      ++errors;
    }
  }
  EXPECT_GT(errors, bytes.size() / 2);
}

TEST(VersionEdit, GarbageIsAnErrorAndNeverACrash) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = random_bytes(random, random() % 60, random() % 2 == 0 ? 12 : 256);
    const auto decoded = VersionEdit::decode(bytes);
    if (!decoded.ok()) {
      EXPECT_TRUE(decoded.status().is(StatusCode::kCorruption) ||
                  decoded.status().is(StatusCode::kUnsupported));
    }
  }
}

TEST(VersionEdit, AnUnknownFieldIsOfANewerVersion) {
  std::string bytes = full_edit().encode();
  append_varint(&bytes, 13);
  append_varint(&bytes, 0);
  EXPECT_TRUE(VersionEdit::decode(bytes).status().is(StatusCode::kUnsupported));
}

TEST(VersionEdit, AnUnknownTierIsCorruption) {
  for (const uint64_t tier : {uint64_t{0}, uint64_t{4}, UINT64_MAX}) {
    std::string bytes;
    append_varint(&bytes, 9);
    append_varint(&bytes, tier);
    bytes.append(30, '\0');
    EXPECT_TRUE(VersionEdit::decode(bytes).status().is(StatusCode::kCorruption));
  }
}

TEST(VersionEdit, ManyPromisedReferencesTakeNoMemory) {
  std::string bytes = full_edit().encode();
  VersionEdit edit;
  edit.added_tables = {placement(Tier::kRun, 1, 2)};
  bytes = edit.encode();
  bytes.pop_back();  // the number of value references, 0
  append_varint(&bytes, uint64_t{1} << 60);
  EXPECT_TRUE(VersionEdit::decode(bytes).status().is(StatusCode::kCorruption));
}

}  // namespace
}  // namespace ashlar

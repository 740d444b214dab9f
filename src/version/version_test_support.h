// For tests of versions: a folder on a simulated disk, with a VersionSet and tables to put into it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "table/table_test_support.h"
#include "version/current_file.h"
#include "version/version_set.h"

namespace ashlar {

// A summary of a table that need not exist.
inline TablePlacement placement(Tier tier, uint64_t owner, uint64_t file_number,
                                std::string smallest = "a", std::string largest = "z") {
  TablePlacement placed;
  placed.tier = tier;
  placed.owner = owner;
  placed.table.file_number = file_number;
  placed.table.file_bytes = 8192;
  placed.table.entry_count = 2;
  placed.table.smallest_key = std::move(smallest);
  placed.table.largest_key = std::move(largest);
  return placed;
}

class VersionFolder {
 public:
  static constexpr std::string_view kFolder = "db";

  explicit VersionFolder(uint64_t seed = 1) : VersionFolder(std::make_unique<SimEnv>(seed)) {
    EXPECT_TRUE(env->create_folder(std::string(kFolder)).ok());
    EXPECT_TRUE(env->sync_folder("").ok());
  }
  explicit VersionFolder(std::unique_ptr<SimEnv> world) : env(std::move(world)) { reopen(); }

  // A new VersionSet, neither created nor recovered.
  void reopen() {
    versions.reset();
    versions = std::make_unique<VersionSet>(*env, std::string(kFolder), &cache, &budget);
  }
  std::string path(std::string_view name) const { return join_path(kFolder, name); }
  std::string path(FileType type, uint64_t number) const { return path(file_name(type, number)); }
  bool has(std::string_view name) { return env->exists(path(name)).value(); }

  // A table on disk, opened and added to *edit.
  std::shared_ptr<StoredTable> add_table(Tier tier, uint64_t owner, std::vector<TestEntry> entries,
                                         VersionEdit* edit, VersionSet::Opened* opened,
                                         const std::vector<RangeTombstone>& tombstones = {}) {
    put_in_order(&entries);
    const uint64_t number = versions->new_file_number();
    auto builder = TableBuilder::create(*env, path(FileType::kTable, number),
                                        {.file_number = number,
                                         .compression = Compression::kNone,
                                         .keep_image = false,
                                         .budget = &budget,
                                         .expected_bytes = 4096})
                       .value();
    for (const TestEntry& entry : entries) EXPECT_TRUE(builder->add(entry.view()).ok());
    for (const RangeTombstone& tombstone : tombstones) {
      EXPECT_TRUE(builder->add_range_tombstone(tombstone).ok());
    }
    const TableSummary summary = builder->finish().value();
    EXPECT_TRUE(env->sync_folder(std::string(kFolder)).ok());
    auto table = versions->open_table(summary, HugeBuffer()).value();
    edit->added_tables.push_back({tier, owner, summary});
    opened->tables.push_back(table);
    return table;
  }
  std::shared_ptr<StoredValueFile> add_value_file(VersionEdit* edit, VersionSet::Opened* opened) {
    const uint64_t number = versions->new_file_number();
    auto builder =
        ValueFileBuilder::create(*env, path(FileType::kValues, number), number, false, &budget)
            .value();
    EXPECT_TRUE(builder->add("key", "value").ok());
    const ValueFileSummary summary = builder->finish().value();
    EXPECT_TRUE(env->sync_folder(std::string(kFolder)).ok());
    auto file = versions->open_value_file(summary, HugeBuffer()).value();
    edit->added_value_files.push_back(summary);
    opened->value_files.push_back(file);
    return file;
  }
  Status apply(const VersionEdit& edit, const VersionSet::Opened& opened = {}) {
    return versions->apply(edit, opened, [this](std::shared_ptr<const Version> version) {
      ++published;
      last_published = std::move(version);
    });
  }
  // Adds a run of one table that holds one entry.
  Status apply_run(const std::string& key, SequenceNumber sequence) {
    VersionEdit edit;
    VersionSet::Opened opened;
    const uint64_t run = versions->new_file_number();
    add_table(Tier::kRun, run, {{key, sequence, "v"}}, &edit, &opened);
    edit.last_sequence = sequence;
    return apply(edit, opened);
  }
  // The first keys of all runs, newest first: "c b a".
  std::string runs() const {
    std::string text;
    for (const auto& run : versions->current()->runs) {
      text += (text.empty() ? "" : " ") + run->tables[0]->summary.smallest_key;
    }
    return text;
  }

  MemoryBudget budget{std::size_t{1} << 30};
  std::unique_ptr<SimEnv> env;
  PageCache cache{&budget, std::size_t{4} << 20};
  std::unique_ptr<VersionSet> versions;
  int published = 0;
  std::shared_ptr<const Version> last_published;
};

}  // namespace ashlar

#include "version/version_set.h"

#include <gtest/gtest.h>

#include "version/version_test_support.h"

namespace ashlar {
namespace {

TEST(VersionSet, CreatedIsRecoveredEmptyWithItsId) {
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  const uint64_t id = folder.versions->database_id();
  folder.reopen();
  ASSERT_TRUE(folder.versions->recover(true).ok());
  EXPECT_EQ(folder.versions->database_id(), id);
  EXPECT_TRUE(folder.versions->current()->all_tables().empty());
}

TEST(VersionSet, IsNotFoundWithoutCurrent) {
  VersionFolder folder;
  EXPECT_TRUE(folder.versions->recover(true).is(StatusCode::kNotFound));
}

TEST(VersionSet, RecoversWhatWasApplied) {
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  VersionEdit edit;
  VersionSet::Opened opened;
  folder.add_table(Tier::kBottom, 101, {{"b", 1, "v"}}, &edit, &opened);
  folder.add_table(Tier::kFragment, 101, {{"c", 2, "v"}}, &edit, &opened);
  const uint64_t newer =
      folder.add_table(Tier::kFragment, 101, {{"d", 3, "v"}}, &edit, &opened)->summary.file_number;
  folder.add_table(Tier::kRun, 50, {{"y", 4, "v"}}, &edit, &opened);
  folder.add_table(Tier::kRun, 50, {{"x", 4, "v"}}, &edit, &opened);
  folder.add_table(Tier::kRun, 51, {{"z", 5, "v"}}, &edit, &opened);
  const uint64_t values = folder.add_value_file(&edit, &opened)->summary.file_number;
  edit.added_partitions = {{102, "m"}, {101, ""}};
  edit.last_sequence = 5;
  edit.log_start = 4096;
  edit.log_synced = 8192;
  ASSERT_TRUE(folder.apply(edit, opened).ok());
  for (int i = 0; i < 3; ++i) {
    const auto version = folder.versions->current();
    EXPECT_EQ(folder.runs(), "z x");  // [VER-1]
    ASSERT_EQ(version->runs.size(), 2u);
    ASSERT_EQ(version->runs[1]->tables.size(), 2u);  // [VER-2]
    EXPECT_EQ(version->runs[1]->tables[1]->summary.smallest_key, "y");
    ASSERT_EQ(version->partitions.size(), 2u);
    EXPECT_EQ(version->partitions[0]->number, 101u);
    EXPECT_EQ(version->partitions[0]->lower, "");  // [VER-3]
    EXPECT_EQ(version->upper_bound(0), "m");
    EXPECT_EQ(version->upper_bound(1), "");
    EXPECT_EQ(version->partition_of("l"), 0u);
    EXPECT_EQ(version->partition_of("m"), 1u);
    ASSERT_EQ(version->partitions[0]->fragments.size(), 2u);
    EXPECT_EQ(version->partitions[0]->fragments[0]->summary.file_number, newer);
    ASSERT_NE(version->partitions[0]->bottom, nullptr);
    EXPECT_EQ(version->partitions[1]->bottom, nullptr);
    EXPECT_TRUE(version->value_files.contains(values));
    EXPECT_EQ(version->largest_sequence(), 5u);
    EXPECT_EQ(folder.versions->last_sequence(), 5u);
    EXPECT_EQ(folder.versions->log_bounds().start, 4096u);
    EXPECT_EQ(folder.versions->log_bounds().synced, 8192u);
    folder.last_published.reset();
    folder.reopen();
    ASSERT_TRUE(folder.versions->recover(i != 1).ok());
  }
}

TEST(VersionSet, NumbersAreNeverGivenTwice) {
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  ASSERT_TRUE(folder.apply_run("a", 1).ok());
  const uint64_t highest = folder.versions->new_file_number();
  // A file that no edit names, as a crash leaves it behind.
  ASSERT_TRUE(
      folder.env->copy(folder.path(kCurrentFileName), folder.path(FileType::kLog, highest + 5))
          .ok());
  folder.last_published.reset();
  folder.reopen();
  ASSERT_TRUE(folder.versions->recover(true).ok());
  EXPECT_GT(folder.versions->new_file_number(), highest + 5);
}

TEST(VersionSet, PublishesWithinApplyAndBeforeAnythingIsRemoved) {  // [VSET-1]
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  ASSERT_TRUE(folder.apply_run("a", 1).ok());
  folder.last_published.reset();
  const uint64_t number = folder.versions->current()->all_tables()[0]->summary.file_number;
  const std::string path = folder.path(FileType::kTable, number);
  VersionEdit edit;
  edit.removed_tables = {number};
  bool there_when_published = false;
  ASSERT_TRUE(folder.versions
                  ->apply(edit, {},
                          [&](std::shared_ptr<const Version> version) {
                            EXPECT_TRUE(version->runs.empty());
                            there_when_published = folder.env->exists(path).value();
                          })
                  .ok());
  EXPECT_TRUE(there_when_published);
  EXPECT_FALSE(folder.env->exists(path).value());
}

TEST(VersionSet, AFileGoesOnlyWithTheLastVersionThatNamesIt) {  // [STORE-1]
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  ASSERT_TRUE(folder.apply_run("a", 1).ok());
  folder.last_published.reset();
  auto reader = folder.versions->current();
  const std::string path = reader->all_tables()[0]->path();
  VersionEdit edit;
  edit.removed_tables = {reader->all_tables()[0]->summary.file_number};
  ASSERT_TRUE(folder.apply(edit).ok());
  EXPECT_TRUE(folder.env->exists(path).value());
  ASSERT_TRUE(folder.apply_run("b", 2).ok());
  EXPECT_TRUE(folder.env->exists(path).value());
  {
    const EpochGuard guard;
    TableLookup lookup;
    EXPECT_TRUE(reader->get("a", hash_key("a"), 1, &lookup).value());
  }
  reader.reset();
  EXPECT_FALSE(folder.env->exists(path).value());
}

TEST(VersionSet, ATableMayMoveWithinOneEdit) {
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  ASSERT_TRUE(folder.apply_run("a", 1).ok());
  const auto table = folder.versions->current()->all_tables()[0];
  VersionEdit edit;
  edit.added_partitions = {{77, ""}};
  edit.removed_tables = {table->summary.file_number};
  edit.added_tables = {{Tier::kBottom, 77, table->summary}};
  ASSERT_TRUE(folder.apply(edit).ok());
  folder.last_published.reset();
  const auto version = folder.versions->current();
  EXPECT_TRUE(version->runs.empty());
  ASSERT_EQ(version->partitions.size(), 1u);
  EXPECT_EQ(version->partitions[0]->bottom, table);
  EXPECT_TRUE(folder.env->exists(table->path()).value());
}

// --- Edits that make no sense --------------------------------------------------------------------

TEST(VersionSet, RefusesEditsThatDoNotFollowFromTheState) {
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  ASSERT_TRUE(folder.apply_run("a", 1).ok());
  const auto before = folder.versions->current();
  const TableSummary known = before->all_tables()[0]->summary;
  std::vector<VersionEdit> edits(8);
  edits[0].removed_tables = {9999};
  edits[1].removed_partitions = {9999};
  edits[2].removed_value_files = {9999};
  edits[3].added_partitions = {{5, ""}, {5, "b"}};
  edits[4].added_tables = {{Tier::kBottom, 9999, known}};
  edits[5].added_tables = {{Tier::kRun, 1, known}};
  edits[6].added_value_files = {{5, 1, 1, 1, 1}, {5, 1, 1, 1, 1}};
  edits[7].added_partitions = {{5, "not the first key"}};
  for (std::size_t i = 0; i < edits.size(); ++i) {
    EXPECT_TRUE(folder.apply(edits[i]).is(StatusCode::kCorruption)) << i;
    EXPECT_EQ(folder.versions->current(), before) << i;
  }
  EXPECT_TRUE(folder.apply_run("b", 2).ok());
  EXPECT_EQ(folder.runs(), "b a");
}

TEST(VersionSet, RefusesToLoseATableWithItsPartition) {
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  VersionEdit edit;
  VersionSet::Opened opened;
  folder.add_table(Tier::kBottom, 5, {{"a", 1, "v"}}, &edit, &opened);
  edit.added_partitions = {{5, ""}};
  ASSERT_TRUE(folder.apply(edit, opened).ok());
  VersionEdit removal;
  removal.removed_partitions = {5};
  EXPECT_TRUE(folder.apply(removal).is(StatusCode::kCorruption));
}

TEST(VersionSet, RefusesTwoBottomsOfOnePartition) {
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  VersionEdit edit;
  VersionSet::Opened opened;
  folder.add_table(Tier::kBottom, 5, {{"a", 1, "v"}}, &edit, &opened);
  folder.add_table(Tier::kBottom, 5, {{"b", 1, "v"}}, &edit, &opened);
  edit.added_partitions = {{5, ""}};
  EXPECT_TRUE(folder.apply(edit, opened).is(StatusCode::kCorruption));
}

// --- Damage --------------------------------------------------------------------------------------

TEST(VersionSet, AMissingOrWrongFileIsCorruptionWithItsName) {
  for (const bool wrong : {false, true}) {
    VersionFolder folder;
    ASSERT_TRUE(folder.versions->create().ok());
    ASSERT_TRUE(folder.apply_run("a", 1).ok());
    ASSERT_TRUE(folder.apply_run("b", 2).ok());
    const auto tables = folder.versions->current()->all_tables();
    const std::string path = tables[0]->path();
    if (wrong) {
      ASSERT_TRUE(folder.env->copy(tables[1]->path(), path).ok());
    } else {
      ASSERT_TRUE(folder.env->erase(path).ok());
    }
    folder.reopen();
    const Status status = folder.versions->recover(false);
    EXPECT_TRUE(status.is(StatusCode::kCorruption)) << status.to_string();
    EXPECT_NE(status.message().find(path), std::string_view::npos) << status.to_string();
  }
}

TEST(VersionSet, AMissingManifestIsCorruptionWithItsName) {
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  const uint64_t number = read_current(*folder.env, std::string(VersionFolder::kFolder)).value();
  ASSERT_TRUE(folder.env->erase(folder.path(FileType::kManifest, number)).ok());
  folder.reopen();
  const Status status = folder.versions->recover(true);
  EXPECT_TRUE(status.is(StatusCode::kCorruption));
  EXPECT_NE(status.message().find(file_name(FileType::kManifest, number)), std::string_view::npos);
}

// --- Leftovers -----------------------------------------------------------------------------------

TEST(VersionSet, RemovesLeftoversAndLeavesUnknownFilesAlone) {
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  ASSERT_TRUE(folder.apply_run("a", 1).ok());
  const uint64_t table = folder.versions->current()->all_tables()[0]->summary.file_number;
  const std::vector<std::string> leftovers = {"000900.table", "000901.values", "MANIFEST-000902"};
  const std::vector<std::string> foreign = {"notes.txt", "900.table", "000903.log", "LOCK",
                                            "000034.table.bak"};
  for (const auto& names : {leftovers, foreign}) {
    for (const std::string& name : names) {
      ASSERT_TRUE(folder.env->copy(folder.path(kCurrentFileName), folder.path(name)).ok());
    }
  }
  folder.last_published.reset();
  folder.reopen();
  ASSERT_TRUE(folder.versions->recover(false).ok());
  for (const std::string& name : leftovers) EXPECT_TRUE(folder.has(name)) << name;
  folder.reopen();
  ASSERT_TRUE(folder.versions->recover(true).ok());
  for (const std::string& name : leftovers) EXPECT_FALSE(folder.has(name)) << name;
  for (const std::string& name : foreign) EXPECT_TRUE(folder.has(name)) << name;
  EXPECT_TRUE(folder.has(file_name(FileType::kTable, table)));
  int manifests = 0;
  for (const DirectoryEntry& entry : folder.env->list("db").value()) {
    const auto parsed = parse_file_name(entry.name);
    manifests += parsed && parsed->type == FileType::kManifest;
  }
  EXPECT_EQ(manifests, 1);
}

// --- Failures ------------------------------------------------------------------------------------

TEST(VersionSet, AfterAFailedApplyNothingHasChangedAndALaterOneWorks) {  // [VSET-1]
  for (const SimCall call : {SimCall::kWrite, SimCall::kSync, SimCall::kOpen, SimCall::kSyncFolder,
                             SimCall::kRename, SimCall::kRemove}) {
    // One failure leads to a new manifest, so that the second one may fail while that is begun.
    for (uint64_t skip = 0; skip < 8; ++skip) {
      VersionFolder folder;
      ASSERT_TRUE(folder.versions->create().ok());
      ASSERT_TRUE(folder.apply_run("a", 1).ok());
      const auto before = folder.versions->current();
      VersionEdit edit;
      VersionSet::Opened opened;
      const uint64_t run = folder.versions->new_file_number();
      folder.add_table(Tier::kRun, run, {{"b", 2, "v"}}, &edit, &opened);
      edit.removed_tables = {before->all_tables()[0]->summary.file_number};
      folder.env->inject({.call = SimCall::kSync, .code = StatusCode::kIoError});
      const int published = folder.published;
      ASSERT_TRUE(folder.apply(edit, opened).is(StatusCode::kIoError));
      folder.env->inject({.call = call, .skip = skip, .code = StatusCode::kIoError});
      const Status second = folder.apply(edit, opened);
      folder.env->clear_faults();
      if (!second.ok()) {
        EXPECT_EQ(folder.versions->current(), before);
        EXPECT_EQ(folder.published, published);
        EXPECT_EQ(folder.runs(), "a");
        EXPECT_TRUE(folder.env->exists(before->all_tables()[0]->path()).value());
        const Status third = folder.apply(edit, opened);
        ASSERT_TRUE(third.ok()) << to_string(call) << " " << skip << " " << third.to_string();
      }
      EXPECT_EQ(folder.runs(), "b");
      EXPECT_EQ(folder.published, published + 1);
      ASSERT_TRUE(folder.apply_run("c", 3).ok());

      VersionFolder after(folder.env->after_power_cut(skip));
      const Status recovered = after.versions->recover(true);
      ASSERT_TRUE(recovered.ok()) << to_string(call) << " " << skip << " " << recovered.to_string();
      EXPECT_EQ(after.runs(), "c b") << to_string(call) << " " << skip;
    }
  }
}

TEST(VersionSet, AFullDiskDuringApplyIsReportedAndOvercome) {
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  ASSERT_TRUE(folder.apply_run("a", 1).ok());
  folder.env->inject({.call = SimCall::kWrite,
                      .lasting = true,
                      .code = StatusCode::kNoSpace,
                      .bytes = 3,
                      .path_part = "MANIFEST"});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(folder.apply_run("b", 2).is(StatusCode::kNoSpace));
  EXPECT_EQ(folder.runs(), "a");
  folder.env->clear_faults();
  ASSERT_TRUE(folder.apply_run("c", 3).ok());
  EXPECT_EQ(folder.runs(), "c a");
  folder.last_published.reset();
  folder.reopen();
  ASSERT_TRUE(folder.versions->recover(true).ok());
  EXPECT_EQ(folder.runs(), "c a");
}

// After every power cut the version is one of those that were applied, and no older than the last
// whose apply() had returned.
TEST(VersionSet, APowerCutLeavesAnAppliedVersion) {  // [VSET-1] [MAN-2]
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  folder.env->forget_history();
  const std::vector<std::string> states = {"", "a", "b a", "b", "c b"};
  std::vector<std::size_t> done_at = {0};
  const auto note = [&](const Status& status) {
    ASSERT_TRUE(status.ok());
    ASSERT_EQ(folder.runs(), states[done_at.size()]);
    done_at.push_back(folder.env->operation_count());
  };
  note(folder.apply_run("a", 1));
  note(folder.apply_run("b", 2));
  VersionEdit removal;
  removal.removed_tables = {folder.versions->current()->runs[1]->tables[0]->summary.file_number};
  note(folder.apply(removal));
  folder.env->inject({.call = SimCall::kSync, .path_part = "MANIFEST"});
  ASSERT_FALSE(folder.apply_run("c", 3).ok());
  note(folder.apply_run("c", 3));

  SimCrash crash = folder.env->crash_points();
  SimRandom random(4);
  while (true) {
    std::size_t least = 0;
    while (least + 1 < done_at.size() && done_at[least + 1] <= crash.position()) ++least;
    for (int i = 0; i < 4; ++i) {
      VersionFolder after(folder.env->restart(crash.image(crash.random_fates(&random)), 1));
      const Status recovered = after.versions->recover(i % 2 == 0);
      ASSERT_TRUE(recovered.ok()) << crash.position() << " " << recovered.to_string();
      const auto state = std::find(states.begin(), states.end(), after.runs());
      ASSERT_NE(state, states.end()) << after.runs();
      ASSERT_GE(static_cast<std::size_t>(state - states.begin()), least) << crash.position();
      ASSERT_LE(static_cast<std::size_t>(state - states.begin()), least + 1) << crash.position();
    }
    if (crash.position() == crash.operation_count()) break;
    crash.advance_to(crash.position() + 1);
  }
}

// --- Reading -------------------------------------------------------------------------------------

TEST(Version, FindsTheNewestVersionAcrossRunsFragmentsAndBottom) {  // [VER-1]
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  VersionEdit edit;
  VersionSet::Opened opened;
  std::vector<TestEntry> all;
  std::mt19937_64 random(6);
  SequenceNumber sequence = 0;
  edit.added_partitions = {{1, ""}, {2, "k50"}};
  // Oldest first: bottoms, five fragments each, more runs than are prefetched at once.
  const auto add = [&](Tier tier, uint64_t owner, int from, int to) {
    std::vector<TestEntry> entries;
    for (int i = 0; i < 20; ++i) {
      const int key = from + static_cast<int>(random() % static_cast<unsigned>(to - from));
      entries.push_back({"k" + std::to_string(key), ++sequence, std::to_string(sequence)});
    }
    all.insert(all.end(), entries.begin(), entries.end());
    folder.add_table(tier, owner, entries, &edit, &opened);
  };
  for (const auto& [owner, from] : {std::pair{1, 10}, std::pair{2, 50}}) {
    add(Tier::kBottom, static_cast<uint64_t>(owner), from, from + 40);
    for (int i = 0; i < 5; ++i) {
      add(Tier::kFragment, static_cast<uint64_t>(owner), from, from + 40);
    }
  }
  for (uint64_t run = 100; run < 140; ++run) add(Tier::kRun, run, 10, 90);
  ASSERT_TRUE(folder.apply(edit, opened).ok());
  put_in_order(&all);

  const auto version = folder.versions->current();
  for (int key = 8; key < 95; ++key) {
    const std::string name = "k" + std::to_string(key);
    const EpochGuard guard;
    TableLookup lookup;
    const TestEntry* wanted = expected_version(all, name, kMaximumSequence);
    ASSERT_EQ(version->get(name, hash_key(name), kMaximumSequence, &lookup).value(),
              wanted != nullptr)
        << name;
    if (wanted != nullptr) {
      ASSERT_TRUE(same_entry(lookup.entry, *wanted)) << name;
    }
  }
  std::vector<std::unique_ptr<EntryIterator>> iterators;
  version->append_iterators(&iterators);
  std::vector<TestEntry> seen;
  for (const auto& it : iterators) {
    for (it->seek_first(); it->valid(); it->next()) {
      seen.push_back(
          {std::string(it->entry().key), it->entry().sequence, std::string(it->entry().value)});
    }
  }
  put_in_order(&seen);
  ASSERT_EQ(seen.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_TRUE(same_entry(seen[i].view(), all[i]));
}

TEST(Version, KnowsTheRangeTombstonesOfAllTables) {
  VersionFolder folder;
  ASSERT_TRUE(folder.versions->create().ok());
  VersionEdit edit;
  VersionSet::Opened opened;
  edit.added_partitions = {{1, ""}};
  folder.add_table(Tier::kRun, 100, {}, &edit, &opened, {{"a", "c", 9}});
  folder.add_table(Tier::kFragment, 1, {{"x", 1, "v"}}, &edit, &opened, {{"b", "", 5}});
  ASSERT_TRUE(folder.apply(edit, opened).ok());
  const RangeTombstones& tombstones = folder.versions->current()->range_tombstones();
  EXPECT_EQ(tombstones.covering("b", kMaximumSequence), 9u);
  EXPECT_EQ(tombstones.covering("b", 8), 5u);
  EXPECT_EQ(tombstones.covering("zz", kMaximumSequence), 5u);
  EXPECT_EQ(folder.versions->current()->largest_sequence(), 9u);
}

}  // namespace
}  // namespace ashlar

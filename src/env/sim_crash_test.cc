#include "env/sim_crash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "env/sim_env.h"

namespace ashlar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using FateKind = Fate::Kind;

constexpr Fate kAbsent{.kind = FateKind::kAbsent};
constexpr Fate kWhole{.kind = FateKind::kWhole};

class SimCrashTest : public testing::Test {
 protected:
  std::unique_ptr<File> create(const std::string& path) {
    return sim_.open_file(path, {.mode = OpenMode::kCreate}).value();
  }
  // A file whose name and first bytes are durable, at the beginning of a new history.
  std::unique_ptr<File> durable_file(const std::string& path, std::string_view bytes) {
    auto file = create(path);
    EXPECT_TRUE(file->write(0, bytes).ok());
    EXPECT_TRUE(file->sync().ok());
    EXPECT_TRUE(sim_.sync_folder("/").ok());
    sim_.forget_history();
    return file;
  }
  SimCrash at_end() {
    SimCrash crash = sim_.crash_points();
    crash.advance_to(crash.operation_count());
    return crash;
  }
  // What a file holds after a power cut at the end; "-" if it is not there.
  std::string after(const std::vector<Fate>& fates, const std::string& path = "f") {
    return bytes_in(at_end().image(fates), path);
  }
  static std::string bytes_in(const SimDisk& disk, const std::string& path) {
    const SimFileId file = disk.find(path);
    return file == kNoSimFile ? "-" : disk.contents(file);
  }

  SimEnv sim_{1};
};

TEST_F(SimCrashTest, UnsyncedWriteIsAbsentOrWhole) {
  const auto file = durable_file("f", "old");
  ASSERT_TRUE(file->write(0, "new").ok());
  EXPECT_EQ(at_end().pending().size(), 1u);
  EXPECT_EQ(after({kAbsent}), "old");
  EXPECT_EQ(after({kWhole}), "new");
}

TEST_F(SimCrashTest, WritesSurviveInAnySubset) {
  const auto file = durable_file("f", "....");
  for (uint64_t i = 0; i < 4; ++i) ASSERT_TRUE(file->write(i, std::string(1, "abcd"[i])).ok());
  std::set<std::string> found;
  for (unsigned mask = 0; mask < 16; ++mask) {
    std::vector<Fate> fates;
    for (unsigned i = 0; i < 4; ++i) fates.push_back((mask >> i & 1) != 0 ? kWhole : kAbsent);
    found.insert(after(fates));
  }
  EXPECT_EQ(found.size(), 16u);
  EXPECT_TRUE(found.contains(".b.d"));
}

TEST_F(SimCrashTest, TornWritesKeepSectorsOnOneSide) {
  const auto file = durable_file("f", std::string(2048, 'o'));
  ASSERT_TRUE(file->write(256, std::string(1536, 'n')).ok());
  const std::string o(256, 'o'), n(256, 'n');
  EXPECT_EQ(after({{.kind = FateKind::kPrefix, .at = 1024}}), o + n + n + n + o + o + o + o);
  EXPECT_EQ(after({{.kind = FateKind::kSuffix, .at = 1024}}), o + o + o + o + n + n + n + o);
  const std::string scattered = after({{.kind = FateKind::kScattered, .at = 3}});
  for (std::size_t at = 0; at < 2048; at += 256) {
    EXPECT_EQ(scattered.substr(at, 256), std::string(256, scattered[at])) << at;
  }
}

TEST_F(SimCrashTest, FatesOfAWriteTearAtEachBorderInside) {
  const auto file = durable_file("f", "");
  ASSERT_TRUE(file->write(4096 - 512, std::string(1024 + 4096, 'n')).ok());
  SimCrash crash = at_end();
  const auto borders = [&](uint64_t border_bytes) {
    std::set<uint64_t> found;
    for (const Fate& fate : SimCrash::fates_of(crash.pending()[0], border_bytes)) {
      if (fate.kind == FateKind::kPrefix) found.insert(fate.at);
    }
    return found;
  };
  EXPECT_THAT(borders(4096), ElementsAre(4096, 8192));
  EXPECT_EQ(borders(512).size(), 9u);
  std::set<std::string> distinct;
  for (const Fate& fate : SimCrash::fates_of(crash.pending()[0], 4096)) {
    distinct.insert(bytes_in(crash.image({fate}), "f"));
  }
  // Absent, whole, grown, old bytes (there are none: a pattern), two prefixes, two suffixes.
  EXPECT_EQ(distinct.size(), 8u);
}

TEST_F(SimCrashTest, LengthGrowsWithZerosOrOldBytes) {
  const auto file = durable_file("f", "ab");
  const auto other = create("g");
  ASSERT_TRUE(other->write(0, "OLD").ok());
  ASSERT_TRUE(file->write(1, "XYZ").ok());
  SimCrash crash = at_end();
  ASSERT_EQ(crash.pending().size(), 3u);
  std::vector<Fate> fates(3, kAbsent);
  const auto of_file = [&](Fate fate) {
    for (std::size_t i = 0; i < 3; ++i) {
      if (*crash.pending()[i].path == "f") fates[i] = fate;
    }
    return bytes_in(crash.image(fates), "f");
  };
  EXPECT_EQ(of_file({.kind = FateKind::kAbsent, .grown = true}), std::string("ab\0\0", 4));
  EXPECT_EQ(of_file({.kind = FateKind::kOldBytes}), "abOL");
}

TEST_F(SimCrashTest, SyncMakesAllEarlierChangesOfThatFileDurable) {
  const auto file = durable_file("f", "old.");
  const auto other = durable_file("g", "old");
  ASSERT_TRUE(file->truncate(3).ok());
  ASSERT_TRUE(file->write(0, "new").ok());
  ASSERT_TRUE(other->write(0, "new").ok());
  ASSERT_TRUE(file->sync().ok());
  EXPECT_EQ(after({kAbsent}, "f"), "new");
  EXPECT_EQ(after({kAbsent}, "g"), "old");
  ASSERT_TRUE(file->write(0, "!").ok());
  EXPECT_EQ(after({kAbsent, kWhole}, "f"), "new");
}

TEST_F(SimCrashTest, SyncedWriteIsDurableOnReturnAndPendingWhileUnderWay) {
  const auto file = durable_file("f", "old");
  ASSERT_TRUE(file->write_synced(0, "new").ok());
  SimCrash crash = sim_.crash_points();
  ASSERT_EQ(crash.pending().size(), 1u);
  EXPECT_EQ(bytes_in(crash.image({kAbsent}), "f"), "old");
  EXPECT_EQ(bytes_in(crash.image({kWhole}), "f"), "new");
  crash.advance_to(1);
  EXPECT_THAT(crash.pending(), IsEmpty());
  EXPECT_EQ(bytes_in(crash.image({}), "f"), "new");
}

TEST_F(SimCrashTest, EarlierPendingWriteNeverHidesALaterDurableOne) {  // [SIM-2]
  const auto file = durable_file("f", "....");
  ASSERT_TRUE(file->write(0, "aaaa").ok());
  ASSERT_TRUE(file->write_synced(1, "bb").ok());
  EXPECT_EQ(after({kWhole}), "abba");
  EXPECT_EQ(after({kAbsent}), ".bb.");
}

TEST_F(SimCrashTest, FailedSyncLeavesItsWritesToChanceForEver) {
  const auto file = durable_file("f", "....");
  ASSERT_TRUE(file->write(0, "a").ok());
  sim_.inject({.call = SimCall::kSync});
  EXPECT_TRUE(file->sync().is(StatusCode::kIoError));
  ASSERT_TRUE(file->write(1, "b").ok());
  ASSERT_TRUE(file->sync().ok());
  ASSERT_EQ(at_end().pending().size(), 1u);
  EXPECT_EQ(after({kAbsent}), ".b..");
  EXPECT_EQ(after({kWhole}), "ab..");
}

TEST_F(SimCrashTest, FailedSyncedWriteIsLeftToChance) {
  const auto file = durable_file("f", "....");
  sim_.inject({.call = SimCall::kWrite, .bytes = 2});
  EXPECT_TRUE(file->write_synced(0, "abcd").is(StatusCode::kIoError));
  ASSERT_TRUE(file->sync().ok());
  EXPECT_EQ(after({kAbsent}), "....");
  EXPECT_EQ(after({kWhole}), "ab..");
}

TEST_F(SimCrashTest, NamesAreOldOrNewUntilTheirFolderIsSynced) {
  const auto file = create("f");
  ASSERT_TRUE(file->write(0, "x").ok());
  ASSERT_TRUE(file->sync().ok());
  EXPECT_EQ(after({kAbsent}), "-");
  EXPECT_EQ(after({kWhole}), "x");
  ASSERT_TRUE(sim_.sync_folder("/").ok());
  EXPECT_EQ(after({}), "x");
  ASSERT_TRUE(sim_.remove("f").ok());
  EXPECT_EQ(after({kAbsent}), "x");
  EXPECT_EQ(after({kWhole}), "-");
  ASSERT_TRUE(sim_.sync_folder("/").ok());
  EXPECT_EQ(after({}), "-");
}

TEST_F(SimCrashTest, FolderSyncDoesNotMakeDataDurable) {
  const auto file = create("f");
  ASSERT_TRUE(file->write(0, "x").ok());
  ASSERT_TRUE(sim_.sync_folder("/").ok());
  EXPECT_EQ(after({kAbsent}), "");
}

TEST_F(SimCrashTest, RenameIsAtomic) {
  durable_file("f", "old");
  durable_file("f.new", "new");
  ASSERT_TRUE(sim_.rename("f.new", "f").ok());
  ASSERT_EQ(at_end().pending().size(), 1u);
  EXPECT_EQ(after({kAbsent}, "f"), "old");
  EXPECT_EQ(after({kAbsent}, "f.new"), "new");
  EXPECT_EQ(after({kWhole}, "f"), "new");
  EXPECT_EQ(after({kWhole}, "f.new"), "-");
  ASSERT_TRUE(sim_.sync_folder("/").ok());
  EXPECT_EQ(after({}, "f"), "new");
}

TEST_F(SimCrashTest, RenameBetweenFoldersNeedsBothSynced) {
  ASSERT_TRUE(sim_.create_folder("a").ok());
  ASSERT_TRUE(sim_.create_folder("b").ok());
  create("a/f");
  ASSERT_TRUE(sim_.sync_folder("/").ok());
  ASSERT_TRUE(sim_.sync_folder("a").ok());
  ASSERT_TRUE(sim_.rename("a/f", "b/f").ok());
  ASSERT_TRUE(sim_.sync_folder("b").ok());
  ASSERT_EQ(at_end().pending().size(), 1u);
  EXPECT_EQ(after({kAbsent}, "a/f"), "");
  EXPECT_EQ(after({kAbsent}, "b/f"), "-");
  ASSERT_TRUE(sim_.sync_folder("a").ok());
  EXPECT_EQ(after({}, "b/f"), "");
}

TEST_F(SimCrashTest, LinkMaySurviveItsFirstName) {
  durable_file("f", "x");
  ASSERT_TRUE(sim_.link("f", "g").ok());
  ASSERT_TRUE(sim_.remove("f").ok());
  EXPECT_EQ(after({kWhole, kWhole}, "g"), "x");
  EXPECT_EQ(after({kWhole, kWhole}, "f"), "-");
  EXPECT_EQ(after({kAbsent, kWhole}, "g"), "-");
}

TEST_F(SimCrashTest, FilesOfAFolderThatIsLostAreLost) {
  ASSERT_TRUE(sim_.create_folder("d").ok());
  create("d/f");
  ASSERT_TRUE(sim_.sync_folder("d").ok());
  const SimDisk disk = at_end().image({kAbsent});
  EXPECT_EQ(disk.find("d"), kNoSimFile);
  EXPECT_EQ(disk.unused_id(), kSimRoot + 1);
}

TEST_F(SimCrashTest, FailedFolderSyncLeavesNamesToChance) {
  create("f");
  sim_.inject({.call = SimCall::kSyncFolder});
  EXPECT_TRUE(sim_.sync_folder("/").is(StatusCode::kIoError));
  ASSERT_TRUE(sim_.sync_folder("/").ok());
  EXPECT_EQ(after({kAbsent}), "-");
}

TEST_F(SimCrashTest, MappedPagesAreOldNewTornOrOfATimeBetween) {
  const auto file = durable_file("f", std::string(8192, '.'));
  const auto mapped = sim_.map_file("f", 8192).value();
  mapped->write(0, "a");
  mapped->write(4095, "bc");  // on both pages
  mapped->write(600, "d");
  SimCrash crash = at_end();
  ASSERT_EQ(crash.pending().size(), 2u);
  EXPECT_EQ(crash.pending()[0].versions, 3u);
  EXPECT_EQ(crash.pending()[1].offset, 4096u);
  const auto found = [&](Fate first, Fate second) {
    const std::string bytes = bytes_in(crash.image({first, second}), "f");
    return std::string{bytes[0], bytes[600], bytes[4095], bytes[4096]};
  };
  EXPECT_EQ(found(kAbsent, kAbsent), "....");
  EXPECT_EQ(found(kWhole, kAbsent), "adb.");
  EXPECT_EQ(found(kAbsent, kWhole), "...c");
  EXPECT_EQ(found({.kind = FateKind::kVersion, .at = 2}, kAbsent), "a.b.");
  EXPECT_EQ(found({.kind = FateKind::kPrefix, .at = 1024}, kAbsent), "ad..");
  EXPECT_EQ(found({.kind = FateKind::kSuffix, .at = 512}, kAbsent), ".db.");
  ASSERT_TRUE(file->sync().ok());
  EXPECT_THAT(at_end().pending(), IsEmpty());
}

TEST_F(SimCrashTest, KilledProcessLeavesEverythingIncludingMappings) {
  const auto file = create("f");
  ASSERT_TRUE(file->allocate(4096).ok());
  const auto mapped = sim_.map_file("f", 4096).value();
  mapped->write(0, "ring");
  SimCrash crash = at_end();
  EXPECT_EQ(bytes_in(crash.killed(), "f").substr(0, 4), "ring");
  SimCrash before = sim_.crash_points();
  before.advance_to(crash.operation_count() - 1);
  EXPECT_EQ(bytes_in(before.killed(), "f").substr(0, 4), std::string(4, '\0'));
  EXPECT_EQ(bytes_in(before.killed(2), "f").substr(0, 4), std::string("ri\0\0", 4));
  EXPECT_EQ(sim_.after_kill(1)->contents("f").value().substr(0, 4), "ring");
}

TEST_F(SimCrashTest, ForgettingHistoryKeepsWhatIsPending) {
  const auto file = durable_file("f", "old");
  ASSERT_TRUE(file->write(0, "new").ok());
  sim_.forget_history();
  EXPECT_EQ(sim_.operation_count(), 0u);
  SimCrash crash = sim_.crash_points();
  ASSERT_EQ(crash.pending().size(), 1u);
  EXPECT_EQ(crash.pending()[0].operation, kBeforeHistory);
  EXPECT_EQ(bytes_in(crash.image({kAbsent}), "f"), "old");
  EXPECT_EQ(bytes_in(crash.image({kWhole}), "f"), "new");
  EXPECT_EQ(bytes_in(crash.image({{.kind = FateKind::kOldBytes}}), "f"), "old");
}

TEST_F(SimCrashTest, ReplaceFileIsOldOrNewAtEveryCrash) {
  ASSERT_TRUE(replace_file(sim_, "CURRENT", "first").ok());
  sim_.forget_history();
  ASSERT_TRUE(replace_file(sim_, "CURRENT", "second!").ok());
  SimCrash crash = sim_.crash_points();
  SimRandom random(5);
  std::set<std::string> found;
  for (std::size_t position = 0; position <= crash.operation_count(); ++position) {
    crash.advance_to(position);
    for (int i = 0; i < 50; ++i) {
      found.insert(bytes_in(crash.image(crash.random_fates(&random)), "CURRENT"));
    }
  }
  EXPECT_THAT(found, UnorderedElementsAre("first", "second!"));
  EXPECT_EQ(bytes_in(crash.image({}), "CURRENT"), "second!");
}

// The mistake that the simulation is there to find.
TEST_F(SimCrashTest, RenameWithoutSyncCanLoseBoth) {
  ASSERT_TRUE(replace_file(sim_, "CURRENT", "first").ok());
  sim_.forget_history();
  ASSERT_TRUE(create("CURRENT.new")->write(0, "second").ok());
  ASSERT_TRUE(sim_.rename("CURRENT.new", "CURRENT").ok());
  ASSERT_TRUE(sim_.sync_folder("/").ok());
  SimRandom random(5);
  SimCrash crash = at_end();
  std::set<std::string> found;
  for (int i = 0; i < 50; ++i) {
    found.insert(bytes_in(crash.image(crash.random_fates(&random)), "CURRENT"));
  }
  EXPECT_TRUE(found.contains(""));
}

TEST_F(SimCrashTest, RandomFatesFollowTheSeedAndVary) {
  const auto file = durable_file("f", std::string(9000, '.'));
  for (uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(file->write(i * 1000, std::string(3000, 'x')).ok());
  SimCrash crash = at_end();
  const auto image = [&](uint64_t seed) {
    SimRandom random(seed);
    return bytes_in(crash.image(crash.random_fates(&random)), "f");
  };
  std::set<std::string> found;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    found.insert(image(seed));
    EXPECT_EQ(image(seed), image(seed));
  }
  EXPECT_GT(found.size(), 50u);
}

// Random histories: with every fate whole the image is the live disk, and two clones agree.
TEST_F(SimCrashTest, EverythingWholeIsTheLiveDisk) {
  SimRandom random(11);
  std::vector<std::unique_ptr<File>> files;
  for (int step = 0; step < 2000; ++step) {
    const std::string name = "f" + std::to_string(random.below(6));
    const std::string to = "f" + std::to_string(random.below(6));
    switch (random.below(8)) {
      case 0:
        if (auto file = sim_.open_file(name, {.mode = OpenMode::kCreate})) {
          files.push_back(std::move(file).value());
        }
        break;
      case 1:
        (void)sim_.rename(name, to).ok();
        break;
      case 2:
        (void)sim_.remove(name).ok();
        break;
      case 3:
        (void)sim_.link(name, to).ok();
        break;
      case 4:
        if (random.one_in(4)) {
          ASSERT_TRUE(sim_.sync_folder("/").ok());
        }
        break;
      default:
        if (files.empty()) break;
        File& file = *files[random.below(files.size())];
        if (random.one_in(6)) {
          ASSERT_TRUE(file.sync().ok());
        }
        if (random.one_in(6)) {
          ASSERT_TRUE(file.truncate(random.below(9000)).ok());
        }
        if (random.one_in(6)) {
          ASSERT_TRUE(file.allocate(random.below(9000)).ok());
        }
        const uint64_t offset = random.below(9000);
        const std::string bytes(random.below(3000), static_cast<char>('a' + random.below(26)));
        ASSERT_TRUE((random.one_in(3) ? file.write_synced(offset, bytes) : file.write(offset, bytes))
                        .ok());
        if (files.size() > 8) files.erase(files.begin());
    }
    if (random.one_in(300)) sim_.forget_history();
  }
  SimCrash crash = at_end();
  SimCrash copy = crash.clone();
  const SimDisk image = crash.image(std::vector<Fate>(crash.pending().size(), kWhole));
  const SimDisk killed = copy.killed();
  const auto paths = sim_.files_below("/");
  EXPECT_FALSE(paths.empty());
  EXPECT_EQ(image.entries(kSimRoot), killed.entries(kSimRoot));
  for (const std::string& path : paths) {
    EXPECT_EQ(bytes_in(image, path), sim_.contents(path).value());
    EXPECT_EQ(bytes_in(killed, path), sim_.contents(path).value());
  }
}

}  // namespace
}  // namespace ashlar

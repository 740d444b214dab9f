// Bad calls and bad folders: each ends in an error that says what is wrong and where, and loses
// nothing.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <vector>

#include "ashlar/database.h"
#include "support/expect.h"
#include "support/random.h"
#include "support/sample_database.h"
#include "support/temporary_folder.h"

namespace ashlar {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Database> open_new(const std::string& folder) {
  auto opened = Database::open(folder, sample_options());
  EXPECT_OK(opened);
  return opened.ok() ? std::move(opened).value() : nullptr;
}

// --- Calls ---------------------------------------------------------------------------------------

TEST(BadCall, KeysAndValuesBeyondTheLimitsAreRefused) {
  const TemporaryFolder folder;
  const auto database = open_new(folder / "db");
  ASSERT_NE(database, nullptr);
  const std::string longest(65'536, 'k');
  const std::string too_long(65'537, 'k');
  EXPECT_OK(database->set(longest, "v"));
  EXPECT_CODE(database->set(too_long, "v"), kTooLarge);
  EXPECT_CODE(database->del(too_long), kTooLarge);
  EXPECT_CODE(database->set("", "v"), kInvalidArgument);
  EXPECT_CODE(database->set("k", "v", {.durability = {}, .ttl = std::chrono::milliseconds(-1)}),
              kInvalidArgument);
  EXPECT_CODE(database->del_range("b", "a"), kInvalidArgument);
  EXPECT_EQ(database->get(longest).value(), "v");
  EXPECT_EQ(database->count().value(), 1u);
}

TEST(BadCall, AValueOverOneGibibyteIsRefused) {
  const TemporaryFolder folder;
  const auto database = open_new(folder / "db");
  ASSERT_NE(database, nullptr);
  // Never touched, so it takes no memory.
  const std::size_t bytes = (std::size_t{1} << 30) + 1;
  const std::unique_ptr<char[]> zeros(new char[bytes]);
  EXPECT_CODE(database->set("k", {zeros.get(), bytes}), kTooLarge);
  EXPECT_CODE(database->get("k"), kNotFound);
}

TEST(BadCall, ABatchWithOneBadWriteWritesNothing) {
  const TemporaryFolder folder;
  const auto database = open_new(folder / "db");
  ASSERT_NE(database, nullptr);
  Batch batch;
  batch.set("good", "v");
  batch.set(std::string(70'000, 'k'), "v");
  EXPECT_CODE(database->write(batch), kTooLarge);
  EXPECT_CODE(database->get("good"), kNotFound);
}

TEST(BadCall, ReadingWithOddKeysFindsNothing) {
  const TemporaryFolder folder;
  const auto database = open_new(folder / "db");
  ASSERT_NE(database, nullptr);
  EXPECT_OK(database->set("k", "v"));
  EXPECT_FALSE(database->get("").ok());
  EXPECT_FALSE(database->get(std::string(100'000, 'k')).ok());
  EXPECT_TRUE(database->range("z", "a").to_vector().empty());
  EXPECT_TRUE(database->prefix(std::string(100'000, 'k')).to_vector().empty());
  EXPECT_EQ(database->range(std::string(100'000, 'a'), "").to_vector().size(), 1u);
}

TEST(BadCall, IncrementOfWhatIsNoNumberChangesNothing) {
  const TemporaryFolder folder;
  const auto database = open_new(folder / "db");
  ASSERT_NE(database, nullptr);
  for (const char* text : {"", "x", "1x", " 1", "1.0", "9223372036854775808", "0x10"}) {
    ASSERT_OK(database->set("n", text));
    SCOPED_TRACE(text);
    EXPECT_CODE(database->increment("n"), kInvalidArgument);
    EXPECT_EQ(database->get("n").value(), text);
  }
  ASSERT_OK(database->set("n", "9223372036854775807"));
  EXPECT_CODE(database->increment("n", 1), kInvalidArgument);
  EXPECT_EQ(database->increment("n", -1).value(), INT64_MAX - 1);
  ASSERT_OK(database->set("n", "-9223372036854775808"));
  EXPECT_CODE(database->increment("n", -1), kInvalidArgument);
}

// --- Folders -------------------------------------------------------------------------------------

TEST(BadFolder, NoneIsMadeWhenThatIsNotAskedFor) {
  const TemporaryFolder folder;
  Options options = sample_options();
  options.create_if_missing = false;
  EXPECT_CODE(Database::open(folder / "none", options), kNotFound);
  EXPECT_FALSE(fs::exists(folder / "none"));
  options.create_if_missing = true;
  options.read_only = true;
  EXPECT_CODE(Database::open(folder / "none", options), kNotFound);
}

TEST(BadFolder, AMemoryBudgetBelowTheMinimumIsRefused) {
  const TemporaryFolder folder;
  Options options;
  options.memory_budget = 1 << 20;
  EXPECT_CODE(Database::open(folder / "db", options), kInvalidArgument);
}

TEST(BadFolder, AFolderWithOtherFilesIsLeftAlone) {
  const TemporaryFolder folder;
  write_file_bytes(folder / "letter.txt", "Dear reader");
  const auto opened = Database::open(folder.path(), sample_options());
  EXPECT_CODE(opened, kInvalidArgument);
  EXPECT_EQ(file_bytes(folder / "letter.txt"), "Dear reader");
  EXPECT_FALSE(fs::exists(folder / "CURRENT"));
}

TEST(BadFolder, AFileInPlaceOfTheFolderIsAnError) {
  const TemporaryFolder folder;
  write_file_bytes(folder / "db", "a file");
  const auto opened = Database::open(folder / "db", sample_options());
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.status().message().find("db"), std::string_view::npos);
  EXPECT_EQ(file_bytes(folder / "db"), "a file");
}

TEST(BadFolder, ASecondOpenerIsToldWhoHasIt) {
  const TemporaryFolder folder;
  const auto database = open_new(folder / "db");
  ASSERT_NE(database, nullptr);
  const auto here = Database::open(folder / "db", sample_options());
  EXPECT_CODE(here, kBusy);
  EXPECT_NE(here.status().to_string().find(std::to_string(getpid())), std::string::npos)
      << here.status().to_string();

  const std::string holder = std::to_string(getpid());
  const pid_t child = fork();
  if (child == 0) {
    const auto there = Database::open(folder / "db", sample_options());
    const bool told = there.status().is(StatusCode::kBusy) &&
                      there.status().to_string().find(holder) != std::string::npos;
    _exit(told ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  // The child's end must not have ended its parent's lock.
  EXPECT_CODE(Database::open(folder / "db", sample_options()), kBusy);
  EXPECT_OK(database->set("still", "mine"));
}

// Opens until it gets the folder, counts itself, and ends. Never more than one has it open.
int race_for(const std::string& folder) {
  while (true) {
    const auto opened = Database::open(folder, sample_options());
    if (opened.status().is(StatusCode::kBusy)) {
      usleep(500);
      continue;
    }
    if (!opened.ok() || (*opened)->set("inside", "yes").code() != StatusCode::kOk) return 1;
    const bool counted = (*opened)->increment("openings").ok();
    return counted && (*opened)->del("inside").ok() ? 0 : 1;
  }
}

TEST(BadFolder, AHundredWhoOpenAtOnceGetItOneByOne) {
  const TemporaryFolder folder;
  const uint64_t processes = environment_number("ASHLAR_OPENERS", 100);
  std::vector<pid_t> children;
  for (uint64_t i = 0; i < processes; ++i) {
    children.push_back(fork());
    if (children.back() == 0) _exit(race_for(folder / "db"));
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  const auto database = open_new(folder / "db");
  ASSERT_NE(database, nullptr);
  EXPECT_EQ(database->increment("openings", 0).value(), static_cast<int64_t>(processes));
  EXPECT_CODE(database->get("inside"), kNotFound);
}

TEST(BadFolder, TheLockEndsWithTheDatabase) {
  const TemporaryFolder folder;
  for (int i = 0; i < 3; ++i) {
    const auto database = open_new(folder / "db");
    ASSERT_NE(database, nullptr);
    EXPECT_EQ(database->increment("openings").value(), i + 1);
  }
}

TEST(BadFolder, ReadOnlyBesideAWriterSeesOneMoment) {
  const TemporaryFolder folder;
  const auto writer = open_new(folder / "db");
  ASSERT_NE(writer, nullptr);
  Options options = sample_options();
  options.read_only = true;
  for (uint64_t round = 0; round < 6; ++round) {
    for (uint64_t i = 0; i < 200; ++i) {
      Batch batch;
      const std::string value = Recipe{round * 1000 + i, 900}.make();
      batch.set("a" + std::to_string(i), value);
      batch.set("b" + std::to_string(i), value);
      ASSERT_OK(writer->write(batch, {.durability = Durability::kProcess}));
    }
    if (round == 2) ASSERT_OK(writer->flush());
    if (round == 4) ASSERT_OK(writer->compact());
    const auto reader = Database::open(folder / "db", options);
    ASSERT_OK(reader);
    const auto check = [&] {
      for (uint64_t i = 0; i < 200; ++i) {
        const auto left = (*reader)->get("a" + std::to_string(i));
        ASSERT_OK(left);
        ASSERT_EQ(*left, (Recipe{round * 1000 + i, 900}.make()));
        ASSERT_EQ(*left, (*reader)->get("b" + std::to_string(i)).value_or(""));
      }
      ASSERT_EQ((*reader)->count().value(), 400u);
    };
    check();
    EXPECT_CODE((*reader)->set("x", "y"), kReadOnly);
    EXPECT_CODE((*reader)->flush(), kReadOnly);
    // The writer goes on; the reader stays at its moment.
    for (uint64_t i = 0; i < 200; ++i) ASSERT_OK(writer->del("a" + std::to_string(i)));
    ASSERT_OK(writer->compact());
    check();
    if (HasFatalFailure()) return;
  }
}

TEST(BadFolder, ReadOnlyChangesNoFile) {
  const TemporaryFolder folder;
  const ScriptState expected = make_sample(folder / "db");
  std::map<std::string, std::string> before;
  for (const auto& file : fs::directory_iterator(folder / "db")) {
    before[file.path().filename()] = file_bytes(file.path());
  }
  Options options = sample_options();
  options.read_only = true;
  const Examination seen = examine(folder / "db", expected, options);
  EXPECT_OK(seen.status);
  EXPECT_EQ(seen.wrong, "");
  for (const auto& [name, bytes] : before) {
    EXPECT_TRUE(file_bytes(folder / "db/" + name) == bytes) << name;
  }
}

// --- Files ---------------------------------------------------------------------------------------

class DamagedFile : public testing::TestWithParam<Compression> {
 protected:
  DamagedFile() : expected_(make_sample(sample(), GetParam())) {}

  std::string sample() const { return folder_ / "sample"; }
  std::string copy() const { return folder_ / "copy"; }
  std::string in_copy(const std::string& name) const { return copy() + "/" + name; }

  void fresh_copy() {
    fs::remove_all(copy());
    fs::copy(sample(), copy(), fs::copy_options::recursive);
  }
  Examination look() { return examine(copy(), expected_, sample_options(GetParam())); }

  std::vector<std::string> files(std::string_view suffix) {
    return files_ending_in(sample(), suffix);
  }
  std::vector<std::string> manifests() {
    std::vector<std::string> names = files("");
    std::erase_if(names, [](const std::string& name) { return !name.starts_with("MANIFEST-"); });
    return names;
  }

  // Damages one file of a fresh copy; the damage must be met with an error that names the file.
  void expect_refused(const std::string& name,
                      const std::function<void(const std::string&)>& damage) {
    SCOPED_TRACE(name);
    fresh_copy();
    damage(in_copy(name));
    const Examination seen = look();
    EXPECT_EQ(seen.wrong, "");
    EXPECT_TRUE(!seen.status.ok() || seen.verify_found) << "nobody noticed";
    EXPECT_NE(seen.problems.find(name), std::string::npos) << seen.problems;
  }

  TemporaryFolder folder_;
  ScriptState expected_;
};

TEST_P(DamagedFile, TheUndamagedSampleIsWhole) {
  EXPECT_FALSE(files(".table").empty());
  EXPECT_FALSE(files(".values").empty());
  EXPECT_FALSE(files(".log").empty());
  EXPECT_EQ(manifests().size(), 1u);
  fresh_copy();
  for (int opening = 0; opening < 2; ++opening) {
    const Examination seen = look();
    EXPECT_OK(seen.status);
    EXPECT_EQ(seen.wrong, "");
    EXPECT_FALSE(seen.verify_found) << seen.problems;
  }
}

TEST_P(DamagedFile, AMissingFileIsNamed) {
  const auto remove = [](const std::string& path) { fs::remove(path); };
  for (const std::string& name : files(".table")) expect_refused(name, remove);
  for (const std::string& name : files(".values")) expect_refused(name, remove);
  for (const std::string& name : manifests()) expect_refused(name, remove);
  expect_refused("CURRENT", remove);
}

TEST_P(DamagedFile, ATruncatedFileIsNamed) {
  for (const uint64_t part : {0, 1, 2}) {
    const auto truncate = [part](const std::string& path) {
      fs::resize_file(path, fs::file_size(path) * part / 3 + (part == 2 ? 1 : 0));
    };
    for (const std::string& name : files(".table")) expect_refused(name, truncate);
    for (const std::string& name : files(".values")) expect_refused(name, truncate);
    expect_refused("CURRENT", truncate);
  }
  for (const std::string& name : manifests()) {
    expect_refused(name, [](const std::string& path) { fs::resize_file(path, 0); });
  }
}

TEST_P(DamagedFile, AFlippedBitIsNeverAWrongAnswer) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE(seed_text(seed));
  Random random(seed);
  const uint64_t flips = environment_number("ASHLAR_FLIPS", 120);
  const std::vector<std::string> names = files("");
  for (uint64_t i = 0; i < flips; ++i) {
    const std::string& name = names[random.below(names.size())];
    std::string bytes = file_bytes(sample() + "/" + name);
    if (name == "LOCK" || bytes.empty()) continue;
    const uint64_t at = random.below(bytes.size());
    const uint64_t bit = random.below(8);
    SCOPED_TRACE(name + ", byte " + std::to_string(at) + ", bit " + std::to_string(bit));
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
    fresh_copy();
    write_file_bytes(in_copy(name), bytes);
    const Examination seen = look();
    ASSERT_EQ(seen.wrong, "");
    if (name.ends_with(".table")) {
      ASSERT_TRUE(!seen.status.ok() || seen.verify_found);
      ASSERT_NE(seen.problems.find(name), std::string::npos) << seen.problems;
    }
  }
}

TEST_P(DamagedFile, AFlipInTheManifestOrCurrentIsAnError) {
  for (const std::string& name : {manifests().front(), std::string("CURRENT")}) {
    const uint64_t bytes = fs::file_size(sample() + "/" + name);
    // The last record of a manifest may be taken for one that was cut off by a crash.
    const uint64_t end = name == "CURRENT" ? bytes : std::min<uint64_t>(bytes, 100);
    for (uint64_t at = 0; at < end; at += 3) {
      SCOPED_TRACE(at);
      fresh_copy();
      std::string content = file_bytes(in_copy(name));
      content[at] = static_cast<char>(content[at] ^ 0x20);
      write_file_bytes(in_copy(name), content);
      const Examination seen = look();
      EXPECT_EQ(seen.wrong, "");
      EXPECT_FALSE(seen.status.ok());
    }
  }
}

TEST_P(DamagedFile, SwappedFilesAreNoticed) {
  for (const char* suffix : {".table", ".values"}) {
    const std::vector<std::string> names = files(suffix);
    if (names.size() < 2) continue;
    fresh_copy();
    fs::rename(in_copy(names[0]), in_copy("kept"));
    fs::rename(in_copy(names[1]), in_copy(names[0]));
    fs::rename(in_copy("kept"), in_copy(names[1]));
    const Examination seen = look();
    EXPECT_EQ(seen.wrong, "");
    EXPECT_FALSE(seen.status.ok());
  }
}

TEST_P(DamagedFile, DamageInTheSyncedPartOfTheLogIsAnError) {
  std::string name;
  std::string whole;
  for (const std::string& each : files(".log")) {
    // The segment that is kept for deletions on a full disk holds nothing yet; one that is made
    // ahead, nothing behind its header.
    const std::string bytes = file_bytes(sample() + "/" + each);
    if (bytes.find_first_not_of('\0', 4096) == std::string::npos) continue;
    name = each;
    whole = bytes;
  }
  const std::size_t used = whole.find_last_not_of('\0');
  ASSERT_NE(used, std::string::npos);
  ASSERT_GT(used, std::size_t{3 * 4096});
  const auto flip = [&](std::size_t at) {
    expect_refused(name, [at](const std::string& path) {
      std::string bytes = file_bytes(path);
      bytes[at] = static_cast<char>(bytes[at] ^ 1);
      write_file_bytes(path, bytes);
      // As after a power cut: what the ring holds is repaired from there.
      const fs::path ring = fs::path(path).parent_path() / "log.ring";
      write_file_bytes(ring, std::string(fs::file_size(ring), '\0'));
    });
  };
  // Two thirds of the writes are in tables, so that nobody reads them in the log. Zeros may be what
  // fills a page up when time was up for a write, and nobody reads at all.
  std::size_t in_frame = 4096 + (used - 4096) * 3 / 4;
  while (whole[in_frame] == '\0') ++in_frame;
  flip(in_frame);
  flip(20);  // the header's segment number
}

TEST_P(DamagedFile, ANewerFormatIsRefusedAsSuch) {
  const auto newer = [](std::size_t at) {
    return [at](const std::string& path) {
      std::string bytes = file_bytes(path);
      bytes[at] = 2;
      write_file_bytes(path, bytes);
    };
  };
  const std::string manifest = manifests().front();
  fresh_copy();
  newer(4)(in_copy(manifest));
  const Examination seen = look();
  EXPECT_TRUE(seen.status.is(StatusCode::kUnsupported)) << seen.problems;
  EXPECT_NE(seen.problems.find(manifest), std::string::npos) << seen.problems;
}

TEST_P(DamagedFile, LeftoversAndForeignFilesDoNotMatter) {
  fresh_copy();
  write_file_bytes(in_copy("CURRENT.temporary"), "half");
  write_file_bytes(in_copy("999999.table"), "left by a crash");
  write_file_bytes(in_copy("notes.txt"), "mine");
  const Examination seen = look();
  EXPECT_OK(seen.status);
  EXPECT_EQ(seen.wrong, "");
  EXPECT_EQ(file_bytes(in_copy("notes.txt")), "mine");
  EXPECT_FALSE(fs::exists(in_copy("999999.table")));
}

std::string compression_name(const testing::TestParamInfo<Compression>& parameter) {
  switch (parameter.param) {
    case Compression::kNone:
      return "None";
    case Compression::kLz4:
      return "Lz4";
    case Compression::kSnappy:
      return "Snappy";
    case Compression::kZstd:
      return "Zstd";
  }
  return "Unknown";
}

INSTANTIATE_TEST_SUITE_P(Compressions, DamagedFile,
                         testing::Values(Compression::kNone, Compression::kLz4,
                                         Compression::kSnappy, Compression::kZstd),
                         compression_name);

}  // namespace
}  // namespace ashlar

#include "env/posix_env.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

namespace ashlar {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class PosixEnvTest : public testing::Test {
 protected:
  PosixEnvTest() {
    std::string pattern = testing::TempDir() + "/ashlar_env_XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~PosixEnvTest() override { std::filesystem::remove_all(folder_); }

  std::string path(std::string_view name) const { return join_path(folder_, name); }
  std::unique_ptr<File> create(std::string_view name, bool direct = false) {
    return env_
        ->open_file(path(name), {.mode = OpenMode::kCreate, .direct = direct})
        .value();
  }

  Env* const env_ = real_env();
  std::string folder_;
};

struct FreeAligned {
  void operator()(char* buffer) const { std::free(buffer); }
};

std::unique_ptr<char, FreeAligned> aligned_buffer(std::size_t bytes, char fill) {
  std::unique_ptr<char, FreeAligned> buffer(static_cast<char*>(std::aligned_alloc(4096, bytes)));
  std::memset(buffer.get(), fill, bytes);
  return buffer;
}

TEST_F(PosixEnvTest, ReadsBackWhatWasWrittenAnywhere) {
  const auto file = create("f");
  ASSERT_TRUE(file->write(3, "hello").ok());
  EXPECT_EQ(file->size().value(), 8u);
  ASSERT_TRUE(file->sync().ok());
  EXPECT_EQ(read_file(*env_, path("f")).value(), std::string("\0\0\0hello", 8));
  EXPECT_EQ(file->path(), path("f"));
}

TEST_F(PosixEnvTest, ReadBeyondTheEndIsCorruptionWithFileAndOffset) {
  const auto file = create("f");
  ASSERT_TRUE(file->write(0, "abc").ok());
  char to[8];
  EXPECT_TRUE(file->read(0, to, 3).ok());
  const Status status = file->read(1, to, 8);
  EXPECT_TRUE(status.is(StatusCode::kCorruption));
  EXPECT_THAT(status.to_string(), HasSubstr(path("f") + ": ends at 3"));
}

TEST_F(PosixEnvTest, OpenModesTellMissingFromExisting) {
  EXPECT_TRUE(env_->open_file(path("f"), {}).status().is(StatusCode::kNotFound));
  EXPECT_TRUE(env_->open_file(path("f"), {.mode = OpenMode::kReadWrite})
                  .status()
                  .is(StatusCode::kNotFound));
  create("f");
  const Status status = env_->open_file(path("f"), {.mode = OpenMode::kCreate}).status();
  EXPECT_TRUE(status.is(StatusCode::kInvalidArgument));
  EXPECT_THAT(status.to_string(), HasSubstr("open " + path("f") + ": File exists"));
}

TEST_F(PosixEnvTest, ErrorsNameOperationPathAndReason) {
  create("f");
  const auto reader = env_->open_file(path("f"), {}).value();
  const Status status = reader->write(0, "x");
  EXPECT_TRUE(status.is(StatusCode::kIoError));
  EXPECT_THAT(status.to_string(), HasSubstr("write " + path("f") + ": Bad file descriptor"));
}

TEST_F(PosixEnvTest, FullDiskIsNoSpace) {
  const auto full = env_->open_file("/dev/full", {.mode = OpenMode::kReadWrite});
  ASSERT_TRUE(full.ok()) << full.status().to_string();
  EXPECT_TRUE(full.value()->write(0, "x").is(StatusCode::kNoSpace));
}

TEST_F(PosixEnvTest, ABegunWriteEndsAsAWriteDoes) {
  const auto file = create("f", /*direct=*/true);
  EXPECT_TRUE(file->end_write().ok());
  const auto first = aligned_buffer(4096, 'a');
  const auto second = aligned_buffer(4096, 'b');
  file->begin_write(4096, {first.get(), 4096});
  ASSERT_TRUE(file->end_write().ok());
  file->begin_write(0, {second.get(), 4096});
  ASSERT_TRUE(file->end_write().ok());
  const auto back = aligned_buffer(8192, '-');
  ASSERT_TRUE(file->read(0, back.get(), 8192).ok());
  EXPECT_EQ(std::string(back.get(), 8192), std::string(4096, 'b') + std::string(4096, 'a'));
  file->begin_write(1, {first.get(), 4096});
  EXPECT_TRUE(file->end_write().is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(file->end_write().ok());

  const auto full = env_->open_file("/dev/full", {.mode = OpenMode::kReadWrite});
  ASSERT_TRUE(full.ok()) << full.status().to_string();
  full.value()->begin_write(0, "x");
  EXPECT_TRUE(full.value()->end_write().is(StatusCode::kNoSpace));
}

TEST_F(PosixEnvTest, AFileIsClosedOnlyBehindWhatWasBegun) {
  const auto bytes = aligned_buffer(1 << 20, 'a');
  for (int i = 0; i < 20; ++i) {
    auto file = create("f" + std::to_string(i), /*direct=*/true);
    file->begin_write(0, {bytes.get(), 1 << 20});
    file.reset();
    EXPECT_EQ(std::filesystem::file_size(path("f" + std::to_string(i))), 1u << 20);
  }
}

TEST_F(PosixEnvTest, AllocatingMoreThanTheDiskHasIsNoSpaceOrTooLarge) {
  const auto file = create("f");
  const Status status = file->allocate(uint64_t{1} << 52);
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(file->size().value(), 0u);
}

TEST_F(PosixEnvTest, RunningOutOfDescriptorsIsBusy) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  create("f");
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const Status opened = env_->open_file(path("f"), {}).status();
  const Status listed = env_->list(folder_).status();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(opened.is(StatusCode::kBusy)) << opened.to_string();
  EXPECT_TRUE(listed.is(StatusCode::kBusy)) << listed.to_string();
}

TEST_F(PosixEnvTest, DirectFilesNeedAlignmentAndWorkOnEveryFileSystem) {
  for (const std::string& place :
       {path("f"), std::string("/dev/shm/ashlar_direct_") + std::to_string(getpid())}) {
    const auto opened = env_->open_file(place, {.mode = OpenMode::kCreate, .direct = true});
    if (!opened.ok() && place != path("f")) continue;  // no shared memory file system here
    const auto& file = opened.value();
    const auto bytes = aligned_buffer(8192, 'a');
    ASSERT_TRUE(file->write(4096, {bytes.get(), 8192}).ok());
    EXPECT_TRUE(file->write(1, {bytes.get(), 4096}).is(StatusCode::kInvalidArgument));
    EXPECT_TRUE(file->write(0, {bytes.get() + 1, 4096}).is(StatusCode::kInvalidArgument));
    EXPECT_TRUE(file->write(0, {bytes.get(), 100}).is(StatusCode::kInvalidArgument));
    const auto back = aligned_buffer(8192, 'b');
    ASSERT_TRUE(file->read(0, back.get(), 8192).ok());
    EXPECT_EQ(back.get()[0], 0);
    EXPECT_EQ(back.get()[4096], 'a');
    EXPECT_TRUE(file->read(8, back.get(), 4096).is(StatusCode::kInvalidArgument));
    EXPECT_TRUE(file->read(8192, back.get(), 8192).is(StatusCode::kCorruption));
    // The file may end inside a page; what is asked for beyond is missing, not an endless loop.
    ASSERT_TRUE(file->truncate(5000).ok());
    EXPECT_TRUE(file->read(4096, back.get(), 4096).is(StatusCode::kCorruption));
    EXPECT_TRUE(env_->remove(place).ok());
  }
}

TEST_F(PosixEnvTest, SyncedWritesWork) {
  for (const bool direct : {false, true}) {
    const std::string name = direct ? "direct" : "plain";
    const auto file = create(name, direct);
    const auto bytes = aligned_buffer(4096, 'x');
    ASSERT_TRUE(file->write_synced(0, {bytes.get(), 4096}).ok());
    EXPECT_EQ(read_file(*env_, path(name)).value(), std::string(4096, 'x'));
  }
}

TEST_F(PosixEnvTest, AllocateGrowsWithZerosAndNeverShrinks) {
  const auto file = create("f");
  ASSERT_TRUE(file->write(0, "abc").ok());
  ASSERT_TRUE(file->allocate(10000).ok());
  EXPECT_EQ(file->size().value(), 10000u);
  EXPECT_EQ(read_file(*env_, path("f")).value(), "abc" + std::string(9997, '\0'));
  ASSERT_TRUE(file->allocate(0).ok());
  ASSERT_TRUE(file->allocate(5).ok());
  EXPECT_EQ(file->size().value(), 10000u);
  ASSERT_TRUE(file->truncate(2).ok());
  EXPECT_EQ(read_file(*env_, path("f")).value(), "ab");
  file->advise(0, 2, File::Advice::kNotNeeded);
}

TEST_F(PosixEnvTest, MappedWritesAreSeenByTheFile) {
  ASSERT_TRUE(create("f")->allocate(8192).ok());
  const auto mapped = env_->map_file(path("f"), 8192).value();
  EXPECT_EQ(mapped->size(), 8192u);
  mapped->write(5000, "ring");
  EXPECT_EQ(read_file(*env_, path("f")).value().substr(5000, 4), "ring");
  const auto file = env_->open_file(path("f"), {.mode = OpenMode::kReadWrite}).value();
  ASSERT_TRUE(file->write(10, "file").ok());
  EXPECT_EQ(std::string_view(mapped->data() + 10, 4), "file");
}

TEST_F(PosixEnvTest, MappingAMissingOrShortFileFails) {
  EXPECT_TRUE(env_->map_file(path("f"), 10).status().is(StatusCode::kNotFound));
  ASSERT_TRUE(create("f")->allocate(4096).ok());
  EXPECT_TRUE(env_->map_file(path("f"), 4097).status().is(StatusCode::kCorruption));
  EXPECT_TRUE(env_->map_file(path("f"), 0).status().is(StatusCode::kInvalidArgument));
}

TEST_F(PosixEnvTest, FoldersListTheirEntries) {
  ASSERT_TRUE(env_->create_folder(path("d")).ok());
  ASSERT_TRUE(env_->create_folder(path("d")).ok());  // a second time is no error
  create("d/f");
  ASSERT_TRUE(env_->create_folder(path("d/g")).ok());
  std::set<std::pair<std::string, bool>> entries;
  for (const DirectoryEntry& entry : env_->list(path("d")).value()) {
    entries.emplace(entry.name, entry.is_directory);
  }
  EXPECT_THAT(entries, UnorderedElementsAre(std::pair("f", false), std::pair("g", true)));
  EXPECT_TRUE(env_->remove_folder(path("d")).is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(env_->create_folder(path("d/f")).is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(env_->create_folder(path("missing/x")).is(StatusCode::kNotFound));
  EXPECT_TRUE(env_->list(path("missing")).status().is(StatusCode::kNotFound));
  EXPECT_TRUE(env_->sync_folder(path("d")).ok());
  EXPECT_FALSE(env_->sync_folder(path("d/f")).ok());
  EXPECT_TRUE(env_->remove(path("d/f")).ok());
  EXPECT_TRUE(env_->remove_folder(path("d/g")).ok());
  EXPECT_TRUE(env_->remove_folder(path("d")).ok());
}

TEST_F(PosixEnvTest, RenameLinkAndRemove) {
  ASSERT_TRUE(create("a")->write(0, "A").ok());
  ASSERT_TRUE(create("b")->write(0, "B").ok());
  ASSERT_TRUE(env_->link(path("a"), path("c")).ok());
  EXPECT_TRUE(env_->link(path("a"), path("b")).is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(env_->link(path("missing"), path("d")).is(StatusCode::kNotFound));
  ASSERT_TRUE(env_->rename(path("a"), path("b")).ok());
  EXPECT_TRUE(env_->rename(path("a"), path("b")).is(StatusCode::kNotFound));
  EXPECT_EQ(read_file(*env_, path("b")).value(), "A");
  EXPECT_EQ(read_file(*env_, path("c")).value(), "A");
  EXPECT_FALSE(env_->exists(path("a")).value());
  EXPECT_TRUE(env_->exists(path("b")).value());
  EXPECT_FALSE(env_->exists(path("b/x")).value());
  ASSERT_TRUE(env_->remove(path("b")).ok());
  EXPECT_TRUE(env_->remove(path("b")).is(StatusCode::kNotFound));
}

TEST_F(PosixEnvTest, ReplaceFileWritesAllAndLeavesNothingElse) {
  ASSERT_TRUE(replace_file(*env_, path("f"), "one").ok());
  create("f.new");  // left by a crash
  ASSERT_TRUE(replace_file(*env_, path("f"), "two").ok());
  EXPECT_EQ(read_file(*env_, path("f")).value(), "two");
  EXPECT_EQ(env_->list(folder_).value().size(), 1u);
  EXPECT_TRUE(replace_file(*env_, path("missing/f"), "x").is(StatusCode::kNotFound));
}

TEST_F(PosixEnvTest, LockExcludesASecondHolderInTheSameProcess) {
  auto lock = env_->lock(path("LOCK"));
  ASSERT_TRUE(lock.ok());
  const Status second = env_->lock(path("LOCK")).status();
  EXPECT_TRUE(second.is(StatusCode::kBusy));
  EXPECT_THAT(second.to_string(), HasSubstr("locked by process " + std::to_string(getpid())));
  std::move(lock).value().reset();
  EXPECT_TRUE(env_->lock(path("LOCK")).ok());
}

// Runs `body` in a child process and returns what it returns.
template <typename Body>
int in_child(const Body& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int state = 0;
  waitpid(child, &state, 0);
  return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

TEST_F(PosixEnvTest, LockExcludesAnotherProcessAndNamesTheHolder) {
  const auto lock = env_->lock(path("LOCK")).value();
  const std::string holder = "locked by process " + std::to_string(getpid());
  EXPECT_EQ(in_child([&] {
              const Status status = env_->lock(path("LOCK")).status();
              if (!status.is(StatusCode::kBusy)) return 1;
              return status.message().find(holder) == std::string_view::npos ? 2 : 0;
            }),
            0);
}

TEST_F(PosixEnvTest, LockDiesWithTheProcess) {
  EXPECT_EQ(in_child([&] {
              const auto lock = env_->lock(path("LOCK"));
              return lock.ok() ? 0 : 1;
            }),
            0);
  EXPECT_TRUE(env_->lock(path("LOCK")).ok());
}

TEST_F(PosixEnvTest, ForkedChildDoesNotKeepTheLock) {
  auto lock = env_->lock(path("LOCK")).value();
  int ready[2];
  int finish[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(finish), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(finish[1]);
    lock.reset();  // must not end the lock of the parent
    char byte = 'r';
    if (write(ready[1], &byte, 1) != 1) _exit(1);
    _exit(read(finish[0], &byte, 1) == 0 ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_TRUE(env_->lock(path("LOCK")).status().is(StatusCode::kBusy));
  lock.reset();
  EXPECT_TRUE(env_->lock(path("LOCK")).ok());  // though the child lives
  for (const int end : {ready[0], ready[1], finish[0], finish[1]}) close(end);
  int state = 0;
  waitpid(child, &state, 0);
  EXPECT_EQ(state, 0);
}

TEST_F(PosixEnvTest, ClocksGoForwardAndRandomNumbersDiffer) {
  const uint64_t wall = env_->wall_clock_us();
  const uint64_t monotonic = env_->monotonic_ns();
  EXPECT_GT(wall, 1'600'000'000'000'000u);
  env_->sleep(std::chrono::milliseconds(20));
  EXPECT_GE(env_->monotonic_ns(), monotonic + 20'000'000);
  EXPECT_GT(env_->wall_clock_us(), wall);
  std::set<uint64_t> numbers;
  for (int i = 0; i < 100; ++i) numbers.insert(env_->random());
  EXPECT_EQ(numbers.size(), 100u);
}

TEST(Paths, JoinAndParent) {
  EXPECT_EQ(join_path("a", "b"), "a/b");
  EXPECT_EQ(join_path("a/", "b"), "a/b");
  EXPECT_EQ(join_path("", "b"), "b");
  EXPECT_EQ(parent_folder("a/b"), "a");
  EXPECT_EQ(parent_folder("a/b/"), "a");
  EXPECT_EQ(parent_folder("a"), ".");
  EXPECT_EQ(parent_folder("/a"), "/");
  EXPECT_EQ(parent_folder("/"), "/");
}

TEST_F(PosixEnvTest, AVolumeHasASizeAlsoForAFolderThatIsNotThereYet) {
  const uint64_t bytes = env_->volume_bytes(folder_);
  EXPECT_GT(bytes, uint64_t{1} << 20);
  EXPECT_EQ(env_->volume_bytes(path("not there yet")), bytes);
  EXPECT_EQ(env_->volume_bytes("/no folder/at all"), UINT64_MAX);
}

// A key must not outlive its time by a tick of the system.
TEST(PosixEnv, TheWallClockIsNotBehind) {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  using std::chrono::system_clock;
  const auto exact = [] {
    const auto now = system_clock::now().time_since_epoch();
    return static_cast<uint64_t>(duration_cast<microseconds>(now).count());
  };
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t before = exact();
    const uint64_t read = real_env()->wall_clock_us();
    ASSERT_GE(read, before);
    ASSERT_LE(read, exact());
    const uint64_t tick_us = real_env()->last_tick_us();  // perhaps of a tick behind `read`
    ASSERT_LE(tick_us, exact());
    const uint64_t tick_ns = real_env()->last_monotonic_tick_ns();
    ASSERT_LE(tick_ns, real_env()->monotonic_ns());
    ASSERT_LT(real_env()->monotonic_ns() - tick_ns, 60'000'000'000u);
  }
}

}  // namespace
}  // namespace ashlar

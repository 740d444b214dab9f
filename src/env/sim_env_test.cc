#include "env/sim_env.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <thread>

#include "env/posix_env.h"

namespace ashlar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<File> create(SimEnv* sim, const std::string& path) {
  return sim->open_file(path, {.mode = OpenMode::kCreate}).value();
}

TEST(SimEnv, SharesOneFileAmongOpenersAndMappings) {
  SimEnv sim(1);
  const auto file = create(&sim, "f");
  ASSERT_TRUE(file->allocate(8192).ok());
  const auto reader = sim.open_file("/f", {}).value();
  const auto mapped = sim.map_file("f", 4096).value();
  mapped->write(10, "ring");
  char to[4];
  ASSERT_TRUE(reader->read(10, to, 4).ok());
  EXPECT_EQ(std::string_view(to, 4), "ring");
  ASSERT_TRUE(file->write(4094, "file").ok());
  EXPECT_EQ(std::string_view(mapped->data() + 4094, 2), "fi");
  ASSERT_TRUE(file->truncate(12).ok());
  EXPECT_EQ(std::string_view(mapped->data() + 10, 4), std::string_view("ri\0\0", 4));
}

TEST(SimEnv, RemovedFileLivesWhileItIsOpen) {
  SimEnv sim(1);
  auto file = create(&sim, "f");
  ASSERT_TRUE(file->write(0, "abc").ok());
  ASSERT_TRUE(sim.remove("f").ok());
  char to[3];
  EXPECT_TRUE(file->read(0, to, 3).ok());
  EXPECT_EQ(sim.used_bytes(), 4096u);
  file.reset();
  EXPECT_EQ(sim.used_bytes(), 0u);
}

TEST(SimEnv, DirectTransfersNeedAlignment) {
  SimEnv sim(1);
  const auto file = sim.open_file("f", {.mode = OpenMode::kCreate, .direct = true}).value();
  alignas(4096) static char buffer[8192];
  EXPECT_TRUE(file->write(0, {buffer, 8192}).ok());
  EXPECT_TRUE(file->write(512, {buffer, 4096}).is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(file->write(0, {buffer + 1, 4096}).is(StatusCode::kInvalidArgument));
  EXPECT_TRUE(file->read(0, buffer, 100).is(StatusCode::kInvalidArgument));
}

TEST(SimEnv, LockExcludesASecondHolderAndIsFreeAfterACrash) {
  SimEnv sim(1);
  auto lock = sim.lock("LOCK").value();
  const Status second = sim.lock("LOCK").status();
  EXPECT_TRUE(second.is(StatusCode::kBusy));
  EXPECT_THAT(second.to_string(), HasSubstr("LOCK: locked by process 1000"));
  EXPECT_TRUE(sim.after_kill(2)->lock("LOCK").ok());
  lock.reset();
  EXPECT_TRUE(sim.lock("LOCK").ok());
}

// --- Faults
// ----------------------------------------------------------------------------------------

// Does each call once, under the name of its fault.
Status call(SimEnv* sim, SimCall what) {
  const auto file = sim->open_file("d/f", {.mode = OpenMode::kReadWrite});
  char byte = 0;
  switch (what) {
    case SimCall::kOpen:
      return file.status();
    case SimCall::kRead:
      return file.value()->read(0, &byte, 1);
    case SimCall::kWrite:
      return file.value()->write(0, "x");
    case SimCall::kSync:
      return file.value()->sync();
    case SimCall::kAllocate:
      return file.value()->allocate(10);
    case SimCall::kTruncate:
      return file.value()->truncate(10);
    case SimCall::kSize:
      return file.value()->size().status();
    case SimCall::kMap:
      return sim->map_file("d/f", 1).status();
    case SimCall::kExists:
      return sim->exists("d/f").status();
    case SimCall::kList:
      return sim->list("d").status();
    case SimCall::kCreateFolder:
      return sim->create_folder("d/g");
    case SimCall::kRemoveFolder:
      return sim->remove_folder("d/empty");
    case SimCall::kRename:
      return sim->rename("d/f", "d/h");
    case SimCall::kRemove:
      return sim->remove("d/f");
    case SimCall::kLink:
      return sim->link("d/f", "d/i");
    case SimCall::kSyncFolder:
      return sim->sync_folder("d");
    case SimCall::kLock:
      return sim->lock("d/LOCK").status();
    case SimCall::kCount:
      break;
  }
  return Status::invalid_argument("no such call");
}

class SimFaultTest : public testing::TestWithParam<int> {};

TEST_P(SimFaultTest, CallFailsOnceWithItsCodeAndHasNoEffect) {
  const auto what = static_cast<SimCall>(GetParam());
  SimEnv sim(1);
  ASSERT_TRUE(sim.create_folder("d").ok());
  ASSERT_TRUE(sim.create_folder("d/empty").ok());
  ASSERT_TRUE(create(&sim, "d/f")->write(0, "a").ok());
  const uint64_t before = sim.calls(what);
  for (const StatusCode code : {StatusCode::kIoError, StatusCode::kNoSpace, StatusCode::kBusy}) {
    sim.inject({.call = what, .code = code});
    const Status status = call(&sim, what);
    EXPECT_TRUE(status.is(code)) << status.to_string();
    EXPECT_THAT(status.to_string(), HasSubstr(std::string(to_string(what)) + " d"));
  }
  EXPECT_THAT(sim.files_below("/"), ElementsAre("/d/f"));
  EXPECT_EQ(sim.contents("d/f").value(), "a");
  EXPECT_TRUE(sim.exists("d/empty").value());
  EXPECT_TRUE(call(&sim, what).ok());
  EXPECT_GE(sim.calls(what), before + 4);
}

INSTANTIATE_TEST_SUITE_P(EveryCall, SimFaultTest,
                         testing::Range(0, static_cast<int>(SimCall::kCount)));

TEST(SimEnv, FaultsCanWaitLastAndMeanOnePath) {
  SimEnv sim(1);
  const auto log = create(&sim, "1.log");
  const auto table = create(&sim, "2.table");
  sim.inject({.call = SimCall::kWrite, .skip = 1, .lasting = true, .path_part = ".log"});
  EXPECT_TRUE(table->write(0, "x").ok());
  EXPECT_TRUE(log->write(0, "x").ok());
  EXPECT_TRUE(table->write(0, "x").ok());
  EXPECT_FALSE(log->write(0, "x").ok());
  EXPECT_FALSE(log->write(0, "x").ok());
  sim.clear_faults();
  EXPECT_TRUE(log->write(0, "x").ok());
}

TEST(SimEnv, FailedWriteMayLeaveItsBeginning) {
  SimEnv sim(1);
  const auto file = create(&sim, "f");
  sim.inject({.call = SimCall::kWrite, .bytes = 2});
  EXPECT_FALSE(file->write(0, "abcd").ok());
  EXPECT_EQ(sim.contents("f").value(), "ab");
}

TEST(SimEnv, LostAndMisdirectedWritesReportSuccess) {
  SimEnv sim(1);
  const auto file = create(&sim, "f");
  ASSERT_TRUE(file->write(0, "........").ok());
  sim.inject({.call = SimCall::kWrite, .effect = SimFault::Effect::kLost});
  ASSERT_TRUE(file->write(6, "abcd").ok());
  EXPECT_EQ(sim.contents("f").value(), std::string("........\0\0", 10));
  sim.inject({.call = SimCall::kWrite, .effect = SimFault::Effect::kMisdirected, .bytes = 3});
  ASSERT_TRUE(file->write(0, "xy").ok());
  EXPECT_EQ(sim.contents("f").value(), std::string("...xy...\0\0", 10));
}

TEST(SimEnv, FullDiskRefusesAndRecoversWhenSpaceIsFreed) {
  SimEnv sim(1);
  const auto file = create(&sim, "f");
  const auto other = create(&sim, "g");
  sim.set_capacity(4 * 4096);
  ASSERT_TRUE(other->allocate(2 * 4096).ok());
  const Status status = file->write(0, std::string(3 * 4096, 'x'));
  EXPECT_TRUE(status.is(StatusCode::kNoSpace)) << status.to_string();
  EXPECT_EQ(file->size().value(), 2u * 4096);                     // what fitted is there
  EXPECT_TRUE(other->write(0, std::string(2 * 4096, 'y')).ok());  // was set aside
  EXPECT_TRUE(other->allocate(3 * 4096).is(StatusCode::kNoSpace));
  EXPECT_EQ(other->size().value(), 2u * 4096);
  EXPECT_TRUE(sim.open_file("h", {.mode = OpenMode::kCreate}).status().is(StatusCode::kNoSpace));
  EXPECT_TRUE(sim.create_folder("d").is(StatusCode::kNoSpace));
  EXPECT_TRUE(sim.rename("f", "f2").ok());
  ASSERT_TRUE(file->truncate(4096).ok());
  EXPECT_TRUE(sim.open_file("h", {.mode = OpenMode::kCreate}).ok());
  EXPECT_TRUE(file->write(4096, std::string(4096, 'x')).ok());
  EXPECT_TRUE(file->write(2 * 4096, "x").is(StatusCode::kNoSpace));
  sim.set_capacity(UINT64_MAX);
  EXPECT_TRUE(file->write(2 * 4096, "x").ok());
}

// --- Damage
// ----------------------------------------------------------------------------------------

TEST(SimEnv, DamageChangesFilesAndIsDurable) {
  SimEnv sim(1);
  ASSERT_TRUE(sim.create_folder("d").ok());
  ASSERT_TRUE(create(&sim, "d/f")->write(0, "abc").ok());
  ASSERT_TRUE(sim.flip_bit("d/f", 8).ok());
  EXPECT_EQ(sim.contents("d/f").value(), "acc");
  EXPECT_FALSE(sim.flip_bit("d/f", 24).ok());
  ASSERT_TRUE(sim.overwrite("d/f", 1, "XY").ok());
  ASSERT_TRUE(sim.copy("d/f", "d/g").ok());
  ASSERT_TRUE(sim.set_length("d/f", 1).ok());
  EXPECT_EQ(sim.contents("d/f").value(), "a");
  EXPECT_EQ(sim.contents("d/g").value(), "aXY");
  ASSERT_TRUE(sim.swap("d/f", "d/g").ok());
  EXPECT_EQ(sim.contents("d/f").value(), "aXY");
  EXPECT_THAT(sim.files_below("/"), ElementsAre("/d/f", "/d/g"));
  ASSERT_TRUE(sim.erase("d/g").ok());
  EXPECT_TRUE(sim.erase("d/g").is(StatusCode::kNotFound));
  EXPECT_EQ(sim.used_bytes(), 4096u);
  EXPECT_EQ(sim.operation_count(), 0u);
  SimCrash crash = sim.crash_points();
  EXPECT_TRUE(crash.pending().empty());
  const SimDisk disk = crash.image({});
  EXPECT_EQ(disk.contents(disk.find("d/f")), "aXY");
}

// --- Time, randomness, threads
// ---------------------------------------------------------------------

TEST(SimEnv, TimePassesOnlyWhenToldTo) {
  SimEnv sim(1);
  const uint64_t wall = sim.wall_clock_us();
  const uint64_t monotonic = sim.monotonic_ns();
  sim.sleep(std::chrono::microseconds(5));
  for (int i = 0; i < 10; ++i) sim.advance(std::chrono::nanoseconds(100));
  EXPECT_EQ(sim.wall_clock_us(), wall + 6);
  EXPECT_EQ(sim.monotonic_ns(), monotonic + 6000);
  sim.set_wall_clock_us(17);
  EXPECT_EQ(sim.monotonic_ns(), monotonic + 6000);
  const auto next = sim.after_kill(9);
  EXPECT_EQ(next->wall_clock_us(), 17u);
  EXPECT_EQ(next->monotonic_ns(), monotonic + 6000);
}

// Writes, background tasks and a power cut, told as text.
std::string story(uint64_t seed) {
  SimEnv sim(seed);
  std::string told;
  const auto executor = sim.new_executor();
  const auto file = create(&sim, "f");
  for (int i = 0; i < 20; ++i) {
    executor->submit(static_cast<Lane>(i % kLaneCount), [&, i] {
      told += std::to_string(i) + " ";
      EXPECT_TRUE(file->write(sim.random() % 5000, std::to_string(sim.random())).ok());
    });
  }
  sim.run_background();
  told += sim.after_power_cut(seed)->contents("f").value_or("-");
  return told;
}

TEST(SimEnv, EverythingFollowsFromTheSeed) {
  EXPECT_EQ(story(1), story(1));
  EXPECT_EQ(story(2), story(2));
  EXPECT_NE(story(1), story(2));
}

TEST(SimEnv, ManyThreadsMayUseIt) {
  SimEnv sim(1);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&sim, t] {
      const std::string name = "f" + std::to_string(t);
      const auto file = create(&sim, name);
      for (int i = 0; i < 200; ++i) {
        EXPECT_TRUE(file->write(static_cast<uint64_t>(i), name).ok());
        EXPECT_TRUE(file->sync().ok());
        sim.random();
        EXPECT_TRUE(sim.list("/").ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sim.files_below("/").size(), 4u);
}

// --- The same as the real world
// --------------------------------------------------------------------

class TwoWorlds {
 public:
  TwoWorlds() {
    std::string pattern = testing::TempDir() + "/ashlar_worlds_XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~TwoWorlds() { std::filesystem::remove_all(folder_); }

  // Does something in both; it is told the world and its root folder.
  template <typename Deed>
  void both(const Deed& deed) {
    const std::string real = deed(real_env(), folder_);
    const std::string simulated = deed(static_cast<Env*>(&sim_), std::string("/"));
    ASSERT_EQ(real, simulated);
  }

 private:
  std::string folder_;
  SimEnv sim_{1};
};

std::string told(const Status& status) {
  return std::string(to_string(status.code()));
}

std::string contents_of(Env* env, const std::string& path) {
  const auto bytes = read_file(*env, path);
  return bytes.ok() ? bytes.value() : told(bytes.status());
}

TEST(SimEnv, AnswersAsTheRealWorldDoes) {
  TwoWorlds worlds;
  SimRandom random(3);
  for (int step = 0; step < 1500; ++step) {
    const auto name = [&] {
      static constexpr const char* kNames[] = {"a", "b", "d", "d/a", "d/b", "d/e", "x/y"};
      return std::string(kNames[random.below(std::size(kNames))]);
    };
    const std::string a = name();
    const std::string b = name();
    const uint64_t what = random.below(12);
    const uint64_t offset = random.below(9000);
    const std::string bytes(random.below(9000), static_cast<char>('a' + step % 26));
    worlds.both([&](Env* env, const std::string& root) -> std::string {
      const std::string path = join_path(root, a);
      const std::string other = join_path(root, b);
      const auto changed = [&](const auto& change) {
        auto file = env->open_file(path, {.mode = OpenMode::kReadWrite});
        if (!file.ok()) return told(file.status());
        return told(change(file.value().get())) + std::to_string(file.value()->size().value());
      };
      switch (what) {
        case 0:
          return told(env->open_file(path, {.mode = OpenMode::kCreate}).status());
        case 1:
          return told(env->create_folder(join_path(root, "d")));
        case 2:
          return told(env->create_folder(path));
        case 3:
          return told(env->remove_folder(path));
        case 4:
          return told(env->remove(path));
        case 5:
          return a == "d" || b == "d" || b == "d/e" ? "" : told(env->rename(path, other));
        case 6:
          return told(env->link(path, other));
        case 7:
          return changed([&](File* file) { return file->write(offset, bytes); });
        case 8:
          return changed([&](File* file) { return file->truncate(offset); });
        case 9:
          return changed([&](File* file) { return file->allocate(offset); });
        case 10: {
          const auto mapped = env->map_file(path, bytes.size() + 1);
          if (!mapped.ok()) return told(mapped.status());
          mapped.value()->write(0, bytes);
          return contents_of(env, path);
        }
        default: {
          const auto entries = env->list(path);
          return told(entries.status()) + told(env->sync_folder(path)) +
                 std::to_string(entries.ok() ? entries.value().size() : 0) +
                 contents_of(env, other);
        }
      }
    });
    if (testing::Test::HasFatalFailure()) {
      FAIL() << "step " << step << ": deed " << what << " on " << a << " and " << b;
    }
  }
}

}  // namespace
}  // namespace ashlar

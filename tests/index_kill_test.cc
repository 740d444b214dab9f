// A process that writes documents, makes and drops indexes is killed: every index must agree with
// its documents, at once and after what was being built is finished.
//
// ASHLAR_SEED repeats the writes; ASHLAR_CYCLES sets the number of kills.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ashlar/database.h"
#include "support/expect.h"
#include "support/index_workload.h"
#include "support/random.h"
#include "support/temporary_folder.h"

namespace ashlar {
namespace {

constexpr int kWriters = 2;

Result<std::unique_ptr<Database>> open(const std::string& path) {
  Options options;
  options.memory_budget = Options::kMinimumMemoryBudget;
  options.durability = Durability::kProcess;
  return Database::open(path, options);
}

void write_for_ever(Database& database, uint64_t seed) {
  Random random(seed);
  IndexWorkload workload(&random);
  while (true) {
    Batch batch;
    for (uint64_t writes = random.between(1, 10); writes > 0; --writes) {
      batch.set(workload.key(), workload.value());
    }
    const auto [from, to] = workload.range();
    if (random.one_in(10)) batch.del_range(from, to);
    // A refusal by a unique index is as good as a write.
    const Status written = database.write(batch);
    if (!written.ok() && !written.is(StatusCode::kDuplicate)) _exit(2);
  }
}

[[noreturn]] void run_child(const std::string& path, uint64_t seed) {
  auto opened = open(path);
  if (!opened.ok()) _exit(3);
  Database& database = **opened;
  std::vector<std::thread> writers;
  for (int number = 0; number < kWriters; ++number) {
    writers.emplace_back([&, number] { write_for_ever(database, seed + 1 + number); });
  }
  Random random(seed);
  IndexWorkload workload(&random);
  while (true) {
    const std::string name = workload.index_name();
    const Status changed = random.one_in(3) ? database.drop_index(name)
                                            : database.create_index(name, workload.index_options());
    if (changed.is(StatusCode::kCorruption)) _exit(4);
  }
}

bool is_building(const Database& database) {
  const auto indexes = database.indexes();
  EXPECT_OK(indexes);
  return indexes.ok() && std::any_of(indexes->begin(), indexes->end(), [](const auto& info) {
           return info.state == IndexState::kBuilding;
         });
}

TEST(IndexKill, IndexesAgreeWithTheirDocumentsAfterEachKill) {
  const TemporaryFolder folder;
  const std::string path = folder / "db";
  const uint64_t first_seed = test_seed();
  SCOPED_TRACE(seed_text(first_seed));
  Random random(first_seed);
  const uint64_t cycles = environment_number("ASHLAR_CYCLES", 12);
  for (uint64_t cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    const uint64_t seed = random.next();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) run_child(path, seed);
    std::this_thread::sleep_for(std::chrono::milliseconds(random.between(50, 250)));
    kill(child, SIGKILL);
    int how = 0;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    ASSERT_TRUE(WIFSIGNALED(how)) << "the child ended by itself, with " << WEXITSTATUS(how);

    auto opened = open(path);
    ASSERT_OK(opened);
    EXPECT_EQ(problems_of(**opened), "") << "after kill " << cycle;
    for (int i = 0; i < 1000 && is_building(**opened); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_FALSE(is_building(**opened));
    EXPECT_EQ(problems_of(**opened), "") << "after kill " << cycle;
  }
}

}  // namespace
}  // namespace ashlar

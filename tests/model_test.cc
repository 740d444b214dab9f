// The engine against a std::map: random operations, options, keys and reopenings.
//
// ASHLAR_SEED repeats a run, ASHLAR_OPS sets the number of operations.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>

#include "env/posix_env.h"
#include "env/sim_env.h"
#include "support/model_run.h"
#include "support/random.h"
#include "support/temporary_folder.h"

namespace ashlar {
namespace {

constexpr uint64_t kOperations = 100'000;
constexpr uint64_t kOperationsOfARun = 12'500;

// The clock that the engine reads, too: it may lag behind others by its resolution.
uint64_t real_now_ms() {
  return real_env()->wall_clock_us() / 1000;
}

// Makes and runs one world after the other, each with its seed.
void run_worlds(const std::function<void(uint64_t seed, uint64_t operations)>& run) {
  const uint64_t first_seed = test_seed();
  Random seeds(first_seed);
  const uint64_t operations = environment_number("ASHLAR_OPS", kOperations);
  for (uint64_t done = 0; done < operations; done += kOperationsOfARun) {
    // The first run's seed is the given one, so that a failure's seed repeats it at once.
    run(done == 0 ? first_seed : seeds.next(), std::min(kOperationsOfARun, operations - done));
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Model, AgreesWithTheEngineOnTheRealFileSystem) {
  run_worlds([](uint64_t seed, uint64_t operations) {
    const TemporaryFolder folder;
    ModelRun run({nullptr, folder / "db", real_now_ms, {}, {}}, seed);
    run.run(operations);
  });
}

TEST(Model, AgreesWithTheEngineOnASimulatedDisk) {
  run_worlds([](uint64_t seed, uint64_t operations) {
    Random random(seed ^ 1);
    auto sim = std::make_unique<SimEnv>(seed);
    sim->record_history(false);
    ModelWorld world;
    world.env = sim.get();
    world.folder = "/db";
    world.now_ms = [&] { return sim->wall_clock_us() / 1000; };
    world.advance_ms = [&](uint64_t ms) {
      sim->advance(std::chrono::milliseconds(ms));
      sim->run_background(random.below(4));
    };
    world.kill = [&](std::unique_ptr<Database>* database) -> Env* {
      std::unique_ptr<SimEnv> after = sim->after_kill(random.next());
      after->record_history(false);
      database->reset();
      sim = std::move(after);
      return sim.get();
    };
    ModelRun run(world, seed);
    run.run(operations);
  });
}

}  // namespace
}  // namespace ashlar

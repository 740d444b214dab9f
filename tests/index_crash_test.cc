// What a power cut or the end of the process leaves of indexes, at every moment of generated
// sequences: each complete index must have exactly its documents' entries, without being rebuilt,
// and one that was being built is finished.
//
// ASHLAR_SEED repeats a run; ASHLAR_IMAGES sets the number of crash images.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "ashlar/database.h"
#include "env/sim_env.h"
#include "support/expect.h"
#include "support/index_workload.h"
#include "support/random.h"

namespace ashlar {
namespace {

constexpr uint64_t kSteps = 60;
constexpr uint64_t kImagesOfOneSequence = 100;

Options options_on(SimEnv& env) {
  Options options;
  options.memory_budget = Options::kMinimumMemoryBudget;
  options.env = &env;
  return options;
}

// Writes, creates, drops and goes on, as drawn from the seed.
class Sequence {
 public:
  explicit Sequence(uint64_t seed) : random_(seed), workload_(&random_), env_(seed) {
    open();
    for (uint64_t step = 0; step < kSteps && !testing::Test::HasFailure(); ++step) this->step();
    database_.reset();
  }

  SimEnv& env() { return env_; }

 private:
  void open() {
    auto opened = Database::open("/db", options_on(env_));
    ASSERT_OK(opened);
    database_ = std::move(opened).value();
  }

  void expect(const Status& status) {
    const bool expected = status.ok() || status.is(StatusCode::kDuplicate) ||
                          status.is(StatusCode::kInvalidArgument) ||
                          status.is(StatusCode::kNotFound);
    EXPECT_TRUE(expected) << status.to_string();
  }

  WriteOptions durability() {
    return {.durability = random_.one_in(3) ? Durability::kDisk : Durability::kProcess};
  }

  void step() {
    switch (random_.below(10)) {
      case 0:
        return expect(database_->create_index(workload_.index_name(), workload_.index_options()));
      case 1:
        if (random_.one_in(2)) return expect(database_->drop_index(workload_.index_name()));
        return expect(database_->compact());
      case 2:
        return expect(database_->flush());
      case 3: {
        const auto [from, to] = workload_.range();
        return expect(database_->del_range(from, to, durability()));
      }
      case 4:
        if (random_.one_in(3)) {
          database_.reset();
          open();
        } else {
          env_.run_background(random_.below(4));
        }
        return;
      default:
        return write();
    }
  }

  void write() {
    Batch batch;
    for (uint64_t writes = random_.between(1, 20); writes > 0; --writes) {
      if (random_.one_in(5)) {
        batch.del(workload_.key());
      } else {
        batch.set(workload_.key(), workload_.value());
      }
    }
    expect(database_->write(batch, durability()));
  }

  Random random_;
  IndexWorkload workload_;
  SimEnv env_;
  std::unique_ptr<Database> database_;
};

class IndexCrashTest : public testing::Test {
 protected:
  void explore(uint64_t seed) {
    SCOPED_TRACE(seed_text(seed));
    Sequence sequence(seed);
    Random random(seed ^ 0x77);
    SimCrash crash = sequence.env().crash_points();
    const uint64_t count = crash.operation_count();
    for (uint64_t image = 0; image < kImagesOfOneSequence && !HasFailure(); ++image) {
      crash.advance_to(image * count / (kImagesOfOneSequence - 1));
      SCOPED_TRACE("crash after operation " + std::to_string(crash.position()));
      SimRandom fates(random.next());
      SimDisk disk = random.one_in(3) ? crash.killed(0) : crash.image(crash.random_fates(&fates));
      const auto after = sequence.env().restart(std::move(disk), random.next());
      after->record_history(false);
      look(*after, &random);
    }
  }

 private:
  void look(SimEnv& env, Random* random) {
    auto opened = Database::open("/db", options_on(env));
    ASSERT_OK(opened);
    Database& database = **opened;
    EXPECT_EQ(problems_of(database), "");
    IndexWorkload workload(random);
    for (int i = 0; i < 3; ++i) {
      const Status written = database.set(workload.key(), workload.value());
      EXPECT_TRUE(written.ok() || written.is(StatusCode::kDuplicate)) << written.to_string();
    }
    finish_building(env, database);
    EXPECT_EQ(problems_of(database), "");
  }

  void finish_building(SimEnv& env, Database& database) {
    const auto building = [&] {
      const auto indexes = database.indexes();
      EXPECT_OK(indexes);
      return std::any_of(indexes->begin(), indexes->end(),
                         [](const IndexInfo& info) { return info.state == IndexState::kBuilding; });
    };
    constexpr int kPatience = 1000;
    for (int i = 0; i < kPatience && building(); ++i) {
      env.run_background(1);
      env.advance(std::chrono::milliseconds(1));
    }
    EXPECT_FALSE(building());
  }
};

TEST_F(IndexCrashTest, IndexesAgreeWithTheirDocumentsAfterEveryCrash) {
  const uint64_t images = environment_number("ASHLAR_IMAGES", 2000);
  const uint64_t first_seed = test_seed();
  Random seeds(first_seed);
  for (uint64_t done = 0; done < images && !HasFailure(); done += kImagesOfOneSequence) {
    explore(done == 0 ? first_seed : seeds.next());
  }
}

}  // namespace
}  // namespace ashlar

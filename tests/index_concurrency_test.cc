// Indexes under many threads: made and dropped while others write, and unique values that many
// want.
//
// ASHLAR_MS sets how long each test runs.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
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

constexpr int kWriters = 4;

class IndexConcurrencyTest : public testing::Test {
 protected:
  IndexConcurrencyTest() { open(); }

  void open() {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget * 2;
    options.durability = Durability::kProcess;
    auto opened = Database::open(folder_ / "db", options);
    ASSERT_OK(opened);
    database_ = std::move(opened).value();
  }

  // Runs the body of each writer, and that of `other`, until the time is over.
  template <typename Writer, typename Other>
  void run(Writer&& writer, Other&& other) {
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(environment_number("ASHLAR_MS", 1500));
    const auto going_on = [&] { return std::chrono::steady_clock::now() < end && !HasFailure(); };
    const uint64_t seed = test_seed();
    std::vector<std::thread> threads;
    for (int number = 0; number < kWriters; ++number) {
      threads.emplace_back([&, number] {
        Random random(seed + static_cast<uint64_t>(number));
        while (going_on()) writer(number, &random);
      });
    }
    Random random(seed ^ 0x99);
    while (going_on()) other(&random);
    for (std::thread& thread : threads) thread.join();
  }

  static void linger(Random* random) {
    if (random->one_in(2)) return;
    std::this_thread::sleep_for(std::chrono::microseconds(random->below(3000)));
  }

  static void expect_ok_or(const Status& status, StatusCode expected) {
    EXPECT_TRUE(status.ok() || status.is(expected)) << status.to_string();
  }

  TemporaryFolder folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(IndexConcurrencyTest, IndexesComeAndGoWhileOthersWrite) {
  const auto writer = [&](int, Random* random) {
    IndexWorkload workload(random);
    switch (random->below(8)) {
      case 0: {
        const auto [from, to] = workload.range();
        return expect_ok_or(database_->del_range(from, to), StatusCode::kOk);
      }
      case 1:
        return expect_ok_or(database_->del(workload.key()), StatusCode::kOk);
      case 2: {
        Batch batch;
        for (int i = 0; i < 5; ++i) batch.set(workload.key(), workload.value());
        return expect_ok_or(database_->write(batch), StatusCode::kDuplicate);
      }
      case 3: {
        const bool snapshot = random->one_in(2);
        const Status done = database_->transact(
            [&](Transaction& tx) -> Status {
              // Indexes come and go between its moment, its writes and its commit.
              linger(random);
              if (Status deleted = tx.del(workload.key()); !deleted.ok()) return deleted;
              const Status written = tx.set(workload.key(), workload.value());
              linger(random);
              return written;
            },
            {.isolation = snapshot ? Isolation::kSnapshot : Isolation::kSerializable});
        if (done.is(StatusCode::kConflict)) return;  // after a hundred attempts
        return expect_ok_or(done, StatusCode::kDuplicate);
      }
      default:
        return expect_ok_or(database_->set(workload.key(), workload.value()),
                            StatusCode::kDuplicate);
    }
  };
  uint64_t rounds = 0;
  run(writer, [&](Random* random) {
    IndexWorkload workload(random);
    const std::string name = workload.index_name();
    if (random->one_in(2)) {
      expect_ok_or(database_->drop_index(name), StatusCode::kNotFound);
    } else {
      const Status created = database_->create_index(name, workload.index_options());
      if (!created.is(StatusCode::kDuplicate)) {
        expect_ok_or(created, StatusCode::kInvalidArgument);
      }
    }
    if (++rounds % 8 == 0) {
      EXPECT_EQ(problems_of(*database_), "");
    }
  });
  EXPECT_EQ(problems_of(*database_), "");
  database_.reset();
  open();
  EXPECT_EQ(problems_of(*database_), "");
}

TEST_F(IndexConcurrencyTest, AUniqueValueHasOneOwner) {
  EXPECT_OK(database_->create_index("by_m", {.fields = {"$.m"}, .unique = true}));
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> taken{0};
  run(
      [&](int number, Random* random) {
        const std::string key = std::to_string(number) + ":" + std::to_string(random->below(4));
        const std::string value = R"({"m":)" + std::to_string(random->below(10)) + "}";
        const Status done =
            random->one_in(4)
                ? database_->transact([&](Transaction& tx) { return tx.set(key, value); })
                : database_->set(key, value);
        if (done.is(StatusCode::kConflict)) return;
        expect_ok_or(done, StatusCode::kDuplicate);
        (done.ok() ? taken : refused).fetch_add(1);
      },
      [&](Random*) {
        // At every moment each value is there once.
        const Snapshot snapshot = database_->snapshot();
        const EntryRange range = database_->prefix("", {.snapshot = &snapshot});
        std::set<std::string> seen;
        for (const auto& [key, value] : range) {
          EXPECT_TRUE(seen.insert(std::string(value)).second) << key << " " << value;
        }
        EXPECT_OK(range.status());
      });
  EXPECT_GT(taken.load(), 0u);
  EXPECT_GT(refused.load(), 0u);
  EXPECT_EQ(problems_of(*database_), "");
}

TEST_F(IndexConcurrencyTest, AnIndexIsBuiltBesideItsWriters) {
  Batch batch;
  for (int i = 0; i < 20'000; ++i) {
    batch.set("d:" + std::to_string(i), R"({"n":)" + std::to_string(i % 100) + "}");
  }
  EXPECT_OK(database_->write(batch));
  std::atomic<bool> built{false};
  std::thread builder([&] {
    EXPECT_OK(database_->create_index("by_n", {.prefix = "d:", .fields = {"$.n"}}));
    built = true;
  });
  run(
      [&](int, Random* random) {
        const std::string key = "d:" + std::to_string(random->below(25'000));
        if (random->one_in(5)) return expect_ok_or(database_->del(key), StatusCode::kOk);
        expect_ok_or(database_->set(key, R"({"n":)" + std::to_string(random->below(100)) + "}"),
                     StatusCode::kOk);
      },
      [](Random*) { std::this_thread::sleep_for(std::chrono::milliseconds(10)); });
  builder.join();
  EXPECT_TRUE(built.load());
  EXPECT_EQ(problems_of(*database_), "");
}

}  // namespace
}  // namespace ashlar

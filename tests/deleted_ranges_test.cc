// Ranges over much that was deleted, which they need not visit (src/table/dead_marks.h), beside a
// model. ASHLAR_CYCLES: how many random histories; ASHLAR_MS: how long threads go on.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ashlar/database.h"
#include "ashlar/transaction.h"
#include "support/expect.h"
#include "support/random.h"
#include "support/temporary_folder.h"

namespace ashlar {
namespace {

using Model = std::map<std::string, std::string>;

constexpr uint64_t kKeys = 3000;

std::string key_of(uint64_t number) { return "k" + std::to_string(10'000 + number); }

class DeletedRanges : public testing::Test {
 protected:
  void open() {
    database_.reset();
    Options options;
    options.memory_budget = std::size_t{64} << 20;
    options.durability = Durability::kProcess;
    auto opened = Database::open(folder_ / "db", options);
    ASSERT_OK(opened);
    database_ = std::move(opened).value();
  }
  void settle() {
    ASSERT_OK(database_->flush());
    ASSERT_OK(database_->wait_for_background());
  }

  void expect_range(const Model& model, std::string_view from, std::string_view to, uint64_t limit,
                    const Snapshot* snapshot) {
    RangeOptions options;
    options.limit = limit;
    options.snapshot = snapshot;
    const auto range = database_->range(from, to, options);
    auto wanted = model.lower_bound(std::string(from));
    uint64_t count = 0;
    for (const auto& [key, value] : range) {
      ASSERT_TRUE(wanted != model.end()) << "shows " << key << ", which was deleted";
      ASSERT_EQ(key, wanted->first);
      ASSERT_EQ(value, wanted->second);
      ++wanted;
      ++count;
    }
    ASSERT_OK(range.status());
    const bool at_end = count == limit || wanted == model.end() || (!to.empty() && wanted->first >= to);
    ASSERT_TRUE(at_end) << wanted->first << " is not shown";
  }

  TemporaryFolder folder_;
  std::unique_ptr<Database> database_;
};

struct Moment {
  Snapshot snapshot;
  Model model;
};

TEST_F(DeletedRanges, ShowWhatAModelShows) {
  const uint64_t cycles = environment_number("ASHLAR_CYCLES", 6);
  for (uint64_t cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    SCOPED_TRACE("history " + std::to_string(cycle));
    Random random(cycle + 1);
    Model model;
    std::unique_ptr<Moment> moment;
    database_.reset();
    std::filesystem::remove_all(folder_ / "db");
    open();
    for (int step = 0; step < 120 && !HasFailure(); ++step) {
      const uint64_t begin = random.below(kKeys);
      const uint64_t end = std::min(kKeys, begin + random.below((random.below(100) < 30) ? kKeys : 200));
      const uint64_t choice = random.below(100);
      if (choice < 25) {
        const std::size_t bytes = (random.below(100) < 10) ? 6000 : random.below(60);
        for (uint64_t i = begin; i < std::min(end, begin + 400); ++i) {
          const std::string value(bytes, static_cast<char>('a' + random.below(26)));
          ASSERT_OK(database_->set(key_of(i), value));
          model[key_of(i)] = value;
        }
      } else if (choice < 50) {
        for (uint64_t i = begin; i < end; ++i) {
          ASSERT_OK(database_->del(key_of(i)));
          model.erase(key_of(i));
        }
      } else if (choice < 60) {
        Batch batch;
        for (uint64_t i = begin; i < end; ++i) {
          if ((random.below(100) < 95)) {
            batch.del(key_of(i));
            model.erase(key_of(i));
          } else {
            batch.set(key_of(i), "batch");
            model[key_of(i)] = "batch";
          }
        }
        ASSERT_OK(database_->write(batch));
      } else if (choice < 65) {
        Transaction transaction = database_->begin();
        for (uint64_t i = begin; i < end; ++i) {
          ASSERT_OK(transaction.del(key_of(i)));
          model.erase(key_of(i));
        }
        ASSERT_OK(transaction.commit());
      } else if (choice < 72) {
        settle();
      } else if (choice < 75) {
        ASSERT_OK(database_->compact());
      } else if (choice < 77) {
        moment.reset();
        open();
      } else if (choice < 84) {
        moment.reset(new Moment{database_->snapshot(), model});
      } else {
        const std::string from = (random.below(100) < 30) ? "" : key_of(begin);
        const std::string to = (random.below(100) < 50) ? "" : key_of(end);
        const uint64_t limit = (random.below(100) < 50) ? UINT64_MAX : 1 + random.below(20);
        expect_range(model, from, to, limit, nullptr);
        if (moment) expect_range(moment->model, from, to, limit, &moment->snapshot);
      }
    }
    expect_range(model, "", "", UINT64_MAX, nullptr);
    if (moment) expect_range(moment->model, "", "", UINT64_MAX, &moment->snapshot);
    moment.reset();
  }
}

// A snapshot of before the deletions keeps all; one of behind them nothing.
TEST_F(DeletedRanges, ASnapshotKeepsWhatIsDeletedBehindIt) {
  open();
  Model model;
  for (uint64_t i = 0; i < kKeys; ++i) {
    ASSERT_OK(database_->set(key_of(i), "value"));
    model[key_of(i)] = "value";
  }
  settle();
  const Snapshot before = database_->snapshot();
  for (uint64_t i = 0; i < kKeys; ++i) ASSERT_OK(database_->del(key_of(i)));
  const Snapshot behind = database_->snapshot();
  ASSERT_OK(database_->set(key_of(77), "again"));
  expect_range(model, "", "", UINT64_MAX, &before);
  expect_range({}, "", "", UINT64_MAX, &behind);
  expect_range({{key_of(77), "again"}}, "", "", UINT64_MAX, nullptr);
  settle();
  expect_range(model, "", "", UINT64_MAX, &before);
  expect_range({{key_of(77), "again"}}, "", "", UINT64_MAX, nullptr);
}

// Keys are deleted in ascending order, round and round, and set again in ascending order behind
// that: whatever the moment, what is there are the keys up to one place and those from another on.
TEST_F(DeletedRanges, HaveNoHolesWhileOthersDeleteAndSet) {
  open();
  for (uint64_t i = 0; i < kKeys; ++i) ASSERT_OK(database_->set(key_of(i), "value"));
  settle();
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::milliseconds(environment_number("ASHLAR_MS", 1000));
  const auto over = [&] { return std::chrono::steady_clock::now() > end || HasFailure(); };
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    while (!over()) {
      for (uint64_t i = 0; i < kKeys; ++i) EXPECT_OK(database_->del(key_of(i)));
      for (uint64_t i = 0; i < kKeys; ++i) EXPECT_OK(database_->set(key_of(i), "value"));
    }
  });
  threads.emplace_back([&] {
    while (!over()) EXPECT_OK(database_->flush());
  });
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&] {
      while (!over()) {
        const auto range = database_->range("", "");
        uint64_t next = 0;
        int holes = 0;
        for (const auto& [key, value] : range) {
          const uint64_t number = std::stoull(std::string(key.substr(1))) - 10'000;
          if (number != next) ++holes;
          next = number + 1;
        }
        EXPECT_OK(range.status());
        if (next != kKeys) ++holes;
        EXPECT_LE(holes, 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace ashlar

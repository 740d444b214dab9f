// Many threads on one Database, with promises that must hold at every moment. Meant for
// ThreadSanitizer too. ASHLAR_MS sets how long each test goes on, in milliseconds.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "ashlar/database.h"
#include "support/expect.h"
#include "support/random.h"
#include "support/recipe.h"
#include "support/temporary_folder.h"

namespace ashlar {
namespace {

using Clock = std::chrono::steady_clock;

class Concurrency : public testing::Test {
 protected:
  Concurrency() { reopen(Durability::kProcess); }

  void reopen(Durability durability) {
    database_.reset();
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.durability = durability;
    auto opened = Database::open(folder_ / "db", options);
    ASSERT_OK(opened);
    database_ = std::move(opened).value();
  }

  // Starts a thread that calls `act` until the time is over or a check has failed.
  void repeat(std::function<void()> act) {
    threads_.emplace_back([this, act = std::move(act)] {
      while (!over()) act();
    });
  }
  // Starts a thread that calls `act` once.
  void once(std::function<void()> act) { threads_.emplace_back(std::move(act)); }
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  bool over() const { return Clock::now() > end_ || testing::Test::HasFailure(); }

  TemporaryFolder folder_;
  std::unique_ptr<Database> database_;
  Clock::time_point end_ =
      Clock::now() + std::chrono::milliseconds(environment_number("ASHLAR_MS", 1000));
  std::vector<std::thread> threads_;
};

std::string numbered(const char* prefix, uint64_t number) {
  return prefix + std::to_string(1'000'000 + number);
}

TEST_F(Concurrency, ABatchIsSeenWholeOrNotAtAll) {
  constexpr uint64_t kPairs = 50;
  std::atomic<uint64_t> next{1};
  for (int writer = 0; writer < 2; ++writer) {
    repeat([&, random = Random(static_cast<uint64_t>(writer))]() mutable {
      const uint64_t pair = random.below(kPairs);
      const std::string value =
          std::to_string(next.fetch_add(1)) + std::string(random.below(300), '.');
      Batch batch;
      batch.set(numbered("a", pair), value);
      batch.set(numbered("z", pair), value);
      EXPECT_OK(database_->write(batch));
    });
  }
  repeat([&, random = Random(7)]() mutable {
    const Snapshot snapshot = database_->snapshot();
    const uint64_t pair = random.below(kPairs);
    const auto left = database_->get(numbered("a", pair), {&snapshot});
    const auto right = database_->get(numbered("z", pair), {&snapshot});
    ASSERT_EQ(left.ok(), right.ok());
    if (left.ok()) {
      ASSERT_EQ(*left, *right);
    }
  });
  repeat([&] {
    const auto all = database_->range("", "");
    std::vector<std::pair<std::string, std::string>> entries = all.to_vector();
    ASSERT_OK(all.status());
    ASSERT_EQ(entries.size() % 2, 0u);
    for (std::size_t i = 0; i < entries.size() / 2; ++i) {
      const auto& left = entries[i];
      const auto& right = entries[i + entries.size() / 2];
      ASSERT_EQ(left.first.substr(1), right.first.substr(1));
      ASSERT_EQ(left.second, right.second);
    }
  });
  join();
}

TEST_F(Concurrency, AReplacedGenerationIsNeverMixedWithTheNext) {
  constexpr uint64_t kKeys = 20;
  std::atomic<uint64_t> generation{1};
  repeat([&] {
    const std::string value = std::to_string(generation.fetch_add(1));
    Batch batch;
    batch.del_range("g", "h");
    for (uint64_t i = 0; i < kKeys; ++i) batch.set(numbered("g", i * 7 % kKeys), value);
    ASSERT_OK(database_->write(batch));
  });
  repeat([&] { EXPECT_OK(database_->set("f", std::string(2000, 'f'))); });
  for (const bool reverse : {false, true}) {
    repeat([&, reverse] {
      const auto range = database_->prefix("g", {.reverse = reverse, .snapshot = nullptr});
      uint64_t seen = 0;
      std::string value;
      for (const Entry& entry : range) {
        if (seen++ == 0) value = std::string(entry.value);
        ASSERT_EQ(entry.value, value);
      }
      ASSERT_OK(range.status());
      ASSERT_TRUE(seen == 0 || seen == kKeys) << seen;
    });
  }
  repeat([&] { EXPECT_OK(database_->flush()); });
  join();
}

TEST_F(Concurrency, IncrementsFromEightThreadsSumExactly) {
  constexpr int kThreads = 8;
  std::atomic<int64_t> sum{0};
  for (int thread = 0; thread < kThreads; ++thread) {
    repeat([&, random = Random(static_cast<uint64_t>(thread))]() mutable {
      const auto delta = static_cast<int64_t>(random.below(5)) - 1;
      ASSERT_OK(database_->increment("counter", delta));
      sum += delta;
    });
  }
  join();
  EXPECT_EQ(database_->get("counter").value(), std::to_string(sum.load()));
  reopen(Durability::kProcess);
  EXPECT_EQ(database_->get("counter").value(), std::to_string(sum.load()));
}

TEST_F(Concurrency, CompareAndSetWorksAsALock) {
  std::atomic<int64_t> rounds{0};
  for (int thread = 0; thread < 4; ++thread) {
    repeat([&, me = "thread " + std::to_string(thread)] {
      const auto locked = database_->compare_and_set("lock", std::nullopt, me);
      ASSERT_OK(locked);
      if (!*locked) return;
      // Not atomic by itself: the lock alone makes the sum right.
      const int64_t count = std::stoll(database_->get("guarded").value_or("0"));
      ASSERT_OK(database_->set("guarded", std::to_string(count + 1)));
      ++rounds;
      const auto unlocked = database_->compare_and_set("lock", me, std::nullopt);
      ASSERT_OK(unlocked);
      ASSERT_TRUE(*unlocked);
    });
  }
  join();
  EXPECT_GT(rounds.load(), 0);
  EXPECT_EQ(database_->get("guarded").value(), std::to_string(rounds.load()));
}

TEST_F(Concurrency, AKeyNeverGoesBackInTime) {
  constexpr uint64_t kKeys = 8;
  std::vector<std::atomic<uint64_t>> written(kKeys);
  for (int writer = 0; writer < 2; ++writer) {
    repeat([&, writer, random = Random(static_cast<uint64_t>(writer))]() mutable {
      const uint64_t key = random.below(kKeys / 2) * 2 + static_cast<uint64_t>(writer);
      const uint64_t number = written[key].load() + 1;
      const std::string padding(random.one_in(10) ? 5000 : 10, ' ');
      ASSERT_OK(database_->set(numbered("k", key), std::to_string(number) + padding));
      written[key].store(number);
    });
  }
  for (int reader = 0; reader < 3; ++reader) {
    repeat([&, reader, random = Random(100), last = std::vector<uint64_t>(kKeys)]() mutable {
      const uint64_t key = random.below(kKeys);
      const uint64_t least = std::max(last[key], written[key].load());
      uint64_t seen = 0;
      if (reader == 0) {
        if (const auto found = database_->get(numbered("k", key)); found.ok())
          seen = std::stoull(*found);
      } else if (reader == 1) {
        const auto found = database_->get_pinned(numbered("k", key));
        if (found.ok()) seen = std::stoull(std::string(found->view()));
      } else {
        const auto range = database_->prefix(numbered("k", key), {.limit = 1, .snapshot = nullptr});
        for (const Entry& entry : range) seen = std::stoull(std::string(entry.value));
      }
      ASSERT_GE(seen, least) << "reader " << reader;
      last[key] = seen;
    });
  }
  repeat([&] { EXPECT_OK(database_->flush()); });
  join();
}

TEST_F(Concurrency, AHeldSnapshotDoesNotChange) {
  for (uint64_t i = 0; i < 500; ++i)
    ASSERT_OK(database_->set(numbered("s", i), Recipe{i, 400}.make()));
  const Snapshot snapshot = database_->snapshot();
  const auto slow = database_->range("", "");
  repeat([&, random = Random(1)]() mutable {
    const uint64_t i = random.below(500);
    if (random.one_in(3))
      EXPECT_OK(database_->del(numbered("s", i)));
    else
      EXPECT_OK(database_->set(numbered("s", i), Recipe{random.next(), 1500}.make()));
    if (random.one_in(200))
      EXPECT_OK(database_->del_range(numbered("s", i), numbered("s", i + 50)));
  });
  repeat([&] { EXPECT_OK(database_->compact()); });
  for (int reader = 0; reader < 2; ++reader) {
    repeat([&, random = Random(2)]() mutable {
      const uint64_t i = random.below(500);
      const auto found = database_->get(numbered("s", i), {&snapshot});
      ASSERT_OK(found);
      ASSERT_EQ(*found, (Recipe{i, 400}.make()));
      if (random.one_in(20)) {
        ASSERT_EQ(database_->count("s", {&snapshot}).value(), 500u);
      }
    });
  }
  join();
  uint64_t i = 0;
  for (const Entry& entry : slow) {
    ASSERT_EQ(entry.key, numbered("s", i));
    ASSERT_EQ(entry.value, (Recipe{i, 400}.make()));
    ++i;
  }
  EXPECT_OK(slow.status());
  EXPECT_EQ(i, 500u);
}

TEST_F(Concurrency, FlushAndCompactionBesideWritersLoseNothing) {
  constexpr int kWriters = 4;
  constexpr uint64_t kKeys = 300;
  std::vector<std::vector<Recipe>> expected(kWriters, std::vector<Recipe>(kKeys));
  for (int writer = 0; writer < kWriters; ++writer) {
    repeat([&, writer, random = Random(static_cast<uint64_t>(writer))]() mutable {
      auto& mine = expected[static_cast<std::size_t>(writer)];
      const std::string prefix = "w" + std::to_string(writer) + ":";
      const uint64_t i = random.below(kKeys);
      const std::string key = numbered(prefix.c_str(), i);
      if (random.one_in(100)) {
        const uint64_t end = std::min(kKeys, i + random.below(20));
        ASSERT_OK(database_->del_range(key, numbered(prefix.c_str(), end)));
        for (uint64_t gone = i; gone < end; ++gone) mine[gone] = {};
      } else if (random.one_in(5)) {
        ASSERT_OK(database_->del(key));
        mine[i] = {};
      } else {
        mine[i] = {random.next(), 1 + random_value_bytes(random, 20'000)};
        ASSERT_OK(database_->set(key, mine[i].make()));
      }
      const auto found = database_->get(key);
      if (mine[i].bytes == 0) {
        ASSERT_TRUE(found.status().is(StatusCode::kNotFound));
      } else {
        ASSERT_OK(found);
        ASSERT_EQ(*found, mine[i].make());
      }
    });
  }
  repeat([&] { EXPECT_OK(database_->flush()); });
  repeat([&] { EXPECT_OK(database_->compact()); });
  repeat([&] { EXPECT_FALSE(database_->statistics().to_json().empty()); });
  join();

  for (const bool reopened : {false, true}) {
    if (reopened) reopen(Durability::kProcess);
    for (int writer = 0; writer < kWriters; ++writer) {
      const std::string prefix = "w" + std::to_string(writer) + ":";
      for (uint64_t i = 0; i < kKeys; ++i) {
        const Recipe& recipe = expected[static_cast<std::size_t>(writer)][i];
        const auto found = database_->get(numbered(prefix.c_str(), i));
        ASSERT_EQ(found.ok(), recipe.bytes > 0) << prefix << i << " reopened " << reopened;
        if (found.ok()) {
          ASSERT_EQ(*found, recipe.make());
        }
      }
    }
    const auto report = database_->verify();
    ASSERT_OK(report);
    EXPECT_TRUE(report->problems.empty()) << report->problems.front();
  }
}

TEST_F(Concurrency, VerifyBesideWritersFindsNothing) {
  for (int writer = 0; writer < 2; ++writer) {
    repeat([&, random = Random(static_cast<uint64_t>(writer))]() mutable {
      EXPECT_OK(
          database_->set(numbered("v", random.below(3000)), Recipe{random.next(), 700}.make()));
    });
  }
  repeat([&] { EXPECT_OK(database_->compact()); });
  repeat([&] {
    const auto report = database_->verify();
    ASSERT_OK(report);
    ASSERT_TRUE(report->problems.empty()) << report->problems.front();
  });
  join();
}

TEST_F(Concurrency, DiskWritesFromEightThreadsAreAllThere) {
  reopen(Durability::kDisk);
  constexpr int kThreads = 8;
  std::vector<uint64_t> written(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    const std::string prefix = "d" + std::to_string(thread) + ":";
    repeat([&, prefix, mine = static_cast<std::size_t>(thread)] {
      ASSERT_OK(database_->set(numbered(prefix.c_str(), written[mine]), prefix));
      ++written[mine];
    });
  }
  join();
  const Statistics statistics = database_->statistics();
  EXPECT_GT(statistics.log_syncs, 0u);
  EXPECT_LE(statistics.log_syncs, statistics.commits + 16);
  reopen(Durability::kProcess);
  for (int thread = 0; thread < kThreads; ++thread) {
    const std::string prefix = "d" + std::to_string(thread) + ":";
    EXPECT_EQ(database_->count(prefix).value(), written[static_cast<std::size_t>(thread)]);
  }
}

// Several full memtables wait behind a flush that is held up: a writer that waits with them goes on
// as soon as one of them is flushed, and not when all are.
TEST_F(Concurrency, AWaitingWriterGoesOnWithTheFirstMemtableThatIsFlushed) {
  constexpr int kHeldUp = 1;
  constexpr int kLookedAt = kHeldUp + 2;
  constexpr auto kStill = std::chrono::milliseconds(100);
  constexpr auto kLongest = std::chrono::seconds(20);
  // Before the database counts as idle and merges, which would wake the writer too.
  constexpr auto kSoon = std::chrono::milliseconds(600);
  std::atomic<uint64_t> written{0};
  std::atomic<bool> went_on{false};
  int flushes = 0;        // of the flushing thread
  uint64_t at_stall = 0;  // the same
  database_.reset();
  Options options;
  options.memory_budget = Options::kMinimumMemoryBudget;
  options.durability = Durability::kProcess;
  options.listener = [&](const Event& event) {
    if (event.kind != Event::Kind::kFlushFinished) return;
    ++flushes;
    if (flushes == kHeldUp) {  // until the writer stands still
      const Clock::time_point end = Clock::now() + kLongest;
      do {
        at_stall = written;
        std::this_thread::sleep_for(kStill);
      } while (written != at_stall && Clock::now() < end);
    } else if (flushes == kLookedAt) {
      const Clock::time_point soon = Clock::now() + kSoon;
      while (written == at_stall && Clock::now() < soon) std::this_thread::yield();
      went_on = written != at_stall;
    }
  };
  auto opened = Database::open(folder_ / "db", options);
  ASSERT_OK(opened);
  database_ = std::move(opened).value();
  const std::string value(1000, 'v');
  while (database_->statistics().flushes < kLookedAt) {
    for (int i = 0; i < 100; ++i) {
      ASSERT_OK(database_->set(numbered("w", written), value));
      ++written;
    }
  }
  EXPECT_TRUE(went_on);
  database_.reset();
}

TEST_F(Concurrency, OfManyOpensAtOnceOneSucceeds) {
  database_.reset();
  std::atomic<int> succeeded{0};
  std::atomic<int> tried{0};
  for (int thread = 0; thread < 16; ++thread) {
    once([&] {
      auto opened = Database::open(folder_ / "db");
      ++tried;
      if (!opened.ok()) {
        EXPECT_CODE(opened, kBusy);
        return;
      }
      ++succeeded;
      // Held until all have tried, so that nobody finds it free again.
      while (tried.load() < 16) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
  }
  join();
  EXPECT_EQ(succeeded.load(), 1);
}

}  // namespace
}  // namespace ashlar

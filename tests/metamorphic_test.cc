// Options decide how fast and how large the database is, never what it answers: the same sequence
// of calls gives the same answers under each set of options, whatever is flushed, merged, closed
// and opened in between.
//
// ASHLAR_SEED repeats a run; ASHLAR_SEQUENCES sets the number of sequences, ASHLAR_OPS that of
// calls in each, ASHLAR_SETTINGS how many settings, which take turns, play each sequence.
#include <gtest/gtest.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <optional>

#include "ashlar/database.h"
#include "base/hash.h"
#include "env/sim_env.h"
#include "support/random.h"
#include "support/recipe.h"

namespace ashlar {
namespace {

constexpr uint64_t kKeys = 700;
constexpr uint64_t kSequencesBetweenReports = 250;

enum class Upkeep : unsigned char { kNone, kFlush, kMerge, kReopen, kKill };
constexpr uint64_t kUpkeeps = 5;
constexpr uint64_t kCallsBetweenUpkeep = 700;

struct Setting {
  std::size_t memory_budget;
  Compression compression;
  Durability durability;
  Upkeep upkeep;
};

// Each compression with each upkeep; budgets and durabilities take turns.
std::vector<Setting> all_settings() {
  constexpr std::array<std::size_t, 3> kBudgets = {16 << 20, 24 << 20, 64 << 20};
  constexpr std::array<Durability, 2> kDurabilities = {Durability::kProcess, Durability::kDisk};
  std::vector<Setting> settings;
  for (int compression = 0; compression < 4; ++compression) {
    for (uint64_t upkeep = 0; upkeep < kUpkeeps; ++upkeep) {
      const std::size_t number = settings.size();
      settings.push_back({kBudgets[number % kBudgets.size()], static_cast<Compression>(compression),
                          kDurabilities[number % kDurabilities.size()],
                          static_cast<Upkeep>(upkeep)});
    }
  }
  return settings;
}

std::string text_of(const Setting& setting) {
  return "memory_budget " + std::to_string(setting.memory_budget) + ", compression " +
         std::to_string(static_cast<int>(setting.compression)) + ", durability " +
         std::to_string(static_cast<int>(setting.durability)) + ", upkeep " +
         std::to_string(static_cast<int>(setting.upkeep));
}

// One database under one setting, and the calls that a seed says.
class Player {
 public:
  Player(uint64_t seed, const Setting& setting)
      : random_(seed), setting_(setting), env_(std::make_unique<SimEnv>(seed)) {
    env_->record_history(false);
    open();
  }

  // What the next call answers, as a number.
  uint64_t next() {
    if (++calls_ % kCallsBetweenUpkeep == 0) look_after();
    const std::string key = random_key();
    switch (random_.below(16)) {
      case 0:
        return answer(database_->del(key));
      case 1:
        return random_.one_in(8) ? answer(database_->del_range(key, random_key())) : read(key);
      case 2:
        return write_batch();
      case 3:
        return scan(key);
      case 4:
        return count(key);
      case 5:
        return answer(database_->increment("counter:" + key.substr(0, 5), 3));
      case 6:
        return answer(database_->compare_and_set(key, "old", "new"));
      case 7:
        return snapshot(key);
      case 8:
        return transact(key);
      case 9:
      case 10:
        return read(key);
      default:
        return answer(database_->set(key, random_value()));
    }
  }

 private:
  void open() {
    Options options;
    options.memory_budget = setting_.memory_budget;
    options.compression = setting_.compression;
    options.durability = setting_.durability;
    options.env = env_.get();
    auto opened = Database::open("/db", options);
    ASSERT_TRUE(opened.ok()) << opened.status().to_string();
    database_ = std::move(opened).value();
  }

  // Snapshots end with the database, so that all settings forget them here.
  void look_after() {
    snapshot_.reset();
    switch (setting_.upkeep) {
      case Upkeep::kNone:
        break;
      case Upkeep::kFlush:
        EXPECT_TRUE(database_->flush().ok());
        break;
      case Upkeep::kMerge:
        EXPECT_TRUE(database_->compact().ok());
        break;
      case Upkeep::kReopen:
        database_.reset();
        open();
        break;
      case Upkeep::kKill: {
        auto after = env_->after_kill(calls_);
        database_.reset();
        env_ = std::move(after);
        env_->record_history(false);
        open();
        break;
      }
    }
  }

  std::string random_key() { return "key" + std::to_string(1000 + random_.below(kKeys)); }
  std::string random_value() {
    if (random_.one_in(10)) return "old";
    const Recipe recipe{random_.next(), random_value_bytes(random_, 20'000)};
    return recipe.make();
  }

  // The number of what a call answered: equal for equal answers.
  static uint64_t answer(const Status& status) {
    return status.ok() ? 1 : 2 + static_cast<uint64_t>(status.code());
  }
  static uint64_t value_of(std::string_view value) { return hash_key(value); }
  static uint64_t value_of(uint64_t value) { return value; }
  static uint64_t value_of(int64_t value) { return static_cast<uint64_t>(value); }
  static uint64_t value_of(bool value) { return value ? 1 : 0; }
  template <typename T>
  static uint64_t answer(const Result<T>& result) {
    return result.ok() ? joined(value_of(*result), 1) : answer(result.status());
  }
  static uint64_t joined(uint64_t answers, uint64_t next) {
    constexpr uint64_t kOddFactor = 0x9e3779b97f4a7c15;
    return (answers ^ (answers >> 29)) * kOddFactor + next;
  }

  uint64_t read(const std::string& key) {
    const bool old = snapshot_ && random_.one_in(2);
    return answer(database_->get(key, {.snapshot = old ? &*snapshot_ : nullptr}));
  }
  uint64_t write_batch() {
    Batch batch;
    for (uint64_t left = random_.between(1, 20); left > 0; --left) {
      if (random_.one_in(4)) {
        batch.del(random_key());
      } else {
        const std::string key = random_key();
        batch.set(key, random_value());
      }
    }
    return answer(database_->write(batch));
  }
  uint64_t scan(const std::string& from) {
    RangeOptions options;
    options.reverse = random_.one_in(2);
    options.limit = random_.between(1, 30);
    const auto range = database_->range(from, random_.one_in(3) ? "" : "key1500", options);
    uint64_t all = 0;
    for (const Entry& entry : range) {
      all = joined(joined(all, value_of(entry.key)), value_of(entry.value));
    }
    return joined(all, answer(range.status()));
  }
  uint64_t count(const std::string& key) {
    // All of them, which takes longest, now and then.
    const std::size_t bytes = random_.one_in(64) ? 3 : random_.between(5, 6);
    return answer(database_->count(key.substr(0, bytes)));
  }
  uint64_t snapshot(const std::string& key) {
    if (random_.one_in(2)) {
      snapshot_.emplace(database_->snapshot());
    } else {
      snapshot_.reset();
    }
    return read(key);
  }
  uint64_t transact(const std::string& key) {
    Transaction transaction = database_->begin();
    uint64_t all = answer(transaction.get(key));
    all = joined(all, answer(transaction.set(key, random_value())));
    all = joined(all, answer(transaction.count(key.substr(0, 6))));
    return random_.one_in(4) ? all : joined(all, answer(transaction.commit()));
  }

  Random random_;
  const Setting setting_;
  std::unique_ptr<SimEnv> env_;
  std::unique_ptr<Database> database_;
  std::optional<Snapshot> snapshot_;
  uint64_t calls_ = 0;
};

TEST(Metamorphic, OptionsDoNotChangeAnswers) {
  const uint64_t first = test_seed();
  const uint64_t sequences = environment_number("ASHLAR_SEQUENCES", 1);
  const uint64_t calls = environment_number("ASHLAR_OPS", 10'000);
  const std::vector<Setting> settings = all_settings();
  const uint64_t players = environment_number("ASHLAR_SETTINGS", settings.size());
  for (uint64_t seed = first; seed != first + sequences; ++seed) {
    SCOPED_TRACE(seed_text(seed));
    std::vector<uint64_t> answers;
    for (uint64_t number = 0; number < players; ++number) {
      const Setting& setting = settings[(seed * players + number) % settings.size()];
      SCOPED_TRACE(text_of(setting));
      Player player(seed, setting);
      ASSERT_FALSE(HasFatalFailure());
      for (uint64_t call = 0; call < calls; ++call) {
        const uint64_t answer = player.next();
        if (call == answers.size()) {
          answers.push_back(answer);
        } else {
          ASSERT_EQ(answer, answers[call]) << "call " << call;
        }
      }
    }
    if (const uint64_t done = seed - first + 1; done % kSequencesBetweenReports == 0) {
      std::printf("%" PRIu64 " sequences from ASHLAR_SEED=%" PRIu64 "\n", done, first);
      std::fflush(stdout);
    }
  }
  std::printf("%" PRIu64 " sequences of %" PRIu64 " calls under %" PRIu64 " settings each\n",
              sequences, calls, players);
}

}  // namespace
}  // namespace ashlar

// Random writes of every kind, with indexes that come and go: after each stretch every index must
// have exactly the entries of its documents, and the documents must be those of the model.
//
// ASHLAR_SEED repeats a run; ASHLAR_OPS sets its length.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "ashlar/database.h"
#include "env/sim_env.h"
#include "support/expect.h"
#include "support/index_workload.h"
#include "support/random.h"

namespace ashlar {
namespace {

constexpr uint64_t kOperationsBetweenChecks = 40;

class IndexModelRun {
 public:
  explicit IndexModelRun(uint64_t seed)
      : random_(seed), workload_(&random_), env_(std::make_unique<SimEnv>(seed)) {
    env_->record_history(false);
    open();
  }

  void run(uint64_t operations) {
    for (operation_ = 0; operation_ < operations && !testing::Test::HasFailure(); ++operation_) {
      step();
      if (operation_ % kOperationsBetweenChecks == 0) check();
    }
    check();
  }

 private:
  using Contents = std::map<std::string, std::string>;

  void open() {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.durability = Durability::kProcess;
    options.env = env_.get();
    auto opened = Database::open("/db", options);
    ASSERT_OK(opened);
    database_ = std::move(opened).value();
  }

  void reopen() {
    if (random_.one_in(2)) {
      database_.reset();
    } else {
      auto after = env_->after_kill(random_.next());
      database_.reset();
      env_ = std::move(after);
      env_->record_history(false);
    }
    open();
  }

  // A write may be refused by a unique index, and then changes nothing.
  void note(const Status& status, const std::function<void()>& change) {
    if (status.ok()) {
      change();
    } else {
      EXPECT_TRUE(status.is(StatusCode::kDuplicate)) << status.to_string();
    }
  }

  void step() {
    SCOPED_TRACE("operation " + std::to_string(operation_));
    switch (random_.below(16)) {
      case 0:
        return create_or_drop();
      case 1:
        return del_range();
      case 2:
        return write_batch();
      case 3:
        return in_transaction();
      case 4:
        return read_and_write();
      case 5:
        return del();
      case 6:
        return care();
      case 7:
        return expire();
      default:
        return set();
    }
  }

  void set() {
    const std::string key = workload_.key();
    const std::string value = workload_.value();
    note(database_->set(key, value), [&] { contents_[key] = value; });
  }
  void del() {
    const std::string key = workload_.key();
    ASSERT_OK(database_->del(key));
    contents_.erase(key);
  }
  static void erase_range(Contents* contents, const std::string& from, const std::string& to) {
    contents->erase(contents->lower_bound(from),
                    to.empty() ? contents->end() : contents->lower_bound(to));
  }
  void del_range() {
    const auto [from, to] = workload_.range();
    ASSERT_OK(database_->del_range(from, to));
    erase_range(&contents_, from, to);
  }

  void write_batch() {
    Batch batch;
    Contents after = contents_;
    for (uint64_t writes = random_.below(6); writes > 0; --writes) {
      const std::string key = workload_.key();
      if (random_.one_in(6)) {
        const auto [from, to] = workload_.range();
        batch.del_range(from, to);
        erase_range(&after, from, to);
      } else if (random_.one_in(4)) {
        batch.del(key);
        after.erase(key);
      } else {
        const std::string value = workload_.value();
        batch.set(key, value);
        after[key] = value;
      }
    }
    note(database_->write(batch), [&] { contents_ = after; });
  }

  void in_transaction() {
    Transaction tx = database_->begin(
        {.isolation = random_.one_in(2) ? Isolation::kSnapshot : Isolation::kSerializable});
    Contents after = contents_;
    Contents saved;
    bool marked = false;
    for (uint64_t writes = random_.below(8); writes > 0; --writes) {
      const std::string key = workload_.key();
      if (random_.one_in(6)) {
        if (marked && random_.one_in(2)) {
          ASSERT_OK(tx.rollback_to("here"));
          after = saved;
        } else {
          ASSERT_OK(tx.savepoint("here"));
          saved = after;
          marked = true;
        }
      } else if (random_.one_in(6)) {
        const auto [from, to] = workload_.range();
        ASSERT_OK(tx.del_range(from, to));
        erase_range(&after, from, to);
      } else if (random_.one_in(4)) {
        ASSERT_OK(tx.del(key));
        after.erase(key);
      } else {
        const std::string value = workload_.value();
        note(tx.set(key, value), [&] { after[key] = value; });
      }
    }
    if (random_.one_in(4)) return;  // rolled back
    ASSERT_OK(tx.commit());
    contents_ = after;
  }

  void read_and_write() {
    const std::string key = workload_.key();
    const auto found = contents_.find(key);
    if (random_.one_in(2)) {
      const std::string value = workload_.value();
      const auto done = found == contents_.end()
                            ? database_->compare_and_set(key, std::nullopt, value)
                            : database_->compare_and_set(key, found->second, value);
      note(status_of(done), [&] {
        EXPECT_TRUE(*done);
        contents_[key] = value;
      });
      return;
    }
    const auto sum = database_->increment(key, 3);
    if (!sum.status().is(StatusCode::kInvalidArgument)) {
      note(status_of(sum), [&] { contents_[key] = std::to_string(*sum); });
    }
  }

  // Keys never expire while the model looks at them: the time to live is taken away, or ends.
  void expire() {
    const std::string key = workload_.key();
    const std::string value = workload_.value();
    bool written = false;
    note(database_->set(key, value, {.ttl = std::chrono::seconds(1)}), [&] { written = true; });
    if (!written) return;
    if (random_.one_in(2)) {
      EXPECT_EQ(problems_of(*database_), "");
      ASSERT_OK(database_->persist(key));
      contents_[key] = value;
    } else {
      env_->advance(std::chrono::seconds(2));
      contents_.erase(key);
    }
  }

  void create_or_drop() {
    const std::string name = workload_.index_name();
    if (random_.one_in(3)) {
      const Status dropped = database_->drop_index(name);
      EXPECT_TRUE(dropped.ok() || dropped.is(StatusCode::kNotFound)) << dropped.to_string();
      return;
    }
    const Status created = database_->create_index(name, workload_.index_options());
    EXPECT_TRUE(created.ok() || created.is(StatusCode::kDuplicate) ||
                created.is(StatusCode::kInvalidArgument))
        << created.to_string();
  }

  void care() {
    switch (random_.below(4)) {
      case 0:
        return reopen();
      case 1:
        EXPECT_OK(database_->flush());
        return;
      case 2:
        EXPECT_OK(database_->compact());
        return;
      default:
        env_->run_background(random_.below(5));
    }
  }

  void check() {
    EXPECT_EQ(problems_of(*database_), "") << "at operation " << operation_;
    Contents found;
    for (const auto& [key, value] : database_->prefix("").to_vector()) found[key] = value;
    EXPECT_EQ(found, contents_) << "at operation " << operation_;
  }

  Random random_;
  IndexWorkload workload_;
  std::unique_ptr<SimEnv> env_;
  std::unique_ptr<Database> database_;
  Contents contents_;
  uint64_t operation_ = 0;
};

TEST(IndexModel, EveryIndexAgreesWithItsDocumentsAfterWhateverWasWritten) {
  const uint64_t operations = environment_number("ASHLAR_OPS", 6000);
  const uint64_t first_seed = test_seed();
  Random seeds(first_seed);
  constexpr uint64_t kOneRun = 1000;
  for (uint64_t done = 0; done < operations && !HasFailure(); done += kOneRun) {
    const uint64_t seed = done == 0 ? first_seed : seeds.next();
    SCOPED_TRACE(seed_text(seed));
    IndexModelRun(seed).run(kOneRun);
  }
}

}  // namespace
}  // namespace ashlar

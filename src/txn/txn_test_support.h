// An engine on a simulated disk, and transactions on it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ashlar/transaction.h"
#include "db/engine.h"
#include "env/sim_env.h"
#include "txn/transaction_state.h"

namespace ashlar {

using Entries = std::vector<std::pair<std::string, std::string>>;

// Where what another transaction commits lies when this one is validated.
enum class Place : unsigned char { kMemtable, kRun, kMerged };

class TransactionTest : public testing::Test {
 protected:
  TransactionTest() {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.env = &env_;
    auto opened = Engine::open("/db", options);
    EXPECT_TRUE(opened.ok()) << opened.status().to_string();
    engine_ = std::move(opened).value();
  }

  Transaction begin(const TransactionOptions& options = {}) {
    return Transaction(std::make_shared<TransactionState>(*engine_, options));
  }

  // By another, in a commit of its own.
  void set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl = {}) {
    const Status status = engine_->set(key, value, {.durability = {}, .ttl = ttl});
    ASSERT_TRUE(status.ok()) << status.to_string();
  }
  void del(std::string_view key) {
    Commit commit;
    commit.del(key);
    write(&commit);
  }
  void del_range(std::string_view from, std::string_view to) {
    Commit commit;
    commit.del_range(from, to);
    write(&commit);
  }
  void write(Commit* commit) {
    const Status status = engine_->write(commit, {});
    ASSERT_TRUE(status.ok()) << status.to_string();
  }
  void move_to(Place place) {
    if (place == Place::kMemtable) return;
    const Status status = place == Place::kRun ? engine_->flush() : engine_->compact();
    ASSERT_TRUE(status.ok()) << status.to_string();
  }

  static StatusCode code_of(const Status& status) { return status.code(); }
  template <typename T>
  static StatusCode code_of(const Result<T>& result) {
    return result.status().code();
  }
  // The value, or "-" for no such key.
  static std::string read(Transaction& tx, std::string_view key) {
    const Result<std::string> value = tx.get(key);
    if (value.ok()) return *value;
    EXPECT_EQ(value.status().code(), StatusCode::kNotFound) << value.status().to_string();
    return "-";
  }
  std::string read(std::string_view key) {
    Transaction tx = begin({.read_only = true});
    return read(tx, key);
  }
  static Entries all(Transaction& tx, bool reverse = false) {
    const EntryRange range = tx.range("", "", reverse);
    Entries entries = range.to_vector();
    EXPECT_TRUE(range.status().ok()) << range.status().to_string();
    return entries;
  }
  Entries all() {
    Transaction tx = begin({.read_only = true});
    return all(tx);
  }

  SimEnv env_{1};
  std::unique_ptr<Engine> engine_;
};

}  // namespace ashlar

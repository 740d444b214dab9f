// An engine on a simulated disk, with a catalogue of indexes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ashlar/transaction.h"
#include "base/key_prefix.h"
#include "db/engine.h"
#include "document/json_text.h"
#include "env/sim_env.h"
#include "index/index_catalogue.h"
#include "index/index_check.h"
#include "index/index_reader.h"
#include "txn/transaction_state.h"

namespace ashlar {

class IndexTest : public testing::Test {
 protected:
  IndexTest() { open(); }

  void open() {
    Options options;
    options.memory_budget = Options::kMinimumMemoryBudget;
    options.durability = Durability::kProcess;
    options.env = &env_;
    auto engine = Engine::open("/db", options);
    ASSERT_TRUE(engine.ok()) << engine.status().to_string();
    engine_ = std::move(engine).value();
    auto catalogue = IndexCatalogue::open(*engine_);
    ASSERT_TRUE(catalogue.ok()) << catalogue.status().to_string();
    catalogue_ = std::move(catalogue).value();
  }
  void close() {
    catalogue_.reset();
    engine_.reset();
  }

  Transaction begin(const TransactionOptions& options = {}) {
    return Transaction(std::make_shared<TransactionState>(*engine_, options, catalogue_.get()));
  }
  Status transact(const std::function<Status(Transaction&)>& body) {
    Transaction tx = begin();
    if (Status status = body(tx); !status.ok()) return status;
    return tx.commit();
  }
  Status set(std::string_view key, std::string_view value, std::chrono::milliseconds ttl = {}) {
    return transact([&](Transaction& tx) { return tx.set(key, value, ttl); });
  }
  Status del(std::string_view key) {
    return transact([&](Transaction& tx) { return tx.del(key); });
  }
  void must(const Status& status) { ASSERT_TRUE(status.ok()) << status.to_string(); }

  std::shared_ptr<const Index> index(std::string_view name) {
    const auto set = catalogue_->shared_set();
    const ListedIndex* const listed = set->find(name);
    return listed == nullptr ? nullptr : listed->index;
  }
  IndexInfo info(std::string_view name) {
    const auto all = catalogue_->list();
    EXPECT_TRUE(all.ok()) << all.status().to_string();
    for (const IndexInfo& each : *all) {
      if (each.name == name) return each;
    }
    ADD_FAILURE() << "no index " << name;
    return {};
  }

  // The entries of an index in their order, as text: "(30) user:1".
  std::vector<std::string> entries(std::string_view name, bool reverse = false) {
    const Snapshot snapshot = engine_->take_snapshot();
    SnapshotReadMoment moment(*engine_, snapshot);
    return entries(name, moment, {}, reverse);
  }
  std::vector<std::string> entries(std::string_view name, ReadMoment& moment,
                                   const IndexBounds& bounds, bool reverse = false) {
    std::vector<std::string> found;
    const auto wanted = index(name);
    if (wanted == nullptr) return found;
    IndexReader reader(wanted, moment);
    const auto cursor = reader.entries(bounds, reverse);
    for (; cursor->valid(); cursor->next()) {
      found.push_back(wanted->describe_values(cursor->entry().values) + " " +
                      std::string(user_key(cursor->entry().key)));
    }
    EXPECT_TRUE(cursor->status().ok()) << cursor->status().to_string();
    return found;
  }
  std::vector<std::string> problems() {
    std::vector<std::string> found;
    const Status status = check_indexes(
        *engine_, *catalogue_, [] { return true; },
        [&](std::string problem) { found.push_back(std::move(problem)); });
    EXPECT_TRUE(status.ok()) << status.to_string();
    return found;
  }
  // Keys in the part of the key space that belongs to indexes.
  std::size_t system_keys() {
    const auto cursor = engine_->new_cursor(
        {.from = std::string(kSystemKeysBegin), .to = std::string(kSystemKeysEnd)}, nullptr);
    std::size_t count = 0;
    for (; cursor->valid(); cursor->next()) ++count;
    return count;
  }
  void run_background() {
    while (env_.run_background(1000) > 0) {
    }
  }

  using Lines = std::vector<std::string>;

  SimEnv env_{1};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<IndexCatalogue> catalogue_;
};

}  // namespace ashlar

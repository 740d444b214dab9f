// Which way a write goes that belongs to no transaction of the caller's.
#pragma once

#include <memory>
#include <utility>

#include "api/back_off.h"
#include "ashlar/options.h"
#include "ashlar/transaction.h"
#include "base/epoch.h"
#include "db/engine.h"
#include "index/index_catalogue.h"
#include "txn/transaction_state.h"

namespace ashlar {

// A write to keys that no index covers goes straight to the engine. Others go with the entries of
// the indexes, or as a transaction of their own, which writes the entries along.
//
// Ownership: what it refers to must outlive it.
// Threads:   any.
class WritePath {
 public:
  WritePath(Engine& engine, const IndexCatalogue& indexes)
      : engine_(engine), indexes_(indexes) {}

  // Calls direct(rules), for a commit under these rules, or, if covered(IndexSet) says so,
  // body(Transaction&) in a transaction; either again until it meets no other commit. Both return
  // the same type, a Status or a Result.
  template <typename Covered, typename Direct, typename Body>
  auto run(const WriteOptions& options, const char* owner, Covered&& covered, Direct&& direct,
           Body&& body) const {
    while (true) {
      uint64_t rules = engine_.write_rules();
      if (rules % 2 != 0) [[unlikely]] {
        const EpochGuard guard;
        const IndexSet& set = indexes_.set();
        if (covered(set)) break;
        rules = set.rules();
      }
      auto result = direct(rules);
      if (!status_of(result).is(StatusCode::kConflict)) return result;  // [ENG-4]
    }
    return run_transaction(options, owner, std::forward<Body>(body));
  }

  // Calls direct(rules), or, if covered(IndexSet) says so, indexed(IndexSet), which writes the
  // entries along; either again until it meets no other commit. Both return a Status.
  template <typename Covered, typename Direct, typename Indexed>
  Status run_with_entries(Covered&& covered, Direct&& direct, Indexed&& indexed) const {
    for (int attempt = 0;; ++attempt) {
      uint64_t rules = engine_.write_rules();
      bool is_covered = false;
      if (rules % 2 != 0) [[unlikely]] {
        const EpochGuard guard;
        const IndexSet& set = indexes_.set();
        is_covered = covered(set);
        rules = set.rules();
      }
      const Status status = is_covered ? indexed(*indexes_.shared_set()) : direct(rules);
      if (!status.is(StatusCode::kConflict)) return status;  // [ENG-4] [IDX-4]
      if (is_covered) pause_before_attempt(engine_.env(), attempt);
    }
  }

  // Runs body(Transaction&) in a transaction, again until it meets no other.
  template <typename Body>
  auto run_transaction(const WriteOptions& options, const char* owner, Body&& body) const {
    for (int attempt = 0;; ++attempt) {
      Transaction transaction(std::make_shared<TransactionState>(
          engine_,
          TransactionOptions{
              .isolation = Isolation::kSnapshot, .durability = options.durability, .owner = owner},
          &indexes_));
      auto result = body(transaction);
      const Status outcome = status_of(result);
      const Status done = outcome.ok() ? transaction.commit() : outcome;
      if (done.ok()) return result;
      if (!done.is(StatusCode::kConflict)) return decltype(result)(done);
      pause_before_attempt(engine_.env(), attempt);
    }
  }

 private:
  static const Status& status_of(const Status& status) { return status; }
  template <typename T>
  static const Status& status_of(const Result<T>& result) {
    return result.status();
  }

  Engine& engine_;
  const IndexCatalogue& indexes_;
};

}  // namespace ashlar

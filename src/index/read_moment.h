// Where a query reads: a snapshot, or an open transaction with its own writes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ashlar/range.h"
#include "ashlar/snapshot.h"
#include "db/engine.h"
#include "txn/transaction_state.h"

namespace ashlar {

// All keys are stored keys (base/key_space.h), unless CursorBounds says otherwise.
//
// Threads: one at a time.
class ReadMoment {
 public:
  virtual ~ReadMoment() = default;
  // kNotFound for no live entry.
  virtual Status get(std::string_view key, std::string* value) = 0;
  virtual std::unique_ptr<Cursor> new_cursor(CursorBounds bounds) = 0;
  // The last commit that is seen.
  virtual SequenceNumber sequence() const = 0;
  virtual Engine& engine() = 0;
  // Whether what is read counts, so that nothing should be that is not needed.
  virtual bool notes_reads() const = 0;
};

// Entries expire by the clock as it is when this is made. Engine and snapshot must outlive it.
class SnapshotReadMoment final : public ReadMoment {
 public:
  SnapshotReadMoment(Engine& engine, const Snapshot& snapshot)
      : engine_(engine), snapshot_(snapshot), now_ms_(engine.now_ms()) {}

  Status get(std::string_view key, std::string* value) override;
  std::unique_ptr<Cursor> new_cursor(CursorBounds bounds) override;
  SequenceNumber sequence() const override { return snapshot_.sequence(); }
  Engine& engine() override { return engine_; }
  bool notes_reads() const override { return false; }
  uint64_t now_ms() const { return now_ms_; }

 private:
  Engine& engine_;
  const Snapshot& snapshot_;
  const uint64_t now_ms_;
};

// What is looked at counts as read by the transaction, which must outlive it.
class TransactionMoment final : public ReadMoment {
 public:
  explicit TransactionMoment(TransactionState& state) : state_(state) {}

  Status get(std::string_view key, std::string* value) override {
    return state_.get(key, value, nullptr);
  }
  std::unique_ptr<Cursor> new_cursor(CursorBounds bounds) override {
    return state_.new_cursor(std::move(bounds));
  }
  SequenceNumber sequence() const override { return state_.sequence(); }
  Engine& engine() override { return state_.engine(); }
  bool notes_reads() const override { return true; }

 private:
  TransactionState& state_;
};

}  // namespace ashlar
